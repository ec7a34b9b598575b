"""BM25 over an inverted index that lies on disk in segments and is memory-mapped: it opens in milliseconds.

score(q, d) = sum over terms t of q:  idf(t) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length(d) / average length))
idf(t) = ln(1 + (N - n(t) + 0.5) / (n(t) + 0.5))           (Robertson and Zaragoza 2009; Lucene's idf, never negative)

N, n(t) and the average length are of all segments without what is gone: a corpus ranks the same however it came to be.
rank-bm25's BM25Okapi is the same sum with an idf that turns negative for a term in more than half of the chunks.
A question reads only the postings of its terms, rarest first, and stops adding candidates when the terms that are left
cannot lift a new chunk into the best k (MaxScore, Turtle and Flood 1995); the result is exact.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.retrieve.bm25_segment import (
    Bm25Segment,
    Counts,
    Ordinals,
    heads_of,
    impacts,
    look_up,
    norms_of,
)
from sparewheel.rag.retrieve.tokenise import terms
from sparewheel.rag.types import Filter, Hit, Passages, Selection

_LOOK_UP = 20  # looking one candidate up in a posting list costs as much as reading so many postings

WORDS_KEPT = 2048  # whose places are remembered

Found = tuple[NDArray[np.int64], NDArray[np.float32]]  # chunk ids and scores, best first


@dataclass(frozen=True)
class _Word:
    """Where the chunks that hold a word are told. Kept: questions share many of their words.

    large: (segment, place in its vocabulary); small: chunks and counts in all segments that are decoded.
    """

    large: tuple[tuple[int, int], ...]
    small: tuple[Ordinals, Counts]
    chunks: int  # that hold it
    postings: int  # to be read
    ceiling: float  # its largest impact, or a little more


@dataclass(frozen=True)
class _Term:
    """A word of the query that the index holds. weight: idf times count in the query."""

    word: _Word
    weight: float


class Bm25Index:
    """An open index. Safe from several threads: nothing in it changes.

    Chunks are counted through all segments, also those that are gone: ordinals.
    """

    def __init__(self, segments: Sequence[Bm25Segment]) -> None:
        self.segments = segments
        self._offsets = [0, *accumulate(len(segment) for segment in segments)]
        ids = [segment.ids for segment in segments]
        self._every: NDArray[np.int64] = ids[0] if len(ids) == 1 else np.concatenate([np.zeros(0, np.int64), *ids])
        gone = [segment.gone_ids for segment in segments if len(segment.gone_ids)]
        dead = np.isin(self._every, np.concatenate(gone)) if gone else np.zeros(0, np.bool_)
        self._gone: Ordinals = np.flatnonzero(dead)
        self._chunks = len(self._every) - sum(map(len, gone))
        lengths = [segment.lengths for segment in segments]
        held = sum(int(some.sum(dtype=np.int64)) for some in lengths) - sum(each.gone_length for each in segments)
        self._average = held / self._chunks if held and self._chunks else 1.0
        self._norms = norms_of(np.concatenate([np.zeros(0, np.int32), *lengths]), self._average)
        found = functools.partial(_find, segments, self._offsets, self._average)  # no method: that were a circle
        self._word = functools.lru_cache(maxsize=WORDS_KEPT)(found)

    @classmethod
    def open(cls, *folders: Path) -> Bm25Index:
        """The index whose segments lie in `folders`, the oldest first. Raises StoreError when one is missing, broken or
        made by another tokeniser."""
        return cls([Bm25Segment.open(folder) for folder in folders])

    def __len__(self) -> int:
        return self._chunks

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """int64 [len(self)] ascending: the chunks that can be found."""
        return np.delete(self._every, self._gone)

    def search(self, query: str, k: int, allowed: Selection | None = None) -> Found:
        """Chunk ids and scores of the best k, best first, ties by id; only chunks that hold a term of the query.

        allowed: what may be found; None: all.
        """
        mask = None if allowed is None else allowed.places(self._every)
        ordinals, scores = self._best(self._query_terms(query), k, mask)
        return self._every[ordinals], scores

    def has(self, term: str) -> bool:
        """Whether a chunk holds the term (as `tokenise.terms` gives it)."""
        return self._word(term.encode()) is not None

    def beginning_with(self, letters: str, most: int) -> list[str]:
        """The terms that begin so, in order; at most `most`."""
        held: Counter[bytes] = Counter()
        for segment in self.segments:
            first = segment.place(letters.encode())
            for place in range(first, min(first + most, len(segment.ends))):
                word = segment.word(place)
                if not word.startswith(letters.encode()):
                    break
                held[word] += int(segment.held[place]) - int(segment.gone[place])
        return [word.decode("utf-8", "replace") for word in sorted(word for word, n in held.items() if n > 0)[:most]]

    def _query_terms(self, query: str) -> list[_Term]:
        """The terms that are in the index, rarest first."""
        return self._terms(Counter(term.encode() for term in terms(query)))

    def _terms(self, wanted: dict[bytes, int]) -> list[_Term]:
        found = []
        for word, times in wanted.items():
            if (known := self._word(word)) is not None:
                idf = float(np.log1p((len(self) - known.chunks + 0.5) / (known.chunks + 0.5)))
                found.append((known.chunks, word, _Term(known, times * idf)))
        return [term for _, _, term in sorted(found, key=lambda entry: entry[:2])]

    def _best(
        self, query: list[_Term], k: int, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        size = len(self._every)
        scores = np.zeros(size, np.float32)
        to_read = list(accumulate(term.word.postings for term in reversed(query)))[::-1]  # postings from a term on
        to_gain = list(accumulate(term.weight * term.word.ceiling for term in reversed(query)))[::-1]
        for done, term in enumerate(query):
            unread = to_read[done]
            left = to_gain[done] * 1.00001  # rounding must not cost a chunk its place
            if term.word.postings > size // 32 and unread > size and scores.max() > left:  # else not worth trying
                allowed = self._only(scores, mask)
                if (worst := _kth(allowed, k, left)) > left:
                    candidates = np.flatnonzero(allowed >= worst - left)
                    if len(candidates) * (len(query) - done) * _LOOK_UP < unread:
                        return _top(candidates, self._finish(candidates, scores[candidates], query[done:]), k)
            self._add(scores, term)
        allowed = self._only(scores, mask)
        worst = _kth(allowed, k, 0)
        candidates = np.flatnonzero(allowed >= worst if worst else allowed)
        return _top(candidates, scores[candidates], k)

    def _only(self, scores: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
        """The scores, 0 for what is gone (of `scores`, too) and what is not in the mask."""
        scores[self._gone] = 0
        return scores if mask is None else scores * mask

    def _add(self, scores: NDArray[np.float32], term: _Term) -> None:
        """The term's part of every score."""
        lists = [term.word.small]
        for segment, place in term.word.large:
            chunks, counts = self.segments[segment].postings(place)
            lists.append((chunks + self._offsets[segment] if segment else chunks, counts))
        for chunks, counts in lists:
            if len(chunks):
                np.add.at(scores, chunks, impacts(counts, self._norms.take(chunks), term.weight))

    def _finish(
        self, candidates: NDArray[np.intp], scores: NDArray[np.float32], query: list[_Term]
    ) -> NDArray[np.float32]:
        """The scores of `candidates` with the frequent terms `query` added, looked up instead of read through."""
        bounds = candidates.searchsorted(self._offsets)
        norms = self._norms[candidates]
        for term in query:
            counts = look_up(*term.word.small, candidates)
            for segment, place in term.word.large:
                part = slice(int(bounds[segment]), int(bounds[segment + 1]))
                if part.start < part.stop:
                    wanted = candidates[part] - self._offsets[segment]
                    counts[part] = self.segments[segment].look_up(place, wanted)
            scores += impacts(counts, norms, term.weight)
        return scores


