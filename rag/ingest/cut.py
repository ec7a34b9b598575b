"""Cutting running text that is longer than a chunk: at paragraphs, sentences, semicolons, commas, blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sparewheel.rag.table_text import tables
from sparewheel.rag.text import sentences, trim

_WEAK = (re.compile(r"[;；](?=\s|[^\x00-\x7f])"), re.compile(r"[,，、:：](?=\s|[^\x00-\x7f])"), re.compile(r"\s"))
_STUB = 4  # a span shorter than the limit divided by this is a stub
_BLANKS = re.compile(r"\s*")
_PARAGRAPH_GAP = re.compile(r"\n[ \t\r]*\n")


def cut(
    text: str, start: int, end: int, limit: int, overlap: int = 0, abbreviations: Sequence[str] = ()
) -> list[tuple[int, int]]:
    """Spans that together hold all of text[start:end) but blanks, each trimmed and at most `limit` long.

    Of about equal length rather than full ones and a rest. With `overlap`, each but the first begins up to so many
    characters earlier, at the beginning of a word.
    """
    start, end = trim(text, start, end)
    if start == end:
        return []
    if end - start <= limit:
        return [(start, end)]
    room = limit - overlap
    atoms: list[tuple[int, int]] = []
    rows = [row for table in tables(text[start:end]) for row in table.rows]
    place = 0
    for a, b in [*rows, (end - start, end - start)]:
        for c, d in sentences(text[start + place : start + a], abbreviations):
            atoms.extend(_short_enough(text, start + place + c, start + place + d, room))
        if a < b:
            atoms.extend(_row(text, start + a, start + b, room))
        place = b
    spans = _grouped(text, atoms, room)
    inside = {start + a for a, _ in rows}
    return [
        spans[0],
        *((a if a in inside else _earlier(text, a, overlap, before[0]), b) for before, (a, b) in pairwise(spans)),
    ]


def _row(text: str, start: int, end: int, room: int) -> list[tuple[int, int]]:
    """A row of a table in one piece; one that is longer than `room` at the lines of its cells."""
    if end - start <= room:
        return [(start, end)]
    pieces: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]+", text[start:end]):
        pieces.extend(_short_enough(text, start + line.start(), start + line.end(), room))
    return pieces


def _grouped(text: str, atoms: list[tuple[int, int]], room: int) -> list[tuple[int, int]]:
    """Neighbouring atoms joined to the fewest spans of about equal length; one more where that leaves a stub."""
    total = atoms[-1][1] - atoms[0][0]
    least = -(-total // room)
    best: list[tuple[int, int]] = []
    for count in (least, least + 1, least + 2):
        spans = _joined(text, atoms, room, total / count)
        if min(end - start for start, end in spans) * _STUB >= room:
            return spans
        best = best or spans
    return best


def _joined(text: str, atoms: list[tuple[int, int]], room: int, target: float) -> list[tuple[int, int]]:
    """Spans that are closed at `target`, or a little earlier where a paragraph ends."""
    spans = []
    start, end = atoms[0]
    for a, b in atoms[1:]:
        paragraph = _PARAGRAPH_GAP.search(text, end, a) is not None
        if b - start > room or end - start >= target or (paragraph and end - start >= 0.6 * target):
            spans.append((start, end))
            start = a
        end = b
    spans.append((start, end))
    return spans


def _short_enough(text: str, start: int, end: int, room: int) -> list[tuple[int, int]]:
    """A sentence as pieces of at most `room`."""
    pieces = []
    while end - start > room:
        place = _weak_place(text, start, start + room)
        pieces.append(trim(text, start, place))
        start = _BLANKS.match(text, place, end).end()  # type: ignore[union-attr]  # it matches nothing, too
    if start < end:
        pieces.append((start, end))
    return pieces


def _weak_place(text: str, start: int, latest: int) -> int:
    """The last semicolon in the second half of [start, latest), else the last comma there, else the last blank."""
    for mark in _WEAK:
        places = [found.end() for found in mark.finditer(text, start + (latest - start) // 2, latest)]
        if places:
            return places[-1]
    return latest


def _earlier(text: str, start: int, overlap: int, floor: int) -> int:
    """At most `overlap` before `start`, where a word begins; not before `floor`."""
    if not overlap:
        return start
    place = max(start - overlap, floor)
    if place > 0 and not text[place - 1].isspace() and text[place].isascii():
        blank = re.compile(r"\s").search(text, place, start)
        place = blank.end() if blank else start
    return trim(text, place, start)[0] if text[place:start].strip() else start
