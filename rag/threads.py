"""Work in threads: a pool that can be used after a fork, too, and work that ends early when nobody waits for it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from sparewheel.rag.forking import renewed_after_fork

T = TypeVar("T")


class GivenUp(BaseException):
    """Nobody waits for this work any more. No Exception: what mends a part that fails must not go on with the next."""


class Wanted:
    """Whether somebody still waits for a piece of work: shared by who waits and the threads that do it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: list[Callable[[], object]] = []
        self._given_up = False

    def give_up(self) -> None:
        """The work is to end as soon as it can."""
        with self._lock:
            self._given_up = True
            stops = [*self._stops]
        for stop in stops:
            stop()

    def do(self, work: Callable[[], T]) -> T:
        """The result of `work`; parts of it that are `stopped_by` something end when it is given up."""
        token = _WANTED.set(self)
        try:
            return work()
        finally:
            _WANTED.reset(token)

    @contextmanager
    def or_stop(self, stop: Callable[[], object]) -> Iterator[None]:
        """As `stopped_by`."""
        with self._lock:
            if self._given_up:
                raise GivenUp
            self._stops.append(stop)
        try:
            yield
        except Exception:
            if self._given_up:  # the error of whatever was stopped
                raise GivenUp from None
            raise
        finally:
            with self._lock:
                self._stops.remove(stop)


_WANTED: contextvars.ContextVar[Wanted | None] = contextvars.ContextVar("wanted", default=None)


@contextmanager
def stopped_by(stop: Callable[[], object]) -> Iterator[None]:
    """`stop` is called, by another thread, as soon as nobody waits for the work of which this is a part. Raises GivenUp
    then, at once where that is so already."""
    wanted = _WANTED.get()
    if wanted is None:
        yield
        return
    with wanted.or_stop(stop):
        yield


class Threads:
    """As `concurrent.futures.ThreadPoolExecutor`, in the context of who gives the work. Its threads end when nobody
    uses it any more."""

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """The threads of before are in the parent."""
        self._pool = ThreadPoolExecutor(self._most, thread_name_prefix=self._name)

    def submit(self, work: Callable[..., T], *given: Any) -> Future[T]:
        """As the executor's; the work is begun when a thread is free."""
        return self._pool.submit(contextvars.copy_context().run, work, *given)

    def map(self, work: Callable[..., T], *given: Iterable[Any]) -> Iterator[T]:
        """As the executor's: the results in the order given."""
        futures = [self.submit(work, *each) for each in zip(*given, strict=False)]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
