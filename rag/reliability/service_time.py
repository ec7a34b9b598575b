"""How long a kind of work takes, measured while it is done: what is queued behind it can be told its wait."""

from __future__ import annotations

from collections.abc import Callable

WEIGHT = 0.2  # of the newest measurement in the mean
MOST_TIMES = 4.0  # the mean, that one measurement counts as
GIVEN_UP_TIMES = 1.25  # what one took that was given up
HALF_LIFE_S = 2.0  # without a measurement after which half as much is expected: what was slow is tried again


class ServiceTime:
    """A moving mean, seconds. Not safe between threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._mean_s = 0.0
        self._at = clock()
        self._first = True

    def expected_s(self) -> float:
        """Seconds that the next one may take; 0 while nothing is known."""
        return self._mean_s * float(0.5 ** ((self._clock() - self._at) / HALF_LIFE_S))

    def took(self, seconds: float) -> None:
        """One was done. The first one opens models, and is no measure."""
        if self._first:
            self._first = False
            return
        mean_s = self._mean_s or seconds
        self._set(mean_s + WEIGHT * (min(seconds, MOST_TIMES * mean_s) - mean_s))

    def given_up_after(self, seconds: float) -> None:
        """One was given up: it would have taken longer, nobody knows by how much."""
        if seconds > self.expected_s():
            self._set(GIVEN_UP_TIMES * seconds)

    def _set(self, seconds: float) -> None:
        self._mean_s, self._at = seconds, self._clock()
