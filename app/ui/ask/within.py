"""Which documents a conversation asks: chosen above it, or named in the question by an @."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from sparewheel.app.service import CorpusInfo
from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import plain, service, user
from sparewheel.app.view.mentions import mentioned

MOST_LISTED = 2000  # documents in the list; of more, the question names them
LISTED_S = 30.0  # the list of a corpus that did not change is looked up again after so long
COMPARED = 12  # documents chosen that can be answered for one by one


@dataclass(frozen=True, slots=True)
class Within:
    """documents: ids, () for all. each: an answer for every one of them."""

    documents: tuple[str, ...] = ()
    each: bool = False


def choose(corpus: CorpusInfo) -> Within:
    """The chooser, beside that of the corpus."""
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


def named(question: str, corpus: CorpusInfo, chosen: Within) -> tuple[str, Within] | None:
    """The question without its @, and the documents it is put to; None after saying which name no document has."""
    if "@" not in question and "\uff20" not in question:
        return question, chosen
    found = mentioned(question, titles_of(corpus))
    if found.unknown:
        near = t("ask_mention_near", title=found.nearest) if found.nearest else ""
        st.warning(plain(t("ask_mention_unknown", name=found.unknown) + near))
        return None
    if not found.documents:
        return found.question, chosen
    return found.question, Within(found.documents, 1 < len(found.documents) <= COMPARED)


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
