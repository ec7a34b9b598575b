"""BM25 over an inverted index that lies on disk as plain arrays and is memory-mapped: it opens in milliseconds.

score(q, d) = sum over terms t of q:  idf(t) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length(d) / average length))
idf(t) = ln(1 + (N - n(t) + 0.5) / (n(t) + 0.5))           (Robertson and Zaragoza 2009; Lucene's idf, never negative)

rank-bm25's BM25Okapi is the same sum with an idf that turns negative for a term in more than half of the chunks.
A question reads only the postings of its terms, rarest first, and stops adding candidates when the terms that are left
cannot lift a new chunk into the best k (MaxScore, Turtle and Flood 1995); the result is exact.
"""

from __future__ import annotations

import errno
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.tokenise import TOKENISER_VERSION, terms
from sparewheel.rag.types import Filter, Hit, Passages, Selection

FORMAT = 2
K1 = 1.5  # as rank-bm25; measured on the development questions beside 0.9 and 1.2, 0.4 and 0.5
B = 0.75
_LOOK_UP = 20  # looking one candidate up in a posting list costs as much as reading so many postings
ARRAYS = (
    *("ids", "lengths", "vocabulary", "vocabulary_ends", "vocabulary_heads"),
    *("starts", "chunks", "counts", "impacts", "ceilings"),
)


Found = tuple[NDArray[np.int64], NDArray[np.float32]]  # chunk ids and scores, best first


