"""An answerer as the failover sees it: with its budgets and its breaker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.deadline import Budgets
from sparewheel.rag.types import Answerer


@dataclass(frozen=True, eq=False)
class Target:
    """An answerer with its budgets and its breaker; breaker None: always called (the built-in reader).

    identity: what makes it the same endpoint after a reload (address, model, key); "" never is.
    hedge_after_s: the next answerer is called beside this one when no token came for so long; 0: never.
    """

    answerer: Answerer
    budgets: Budgets = field(default_factory=Budgets)
    breaker: CircuitBreaker | None = None
    identity: str = ""
    hedge_after_s: float = 0.0
    last_resort: bool = False
    memory: Literal["", "when_down", "always"] = ""  # has what was answered before only: having nothing is no failure

    @property
    def name(self) -> str:
        return self.answerer.name

    @property
    def local(self) -> bool:
        return self.answerer.local
