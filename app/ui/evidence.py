"""The evidence of an answer: its passages with the cited words marked, and the PDF page itself with them boxed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app import view
from sparewheel.app.ui import page_image
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.page_image import draw_page
from sparewheel.app.ui.session import plain, service, user
from sparewheel.app.view import html as view_html
from sparewheel.app.view.html import escape
from sparewheel.app.words.answers import letters
from sparewheel.rag.errors import NotFound
from sparewheel.rag.types import Answer, Box

if TYPE_CHECKING:
    from sparewheel.app.view import Card
    from sparewheel.rag.types import Document

__all__ = ["draw", "draw_page", "passages"]


@st.fragment
def draw(answer: Answer, anchors: str) -> None:
    """Everything that the answer stands on. anchors: the id of citation n is `<anchors>-n`."""
    cards = view.cards(answer, language())
    for card in cards:
        with st.container(border=True, key=f"card-{anchors}-{card.marker}"):
            st.html(card_html(card, anchors))
            draw_source(answer.corpus, card, f"{anchors}-{card.marker}")
    if answer.outcome != "answered":
        return  # the closest passages stand with the refusal itself
    if others := view.others(answer, language()):
        label = escape(t("ask_others", n=len(others)))
        st.html(f'<details class="sw-other sw-fold"><summary>{label}</summary>{passages(others)}</details>')


def card_html(card: Card, anchors: str) -> str:
    """A citation: number, document, place, score, and the passage with the cited words marked."""
    verified = f" · {t('ask_verified')}" if card.verified else ""
    return (
        f'<div class="sw-card" id="{anchors}-{card.marker}" tabindex="-1">'
        f'<p class="sw-title">[{card.marker}] {escape(card.title)}</p>'
        f'<p class="sw-place">{escape(" · ".join(part for part in (_where(card), card.score) if part) + verified)}</p>'
        f"{_passage(card)}</div>"
    )


def _passage(card: Card) -> str:
    """The cited words with what stands around them; the whole passage folded behind, where something was cut."""
    short = view.shortened(card.passage)
    if short == card.passage:
        return view_html.passage(short)
    whole = f"<summary>{escape(t('ask_passage_whole'))}</summary>{view_html.passage(card.passage)}"
    return f'{view_html.passage(short)}<details class="sw-why">{whole}</details>'


def passages(cards: Iterable[Card], *, unfolded: bool = False) -> str:
    """Passages one below the other, folded; each opens by its title."""
    opening = '<details class="sw-other" open>' if unfolded else '<details class="sw-other">'
    return "".join(
        f'{opening}<summary>{escape(card.title)} <span class="sw-place">{escape(card.place)}</span>'
        f'<span class="sw-score">{escape(card.score)}</span></summary>{view_html.passage(card.passage)}</details>'
        for card in cards
    )


def draw_source(corpus: str, card: Card, key: str) -> None:
    """The printed page of a citation, where the document is a PDF that is still the one that was read."""
    try:
        document = service().document(corpus, card.document_id, user())
    except NotFound:
        st.caption(t("ask_document_gone"))
        return
    if document.text[card.start : card.end] != (card.quote or document.text[card.start : card.end]):
        st.caption(t("ask_document_changed"))
        return
    boxes = boxes_of(document, card)
    original = service().original(corpus, card.document_id, user()) if boxes else None
    if original is None:
        return
    number, whole = pick_page(boxes[0].page, len(document.pages), key)
    wording = "ask_page_alt" if number == boxes[0].page else "ask_page_other"
    alt = t(wording, page=number, title=card.title)
    drawn = picture(original, original.stat().st_mtime_ns, number, boxes, strip=not whole)
    st.image(drawn, output_format="PNG", alt=alt)


def pick_page(cited: int, pages: int, key: str) -> tuple[int, bool]:
    """The page to show, and whether all of it: the cited one, until somebody turns the leaf."""
    at = f"page-{key}"
    number = st.session_state.get(at, cited)

    def turn(to: int) -> None:
        st.session_state[at] = to

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(plain(t("ask_page_is", page=number, pages=pages)), width="stretch")
        for name, icon, to in (("before", "chevron_left", number - 1), ("after", "chevron_right", number + 1)):
            st.button(
                "", key=f"{name}-{key}", icon=f":material/{icon}:", help=t(f"ask_page_{name}"), type="tertiary",
                on_click=turn, args=(to,), disabled=not 1 <= to <= pages,
            )  # fmt: skip
        if number != cited:
            st.button(t("ask_page_cited"), key=f"cited-{key}", on_click=turn, args=(cited,), type="tertiary")
            return number, True
        return number, st.toggle(t("ask_page_whole"), key=f"whole-{key}")


def boxes_of(document: Document, card: Card) -> tuple[Box, ...]:
    """Of the cited words on the page where they begin; () where the document has no layout."""
    found = document.layout.locate(card.start, card.end) if document.layout is not None else []
    return tuple(box for box in found if box.page == found[0].page)


@st.cache_data(max_entries=128, show_spinner=False)
def picture(path: Path, changed_ns: int, number: int, boxes: tuple[Box, ...], *, strip: bool) -> bytes:
    """As `draw_page`, kept while the file is the same."""
    return page_image.draw_page(path, number, boxes, strip=strip)


def _where(card: Card) -> str:
    """Page and heading, and the file where its name says more than the title."""
    named_after_it = letters(Path(card.document_id).stem) == letters(card.title) or card.document_id == card.title
    return " · ".join(part for part in (card.place, "" if named_after_it else card.document_id) if part)
