"""Work of the pipeline done at once on the event loop, so that a test depends on no thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Inline:
    """`reliability.workers.Working`. before: called with the urgency of each piece of work, may raise."""

    def __init__(self, before: Callable[[Any], object] = lambda urgency: None) -> None:
        self.before = before

    async def run(self, urgency: Any, work: Callable[[], Any], unclaimed: Any = None) -> Any:
        self.before(urgency)
        return work()

    def begins_s(self, urgency: Any) -> float:
        return 0.0

    def takes_s(self, urgency: Any) -> float:
        return 0.0
