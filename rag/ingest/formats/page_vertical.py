"""Pages set in columns that are read downwards, from the right to the left, as Chinese and Japanese may be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from sparewheel.rag.ingest.formats.page_text import Line, Word, is_wide

_LEAST = 12  # characters that stand alone, before a page can be one
_SAMPLE = 20  # of them that are looked at
_SHARE = 0.6  # of the page's words that are such characters, and of these that have their neighbour below


def vertical_columns(lines: Sequence[Line]) -> list[Line] | None:
    """The page's columns, the rightmost first, behind the lines that are set across (a title); None for others."""
    middle = lines[len(lines) // 2] if lines else None
    if middle is None or not is_wide(middle.words[0][0]) or _is_row(middle):
        return None
    single = [word for line in lines for word in line.words if is_wide(word[0])]
    if len(single) < _LEAST or len(single) < _SHARE * sum(len(line.words) for line in lines):
        return None
    wide = median(word[3] - word[1] for word in single)
    high = median(word[4] - word[2] for word in single)
    sample = single[:: max(1, len(single) // _SAMPLE)]
    if sum(_is_over(word, single, wide, high) for word in sample) < _SHARE * len(sample):
        return None
    across = [line for line in lines if not is_wide(line.words[0][0]) or _is_across(line, wide, high)]
    apart = {id(line) for line in across}
    down = [word for line in lines if id(line) not in apart for word in line.words]
    return [*across, *(_column(column) for column in _columns(down, wide))]


def _is_across(line: Line, wide: float, high: float) -> bool:
    """Whether the line's characters stand close beside one another."""
    pairs = [(b[1] - a[1], abs(b[2] - a[2])) for a, b in pairwise(line.words)]
    return bool(pairs) and all(0 < dx < 1.3 * wide and dy < 0.5 * high for dx, dy in pairs)


def _is_row(line: Line) -> bool:
    """Whether it is a usual line: several characters close beside one another."""
    _, x0, top, x1, bottom = line.words[0]
    return len(line.words) > 3 and _is_across(line, x1 - x0, bottom - top)


def _is_over(word: Word, others: Sequence[Word], wide: float, high: float) -> bool:
    """Whether the nearest neighbour stands below or above the character rather than beside it."""
    x, y = (word[1] + word[3]) / 2, (word[2] + word[4]) / 2
    below = beside = float("inf")
    for other in others:
        dx, dy = abs((other[1] + other[3]) / 2 - x), abs((other[2] + other[4]) / 2 - y)
        if dx < 0.5 * wide and dy > 0:
            below = min(below, dy)
        elif dy < 0.5 * high and dx > 0:
            beside = min(beside, dx)
    return below < beside


def _columns(words: Sequence[Word], wide: float) -> list[list[Word]]:
    columns: list[list[Word]] = []
    for word in sorted(words, key=lambda word: -(word[1] + word[3])):
        if columns and (columns[-1][0][1] + columns[-1][0][3]) / 2 - (word[1] + word[3]) / 2 < 0.7 * wide:
            columns[-1].append(word)
        else:
            columns.append([word])
    return columns


def _column(words: Sequence[Word]) -> Line:
    ordered = sorted(words, key=lambda word: word[2])
    return Line(tuple(ordered), ("",) * (len(ordered) - 1))
