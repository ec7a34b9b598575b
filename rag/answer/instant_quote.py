"""Behind the last answerer: when none has answered by the deadline, the nearest sentence is quoted, in no time.

The answer says so itself: answered by "quote", degraded, with a note, and with the confidence of a quote.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol

from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.quote import SentenceQuoter
from sparewheel.rag.errors import SparewheelError, Unavailable
from sparewheel.rag.events import AttemptFailed, Replace, Token
from sparewheel.rag.reliability.deadline import Deadline
from sparewheel.rag.reliability.failover import FailoverEvent, Finished
from sparewheel.rag.reliability.workers import Urgency, Working
from sparewheel.rag.types import Answer, AnswerRequest, Attempt, Draft

QUOTE = "quote"  # its name
PREPARED_AT = 0.5  # of a question's time is gone: its quote is made, in case it is needed
KEPT_S = 0.01  # of its time, kept back for citing, and as much again for each other question that may need it then ...
KEPT_SHARE = 0.4  # ... at most so much of its time
LEAST_S = 0.05  # that is kept back in any case: threads are late on a busy machine ...
LEAST_SHARE = 0.4  # ... at most so much of its time
LATE_TIMES = 2.0  # what this event loop is late by is kept back, too, so often: it will be late again

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

    def __init__(self, answering: Inner, workers: Working, timeout_s: float = 60.0) -> None:
        """timeout_s: where a question has no deadline."""
        self._answering = answering
        self._workers = workers
        self._timeout_s = timeout_s
        self._open: set[_Standby] = set()  # one for each question in flight

    async def warm(self, request: AnswerRequest) -> None:
        """As the answerers in front."""
        await self._answering.warm(request)

    async def stream(self, request: AnswerRequest, deadline: Deadline | None = None) -> AsyncGenerator[FailoverEvent]:
        """The events of the answerers in front; where they fail or take too long, a quote. Raises nothing."""
        deadline = deadline or Deadline(self._timeout_s)
        left_s, shown, attempts = deadline.remaining(), False, list[Attempt]()
        standby = _Standby(lambda: self._quoted(request), left_s, lambda: len(self._open))
        self._open.add(standby)
        try:
            inner = Deadline(left_s - _kept_s(left_s, 1), deadline.clock)
            timed = replace(request, left_s=inner.remaining)
            async with aclosing(self._answering.stream(timed, inner)) as events:
                async for event in standby.watch(events):
                    if isinstance(event, AttemptFailed):
                        attempts.append(event.attempt)
                    shown = shown or isinstance(event, Token | Replace)
                    yield event
                    if isinstance(event, Finished):
                        standby.drop()
                        return
            failure: Exception = Unavailable("the answerers ended without an answer")
        except Exception as error:  # whatever it was, the passages are there
            failure = error
        except BaseException:  # nobody waits for the answer any more
            standby.drop()
            raise
        finally:
            self._open.discard(standby)
            standby.close()
        if isinstance(failure, Unavailable) and failure.attempts:
            attempts = list(failure.attempts)
        elif not isinstance(failure, SparewheelError | TimeoutError):
            log.error("the answerers failed", exc_info=failure)
        draft = await standby.draft()
        if draft.text:
            why = getattr(failure, "reason", "total_timeout")
            yield Replace(draft.text, QUOTE, why) if shown else Token(draft.text, QUOTE)
        note = _NOTE.get(request.language, _NOTE["en"])
        yield Finished(draft, QUOTE, True, tuple(attempts), () if draft.refused else (note,))

    async def _quoted(self, request: AnswerRequest) -> Draft:
        whole = replace(request, question=request.standalone or request.question)
        quoter = _QUOTERS.get(request.language, SentenceQuoter)()
        return await self._workers.run(Urgency.INSTANT, lambda: quoter.read(whole))


class _Standby:
    """The quote of one question. When many may need theirs at the same moment, they are made before, and all the
    answerers are given up a little earlier.
    """

    def __init__(self, make: Callable[[], Coroutine[Any, Any, Draft]], left_s: float, load: Callable[[], int]) -> None:
        """left_s: of the question's time. load: how many questions are in flight."""
        self._make, self._left_s, self._load = make, left_s, load
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._until = self._began + left_s - _kept_s(left_s, load())
        self._limit: asyncio.Timeout | None = None
        self._draft: asyncio.Task[Draft] | None = None
        self._prepared = self._began + PREPARED_AT * left_s
        self._timer = self._loop.call_at(self._prepared, self._prepare)

    async def watch(self, events: AsyncGenerator[FailoverEvent]) -> AsyncGenerator[FailoverEvent]:
        """`events`; raises TimeoutError when they are given up."""
        while True:
            try:
                async with asyncio.timeout_at(self._until) as self._limit:
                    event = await anext(events)
            except StopAsyncIteration:
                return
            finally:
                self._limit = None
            yield event

    async def draft(self) -> Draft:
        """The quote, made now where it was not before."""
        return await (self._draft or self._make())

    def close(self) -> None:
        """The answerers have ended; a quote that is being made is still there to be had."""
        self._timer.cancel()

    def drop(self) -> None:
        """The quote is not needed."""
        if self._draft is not None:
            self._draft.cancel()

    def _prepare(self) -> None:
        self._draft = self._loop.create_task(self._make())
        late_s = self._loop.time() - self._prepared
        self._until = self._began + self._left_s - _kept_s(self._left_s, self._load()) - LATE_TIMES * late_s
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(self._until)


def _kept_s(left_s: float, questions: int) -> float:
    return max(min(LEAST_SHARE * left_s, LEAST_S), min(KEPT_SHARE * left_s, KEPT_S * (1 + questions)))


def unread(answer: Answer, language: str) -> Answer:
    """A refusal of a quoter as what it is: nobody looked whether the documents hold the answer."""
    said, closest = _UNREAD.get(language, _UNREAD["en"])
    if answer.evidence:
        chunk = answer.evidence[0].chunk
        said += closest.format(place=" > ".join((chunk.title or chunk.document_id, *chunk.headings[-1:])))
    return replace(answer, text=said, outcome="refused", reason="unread", citations=())
