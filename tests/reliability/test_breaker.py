"""The circuit breaker, with the clock in hand."""

import random
from dataclasses import replace

import pytest

from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Breaker

ILL = FAULTS["overloaded"]


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class NoJitter(random.Random):
    def random(self):
        return 0.0


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker("primary", Breaker(), clock=clock, rng=NoJitter())


def fail(breaker, times=1, fault=ILL):
    for _ in range(times):
        breaker.acquire().fail(fault)


def succeed(breaker, times=1):
    for _ in range(times):
        breaker.acquire().succeed()


def test_five_failures_in_a_row_open_it(breaker):
    """Twenty calls in ten seconds never happen on a quiet day."""
    fail(breaker, 4)
    assert breaker.state == "closed"
    fail(breaker)
    assert (breaker.state, breaker.acquire()) == ("open", None)


def test_thirty_percent_of_twenty_calls_open_it(breaker):
    """Six failures among twenty, never two in a row: open at the twentieth call and not before."""
    for _ in range(6):
        succeed(breaker, 2)
        fail(breaker)
    assert breaker.health().calls == 18
    assert breaker.state == "closed"
    succeed(breaker)
    fail(breaker)
    assert breaker.state == "open"


def test_failures_older_than_the_window_are_forgotten(breaker, clock):
    """Ten seconds later the same failures no longer count."""
    for _ in range(6):
        fail(breaker)
        succeed(breaker)
    clock.now += 10
    assert breaker.health().calls == 0
    for _ in range(3):
        succeed(breaker, 5)
        fail(breaker)
    assert breaker.state == "closed"


def test_it_closes_after_three_probes_one_at_a_time(breaker, clock):
    """After the sleep one caller gets through, the others do not, until it has told."""
    fail(breaker, 5)
    clock.now += 4.99
    assert breaker.acquire() is None
    clock.now += 0.02
    for _ in range(3):
        probe = breaker.acquire()
        assert (probe.probe, breaker.acquire(), breaker.state) == (True, None, "half-open")
        probe.succeed()
    assert (breaker.state, breaker.acquire().probe) == ("closed", False)


def test_the_sleep_doubles_up_to_a_minute(breaker, clock):
    """5, 10, 20, 40, 60, 60 seconds while every probe fails."""
    fail(breaker, 5)
    sleeps = []
    for _ in range(6):
        sleeps.append(breaker.health().retry_in_s)
        clock.now += sleeps[-1]
        fail(breaker)
    assert sleeps == pytest.approx([5, 10, 20, 40, 60, 60])


def test_jitter_shortens_a_sleep_by_a_fifth_at_most(clock):
    """Processes do not probe together, and none waits longer than the figure says."""
    sleeps = set()
    for seed in range(50):
        one = CircuitBreaker("p", Breaker(), clock=clock, rng=random.Random(seed))
        fail(one, 5)
        sleeps.add(round(one.health().retry_in_s, 6))
    assert min(sleeps) >= 4.0
    assert max(sleeps) <= 5.0
    assert len(sleeps) > 40


def test_a_relapse_keeps_its_long_sleep_and_health_forgives_it(breaker, clock):
    """Closed for less than it slept: the sleep doubles. Closed for longer: it starts at five seconds again."""
    fail(breaker, 5)
    clock.now += 5
    succeed(breaker, 3)
    clock.now += 1
    fail(breaker, 5)
    assert breaker.health().retry_in_s == pytest.approx(10)
    clock.now += 10
    succeed(breaker, 3)
    clock.now += 10
    fail(breaker, 5)
    assert breaker.health().retry_in_s == pytest.approx(5)


def test_a_probe_nobody_tells_of_is_free_again_after_its_lease(breaker, clock):
    """A lost caller cannot keep an endpoint closed for ever, and its late word counts for nothing."""
    fail(breaker, 5)
    clock.now += 5
    lost = breaker.acquire()
    clock.now += 89
    assert breaker.acquire() is None
    clock.now += 1
    second = breaker.acquire()
    assert second.probe
    lost.fail(ILL)
    assert breaker.state == "half-open"
    second.succeed()
    assert breaker.state == "half-open"


def test_a_cancelled_probe_is_free_at_once(breaker, clock):
    """The caller went away; the endpoint has neither passed nor failed."""
    fail(breaker, 5)
    clock.now += 5
    breaker.acquire().cancel()
    assert (breaker.acquire().probe, breaker.state) == (True, "half-open")


def test_a_result_of_an_older_generation_changes_nothing(breaker, clock):
    """Calls begun before it opened do not close, reopen or count into it."""
    old = [breaker.acquire() for _ in range(10)]
    fail(breaker, 5)
    clock.now += 5
    probe = breaker.acquire()
    for permit in old:
        permit.fail(ILL)
    assert breaker.state == "half-open"
    probe.succeed()
    succeed(breaker, 2)
    assert (breaker.state, breaker.health().calls) == ("closed", 0)


@pytest.mark.parametrize("code", ["unauthorised", "no_balance", "misconfigured"])
def test_a_fault_no_retry_cures_opens_at_once_and_for_long(breaker, code):
    """One 401 or 402 is enough."""
    fail(breaker, 1, FAULTS[code])
    health = breaker.health()
    assert (health.state, health.retry_in_s, health.reason) == ("open", 600, code)


