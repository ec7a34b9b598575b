"""Nearest passages by embedding: FAISS inverted files of 16-bit vectors, memory-mapped, written without pickle.

The index lies in segments, each its own file. Rows are kept as they were embedded (float16, no residuals), so lists can
be cut anew without loss. A small segment is one list and the search exact; a large one is cut by k-means into about
8 * sqrt(n) lists, of which the nearest are read.
"""

from __future__ import annotations

import errno
import json
import math
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.bm25 import Found, as_hits
from sparewheel.rag.types import Embedder, Filter, Hit, Passages, Selection

FORMATS = (1, 2)  # 1: before segments; its one folder is read as the first of them
VECTORS, META = "index.faiss", "meta.json"
FEW = 0.25  # allowed rows a list, up to which the lists that hold them are looked up
LATER_EXACT_UP_TO = 4_000  # rows of a segment that came later; all of those together are searched as one
SPARE = 16  # rows beyond those wanted: some may be gone
LISTS_READ = 8.0  # times the square root of the number of lists: recall@10 of real questions .96 (benchmarks.recall)


class DenseSegment:
    """An open segment of unit vectors. Safe from several threads.

    gone_ids: int64, ascending; chunks of earlier segments that are gone.
    """

    def __init__(self, index: Any | None, meta: dict[str, Any]) -> None:
        """index: FAISS' inverted file, None in a segment that only says what is gone."""
        self.index = index
        self.embedder: str = meta["embedder"]  # name of the embedder that made it
        self.dimension = int(meta["dimension"])
        self.trained_on = int(meta["trained_on"])
        ranges = np.array(meta.get("gone", []), np.int64).reshape(-1, 2)
        self.gone_ids: NDArray[np.int64] = np.concatenate(
            [np.zeros(0, np.int64), *(np.arange(first, first + count) for first, count in ranges.tolist())]
        )

    @classmethod
    def open(cls, folder: Path) -> DenseSegment:
        """The segment in `folder`. Raises StoreError when it is missing, broken or of another format."""
        try:
            meta = json.loads((folder / META).read_text(encoding="utf-8"))
            if meta["format"] in FORMATS:
                return cls(_read(folder / VECTORS) if meta["chunks"] or meta["format"] == 1 else None, meta)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            if getattr(error, "errno", None) in (errno.EMFILE, errno.ENFILE):
                raise  # the index is whole: this process may not open more files
            raise StoreError(
                f"dense index {str(folder)!r} cannot be read ({error}); run `sparewheel reindex`"
            ) from error
        raise StoreError(
            f"dense index {str(folder)!r} was built with format {meta['format']}, this program has {FORMATS[-1]}; "
            "run `sparewheel reindex`"
        )

    def __len__(self) -> int:
        return 0 if self.index is None else int(self.index.ntotal)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """Ascending."""
        return self.list_ids[self._order]

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        """Where in the lists each of `ids` stands."""
        return np.argsort(self.list_ids)

    @cached_property
    def list_ids(self) -> NDArray[np.int64]:
        """Ids in the order of the lists."""
        return self._gather("get_ids", 1, np.int64)[:, 0]

    def rows(self) -> NDArray[np.float16]:
        """float16 [len(self), dimension], in the order of `list_ids`."""
        return self._gather("get_codes", 2 * self.dimension, np.uint8).view(np.float16)

    def list_sizes(self) -> list[int]:
        return self._sizes

    @cached_property
    def _sizes(self) -> list[int]:
        if self.index is None:
            return []
        return [int(self.index.invlists.list_size(i)) for i in range(self.index.nlist)]

    def search(self, vector: NDArray[np.float32], k: int, allowed: Selection | None) -> Found:
        """As of the index, in no promised order."""
        faiss: Any = import_module("faiss")

        eligible = len(self) if allowed is None else int(np.count_nonzero(allowed.places(self.ids)))
        k = min(k, eligible)
        if k == 0 or self.index is None:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        lists = int(self.index.nlist)
        if allowed is not None and eligible < lists * FEW:
            return self._search_few(vector, k, allowed)
        read = min(lists, math.ceil(LISTS_READ * math.sqrt(lists) * len(self) / eligible))
        selector = None if allowed is None else faiss.IDSelectorBitmap(allowed.bits)
        while True:
            options = faiss.SearchParametersIVF(nprobe=read, sel=selector)
            scores, ids = self.index.search(vector.reshape(1, -1).astype(np.float32), k, params=options)
            if ids[0, -1] >= 0 or read == lists:
                break
            read = lists  # the lists read held too few that are allowed
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def _search_few(self, vector: NDArray[np.float32], k: int, allowed: Selection) -> Found:
        """Reads the lists that hold what is allowed, and no other."""
        faiss: Any = import_module("faiss")

        places = self._order[allowed.places(self.ids)]
        lists = np.unique(np.searchsorted(np.cumsum(self.list_sizes()), places, side="right"))
        options = faiss.SearchParametersIVF(nprobe=len(lists), sel=faiss.IDSelectorBitmap(allowed.bits))
        ids, scores = np.empty(k, np.int64), np.empty(k, np.float32)
        given = vector.astype(np.float32).ravel(), lists.astype(np.int64), np.zeros(len(lists), np.float32)
        vectors, numbers, nearness, found, ranked = map(faiss.swig_ptr, (*given, scores, ids))
        assert self.index is not None
        self.index.search_preassigned_c(1, vectors, k, numbers, nearness, found, ranked, False, options)
        return ids, scores

    def _gather(self, getter: str, width: int, kind: type[np.generic]) -> NDArray[Any]:
        """What `getter` of FAISS' inverted lists points at, all lists one after the other: [len(self), width]."""
        if self.index is None:
            return np.zeros((0, width), kind)
        faiss: Any = import_module("faiss")

        read = getattr(self.index.invlists, getter)
        pieces = [
            faiss.rev_swig_ptr(read(i), size * width).reshape(size, width)
            for i, size in enumerate(self.list_sizes())
            if size
        ]
        return np.concatenate(pieces) if pieces else np.zeros((0, width), kind)


