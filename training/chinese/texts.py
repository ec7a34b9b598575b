"""Chinese text for the trainers: sentences, clauses, Traditional to Simplified, windows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

WINDOW_CHARS = 512  # what the reader sees at once, cut by character
STRIDE_CHARS = 256
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
_CLAUSE = re.compile(r"[^，。！？；：、,;\n（）()「」“”《》]+")


@cache
def _table() -> dict[int, str]:
    """OpenCC's character table (Apache-2.0), first reading of each character."""
    import opencc

    file = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    rows = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {ord(old): new.split()[0] for old, new in rows if len(old) == 1 and len(new.split()[0]) == 1}


def simplified(text: str) -> str:
    """`text` in Simplified characters, one for one, so offsets stay."""
    return text.translate(_table())


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
