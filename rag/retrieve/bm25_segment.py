"""One segment of the keyword index: postings of some chunks, and how often the words stood in chunks that are gone.

A posting is a gap (uint16: how far its chunk is from the one before it in the term's list) and a count (uint8): three
bytes. A gap that is wider takes postings of count 0, which add nothing to any score, as steps on the way. Of every
_BLOCK-th posting the chunk is kept (anchors), so that one chunk is looked up without reading the list.
What depends on the other segments, the impact of a count, is not stored: it is worked out from count and length.
"""

from __future__ import annotations

import errno
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.arrays import open_arrays, write_arrays
from sparewheel.rag.retrieve.tokenise import TOKENISER_VERSION

FORMAT = 4
VERSION = f"tokeniser {TOKENISER_VERSION}, format {FORMAT}"  # of an index, as the manifest has it
NAME = "index.arrays"
K1 = 1.5  # as rank-bm25; measured on the development questions beside 0.9 and 1.2, 0.4 and 0.5
B = 0.75
WIDEST = 0xFFFF  # gap
MOST_COUNTED = 0xFF  # of a word in a chunk
_BLOCK = 32
_BLOCKWISE = 6 * _BLOCK  # looking one chunk up by its block costs as much as decoding so many postings
_DECODED = 500_000  # a segment of so many postings at most is decoded once, when it is first asked
_SMALL = 2_000_000  # of a segment of so many postings at most, the list of a word is kept with those of its like

Ordinals = NDArray[np.intp]  # places of chunks in a segment's `ids`
Counts = NDArray[np.uint8]


