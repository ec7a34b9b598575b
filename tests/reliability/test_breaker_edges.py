"""The breaker's figures, met exactly."""

from dataclasses import replace

from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Breaker

ILL = FAULTS["overloaded"]


def told(breaker, *went_well):
    for well in went_well:
        permit = breaker.acquire()
        permit.succeed() if well else permit.fail(ILL)


def test_exactly_thirty_percent_is_enough():
    """The sixth failure is the twentieth call."""
    breaker = CircuitBreaker("primary", Breaker(), clock=lambda: 0.0)
    told(breaker, *[False, True, True] * 5, *[True] * 4)
    assert (breaker.state, breaker.health().calls, breaker.health().failures) == ("closed", 19, 5)
    told(breaker, False)
    assert breaker.state == "open"


def test_a_failure_that_names_a_time_is_waited_for():
    """Five failures open for five seconds; one that says "come back in 40" for forty."""
    breaker = CircuitBreaker("primary", Breaker(), clock=lambda: 0.0)
    told(breaker, *[False] * 4)
    breaker.acquire().fail(replace(ILL, retry_after_s=40.0))
    assert (breaker.state, breaker.health().retry_in_s) == ("open", 40.0)
