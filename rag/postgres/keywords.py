"""BM25 over posting lists in the database: the same formula and terms as the folder's index (`rag.retrieve.bm25`).

The lists of a question's terms are read in one query and scored here, with numpy. What a segment holds never changes,
so the lists of frequent terms stay in memory. The statistics are exact: chunks, their average length and the number of
chunks with a term are those of the snapshot, without what was removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.postgres.postings import in_ranges, unpack
from sparewheel.rag.postgres.snapshot import PostgresSnapshot
from sparewheel.rag.retrieve.bm25 import Found, as_hits
from sparewheel.rag.retrieve.bm25_segment import K1, B
from sparewheel.rag.retrieve.tokenise import terms
from sparewheel.rag.types import Filter, Hit, Passages

_LOOK_UP = 20  # looking one candidate up in a posting list costs as much as reading so many postings


@dataclass
class _Term:
    """A term of the question. weight: idf times count in the question; df: chunks of the snapshot that hold it."""

    weight: float
    df: int
    lists: list[tuple[NDArray[Any], NDArray[Any]]]  # of each part: ordinals and counts, removed ones too


class PostgresKeywords:
    """The search by words of one snapshot. Safe to share between threads."""

    name = "bm25"

    def __init__(self, snapshot: PostgresSnapshot) -> None:
        self.passages: Passages = snapshot
        self.index = self
        self._snapshot = snapshot
        self._parts = snapshot.parts
        firsts, sizes = snapshot.dead
        self._gone = [in_ranges(part.ids, firsts, sizes) for part in self._parts] if len(firsts) else []
        self._gone = [gone if gone.any() else np.zeros(0, np.bool_) for gone in self._gone]
        average = snapshot.head.terms / snapshot.head.chunks if snapshot.head.chunks and snapshot.head.terms else 1.0
        self._norms = [(K1 * (1 - B + B * part.lengths / average)).astype(np.float32) for part in self._parts]

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """As hits; none when no term of the query is known."""
        return as_hits(self.passages, self.find(query, k, filter), self.name)

    def find(self, query: str, k: int, filter: Filter | None = None) -> Found:
        """Ids and scores of the best k chunks that hold a term of the query and satisfy the filter, ties by id."""
        chosen = self._snapshot.selected(filter) if filter else None
        masks = None if chosen is None else [chosen.places(part.ids) for part in self._parts]
        asked = Counter(terms(query))
        if not asked or not self._parts:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return self._best(self._terms(asked), k, masks)

    def has(self, term: str) -> bool:
        """Whether a chunk holds the term (as `tokenise.terms` gives it)."""
        return any(term.df for term in self._terms(Counter([term])))

    def beginning_with(self, letters: str, most: int) -> list[str]:
        """The terms that begin so, in order; at most `most`."""
        above = letters[:-1] + chr(min(ord(letters[-1]) + 1, 0x10FFFF)) if letters else chr(0x10FFFF)
        table, numbers = self._snapshot.table("postings"), [part.number for part in self._parts]
        found = self._snapshot.read(
            lambda rows: rows.execute(
                f"SELECT DISTINCT term FROM {table} WHERE segment = ANY(%s) AND term >= %s AND term < %s"
                " ORDER BY term LIMIT %s",
                (numbers, letters, above, most),
            ).fetchall()
        )
        return [term for (term,) in found]

    def _terms(self, asked: Counter[str]) -> list[_Term]:
        """The terms that the snapshot holds, rarest first."""
        lists = self._read(list(asked))
        total = self._snapshot.head.chunks
        found = []
        for word in sorted(asked, key=str.encode):
            arrays, df = [], 0
            for number, part in enumerate(self._parts):
                ordinals, counts = unpack(lists[part.number, word])
                df += len(ordinals)
                if self._gone and len(self._gone[number]):
                    df -= int(self._gone[number][ordinals].sum())
                arrays.append((ordinals, counts))
            if df:
                weight = asked[word] * float(np.log1p((total - df + 0.5) / (df + 0.5)))
                found.append(_Term(weight, df, arrays))
        return sorted(found, key=lambda term: term.df)

    def _read(self, words: Sequence[str]) -> dict[tuple[int, str], bytes]:
        """The lists of the words in every part, those not in memory from the database; b"" for none."""
        corpus, numbers = self._snapshot.head.number, [part.number for part in self._parts]
        kept = self._snapshot.lists
        found = kept.get(corpus, numbers, words)
        missing = {(number, word) for number in numbers for word in words} - found.keys()
        if missing:
            table = self._snapshot.table("postings")
            which = list({number for number, _ in missing}), list({word for _, word in missing})
            rows = self._snapshot.read(
                lambda rows: rows.execute(
                    f"SELECT segment, term, data FROM {table} WHERE segment = ANY(%s) AND term = ANY(%s)",
                    which,
                    binary=True,
                ).fetchall()
            )
            read = dict.fromkeys(missing, b"") | {(segment, term): data for segment, term, data in rows}
            kept.put(corpus, read)
            found |= read
        return found

    def _best(self, query: list[_Term], k: int, masks: Sequence[NDArray[np.bool_]] | None) -> Found:
        scores = [np.zeros(len(part.ids), np.float32) for part in self._parts]
        total = sum(len(part.ids) for part in self._parts)
        for done, term in enumerate(query):
            unread = sum(len(ordinals) for one in query[done:] for ordinals, _ in one.lists)
            left = sum(one.weight for one in query[done:]) * (K1 + 1) * 1.00001  # no impact reaches k1 + 1
            if term.df > total // 32 and unread > total and max(float(s.max(initial=0)) for s in scores) > left:
                worst = _kth([self._allowed(s, n, masks) for n, s in enumerate(scores)], k, left)
                if worst > left:
                    places = [np.flatnonzero(self._allowed(s, n, masks) >= worst - left) for n, s in enumerate(scores)]
                    if sum(map(len, places)) * (len(query) - done) * _LOOK_UP < unread:
                        found = [self._finish(n, some, scores[n][some], query[done:]) for n, some in enumerate(places)]
                        return self._top(places, found, k)
            for number, (ordinals, counts) in enumerate(term.lists):
                if len(ordinals):
                    places_of = ordinals.astype(np.intp)
                    scores[number][places_of] += self._impacts(number, places_of, counts) * np.float32(term.weight)
        allowed = [self._allowed(s, n, masks) for n, s in enumerate(scores)]
        worst = _kth(allowed, k, 0.0)
        places = [np.flatnonzero(s >= worst if worst else s) for s in allowed]
        return self._top(places, [s[some] for s, some in zip(allowed, places, strict=True)], k)

    def _impacts(self, number: int, ordinals: NDArray[np.intp], counts: NDArray[Any]) -> NDArray[np.float32]:
        """tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average)), elementwise."""
        tf = counts.astype(np.float32)
        impacts: NDArray[np.float32] = tf * np.float32(K1 + 1) / (tf + self._norms[number][ordinals])
        return impacts

    def _finish(
        self, number: int, places: NDArray[np.intp], scores: NDArray[np.float32], query: list[_Term]
    ) -> NDArray[np.float32]:
        """The scores of the places with the frequent terms `query` added, looked up instead of read through."""
        for term in query:
            ordinals, counts = term.lists[number]
            if not len(ordinals) or not len(places):
                continue
            at = np.minimum(ordinals.searchsorted(places.astype(ordinals.dtype)), len(ordinals) - 1)
            has = np.flatnonzero(ordinals[at] == places)
            impacts = self._impacts(number, places[has], counts[at[has]])
            scores[has] += impacts * np.float32(term.weight)
        return scores

    def _allowed(
        self, scores: NDArray[np.float32], number: int, masks: Sequence[NDArray[np.bool_]] | None
    ) -> NDArray[np.float32]:
        """The scores, 0 for what was removed and what the filter leaves out."""
        if masks is not None:
            scores = np.where(masks[number], scores, np.float32(0))
        if self._gone and len(self._gone[number]):
            scores = np.where(self._gone[number], np.float32(0), scores)
        return scores

    def _top(self, places: list[NDArray[np.intp]], scores: list[NDArray[np.float32]], k: int) -> Found:
        """The best k of all parts, best first, ties by id."""
        ids = np.concatenate([part.ids[some] for part, some in zip(self._parts, places, strict=True)])
        found = np.concatenate(scores)
        order = np.lexsort((ids, -found))[:k]
        return ids[order], found[order]


def _kth(scores: Sequence[NDArray[np.float32]], k: int, floor: float) -> float:
    """The k-th largest score, 0 when fewer are above the floor."""
    above = np.concatenate([some[some > floor] for some in scores])
    return float(np.partition(above, len(above) - k)[len(above) - k]) if len(above) >= k else 0.0
