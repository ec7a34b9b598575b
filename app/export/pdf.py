"""Blocks as a PDF by reportlab. Chinese is set in STSong-Light, a font that every PDF viewer brings along."""

from __future__ import annotations

import functools
import html
import io
from collections.abc import Sequence
from typing import Any

from sparewheel.app.export.content import Block
from sparewheel.app.words import Language

CHINESE = "STSong-Light"
# what the built-in Helvetica can set: Windows code page 1252
_LATIN = {bytes([code]).decode("cp1252", "ignore") for code in range(0x20, 0x100)} - {"\x7f"}


def write(blocks: Sequence[Block], language: Language) -> bytes:
    """The bytes of a PDF file on A4."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    styles = _styles()
    out = io.BytesIO()
    title = blocks[0].text if blocks else "Sparewheel"
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=22 * mm, rightMargin=22 * mm, topMargin=20 * mm, bottomMargin=20 * mm,
        title=title, author="Sparewheel", lang="zh-CN" if language == "zh" else "en",
    )  # fmt: skip
    document.build([Paragraph(_marked_up(block.text), styles[block.kind]) for block in blocks], _number, _number)
    return out.getvalue()


@functools.cache
def _styles() -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    base = ParagraphStyle("base", fontName="Helvetica", fontSize=10.5, leading=15, spaceAfter=6, splitLongWords=1)
    grey = HexColor("#4d5766")

    def style(name: str, **options: Any) -> Any:
        return ParagraphStyle(name, parent=base, **options)

    return {
        "title": style("title", fontName="Helvetica-Bold", fontSize=18, leading=24, spaceAfter=12),
        "question": style("question", fontName="Helvetica-Bold", fontSize=12.5, leading=17, spaceBefore=12),
        "answer": style("answer"),
        "meta": style("meta", fontSize=9, leading=12, textColor=grey),
        "source": style("source", fontSize=9.5, leading=13, leftIndent=8, spaceAfter=2),
        "quote": style("quote", fontSize=9.5, leading=14, leftIndent=18, rightIndent=10, textColor=grey),
        "note": style("note", fontSize=9.5, textColor=HexColor("#8a3b00")),
        "disclaimer": style("disclaimer", fontSize=9, leading=12, textColor=grey, spaceBefore=14),
    }


def _marked_up(text: str) -> str:
    """reportlab's own markup around escaped text: whatever Helvetica cannot set goes to the Chinese font."""
    parts, run, wide = [], "", False
    for letter in text:
        is_wide = letter not in _LATIN and letter not in "\n\t"
        if is_wide != wide and run:
            parts.append(_run(run, wide))
            run = ""
        run, wide = run + letter, is_wide
    parts.append(_run(run, wide))
    return "".join(parts).replace("\n", "<br/>")


def _run(text: str, wide: bool) -> str:
    safe = html.escape(text, quote=False)
    return f'<font name="{CHINESE}">{safe}</font>' if wide and text else safe


def _number(canvas: Any, document: Any) -> None:
    """The page's number at its foot."""
    canvas.saveState()
    canvas.setFont("Helvetica", 8.5)
    canvas.drawCentredString(canvas._pagesize[0] / 2, 32, str(document.page))
    canvas.restoreState()
