"""The pipeline as a LangChain Runnable with RetrievalQA's contract.

In: {"query": str} or a plain string; beside "query": "filter" (metadata), "k", "history" ((question, answer) pairs or
messages), "within_s" (seconds).
Out: {"query", "result", "source_documents", "outcome", "citations", "answered_by", "degraded", "confidence", "answer"}.
`stream` and `astream` yield {"token": piece} as the text comes, {"replace": text} where another answerer starts again,
and the whole output last, so a sequence `chain | next` hands only the whole output on. `batch` keeps order, and one
question of it that fails is an output with the outcome "failed", not the end of the others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, cast

from langchain_core.runnables import RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import (
    ensure_config,
    get_async_callback_manager_for_config,
    get_callback_manager_for_config,
)
from pydantic import ConfigDict

from sparewheel.rag.chain import AskOptions, Pipeline
from sparewheel.rag.errors import Unavailable, UsageError, suggest
from sparewheel.rag.events import Done, Event, Replace, Token
from sparewheel.rag.retrieve.retrievers import as_document
from sparewheel.rag.turns import turns
from sparewheel.rag.types import Answer

OPTIONS = tuple(AskOptions.__optional_keys__)

Input = dict[str, Any] | str


class RetrievalQA(RunnableSerializable[Input, dict[str, Any]]):
    """Answers {"query": ...} over one corpus. Made by `rag.open_chain`."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    pipeline: Pipeline
    name: str | None = "sparewheel"

    @property
    def input_keys(self) -> list[str]:
        """As RetrievalQA: the one key that must be there."""
        return ["query"]

    @property
    def output_keys(self) -> list[str]:
        """As RetrievalQA with return_source_documents=True."""
        return ["result", "source_documents"]

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """The output dict. Raises UsageError for a wrong input, Unavailable when no answerer could answer."""
        question, options = _read(input, kwargs)
        with _Traced(self, config, question) as traced:
            return traced.end(_output(self.pipeline.ask(question, **options)))

    def batch(
        self,
        inputs: list[Input],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[dict[str, Any]]:
        """An output for each input, in order. With return_exceptions, as LangChain does: what `invoke` raises."""
        found = super().batch(inputs, config, return_exceptions=True, **kwargs)
        return found if return_exceptions else [self._whole(*pair) for pair in zip(inputs, found, strict=True)]

    async def abatch(
        self,
        inputs: list[Input],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[dict[str, Any]]:
        """As `batch`, without blocking the event loop."""
        found = await super().abatch(inputs, config, return_exceptions=True, **kwargs)
        return found if return_exceptions else [self._whole(*pair) for pair in zip(inputs, found, strict=True)]

    async def ainvoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """As `invoke`, without blocking the event loop."""
        async for piece in self.astream(input, config, **kwargs):
            if "result" in piece:
                return piece
        raise AssertionError("the stream ended without an answer")

    def stream(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[dict[str, Any]]:
        """Pieces as they come, the whole output last."""
        question, options = _read(input, kwargs)
        with _Traced(self, config, question) as traced:
            for event in self.pipeline.iterate(question, **options):
                if (piece := _piece(event)) is not None:
                    if "result" in piece:
                        traced.end(piece)
                    yield piece

    async def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """As `stream`, without blocking the event loop."""
        question, options = _read(input, kwargs)
        manager = get_async_callback_manager_for_config(ensure_config(config))
        name = self.get_name()
        run = await manager.on_chain_start({"name": name}, {"query": question}, name=name)
        try:
            async with aclosing(self.pipeline.stream(question, **options)) as events:
                async for event in events:
                    if (piece := _piece(event)) is not None:
                        if "result" in piece:
                            await run.on_chain_end(piece)
                        yield piece
        except Exception as error:
            await run.on_chain_error(error)
            raise

    def _whole(self, input: Input, found: dict[str, Any] | Exception) -> dict[str, Any]:
        """The output of one question of a batch."""
        if not isinstance(found, Exception):
            return found
        question = input if isinstance(input, str) else str(input.get("query", ""))
        attempts = found.attempts if isinstance(found, Unavailable) else ()
        return _as_output(Answer(question, self.pipeline.corpus, "", "failed", attempts=attempts, notes=(str(found),)))


class _Traced:
    """LangChain's callbacks around one synchronous run."""

    def __init__(self, chain: RetrievalQA, config: RunnableConfig | None, question: str) -> None:
        manager = get_callback_manager_for_config(ensure_config(config))
        name = chain.get_name()
        self.run = manager.on_chain_start({"name": name}, {"query": question}, name=name)

    def __enter__(self) -> _Traced:
        return self

    def end(self, output: dict[str, Any]) -> dict[str, Any]:
        self.run.on_chain_end(output)
        return output

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None:
            self.run.on_chain_error(error)


def _read(input: Input, kwargs: dict[str, Any]) -> tuple[str, AskOptions]:
    """The question and the options of an input."""
    given: dict[str, Any] = {"query": input} if isinstance(input, str) else {**input}
    given.update(kwargs)
    if "query" not in given:
        known = ", ".join(map(repr, given)) or "nothing"
        raise UsageError(f"the input needs the key 'query', it has {known}; call invoke({{'query': 'your question'}})")
    question = given.pop("query")
    for name in given:
        if name not in OPTIONS:
            raise UsageError(f"unknown option {name!r}{suggest(name, OPTIONS)}; known are {', '.join(OPTIONS)}")
    if "history" in given:
        given["history"] = turns(given["history"])
    return question, cast(AskOptions, given)


def _output(answer: Answer) -> dict[str, Any]:
    if answer.outcome == "failed":
        error = Unavailable("; ".join(answer.notes) or "no answerer could answer")
        error.attempts = answer.attempts
        raise error
    return _as_output(answer)


def _as_output(answer: Answer) -> dict[str, Any]:
    return {
        "query": answer.question,
        "result": answer.text,
        "source_documents": [as_document(hit) for hit in answer.evidence],
        "outcome": answer.outcome,
        "citations": [asdict(citation) for citation in answer.citations],
        "answered_by": answer.answered_by,
        "degraded": answer.degraded,
        "confidence": answer.confidence,
        "answer": answer,
    }


def _piece(event: Event) -> dict[str, Any] | None:
    match event:
        case Token(text=text):
            return {"token": text}
        case Replace(text=text):
            return {"replace": text}
        case Done(answer=answer):
            return _output(answer)
    return None
