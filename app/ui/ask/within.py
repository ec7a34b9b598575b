"""Which corpora and documents a question is put to: chosen above the conversation, or named in it by an @."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from sparewheel.app.service import CorpusInfo
from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import described, plain, service, user
from sparewheel.app.view.mentions import mentioned

MOST_LISTED = 2000  # documents in the list; of more, the question names them
LISTED_S = 30.0  # the list of a corpus that did not change is looked up again after so long
COMPARED = 12  # documents chosen that can be answered for one by one
MOST_CORPORA = 5  # that one question is put to


@dataclass(frozen=True, slots=True)
class Within:
    """documents: ids, () for all. each: an answer for every one of them."""

    documents: tuple[str, ...] = ()
    each: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """A question as it is put to one corpus."""

    corpus: str
    question: str
    within: Within = Within()


def choose_also(corpus: CorpusInfo) -> list[CorpusInfo]:
    """Further corpora that the question is put to; the chooser is there where there are any."""
    others = {info.name: info for info in service().corpora(user()) if info.name != corpus.name and info.documents}
    if not others:
        return []
    st.session_state["also"] = [name for name in st.session_state.get("also", []) if name in others]
    chosen = st.multiselect(
        t("ask_also"), list(others), key="also", format_func=lambda name: described(others[name]),
        placeholder=t("ask_also_none"), max_selections=MOST_CORPORA - 1, help=t("ask_also_help"),
    )  # fmt: skip
    return [others[name] for name in chosen]


def choose(corpus: CorpusInfo) -> Within:
    """The chooser of documents, beside that of the corpus."""
    titles = titles_of(corpus)
    key = f"within-{corpus.name}"
    if not 1 < len(titles) <= MOST_LISTED:
        return Within()
    st.session_state[key] = [id for id in st.session_state.get(key, []) if id in titles]  # one may be gone
    chosen = st.multiselect(
        t("ask_within"), list(titles), key=key, format_func=titles.__getitem__, placeholder=t("ask_within_all"),
        help=t("ask_within_help"),
    )  # fmt: skip
    each = 1 < len(chosen) <= COMPARED and st.toggle(t("ask_each"), value=True, help=t("ask_each_help"))
    return Within(tuple(chosen), each)


def put(question: str, corpora: Sequence[CorpusInfo], chosen: Within) -> list[Put]:
    """The question as it is put to each of the corpora. Where it names documents by an @, to those that have them, and
    without the sign; [] after saying which name no document has."""
    if "@" not in question and "\uff20" not in question:
        return [Put(corpus.name, question, chosen) for corpus in corpora]
    found = {corpus.name: mentioned(question, titles_of(corpus)) for corpus in corpora}
    known = {name: each for name, each in found.items() if not each.unknown}
    if not known:
        missed = found[corpora[0].name]
        near = t("ask_mention_near", title=missed.nearest) if missed.nearest else ""
        st.warning(plain(t("ask_mention_unknown", name=missed.unknown) + near))
    return [
        Put(name, each.question, Within(each.documents, 1 < len(each.documents) <= COMPARED))
        if each.documents
        else Put(name, each.question, chosen)
        for name, each in known.items()
    ]


def titles_of(corpus: CorpusInfo) -> Mapping[str, str]:
    """Document id -> title, with the file's name where two have the same; by title."""
    key, now = f"titles-{corpus.name}", time.monotonic()
    kept = st.session_state.get(key)
    if kept and kept[0] == (corpus.updated, user()) and now - kept[1] < LISTED_S:
        found: Mapping[str, str] = kept[2]
        return found
    documents = service().documents(corpus.name, user())
    seen: dict[str, int] = {}
    for document in documents:
        seen[document.title or document.id] = seen.get(document.title or document.id, 0) + 1
    named = {d.id: d.title if d.title and seen[d.title] == 1 else f"{d.title} ({d.id})".strip() for d in documents}
    titles = dict(sorted(named.items(), key=lambda item: item[1].casefold()))
    st.session_state[key] = ((corpus.updated, user()), now, titles)
    return titles
