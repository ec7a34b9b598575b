"""How a cell of a table stands in a text: on a line of its own, behind the names of its row and its column.

    Amoril	— 6-12 years: 250 mg

The tab before the dash tells such a line from prose. Written by `ingest`, read by whoever cuts or quotes the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = "\t— "  # between the name of the row and the rest; a line without a row name begins with "— "
VALUE = ": "  # between the name of the column and the cell
EMPTY = "—"  # what an empty cell holds
_ROW = re.compile(r"^[^\n]*\t— [^\n]*(?:\n[^\n]*\t— [^\n]*)*$", re.MULTILINE)
_NO_VALUE = re.compile(r"(?:.*(?::|\t—) )?\s*[—–-]\s*")
_CAPTION_CHARS = 200
_LABELLED = re.compile(  # a paragraph that says it is the caption of what follows
    r"(?:^|\n)((?:(?:Table|Tab\.|Tabelle|Tableau|Tabla)\s(?:\d|[A-Z]\b|[IVX]+\b)|附?表\s?[\d一二三四五六七八九十])[^\n\t]*)\n\n\Z"
)


@dataclass(frozen=True, slots=True)
class TableSpan:
    """A table within a text: text[start:end) from its caption or header on. caption: "" where it has none; it and the
    line of the column names end at `head_end`. rows: (start, end) of each row's lines."""

    start: int
    head_end: int
    end: int
    caption: str
    rows: tuple[tuple[int, int], ...]


def tables(text: str) -> list[TableSpan]:
    """The tables of the text, in order."""
    if MARK not in text:
        return []
    found: list[TableSpan] = []
    rows: list[tuple[int, int]] = []
    for row in _ROW.finditer(text):
        if rows and text[rows[-1][1] : row.start()].strip():
            found.append(_table(text, rows, found[-1].end if found else 0))
            rows = []
        rows.append(row.span())
    if rows:
        found.append(_table(text, rows, found[-1].end if found else 0))
    return found


def _table(text: str, rows: list[tuple[int, int]], floor: int) -> TableSpan:
    """The table of these rows with what stands over them: a line of column names, a caption, or both."""
    first = rows[0][0]
    head_end = len(text[:first].rstrip("\n \t"))
    gap = text.rfind("\n\n", floor, head_end)
    start = gap + 2 if gap >= 0 else floor
    lines = text[start:head_end].split("\n") if head_end > start else []
    names = bool(lines) and "\t" in lines[-1]
    if start > floor and (label := _LABELLED.search(text, max(floor, start - 2 - _CAPTION_CHARS), start)):
        start = label.start(1)
        lines = [label[1].strip(), *lines]
    over = [line for line in lines if "\t" not in line]
    if not names and (len(lines) != 1 or len(lines[0]) > _CAPTION_CHARS or lines[0].rstrip()[-1:] in ".;。；"):
        return TableSpan(first, first, rows[-1][1], "", tuple(rows))
    caption = over[-1].strip() if over and len(over[-1]) <= _CAPTION_CHARS else ""
    return TableSpan(start, head_end, rows[-1][1], caption, tuple(rows))


def labelled(text: str) -> str:
    """The text with its rows as labels and values ("Landlord: Quayside Estates"), for whoever looks for labels."""
    if MARK not in text:
        return text
    parts: list[str] = []
    place = 0
    for row in _ROW.finditer(text):
        name, _, value = row.group().rpartition(MARK)
        if "\n" not in row.group():  # one cell: the name of its column says nothing more
            value = value.rpartition(VALUE)[2]
            parts += [text[place : row.start()], name, VALUE, value]
        else:
            parts += [text[place : row.start()], row.group().replace(MARK, VALUE)]
        place = row.end()
    return "".join((*parts, text[place:]))


def cell_line_at(text: str, place: int) -> tuple[int, int] | None:
    """(start, end) of the line around `place` where it holds a cell."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    end = end if end >= 0 else len(text)
    return (start, end) if MARK in text[start:end] else None


def is_empty_cell(line: str) -> bool:
    """Whether the line says that the table leaves this cell empty."""
    return MARK in line and _NO_VALUE.fullmatch(line) is not None
