"""Writing the dense index: the old rows without what was removed, with the added chunks embedded."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.dense import FORMAT, DenseIndex
from sparewheel.rag.types import Chunk, Embedder

_EXACT_UP_TO = 20_000  # rows; one list, every row compared
_EMBEDDED_AT_ONCE = 64  # chunks; how finely progress can be told
_CHUNKS_AT_ONCE = 256  # read and embedded; progress is told so often
_SAMPLE_PER_LIST = 64  # rows that k-means sees per list


class DenseWriter:
    """An IndexWriter (`rag.types`) of the dense index; embeds what it is given."""

    name = "dense"

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.version = embedder.name

    def write(self, old: Path | None, new: Path, added: Sequence[Chunk], removed: Sequence[int]) -> None:
        """Write the index of `old`'s chunks without `removed`, with `added`, into the folder `new`.

        An added chunk replaces the one of the same id. Raises StoreError when `old` is of another embedder.
        """
        ids, rows = self._embed(added)
        lists = np.full(len(ids), -1, np.int64)  # of each row its list; -1: not known yet
        centroids, trained_on = np.zeros((1, self.embedder.dimension), np.float32), 0
        if old is not None and (old / "meta.json").exists():
            before = DenseIndex.open(old)
            if before.embedder != self.embedder.name:
                raise StoreError(
                    f"the dense index was built with {before.embedder!r}, not {self.embedder.name!r}; "
                    "run `sparewheel reindex`"
                )
            centroids = before.index.quantizer.reconstruct_n(0, before.index.nlist)
            trained_on = json.loads((old / "meta.json").read_text(encoding="utf-8"))["trained_on"]
            gone = np.concatenate([np.fromiter(removed, np.int64, len(removed)), ids])
            ids, rows, lists = _with_old(before, gone, ids, rows, lists)
        if _lists(len(ids)) == 1 or not trained_on / 3 < len(ids) < trained_on * 3:
            centroids, trained_on = _train(rows), len(ids)
            lists[:] = -1
        order = np.argsort(ids)
        self._save(new, ids[order], rows[order], _assign(rows, lists, centroids)[order], centroids, trained_on)

    def _embed(self, chunks: Sequence[Chunk]) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Ids and vectors of the chunks; what is not a number (a model's mishap) is stored as 0."""
        ids = np.zeros(len(chunks), np.int64)
        rows = np.zeros((len(chunks), self.embedder.dimension), np.float16)
        for start in range(0, len(chunks), _CHUNKS_AT_ONCE):
            some = chunks[start : start + _CHUNKS_AT_ONCE]
            place = slice(start, start + len(some))
            ids[place] = [chunk.id for chunk in some]
            rows[place] = np.nan_to_num(self.embedder.embed([chunk.indexed_text for chunk in some]))
        return ids, rows

    def _save(
        self,
        folder: Path,
        ids: NDArray[np.int64],
        rows: NDArray[np.float16],
        lists: NDArray[np.int64],
        centroids: NDArray[np.float32],
        trained_on: int,
    ) -> None:
        faiss: Any = import_module("faiss")  # its stubs lack what is used here

        dimension = self.embedder.dimension
        quantizer = faiss.IndexFlatIP(dimension)
        quantizer.add(centroids)
        index = faiss.IndexIVFScalarQuantizer(
            quantizer, dimension, len(centroids), faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
        )
        index.is_trained = True
        by_list = np.argsort(lists, kind="stable")
        for place in np.split(by_list, np.flatnonzero(np.diff(lists[by_list])) + 1):
            if len(place):
                names, codes = ids[place], rows[place].view(np.uint8)  # QT_fp16's code is the little-endian half itself
                index.invlists.add_entries(
                    int(lists[place[0]]), len(place), faiss.swig_ptr(names), faiss.swig_ptr(codes)
                )
        index.ntotal = len(ids)
        faiss.write_index(index, str(folder / "index.faiss"))
        meta = {
            "format": FORMAT,
            "embedder": self.embedder.name,
            "dimension": dimension,
            "chunks": len(ids),
            "lists": len(centroids),
            "trained_on": trained_on,
        }
        (folder / "meta.json").write_text(json.dumps(meta) + "\n", encoding="utf-8")


def _with_old(
    before: DenseIndex,
    gone: NDArray[np.int64],
    ids: NDArray[np.int64],
    rows: NDArray[np.float16],
    lists: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float16], NDArray[np.int64]]:
    """The rows of `before` without the ids `gone`, then the given ones."""
    kept = ~np.isin(before.list_ids, gone)
    return (
        np.concatenate([before.list_ids[kept], ids]),
        np.concatenate([before.rows()[kept], rows]),
        np.concatenate([np.repeat(np.arange(before.index.nlist), before.list_sizes())[kept], lists]),
    )


def _lists(rows: int) -> int:
    """Number of lists for so many rows: 1, or the power of two nearest 4 * sqrt(rows)."""
    return 1 if rows <= _EXACT_UP_TO else int(2 ** round(math.log2(4 * math.sqrt(rows))))


def _train(rows: NDArray[np.float16]) -> NDArray[np.float32]:
    """float32 [lists, dimension]: k-means centres of a sample of the rows; the same rows give the same centres."""
    lists = _lists(len(rows))
    if lists == 1:
        return np.zeros((1, rows.shape[1]), np.float32)
    faiss: Any = import_module("faiss")

    sample = np.random.default_rng(0).choice(len(rows), min(len(rows), _SAMPLE_PER_LIST * lists), replace=False)
    kmeans = faiss.Kmeans(rows.shape[1], lists, niter=8, seed=1, spherical=True)
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
