"""LangChain's own standard tests, and what ours add."""

import subprocess
import sys

import pytest
from langchain_core.documents import Document
from langchain_tests.integration_tests import RetrieversIntegrationTests

from sparewheel.rag.retrieve.bm25 import Bm25Search
from sparewheel.rag.retrieve.retrievers import Bm25Retriever, DenseRetriever, HybridRetriever

DOCUMENTS = [
    Document(page_content=f"The tenant pays rent number {i}.", metadata={"source": f"lease-{i}.txt", "year": 2000 + i})
    for i in range(6)
]


class Standard(RetrieversIntegrationTests):
    @property
    def retriever_query_example(self):
        return "Who pays rent?"

    @pytest.fixture(autouse=True)
    def _embedder(self, embedder):
        self.embedder = embedder

    @property
    def retriever_constructor_params(self):
        return {"search": self.made().search}


class TestBm25Retriever(Standard):
    retriever_constructor = Bm25Retriever

    def made(self):
        return Bm25Retriever.from_documents(DOCUMENTS)


class TestDenseRetriever(Standard):
    retriever_constructor = DenseRetriever

    def made(self):
        return DenseRetriever.from_documents(DOCUMENTS, self.embedder)


class TestHybridRetriever(Standard):
    retriever_constructor = HybridRetriever

    def made(self):
        return HybridRetriever.from_documents(DOCUMENTS, self.embedder)


async def test_a_document_tells_where_it_stands():
    """Provenance and score beside the document's own metadata; async as sync."""
    retriever = Bm25Retriever.from_documents(DOCUMENTS, k=1)
    (found,) = await retriever.ainvoke("number 3")
    assert retriever.invoke("number 3") == [found]
    assert found.metadata == {
        "source": "lease-3.txt",
        "year": 2003,
        "document_id": "lease-3.txt",
        "start": 0,
        "end": len("The tenant pays rent number 3."),
        "page": None,
        "title": "",
        "headings": [],
        "score": pytest.approx(found.metadata["score"]),
        "rank": 1,
        "chunk_id": 3,
    }


def test_filter_by_metadata():
    """Before the best k; a key of the documents' metadata."""
    retriever = Bm25Retriever.from_documents(DOCUMENTS, k=6, filter={"year": ["2001", "2004"]})
    assert [d.metadata["source"] for d in retriever.invoke("rent")] == ["lease-1.txt", "lease-4.txt"]


def test_any_search_is_a_retriever(tmp_path, passages):
    """The searches of an open corpus plug in as they are."""
    search = Bm25Retriever.from_documents(DOCUMENTS).search
    assert isinstance(search, Bm25Search)
    assert len(HybridRetriever(search=search, k=2).invoke("rent")) == 2


def test_importing_the_searches_does_not_import_langchain():
    """Only this file of rag.retrieve needs it, and nothing heavy is loaded before it is used."""
    heavy = ("langchain_core", "faiss", "onnxruntime", "tokenizers", "jieba", "torch", "sentence_transformers")
    code = (
        f"import sys; from sparewheel.rag.retrieve import *; print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
