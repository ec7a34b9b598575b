"""The same retriever and model inside LangChain's own classes (extra `langchain`).

    retrieval_qa(retriever, model)     langchain_classic's RetrievalQA over our retriever and any chat model
    corpus_tool(open_chain("contracts"))   the corpus as a tool for `langchain.agents.create_agent`
    bm25_retriever / faiss_store       the community classes over a corpus' chunks: the reference ours is measured by

langchain-classic gets security fixes only until December 2026 and langchain-community is being sunset: new code
should call `sparewheel.open_chain`, which has the same contract.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparewheel.rag.types import Chunk, Embedder

if TYPE_CHECKING:
    from langchain_classic.chains.retrieval_qa.base import BaseRetrievalQA
    from langchain_community.retrievers import BM25Retriever
    from langchain_community.vectorstores import FAISS
    from langchain_core.language_models import BaseLanguageModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.tools import BaseTool

    from sparewheel.rag.runnable import RetrievalQA as Chain


def retrieval_qa(retriever: BaseRetriever, model: BaseLanguageModel[Any], **options: Any) -> BaseRetrievalQA:
    """langchain_classic's own chain ("stuff") over one of our retrievers and any LangChain model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_classic.chains.retrieval_qa.base import RetrievalQA

        return RetrievalQA.from_chain_type(llm=model, retriever=retriever, return_source_documents=True, **options)


def corpus_tool(chain: Chain, description: str = "") -> BaseTool:
    """The chain as a tool: takes a question, returns the answer with the places it was read. As `chain.as_tool`."""
    return chain.as_tool(description=description or None)


def bm25_retriever(chunks: Sequence[Chunk], k: int = 8) -> BM25Retriever:
    """The community BM25Retriever (rank-bm25, whitespace tokens) over our chunks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_community.retrievers import BM25Retriever

        return BM25Retriever.from_texts(
            [chunk.indexed_text for chunk in chunks], metadatas=[_metadata(chunk) for chunk in chunks], k=k
        )


def faiss_store(chunks: Sequence[Chunk], embedder: Embedder) -> FAISS:
    """The community FAISS store over our chunks and one of our embedders."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_community.vectorstores import FAISS
        from langchain_core.embeddings import Embeddings

    class Adapter(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [list(map(float, row)) for row in embedder.embed(texts)]

        def embed_query(self, text: str) -> list[float]:
            return list(map(float, embedder.embed([text], query=True)[0]))

    return FAISS.from_texts(
        [chunk.indexed_text for chunk in chunks], Adapter(), metadatas=[_metadata(chunk) for chunk in chunks]
    )


def _metadata(chunk: Chunk) -> dict[str, Any]:
    return {"chunk_id": chunk.id, "document_id": chunk.document_id, "start": chunk.start, "end": chunk.end}
