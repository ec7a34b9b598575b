"""Headings of a printed page: lines set clearly larger than the body, the larger the higher."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.types import Layout

_LARGER = 1.12  # times the height of the body
_SAME = 0.06  # two sizes that differ by less, times the height of the body, are one
_MOST_SHARE = 0.15  # of the text; where more is large, size does not mean heading
_MOST_CHARS = 150
_LINE = re.compile(r"[^\n]+")
_STOPS = ".;,。；，"


def large_lines(text: str, layout: Layout) -> tuple[tuple[int, int, int], ...]:
    """(start, end, level) as `Document.headings`. A heading that runs over several lines of one size is one."""
    if not len(layout.spans):
        return ()
    heights = layout.boxes[:, 3] - layout.boxes[:, 1]
    body = _weighted_median(heights, layout.spans[:, 1] - layout.spans[:, 0])
    found: list[tuple[int, int, float]] = []
    end_word = -1
    lines = [*_LINE.finditer(text)] if body > 0 else []
    words = layout.spans[:, 0].searchsorted([line.span() for line in lines]) if lines else ()
    large = np.concatenate(([0], np.cumsum(heights >= _LARGER * body)))  # so many among the words before
    for line, (first, last) in zip(lines, words, strict=True):
        if first == last or 2 * (large[last] - large[first]) < last - first:
            continue
        size = float(np.median(heights[first:last])) / body
        if size < _LARGER:
            continue
        if found and first == end_word and abs(found[-1][2] - size) < _SAME and _directly_below(layout, first):
            found[-1] = (found[-1][0], line.end(), size)
        else:
            found.append((line.start(), line.end(), size))
        end_word = last
    found = [heading for heading in found if _could_be_heading(text[heading[0] : heading[1]])]
    if sum(end - start for start, end, _ in found) > _MOST_SHARE * len(text):
        return ()
    levels = _levels([size for _, _, size in found])
    return tuple((start, end, level) for (start, end, _), level in zip(found, levels, strict=True))


def _could_be_heading(line: str) -> bool:
    letters = sum(c.isalpha() for c in line)
    return len(line) <= _MOST_CHARS and letters > 1 and not line[0].islower() and line.rstrip()[-1:] not in _STOPS


def _directly_below(layout: Layout, word: int) -> bool:
    """Whether the line that begins with `word` stands directly below the one before, on the same page."""
    gap = float(layout.boxes[word, 1] - layout.boxes[word - 1, 3])
    height = float(layout.boxes[word, 3] - layout.boxes[word, 1])
    return bool(layout.pages[word] == layout.pages[word - 1]) and gap < 0.6 * height


def _levels(sizes: list[float]) -> list[int]:
    """1 for the largest size, one more wherever the next smaller one is clearly smaller."""
    level, levels, last = 0, {}, float("inf")
    for size in sorted(set(sizes), reverse=True):
        level += last - size >= _SAME
        last = size
        levels[size] = min(level, 9)
    return [levels[size] for size in sizes]


def _weighted_median(values: NDArray[np.float32], weights: NDArray[np.int32]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][total.searchsorted(total[-1] / 2)])
