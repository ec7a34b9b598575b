"""Nearest passages by embedding: 16-bit vectors in pgvector, compared one by one while they are few, else by HNSW.

A filter that keeps little is answered from its documents alone; one that keeps much goes along in the search, which
goes on until enough is found (iterative scan).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError
from sparewheel.rag.postgres.snapshot import PostgresSnapshot
from sparewheel.rag.retrieve.bm25 import Found, as_hits
from sparewheel.rag.types import Embedder, Filter, Hit, Passages

EXACT_UP_TO = 20_000  # vectors compared one by one
MOST_OF = 0.5  # of the chunks: a filter that keeps more of them goes along in the search


def vectors(snapshot: PostgresSnapshot, ids: Sequence[int]) -> NDArray[np.float16]:
    """float16 [len(ids), dimension]: the vectors of these chunks. Raises StoreError for one that has none."""
    table = snapshot.table("vectors")
    found: dict[int, Any] = dict(
        snapshot.read(
            lambda rows: rows.execute(
                f"SELECT chunk, embedding FROM {table} WHERE chunk = ANY(%s)", (list(ids),), binary=True
            ).fetchall()
        )
    )
    if missing := [id for id in ids if id not in found]:
        raise StoreError(f"passage {missing[0]} of {snapshot.head.name!r} has no vector; run `sparewheel reindex`")
    return np.array([found[id].to_numpy() for id in ids], np.float16).reshape(len(ids), -1)


def together(firsts: NDArray[np.int64], sizes: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """Ranges that follow each other as one: (first, one beyond the last) of each. firsts ascending."""
    ends = firsts + sizes
    begins = np.concatenate([[True], firsts[1:] != ends[:-1]])
    return firsts[begins].tolist(), ends[np.concatenate([begins[1:], [True]])].tolist()


class PostgresNearest:
    """The dense search of one snapshot. Raises StoreError when its vectors are another embedder's."""

    name = "dense"

    def __init__(self, snapshot: PostgresSnapshot, embedder: Embedder) -> None:
        if snapshot.head.embedder != embedder.name:
            raise StoreError(
                f"the dense index was built with {snapshot.head.embedder!r}, the setting asks for {embedder.name!r}; "
                "run `sparewheel reindex`, or set retrieve.embedding back"
            )
        self.passages: Passages = snapshot
        self.embedder = embedder
        self._snapshot = snapshot

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """As hits."""
        return as_hits(self.passages, self.find(query, k, filter), self.name)

    def find(self, query: str, k: int, filter: Filter | None = None) -> Found:
        """Ids and cosines of the k chunks nearest to the query that satisfy the filter, ties by id."""
        from pgvector import HalfVector

        snapshot = self._snapshot
        vector = HalfVector(self.embedder.embed([query], query=True)[0])
        distance = f"v.embedding::halfvec({snapshot.head.dimension}) <#> %(vector)s"
        given: dict[str, Any] = {"vector": vector, "next": snapshot.head.next_chunk, "dead": snapshot.dead_documents}
        source = f"{snapshot.table('vectors')} v"
        where = "v.chunk < %(next)s" + (" AND NOT v.document = ANY(%(dead)s)" if snapshot.dead_documents else "")
        exact = snapshot.head.embedded <= EXACT_UP_TO
        if filter:
            chosen = snapshot.ranges(filter)
            if not len(chosen.documents):
                return np.zeros(0, np.int64), np.zeros(0, np.float32)
            kept = int(chosen.sizes.sum())
            if kept <= EXACT_UP_TO and kept < MOST_OF * snapshot.head.chunks:
                exact = True
                first, beyond = together(chosen.firsts, chosen.sizes)
                given |= {"first": first, "end": beyond}
                source = f"unnest(%(first)s::bigint[], %(end)s::bigint[]) r(first, beyond) JOIN {source}"
                source += " ON v.chunk >= r.first AND v.chunk < r.beyond"
            else:
                given["chosen"] = chosen.documents.tolist()
                where += " AND v.document = ANY(%(chosen)s)"
        nearest = f"({distance}) + 0" if exact else distance  # the sum is in no index
        query_text = f"SELECT v.chunk, {distance} FROM {source} WHERE {where} ORDER BY {nearest} LIMIT {int(k)}"
        found = snapshot.read(lambda rows: rows.execute(query_text, given, binary=True).fetchall())
        ids = np.array([chunk for chunk, _ in found], np.int64)
        scores = np.array([-far for _, far in found], np.float32)
        order = np.lexsort((ids, -scores))
        return ids[order], scores[order]
