"""How many calls of the last seconds failed, in constant memory."""

from __future__ import annotations

from collections import deque


class RollingWindow:
    """Calls and failures of the last `buckets` whole buckets, the running one included. Not locked: the breaker is.

    `now` never runs backwards; when it jumps ahead the window is empty.
    """

    def __init__(self, window_s: float, buckets: int) -> None:
        self._bucket_s = window_s / buckets
        self._buckets = buckets
        self._kept: deque[list[int]] = deque()  # [bucket number, calls, failures], oldest first
        self.calls = 0
        self.failures = 0

    def add(self, now: float, *, failed: bool) -> None:
        """Counts one finished call."""
        self.roll(now)
        number = int(now // self._bucket_s)
        if not self._kept or self._kept[-1][0] < number:
            self._kept.append([number, 0, 0])
        self._kept[-1][1] += 1
        self._kept[-1][2] += failed
        self.calls += 1
        self.failures += failed

    def roll(self, now: float) -> None:
        """Forgets the buckets that are too old at `now`."""
        oldest = int(now // self._bucket_s) - self._buckets + 1
        while self._kept and self._kept[0][0] < oldest:
            _, calls, failures = self._kept.popleft()
            self.calls -= calls
            self.failures -= failures

    def clear(self) -> None:
        self._kept.clear()
        self.calls = self.failures = 0
