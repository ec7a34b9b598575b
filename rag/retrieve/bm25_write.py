"""Writing the keyword index: a segment of the added chunks, and several segments as one.

What a merged segment holds depends only on the chunks that are in, not on the order or number of writes that brought
them there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.retrieve.bm25_segment import (
    MOST_COUNTED,
    VERSION,
    Bm25Segment,
    Counts,
    Ordinals,
    anchors_of,
    gaps_of,
    heads_of,
    impacts,
    norms_of,
    write_segment,
)
from sparewheel.rag.retrieve.tokenise import terms
from sparewheel.rag.types import Chunk

_CHUNKS_AT_ONCE = 20_000  # bounds the memory of counting
_POSTINGS_AT_ONCE = 4_000_000  # bounds the memory of merging
_NONE = np.zeros(0, np.int64)


class _Postings(Protocol):
    def slice(self, first: int, last: int) -> tuple[NDArray[np.int64], Ordinals, Counts]: ...


@dataclass(frozen=True)
class _Part:
    """What is merged. terms: sorted; held[i], gone[i]: see `Bm25Segment`."""

    terms: list[bytes]
    held: NDArray[np.int64]
    postings: _Postings
    ids: NDArray[np.int64]
    lengths: NDArray[np.int32]
    gone: NDArray[np.int64]
    gone_ids: NDArray[np.int64]
    gone_length: int = 0


@dataclass(frozen=True)
class _Counted:
    """Postings in memory, sorted by term, then chunk."""

    term: NDArray[np.int64]
    chunk: Ordinals
    count: Counts

    def slice(self, first: int, last: int) -> tuple[NDArray[np.int64], Ordinals, Counts]:
        begin, end = self.term.searchsorted((first, last))
        return self.term[begin:end], self.chunk[begin:end], self.count[begin:end]


class Bm25Writer:
    """An IndexWriter (`rag.types`) of the keyword index."""

    name = "bm25"
    version = VERSION

    def write(self, folder: Path, added: Sequence[Chunk], removed: Sequence[Chunk] = ()) -> None:
        """As `IndexWriter`. The ids of the added chunks are larger than those of earlier segments."""
        parts = [_count(added[i : i + _CHUNKS_AT_ONCE]) for i in range(0, len(added), _CHUNKS_AT_ONCE)]
        parts += [_as_gone(_count(removed[i : i + _CHUNKS_AT_ONCE])) for i in range(0, len(removed), _CHUNKS_AT_ONCE)]
        _merge(parts, folder)

    def merge(self, segments: Sequence[Path], folder: Path) -> None:
        """As `IndexWriter`. Raises StoreError when one is of another tokeniser."""
        _merge([_as_part(Bm25Segment.open(segment)) for segment in segments], folder)


def _count(chunks: Sequence[Chunk]) -> _Part:
    """The postings of `chunks`."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    lengths = np.zeros(len(chunks), np.int32)
    pieces = []
    for ordinal, chunk in enumerate(chunks):
        words = terms(chunk.indexed_text)
        lengths[ordinal] = len(words)
        pieces.append(np.fromiter(map(numbers.__getitem__, words), np.int64, len(words)))
    by_bytes = sorted((term.encode(), number) for term, number in numbers.items())
    position = np.empty(len(by_bytes), np.int64)
    position[[number for _, number in by_bytes]] = np.arange(len(by_bytes))
    term = position[np.concatenate(pieces)] if by_bytes else _NONE
    keys, counts = np.unique(term << 32 | np.repeat(np.arange(len(chunks)), lengths), return_counts=True)
    times = np.minimum(counts, MOST_COUNTED).astype(np.uint8)
    return _Part(
        [word for word, _ in by_bytes],
        np.bincount(keys >> 32, minlength=len(by_bytes)),
        _Counted(keys >> 32, keys & 0xFFFFFFFF, times),
        np.fromiter((chunk.id for chunk in chunks), np.int64, len(chunks)),
        lengths,
        np.zeros(len(by_bytes), np.int64),
        _NONE,
    )


def _as_gone(part: _Part) -> _Part:
    """That the chunks of the part are gone."""
    nothing = _Counted(_NONE, _NONE, np.zeros(0, np.uint8))
    length = int(part.lengths.sum(dtype=np.int64))
    none = np.zeros_like(part.held)
    return _Part(part.terms, none, nothing, _NONE, np.zeros(0, np.int32), part.held, part.ids, length)


def _as_part(segment: Bm25Segment) -> _Part:
    return _Part(
        segment.words(),
        segment.held.astype(np.int64),
        segment,
        segment.ids,
        segment.lengths,
        segment.gone.astype(np.int64),
        segment.gone_ids,
        segment.gone_length,
    )


