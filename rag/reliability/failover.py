"""Answerers in the order of the policy, until one has answered in full. See docs/failover.md for the figures.

    async for event in failover.stream(request, deadline):
        Token         more text                         Replace   forget the text so far, another answerer begins
        AttemptFailed an answerer failed                Finished  always the last one, with the whole Draft

A stream ends in one of two ways: with `Finished`, whose draft's text is what the tokens amount to (white space at its
ends aside), or with `AllFailed`. So half an answer can never be taken for a whole one.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import threading
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, replace

from sparewheel.rag.errors import Unavailable
from sparewheel.rag.events import AttemptFailed, Replace, Token
from sparewheel.rag.reliability.breaker import Health
from sparewheel.rag.reliability.call import Call
from sparewheel.rag.reliability.deadline import Deadline
from sparewheel.rag.reliability.faults import Fault
from sparewheel.rag.reliability.policy import order
from sparewheel.rag.reliability.race import Race
from sparewheel.rag.reliability.retry import RetryBudget
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.types import AnswerRequest, Attempt, Draft

RESERVE_SHARE = 0.1  # of the total budget, kept for the last answerer ...
RESERVE_MOST_S = 5.0  # ... but no more than this
CANCEL_WITHIN_S = 1.0  # how long a cancelled question waits for its sockets to close


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event. degraded: an answerer earlier in the order should have answered and could not.

    notes: what a reader of the answer must know of how it came about. local: nothing left this machine.
    """

    draft: Draft
    answered_by: str
    degraded: bool
    attempts: tuple[Attempt, ...]
    notes: tuple[str, ...] = ()
    local: bool = False


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

    names: configured order (see `policy.order`). speculative: the last answerer, where it is local, is called together
    with the first one, for at most `ahead_limit` questions at a time, so that a missed deadline is answered at once.
    A request that is `instant` has that answer shown as soon as it is there, until another answerer's replaces it.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        names: Sequence[str] = (),
        timeout_s: float = 60.0,
        speculative: bool = False,
        ahead_limit: int = 4,
        retries: RetryBudget | None = None,
    ) -> None:
        self._setup = (tuple(targets), tuple(names))
        self._timeout_s = timeout_s
        self._local_ahead = speculative
        self._ahead_slots = threading.BoundedSemaphore(ahead_limit)
        self._retries = retries or RetryBudget()
        self._watching: set[asyncio.Task[None]] = set()  # probes that were outrun
        self._closing: set[asyncio.Task[None]] = set()  # calls whose question is over

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
        """The events of one question, `Finished` last. Raises AllFailed.

        Close it (`aclose`, or cancel the task) to give the question up: every call of it is then closed.
        """
        ordered = order(self._setup[0], request.sensitivity, self._setup[1])
        self._retries.pay_in()
        within_s = deadline.remaining() if deadline else self._timeout_s
        ends = asyncio.get_running_loop().time() + within_s
        race = Race(ordered, request, ends, min(RESERVE_MOST_S, RESERVE_SHARE * within_s))
        try:
            if (
                (self._local_ahead or request.instant)
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
            race.probe_the_rest(self._retries.take)
            yield self._finished(race, ordered)
        finally:
            await self._leave(race)

    async def warm(self, request: AnswerRequest) -> None:
        """Has the last answerer, where it is local, answer for nobody: its model is in memory from then on."""
        last = order(self._setup[0], request.sensitivity, self._setup[1])[-1]
        if last.local:
            async for _ in last.answerer.stream(request):
                pass

    def _finished(self, race: Race, ordered: Sequence[Target]) -> Finished:
        assert race.draft is not None
        assert race.answered is not None
        target = race.answered.target
        before = itertools.takewhile(lambda one: one is not target, ordered)
        degraded = any(not one.memory for one in before)
        return Finished(race.draft, target.name, degraded, tuple(race.attempts), local=target.local)

    async def _leave(self, race: Race) -> None:
        """Nothing of the question stays behind but a probe that must still tell its breaker."""
        race.cancel()
        loop = asyncio.get_running_loop()
        for call in race.probes:
            watch = loop.create_task(_watch(call), name=f"probe {call.target.name}")
            watch.add_done_callback(functools.partial(_release, call))  # runs even if the task never began
            _keep(watch, self._watching)
        probing = {call.task for call in race.probes}
        for call in race.calls:
            _keep(call.task, self._closing)
        closing = [call.task for call in race.calls if not call.task.done() and call.task not in probing]
        if closing and race.draft is None:
            await asyncio.wait(closing, timeout=CANCEL_WITHIN_S)

    async def aclose(self) -> None:
        """Gives up the probes of this event loop that are still out, and waits until their sockets are closed."""
        loop = asyncio.get_running_loop()
        watching = [task for task in self._watching if task.get_loop() is loop]
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        if closing := [task for task in self._closing if task.get_loop() is loop]:
            await asyncio.wait(closing, timeout=CANCEL_WITHIN_S)


def _keep(task: asyncio.Task[None], kept: set[asyncio.Task[None]]) -> None:
    """The event loop itself holds its tasks only weakly."""
    kept.add(task)
    task.add_done_callback(kept.discard)


def _release(call: Call, _: object) -> None:
    call.cancel()


async def _watch(probe: Call) -> None:
    """Follows an outrun probe to its end and tells its breaker; its text goes nowhere."""
    item: object = None
    fault: Fault | None = None
    while not (fault or isinstance(item, Draft)):
        moment, _ = probe.pace.due()
        try:
            async with asyncio.timeout_at(moment):
                _, item, at = await probe.inbox.get()
            fault = probe.take(item, at)
        except TimeoutError:
            fault = probe.overdue(asyncio.get_running_loop().time())
        probe.kept.clear()
    probe.end(fault)
