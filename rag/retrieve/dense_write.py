"""Writing the dense index: a segment of the added chunks, embedded, and several segments as one."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.dense import (
    FORMATS,
    LATER_EXACT_UP_TO,
    META,
    VECTORS,
    DenseIndex,
    DenseSegment,
    add_rows,
    lists_of,
)
from sparewheel.rag.types import Chunk, Embedder

_EXACT_UP_TO = 20_000  # rows; one list, every row compared
_EMBEDDED_AT_ONCE = 64  # chunks; how finely progress can be told
_CHUNKS_AT_ONCE = 256  # read and embedded; progress is told so often
LISTS = 8.0  # times the square root of the rows
TRAINING_ROUNDS = 8  # of k-means
SAMPLE_PER_LIST = 64  # rows that k-means sees per list


@dataclass(frozen=True)
class _Rows:
    """What a segment holds. ids: ascending; vectors: float16 [n, dimension]; lists: of each row its list."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float16]
    lists: NDArray[np.int64]
    centroids: NDArray[np.float32]
    trained_on: int  # rows there were when the lists were cut


class DenseWriter:
    """An IndexWriter (`rag.types`) of the dense index; embeds what it is given."""

    name = "dense"

    def __init__(self, embedder: Embedder, at_once: int = _CHUNKS_AT_ONCE) -> None:
        """at_once: chunks that are embedded together."""
        self.embedder = embedder
        self._at_once = at_once
        self.version = embedder.name

    def write(self, folder: Path, added: Sequence[Chunk], removed: Sequence[Chunk] = ()) -> None:
        """As `IndexWriter`."""
        ids, rows = self._embed(added)
        gone = np.fromiter((chunk.id for chunk in removed), np.int64, len(removed))
        self._save(folder, _cut(ids, rows, []), gone)

    def merge(self, segments: Sequence[Path], folder: Path) -> None:
        """As `IndexWriter`. Raises StoreError when one is of another embedder."""
        index = DenseIndex.open(*segments)
        if index.embedder != self.embedder.name:
            raise StoreError(
                f"the dense index was built with {index.embedder!r}, not {self.embedder.name!r}; "
                "run `sparewheel reindex`"
            )
        every = np.concatenate([segment.list_ids for segment in index.segments])
        gone = np.unique(np.concatenate([segment.gone_ids for segment in index.segments]))
        self._save(folder, _cut(index.list_ids, index.rows(), index.segments), np.setdiff1d(gone, every))

    def _embed(self, chunks: Sequence[Chunk]) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Ids and vectors of the chunks; what is not a number (a model's mishap) is stored as 0."""
        ids = np.zeros(len(chunks), np.int64)
        rows = np.zeros((len(chunks), self.embedder.dimension), np.float16)
        for start in range(0, len(chunks), self._at_once):
            some = chunks[start : start + self._at_once]
            place = slice(start, start + len(some))
            ids[place] = [chunk.id for chunk in some]
            rows[place] = np.nan_to_num(self.embedder.embed([chunk.indexed_text for chunk in some]))
        return ids, rows

    def _save(self, folder: Path, rows: _Rows, gone: NDArray[np.int64]) -> None:
        if len(rows.ids):
            _write_vectors(folder / VECTORS, rows)
        meta = {
            "format": FORMATS[-1],
            "embedder": self.embedder.name,
            "dimension": self.embedder.dimension,
            "chunks": len(rows.ids),
            "lists": len(rows.centroids),
            "trained_on": rows.trained_on,
            "gone": _ranges(gone),
        }
        (folder / META).write_text(json.dumps(meta) + "\n", encoding="utf-8")


def _write_vectors(file: Path, rows: _Rows) -> None:
    index = lists_of(rows.centroids)
    by_list = np.argsort(rows.lists, kind="stable")
    for place in np.split(by_list, np.flatnonzero(np.diff(rows.lists[by_list])) + 1):
        add_rows(index, int(rows.lists[place[0]]), rows.ids[place], rows.vectors[place])
    import_module("faiss").write_index(index, str(file))


def _cut(ids: NDArray[np.int64], vectors: NDArray[np.float16], old: Sequence[DenseSegment]) -> _Rows:
    """The rows in lists: those of the largest of the segments `old` that they come from, else new ones."""
    centroids, trained_on = np.zeros((1, vectors.shape[1]), np.float32), 0
    lists = np.full(len(ids), -1, np.int64)  # of each row its list; -1: not known yet
    if old:
        largest = max(old, key=len)
        if largest.index is not None:
            trained_on = largest.trained_on
            centroids = largest.index.quantizer.reconstruct_n(0, largest.index.nlist)
            numbers = np.repeat(np.arange(len(centroids)), largest.list_sizes())
            by_id = np.argsort(largest.list_ids)
            place = np.minimum(largest.list_ids[by_id].searchsorted(ids), len(largest) - 1)
            same = largest.list_ids[by_id][place] == ids
            lists[same] = numbers[by_id[place[same]]]
    if min(_lists(ids), len(centroids)) == 1 or not trained_on / 3 < len(ids) < trained_on * 3:
        centroids, trained_on = _train(vectors, _lists(ids)), len(ids)
        lists[:] = -1
    order = np.argsort(ids)
    return _Rows(ids[order], vectors[order], _assign(vectors, lists, centroids)[order], centroids, trained_on)


def _ranges(ids: NDArray[np.int64]) -> list[list[int]]:
    """[first, count] of the runs in the ids."""
    ids = np.sort(ids)
    runs = np.split(ids, np.flatnonzero(np.diff(ids) != 1) + 1) if len(ids) else []
    return [[int(run[0]), len(run)] for run in runs]


def _lists(ids: NDArray[np.int64]) -> int:
    """Number of lists for these chunks: 1, or the power of two nearest 8 * sqrt of how many there are."""
    later = len(ids) and int(ids.min()) > _EXACT_UP_TO  # chunks are numbered as they came
    exact = len(ids) <= (LATER_EXACT_UP_TO if later else _EXACT_UP_TO)
    return 1 if exact else int(2 ** round(math.log2(LISTS * math.sqrt(len(ids)))))


def _train(rows: NDArray[np.float16], lists: int) -> NDArray[np.float32]:
    """float32 [lists, dimension]: k-means centres of a sample of the rows; the same rows give the same centres."""
    if lists == 1:
        return np.zeros((1, rows.shape[1]), np.float32)
    faiss: Any = import_module("faiss")

    sample = np.random.default_rng(0).choice(len(rows), min(len(rows), SAMPLE_PER_LIST * lists), replace=False)
    kmeans = faiss.Kmeans(
        rows.shape[1], lists, niter=TRAINING_ROUNDS, seed=1, spherical=True, min_points_per_centroid=1
    )
    kmeans.train(rows[np.sort(sample)].astype(np.float32))
    centroids: NDArray[np.float32] = kmeans.centroids
    return centroids


def _assign(rows: NDArray[np.float16], lists: NDArray[np.int64], centroids: NDArray[np.float32]) -> NDArray[np.int64]:
    """`lists` with the nearest centroid where it says -1."""
    unknown = np.flatnonzero(lists < 0)
    assigned = lists.copy()
    for some in np.array_split(unknown, len(unknown) // 8192 + 1):
        assigned[some] = np.argmax(rows[some].astype(np.float32) @ centroids.T, axis=1) if len(some) else 0
    return assigned