def _merge(parts: Sequence[_Part], folder: Path) -> None:
    """Write the chunks of all parts that no part says are gone as one segment into `folder`."""
    gone_ids = np.unique(np.concatenate([_NONE, *(part.gone_ids for part in parts)]))
    kept = [~np.isin(part.ids, gone_ids) for part in parts]
    dropped = sum(int(part.lengths[~keep].sum(dtype=np.int64)) for part, keep in zip(parts, kept, strict=True))
    ids = np.concatenate([_NONE, *(part.ids[keep] for part, keep in zip(parts, kept, strict=True))])
    order = np.argsort(ids)
    lengths = np.concatenate(
        [np.zeros(0, np.int32), *(part.lengths[keep] for part, keep in zip(parts, kept, strict=True))]
    )[order]
    ordinals = []  # of each part: the new ordinal of every old one, -1 where it is gone
    places = iter(np.split(np.argsort(order), np.cumsum([int(keep.sum()) for keep in kept])))
    for keep in kept:
        mapped = np.full(len(keep), -1, np.int64)
        mapped[keep] = next(places)
        ordinals.append(mapped)
    words, maps = _union([part.terms for part in parts])
    still_gone = np.setdiff1d(gone_ids, np.concatenate([_NONE, *(part.ids for part in parts)]))
    before, gone = np.zeros(len(words), np.int64), np.zeros(len(words), np.int64)
    for part, place in zip(parts, maps, strict=True):
        before[place] += part.held
        gone[place] += part.gone
    average = float(lengths.mean()) if lengths.any() else 1.0
    sizes, held, ceilings, postings = _encode(parts, ordinals, maps, before, norms_of(lengths, average))
    gone = gone - (before - held) if len(still_gone) else np.zeros_like(gone)  # what went in here is forgotten
    used = (held > 0) | (gone > 0)
    words = [word for word, use in zip(words, used.tolist(), strict=True) if use]
    write_segment(
        folder,
        {
            "chunks": len(ids),
            "average": average,
            "gone_length": sum(part.gone_length for part in parts) - dropped if len(still_gone) else 0,
        },
        {
            "ids": ids[order],
            "lengths": lengths,
            "vocabulary": np.frombuffer(b"".join(words), np.uint8),
            "ends": np.cumsum(np.fromiter(map(len, words), np.int64, len(words))).astype(np.uint32),
            "heads": heads_of(words),
            "starts": np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[used])]),
            "held": held[used].astype(np.uint32),
            "ceilings": ceilings[used],
            "gone": gone[used].astype(np.uint32),
            "gone_ids": still_gone,
            **postings,
        },
    )


def _union(vocabularies: list[list[bytes]]) -> tuple[list[bytes], list[NDArray[np.int64]]]:
    """All words sorted, and for each vocabulary the places of its words among them."""
    words = vocabularies[0] if len(vocabularies) == 1 else sorted(set().union(*vocabularies))
    place = dict(zip(words, range(len(words)), strict=True))
    return words, [np.fromiter(map(place.__getitem__, v), np.int64, len(v)) for v in vocabularies]


def _encode(
    parts: Sequence[_Part],
    ordinals: Sequence[NDArray[np.int64]],
    maps: Sequence[NDArray[np.int64]],
    before: NDArray[np.int64],
    norms: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], dict[str, list[NDArray[np.generic]]]]:
    """Of each merged term: postings with steps, chunks that hold it, its largest impact; and the postings in pieces.

    before: of each term, the chunks that held it in the parts, gone or not.
    """
    sizes, held = np.zeros(len(before), np.int64), np.zeros(len(before), np.int64)
    ceilings = np.zeros(len(before), np.float32)
    gaps: list[NDArray[np.generic]] = [np.zeros(0, np.uint16)]
    counts: list[NDArray[np.generic]] = [np.zeros(0, np.uint8)]
    anchors: list[NDArray[np.generic]] = [np.zeros(0, np.int32)]
    written = 0
    for first, last in _ranges(np.concatenate([np.zeros(1, np.int64), np.cumsum(before)])):
        keys, some = zip(
            *(_slice(part, o, m, first, last) for part, o, m in zip(parts, ordinals, maps, strict=True)), strict=True
        )
        key = np.concatenate(keys)
        order = np.argsort(key, kind="stable")  # a few sorted runs, which timsort merges
        chunk, times = key[order] & 0xFFFFFFFF, np.concatenate(some)[order]
        here = np.bincount((key[order] >> 32) - first, minlength=last - first)
        held[first:last] = here
        if len(chunk):
            filled = np.flatnonzero(here)
            starts = np.cumsum(here) - here
            ceilings[first + filled] = np.maximum.reduceat(impacts(times, norms[chunk]), starts[filled])
        gap, shown, size = gaps_of(chunk, times, here)
        sizes[first:last] = size
        anchors.append(anchors_of(gap, np.concatenate([np.zeros(1, np.int64), np.cumsum(size)]), written))
        gaps.append(gap)
        counts.append(shown)
        written += len(gap)
    return sizes, held, ceilings, {"gaps": gaps, "counts": counts, "anchors": anchors}


def _ranges(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of terms that cover all, each of about _POSTINGS_AT_ONCE postings, at least one term."""
    first, last_term = 0, len(starts) - 1
    while first < last_term:
        last = int(np.searchsorted(starts, starts[first] + _POSTINGS_AT_ONCE, side="right")) - 1
        last = min(max(last, first + 1), last_term)
        yield first, last
        first = last


def _slice(
    part: _Part, ordinals: NDArray[np.int64], places: NDArray[np.int64], first: int, last: int
) -> tuple[NDArray[np.int64], Counts]:
    """Of the merged terms first..last-1: key (term << 32 | new ordinal) and count of each kept posting of `part`."""
    low, high = places.searchsorted((first, last))  # ascending, as the terms of the part are
    term, chunk, counts = part.postings.slice(int(low), int(high))
    new = ordinals[chunk] if len(ordinals) else _NONE
    kept = new >= 0
    return places[term[kept]] << 32 | new[kept], counts[kept]
