"""What every format parser returns, and the builder they make it with.

Characters are cleaned before offsets exist, so an offset is never corrected afterwards.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sparewheel.rag.ingest.formats.symbols import private
from sparewheel.rag.ingest.formats.tables import Table, paragraphs
from sparewheel.rag.types import Layout, Page

_SPACES = (
    "\u00a0\u2007\u202f\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f\v\f\x1c\x1d\x1e\x1f"
)
_TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # the direction of writing
_GONE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe\uffff" + _TURNS
# what nobody sees: tag characters, and the selectors of variants beyond the first sixteen, which can carry a text
_UNSEEN = (*range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0), *range(0xFFF9, 0xFFFC))
# Presentation forms that hide a word from the index: Latin ligatures, Kangxi radicals, compatibility ideographs.
_FORMS = (*range(0xFB00, 0xFB07), *range(0x2E80, 0x2FE0), *range(0xF900, 0xFB00))
_TABLE: dict[int, str | None] = {
    **{c: None for c in (*range(0x00, 0x09), *range(0x0E, 0x1C), *range(0x7F, 0xA0), *range(0xD800, 0xE000))},
    **{ord(c): " " for c in _SPACES},
    **{ord(c): None for c in _GONE},
    **dict.fromkeys(_UNSEEN),
    **{ord(c): "\n" for c in "\x85\u2028\u2029"},
    **{c: unicodedata.normalize("NFKC", chr(c)) for c in _FORMS},
    **private(),
}


@dataclass(frozen=True)
class Parsed:
    """A source as text. headings: (start, end, level 1..9), in order, as `Document.headings`."""

    text: str
    media_type: str
    title: str = ""  # as the format's own metadata states it; may be nonsense
    headings: tuple[tuple[int, int, int], ...] = ()
    pages: tuple[Page, ...] = ()
    layout: Layout | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what was left out or could not be read, in words for the report
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Member:
    """A document that lies in the source, under its name there. sha256: of its bytes."""

    name: str
    sha256: str
    parsed: Parsed


def clean(text: str) -> str:
    """The text without control characters, soft hyphens and zero-width characters; "\\n" line ends, plain spaces,
    ligatures and radical forms as the letters they stand for; private use as `symbols.private`."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_TABLE) if _CHANGED.search(text) else text


def _ranges(codes: Iterable[int]) -> str:
    """The characters as ranges of a regular expression; one by one they would make each search slow."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in runs)


_CHANGED = re.compile(f"[{_ranges(_TABLE)}]")


class TextBuilder:
    """Joins blocks with blank lines between them and notes which of them are headings."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._tight = False
        self.headings: list[tuple[int, int, int]] = []

    def add(self, block: str, *, tight: bool = False) -> tuple[int, int]:
        """Span of the cleaned, trimmed block; empty when nothing is left of it. Two tight ones in a row (items of a
        list, rows of a table) have no blank line between them."""
        block = clean(block).strip()
        if not block:
            return self._length, self._length
        if self._parts:
            gap = "\n" if tight and self._tight else "\n\n"
            self._parts.append(gap)
            self._length += len(gap)
        self._tight = tight
        start = self._length
        self._parts.append(block)
        self._length += len(block)
        return start, self._length

    def heading(self, text: str, level: int) -> None:
        """A heading on one line; level 1 is the outermost."""
        start, end = self.add(" ".join(text.split()))
        if start < end:
            self.headings.append((start, end, min(max(level, 1), 9)))

    def embed(self, text: str, headings: Iterable[tuple[int, int, int]]) -> None:
        """A text that was read before, as it stands, with its headings a level deeper."""
        lead = len(text) - len(text.lstrip())
        start, end = self.add(text)
        for first, last, level in headings:
            if start < end and last - lead <= end - start:
                self.headings.append((start + first - lead, start + last - lead, min(level + 1, 9)))

    def gap(self) -> None:
        """The next tight block is apart from the last one all the same."""
        self._tight = False

    def table(self, table: Table) -> None:
        """A table as `formats.tables` writes it: each row a paragraph, each of its cells a line."""
        self._tight = False
        for lines in paragraphs(table):
            for line in lines:
                self.add(line, tight=True)
            self._tight = False

    @property
    def text(self) -> str:
        return "".join(self._parts)
