"""How a cell of a table stands in a text: on a line of its own, behind the names of its row and its column.

    Amoril	— 6-12 years: 250 mg

The tab before the dash tells such a line from prose. Written by `ingest`, read by whoever cuts or quotes the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MARK = "\t— "  # between the name of the row and the rest; a line without a row name begins with "— "
VALUE = ": "  # between the name of the column and the cell
EMPTY = "—"  # what an empty cell holds
_LINE = re.compile(r"^[^\n]*\t— [^\n]*$", re.MULTILINE)
_NO_VALUE = re.compile(r"(?:.*(?::|\t—) )?\s*[—–-]\s*")


def cell_lines(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each line that holds a cell, in order."""
    return ((found.start(), found.end()) for found in _LINE.finditer(text)) if MARK in text else iter(())


def cell_line_at(text: str, place: int) -> tuple[int, int] | None:
    """(start, end) of the line around `place` where it holds a cell."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    end = end if end >= 0 else len(text)
    return (start, end) if MARK in text[start:end] else None


def is_empty_cell(line: str) -> bool:
    """Whether the line says that the table leaves this cell empty."""
    return MARK in line and _NO_VALUE.fullmatch(line) is not None
