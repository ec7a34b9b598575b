"""Filling a table: each question asked of each document by the pipeline, several at a time, every cell kept at once.

    filling = Filling(table.columns, documents, store, pipeline, how)
    async for cell in filling:            # what is asked now, as it is answered
        filling.done, filling.total, filling.spent_usd
    filling.stopped                       # "" where it came to its end, else why it did not: "budget", "person"

A cell is asked where it was never asked, failed, or its document has changed since; so a run that was stopped, or
killed, goes on with the same call. Documents are taken one after the other, so that what is read of one stays in memory
for all its questions.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.review.cell import Cell, cell_of, question_key
from sparewheel.rag.review.table import Column
from sparewheel.rag.types import Answer

Again = Literal["changed", "reader", "all"]  # which cells are asked again
Why = Literal["", "budget", "person", "gone"]
SATURATED = ("rate_limited", "overloaded")  # faults of an endpoint that wants fewer calls
TRIES = 3  # of a cell whose endpoint wanted a pause
PAUSE_S = 5.0  # before a cell is tried again, doubled with each try
CALM = 8  # cells in a row without such a fault let one more be asked at a time


class Asks(Protocol):
    """What answers: a pipeline."""

    async def aask(self, question: str, *, filter: Mapping[str, str]) -> Answer: ...


class Keeps(Protocol):
    """Where cells are kept: `store.CellStore`."""

    def cells(self, questions: Sequence[str], documents: Sequence[str]) -> list[Cell]: ...

    def put(self, cell: Cell) -> Cell: ...


@dataclass(frozen=True, slots=True)
class Of:
    """A document that is asked. sha256: of its source bytes as it is now."""

    id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class How:
    """concurrency: cells asked at a time, at most. again: "reader" asks again, too, what nothing fuller than the local
    reader answered; "all" asks everything again. budget_usd: no cell is begun that this run has no money for, where a
    cell costs `cell_usd`, or what the dearest one so far did. wait_s: seconds until the next cell may be begun, 0 for
    now; asked before each (cheaper hours)."""

    concurrency: int = 2
    again: Again = "changed"
    budget_usd: float | None = None
    cell_usd: float = 0.0
    wait_s: Callable[[dt.datetime], float] = lambda now: 0.0


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Filling:
    """See the module. Iterate once. `sleep` and `clock` are parameters for tests."""

    def __init__(
        self,
        columns: Sequence[Column],
        documents: Sequence[Of],
        keeps: Keeps,
        asks: Asks,
        how: How | None = None,
        *,
        clock: Callable[[], dt.datetime] = now,
        sleep: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        self._keeps, self._asks, self._how = keeps, asks, how or How()
        self._clock, self._sleep = clock, sleep
        self.todo = todo(columns, documents, keeps, self._how.again)
        self.total = len(self.todo)
        self.done = 0
        self.spent_usd = 0.0
        self.stopped: Why = ""
        self.waiting_s = 0.0  # until the next cell is begun, where cheaper hours are waited for
        self._most = max(1, self._how.concurrency)
        self._limit = self._most
        self._calm = 0
        self._dearest_usd = self._how.cell_usd

    def stop(self) -> None:
        """No further cell is begun; those that are being answered are kept."""
        self.stopped = self.stopped or "person"

    def __aiter__(self) -> AsyncIterator[Cell]:
        return self.cells()

    async def cells(self) -> AsyncGenerator[Cell]:
        """What is asked now, as it is answered."""
        waiting = iter(self.todo)
        running: set[asyncio.Task[Cell | None]] = set()
        following = next(waiting, None)
        try:
            while running or following is not None:
                while following is not None and len(running) < self._limit and await self._may_begin(len(running)):
                    running.add(asyncio.ensure_future(self._asked(*following)))
                    following = next(waiting, None)
                if self.stopped:
                    following = None
                if not running:
                    continue
                ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    cell = task.result()
                    self.done += 1
                    if cell is not None:
                        yield cell
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _may_begin(self, busy: int) -> bool:
        """Whether another cell may be begun now; where cheaper hours are waited for and nothing runs, waits."""
        while not self.stopped:
            budget_usd = self._how.budget_usd
            if budget_usd is not None and self.spent_usd + (busy + 1) * self._dearest_usd > budget_usd:
                if not busy:
                    self.stopped = "budget"
                return False
            self.waiting_s = self._how.wait_s(self._clock())
            if self.waiting_s <= 0:
                return True
            if busy:
                return False
            await self._sleep(min(self.waiting_s, 1.0))
        return False

    async def _asked(self, document: Of, column: Column) -> Cell | None:
        """The cell as it is kept; None where its document is gone meanwhile."""
        for attempt in range(TRIES):
            try:
                answer = await self._asks.aask(column.question, filter={"document": document.id})
            except NotFound:  # the corpus is gone, or not theirs any more
                raise
            except UsageError:  # the document is gone meanwhile: a filter must fit one
                return None
            self.spent_usd += answer.usage.cost_usd
            self._dearest_usd = max(self._dearest_usd, answer.usage.cost_usd)
            if not self._wants_a_pause(answer) or attempt == TRIES - 1 or self.stopped:
                break
            await self._sleep(PAUSE_S * 2**attempt)
        cell = cell_of(answer, document.id, document.sha256, self._clock().isoformat(timespec="milliseconds"))
        return await asyncio.to_thread(self._keeps.put, cell)

    def _wants_a_pause(self, answer: Answer) -> bool:
        """Whether an endpoint was asked too often; then half as many cells are asked at a time, later more again."""
        if any(attempt.reason in SATURATED for attempt in answer.attempts):
            self._limit, self._calm = max(1, self._limit // 2), 0
            return answer.degraded or answer.outcome == "failed"
        self._calm += 1
        if self._calm >= CALM and self._limit < self._most:
            self._limit, self._calm = self._limit + 1, 0
        return False


def todo(
    columns: Sequence[Column], documents: Sequence[Of], keeps: Keeps, again: Again = "changed"
) -> list[tuple[Of, Column]]:
    """Which cells are to be asked, document by document."""
    kept = keeps.cells([column.question for column in columns], [document.id for document in documents])
    known = {(cell.key, cell.document_id): cell for cell in kept}
    keys = [(column, question_key(column.question)) for column in columns]
    return [
        (document, column)
        for document in documents
        for column, key in keys
        if _is_due(known.get((key, document.id)), document, again)
    ]


def _is_due(cell: Cell | None, document: Of, again: Again) -> bool:
    if cell is None or again == "all" or cell.answer.outcome == "failed" or not cell.is_of(document.sha256):
        return True
    return again == "reader" and not cell.is_full
