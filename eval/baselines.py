"""What a user would write from LangChain's documentation, over the same chunks, in front of the same answerers.

BM25Retriever (rank-bm25, words parted by white space) and the community FAISS store with the corpus' own embedding
model, joined by EnsembleRetriever with equal weights; no reranker, no floor. So a difference is one of retrieval.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.assemble import embedder_of, open_failover
from rag.chain import Journey, View
from rag.compat.langchain import bm25_retriever, faiss_store
from rag.errors import UsageError
from rag.ingest.store import Store, corpus_folder
from rag.settings import Settings
from rag.types import Chunk, Embedder, Filter, Hit

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever


def open_baseline(corpus: str, settings: Settings) -> Journey:
    """The baseline over a corpus of ours; every chunk is embedded anew in memory. Close it after use."""
    store = Store(corpus_folder(settings.corpora_folder, corpus))
    with store.open() as snapshot:
        chunks = snapshot.chunks(snapshot.ids().tolist())
    retriever = Ensemble(chunks, embedder_of(store.config, settings), settings.retrieve.evidence_k)
    profile = store.config.profile
    return Journey(
        corpus=corpus,
        view=lambda: View(retriever),
        answering=open_failover(settings, profile),
        profile=profile,
        sensitivity=store.config.sensitivity,
        settings=settings,
    )


class Ensemble:
    """LangChain's EnsembleRetriever as a `types.Retriever`. k passages from each leg, as its documentation shows."""

    def __init__(self, chunks: Sequence[Chunk], embedder: Embedder, k: int) -> None:
        self._chunks = {chunk.id: chunk for chunk in chunks}
        dense: Any = faiss_store(chunks, embedder)
        legs = [bm25_retriever(chunks, k), dense.as_retriever(search_kwargs={"k": k})]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from langchain_classic.retrievers import EnsembleRetriever

            self._retriever: BaseRetriever = EnsembleRetriever(retrievers=legs, weights=[0.5, 0.5])

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """At most k hits; the score is 1 / rank, as the ensemble tells none. Raises UsageError for a filter."""
        if filter:
            raise UsageError(f"the baseline cannot filter by {', '.join(filter)}; run a suite on whole collections")
        found = self._retriever.invoke(query)[:k]
        return [
            Hit(self._chunks[document.metadata["chunk_id"]], 1 / rank, rank, "langchain")
            for rank, document in enumerate(found, 1)
        ]
