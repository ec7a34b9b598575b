"""A pool of threads that can be used after a fork, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sparewheel.rag.forking import renewed_after_fork

T = TypeVar("T")


class Threads:
    """As `concurrent.futures.ThreadPoolExecutor`. Its threads end when nobody uses it any more."""

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """The threads of before are in the parent."""
        self._pool = ThreadPoolExecutor(self._most, thread_name_prefix=self._name)

    def submit(self, work: Callable[..., T], *given: Any) -> Future[T]:
        """As the executor's; the work is begun when a thread is free."""
        return self._pool.submit(work, *given)

    def map(self, work: Callable[..., T], *given: Iterable[Any]) -> Iterator[T]:
        """As the executor's: the results in the order given."""
        return self._pool.map(work, *given)
