"""One question as LangChain's tracers see it: a retriever run and a model run for each answerer, below the chain's run.

Callback managers come in two kinds, plain and asynchronous. What is told to them is written once, as coroutines; for a
plain manager they never wait, and `at_once` runs them.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import Any, TypeVar

from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, LLMResult

from sparewheel.rag.errors import Unavailable
from sparewheel.rag.events import AttemptFailed, Done, Event, Replace, Retrieved, Token
from sparewheel.rag.retrieve.retrievers import as_document
from sparewheel.rag.types import Answer, Usage

T = TypeVar("T")


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns, for one that never waits."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a plain callback manager does not wait")


class ChildRuns:
    """Told every event of a question, in order."""

    def __init__(self, manager: CallbackManager | AsyncCallbackManager, question: str, corpus: str) -> None:
        """manager: of the chain's run, for its children."""
        self._manager = manager
        self._question = question
        self._corpus = corpus
        self._search: Any = None
        self._model: Any = None
        self._answerer = ""
        self._text = ""

    async def begin(self) -> None:
        """The search begins."""
        told = self._manager.on_retriever_start(None, self._question, name=f"search {self._corpus}")
        self._search = await _there(told)

    async def tell(self, event: Event) -> None:
        """An event has happened."""
        match event:
            case Retrieved(hits=hits):
                await _there(self._search.on_retriever_end([as_document(hit) for hit in hits]))
                self._search = None
            case Token(text=text, answerer=answerer):
                await self._token(text, answerer)
            case Replace(text=text, answerer=answerer):
                await self._ended(AIMessage(self._text))
                await self._token(text, answerer)
            case AttemptFailed(attempt=attempt):
                if attempt.outcome == "failed":
                    await self._entered(attempt.answerer)
                    await self._broken(Unavailable(attempt.detail or attempt.reason, reason=attempt.reason))
            case Done(answer=answer):
                await self._done(answer)

    async def fail(self, error: BaseException) -> None:
        """The question ends with an error: what is under way ends with it."""
        if self._search is not None:
            await _there(self._search.on_retriever_error(error))
            self._search = None
        await self._broken(error)

    async def _done(self, answer: Answer) -> None:
        if self._search is not None:
            await self.fail(Unavailable("; ".join(answer.notes)))
        if answer.outcome == "failed":
            await self._broken(Unavailable("; ".join(answer.notes)))
        elif answer.answered_by:
            await self._entered(answer.answered_by)
            about = {"model_name": answer.model or answer.answered_by}
            await self._ended(AIMessage(answer.text, usage_metadata=_counts(answer.usage), response_metadata=about))

    async def _token(self, text: str, answerer: str) -> None:
        await self._entered(answerer)
        if text:
            self._text += text
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
            await _there(self._model.on_llm_new_token(text, chunk=chunk))

    async def _entered(self, answerer: str) -> None:
        """There is a run of this answerer, and of no other."""
        if self._model is not None and self._answerer != answerer:
            await self._ended(AIMessage(self._text))
        if self._model is None:
            asked: list[list[BaseMessage]] = [[HumanMessage(self._question)]]
            (self._model,) = await _there(self._manager.on_chat_model_start({}, asked, name=answerer))
            self._answerer, self._text = answerer, ""

    async def _ended(self, message: AIMessage) -> None:
        if self._model is not None:
            await _there(self._model.on_llm_end(LLMResult(generations=[[ChatGeneration(message=message)]])))
            self._model = None

    async def _broken(self, error: BaseException) -> None:
        if self._model is not None:
            await _there(self._model.on_llm_error(error))
            self._model = None


async def _there(told: Any) -> Any:
    """What a manager returns, of either kind."""
    return await told if inspect.isawaitable(told) else told


def _counts(usage: Usage) -> UsageMetadata:
    total = usage.prompt_tokens + usage.completion_tokens
    return UsageMetadata(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens, total_tokens=total)
