"""The kept questions of one corpus in memory: those near to a question are found by one matrix product.

index.refresh()                          what was kept or forgotten since is seen
index.exact(key)                         the answer to this very question
index.near(vector, "en", ("lease.pdf",)) the nearest of the same language and documents: (id, cosine), best first
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.forking import renewed_after_fork
from sparewheel.rag.memory.store import MemoryStore, Row
from sparewheel.rag.types import Shape

Scope = tuple[tuple[str, ...], Shape]


@dataclass(eq=False)
class _Table:
    """The questions of one language. ids int64 [n], scopes int32 [n], vectors float32 [n, dimension]."""

    ids: NDArray[np.int64]
    scopes: NDArray[np.int32]
    vectors: NDArray[np.float32]


@dataclass(eq=False)
class _State:
    """What is known of the store as it was in `seen`. Replaced as a whole: a reader never sees half of it."""

    seen: tuple[int, int] = (0, 0)
    keys: dict[str, int] = field(default_factory=dict)
    scopes: dict[Scope, int] = field(default_factory=dict)
    tables: dict[tuple[str, str], _Table] = field(default_factory=dict)  # by language and embedding model


class Index:
    """Safe to share between threads. Costs nothing while nothing is kept."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._state = _State()
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """Another thread may have held the lock."""
        self._refreshing = threading.Lock()

    def __len__(self) -> int:
        return len(self._state.keys)

    def refresh(self) -> None:
        """What was kept since the last look is added; after a removal everything is read anew."""
        seen = self._store.state()
        if seen == self._state.seen:
            return
        with self._refreshing:
            old = self._state
            if seen == old.seen:
                return
            if seen[1] != old.seen[1]:
                old = _State()
            self._state = _added(old, self._store.rows(old.seen[0]), seen)

    def exact(self, key: str) -> int | None:
        """The id of the answer of this key."""
        return self._state.keys.get(key)

    def near(
        self, vector: NDArray[np.float32], language: str, embedder: str, scopes: Collection[Scope], most: int
    ) -> list[tuple[int, float]]:
        """At most so many (id, cosine) of the kept questions of these scopes, nearest first."""
        state = self._state
        table = state.tables.get((language, embedder))
        numbers = [state.scopes[scope] for scope in scopes if scope in state.scopes]
        if table is None or not numbers:
            return []
        within = np.flatnonzero(np.isin(table.scopes, numbers))
        if not len(within):
            return []
        cosines = table.vectors[within] @ vector
        best = np.argsort(-cosines, kind="stable")[:most]
        return [(int(table.ids[within[i]]), float(cosines[i])) for i in best]


def _added(old: _State, rows: Sequence[Row], seen: tuple[int, int]) -> _State:
    keys, scopes, tables = dict(old.keys), dict(old.scopes), dict(old.tables)
    by_table: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        keys[row.key] = row.id
        scopes.setdefault((row.documents, row.shape), len(scopes))
        if row.vector.size:
            by_table.setdefault((row.language, row.embedder), []).append(row)
    for name, group in by_table.items():
        ids = np.array([row.id for row in group], np.int64)
        numbers = np.array([scopes[row.documents, row.shape] for row in group], np.int32)
        vectors = np.stack([row.vector for row in group])
        if (before := tables.get(name)) is not None:
            ids = np.concatenate([before.ids, ids])
            numbers = np.concatenate([before.scopes, numbers])
            vectors = np.concatenate([before.vectors, vectors])
        tables[name] = _Table(ids, numbers, vectors)
    return _State(seen, keys, scopes, tables)