def _find(segments: Sequence[Bm25Segment], offsets: Sequence[int], average: float, word: bytes) -> _Word | None:
    """What the segments tell of a word; None where no chunk holds it."""
    head = heads_of([word])
    large, chunks, counts = [], [np.zeros(0, np.intp)], [np.zeros(0, np.uint8)]
    held = postings = 0
    ceiling = 0.0
    for number, segment in enumerate(segments):
        (place,) = segment.find([word], head)
        if place < 0:
            continue
        held += int(segment.held[place]) - int(segment.gone[place])
        postings += segment.size(place)
        ceiling = max(ceiling, float(segment.ceilings[place]) * max(1.0, average / segment.average))
        if segment.small:
            some, times = segment.postings(place)
            chunks.append(some + offsets[number])
            counts.append(times)
        else:
            large.append((number, place))
    if held <= 0:
        return None
    return _Word(tuple(large), (np.concatenate(chunks), np.concatenate(counts)), held, postings, ceiling)


def _kth(scores: NDArray[np.float32], k: int, floor: float) -> float:
    """The k-th largest score, 0 when fewer are above the floor."""
    above = scores.take(np.flatnonzero(scores > floor))  # ten times as fast as with a mask; selection is slow on zeros
    return float(np.partition(above, len(above) - k)[len(above) - k]) if len(above) >= k else 0.0


def _top(
    candidates: NDArray[np.intp], scores: NDArray[np.float32], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The best k, best first, ties by ordinal (which is by id)."""
    order = np.lexsort((candidates, -scores))[:k]
    return candidates[order], scores[order]


class Bm25Search:
    """The index as a retriever over the passages of a snapshot."""

    name = "bm25"

    def __init__(self, index: Bm25Index, passages: Passages) -> None:
        self.index = index
        self.passages = passages

    def find(self, query: str, k: int, filter: Filter | None = None) -> Found:
        """Ids and scores of the best k chunks that hold a term of the query and satisfy the filter."""
        return self.index.search(query, k, self.passages.selected(filter) if filter else None)

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """As hits; none when no term of the query is known."""
        return as_hits(self.passages, self.find(query, k, filter), self.name)


def as_hits(passages: Passages, found: Found, ranker: str) -> list[Hit]:
    """Hits in the order found, their score also under `ranker` in `scores`."""
    ids, scores = found
    chunks = passages.chunks(ids.tolist())
    return [
        Hit(chunk, score, rank, ranker, {ranker: score})
        for rank, (chunk, score) in enumerate(zip(chunks, scores.tolist(), strict=True), start=1)
    ]
