"""The last questions, for the health page. Kept in memory only; of a sensitive corpus without the question's text."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from sparewheel.rag.observe.hooks import Asked, Ended
from sparewheel.rag.types import Attempt

KEPT = 200


@dataclass(frozen=True, slots=True)
class Recent:
    """One question that ended. at: Unix time of its beginning; question: "" where the corpus is sensitive."""

    at: float
    request_id: str
    corpus: str
    domain: str
    question: str
    outcome: Ended
    answered_by: str
    degraded: bool
    confidence: float
    attempts: tuple[Attempt, ...]
    timings: Mapping[str, float]  # step -> seconds
    seconds: float
    first_token_s: float | None
    cost_usd: float


_kept: deque[Recent] = deque(maxlen=KEPT)


def keep(asked: Asked) -> None:
    """A listener of `hooks.shared.listeners`."""
    answer = asked.answer
    _kept.append(
        Recent(
            asked.began,
            asked.request_id,
            answer.corpus,
            asked.domain,
            "" if asked.sensitivity == "high" else answer.question,
            asked.outcome,
            answer.answered_by,
            answer.degraded,
            answer.confidence,
            answer.attempts,
            answer.timings,
            asked.seconds,
            asked.first_token_s,
            answer.usage.cost_usd,
        )
    )


def recent() -> list[Recent]:
    """The last questions that ended, the newest first; [] while nothing is observed."""
    return list(reversed(_kept))


def clear() -> None:
    _kept.clear()
