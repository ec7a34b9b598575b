"""The ruling lines of a PDF page: what its vector graphics draw straight, in points from the top left."""

from __future__ import annotations

import ctypes
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sparewheel.rag.ingest.formats.page_text import Line

_THIN = 3.0  # points; a filled rectangle that is thinner is a line
_LEAST = 4.0  # points; a shorter line rules nothing
_MIDDLE = (0.36, 0.78)  # of the height of a line's box, from its top: where letters are struck through
_OVERHANG = 4.0  # points by which the stroke may stand out of its line
_DEEPEST = 3  # forms within forms that are looked into
_MOST_SEGMENTS = 20_000  # of a page; a drawing, not a table

Transform = Callable[[float, float, float, float], tuple[float, float, float, float]]


@dataclass
class Rules:
    """horizontal: (y, x0, x1); vertical: (x, top, bottom)."""

    horizontal: list[tuple[float, float, float]] = field(default_factory=list)
    vertical: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, x0: float, top: float, x1: float, bottom: float) -> None:
        """A line, or the four edges of a rectangle."""
        wide, high = x1 - x0, bottom - top
        if high <= _THIN and wide >= _LEAST:
            self.horizontal.append(((top + bottom) / 2, x0, x1))
        elif wide <= _THIN and high >= _LEAST:
            self.vertical.append(((x0 + x1) / 2, top, bottom))
        elif wide > _THIN and high > _THIN:
            self.horizontal += [(top, x0, x1), (bottom, x0, x1)]
            self.vertical += [(x0, top, bottom), (x1, top, bottom)]


def rules_of(pdfium: Any, page: Any, to_screen: Transform) -> Rules:
    """The rules of the page; none where its paths have more than `_MOST_SEGMENTS` segments."""
    raw = pdfium.raw
    rules = Rules()
    x, y = ctypes.c_float(), ctypes.c_float()
    edges = [ctypes.c_float() for _ in range(4)]
    matrix = raw.FS_MATRIX()
    seen = 0
    for path in _paths(raw, page.raw, raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, _DEEPEST):
        count = raw.FPDFPath_CountSegments(path)
        seen += count
        if seen > _MOST_SEGMENTS:
            return Rules()
        if count <= 2:
            if raw.FPDFPageObj_GetBounds(path, *edges):
                rules.add(*to_screen(*(edge.value for edge in edges)))
            continue
        raw.FPDFPageObj_GetMatrix(path, matrix)
        a, b, c, d, e, f = matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f
        begin = last = (0.0, 0.0)
        for i in range(count):
            segment = raw.FPDFPath_GetPathSegment(path, i)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_MOVETO:
                begin = point
            elif kind == raw.FPDF_SEGMENT_LINETO:
                _add_straight(rules, last, point, to_screen)
            last = point
            if raw.FPDFPathSegment_GetClose(segment):
                _add_straight(rules, last, begin, to_screen)
                last = begin
    return Rules(sorted(set(rules.horizontal)), sorted(set(rules.vertical)))


def _paths(raw: Any, holder: Any, count: Any, get: Any, depth: int) -> Iterator[Any]:
    """The paths of a page, or of a form on it, with those of the forms in it; pypdfium2's own walk makes an object of
    its own of each piece of text."""
    for i in range(count(holder)):
        piece = get(holder, i)
        kind = raw.FPDFPageObj_GetType(piece)
        if kind == raw.FPDF_PAGEOBJ_PATH:
            yield piece
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth > 1:
            yield from _paths(raw, piece, raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, depth - 1)


def strikes(rules: Rules, lines: Sequence[Line]) -> list[tuple[float, float, float, float]]:
    """The boxes of what is struck out: where a rule that begins and ends with words of a line runs through the middle
    of their letters."""
    found: list[tuple[float, float, float, float]] = []
    for line in lines if rules.horizontal else ():
        high = line.bottom - line.top
        first = bisect(rules.horizontal, (line.top + _MIDDLE[0] * high,))
        for y, x0, x1 in rules.horizontal[first:]:
            if y > line.top + _MIDDLE[1] * high:
                break
            if x0 >= line.x0 - _OVERHANG and x1 <= line.x1 + _OVERHANG:
                found.append((x0, line.top, x1, line.bottom))
    return found


def _add_straight(rules: Rules, a: tuple[float, float], b: tuple[float, float], to_screen: Transform) -> None:
    x0, top, x1, bottom = to_screen(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
    if min(x1 - x0, bottom - top) < 1:
        rules.add(x0, top, x1, bottom)
