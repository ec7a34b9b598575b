"""A corpus as a retriever of Haystack's pipelines (extra `haystack`).

    pipeline.add_component("retriever", SparewheelRetriever(corpus="contracts"))

Haystack reports its use unless HAYSTACK_TELEMETRY_ENABLED=False is in the environment.
"""

from __future__ import annotations

from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.retrieve.retrievers import as_document
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Hit


@component
class SparewheelRetriever:
    """Passages of a corpus, best first; a pipeline that is written to YAML names the corpus alone."""

    def __init__(self, corpus: str, top_k: int = 8, settings: Settings | None = None) -> None:
        """top_k: passages at most. settings: by default those in force."""
        self.corpus = corpus
        self.top_k = top_k
        self._settings = settings
        self._pipeline: Pipeline | None = None

    def warm_up(self) -> None:
        """The corpus is open. Raises NotFound where there is none of this name."""
        if self._pipeline is None:
            self._pipeline = open_pipeline(self.corpus, self._settings)

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None, filters: dict[str, Any] | None = None) -> dict[str, Any]:
        """documents, best first. filters: metadata key -> the value, or any one of several."""
        self.warm_up()
        assert self._pipeline is not None
        hits = self._pipeline.search(query, k=top_k or self.top_k, filter=filters)
        return {"documents": [_document(hit) for hit in hits]}

    def to_dict(self) -> dict[str, Any]:
        """As Haystack writes pipelines."""
        found: dict[str, Any] = default_to_dict(self, corpus=self.corpus, top_k=self.top_k)
        return found

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SparewheelRetriever:
        """As Haystack reads pipelines."""
        found: SparewheelRetriever = default_from_dict(cls, data)
        return found


def _document(hit: Hit) -> Document:
    found = as_document(hit)
    return Document(id=str(found.id), content=found.page_content, meta=found.metadata, score=hit.score)
