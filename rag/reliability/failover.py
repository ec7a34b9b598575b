"""Answerers in the order of the policy, until one has answered in full. See docs/failover.md for the figures.

    async for event in failover.stream(request, deadline):
        Token         more text                         Replace   forget the text so far, another answerer begins
        AttemptFailed an answerer failed                Finished  always the last one, with the whole Draft

A stream ends in one of two ways: with `Finished`, whose draft's text is what the tokens amount to, or with an exception
(`AllFailed`, or `UsageError` for the caller's mistake). So half an answer can never be taken for a whole one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from rag.errors import Unavailable
from rag.reliability.breaker import CircuitBreaker, Health
from rag.reliability.deadline import Budgets, Deadline, Progress
from rag.reliability.policy import order
from rag.reliability.race import Call, Race
from rag.reliability.retry import RetryBudget
from rag.types import AnswerRequest, Attempt, AttemptFailed, Draft, Replace, Token

RESERVE_SHARE = 0.1  # of the total budget, kept for the last answerer ...
RESERVE_MOST_S = 5.0  # ... but no more than this
CANCEL_WITHIN_S = 1.0  # how long a cancelled question waits for its sockets to close


class Source(Protocol):
    """An answerer (`types.Answerer`) that may also say that it is connected, or alive."""

    @property
    def name(self) -> str: ...
    @property
    def local(self) -> bool: ...
    def stream(self, request: AnswerRequest) -> AsyncIterator[str | Progress | Draft]: ...


@dataclass(frozen=True, eq=False)
class Target:
    """An answerer with its budgets and its breaker; breaker None: always called (the built-in reader).

    identity: what makes it the same endpoint after a reload (address, model, key); "" never is.
    hedge_after_s: the next answerer is called beside this one when no token came for so long; 0: never.
    """

    answerer: Source
    budgets: Budgets = field(default_factory=Budgets)
    breaker: CircuitBreaker | None = None
    identity: str = ""
    hedge_after_s: float = 0.0
    last_resort: bool = False

    @property
    def name(self) -> str:
        return self.answerer.name

    @property
    def local(self) -> bool:
        return self.answerer.local


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event. degraded: an answerer earlier in the order should have answered and could not."""

    draft: Draft
    answered_by: str
    degraded: bool
    attempts: tuple[Attempt, ...]


class AllFailed(Unavailable):
    """No answerer answered; `attempts` says why, one each. reason is the last one's fault code."""

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        told = ", ".join(f"{a.answerer}: {a.reason}" for a in attempts)
        last = next((a.reason for a in reversed(attempts) if a.outcome == "failed"), "left_alone")
        super().__init__(f"no answerer could answer ({told})", reason=last)
        self.attempts = tuple(attempts)


FailoverEvent = Token | Replace | AttemptFailed | Finished


class Failover:
    """Shared by all questions, threads and event loops. `reload` swaps the answerers while questions are in flight.

    names: configured order (see `policy.order`). local_ahead: the last answerer, where it is local, is called together
    with the first one, for at most `ahead_limit` questions at a time, so that a missed deadline is answered at once.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        names: Sequence[str] = (),
        answer_within_s: float = 60.0,
        local_ahead: bool = False,
        ahead_limit: int = 4,
        retries: RetryBudget | None = None,
    ) -> None:
        self._setup = (tuple(targets), tuple(names))
        self._answer_within_s = answer_within_s
        self._local_ahead = local_ahead
        self._ahead_slots = threading.BoundedSemaphore(ahead_limit)
        self._retries = retries or RetryBudget()
        self._left_running: set[asyncio.Task[None]] = set()

    @property
    def targets(self) -> tuple[Target, ...]:
        return self._setup[0]

    def reload(self, targets: Iterable[Target], names: Sequence[str] = ()) -> None:
        """From the next question on these answerers; one whose identity was known keeps its breaker."""
        breakers = {target.identity: target.breaker for target in self.targets if target.identity}
        kept = (replace(t, breaker=breakers[t.identity]) if t.identity in breakers else t for t in targets)
        self._setup = (tuple(kept), tuple(names))  # one assignment: a question sees either the old or the new

    def health(self) -> list[Health]:
        """The breakers' state, in the order given."""
        return [target.breaker.health() for target in self.targets if target.breaker]

    async def stream(
        self, request: AnswerRequest, deadline: Deadline | None = None
    ) -> AsyncGenerator[FailoverEvent, None]:
        """The events of one question, `Finished` last. Raises AllFailed, or UsageError for the caller's mistake.

        Close it (`aclose`, or cancel the task) to give the question up: every call of it is then closed.
        """
        ordered = order(self._setup[0], request.sensitivity, self._setup[1])
        self._retries.pay_in()
        within_s = deadline.remaining() if deadline else self._answer_within_s
        ends = asyncio.get_running_loop().time() + within_s
        race = Race(ordered, request, ends, min(RESERVE_MOST_S, RESERVE_SHARE * within_s))
        try:
            if (
                self._local_ahead
                and len(ordered) > 1
                and ordered[-1].local
                and self._ahead_slots.acquire(blocking=False)
            ):
                race.start_ahead().task.add_done_callback(lambda _: self._ahead_slots.release())
            while race.draft is None:
                if not race.start_due(self._retries.take):
                    raise AllFailed(race.attempts)
                await race.step()
                while race.events:
                    yield race.events.pop(0)
            yield self._finished(race, ordered)
        finally:
            await self._leave(race)

    def _finished(self, race: Race, ordered: Sequence[Target]) -> Finished:
        assert race.draft is not None
        assert race.answered is not None
        target = race.answered.target
        return Finished(race.draft, target.name, target is not ordered[0], tuple(race.attempts))

    async def _leave(self, race: Race) -> None:
        """Nothing of the question stays behind but a probe that must still tell its breaker."""
        race.cancel()
        for call in race.probes:
            self._keep(asyncio.get_running_loop().create_task(_watch(call), name=f"probe {call.target.name}"))
        probing = {call.task for call in race.probes}
        closing = [call.task for call in race.calls if not call.task.done() and call.task not in probing]
        for task in closing:
            self._keep(task)
        if closing and race.draft is None:
            await asyncio.wait(closing, timeout=CANCEL_WITHIN_S)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._left_running.add(task)
        task.add_done_callback(self._left_running.discard)

    async def aclose(self) -> None:
        """Cancels the probes of this event loop that are still out."""
        loop = asyncio.get_running_loop()
        mine = [task for task in self._left_running if task.get_loop() is loop]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)


async def _watch(probe: Call) -> None:
    """Follows an outrun probe to its end and tells its breaker; its text goes nowhere."""
    try:
        while True:
            moment, _ = probe.pace.due()
            try:
                async with asyncio.timeout_at(moment):
                    _, item, at = await probe.inbox.get()
                fault = probe.take(item, at)
            except TimeoutError:
                item, fault = None, None
            fault = fault or probe.overdue(asyncio.get_running_loop().time())
            if fault or isinstance(item, Draft):
                probe.end(fault)
                return
            probe.kept.clear()
    finally:
        probe.cancel()
