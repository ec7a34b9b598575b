"""Windows of a passage, what the reader's network says of one, and the best spans in its logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.types import Chunk


@dataclass(frozen=True, slots=True)
class Window:
    """Characters [start, start + len(text)) of the text of hits[hit]; heading stands over it."""

    hit: int
    start: int
    text: str
    heading: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one window says: spans are (start, end, margin) in characters of the window's text, best first."""

    window: Window
    spans: tuple[tuple[int, int, float], ...]
    labels: Mapping[str, float]  # probabilities
    short: tuple[int, int, float] | None = None  # the best span of a few tokens, where it was asked for


def windows_of(chunk: Chunk, hit: int, chars: int, overlap: int, marks: Sequence[str] = (" ",)) -> list[Window]:
    """Windows of at most `chars` characters that cover the chunk, overlapping by about `overlap`; cut after the last of
    the characters marks[0] in their second half, else of marks[1], and so on.
    """
    text, heading = chunk.text, " ".join((chunk.title, *chunk.headings)).strip()
    made, start = [], 0
    while start < len(text):
        end = min(len(text), start + chars)
        if end < len(text):
            middle = start + chars // 2
            places = (max(text.rfind(mark, middle, end) for mark in alike) + 1 for alike in marks)
            end = next((place for place in places if place), end)
        if text[start:end].strip():
            made.append(Window(hit, start, text[start:end], heading))
        if end == len(text):
            break
        start = max(start + 1, end - overlap)
    return made


def best_spans(start: NDArray[np.float32], end: NDArray[np.float32], most: int) -> list[tuple[int, int, float]]:
    """Up to `most` disjoint (first, last, score) with first <= last, best first; the arrays hold the tokens' logits."""
    found: list[tuple[int, int, float]] = []
    open_ranges = [(0, len(start))]
    while open_ranges and len(found) < most:
        offers = []
        for low, high in open_ranges:
            reach = np.maximum.accumulate(start[low:high]) + end[low:high]
            last = int(np.argmax(reach))
            offers.append((low + int(np.argmax(start[low : low + last + 1])), low + last, float(reach[last])))
        number = max(range(len(offers)), key=lambda i: offers[i][2])
        (low, high), (first, last, score) = open_ranges.pop(number), offers[number]
        found.append((first, last, score))
        open_ranges += [r for r in ((low, first), (last + 1, high)) if r[1] > r[0]]
    return found


def best_short(start: NDArray[np.float32], end: NDArray[np.float32], longest: int) -> tuple[int, int, float]:
    """(first, last, score) of the best pair of at most `longest` tokens."""
    offers = []
    for more in range(min(longest, len(start))):
        scores = start[: len(start) - more] + end[more:]
        first = int(np.argmax(scores))
        offers.append((first, first + more, float(scores[first])))
    return max(offers, key=lambda offer: offer[2])
