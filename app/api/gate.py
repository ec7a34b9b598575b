"""So many questions at a time, so many more that wait, and none after the door is closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sparewheel.app.api.problems import Problem

FIRST_GUESS_S = 0.5  # how long a question takes, before one was seen
_WEIGHT = 0.1  # of the newest duration in the running mean


class Gate:
    """Of one event loop."""

    def __init__(self, at_once: int, queue: int, wait_s: float) -> None:
        """wait_s: longest wait in the queue, seconds."""
        self.at_once = at_once
        self.waiting = 0
        self.busy = 0
        self._queue = queue
        self._wait_s = wait_s
        self._turns = asyncio.Semaphore(at_once)
        self._mean_s = FIRST_GUESS_S

    @property
    def full(self) -> bool:
        return self._turns.locked() and self.waiting >= self._queue

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Inside, the question is one of those answered now. Raises a 503 that says when to try again."""
        if self.full:
            raise self._too_busy(f"{self.busy} questions are being answered and {self.waiting} wait")
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turns.acquire()
        except TimeoutError:
            raise self._too_busy(f"no turn within {self._wait_s:g} s") from None
        finally:
            self.waiting -= 1
        began = time.monotonic()
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self._turns.release()
            self._mean_s += _WEIGHT * (time.monotonic() - began - self._mean_s)

    def _too_busy(self, why: str) -> Problem:
        wait_s = self._mean_s * (self.waiting + 1) / self.at_once
        return Problem(503, f"too busy: {why}; try again after Retry-After seconds", retry_after_s=wait_s)
