"""Wall-clock budgets of a streamed answer. What a server sends to keep a connection warm never counts as progress.

`Pace` is the arithmetic, without asyncio; `guard` applies it to one source. The failover applies it to several at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

from sparewheel.rag.errors import DeadlineExceeded
from sparewheel.rag.types import Progress

T = TypeVar("T")
Clock = Callable[[], float]  # seconds, monotonic
CLOSE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Budgets:
    """Seconds that one call may take. connect_s is for a source that yields `Progress.CONNECTED`; None: not watched."""

    first_token_s: float = 4.0
    between_tokens_s: float = 10.0
    total_s: float = 60.0
    connect_s: float | None = None


class Deadline:
    """A moment on a monotonic clock by which the work must be done."""

    def __init__(self, within_s: float, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self.at = clock() + within_s

    def remaining(self) -> float:
        """Seconds left, 0 when it has passed."""
        return max(0.0, self.at - self.clock())

    def share(self, part: float) -> float:
        """Seconds in `part` (0..1) of what is left."""
        return self.remaining() * part

    def check(self, budget: str = "total") -> None:
        """Raises DeadlineExceeded naming `budget` once the moment has passed."""
        if self.clock() >= self.at:
            raise DeadlineExceeded(f"the {budget} budget ran out {self.clock() - self.at:.2f} s ago", budget=budget)


def within(deadline: Deadline, part: float = 1.0) -> asyncio.Timeout:
    """A context that raises TimeoutError when `part` (0..1) of what is left of the deadline is over."""
    return asyncio.timeout(deadline.share(part))


class Pace:
    """When the next progress of one call is due. `began` and `at` are moments of the same clock.

    Text counts as progress when it holds anything but white space. An item that is neither text nor `Progress` is the
    final one: nothing is due any more.
    """

    def __init__(self, budgets: Budgets, began: float, ends: float | None = None) -> None:
        self._budgets = budgets
        self._began = began
        self._ends = began + budgets.total_s if ends is None else min(ends, began + budgets.total_s)
        self._connected = budgets.connect_s is None
        self._last: float | None = None
        self._complete = False
        self._started = False
        self._loading = False
        self.late_s = 0.0  # that the event loop was late by
        self.first_token_s: float | None = None  # seconds from `began` to the first progress

    def advance(self, item: object, at: float) -> bool:
        """Takes note of an item that came at `at`; True when it is progress."""
        if item is Progress.STARTED:  # what came before was work of our own
            if not self._started and self._last is None:
                self._began = at
            self._started, self._loading = True, False
            return False
        if item is Progress.LOADING:
            self._loading = True
            return False
        if isinstance(item, Progress):
            self._connected = True
            if item is Progress.THINKING:
                self._last = at
            return False
        if isinstance(item, str) and not item.strip():
            return False
        self._connected = True
        self._complete = not isinstance(item, str)
        self._last = at
        if self.first_token_s is None:
            self.first_token_s = at - self._began
        return True

    def forgive(self, late_s: float) -> None:
        """Gives back the seconds that the event loop was late by; the end of all stays where it is."""
        self.late_s += late_s
        self._began += late_s
        if self._last is not None:
            self._last += late_s

    def due(self) -> tuple[float, str]:
        """(moment by which the next progress must come, name of the budget that says so)."""
        if self._complete:
            return math.inf, "total"
        if self._loading:
            return self._ends, "total"
        if self._last is not None:
            limits = [(self._last + self._budgets.between_tokens_s, "between_tokens")]
        else:
            limits = [(self._began + self._budgets.first_token_s, "first_token")]
            if not self._connected and self._budgets.connect_s is not None:
                limits.append((self._began + self._budgets.connect_s, "connect"))
        return min(*limits, (self._ends, "total"))

    def missed(self, budget: str) -> DeadlineExceeded:
        """The error that says which budget ran out, and how long it was."""
        allowed_s = {
            "connect": self._budgets.connect_s or 0.0,
            "first_token": self._budgets.first_token_s,
            "between_tokens": self._budgets.between_tokens_s,
            "total": self._ends - self._began,
        }[budget]
        return DeadlineExceeded(f"the {budget} budget of {allowed_s:.3g} s ran out", budget=budget)


async def guard(
    source: AsyncIterator[T], budgets: Budgets, deadline: Deadline | None = None
) -> AsyncGenerator[T, None]:
    """The items of `source`, within the budgets and the deadline; `source` is closed on every way out.

    Raises DeadlineExceeded naming the budget that ran out. Time is the event loop's.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    pace = Pace(budgets, began, None if deadline is None else began + deadline.remaining())
    try:
        while True:
            moment, budget = pace.due()
            try:
                async with asyncio.timeout_at(moment) as limit:
                    item = await anext(source)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if limit.expired():
                    raise pace.missed(budget) from None
                raise
            pace.advance(item, clock())
            yield item
    finally:
        await close(source)


async def close(source: AsyncIterator[object]) -> None:
    """Closes a generator, and with it the socket it holds, waiting CLOSE_WITHIN_S at most; errors are swallowed."""
    if isinstance(source, AsyncGenerator):
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await source.aclose()