def _read(file: Path) -> Any:
    faiss: Any = import_module("faiss")

    return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)


class DenseIndex:
    """An open index of unit vectors; `ids` (int64, ascending) tells which chunks are in. Safe from several threads."""

    def __init__(self, segments: Sequence[DenseSegment]) -> None:
        """segments: the oldest first, at least one. Raises StoreError where two are of different embedders."""
        self.segments = segments
        self.embedder = segments[0].embedder  # name of the embedder that made it
        self.dimension = segments[0].dimension
        for other in segments:
            if other.embedder != self.embedder:
                raise StoreError(
                    f"the dense index was built with {self.embedder!r} and {other.embedder!r}; run `sparewheel reindex`"
                )
        self._gone = np.unique(np.concatenate([segment.gone_ids for segment in segments]))

    @classmethod
    def open(cls, *folders: Path) -> DenseIndex:
        """The index whose segments lie in `folders`. Raises StoreError when one is missing, broken or of another
        format."""
        return cls([DenseSegment.open(folder) for folder in folders])

    def __len__(self) -> int:
        return sum(map(len, self.segments)) - len(self._gone)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        return np.sort(self.list_ids)

    @cached_property
    def list_ids(self) -> NDArray[np.int64]:
        """Ids in the order of the segments and their lists."""
        every = np.concatenate([segment.list_ids for segment in self.segments])
        return every[~np.isin(every, self._gone)]

    def rows(self) -> NDArray[np.float16]:
        """float16 [len(self), dimension], in the order of `list_ids`."""
        return np.concatenate([s.rows()[~np.isin(s.list_ids, self._gone)] for s in self.segments])

    @cached_property
    def _parts(self) -> list[DenseSegment]:
        """What is searched: the segments, the small ones among the later as one."""
        small = [segment for segment in self.segments[1:] if 0 < len(segment) <= LATER_EXACT_UP_TO]
        if len(small) < 2:
            return [segment for segment in self.segments if len(segment)]
        return [*(segment for segment in self.segments if len(segment) and segment not in small), _joined(small)]

    @cached_property
    def _left(self) -> list[Selection | None]:
        """Of each part what is not gone, None where that is all."""
        left = [~np.isin(part.ids, self._gone) for part in self._parts]
        return [
            None if every.all() else Selection.of(part.ids[every])
            for part, every in zip(self._parts, left, strict=True)
        ]

    def search(self, vector: NDArray[np.float32], k: int, allowed: Selection | None = None) -> Found:
        """Chunk ids and cosines of the nearest k to a unit vector, best first, ties by id.

        allowed: what may be found, nothing that is gone; None: all. Fewer than k only when fewer are allowed.
        """
        if allowed is not None or not len(self._gone):
            found = [part.search(vector, k, allowed) for part in self._parts]
        else:
            found = [self._left_of(*each, vector, k) for each in zip(self._parts, self._left, strict=True)]
        ids = np.concatenate([np.zeros(0, np.int64), *(ids for ids, _ in found)])
        scores = np.concatenate([np.zeros(0, np.float32), *(scores for _, scores in found)])
        order = np.lexsort((ids, -scores))[:k]
        return ids[order], scores[order]

    def _left_of(self, part: DenseSegment, left: Selection | None, vector: NDArray[np.float32], k: int) -> Found:
        """What `part` finds that is not gone. That few rows are is cheaper to see in what was found than in every row
        that is read."""
        if left is None:
            return part.search(vector, k, None)
        ids, scores = part.search(vector, k + SPARE, None)
        there = ~np.isin(ids, self._gone)
        if int(there.sum()) < min(k, len(ids)):
            return part.search(vector, k, left)
        return ids[there], scores[there]


