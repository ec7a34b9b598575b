"""The pipeline as a LangChain Runnable with RetrievalQA's contract.

In: {"query": str}, a plain string, or messages whose last one is the question; beside "query" (or "question", "input"):
"filter" (metadata), "k", "history" or "chat_history" ((question, answer) pairs, mappings or messages), "within_s".
Out: {"query", "result", "source_documents", "outcome", "citations", "answered_by", "degraded", "confidence", "answer"}.
`stream` and `astream` yield {"token": piece} as the text comes, {"replace": text} where another answerer starts again,
and the whole output last, so a sequence `chain | next` hands only the whole output on. `batch` keeps order, and one
question of it that fails is an output with the outcome "failed", not the end of the others.

Tracers and `astream_events` see a retriever run and a model run for each answerer below the chain's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun, Callbacks
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, ConfigDict

from sparewheel.rag.chain import Pipeline
from sparewheel.rag.chain_input import AnswerOutput, Input, QuestionInput, read_input
from sparewheel.rag.child_runs import ChildRuns, at_once
from sparewheel.rag.compat.retriever import CorpusRetriever
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.events import Done, Event, Replace, Token
from sparewheel.rag.retrieve.retrievers import as_document
from sparewheel.rag.types import Answer, Filter


class RetrievalQA(RunnableSerializable[Input, dict[str, Any]]):
    """Answers {"query": ...} over one corpus. Made by `sparewheel.open_chain` or `Corpus.as_chain`."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    pipeline: Pipeline
    name: str | None = "sparewheel"
    return_source_documents: bool = True  # False: the output leaves them out

    @property
    def input_keys(self) -> list[str]:
        """As RetrievalQA: the one key that must be there."""
        return ["query"]

    @property
    def output_keys(self) -> list[str]:
        """As RetrievalQA."""
        return ["result", "source_documents"] if self.return_source_documents else ["result"]

    @property
    def retriever(self) -> CorpusRetriever:
        """The search of the same corpus, as RetrievalQA.retriever."""
        return self.as_retriever()

    def as_retriever(self, *, k: int = 8, filter: Filter | None = None) -> CorpusRetriever:
        """The search of the same corpus, for RetrievalQA, LCEL and agents."""
        return CorpusRetriever(pipeline=self.pipeline, k=k, filter=filter)

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """`QuestionInput`."""
        return QuestionInput

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """`AnswerOutput`."""
        return AnswerOutput

    # ------------------------------------------------------------ one question

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """The output dict. Raises UsageError for a wrong input, Unavailable when no answerer could answer."""
        return self._call_with_config(self._invoke, input, config, run_type="chain", **kwargs)

    async def ainvoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """As `invoke`, without blocking the event loop."""
        return await self._acall_with_config(self._ainvoke, input, config, run_type="chain", **kwargs)

    def stream(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[dict[str, Any]]:
        """Pieces as they come, the whole output last."""
        yield from self._transform_stream_with_config(iter([input]), self._pieces, config, run_type="chain", **kwargs)

    async def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """As `stream`, without blocking the event loop."""

        async def given() -> AsyncIterator[Input]:
            yield input

        pieces = self._atransform_stream_with_config(given(), self._apieces, config, run_type="chain", **kwargs)
        async for piece in pieces:
            yield piece

    # ------------------------------------------------------------ many questions

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

    # ------------------------------------------------------------ as RetrievalQA is called

    def __call__(
        self, inputs: Input, return_only_outputs: bool = False, callbacks: Callbacks = None, **config: Any
    ) -> dict[str, Any]:
        """As `chain(inputs)` of LangChain's chains. config: tags, metadata, run_name."""
        output = self.invoke(inputs, cast(RunnableConfig, {"callbacks": callbacks, **config}))
        return {key: output[key] for key in self.output_keys} if return_only_outputs else output

    def run(self, query: Input, callbacks: Callbacks = None, **config: Any) -> str:
        """The text of the answer, as `chain.run("...")` of LangChain's chains."""
        return str(self(query, callbacks=callbacks, **config)["result"])

    async def acall(self, inputs: Input, callbacks: Callbacks = None, **config: Any) -> dict[str, Any]:
        """As `chain(inputs)`, without blocking the event loop."""
        return await self.ainvoke(inputs, cast(RunnableConfig, {"callbacks": callbacks, **config}))

    async def arun(self, query: Input, callbacks: Callbacks = None, **config: Any) -> str:
        """As `run`, without blocking the event loop."""
        return str((await self.acall(query, callbacks=callbacks, **config))["result"])

    def as_tool(
        self,
        args_schema: type[BaseModel] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        arg_types: dict[str, type] | None = None,
    ) -> BaseTool:
        """A tool for an agent: takes a question, returns the answer with the places it was read; the artifact of the
        tool message is the whole output. args_schema, arg_types: a tool takes one question, they change nothing."""

        def ask(question: str) -> tuple[str, dict[str, Any]]:
            output = self.invoke({"query": question})
            return _told(output), output

        async def aask(question: str) -> tuple[str, dict[str, Any]]:
            output = await self.ainvoke({"query": question})
            return _told(output), output

        corpus = self.pipeline.corpus
        return StructuredTool.from_function(
            ask,
            coroutine=aask,
            name=name or f"ask_{corpus}",
            description=description or f"Answers a question from the documents of {corpus!r}.",
            response_format="content_and_artifact",
        )

    # ------------------------------------------------------------ inside

    def _invoke(self, input: Input, run_manager: CallbackManagerForChainRun, **kwargs: Any) -> dict[str, Any]:
        output: dict[str, Any] = _last(self._pieces(iter([input]), run_manager, **kwargs))
        return output

    async def _ainvoke(
        self, input: Input, run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> dict[str, Any]:
        async def given() -> AsyncIterator[Input]:
            yield input

        output: dict[str, Any] = {}
        async for piece in self._apieces(given(), run_manager, **kwargs):
            output = piece
        return output

    def _pieces(
        self, inputs: Iterator[Input], run_manager: CallbackManagerForChainRun, **kwargs: Any
    ) -> Iterator[dict[str, Any]]:
        question, options = read_input(_last(inputs), kwargs)
        children = ChildRuns(run_manager.get_child(), question, self.pipeline.corpus)
        at_once(children.begin())
        try:
            for event in self.pipeline.iterate(question, **options):
                at_once(children.tell(event))
                if (piece := self._piece(event)) is not None:
                    yield piece
        except Exception as error:
            at_once(children.fail(error))
            raise

    async def _apieces(
        self, inputs: AsyncIterator[Input], run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> AsyncIterator[dict[str, Any]]:
        question, options = read_input([input async for input in inputs][-1], kwargs)
        children = ChildRuns(run_manager.get_child(), question, self.pipeline.corpus)
        await children.begin()
        try:
            async with aclosing(self.pipeline.stream(question, **options)) as events:
                async for event in events:
                    await children.tell(event)
                    if (piece := self._piece(event)) is not None:
                        yield piece
        except Exception as error:
            await children.fail(error)
            raise

    def _piece(self, event: Event) -> dict[str, Any] | None:
        match event:
            case Token(text=text):
                return {"token": text}
            case Replace(text=text):
                return {"replace": text}
            case Done(answer=answer):
                return self._output(answer)
        return None

    def _output(self, answer: Answer) -> dict[str, Any]:
        if answer.outcome == "failed":
            error = Unavailable("; ".join(answer.notes) or "no answerer could answer")
            error.attempts = answer.attempts
            raise error
        return self._as_output(answer)

    def _as_output(self, answer: Answer) -> dict[str, Any]:
        sources = {"source_documents": [as_document(hit) for hit in answer.evidence]}
        return {
            "query": answer.question,
            "result": answer.text,
            **(sources if self.return_source_documents else {}),
            "outcome": answer.outcome,
            "citations": [asdict(citation) for citation in answer.citations],
            "answered_by": answer.answered_by,
            "degraded": answer.degraded,
            "confidence": answer.confidence,
            "answer": answer,
        }

    def _whole(self, input: Input, found: dict[str, Any] | Exception) -> dict[str, Any]:
        """The output of one question of a batch."""
        if not isinstance(found, Exception):
            return found
        question = str(input.get("query", "")) if isinstance(input, dict) else str(input)
        attempts = found.attempts if isinstance(found, Unavailable) else ()
        failed = Answer(question, self.pipeline.corpus, "", "failed", attempts=attempts, notes=(str(found),))
        return self._as_output(failed)


def _last(pieces: Iterator[Any]) -> Any:
    """The last of them."""
    last = None
    for piece in pieces:
        last = piece
    return last


def _told(output: dict[str, Any]) -> str:
    """The answer as an agent reads it: the text, then where it was read."""
    places = [f"[{c['marker']}] {c['title']}, page {c['page'] or '-'}: {c['quote']}" for c in output["citations"]]
    return "\n".join([output["result"], *places])
