"""The page Documents: files in, a look at what was read, files out; and for administrators the corpora themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app.service.access import lines_of, rules_of
from sparewheel.app.ui.document_preview import draw_preview
from sparewheel.app.ui.identity import draw_identity
from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import FIGURE_PX, LANGUAGES, may, pick_corpus, plain, say_no_corpora, service, told, user
from sparewheel.app.ui.upload import said_in_place
from sparewheel.rag.ingest.formats.registry import SUFFIXES
from sparewheel.rag.ingest.watch import read_state
from sparewheel.rag.types import Sensitivity

if TYPE_CHECKING:
    from sparewheel.app.service import CorpusInfo, FileResult
    from sparewheel.rag.ingest.described import DocumentInfo

FORMATS = sorted(suffix.removeprefix(".") for suffix in SUFFIXES)
GOOD = {"added": "green", "updated": "green", "unchanged": "gray", "skipped": "orange", "failed": "red"}
EMBEDDING_S = 3.0  # while documents are embedded, the list looks again so often


def draw() -> None:
    st.title(t("nav_documents"))
    st.caption(t("docs_intro"))
    show_said()
    corpus = pick_corpus()
    if corpus is None:
        say_no_corpora()
    elif corpus.trouble:
        st.error(t("docs_trouble", why=plain(corpus.trouble)))
    else:
        if may("analyst"):
            draw_upload(corpus)
            draw_watched(corpus)
        with told():
            draw_list(corpus, service().documents(corpus.name, user()))
        if may("admin"):
            draw_manage(corpus)
    if may("admin"):
        draw_new(expanded=corpus is None)


def say_next(text: str) -> None:
    """What the page says after it is drawn anew."""
    st.session_state["docs_said"] = text


def show_said() -> None:
    if text := st.session_state.pop("docs_said", ""):
        st.success(plain(text))


def draw_watched(corpus: CorpusInfo) -> None:
    """Which folders the corpus is kept in step with, if any, and whether the watcher is well."""
    state = read_state(service().place.store(corpus.name))
    if state is None:
        return
    st.caption(plain(t("docs_watched", folders=", ".join(state.folders), at=state.at.replace("T", " ")[:16])))
    if state.trouble:
        st.warning(plain(t("docs_watch_trouble", why=state.trouble)))


# ---------------------------------------------------------------- in


def draw_upload(corpus: CorpusInfo) -> None:
    """The drop area; below it what became of the last files."""
    with st.form(f"upload_{corpus.name}", clear_on_submit=True):
        limit_mb = service().settings.ingest.max_file_mb
        said_in_place("files", t("docs_drop", mb=limit_mb))
        files = st.file_uploader(t("docs_upload"), FORMATS, accept_multiple_files=True, key="files")
        pressed = st.form_submit_button(t("docs_add"), type="primary", icon=":material/upload:")
    key = f"results_{corpus.name}"
    if pressed and not files:
        st.warning(t("docs_choose_first"))
    if pressed and files:
        with told():
            st.session_state[key] = read_in(corpus.name, files)
            st.rerun()
    if results := st.session_state.get(key):
        draw_results(results)


def read_in(corpus: str, files: Sequence[st.runtime.uploaded_file_manager.UploadedFile]) -> list[FileResult]:
    """Hands the files to the service and shows each as it is done."""
    results: list[FileResult] = []
    bar = st.progress(0.0, text=t("docs_reading", done=0, total=len(files), name=plain(files[0].name)))
    for result in service().upload(corpus, [(file.name, file) for file in files], user()):
        results.append(result)
        text = t("docs_reading", done=len(results), total=len(files), name=plain(result.name))
        bar.progress(min(1.0, len(results) / len(files)), text=text)
    bar.empty()
    return results


def draw_results(results: Sequence[FileResult]) -> None:
    """A line for each file; of one that failed, why and what to do."""
    good = sum(result.status in ("added", "updated", "unchanged") for result in results)
    with st.container(border=True):
        st.write(t("docs_read", good=good, total=len(results)))
        for result in sorted(results, key=lambda result: result.status != "failed"):
            status = t(f"docs_status_{result.status}")
            line = f":{GOOD.get(result.status, 'gray')}-badge[{status}] **{plain(result.name)}**"
            if result.chunks:
                line += f" · {t('docs_result_passages', chunks=result.chunks)}"
            st.markdown(line + (f" · {plain(result.reason)}" if result.reason else ""))
            if result.cure:
                st.caption(plain(t("docs_cure", cure=result.cure)))


# ---------------------------------------------------------------- the list


def draw_list(corpus: CorpusInfo, documents: Sequence[DocumentInfo]) -> None:
    """What the corpus holds, and what can be done with one document."""
    if not documents:
        st.info(t("docs_empty") if may("analyst") else t("docs_empty_viewer"))
        return
    draw_figures(corpus.name)
    st.header(t("docs_list"))
    ids = [document.id for document in documents]
    key = f"document_{corpus.name}"
    draw_table(corpus, documents, key)
    chosen = st.selectbox(t("docs_choose"), ids, key=key)
    if may("analyst"):
        with st.container(horizontal=True):
            if st.button(t("docs_delete"), icon=":material/delete:"):
                confirm_delete(corpus.name, chosen)
            if st.button(t("docs_reindex"), icon=":material/refresh:", help=t("docs_reindex_help")):
                with told(), st.spinner(t("docs_reindex")):
                    service().reindex(corpus.name, user())
                    say_next(t("docs_reindexed"))
                    st.rerun()
    shown = next(document for document in documents if document.id == chosen)
    if draw_identity(corpus.name, shown):
        say_next(t("docs_identity_saved", name=shown.id))
        st.rerun()
    with told():
        draw_preview(corpus.name, shown)


def draw_table(corpus: CorpusInfo, documents: Sequence[DocumentInfo], key: str) -> None:
    """The list; a row that is clicked is the document chosen (by the keyboard: the box below)."""
    wide = {t("docs_name"): 220, t("docs_title"): 250, t("docs_pages"): 70, t("docs_chunks"): 85}
    wide |= {t("docs_language"): 85, t("docs_added"): 135}

    def choose() -> None:
        picked = st.session_state[f"table_{corpus.name}"].selection.rows
        if picked:
            st.session_state[key] = documents[picked[0]].id

    st.dataframe(
        rows_of(corpus, documents), hide_index=True, placeholder="", key=f"table_{corpus.name}", on_select=choose,
        selection_mode="single-row",
        column_config={name: st.column_config.Column(width=pixels) for name, pixels in wide.items()},
    )  # fmt: skip


def draw_figures(name: str) -> None:
    """Size and state of the corpus; looks again by itself while embedding goes on behind."""
    busy = service().corpus(name, user()).dense_share < 1

    @st.fragment(run_every=EMBEDDING_S if busy else None)
    def figures() -> None:
        info = service().corpus(name, user())
        with st.container(horizontal=True):
            st.metric(t("docs_count"), f"{info.documents:,}", width=FIGURE_PX)
            st.metric(t("docs_chunks"), f"{info.chunks:,}", width=FIGURE_PX)
            st.metric(t("docs_embedded"), f"{info.dense_share:.0%}", help=t("docs_embedded_help"), width=FIGURE_PX)
            st.metric(t("docs_updated"), info.updated[:10], width=FIGURE_PX)
        if busy and info.dense_share >= 1:
            st.rerun()

    figures()


def rows_of(corpus: CorpusInfo, documents: Sequence[DocumentInfo]) -> dict[str, list[object]]:
    """The table of documents, a column each."""
    state = t("docs_ready") if corpus.dense_share >= 1 else t("docs_embedding")
    readers = service().readers(corpus.name, user()) if may("admin") else {}
    return {
        t("docs_name"): [document.id for document in documents],
        t("docs_title"): [document.title for document in documents],
        **({t("docs_may_read"): [readers.get(document.id, "") for document in documents]} if readers else {}),
        t("docs_pages"): [document.pages or None for document in documents],
        t("docs_chunks"): [document.chunks for document in documents],
        t("docs_language"): [LANGUAGES["zh" if document.language == "zh" else "en"] for document in documents],
        t("docs_added"): [document.added[:16].replace("T", " ") for document in documents],
        t("docs_state"): [state] * len(documents),
    }


def confirm_delete(corpus: str, document_id: str) -> None:
    """Asks once more, then deletes."""

    @st.dialog(t("docs_delete"))
    def ask() -> None:
        st.write(plain(t("docs_delete_sure", name=document_id)))
        with st.container(horizontal=True):
            if st.button(t("docs_delete_yes"), type="primary"):
                with told():
                    service().delete(corpus, document_id, user())
                    st.session_state.pop(f"results_{corpus}", None)
                    say_next(t("docs_deleted", name=document_id))
                    st.rerun()
            if st.button(t("docs_keep")):
                st.rerun()

    ask()


# ---------------------------------------------------------------- corpora, for administrators


def draw_manage(corpus: CorpusInfo) -> None:
    """Who may read the corpus, whether it is confidential, and its end."""
    with st.expander(t("docs_manage")):
        with st.form(f"manage_{corpus.name}"):
            readers = st.text_area(t("docs_readers"), "\n".join(corpus.readers), help=t("docs_readers_help"))
            said = lines_of(service().access(corpus.name, user()))
            rules = st.text_area(t("docs_access"), said, help=t("docs_access_help"), placeholder="hr/ = group:hr, anna")
            level = choose_sensitivity(corpus.sensitivity)
            if st.form_submit_button(t("docs_save")):
                names = [line.strip() for line in readers.splitlines() if line.strip()]
                with told():
                    access = rules_of([line for line in rules.splitlines() if line.strip()])
                    service().configure(corpus.name, user(), readers=names, sensitivity=level, access=access)
                    say_next(t("docs_saved"))
                    st.rerun()
        with st.form(f"drop_{corpus.name}"):
            typed = st.text_input(plain(t("docs_drop_type", name=corpus.name)))
            if st.form_submit_button(t("docs_drop_corpus"), icon=":material/delete_forever:") and typed == corpus.name:
                with told():
                    service().remove(corpus.name, user())
                    say_next(t("docs_dropped", name=corpus.name))
                    st.rerun()


def draw_new(*, expanded: bool) -> None:
    """A form for a new corpus."""
    with st.expander(t("docs_new"), expanded=expanded), st.form("new_corpus"):
        name = st.text_input(t("docs_new_name"), help=t("docs_new_name_help"))
        domains = ("legal", "medical", "general")
        domain = st.radio(t("docs_new_domain"), domains, format_func=lambda d: t(f"domain_{d}"), horizontal=True)
        level = choose_sensitivity("normal")
        if st.form_submit_button(t("docs_create"), type="primary"):
            with told():
                service().create(name.strip(), domain, level, user())
                st.session_state["corpus"] = name.strip()
                say_next(t("docs_created", name=name.strip()))
                st.rerun()


def choose_sensitivity(now: Sensitivity) -> Sensitivity:
    """normal or high."""
    levels: list[Sensitivity] = ["normal", "high"]
    return st.radio(
        t("docs_new_sensitivity"), levels, index=levels.index(now), format_func=lambda level: t(f"sensitivity_{level}")
    )
