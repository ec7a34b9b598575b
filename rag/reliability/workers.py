"""Threads for the work of questions, the most urgent first: when more come than can be read, all are searched before
any is read, and each keeps its place in the queue until its asker gives up.

    await workers.run(Urgency.READ, reader.read, request)

What waits and is cancelled is never begun. What has begun and is cancelled ends at its next part (`rag.threads`). How
long work takes is measured, so that who comes can be told how long it would wait (`begins_s`, `takes_s`).
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, Protocol, TypeVar

from sparewheel.rag.errors import Unavailable
from sparewheel.rag.forking import renewed_after_fork
from sparewheel.rag.reliability.service_time import ServiceTime
from sparewheel.rag.settings import cores
from sparewheel.rag.threads import GivenUp, Wanted

T = TypeVar("T")
LEAST_THREADS = 4


class Urgency(IntEnum):
    """Which work is begun first."""

    INSTANT = 0  # takes milliseconds: quoting, citing; has a thread of its own and never waits for the others
    SEARCH = 1
    RERANK = 2  # no more urgent than reading, whichever came first: else new questions keep old ones from being read
    READ = 3
    OPEN = 4  # a model that is read with: as urgent as reading, and takes long once
    BEHIND = 5  # nobody has to wait for it: what is kept for later

    @property
    def rank(self) -> int:
        return Urgency.RERANK if self in (Urgency.READ, Urgency.OPEN) else self


class Working(Protocol):
    """Where the pipeline has its blocking work done."""

    async def run(self, urgency: Urgency, work: Callable[[], T], unclaimed: Callable[[T], object] | None = None) -> T:
        """The result of `work`. unclaimed: takes the result where the waiting task was cancelled meanwhile."""
        ...

    def begins_s(self, urgency: Urgency) -> float:
        """Seconds until such work would be begun if it came now, as far as is known."""
        ...

    def takes_s(self, urgency: Urgency) -> float:
        """Seconds that such work takes, as measured; 0 while nothing is known."""
        ...


class Workers:
    """Shared by all questions, threads and event loops of a process. Threads start when they are first needed."""

    def __init__(self, threads: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        """threads: at most; 0: one per core, at least LEAST_THREADS. One more is there for what is instant."""
        self.threads = threads or max(LEAST_THREADS, cores())
        self._instant = _Queue(1, "instant", clock)
        self._others = _Queue(self.threads, "work", clock)

    async def run(self, urgency: Urgency, work: Callable[[], T], unclaimed: Callable[[T], object] | None = None) -> T:
        """As `Working`. Raises what `work` raises; Unavailable after `close`."""
        job = _Job(urgency, work)
        self._queue(urgency).put(job)
        try:
            result: T = await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            if unclaimed is not None and not job.future.cancelled():
                job.future.add_done_callback(lambda done: done.exception() or unclaimed(done.result()))
            self._queue(urgency).left(job)
            job.wanted.give_up()
            raise
        return result

    def begins_s(self, urgency: Urgency) -> float:
        """As `Working`."""
        return self._queue(urgency).begins_s(urgency)

    def takes_s(self, urgency: Urgency) -> float:
        """As `Working`."""
        return self._queue(urgency).takes_s(urgency)

    def close(self) -> None:
        """What has begun is finished; what waits is cancelled, and no work is taken on."""
        self._instant.close()
        self._others.close()

    def _queue(self, urgency: Urgency) -> _Queue:
        return self._instant if urgency is Urgency.INSTANT else self._others


class _Job:
    """A piece of work, in the context of who gave it."""

    def __init__(self, urgency: Urgency, work: Callable[[], Any]) -> None:
        self.urgency = urgency
        self.future: Future[Any] = Future()
        self.wanted = Wanted()
        self.waits = True
        self._work = work
        self._context = contextvars.copy_context()

    def do(self) -> tuple[Any, BaseException | None]:
        """Its result, or what it raised."""
        try:
            return self._context.run(self.wanted.do, self._work), None
        except BaseException as error:  # whatever it is belongs to who waits
            return None, error


class _Queue:
    """Work by urgency, then in the order it came, and the threads that do it."""

    def __init__(self, threads: int, name: str, clock: Callable[[], float]) -> None:
        self._most = threads
        self._name = name
        self._clock = clock
        self._closed = False
        self._times = {urgency: ServiceTime(clock) for urgency in Urgency}
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """No thread is there, and what waited is of askers in the parent."""
        self._changed = threading.Condition()
        self._jobs: list[tuple[int, int, _Job]] = []
        self._order = itertools.count()
        self._started = self._idle = 0
        self._waiting = Counter[Urgency]()
        self._running = Counter[Urgency]()

    def put(self, job: _Job) -> None:
        with self._changed:
            if self._closed:
                raise Unavailable("this pipeline is closed", reason="closed")
            heapq.heappush(self._jobs, (job.urgency.rank, next(self._order), job))
            self._waiting[job.urgency] += 1
            if self._idle:
                self._changed.notify()
            elif self._started < self._most:
                self._started += 1
                threading.Thread(target=self._work, name=f"sparewheel-{self._name}", daemon=True).start()

    def begins_s(self, urgency: Urgency) -> float:
        with self._changed:
            if sum(self._running.values()) + sum(self._waiting.values()) < self._most:
                return 0.0
            before = sum(n * self._times[u].expected_s() for u, n in self._waiting.items() if u.rank <= urgency.rank)
            half_done = sum(n * self._times[u].expected_s() for u, n in self._running.items()) / 2
            return (before + half_done) / self._most

    def takes_s(self, urgency: Urgency) -> float:
        with self._changed:
            return self._times[urgency].expected_s()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._jobs:
                    if self._closed:
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                job = heapq.heappop(self._jobs)[2]
            self.left(job)
            if job.future.set_running_or_notify_cancel():
                self._do(job)
            del job  # its result, an answer with its passages, is not kept until the next one

    def left(self, job: _Job) -> None:
        """The job waits no longer: it is begun, or given up."""
        with self._changed:
            self._waiting[job.urgency] -= job.waits
            job.waits = False

    def _do(self, job: _Job) -> None:
        times, began = self._times[job.urgency], self._clock()
        with self._changed:
            self._running[job.urgency] += 1
        result, error = job.do()
        with self._changed:
            self._running[job.urgency] -= 1
            if error is None:
                times.took(self._clock() - began)
            elif isinstance(error, GivenUp):
                times.given_up_after(self._clock() - began)
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)
