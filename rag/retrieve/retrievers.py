"""The searches as LangChain retrievers, for a chain, an agent or `RetrievalQA.from_chain_type`.

    HybridRetriever.from_documents(documents, embedder=open_embedder("auto"))     over a list of LangChain documents
    HybridRetriever(search=any_search, k=4)                   over an open corpus

The only file of `rag.retrieve` that needs langchain-core.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from sparewheel.rag.retrieve.bm25 import Bm25Index, Bm25Search
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.retrieve.embed import open_embedder
from sparewheel.rag.retrieve.hybrid import Hybrid
from sparewheel.rag.retrieve.memory import MemoryPassages
from sparewheel.rag.types import Chunk, Embedder, Hit, IndexWriter

KEPT = "_langchain"  # metadata key: the document's own metadata as JSON, where it came from LangChain


class _SearchRetriever(BaseRetriever):
    """Any search as a retriever. `invoke(query, k=..., filter=...)` overrides the two for one call."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    search: Any  # a rag.types.Retriever
    k: int = Field(default=4, ge=1)  # LangChain's usual number
    filter: dict[str, Any] | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        hits = self.search.search(query, kwargs.get("k", self.k), kwargs.get("filter", self.filter))
        return [as_document(hit) for hit in hits]


class Bm25Retriever(_SearchRetriever):
    """Finds passages by their words, English and Chinese; nothing when no word of the query occurs."""

    @classmethod
    def from_documents(cls, documents: Sequence[Document], **options: Any) -> Self:
        """Over an index of `documents`, kept in memory. options: k, filter."""
        return cls(search=_bm25(_passages(documents)), **options)


class DenseRetriever(_SearchRetriever):
    """Finds passages by their meaning."""

    @classmethod
    def from_documents(cls, documents: Sequence[Document], embedder: Embedder | None = None, **options: Any) -> Self:
        """Over an index of `documents`, kept in memory. embedder: the built-in English one when none is given."""
        return cls(search=_dense(_passages(documents), embedder), **options)


class HybridRetriever(_SearchRetriever):
    """Finds passages by words and meaning, fused by reciprocal rank."""

    @classmethod
    def from_documents(cls, documents: Sequence[Document], embedder: Embedder | None = None, **options: Any) -> Self:
        """Over indexes of `documents`, kept in memory. embedder: the built-in English one when none is given."""
        passages = _passages(documents)
        return cls(search=Hybrid([_bm25(passages), _dense(passages, embedder)]), **options)


def as_document(hit: Hit) -> Document:
    """The passage with where it stands: its document, offsets, page and headings, and its score."""
    chunk = hit.chunk
    metadata = {key: value for key, value in chunk.metadata.items() if key != KEPT} | given_metadata(chunk.metadata)
    place = {
        "document_id": chunk.document_id,
        "start": chunk.start,
        "end": chunk.end,
        "page": chunk.page,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "score": hit.score,
        "rank": hit.rank,
        "chunk_id": chunk.id,
    }
    return Document(id=str(chunk.id), page_content=chunk.text, metadata={**metadata, **place})


def kept_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    """A LangChain document's metadata as one of ours, from which `as_document` makes them again, types and all."""
    return {KEPT: json.dumps(dict(metadata), ensure_ascii=False, default=str)} if metadata else {}


def given_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What `kept_metadata` was given; {} where the document did not come from LangChain."""
    found: dict[str, Any] = json.loads(metadata.get(KEPT, "{}"))
    return found


def _passages(documents: Sequence[Document]) -> MemoryPassages:
    """A chunk for each document: not split further, its metadata kept."""
    return MemoryPassages(
        [
            Chunk(
                document_id=str(document.id or document.metadata.get("source") or number),
                start=0,
                end=len(document.page_content),
                text=document.page_content,
                title=str(document.metadata.get("title") or ""),
                page=document.metadata.get("page"),
                metadata=document.metadata,
            )
            for number, document in enumerate(documents)
        ]
    )


def _bm25(passages: MemoryPassages) -> Bm25Search:
    return Bm25Search(_index(Bm25Index, Bm25Writer(), passages), passages)


def _dense(passages: MemoryPassages, embedder: Embedder | None) -> DenseSearch:
    embedder = embedder or open_embedder("auto", "en")
    return DenseSearch(_index(DenseIndex, DenseWriter(embedder), passages), embedder, passages)


def _index(opener: Any, writer: IndexWriter, passages: MemoryPassages) -> Any:
    with tempfile.TemporaryDirectory(prefix="sparewheel-") as folder:  # mapped files live on without their names
        writer.write(Path(folder), passages.all, [])
        return opener.open(Path(folder))
