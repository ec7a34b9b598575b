"""Threads for the work of questions, the most urgent first: when more come than can be read, all are searched before
any is read, and each keeps its place in the queue until its asker gives up.

    await workers.run(Urgency.READ, reader.read, request)

What waits and is cancelled is never begun. What has begun runs to its end; nobody waits for it then.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Protocol, TypeVar

from sparewheel.rag.errors import Unavailable
from sparewheel.rag.forking import renewed_after_fork
from sparewheel.rag.settings import cores

T = TypeVar("T")
LEAST_THREADS = 4


class Urgency(IntEnum):
    """Which work is begun first."""

    INSTANT = 0  # takes milliseconds: quoting, citing; has a thread of its own and never waits for the others
    SEARCH = 1
    RERANK = 2
    READ = 3
    BEHIND = 4  # nobody has to wait for it: what is kept for later


class Working(Protocol):
    """Where the pipeline has its blocking work done."""

    async def run(self, urgency: Urgency, work: Callable[[], T], unclaimed: Callable[[T], object] | None = None) -> T:
        """The result of `work`. unclaimed: takes the result where the waiting task was cancelled meanwhile."""
        ...


class Workers:
    """Shared by all questions, threads and event loops of a process. Threads start when they are first needed."""

    def __init__(self, threads: int = 0) -> None:
        """threads: at most; 0: one per core, at least LEAST_THREADS. One more is there for what is instant."""
        self.threads = threads or max(LEAST_THREADS, cores())
        self._instant = _Queue(1, "instant")
        self._others = _Queue(self.threads, "work")

    async def run(self, urgency: Urgency, work: Callable[[], T], unclaimed: Callable[[T], object] | None = None) -> T:
        """As `Working`. Raises what `work` raises; Unavailable after `close`."""
        queue = self._instant if urgency is Urgency.INSTANT else self._others
        future: Future[T] = Future()
        queue.put(urgency, future, work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if unclaimed is not None and not future.cancelled():
                future.add_done_callback(lambda done: done.exception() or unclaimed(done.result()))
            raise

    def close(self) -> None:
        """What has begun is finished; what waits is cancelled, and no work is taken on."""
        self._instant.close()
        self._others.close()


class _Queue:
    """Work by urgency, then in the order it came, and the threads that do it."""

    def __init__(self, threads: int, name: str) -> None:
        self._most = threads
        self._name = name
        self._closed = False
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """No thread is there, and what waited is of askers in the parent."""
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._started = self._idle = 0

    def put(self, urgency: int, future: Future[T], work: Callable[[], T]) -> None:
        context = contextvars.copy_context()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = context.run(work)
            except BaseException as error:  # whatever it is belongs to who waits
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._changed:
            if self._closed:
                raise Unavailable("this pipeline is closed", reason="closed")
            heapq.heappush(self._waiting, (urgency, next(self._order), do))
            if self._idle:
                self._changed.notify()
            elif self._started < self._most:
                self._started += 1
                threading.Thread(target=self._work, name=f"sparewheel-{self._name}", daemon=True).start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closed:
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                do = heapq.heappop(self._waiting)[2]
            do()
            del do  # its result, an answer with its passages, is not kept until the next one
