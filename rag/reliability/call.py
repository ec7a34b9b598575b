"""One call of one answerer: a task that posts what its source streams into an inbox, and closes the source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

from sparewheel.rag.clean import says_something
from sparewheel.rag.reliability.breaker import Permit
from sparewheel.rag.reliability.deadline import Pace, close
from sparewheel.rag.reliability.faults import FAULTS, Fault, classify, failure
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.types import AnswerRequest, Attempt, Draft, Progress, Usage

MAX_ANSWER_CHARS = 2_000_000  # a source that streams more is broken
_END = object()
Message = tuple["Call", object, float]  # who, what (item, exception or _END), when


class Call:
    """One call of one answerer, pumping its items into an inbox."""

    def __init__(
        self, target: Target, request: AnswerRequest, permit: Permit | None, ends: float, inbox: asyncio.Queue[Message]
    ) -> None:
        self.target = target
        self.permit = permit
        self.inbox = inbox
        self.kept: list[str | Draft] = []  # came, but not shown yet
        self._clock = asyncio.get_running_loop().time
        self.began = self._clock()
        self.pace = Pace(target.budgets, self.began, ends)
        self._usage = Usage()  # of a call that failed
        self._stopping = False
        self._ended = False
        self.task = asyncio.get_running_loop().create_task(self._pump(request), name=f"call {target.name}")

    @property
    def is_probe(self) -> bool:
        return self.permit is not None and self.permit.probe

    def take(self, item: object, at: float) -> Fault | None:
        """Notes a message; the fault if it ends the call badly."""
        if isinstance(item, BaseException):
            self._usage = getattr(item, "usage", None) or self._usage
            return classify(item)
        if item is _END:
            return FAULTS["cut_stream"]
        self.pace.advance(item, at)
        if item is Progress.LOADING:
            return FAULTS["loading"]
        if isinstance(item, Draft) and not (item.refused or item.spans or says_something(item.text)):
            return FAULTS["blank_answer"]
        if isinstance(item, str | Draft):
            self.kept.append(item)
        return None

    def overdue(self, now: float) -> Fault | None:
        moment, budget = self.pace.due()
        if moment > now:
            return None
        fault = classify(self.pace.missed(budget))
        return fault if self.pace.late_s == 0.0 else replace(fault, trips=False)  # our loop was late, too

    def attempt(
        self, began: float, outcome: Literal["answered", "failed", "cancelled"], fault: Fault | None = None
    ) -> Attempt:
        """How it went; `began`: when the race did."""
        return Attempt(
            answerer=self.target.name,
            outcome=outcome,
            reason=fault.code if fault else "",
            detail=(fault.detail or fault.meaning) if fault else "",
            seconds=self._clock() - self.began,
            first_token_s=self.pace.first_token_s,
            after_s=max(0.0, self.began - began),
            usage=self._usage,
        )

    def end(self, fault: Fault | None) -> None:
        """The call is over: its breaker is told and its source closes; nobody waits for that."""
        if self.permit is not None:
            if fault is None:
                self.permit.succeed(self._clock() - self.began)
            else:
                self.permit.fail(fault)
        self._stop()

    def cancel(self) -> None:
        """Nobody needs the call any more."""
        if self.permit is not None:
            self.permit.cancel()
        self._stop()

    def _stop(self) -> None:
        # A pump that has ended is closing its source: a cancellation then would leave the socket open.
        if not self._stopping and not self._ended:
            self.task.cancel()
        self._stopping = True

    async def _pump(self, request: AnswerRequest) -> None:
        source: AsyncIterator[str | Progress | Draft] | None = None
        chars = 0
        try:
            source = self.target.answerer.stream(request)
            async for item in source:
                chars += len(item) if isinstance(item, str) else 0
                if chars > MAX_ANSWER_CHARS:
                    raise failure("malformed", f"more than {MAX_ANSWER_CHARS} characters")
                self._post(item)
                if isinstance(item, Draft):
                    break
            else:
                self._post(_END)
            self._ended = True
        except asyncio.CancelledError:
            if not self._stopping:
                self._post(failure("connection_lost", "the answerer cancelled itself"))
            raise
        except Exception as error:
            self._ended = True
            self._post(error)
        finally:
            if source is not None:
                await close(source)

    def _post(self, item: object) -> None:
        self.inbox.put_nowait((self, item, self._clock()))