@pytest.mark.parametrize("code", ["content_risk", "context_length", "queue_full"])
def test_what_is_this_questions_fault_never_trips(breaker, code):
    """A hundred questions that its filter refuses leave it closed and its window empty."""
    fail(breaker, 100, FAULTS[code])
    assert (breaker.state, breaker.health().calls) == ("closed", 0)


@pytest.mark.parametrize("code", ["content_filter", "truncated", "repetition", "unsupported"])
def test_an_endpoint_that_keeps_being_useless_is_left_alone(breaker, code):
    """Five useless answers in a row open it; with good ones between they count for nothing."""
    for _ in range(20):
        fail(breaker, 4, FAULTS[code])
        succeed(breaker)
    assert (breaker.state, breaker.health().failures) == ("closed", 0)
    fail(breaker, 5, FAULTS[code])
    assert (breaker.state, breaker.health().retry_in_s) == ("open", 5)


@pytest.mark.parametrize("code", ["refused_request", "unknown_parameter", "redirected"])
def test_a_request_that_is_always_refused_opens_it_for_long(breaker, code):
    """Once may be chance; five in a row are our request, and ten minutes pass before the next."""
    fail(breaker, 4, FAULTS[code])
    assert breaker.state == "closed"
    fail(breaker, 1, FAULTS[code])
    assert (breaker.state, breaker.health().retry_in_s, breaker.health().reason) == ("open", 600, code)


def test_four_of_five_slow_calls_of_a_quiet_minute_open_it(breaker, clock):
    """One question a second, four of five fail: neither 20 calls nor 5 in a row, and ill all the same."""
    for failed in (True, True, False, True, True):
        (fail if failed else succeed)(breaker)
        clock.now += 1
    assert breaker.state == "open"


def test_answers_that_all_take_too_long_open_it(clock):
    """resilience4j's slow-call rate: every one of twenty answers slower than slow_call_s; one quick one keeps it."""
    for quick, state in ((0, "open"), (1, "closed")):
        one = CircuitBreaker("p", Breaker(slow_call_s=10), clock=clock)
        for number in range(20):
            one.acquire().succeed(1.0 if number < quick else 10.5)
        assert one.state == state


@pytest.mark.parametrize(("asked_s", "pause_s"), [(0.0, 0.5), (7.0, 7.0), (3600.0, 60.0)])
def test_a_pause_is_kept_but_never_without_a_probe_a_minute(breaker, asked_s, pause_s):
    """Retry-After 0 is a short pause, an hour is a minute."""
    fail(breaker, 1, replace(FAULTS["rate_limited"], retry_after_s=asked_s))
    assert (breaker.state, breaker.health().retry_in_s) == ("closed", pause_s)


def test_the_pause_that_a_busy_endpoint_asks_for_is_kept(breaker):
    """503 with Retry-After: no call for so long, though the breaker is closed."""
    fail(breaker, 1, replace(FAULTS["overloaded"], retry_after_s=7.0))
    assert (breaker.acquire(), breaker.state, breaker.health().retry_in_s) == (None, "closed", 7.0)


def test_a_changed_key_is_tried_at_once(breaker):
    """After a 401 it sleeps ten minutes; with another key the next question is a probe."""
    key = ["old"]
    breaker.mended_by(lambda: key[0])
    fail(breaker, 1, FAULTS["unauthorised"])
    assert breaker.acquire() is None
    key[0] = "new"
    assert breaker.acquire().probe


def test_saturation_pauses_without_illness(breaker, clock):
    """429 without a time: one second; the failures in a row do not grow."""
    fail(breaker, 4)
    fail(breaker, 1, FAULTS["rate_limited"])
    assert (breaker.acquire(), breaker.state, breaker.health().retry_in_s) == (None, "closed", 1.0)
    clock.now += 1
    assert (breaker.acquire() is not None, breaker.health().failures_in_a_row) == (True, 4)


def test_a_permit_counts_once(breaker):
    """Told twice, the second word is ignored."""
    permit = breaker.acquire()
    permit.succeed()
    permit.fail(ILL)
    assert (breaker.health().calls, breaker.health().failures) == (1, 0)


def test_listeners_hear_every_change_and_cannot_break_it(breaker, clock):
    """Metrics hang on it; a broken one is logged and forgotten."""
    heard = []

    def broken(*_):
        raise RuntimeError("metrics are down")

    breaker.listen(broken)
    breaker.listen(lambda *change: heard.append(change))
    fail(breaker, 5)
    clock.now += 5
    succeed(breaker, 3)
    assert heard == [
        ("primary", "closed", "open", "overloaded"),
        ("primary", "open", "half-open", ""),
        ("primary", "half-open", "closed", ""),
    ]


def test_a_clock_that_runs_backwards_is_harmless(breaker, clock):
    """Counts stay what they were, and nothing opens or closes by it."""
    fail(breaker, 3)
    clock.now -= 1000
    succeed(breaker)
    assert (breaker.state, breaker.health().calls, breaker.health().failures) == ("closed", 4, 3)
