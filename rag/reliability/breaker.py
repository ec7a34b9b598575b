"""A circuit breaker: when an endpoint is ill it is left alone, and one question at a time finds out whether it is well.

    closed ── 30 % of at least 20 calls failed, 5 failed in a row, or a fault no retry cures ──> open
    open ── the sleep is over, one caller takes the probe ──> half-open
    half-open ── 3 probes in a row succeed ──> closed;  one fails ──> open, sleeping twice as long

Every call takes a `Permit` and tells it how the call went. The lock is held only then, never during the call, so that
threads and tasks can share one breaker. A permit carries the generation it was given in: told after the state has
changed, it changes nothing. The sleep falls back to its first length once the endpoint stayed closed for as long as it
last slept: an endpoint that closes between two failures keeps its long sleep.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from sparewheel.rag.reliability.deadline import Clock
from sparewheel.rag.reliability.faults import Fault
from sparewheel.rag.reliability.window import RollingWindow

State = Literal["closed", "open", "half-open"]
Listener = Callable[[str, State, State, str], None]  # name, state before, state after, reason

SATURATION_PAUSE_S = 1.0  # after a 429 that names no time
JITTER = 0.2  # a sleep is 80 to 100 % of its nominal length, so that many processes do not probe together


class Rules(Protocol):
    """The figures of a breaker; `rag.settings.Breaker` is one."""

    @property
    def window_s(self) -> float: ...
    @property
    def buckets(self) -> int: ...
    @property
    def failure_share(self) -> float: ...
    @property
    def minimum_calls(self) -> int: ...
    @property
    def consecutive_failures(self) -> int: ...
    @property
    def sleep_s(self) -> float: ...
    @property
    def max_sleep_s(self) -> float: ...
    @property
    def probe_successes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Health:
    """A breaker at one moment. calls and failures are of the window; retry_in_s is 0 when a call would go through."""

    name: str
    state: State
    calls: int
    failures: int
    failures_in_a_row: int
    opened: int  # times since the start
    sleep_s: float  # of the last or running sleep, before jitter
    retry_in_s: float
    for_s: float  # seconds in this state
    reason: str  # why it last opened or paused, a fault code


class Permit:
    """Leave to make one call. Tell it once how the call went; what is told later is ignored."""

    __slots__ = ("_breaker", "_used", "generation", "probe")

    def __init__(self, breaker: CircuitBreaker, generation: int, probe: bool) -> None:
        self._breaker = breaker
        self.generation = generation
        self.probe = probe
        self._used = False

    def succeed(self) -> None:
        self._breaker._tell(self, None)

    def fail(self, fault: Fault) -> None:
        self._breaker._tell(self, fault)

    def cancel(self) -> None:
        """The call was given up for a reason that says nothing of the endpoint; a probe becomes free again."""
        self._breaker._give_back(self)


class CircuitBreaker:
    """The breaker of one endpoint. Safe to share between threads and event loops.

    lease_s: a probe that was not heard of for so long is free for the next caller.
    long_sleep_s: the sleep after a fault that no retry cures (key refused, no balance).
    """

    def __init__(
        self,
        name: str,
        rules: Rules,
        *,
        clock: Clock = time.monotonic,
        rng: random.Random | None = None,
        lease_s: float = 90.0,
        long_sleep_s: float = 600.0,
    ) -> None:
        self.name = name
        self._rules = rules
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311  spreads probes, guards no secret
        self._lease_s = lease_s
        self._long_sleep_s = long_sleep_s
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._window = RollingWindow(rules.window_s, rules.buckets)
        self._state: State = "closed"
        self._latest = clock()
        self._since = self._latest
        self._generation = 0
        self._in_a_row = 0
        self._opened = 0
        self._sleep_s = 0.0  # nominal; 0: never slept, or well again for long enough
        self._not_before = self._since  # an open breaker's probe, or a saturated endpoint's next call
        self._probe: Permit | None = None
        self._probe_ends = self._since
        self._probes_passed = 0
        self._reason = ""

    @property
    def state(self) -> State:
        return self._state

    def listen(self, listener: Listener) -> None:
        """Calls `listener` after every change of state, outside the lock; one that listens already is not added."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def acquire(self) -> Permit | None:
        """Leave for one call; None while the endpoint is to be left alone. Never waits."""
        with self._lock:
            now = self._now()
            if now < self._not_before:
                return None
            if self._state == "closed":
                return Permit(self, self._generation, probe=False)
            if self._probe is not None and now < self._probe_ends:
                return None
            before = self._state
            if before == "open":
                self._enter("half-open", now)
                self._probes_passed = 0
            self._probe = Permit(self, self._generation, probe=True)
            self._probe_ends = now + self._lease_s
            permit = self._probe
        if before == "open":
            self._announce(before, "half-open", "")
        return permit

    def health(self) -> Health:
        """What the health page and the metrics show."""
        with self._lock:
            now = self._now()
            self._window.roll(now)
            wait_s = self._not_before - now
            if self._state == "half-open" and self._probe is not None:
                wait_s = max(wait_s, self._probe_ends - now)
            return Health(
                name=self.name,
                state=self._state,
                calls=self._window.calls,
                failures=self._window.failures,
                failures_in_a_row=self._in_a_row,
                opened=self._opened,
                sleep_s=self._sleep_s,
                retry_in_s=max(0.0, wait_s),
                for_s=max(0.0, now - self._since),
                reason=self._reason,
            )

    def _tell(self, permit: Permit, fault: Fault | None) -> None:
        with self._lock:
            if not self._take(permit):
                return
            now, before = self._now(), self._state
            if fault is not None and not fault.trips:
                if fault.saturated:
                    pause_s = SATURATION_PAUSE_S if fault.retry_after_s is None else fault.retry_after_s
                    self._not_before = max(self._not_before, now + pause_s)
                    self._reason = fault.code
                return
            if before == "half-open":
                self._probed(fault, now)
            else:
                self._count(fault, now)
            after = self._state
            reason = fault.code if fault else ""
        if after != before:
            self._announce(before, after, reason)

    def _give_back(self, permit: Permit) -> None:
        with self._lock:
            self._take(permit)

    def _now(self) -> float:
        """The clock, never running backwards. Under the lock."""
        self._latest = max(self._latest, self._clock())
        return self._latest

    def _take(self, permit: Permit) -> bool:
        """True when the permit still counts. Frees its probe. Under the lock."""
        if permit._used:
            return False
        permit._used = True
        if permit.generation != self._generation:
            return False
        if permit.probe:
            if self._probe is not permit:  # its lease ran out and another caller has it
                return False
            self._probe = None
        return True

    def _count(self, fault: Fault | None, now: float) -> None:
        """A call of a closed breaker. Under the lock."""
        self._window.add(now, failed=fault is not None)
        if fault is None:
            self._in_a_row = 0
            return
        self._in_a_row += 1
        rules, window = self._rules, self._window
        too_many = window.calls >= rules.minimum_calls and window.failures >= rules.failure_share * window.calls
        if fault.long_sleep or too_many or self._in_a_row >= rules.consecutive_failures:
            self._open(fault, now)

    def _probed(self, fault: Fault | None, now: float) -> None:
        """A probe's result. Under the lock."""
        if fault is not None:
            self._open(fault, now)
            return
        self._probes_passed += 1
        if self._probes_passed >= self._rules.probe_successes:
            self._window.clear()
            self._in_a_row = 0
            self._enter("closed", now)

    def _open(self, fault: Fault, now: float) -> None:
        """Under the lock."""
        stayed_well = self._state == "closed" and now - self._since >= self._sleep_s
        if fault.long_sleep:
            self._sleep_s = self._long_sleep_s
        elif self._sleep_s == 0.0 or stayed_well:
            self._sleep_s = self._rules.sleep_s
        else:
            self._sleep_s = min(self._rules.max_sleep_s, 2 * self._sleep_s)
        self._not_before = now + self._sleep_s * (1 - JITTER * self._rng.random())
        if fault.retry_after_s is not None:
            self._not_before = max(self._not_before, now + fault.retry_after_s)
        self._opened += 1
        self._reason = fault.code
        self._enter("open", now)

    def _enter(self, state: State, now: float) -> None:
        """Under the lock."""
        self._state = state
        self._since = now
        self._generation += 1
        self._probe = None

    def _announce(self, before: State, after: State, reason: str) -> None:
        for listener in self._listeners:
            try:
                listener(self.name, before, after, reason)
            except Exception:
                logging.getLogger(__name__).exception("a listener of breaker %r failed", self.name)
