"""Blocks as a Word document."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sparewheel.app.export.content import Block
from sparewheel.app.words import Language

STYLES = {
    "title": "Title", "question": "Heading 1", "answer": "Normal", "meta": "Normal", "source": "List Bullet",
    "quote": "Intense Quote", "note": "Normal", "disclaimer": "Normal",
}  # fmt: skip
EAST_ASIAN = "SimSun"  # Word's own; where it is missing the reader's system puts another


def write(blocks: Sequence[Block], language: Language) -> bytes:
    """The bytes of a .docx file."""
    document = opened(blocks[0].text if blocks else "", language)
    for block in blocks:
        paragraph = document.add_paragraph(style=STYLES[block.kind])
        if block.kind in ("meta", "disclaimer", "note"):
            small(paragraph, block.text)
        else:
            paragraph.add_run(block.text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def opened(title: str, language: Language) -> Any:
    """A new document; its language is set, so that the spelling check fits."""
    from docx import Document
    from docx.oxml.ns import qn

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name = "Calibri"
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), EAST_ASIAN)
    document.core_properties.language = "zh-CN" if language == "zh" else "en"
    document.core_properties.author = "Sparewheel"
    document.core_properties.title = title
    return document


def small(paragraph: Any, text: str) -> None:
    """The text in the paragraph, small, grey and slanted: what is said about the answers."""
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(text)
    run.italic = True
    run.font.size = Pt(9.5)
    run.font.color.rgb = RGBColor(0x4D, 0x57, 0x66)
