"""Chinese text for the trainers: sentences, clauses, windows."""

from __future__ import annotations

import re

WINDOW_CHARS = 512  # what the reader sees at once, cut by character
STRIDE_CHARS = 256
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
_CLAUSE = re.compile(r"[^，。！？；：、,;\n（）()「」“”《》]+")


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences, their full stop included; a semicolon or line break ends one too."""
    return [match.span() for match in _SENTENCE.finditer(text) if match[0].strip()]


def clauses(text: str) -> list[tuple[int, int]]:
    """Spans between any two punctuation marks."""
    return [match.span() for match in _CLAUSE.finditer(text)]


def windows(length: int, window: int = WINDOW_CHARS, stride: int = STRIDE_CHARS) -> list[tuple[int, int]]:
    """Overlapping spans that cover [0, length): each `window` long at most, one every `stride`."""
    last = max(0, length - window)
    starts = [*range(0, last, stride), last]
    return [(start, min(start + window, length)) for start in starts]
