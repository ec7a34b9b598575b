"""Our retriever and chat model inside LangChain's own classes, and LangChain's classes over our chunks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from langchain_core.documents import Document as LangChainDocument

from sparewheel import open_corpus
from sparewheel.app.python.texts import from_text
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.answer.langchain_chat import SparewheelChat
from sparewheel.rag.compat.langchain import bm25_retriever, corpus_tool, faiss_store, retrieval_qa
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.retrieve.retrievers import Bm25Retriever
from sparewheel.rag.runnable import RetrievalQA
from sparewheel.rag.settings import Answering, Endpoint, Ingest, Retrieve, Settings
from sparewheel.rag.types import Chunk

LEASE = "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
TEXTS = ("The rent is 900 euros a month.", "Pets need our written consent.", "Notice is thirty days.")
CHUNKS = [Chunk("lease.txt", i * 100, i * 100 + len(t), t, title="Lease", id=i) for i, t in enumerate(TEXTS)]


class Letters:
    """An embedder that counts letters."""

    name = "letters@1"
    dimension = 26

    def embed(self, texts, *, query=False):
        rows = np.array([[t.lower().count(chr(97 + i)) + 1e-3 for i in range(26)] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model() -> Iterator[SparewheelChat]:
    """Our chat model at a healthy endpoint."""
    server = FaultServer()
    background.run(server.__aenter__())
    yield SparewheelChat(completer=EndpointCompleter("deepseek", Endpoint(url=server.url, key="k")))
    background.run(server.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetrievalQA]:
    """A corpus with one lease, and the local reader behind it."""
    settings = Settings(
        data_folder=str(tmp_path_factory.mktemp("data")),
        ingest=Ingest(workers=1),
        retrieve=Retrieve(rerank="off"),
        answer=Answering(speculative=False),
    )
    with open_corpus("leases", create=True, domain="legal", settings=settings) as corpus:
        corpus.add(from_text(LEASE, {"id": "lease.md", "title": "Lease"}), embed=False)
        yield corpus.as_chain()


def test_langchains_own_retrievalqa_runs_on_our_parts(model: SparewheelChat) -> None:
    """RetrievalQA.from_chain_type takes our retriever and our model as they are."""
    documents = [LangChainDocument(page_content=text) for text in TEXTS]
    qa = retrieval_qa(Bm25Retriever.from_documents(documents, k=2), model)
    output = qa.invoke({"query": "What is the notice period of question-5?"})
    assert "notice period of question-5" in output["result"]
    assert output["source_documents"][0].page_content == TEXTS[2]


def test_the_community_retriever_over_our_chunks() -> None:
    """rank-bm25's retriever finds the passage and keeps where it stands."""
    (found,) = bm25_retriever(CHUNKS, k=1).invoke("written consent pets")
    assert (found.metadata["chunk_id"], found.metadata["start"]) == (1, 100)


def test_the_community_faiss_store_over_our_embedder() -> None:
    """FAISS from LangChain with our embedder gives back the identical text first."""
    (found,) = faiss_store(CHUNKS, Letters()).similarity_search(CHUNKS[0].indexed_text, k=1)
    assert found.metadata["chunk_id"] == 0


def test_a_corpus_is_a_tool_for_an_agent(model: SparewheelChat, chain: RetrievalQA) -> None:
    """langchain's create_agent takes the corpus as a tool; the tool answers with the place."""
    from langchain.agents import create_agent

    tool = corpus_tool(chain)
    told = tool.invoke({"question": "What is the notice period?"})
    assert told == "thirty days\n[1] Lease, page -: thirty days"
    agent = create_agent(model, tools=[tool])
    reply = agent.invoke({"messages": [("user", "What is the notice period of question-9?")]})
    assert "question-9" in reply["messages"][-1].content
