"""Makes the PDF, DOCX and HTML sample documents from their Markdown sources.

    python -m sparewheel.corpora.build_samples --latin A.ttf --latin-bold B.ttf --chinese C.ttf

`legal/sources/lease.pdf.md` becomes `legal/documents/lease.pdf`; documents in Markdown and plain text have no source.
Needs fpdf2 (a build tool, no dependency of the product). The fonts are embedded as subsets: DejaVu (free licence) and
Droid Sans Fallback (Apache-2.0). The same sources and fonts give the same bytes.

A source is Markdown of one line a paragraph: `# title`, `## heading`, `### sub-heading`, `- item`, `| table | row |`.
"""

from __future__ import annotations

import argparse
import html
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent
_MADE = datetime(2026, 11, 1, tzinfo=UTC)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SIZES = {"title": 15.0, "heading": 11.5, "subheading": 10.5}


class Block(NamedTuple):
    """A paragraph, or a table row. kind: title, heading, subheading, item, row, text."""

    kind: str
    text: str

    @property
    def cells(self) -> list[str]:
        return [cell.strip() for cell in self.text.strip("|").split("|")]


def blocks(source: str) -> Iterator[Block]:
    """The blocks of a source, in order; a table's rule row (|---|) is left out."""
    marks = {"# ": "title", "## ": "heading", "### ": "subheading", "- ": "item"}
    for line in filter(None, map(str.strip, source.splitlines())):
        mark = next((mark for mark in marks if line.startswith(mark)), None)
        if mark:
            yield Block(marks[mark], line.removeprefix(mark))
        elif not line.startswith("|"):
            yield Block("text", line)
        elif not re.fullmatch(r"[|\s:-]+", line):
            yield Block("row", line)


def write_pdf(content: list[Block], target: Path, fonts: argparse.Namespace) -> None:
    fpdf: Any = import_module("fpdf")  # untyped, and absent where nothing is built
    title = content[0].text
    chinese = bool(_CHINESE.search(title))
    family = "chinese" if chinese else "latin"
    footer = "第 {} 页" if chinese else "Page {} of {{nb}}"

    class Sheet(fpdf.FPDF):  # type: ignore[misc]
        def footer(self) -> None:
            self.set_y(-15)
            self.set_font(family, size=8)
            self.cell(0, 6, f"{title}  ·  {footer.format(self.page_no())}", align="C")

    pdf = Sheet(format="A4")
    pdf.set_creation_date(_MADE)
    pdf.set_title(title)
    pdf.set_margins(24, 22, 24)
    pdf.set_auto_page_break(True, margin=24)
    pdf.add_font("latin", fname=fonts.latin)
    pdf.add_font("latin", style="B", fname=fonts.latin_bold)
    if chinese:
        for style in ("", "B"):
            pdf.add_font("chinese", style=style, fname=fonts.chinese)
        pdf.set_fallback_fonts(["latin"])  # the Chinese font has no digits
    pdf.add_page()
    for first, group in _grouped(content):
        bold = first.kind in _SIZES
        pdf.set_font(family, "B" if bold else "", _SIZES.get(first.kind, 9 if first.kind == "row" else 10))
        if first.kind == "row":
            with pdf.table(line_height=5.2, padding=1, align="LEFT", text_align="LEFT") as table:
                for block in group:
                    table.row(block.cells)
            pdf.ln(3)
            continue
        if bold and pdf.will_page_break(26):  # a heading stays with what follows
            pdf.add_page()
        for block in group:
            item = block.kind == "item"
            pdf.set_x(pdf.l_margin + (5 if item else 0))
            wrap = "CHAR" if chinese else "WORD"
            text = f"• {block.text}" if item else block.text
            pdf.multi_cell(0, 5.4, text, align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=wrap)
            pdf.ln(1.2 if item else 2.4)
    pdf.output(str(target))


def write_docx(content: list[Block], target: Path, fonts: argparse.Namespace) -> None:
    from docx import Document as Word

    word: Any = Word()
    word.core_properties.title = content[0].text
    word.core_properties.author = "Sparewheel sample documents"
    word.core_properties.created = word.core_properties.modified = _MADE.replace(tzinfo=None)
    levels = {"title": 0, "heading": 1, "subheading": 2}
    for first, group in _grouped(content):
        if first.kind == "row":
            table = word.add_table(rows=0, cols=len(first.cells), style="Table Grid")
            for block in group:
                for cell, text in zip(table.add_row().cells, block.cells, strict=True):
                    cell.text = text
        elif first.kind in levels:
            word.add_heading(first.text, level=levels[first.kind])
        else:
            for block in group:
                word.add_paragraph(block.text, style="List Bullet" if block.kind == "item" else None)
    word.save(target)
    _undate(target)


def write_html(content: list[Block], target: Path, fonts: argparse.Namespace) -> None:
    tags = {"title": "h1", "heading": "h2", "subheading": "h3", "text": "p", "item": "li"}
    title = html.escape(content[0].text)
    language = "zh" if _CHINESE.search(title) else "en"
    lines = [
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>',
        "<style>body { font-family: serif; max-width: 46em; margin: auto }</style>\n</head>\n<body>\n<main>",
    ]
    for first, group in _grouped(content):
        if first.kind == "row":
            rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in block.cells) for block in group)
            lines += ["<table>", *(f"<tr>{row}</tr>" for row in rows), "</table>"]
        elif first.kind == "item":
            lines += ["<ul>", *(f"<li>{html.escape(block.text)}</li>" for block in group), "</ul>"]
        else:
            lines.append(f"<{tags[first.kind]}>{html.escape(first.text)}</{tags[first.kind]}>")
    target.write_text("\n".join([*lines, "</main>\n</body>\n</html>\n"]), encoding="utf-8")


def _grouped(content: list[Block]) -> Iterator[tuple[Block, list[Block]]]:
    """Rows of one table together, and items of one list; any other block alone."""
    group: list[Block] = []
    for block in content:
        if group and not (block.kind == group[0].kind and block.kind in ("row", "item")):
            yield group[0], group
            group = []
        group.append(block)
    if group:
        yield group[0], group


def _undate(target: Path) -> None:
    """Rewrite the zip with one fixed time, so that the same source gives the same bytes."""
    with zipfile.ZipFile(target) as old:
        parts = [(name, old.read(name)) for name in old.namelist()]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts:
            new.writestr(zipfile.ZipInfo(name, _MADE.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)


WRITERS = {".pdf": write_pdf, ".docx": write_docx, ".html": write_html}


def main() -> None:
    parser = argparse.ArgumentParser(description="make the sample documents from their sources")
    for name in ("--latin", "--latin-bold", "--chinese"):
        parser.add_argument(name, type=Path, required=True, help="TrueType font file")
    fonts = parser.parse_args()
    for source in sorted(_HERE.glob("*/sources/*.md")):
        target = source.parent.with_name("documents") / source.stem
        WRITERS[target.suffix](list(blocks(source.read_text(encoding="utf-8"))), target, fonts)
        print(f"{target.relative_to(_HERE)}  {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
