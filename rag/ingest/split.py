"""A document to chunks that follow its structure: clauses, articles, sections, questions with their answers.

A part that fits is one chunk; a longer one is divided at its own sub-parts, its paragraphs, its sentences, in this
order. Short neighbours under the same parent are packed together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from sparewheel.rag.ingest.cut import cut
from sparewheel.rag.ingest.outline import Mark, outline
from sparewheel.rag.ingest.titles import one_line
from sparewheel.rag.settings import Ingest
from sparewheel.rag.table_text import tables
from sparewheel.rag.text import trim
from sparewheel.rag.types import Chunk, Document, Profile

SPLITTER_VERSION = "3"  # changes whenever the same document would give other chunks or another identity

_SHORT = 3  # a part shorter than the limit divided by this may share a chunk with its neighbour
_TINY = 12  # a piece shorter than the limit divided by this says too little alone and joins whatever stands beside it


@dataclass(slots=True)
class _Part:
    """A node of the outline: text[start:end), its own text ending at `own_end` where its first sub-part begins."""

    start: int
    heading_end: int
    path: tuple[str, ...]
    rank: int
    whole: bool
    end: int = 0
    parts: list[_Part] = field(default_factory=list)

    @property
    def own_end(self) -> int:
        return self.parts[0].start if self.parts else self.end

    @property
    def has_whole(self) -> bool:
        return any(part.whole or part.has_whole for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    path: tuple[str, ...]
    packable: bool = False  # a complete part, which may share a chunk with its neighbour
    whole: bool = False  # an article of a statute, which never does


def limit_of(settings: Ingest, profile: Profile) -> int:
    """The most characters of a chunk: the setting, or what suits the domain."""
    return settings.chunk_chars or profile.chunk_chars


def split(document: Document, settings: Ingest, profile: Profile) -> list[Chunk]:
    """The chunks in text order. They cover all text that is not blank and overlap only by `settings.overlap_chars`
    where a part had to be cut; none is longer than `limit_of(settings, profile)` (Chinese: half of it) nor begins
    or ends with white space; `document.text[c.start:c.end] == c.text` for each."""
    text = document.text
    limit = limit_of(settings, profile) // (2 if document.language == "zh" else 1)
    root = _tree(text, outline(document, profile), document.title)
    divider = _Divider(text, limit, min(settings.overlap_chars, limit // 2), profile.abbreviations)
    page_starts = [page.start for page in document.pages]
    captioned = [table for table in tables(text) if table.caption]
    caption_ends = [table.head_end for table in captioned]
    chunks = []
    for piece in divider.pieces(root, root.start):
        start, end = trim(text, piece.start, piece.end)
        if start == end:
            continue
        above = captioned[i] if (i := bisect_right(caption_ends, start) - 1) >= 0 else None
        within = above is not None and start < above.end
        on = document.pages[max(bisect_right(page_starts, start) - 1, 0)] if document.pages else None
        page = on.number if on is not None and start < on.end else None  # behind the last page: a note, an attachment
        chunks.append(
            Chunk(
                document_id=document.id,
                start=start,
                end=end,
                text=text[start:end],
                title=document.title,
                headings=(*piece.path, one_line(above.caption)) if above is not None and within else piece.path,
                page=page,
                language=document.language,
                metadata=document.metadata,
            )
        )
    return chunks


def _tree(text: str, marks: list[Mark], title: str) -> _Part:
    root = _Part(0, 0, (), -1, False)
    open_parts = [root]
    for mark in marks:
        while open_parts[-1].rank >= mark.rank:
            open_parts.pop().end = mark.start
        parent = open_parts[-1]
        named = mark.heading and (parent.path or _plain(mark.heading) != _plain(title))
        path = (*parent.path, mark.heading) if named else parent.path
        part = _Part(mark.start, mark.heading_end, path, mark.rank, mark.whole)
        parent.parts.append(part)
        open_parts.append(part)
    for part in open_parts:
        part.end = len(text)
    return root


def _plain(heading: str) -> str:
    return "".join(c for c in heading.casefold() if c.isalnum())


@dataclass(frozen=True, slots=True)
class _Divider:
    text: str
    limit: int
    overlap: int
    abbreviations: tuple[str, ...]

    def pieces(self, part: _Part, start: int) -> Iterator[_Piece]:
        """The part as pieces of at most `limit`; the first begins at `start`, at or before the part's own start."""
        if self._length(start, part.end) <= self.limit and not part.has_whole:
            yield _Piece(start, part.end, self._path(part), not part.whole, part.whole)
            return
        inner: list[_Piece] = []
        if not part.parts or self._has_text(part):
            cuts = cut(self.text, start, part.own_end, self.limit, self.overlap, self.abbreviations)
            inner += [_Piece(a, b, part.path, len(cuts) == 1 and not part.whole, part.whole) for a, b in cuts]
            start = -1
        for sub in part.parts:  # a heading without text of its own goes with the first of its parts
            inner += self.pieces(sub, sub.start if start < 0 else start)
            start = -1
        for piece in self._packed(inner):
            yield _Piece(piece.start, piece.end, piece.path, False, piece.whole)

    def _has_text(self, part: _Part) -> bool:
        return bool(self.text[part.heading_end : part.own_end].strip())

    def _path(self, part: _Part) -> tuple[str, ...]:
        """The path of a part that is one chunk: that of its only sub-part where it has nothing else."""
        while len(part.parts) == 1 and not self._has_text(part):
            part = part.parts[0]
        return part.path

    def _packed(self, pieces: Iterable[_Piece]) -> list[_Piece]:
        packed: list[_Piece] = []
        for piece in pieces:
            joined = self._joined(packed[-1], piece) if packed else None
            if joined is not None:
                packed[-1] = joined
            else:
                packed.append(piece)
        return packed

    def _joined(self, a: _Piece, b: _Piece) -> _Piece | None:
        """The two neighbours as one piece, or None where they stay apart."""
        if a.whole or b.whole or self._length(a.start, b.end) > self.limit:
            return None
        a_length, b_length = self._length(a.start, a.end), self._length(b.start, b.end)
        if min(a_length, b_length) * _TINY < self.limit:
            return _Piece(a.start, b.end, a.path if a_length > b_length else b.path, a.packable and b.packable)
        if a.packable and b.packable and min(a_length, b_length) * _SHORT < self.limit:
            return _Piece(a.start, b.end, _common(a.path, b.path), True)
        return None

    def _length(self, start: int, end: int) -> int:
        start, end = trim(self.text, start, end) if end - start < 2 * self.limit else (start, end)
        return end - start


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(x for x, _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
