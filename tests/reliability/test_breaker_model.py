"""The breaker against a naive model that keeps every call in a list and counts them anew each time."""

import math
import random
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Breaker

RULES = Breaker(
    window_s=10,
    buckets=5,
    failure_rate=0.3,
    minimum_calls=8,
    consecutive_failures=4,
    cooldown_s=5,
    long_minimum_calls=10000,
)
LEASE_S, LONG_S, BUCKET_S = 30.0, 600.0, 2.0


class Model:
    """What the breaker must do, written for the eye: state, every counted call, and the one live probe."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.now = self.since = 0.0
        self.state, self.generation, self.sleep, self.not_before = "closed", 0, 0.0, 0.0
        self.calls = []  # (second, failed) since it last closed
        self.probe = None  # (ticket, second its lease ends)
        self.passed = 0
        self.row = 0

    def window(self):
        first = math.floor(self.now / BUCKET_S) - RULES.buckets + 1
        return [failed for at, failed in self.calls if math.floor(at / BUCKET_S) >= first]

    def acquire(self, ticket):
        """(generation, is a probe), or None."""
        if self.now < self.not_before:
            return None
        if self.state == "closed":
            return self.generation, False
        if self.probe and self.now < self.probe[1]:
            return None
        if self.state == "open":
            self.enter("half-open")
            self.passed = 0
        self.probe = (ticket, self.now + LEASE_S)
        return self.generation, True

    def tell(self, ticket, generation, is_probe, fault):
        """fault None: success; "cancel": given back."""
        if generation != self.generation or (is_probe and (not self.probe or self.probe[0] != ticket)):
            return
        if is_probe:
            self.probe = None
        if fault == "cancel":
            return
        if fault is not None and not fault.trips:
            if fault.saturated:
                self.not_before = max(self.not_before, self.now + (fault.retry_after_s or 1.0))
            if not fault.useless:
                return
        if self.state == "closed":
            self.row = self.row + 1 if fault else 0
            if not fault or fault.trips:
                self.calls.append((self.now, fault is not None))
            window = self.window()
            share = len(window) >= RULES.minimum_calls and sum(window) / len(window) >= RULES.failure_rate
            share = share and fault and fault.trips
            if fault and (fault.long_sleep or share or self.row >= RULES.consecutive_failures):
                self.open(fault)
        elif fault:
            self.open(fault)
        else:
            self.passed += 1
            if self.passed == RULES.probe_successes:
                self.calls, self.row = [], 0
                self.enter("closed")

    def open(self, fault):
        well = self.state == "closed" and self.now - self.since >= self.sleep
        doubled = RULES.cooldown_s if well or not self.sleep else min(RULES.max_cooldown_s, 2 * self.sleep)
        self.sleep = LONG_S if fault.long_sleep else doubled
        self.not_before = self.now + self.sleep * (1 - 0.2 * self.rng.random())
        self.enter("open")

    def enter(self, state):
        self.state, self.since, self.probe = state, self.now, None
        self.generation += 1


class BreakerAgainstModel(RuleBasedStateMachine):
    permits = Bundle("permits")

    def __init__(self):
        super().__init__()
        self.clock = 0.0
        self.breaker = CircuitBreaker(
            "x", RULES, clock=lambda: self.clock, rng=random.Random(7), lease_s=LEASE_S, long_sleep_s=LONG_S
        )
        self.model = Model(7)
        self.tickets = 0

    @rule(target=permits)
    def acquire(self):
        self.tickets += 1
        permit, expected = self.breaker.acquire(), self.model.acquire(self.tickets)
        assert (permit is None) == (expected is None)
        if permit is None:
            return None
        assert (permit.generation, permit.probe) == expected
        return permit, self.tickets

    @rule(held=consumes(permits), fault=st.sampled_from(["overloaded", "cut_stream", "unauthorised", None, "cancel"]))
    def tell(self, held, fault):
        self._tell(held, fault)

    @rule(held=consumes(permits), wait=st.sampled_from([None, 3.0]))
    def saturate(self, held, wait):
        self._tell(held, "rate_limited", wait)

    @rule(held=consumes(permits), code=st.sampled_from(["content_risk", "content_filter"]))
    def mistake(self, held, code):
        self._tell(held, code)

    @rule(failures=st.lists(st.booleans(), min_size=1, max_size=12))
    def burst(self, failures):
        """Several calls at once, so that the window fills."""
        for failed in failures:
            self._tell(self.acquire(), "overloaded" if failed else None)

    @rule(target=permits)
    def ill_until_a_probe_is_due(self):
        self.burst([True] * RULES.consecutive_failures)
        self.wait(self.breaker.health().retry_in_s + 0.01)
        return self.acquire()

    @rule()
    def well_again(self):
        self.wait(self.breaker.health().retry_in_s + 0.01)
        for _ in range(RULES.probe_successes):
            self._tell(self.acquire(), None)

    @rule(failed=st.booleans())
    def a_call_leaves_the_window(self, failed):
        """One call, and a wait that ends in the bucket after the window's last."""
        self._tell(self.acquire(), "overloaded" if failed else None)
        self.wait(RULES.window_s)

    @rule(seconds=st.sampled_from([0.1, 0.7, 2.0, 4.9, 11.0, 31.0, 35.0, 1e7]))
    def wait(self, seconds):
        self.clock += seconds
        self.model.now = max(self.model.now, self.clock)

    @rule(seconds=st.sampled_from([0.5, 5.0]))
    def clock_runs_backwards(self, seconds):
        self.clock -= seconds

    def _tell(self, held, code, wait=None):
        if held is None:
            return
        permit, ticket = held
        fault = replace(FAULTS[code], retry_after_s=wait) if code in FAULTS else code
        if fault is None:
            permit.succeed()
        elif fault == "cancel":
            permit.cancel()
        else:
            permit.fail(fault)
        permit.fail(FAULTS["overloaded"])  # a second word, which counts for nothing
        self.model.tell(ticket, permit.generation, permit.probe, fault)

    @invariant()
    def same_state(self):
        health = self.breaker.health()
        window = self.model.window()
        assert health.state == self.model.state
        assert (health.calls, health.failures) == (len(window), sum(window))
        if self.model.state == "closed":
            assert health.failures_in_a_row == self.model.row

    @invariant()
    def leaves_alone_as_long_as_the_model(self):
        wait = self.model.not_before - self.model.now
        if self.model.state == "half-open" and self.model.probe:
            wait = max(wait, self.model.probe[1] - self.model.now)
        assert math.isclose(self.breaker.health().retry_in_s, max(0.0, wait), abs_tol=1e-6)


BreakerAgainstModel.TestCase.settings = settings(max_examples=80, stateful_step_count=50)
TestBreakerAgainstModel = BreakerAgainstModel.TestCase
