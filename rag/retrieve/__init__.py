"""Question to passages: keyword index, dense index, their fusion, reranking. Nothing loads until it is named."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.retrieve.bm25 import Bm25Index, Bm25Search
    from rag.retrieve.bm25_write import Bm25Writer
    from rag.retrieve.dense import DenseIndex, DenseSearch
    from rag.retrieve.dense_write import DenseWriter

__all__ = ["Bm25Index", "Bm25Search", "Bm25Writer", "DenseIndex", "DenseSearch", "DenseWriter"]

_HOMES = {
    "Bm25Index": "bm25",
    "Bm25Search": "bm25",
    "Bm25Writer": "bm25_write",
    "DenseIndex": "dense",
    "DenseSearch": "dense",
    "DenseWriter": "dense_write",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rag.retrieve' has no attribute {name!r}")
    return getattr(import_module(f"rag.retrieve.{_HOMES[name]}"), name)
