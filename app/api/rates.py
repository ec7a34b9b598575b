"""How many requests a caller may make in a minute: in one process, or in all that serve one address."""

from __future__ import annotations

import mmap
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np

BURST_SHARE = 0.25  # of a minute's requests may come at once
_BUCKETS = 10_000  # callers remembered at a time
_PLACES = 8  # looked at for a caller; where all are taken, the one who came longest ago is forgotten
_ROW = np.dtype([("caller", "<u8"), ("left", "<f8"), ("since", "<f8")])


class Limits(Protocol):
    """A token bucket for each caller."""

    def take(self, caller: bytes, per_minute: int, now: float) -> float:
        """0 when the caller may go on, else the seconds to wait. per_minute 0: any number."""
        ...


class Rates:
    """Of this process."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()  # tokens left, at which moment

    def take(self, caller: bytes, per_minute: int, now: float) -> float:
        """As `Limits`."""
        if not per_minute:
            return 0.0
        left, since = self._buckets.pop(caller, (most_at_once(per_minute), now))
        left, wait_s = _taken(left, since, per_minute, now)
        self._buckets[caller] = (left, now)
        while len(self._buckets) > _BUCKETS:
            self._buckets.popitem(last=False)
        return wait_s


class SharedRates:
    """Of all processes forked after it was made: the buckets lie in memory that they share."""

    def __init__(self) -> None:
        size = (_BUCKETS + _PLACES) * _ROW.itemsize
        self._file = os.memfd_create("rates")
        os.ftruncate(self._file, size)
        self._rows = np.frombuffer(mmap.mmap(self._file, size), _ROW)
        self._threads = threading.Lock()

    def take(self, caller: bytes, per_minute: int, now: float) -> float:
        """As `Limits`; `now` is of the machine's monotonic clock, which all its processes read alike."""
        if not per_minute:
            return 0.0
        number = int.from_bytes(caller[:8], "little") or 1
        start = number % _BUCKETS
        with self._alone():
            near = self._rows[start : start + _PLACES]
            mine = np.flatnonzero(near["caller"] == number)
            place = int(mine[0]) if len(mine) else int(np.argmin(near["since"]))
            row = near[place : place + 1]
            known = len(mine) > 0
            left = float(row["left"][0]) if known else most_at_once(per_minute)
            since = float(row["since"][0]) if known else now
            left, wait_s = _taken(left, since, per_minute, now)
            row["caller"], row["left"], row["since"] = number, left, now
        return wait_s

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process or thread is inside. The system takes the lock from a process that dies."""
        import fcntl

        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def most_at_once(per_minute: int) -> float:
    """What a bucket holds."""
    return max(1.0, per_minute * BURST_SHARE)


def _taken(left: float, since: float, per_minute: int, now: float) -> tuple[float, float]:
    """(tokens left, seconds to wait) after one more request."""
    per_s = per_minute / 60
    left = min(most_at_once(per_minute), left + (now - since) * per_s)
    return (left - 1, 0.0) if left >= 1 else (left, (1 - left) / per_s)