class Bm25Index:
    """An open index. Safe from several threads: nothing in it changes.

    ids: int64 [N] ascending; postings of term i are chunks[starts[i]:starts[i + 1]] (ordinals into ids, ascending)
    with counts (tf) and impacts (the factor of the score beside the idf); ceilings[i]: its largest impact.
    The vocabulary is one run of bytes, sorted; heads: the first eight bytes of each term as a number.
    """

    def __init__(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        self.ids: NDArray[np.int64] = arrays["ids"]  # type: ignore[assignment]
        self.lengths: NDArray[np.int32] = arrays["lengths"]  # type: ignore[assignment]
        self.vocabulary: NDArray[np.uint8] = arrays["vocabulary"]  # type: ignore[assignment]
        self.vocabulary_ends: NDArray[np.int64] = arrays["vocabulary_ends"]  # type: ignore[assignment]
        self.vocabulary_heads: NDArray[np.uint64] = arrays["vocabulary_heads"]  # type: ignore[assignment]
        self.starts: NDArray[np.int64] = arrays["starts"]  # type: ignore[assignment]
        self.postings: NDArray[np.int32] = arrays["chunks"]  # type: ignore[assignment]
        self.counts: NDArray[np.uint16] = arrays["counts"]  # type: ignore[assignment]
        self.impacts: NDArray[np.float32] = arrays["impacts"]  # type: ignore[assignment]
        self.ceilings: NDArray[np.float32] = arrays["ceilings"]  # type: ignore[assignment]

    @classmethod
    def open(cls, folder: Path) -> Bm25Index:
        """The index in `folder`. Raises StoreError when it is missing, broken or made by another tokeniser."""
        try:
            meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            made = (meta["format"], meta["tokeniser"])
            if made == (FORMAT, TOKENISER_VERSION):
                return cls({name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in ARRAYS})
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

    def search(self, query: str, k: int, allowed: Selection | None = None) -> Found:
        """Chunk ids and scores of the best k, best first, ties by id; only chunks that hold a term of the query.

        allowed: what may be found; None: all.
        """
        found = self._query_terms(query)
        mask = None if allowed is None else allowed.places(self.ids)
        ordinals, scores = self._best(found, k, mask)
        return self.ids[ordinals], scores

    def has(self, term: str) -> bool:
        """Whether a chunk holds the term (as `tokenise.terms` gives it)."""
        return self._find([term.encode()])[0] >= 0

    def beginning_with(self, letters: str, most: int) -> list[str]:
        """The terms that begin so, in order; at most `most`."""
        first = self._find_place(letters.encode())
        found = []
        for place in range(first, min(first + most, len(self.vocabulary_ends))):
            term = self._word(place).decode("utf-8", "replace")
            if not term.startswith(letters):
                break
            found.append(term)
        return found

    def _word(self, place: int) -> bytes:
        start = int(self.vocabulary_ends[place - 1]) if place else 0
        return self.vocabulary[start : int(self.vocabulary_ends[place])].tobytes()

    def _find_place(self, word: bytes) -> int:
        """Where in the sorted vocabulary the word is or would be."""
        return bisect_left(range(len(self.vocabulary_ends)), word, key=self._word)

    def _query_terms(self, query: str) -> list[tuple[int, float]]:
        """(term, weight) of the terms that are in the index, rarest first; weight: idf times count in the query."""
        wanted = Counter(term.encode() for term in terms(query))
        places = self._find(list(wanted))
        known = [(place, number) for place, number in zip(places, wanted.values(), strict=True) if place >= 0]
        frequency = {place: int(self.starts[place + 1] - self.starts[place]) for place, _ in known}
        known.sort(key=lambda entry: (frequency[entry[0]], entry[0]))
        return [(i, n * float(np.log1p((len(self) - frequency[i] + 0.5) / (frequency[i] + 0.5)))) for i, n in known]

    def _find(self, words: list[bytes]) -> list[int]:
        """Index of each word in the sorted vocabulary, -1 for one that is not in."""
        ends, text, wanted = self.vocabulary_ends, self.vocabulary, heads(words)

        def word(index: int) -> bytes:
            return text[int(ends[index - 1]) if index else 0 : int(ends[index])].tobytes()

        found = []
        first, last = self.vocabulary_heads.searchsorted(wanted), self.vocabulary_heads.searchsorted(wanted, "right")
        for name, low, high in zip(words, first.tolist(), last.tolist(), strict=True):
            place = low if high - low < 2 else bisect_left(range(high), name, lo=low, key=word)
            found.append(place if place < high and word(place) == name else -1)
        return found

    def _best(
        self, query: list[tuple[int, float]], k: int, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        scores = np.zeros(len(self), np.float32)
        ranges = [(int(self.starts[term]), int(self.starts[term + 1])) for term, _ in query]
        to_read = list(accumulate(high - low for low, high in reversed(ranges)))[::-1]  # postings from a term on
        to_gain = list(accumulate(weight * float(self.ceilings[term]) for term, weight in reversed(query)))[::-1]
        for done, (low, high) in enumerate(ranges):
            unread = to_read[done]
            left = to_gain[done] * 1.00001  # rounding must not cost a chunk its place
            if high - low > len(self) // 32 and unread > len(self) and scores.max() > left:  # else not worth trying
                allowed = _only(scores, mask)
                if (worst := _kth(allowed, k, left)) > left:
                    candidates = np.flatnonzero(allowed >= worst - left)
                    if len(candidates) * (len(query) - done) * _LOOK_UP < unread:
                        return _top(candidates, self._finish(candidates, scores[candidates], query[done:]), k)
            np.add.at(scores, self.postings[low:high], self.impacts[low:high] * np.float32(query[done][1]))
        allowed = _only(scores, mask)
        worst = _kth(allowed, k, 0)
        candidates = np.flatnonzero(allowed >= worst if worst else allowed)
        return _top(candidates, scores[candidates], k)

    def _finish(
        self, candidates: NDArray[np.intp], scores: NDArray[np.float32], query: list[tuple[int, float]]
    ) -> NDArray[np.float32]:
        """The scores of `candidates` with the frequent terms `query` added, looked up instead of read through."""
        wanted = candidates.astype(np.int32)
        for term, weight in query:
            low, high = int(self.starts[term]), int(self.starts[term + 1])
            chunks = self.postings[low:high]
            place = np.minimum(chunks.searchsorted(wanted), high - low - 1)
            has = np.flatnonzero(chunks[place] == wanted)
            scores[has] += self.impacts[low:high][place[has]] * np.float32(weight)
        return scores


def heads(words: Sequence[bytes]) -> NDArray[np.uint64]:
    """uint64: the first eight bytes of each word, in the order of the words' bytes."""
    return np.frombuffer(b"".join(word[:8].ljust(8, b"\0") for word in words), ">u8").astype(np.uint64)


def impacts(counts: NDArray[np.uint16], lengths: NDArray[np.int32], average: float) -> NDArray[np.float32]:
    """tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average)), elementwise."""
    tf = counts.astype(np.float32)
    return tf * np.float32(K1 + 1) / (tf + (K1 * (1 - B + B * lengths / average)).astype(np.float32))


def _only(scores: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    return scores if mask is None else np.where(mask, scores, np.float32(0))


def _kth(scores: NDArray[np.float32], k: int, floor: float) -> float:
    """The k-th largest score, 0 when fewer are above the floor."""
    above = scores[scores > floor]  # also spares the selection long runs of zeros, on which it is slow
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
