"""A new table: a set of questions or one's own, and the documents that are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.session import service, told, user
from sparewheel.corpora.sets import question_sets

if TYPE_CHECKING:
    from sparewheel.app.service import CorpusInfo
    from sparewheel.rag.review.table import Answerers, Column

OWN = ""  # the choice of one's own questions


def draw(corpus: CorpusInfo, *, expanded: bool) -> None:
    with st.expander(t("review_new"), expanded=expanded), told():
        own = service().reviews.sets(corpus.name, user())
        names = [OWN, *own, *(s.name for s in question_sets().values() if s.domain in (corpus.domain, "") or
                              corpus.domain == "general")]  # fmt: skip
        chosen = st.selectbox(
            t("review_set"), names, index=first_choice(corpus, names), format_func=lambda name: named(name, own),
            key=f"review_set_{corpus.name}",
        )  # fmt: skip
        with st.form(f"review_new_{corpus.name}"):
            draw_form(corpus, chosen, own)


def first_choice(corpus: CorpusInfo, names: list[str]) -> int:
    """A set of the page's language where the corpus' domain has one."""
    known = question_sets()
    fits = [i for i, name in enumerate(names) if name in known and known[name].language == language()]
    return fits[0] if fits else 0


def named(name: str, own: dict[str, tuple[Column, ...]]) -> str:
    """A set as it is chosen: what it is for, and how many questions it has."""
    if name == OWN:
        return t("review_set_own")
    if name in own:
        return t("review_set_count", title=name, n=len(own[name]))
    found = question_sets()[name]
    return t("review_set_count", title=found.title_zh if language() == "zh" else found.title, n=len(found.questions))


def draw_form(corpus: CorpusInfo, chosen: str, own: dict[str, tuple[Column, ...]]) -> None:
    columns = service().reviews.questions(corpus.name, chosen, language(), user()) if chosen != OWN else ()
    lines = "\n".join(f"{column.name} | {column.question}" for column in columns)
    title = named(chosen, own).partition(" (")[0].partition("（")[0] if chosen != OWN else ""
    name = st.text_input(t("review_name"), title, help=t("review_name_help"), key=f"review_name_{corpus.name}_{chosen}")
    text = st.text_area(
        t("review_questions"), lines, height=180, help=t("review_questions_help"),
        key=f"review_lines_{corpus.name}_{chosen}_{language()}",
    )  # fmt: skip
    ids = [info.id for info in service().documents(corpus.name, user())]
    documents = st.multiselect(t("review_documents"), ids, help=t("review_documents_help"))
    by = st.radio(
        t("review_by"), ["order", "local"], format_func=lambda by: t(f"review_by_{by}"), horizontal=True,
        index=0 if service().settings.endpoint else 1,
    )  # fmt: skip
    kept = st.text_input(t("review_keep_set"), placeholder=t("review_set_name"))
    if not st.form_submit_button(t("review_make"), type="primary", icon=":material/table_chart:"):
        return
    with told():
        asked = [column_of(line) for line in text.splitlines() if line.strip()]
        if kept.strip():
            service().reviews.keep_set(corpus.name, kept, asked, user())
        made = service().reviews.make(
            corpus.name, asked, user(), name=name, documents=documents, answerers=cast("Answerers", by)
        )
        st.session_state.pop(f"review_table_{corpus.name}", None)
        st.session_state[f"review_made_{corpus.name}"] = made.id
        st.rerun()


def column_of(line: str) -> str | tuple[str, str]:
    """ "Rent | How much is the rent?" as name and question; a question alone as it is."""
    name, bar, question = line.replace("｜", "|").partition("|")
    return (name.strip(), question.strip()) if bar and name.strip() and question.strip() else line
