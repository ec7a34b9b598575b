"""What the public API promises to a type checker: mypy reads this file, nobody runs it.

A line that must not type-check carries an ignore of its error; mypy reports an ignore that is not needed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, assert_type

from langchain_core.documents import Document as LangChainDocument
from langchain_core.tools import BaseTool

from sparewheel import Corpus, Sparewheel, open_chain, open_corpus, open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.events import Event
from sparewheel.rag.ingest.report import Report
from sparewheel.rag.runnable import RetrievalQA
from sparewheel.rag.types import Answer, Answerer, AnswerRequest, Document, Draft, Hit, Progress


def asks(question: str) -> None:
    with open_pipeline("leases") as pipeline:
        assert_type(pipeline, Pipeline)
        assert_type(pipeline.ask(question), Answer)
        assert_type(
            pipeline.ask(question, k=3, filter={"document": ["a.pdf", "b.pdf"]}, history=[("q", "a")], within_s=2.5),
            Answer,
        )
        assert_type(pipeline.search(question, k=3), tuple[Hit, ...])
        assert_type(pipeline.iterate(question, instant=True), Iterator[Event])
        assert_type(pipeline.watch(question, 0.5, instant=True), Iterator[Event | None])
        pipeline.ask(question, kk=3)  # type: ignore[call-arg]
        pipeline.ask(question, k="3")  # type: ignore[arg-type]
        pipeline.ask(question, instant=True)  # type: ignore[call-arg]
        pipeline.ask(question, history=["q"])  # type: ignore[list-item]
        pipeline.search(question, within_s=2.5)  # type: ignore[call-arg]


async def streams(pipeline: Pipeline, question: str) -> None:
    assert_type(await pipeline.aask(question, within_s=2.5), Answer)
    assert_type(pipeline.stream(question, instant=True), AsyncGenerator[Event])
    pipeline.stream(question, wihin_s=2.5)  # type: ignore[call-arg]


def chains() -> None:
    chain = open_chain("leases")
    assert_type(chain, RetrievalQA)
    assert_type(chain.invoke({"query": "How much?"}), dict[str, Any])


async def corpora(path: Path, loaded: LangChainDocument) -> None:
    async with open_corpus("leases", create=True, domain="legal", sensitivity="high") as corpus:
        assert_type(corpus, Corpus)
        assert_type(corpus.add([path, "leases/", loaded], on_progress=lambda p: print(p.done, p.total)), Report)
        assert_type(await corpus.aadd(path), Report)
        assert_type(corpus.update("lease.pdf", title="Lease"), Document)
        assert_type(corpus.documents()[0].id, str)
        assert_type(corpus.ask("How much?", k=3), Answer)
        assert_type(await corpus.asearch("rent", filter={"document": "lease.pdf"}), tuple[Hit, ...])
        assert_type(corpus.as_chain().run("How much?"), str)
        assert_type(corpus.as_tool(), BaseTool)
        corpus.add(3)  # type: ignore[arg-type]
        corpus.ask("How much?", kk=3)  # type: ignore[call-arg]
    store = Sparewheel.from_documents([loaded], corpus="leases")
    assert_type(store, Sparewheel)
    assert_type(store.similarity_search("rent", k=2, filter={"source": "a"}), list[LangChainDocument])


class Mine:
    """An answerer of one's own."""

    name = "mine"
    local = True

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[str | Progress | Draft]:
        yield Progress.CONNECTED
        yield "thirty days"
        yield Draft("thirty days")


answerer: Answerer = Mine()
