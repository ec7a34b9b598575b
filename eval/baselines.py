"""What a user would write from LangChain's documentation, over the same chunks, in front of the same answerers.

BM25Retriever (rank-bm25, words parted by white space) and the community FAISS store with the corpus' own embedding
model or another, joined by EnsembleRetriever with equal weights; no reranker, no floor. So a difference is one of
retrieval.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.answer.instant_quote import InstantQuote
from sparewheel.rag.assemble import embedder_of, open_failover
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.compat.langchain import bm25_retriever, faiss_store
from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.places import place_of
from sparewheel.rag.retrieve.dense import DenseIndex
from sparewheel.rag.runtime import default_runtime
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Chunk, Embedder, Filter, Hit, SearchResult
from sparewheel.rag.views import OneView, View

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever


def open_baseline(corpus: str, settings: Settings, embedder: Embedder | None = None) -> Pipeline:
    """The baseline over a corpus of ours. Close it after use.

    embedder: of the passages and questions; by default that of the settings. The corpus' own vectors are taken where it
    made them, otherwise every chunk is embedded anew, in memory.
    """
    place = place_of(settings)
    store = place.store(corpus)
    embedder = embedder or embedder_of(store.config, settings)
    with store.open() as snapshot:
        chunks = snapshot.chunks(snapshot.ids().tolist())
        if isinstance(snapshot, Snapshot) and snapshot.share("dense") == 1:
            index = DenseIndex.open(*snapshot.segments("dense"))
            if index.embedder == embedder.name:
                rows = dict(zip(index.list_ids.tolist(), index.rows(), strict=True))
                embedder = Kept(embedder, {chunk.indexed_text: rows[chunk.id] for chunk in chunks})
    retriever = Ensemble(chunks, embedder, settings.retrieve.evidence_k)
    profile, workers = store.config.profile, default_runtime().workers
    return Pipeline(
        corpus=corpus,
        views=OneView(View(retriever)),
        answering=InstantQuote(open_failover(settings, profile), workers, settings.answer.timeout_s),
        workers=workers,
        profile=profile,
        sensitivity=lambda: place.config(corpus).sensitivity,
        settings=settings,
    )


class Kept:
    """An embedder that has embedded these texts before."""

    def __init__(self, embedder: Embedder, vectors: Mapping[str, NDArray[np.float16]]) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self._embedder, self._vectors = embedder, vectors

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """As the embedder does; float32 [len(texts), dimension]."""
        if query or any(text not in self._vectors for text in texts):
            return self._embedder.embed(texts, query=query)
        return np.array([self._vectors[text] for text in texts], np.float32)


class Ensemble:
    """LangChain's EnsembleRetriever as a `types.Retriever`. k passages from each leg, as its documentation shows.

    A question on one document is asked as its users do: BM25Retriever has no filter, so the document gets one of its
    own; FAISS filters what it has fetched, so all is fetched (by default 20 are, and most questions find nothing).
    """

    def __init__(self, chunks: Sequence[Chunk], embedder: Embedder, k: int) -> None:
        self._chunks = {chunk.id: chunk for chunk in chunks}
        self._k = k
        self._dense: Any = faiss_store(chunks, embedder)
        self._of_document: dict[str, BaseRetriever] = {}
        self._whole = self._joined(chunks, {"k": k})

    def retrieve(self, query: str, k: int, filter: Filter | None = None, within_s: float | None = None) -> SearchResult:
        """At most k hits; the score is 1 / rank, as the ensemble tells none.

        Raises UsageError for a filter other than one document.
        """
        found = self._retriever(filter).invoke(query)[:k]
        hits = [
            Hit(self._chunks[document.metadata["chunk_id"]], 1 / rank, rank, "langchain")
            for rank, document in enumerate(found, 1)
        ]
        return SearchResult(hits)

    def _retriever(self, filter: Filter | None) -> BaseRetriever:
        if not filter:
            return self._whole
        name = filter.get("document")
        if len(filter) > 1 or not isinstance(name, str):
            raise UsageError(f"the baseline filters by one document only, not by {dict(filter)}")
        if name not in self._of_document:
            chunks = [chunk for chunk in self._chunks.values() if chunk.document_id == name]
            if not chunks:
                raise UsageError(f"the baseline knows no document {name!r}; is it in the corpus?")
            options = {"k": self._k, "filter": {"document_id": name}, "fetch_k": len(self._chunks)}
            self._of_document[name] = self._joined(chunks, options)
        return self._of_document[name]

    def _joined(self, chunks: Sequence[Chunk], options: dict[str, Any]) -> BaseRetriever:
        legs = [bm25_retriever(chunks, self._k), self._dense.as_retriever(search_kwargs=options)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from langchain_classic.retrievers import EnsembleRetriever

            joined: BaseRetriever = EnsembleRetriever(retrievers=legs, weights=[0.5, 0.5])
        return joined