class Bm25Segment:
    """An open segment. Safe from several threads.

    ids: int64 [n] ascending, of its chunks; lengths: int32 [n], in terms. The vocabulary is one run of bytes, sorted;
    heads: the first eight bytes of each term as a number. Postings of term i: starts[i]:starts[i + 1]. Of term i,
    held[i] chunks of this segment have it, ceilings[i] is its largest impact where chunks are `average` long, and
    gone[i] chunks of earlier segments had it that are gone. gone_ids: int64 [g] ascending, these chunks.
    """

    def __init__(self, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.ids: NDArray[np.int64] = arrays["ids"]
        self.lengths: NDArray[np.int32] = arrays["lengths"]
        self.vocabulary: NDArray[np.uint8] = arrays["vocabulary"]
        self.ends: NDArray[np.uint32] = arrays["ends"]
        self.heads: NDArray[np.uint64] = arrays["heads"]
        self.starts: NDArray[np.int64] = arrays["starts"]
        self.held: NDArray[np.uint32] = arrays["held"]
        self.ceilings: NDArray[np.float32] = arrays["ceilings"]
        self.gone: NDArray[np.uint32] = arrays["gone"]
        self.gaps: NDArray[np.uint16] = arrays["gaps"]
        self.counts: Counts = arrays["counts"]
        self.anchors: NDArray[np.int32] = arrays["anchors"]
        self.gone_ids: NDArray[np.int64] = arrays["gone_ids"]
        self.gone_length = int(meta["gone_length"])  # terms of the chunks that are gone
        self.average = float(meta["average"])

    @classmethod
    def open(cls, folder: Path) -> Bm25Segment:
        """The segment in `folder`. Raises StoreError when it is missing, broken or made by another tokeniser."""
        try:
            meta, arrays = open_arrays(folder / NAME)
            made = (meta["format"], meta["tokeniser"])
            if made == (FORMAT, TOKENISER_VERSION):
                return cls(meta, arrays)
        except (OSError, ValueError, KeyError, TypeError) as error:
            if getattr(error, "errno", None) in (errno.EMFILE, errno.ENFILE):
                raise  # the index is whole: this process may not open more files
            raise StoreError(
                f"keyword index {str(folder)!r} cannot be read ({error}); run `sparewheel reindex`"
            ) from error
        raise StoreError(
            f"keyword index {str(folder)!r} was built with format {made[0]}, tokeniser {made[1]}, "
            f"this program has {FORMAT}, {TOKENISER_VERSION}; run `sparewheel reindex`"
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def small(self) -> bool:
        """Whether the lists of its words may be kept in memory once they were asked."""
        return len(self.gaps) <= _SMALL

    @property
    def _is_decoded(self) -> bool:
        return len(self.gaps) <= _DECODED

    def word(self, place: int) -> bytes:
        """The term at a place of the vocabulary."""
        start = int(self.ends[place - 1]) if place else 0
        return self.vocabulary[start : int(self.ends[place])].tobytes()

    def words(self) -> list[bytes]:
        """All terms."""
        blob, ends = self.vocabulary.tobytes(), self.ends.tolist()
        return [blob[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]

    def place(self, word: bytes) -> int:
        """Where in the sorted vocabulary the word is or would be."""
        return bisect_left(range(len(self.ends)), word, key=self.word)

    def find(self, words: Sequence[bytes], wanted: NDArray[np.uint64]) -> list[int]:
        """Place of each word, -1 for one that is not in. wanted: `heads_of(words)`."""
        found = []
        first, last = self.heads.searchsorted(wanted), self.heads.searchsorted(wanted, "right")
        for name, low, high in zip(words, first.tolist(), last.tolist(), strict=True):
            place = low if high - low < 2 else bisect_left(range(high), name, lo=low, key=self.word)
            found.append(place if place < high and self.word(place) == name else -1)
        return found

    def size(self, place: int) -> int:
        """How many postings are read for the term, steps included."""
        return int(self.starts[place + 1] - self.starts[place])

    def postings(self, place: int) -> tuple[Ordinals, Counts]:
        """Chunks and counts of the term at `place`, by chunk; a count of 0 is no posting."""
        low, high = int(self.starts[place]), int(self.starts[place + 1])
        if self._is_decoded:
            return self._decoded[low:high], self.counts[low:high]
        ordinals = np.cumsum(self.gaps[low:high], dtype=np.intp)
        ordinals -= 1
        return ordinals, self.counts[low:high]

    def slice(self, first: int, last: int) -> tuple[NDArray[np.int64], Ordinals, Counts]:
        """Of the terms first..last-1: (term of each posting, its chunk, its count), without steps."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        starts = self.starts[first : last + 1] - begin
        real = self.counts[begin:end] > 0
        terms = np.repeat(np.arange(first, last), np.diff(starts))
        return terms[real], ordinals_of(self.gaps[begin:end], starts)[real], self.counts[begin:end][real]

    def look_up(self, place: int, wanted: Ordinals) -> Counts:
        """The count of the term at `place` in each of the chunks `wanted`, 0 where it is not in."""
        low, high = int(self.starts[place]), int(self.starts[place + 1])
        if high == low:
            return np.zeros(len(wanted), np.uint8)
        if self._is_decoded or len(wanted) * _BLOCKWISE > high - low:
            return look_up(*self.postings(place), wanted)
        block = low // _BLOCK
        before = self.anchors[block : (high - 1) // _BLOCK + 1].astype(np.intp)  # the chunk before each block
        before[0] = -1
        which = before.searchsorted(wanted) - 1
        position = ((block + which) * _BLOCK)[:, None] + np.arange(_BLOCK)
        inside = (position >= low) & (position < high)
        position = np.minimum(position, len(self.gaps) - 1)
        chunks = np.cumsum(np.where(inside, self.gaps[position], 0), axis=1, dtype=np.intp) + before[which][:, None]
        found: Counts = np.where(inside & (chunks == wanted[:, None]), self.counts[position], np.uint8(0)).max(axis=1)
        return found

    @cached_property
    def _decoded(self) -> Ordinals:
        return ordinals_of(self.gaps, self.starts)


def look_up(chunks: Ordinals, counts: Counts, wanted: Ordinals) -> Counts:
    """The count of each of the chunks `wanted` in a list, 0 where it is not in."""
    if not len(chunks):
        return np.zeros(len(wanted), np.uint8)
    at = np.minimum(chunks.searchsorted(wanted), len(chunks) - 1)
    return np.where(chunks[at] == wanted, counts[at], np.uint8(0))


def heads_of(words: Sequence[bytes]) -> NDArray[np.uint64]:
    """uint64: the first eight bytes of each word, in the order of the words' bytes."""
    return np.frombuffer(b"".join(word[:8].ljust(8, b"\0") for word in words), ">u8").astype(np.uint64)


def impacts(counts: Counts, norms: NDArray[np.float32], weight: float = 1.0) -> NDArray[np.float32]:
    """weight * tf * (k1 + 1) / (tf + norm): the part of the score, with the idf as weight. norms: of the chunks, from
    `norms_of`."""
    tf = counts.astype(np.float32)
    below = norms + tf
    tf *= np.float32((K1 + 1) * weight)
    tf /= below
    return tf


def norms_of(lengths: NDArray[np.int32], average: float) -> NDArray[np.float32]:
    """k1 * (1 - b + b * length / average), elementwise."""
    return (K1 * (1 - B + B * lengths / average)).astype(np.float32)


def ordinals_of(gaps: NDArray[np.uint16], starts: NDArray[np.int64]) -> Ordinals:
    """The chunk of each posting, steps included; term i at starts[i]:starts[i + 1]."""
    reached = np.cumsum(gaps, dtype=np.int64)
    before = np.concatenate([np.zeros(1, np.int64), reached])[starts[:-1]]
    ordinals: Ordinals = reached - np.repeat(before, np.diff(starts)) - 1
    return ordinals


def gaps_of(
    chunks: NDArray[np.int64], counts: Counts, sizes: NDArray[np.int64]
) -> tuple[NDArray[np.uint16], Counts, NDArray[np.int64]]:
    """(gaps, counts, postings of each term) with the steps put in. sizes: how many of `chunks` each term has."""
    first = np.cumsum(sizes) - sizes
    gaps = np.diff(chunks, prepend=-1)
    gaps[first[sizes > 0]] = chunks[first[sizes > 0]] + 1
    steps = (gaps - 1) // WIDEST
    if not steps.any():
        return gaps.astype(np.uint16), counts, sizes
    real = np.cumsum(1 + steps) - 1
    wide, shown = np.full(int(real[-1]) + 1, WIDEST, np.uint16), np.zeros(int(real[-1]) + 1, np.uint8)
    wide[real], shown[real] = gaps - steps * WIDEST, counts
    through = np.concatenate([np.zeros(1, np.int64), real + 1])
    return wide, shown, through[first + sizes] - through[first]


def anchors_of(gaps: NDArray[np.uint16], starts: NDArray[np.int64], begin: int) -> NDArray[np.int32]:
    """For each block of postings that begins in this run of terms, the chunk before it, -1 where a term begins with it.
    begin: postings before the run."""
    places = np.arange(-begin % _BLOCK, len(gaps), _BLOCK)
    chunks = np.concatenate([np.full(1, -1), ordinals_of(gaps, starts)])[places].astype(np.int32)
    chunks[np.isin(places, starts[:-1])] = -1
    return chunks


def write_segment(folder: Path, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
    """As `Bm25Segment.open` reads it."""
    known = {"format": FORMAT, "tokeniser": TOKENISER_VERSION, "k1": K1, "b": B}
    write_arrays(folder / NAME, {**known, **meta}, arrays)
