"""A corpus as a LangChain retriever: the search of its pipeline, with filters and rights as in every question."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from sparewheel.rag.chain import Pipeline
from sparewheel.rag.retrieve.retrievers import as_document
from sparewheel.rag.types import Filter


class CorpusRetriever(BaseRetriever):
    """k: passages at most. filter: metadata key -> value, or any one of several values."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    pipeline: Pipeline
    k: int = 8
    filter: Filter | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return [as_document(hit) for hit in self.pipeline.search(query, k=k or self.k, filter=self.filter)]