def _joined(segments: Sequence[DenseSegment]) -> DenseSegment:
    """The rows of several segments in one list in memory."""
    first = segments[0]
    index = lists_of(np.zeros((1, first.dimension), np.float32))
    for segment in segments:
        add_rows(index, 0, segment.list_ids, segment.rows())
    return DenseSegment(index, {"embedder": first.embedder, "dimension": first.dimension, "trained_on": 0})


def lists_of(centroids: NDArray[np.float32]) -> Any:
    """FAISS' inverted file of 16-bit rows with these centroids, without a row."""
    faiss: Any = import_module("faiss")  # its stubs lack what is used here

    lists, dimension = centroids.shape
    quantizer = faiss.IndexFlatIP(dimension)
    quantizer.add(centroids)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    index.is_trained = True
    return index


def add_rows(index: Any, number: int, ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> None:
    """Adds the rows to one list of the index as they are."""
    faiss: Any = import_module("faiss")

    codes = np.ascontiguousarray(vectors).view(np.uint8)  # QT_fp16's code is the little-endian half
    index.invlists.add_entries(number, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))
    index.ntotal += len(ids)


class DenseSearch:
    """The index as a retriever. Raises StoreError when the index was made by another embedder."""

    name = "dense"

    def __init__(self, index: DenseIndex, embedder: Embedder, passages: Passages) -> None:
        if index.embedder != embedder.name:
            raise StoreError(
                f"the dense index was built with {index.embedder!r}, the setting asks for {embedder.name!r}; "
                "run `sparewheel reindex`, or set retrieve.embedding back"
            )
        self.index = index
        self.embedder = embedder
        self.passages = passages

    def find(self, query: str, k: int, filter: Filter | None = None) -> Found:
        """Ids and cosines of the k chunks nearest to the query that satisfy the filter."""
        allowed = self.passages.selected(filter) if filter else None
        return self.index.search(self.embedder.embed([query], query=True)[0], k, allowed)

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """As hits."""
        return as_hits(self.passages, self.find(query, k, filter), self.name)
