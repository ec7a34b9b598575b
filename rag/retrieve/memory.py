"""Chunks held in memory, for an index without a corpus folder: tests, notebooks, a list of documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.types import Chunk, Filter, Selection

_FIELDS = {"document": "document_id", "title": "title", "language": "language"}


class MemoryPassages:
    """`rag.types.Passages` over a list: a chunk's id is its place in it."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.all = [replace(chunk, id=i) for i, chunk in enumerate(chunks)]

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The chunks in the order of `ids`."""
        return [self.all[i] for i in ids]

    def matching(self, filter: Filter) -> NDArray[np.int64]:
        """Sorted ids of the chunks that satisfy every key: document (its id), title, language, or of the metadata."""
        wanted = {key: {value} if isinstance(value, str) else set(value) for key, value in filter.items()}
        return np.array([c.id for c in self.all if all(_value(c, k) in v for k, v in wanted.items())], np.int64)

    def selected(self, filter: Filter) -> Selection:
        """As `types.Passages`, but made anew each time."""
        return Selection.of(self.matching(filter))


def _value(chunk: Chunk, key: str) -> str:
    return str(getattr(chunk, _FIELDS[key]) if key in _FIELDS else chunk.metadata.get(key, ""))
