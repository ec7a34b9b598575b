"""Question to passages: keyword index, dense index, their fusion, reranking. Nothing loads until it is named."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparewheel.rag.retrieve.bm25 import Bm25Index, Bm25Search
    from sparewheel.rag.retrieve.bm25_write import Bm25Writer
    from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch
    from sparewheel.rag.retrieve.dense_write import DenseWriter
    from sparewheel.rag.retrieve.embed import OnnxEmbedder, SentenceTransformersEmbedder, open_embedder
    from sparewheel.rag.retrieve.fuse import reciprocal_rank
    from sparewheel.rag.retrieve.hybrid import Hybrid
    from sparewheel.rag.retrieve.rerank import OnnxReranker
    from sparewheel.rag.retrieve.tokenise import TOKENISER_VERSION, terms

_HOMES = {
    "Bm25Index": "bm25",
    "Bm25Search": "bm25",
    "Bm25Writer": "bm25_write",
    "DenseIndex": "dense",
    "DenseSearch": "dense",
    "DenseWriter": "dense_write",
    "Hybrid": "hybrid",
    "OnnxEmbedder": "embed",
    "OnnxReranker": "rerank",
    "SentenceTransformersEmbedder": "embed",
    "TOKENISER_VERSION": "tokenise",
    "open_embedder": "embed",
    "reciprocal_rank": "fuse",
    "terms": "tokenise",
}

__all__ = [
    "TOKENISER_VERSION",
    "Bm25Index",
    "Bm25Search",
    "Bm25Writer",
    "DenseIndex",
    "DenseSearch",
    "DenseWriter",
    "Hybrid",
    "OnnxEmbedder",
    "OnnxReranker",
    "SentenceTransformersEmbedder",
    "open_embedder",
    "reciprocal_rank",
    "terms",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sparewheel.rag.retrieve' has no attribute {name!r}")
    return getattr(import_module(f"sparewheel.rag.retrieve.{_HOMES[name]}"), name)
