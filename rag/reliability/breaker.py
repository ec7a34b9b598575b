"""A circuit breaker: when an endpoint is ill it is left alone, and one question at a time finds out whether it is well.

    closed ── 30 % of at least 20 calls failed, 75 % of at least 5 within a minute, 5 in a row, all of at least 20
              took too long, or a fault no retry cures ──> open
    open ── the sleep is over, one caller takes the probe ──> half-open
    half-open ── 3 probes in a row succeed ──> closed;  one fails ──> open, sleeping twice as long

Every call takes a `Permit` and tells it how the call went. The lock is held only then, never during the call, so that
threads and tasks can share one breaker. A permit carries the generation it was given in: told after the state has
changed, it changes nothing. The sleep falls back to its first length once the endpoint stayed closed for as long as it
last slept: an endpoint that closes between two failures keeps its long sleep. A pause that the endpoint asks for is
kept, but never longer than the longest sleep: an hour of Retry-After still gets a probe a minute.
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
from sparewheel.rag.reliability.faults import FAULTS, Fault
from sparewheel.rag.reliability.window import RollingWindow

State = Literal["closed", "open", "half-open"]
Listener = Callable[[str, State, State, str], None]  # name, state before, state after, reason

SATURATION_PAUSE_S = 1.0  # after a 429 that names no time
LEAST_PAUSE_S = 0.5  # after one that names no time to speak of
JITTER = 0.2  # a sleep is 80 to 100 % of its nominal length, so that many processes do not probe together


class Rules(Protocol):
    """The figures of a breaker; `rag.settings.Breaker` is one."""

    @property
    def window_s(self) -> float: ...
    @property
    def buckets(self) -> int: ...
    @property
    def failure_rate(self) -> float: ...
    @property
    def minimum_calls(self) -> int: ...
    @property
    def consecutive_failures(self) -> int: ...
    @property
    def long_window_s(self) -> float: ...
    @property
    def long_failure_share(self) -> float: ...
    @property
    def long_minimum_calls(self) -> int: ...
    @property
    def slow_call_s(self) -> float: ...
    @property
    def slow_share(self) -> float: ...
    @property
    def cooldown_s(self) -> float: ...
    @property
    def max_cooldown_s(self) -> float: ...
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
    cooldown_s: float  # of the last or running sleep, before jitter
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

    def succeed(self, seconds: float = 0.0) -> None:
        """seconds: how long the whole answer took."""
        self._breaker._tell(self, None, seconds)

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
        self._minute = RollingWindow(rules.long_window_s, rules.buckets)
        self._slow = RollingWindow(rules.long_window_s, rules.buckets)  # its failures: whole answers that took too long
        self._fingerprint: Callable[[], str] = str
        self._opened_with = ""  # what the fingerprint was when it opened
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

    def mended_by(self, fingerprint: Callable[[], str]) -> None:
        """fingerprint: of what may be the cause of a fault no retry cures (the key). Changed, a probe goes at once."""
        self._fingerprint = fingerprint

    def well(self) -> bool:
        """Closed, not pausing, and fewer of its last calls failed than half of what would open it."""
        with self._lock:
            now = self._now()
            self._window.roll(now)
            calls, failures = self._window.calls, self._window.failures
            few = not failures or failures < self._rules.failure_rate / 2 * calls
            return self._state == "closed" and now >= self._not_before and few

    def acquire(self) -> Permit | None:
        """Leave for one call; None while the endpoint is to be left alone. Never waits."""
        changed = self._state == "open" and self._sleep_s >= self._long_sleep_s and self._changed()
        with self._lock:
            now = self._now()
            if changed and self._state == "open":
                self._not_before = now
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
                cooldown_s=self._sleep_s,
                retry_in_s=max(0.0, wait_s),
                for_s=max(0.0, now - self._since),
                reason=self._reason,
            )

    def _changed(self) -> bool:
        return self._fingerprint() != self._opened_with

    def _tell(self, permit: Permit, fault: Fault | None, seconds: float = 0.0) -> None:
        fingerprint = self._fingerprint() if fault is not None and (fault.long_sleep or fault.stubborn) else ""
        with self._lock:
            if not self._take(permit):
                return
            now, before = self._now(), self._state
            self._opened_with = fingerprint or self._opened_with
            if fault is not None and (fault.saturated or (fault.trips and fault.retry_after_s is not None)):
                self._pause(fault, now)
            if fault is not None and not (fault.trips or fault.useless):
                return
            if before == "half-open":
                self._probed(fault, now)
            else:
                self._count(fault, now, seconds)
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

    def _pause(self, fault: Fault, now: float) -> None:
        """The endpoint says when it wants to be asked again. Under the lock."""
        pause_s = SATURATION_PAUSE_S if fault.retry_after_s is None else max(LEAST_PAUSE_S, fault.retry_after_s)
        self._not_before = max(self._not_before, now + min(pause_s, self._rules.max_cooldown_s))
        self._reason = fault.code

    def _count(self, fault: Fault | None, now: float, seconds: float = 0.0) -> None:
        """A call of a closed breaker. Under the lock."""
        rules = self._rules
        if fault is None or fault.trips:  # what may be the question's fault counts in a row only
            for window in (self._window, self._minute):
                window.add(now, failed=fault is not None)
        if fault is None:
            self._in_a_row = 0
            self._slow.add(now, failed=seconds > rules.slow_call_s)
            if self._slow.calls >= rules.minimum_calls and self._slow.failures >= rules.slow_share * self._slow.calls:
                self._open(FAULTS["total_timeout"], now)
            return
        self._in_a_row += 1
        if fault.long_sleep or self._in_a_row >= rules.consecutive_failures or (fault.trips and self._too_many()):
            self._open(fault, now)

    def _too_many(self) -> bool:
        """Failures of the last seconds, or of the last minute where few calls are made. Under the lock."""
        rules = self._rules
        return any(
            window.calls >= least and window.failures >= share * window.calls
            for window, least, share in (
                (self._window, rules.minimum_calls, rules.failure_rate),
                (self._minute, rules.long_minimum_calls, rules.long_failure_share),
            )
        )

    def _probed(self, fault: Fault | None, now: float) -> None:
        """A probe's result. Under the lock."""
        if fault is not None:
            self._open(fault, now)
            return
        self._probes_passed += 1
        if self._probes_passed >= self._rules.probe_successes:
            for window in (self._window, self._minute, self._slow):
                window.clear()
            self._in_a_row = 0
            self._enter("closed", now)

    def _open(self, fault: Fault, now: float) -> None:
        """Under the lock."""
        stayed_well = self._state == "closed" and now - self._since >= self._sleep_s
        if fault.long_sleep or fault.stubborn:
            self._sleep_s = self._long_sleep_s
        elif self._sleep_s == 0.0 or stayed_well:
            self._sleep_s = self._rules.cooldown_s
        else:
            self._sleep_s = min(self._rules.max_cooldown_s, 2 * self._sleep_s)
        # a pause that was asked for goes on; whatever else was to wait for is over
        asked_s = 0.0 if fault.retry_after_s is None else min(fault.retry_after_s, self._rules.max_cooldown_s)
        self._not_before = now + max(asked_s, self._sleep_s * (1 - JITTER * self._rng.random()))
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
