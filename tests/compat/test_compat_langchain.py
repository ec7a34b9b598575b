"""Our retriever and chat model inside LangChain's own classes, and LangChain's classes over our chunks."""

from __future__ import annotations

import numpy as np
import pytest
from langchain_core.documents import Document as LangChainDocument

from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.answer.langchain_chat import SparewheelChat
from sparewheel.rag.compat.langchain import bm25_retriever, corpus_tool, faiss_store, retrieval_qa
from sparewheel.rag.retrieve.retrievers import Bm25Retriever
from sparewheel.rag.runnable import RetrievalQA
from sparewheel.rag.settings import Endpoint
from sparewheel.rag.types import Chunk

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
def model(cloud: FaultServer) -> SparewheelChat:
    """Our chat model at a healthy endpoint."""
    return SparewheelChat(completer=EndpointCompleter("deepseek", Endpoint(url=cloud.url, key="k")))


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
