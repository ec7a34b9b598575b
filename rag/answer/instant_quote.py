"""Behind the last answerer: when none has answered by the deadline, the nearest sentence is quoted, in no time.

The answer says so itself: answered by "quote", degraded, with a note, and with the confidence of a quote.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.quote import SentenceQuoter
from sparewheel.rag.errors import SparewheelError, Unavailable
from sparewheel.rag.events import AttemptFailed, Replace, Token
from sparewheel.rag.reliability.deadline import Deadline
from sparewheel.rag.reliability.failover import FailoverEvent, Finished
from sparewheel.rag.reliability.workers import Urgency, Working
from sparewheel.rag.types import Answer, AnswerRequest, Attempt, Draft

QUOTE = "quote"  # its name
KEPT_S = 0.02  # of a question's time, kept back to quote in, and as much again for each other question that may need it
KEPT_SHARE = 0.25  # at most so much of its time

log = logging.getLogger(__name__)


class Quotes(Protocol):
    """A quoter: no network, some milliseconds."""

    def read(self, request: AnswerRequest) -> Draft: ...


class Inner(Protocol):
    """The answerers that come first: `Finished` last, or an exception where none could answer."""

    def stream(self, request: AnswerRequest, deadline: Deadline | None = None) -> AsyncGenerator[FailoverEvent]: ...

    async def warm(self, request: AnswerRequest) -> None: ...


_QUOTERS: Mapping[str, Callable[[], Quotes]] = {"zh": ClauseQuoter}
_NOTE = {
    "en": "No answerer was able to read the passages in time: this is only the sentence nearest to the question.",
    "zh": "没有回答者来得及阅读这些段落：这里只引用与问题最接近的句子。",
}
_UNREAD = {
    "en": ("No answerer was able to read the passages in time.", " The closest one is in {place}."),
    "zh": ("没有回答者来得及阅读这些段落。", "最接近的段落：{place}。"),
}


class InstantQuote:
    """`answering` with a quote behind it: a stream that always ends with `Finished`, in time."""

    def __init__(self, answering: Inner, workers: Working, answer_within_s: float = 60.0) -> None:
        """answer_within_s: where a question has no deadline."""
        self._answering = answering
        self._workers = workers
        self._answer_within_s = answer_within_s
        self._open: set[object] = set()  # one for each question in flight

    async def warm(self, request: AnswerRequest) -> None:
        """As the answerers in front."""
        await self._answering.warm(request)

    async def stream(self, request: AnswerRequest, deadline: Deadline | None = None) -> AsyncGenerator[FailoverEvent]:
        """The events of the answerers in front; where they fail or take too long, a quote. Raises nothing."""
        deadline = deadline or Deadline(self._answer_within_s)
        question, shown, attempts = object(), False, list[Attempt]()
        self._open.add(question)
        try:
            left_s = deadline.remaining()
            kept_s = min(KEPT_SHARE * left_s, KEPT_S * (1 + len(self._open)))
            inner = Deadline(left_s - kept_s, deadline.clock)
            ends = asyncio.get_running_loop().time() + left_s - kept_s / 2  # the answerers may have to close sockets
            async with aclosing(_until(ends, self._answering.stream(request, inner))) as events:
                async for event in events:
                    if isinstance(event, AttemptFailed):
                        attempts.append(event.attempt)
                    shown = shown or isinstance(event, Token | Replace)
                    yield event
                    if isinstance(event, Finished):
                        return
            failure: Exception = Unavailable("the answerers ended without an answer")
        except Exception as error:  # whatever it was, the passages are there
            failure = error
        finally:
            self._open.discard(question)
        if isinstance(failure, Unavailable) and failure.attempts:
            attempts = list(failure.attempts)
        elif not isinstance(failure, SparewheelError | TimeoutError):
            log.error("the answerers failed", exc_info=failure)
        draft = await self._workers.run(Urgency.INSTANT, lambda: _quoted(request))
        if draft.text:
            why = getattr(failure, "reason", "") or type(failure).__name__
            yield Replace(draft.text, QUOTE, why) if shown else Token(draft.text, QUOTE)
        note = _NOTE.get(request.language, _NOTE["en"])
        yield Finished(draft, QUOTE, True, tuple(attempts), () if draft.refused else (note,))


def unread(answer: Answer, language: str) -> Answer:
    """A refusal of a quoter as what it is: nobody looked whether the documents hold the answer."""
    said, closest = _UNREAD.get(language, _UNREAD["en"])
    if answer.evidence:
        chunk = answer.evidence[0].chunk
        said += closest.format(place=" > ".join((chunk.title or chunk.document_id, *chunk.headings[-1:])))
    return replace(answer, text=said, outcome="refused", citations=())


def _quoted(request: AnswerRequest) -> Draft:
    whole = replace(request, question=request.standalone or request.question)
    return _QUOTERS.get(request.language, SentenceQuoter)().read(whole)


async def _until(ends: float, events: AsyncGenerator[FailoverEvent]) -> AsyncGenerator[FailoverEvent]:
    """`events`; raises TimeoutError where the next one has not come by `ends`, a moment of the event loop."""
    async with aclosing(events):
        while True:
            try:
                async with asyncio.timeout_at(ends):
                    event = await anext(events)
            except StopAsyncIteration:
                return
            yield event
