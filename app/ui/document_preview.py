"""One document to look at: its page as it was printed beside the text that was read from it."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import plain, service, user
from sparewheel.app.view import unwrapped

if TYPE_CHECKING:
    from sparewheel.rag.ingest.described import DocumentInfo
    from sparewheel.rag.types import Document

PAGE_CHARS = 4000  # of a document without pages, shown at a time


def draw_preview(corpus: str, info: DocumentInfo) -> None:
    """The page chosen, image and text side by side; documents without pages a piece of text at a time."""
    document = service().document(corpus, info.id, user())
    original = service().original(corpus, info.id, user())
    pieces = pieces_of(document)
    st.header(t("docs_preview"))
    number = 1
    if len(pieces) > 1:
        number = st.number_input(t("docs_page"), 1, len(pieces), 1, key=f"page_{corpus}_{info.id}", width=160)
    st.caption(plain(t("docs_page_of", page=number, pages=len(pieces), name=info.title or info.id)))
    is_pdf = original is not None and info.media_type == "application/pdf"
    left, right = st.columns(2) if is_pdf else (None, st.container())
    if left is not None and original is not None:
        left.caption(t("docs_printed"))
        alt = t("docs_page_of", page=number, pages=len(pieces), name=info.title or info.id)
        left.image(page_image(original, number), output_format="PNG", alt=alt)
        right.caption(t("docs_as_read"))
    read = html.escape(unwrapped(pieces[number - 1].strip()) or "–")
    label = html.escape(t("docs_as_read"))
    right.html(f'<div class="sw-read" role="region" tabindex="0" aria-label="{label}">{read}</div>')
    if original is not None:
        with original.open("rb") as file:
            st.download_button(
                t("docs_download"), file, original.name, info.media_type, icon=":material/download:", on_click="ignore"
            )


def pieces_of(document: Document) -> list[str]:
    """The text of each page; of a document without pages, pieces of PAGE_CHARS characters. At least one."""
    if document.pages:
        return [document.text[page.start : page.end] for page in document.pages]
    starts = range(0, max(1, len(document.text)), PAGE_CHARS)
    return [document.text[start : start + PAGE_CHARS] for start in starts]


@st.cache_data(max_entries=64, show_spinner=False)
def page_image(path: Path, number: int) -> bytes:
    """Page `number` (1-based) of a PDF as a PNG."""
    from sparewheel.app.ui.page_image import draw_page

    return draw_page(path, number)
