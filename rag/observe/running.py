"""Everything that observes, put together from the settings. One at a time in a process; see `rag.observe.start`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rag.observe import hooks, recent
from rag.settings import Settings

T = TypeVar("T")


class Running:
    """Observes until `close`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._closing: list[Callable[[], None]] = []
        self._listen(hooks.listeners, recent.keep)
        if settings.observe.metrics:
            self._count()

    def close(self) -> None:
        """Undoes what the beginning did, the last thing first."""
        while self._closing:
            self._closing.pop()()
        recent.clear()

    def _listen(self, to: list[T], listener: T) -> None:
        to.append(listener)
        self._closing.append(lambda: to.remove(listener))

    def _count(self) -> None:
        from rag.observe import metrics

        counted = metrics.Metrics()
        self._listen(hooks.listeners, counted.asked)
        self._listen(hooks.transitions, counted.changed)
        self._listen(hooks.keepalives, counted.kept_alive)
        metrics.use(counted)
        self._closing.append(lambda: metrics.use(None))
