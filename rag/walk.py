"""One question on its way through the pipeline: what it may be given, until when it must be answered, what it took."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypedDict, TypeVar

from sparewheel.rag.errors import SparewheelError, UsageError, suggest
from sparewheel.rag.memory.memory import Recalled
from sparewheel.rag.reliability.deadline import Deadline, within
from sparewheel.rag.reliability.workers import Urgency, Working
from sparewheel.rag.rights import Rights
from sparewheel.rag.types import Filter

log = logging.getLogger(__name__)
T = TypeVar("T")
MAX_QUESTION_CHARS = 8000
LATE_SHARE = 0.25  # of its time is gone when its search begins: the question is only looked for by its words
STEP_SHARE = 0.5  # of the time to spare, for a search or reranking that the answer can do without
# Kept back for quoting and citing: so often what one of them takes now, for threads start late; at most so much of the
# question's time.
INSTANT_TIMES, INSTANT_SHARE = 4.0, 0.8


class SearchOptions(TypedDict, total=False):
    """What a search can be given beside the question."""

    k: int | None  # passages, at least 1; by default as the settings say
    filter: Filter | None  # metadata key -> the value, or any one of several values


class AskOptions(SearchOptions, total=False):
    """What a question can be given beside its words."""

    history: Sequence[tuple[str, str]]  # (question, answer) pairs, oldest first
    within_s: float | None  # total budget of all steps, seconds; by default as the settings say
    each: bool  # answer for every document that the filter leaves, each under its name: a comparison
    history_is_ours: bool  # the history was kept by the server, and is of this corpus; else a cloud model sees only the
    # turns that this process answered from a corpus of normal sensitivity


class StreamOptions(AskOptions, total=False):
    """What a question whose events are shown can be given."""

    local: bool  # only answerers on this machine are asked
    part: bool  # one of the questions that a question about many documents is put as
    instant: bool  # show the local answer as soon as it is there, until a fuller one replaces it


@dataclass
class Walk:
    """timings: seconds that each step took."""

    question: str
    options: StreamOptions
    deadline: Deadline
    budget_s: float
    workers: Working
    rights: Rights | None = None  # of who asks; None: everything
    timings: dict[str, float] = field(default_factory=dict)
    found: bool = False  # it has been searched: whatever fails from here on is not the asker's mistake
    recalled: Recalled | None = None  # what the memory was found to hold

    @property
    def filter(self) -> Filter | None:
        return self.options.get("filter")

    @property
    def history(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.options.get("history", ()))

    def is_late(self) -> bool:
        return self.deadline.remaining() < (1 - LATE_SHARE) * self.budget_s

    def search_s(self) -> float:
        """Seconds that a search beginning now may take where another one has found something."""
        return 0.0 if self.is_late() else self.spare_s() * STEP_SHARE

    def spare_s(self) -> float:
        """Seconds left, without those that quoting and citing need on this machine now."""
        instant_s = INSTANT_TIMES * self.workers.takes_s(Urgency.INSTANT)
        return max(0.0, self.deadline.remaining() - min(instant_s, INSTANT_SHARE * self.budget_s))

    async def work(self, step: str, work: Callable[[], T], unclaimed: Callable[[T], object] | None = None) -> T:
        """The result of blocking work, done in a worker as a part of `step`. Raises TimeoutError at the deadline."""
        async with self.timed(step), within(self.deadline):
            return await self.workers.run(Urgency.SEARCH, work, unclaimed)

    @asynccontextmanager
    async def timed(self, step: str) -> AsyncIterator[None]:
        start = self.deadline.clock()
        try:
            yield
        finally:
            self.timings[step] = self.timings.get(step, 0.0) + self.deadline.clock() - start


def begun(
    question: str,
    options: StreamOptions,
    timeout_s: float,
    workers: Working,
    clock: Callable[[], float],
    rights: Rights | None = None,
) -> Walk:
    """The question, with its clock running. timeout_s: its budget where the asker gives none.

    Raises UsageError for what the asker can mend.
    """
    question = _checked(question)
    known = StreamOptions.__optional_keys__
    for name in options:
        if name not in known:
            raise UsageError(f"unknown option {name!r}{suggest(name, known)}; known are {', '.join(sorted(known))}")
    if (k := options.get("k")) is not None and k < 1:
        raise UsageError(f"k is {k}; ask for at least 1 passage")
    budget_s = options.get("within_s")
    if budget_s is None:
        budget_s = timeout_s
    if budget_s <= 0:
        raise UsageError(f"within_s is {budget_s:g}; give the question some time, in seconds")
    return Walk(question, options, Deadline(budget_s, clock), budget_s, workers, rights)


def explained(error: Exception) -> str:
    """What a reader of the answer is told; the details of what nobody foresaw are for the log."""
    if isinstance(error, TimeoutError):
        return "there was too little time for it"
    if isinstance(error, SparewheelError):
        return str(error)
    log.error("a step of the pipeline failed", exc_info=error)
    return f"an error of this program ({type(error).__name__}); its log says more"


def _checked(question: str) -> str:
    question = question.strip() if isinstance(question, str) else question
    if not isinstance(question, str) or not question:
        raise UsageError(f"the question is {question!r}; ask something in words")
    if len(question) > MAX_QUESTION_CHARS:
        raise UsageError(
            f"the question has {len(question)} characters, at most {MAX_QUESTION_CHARS} are read; "
            "ingest long texts as documents and ask about them"
        )
    return question
