"""Review tables that are being filled in the background: how far each is, for whoever looks, as often as they look."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sparewheel.app.service.jobs import State
from sparewheel.rag.errors import SparewheelError, UsageError
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.fill import Filling, Why

TABLES_AT_ONCE = 2
RUNS_KEPT = 100
RATE_OVER = 40  # the last so many cells tell how many are answered in a second

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """How far a run is. left_s: seconds to its end at this rate, None while nobody knows. why: what stopped it."""

    id: str
    table: str
    state: State
    done: int
    total: int
    per_second: float
    left_s: float | None
    spent_usd: float
    waiting_s: float = 0.0  # until cheaper hours begin
    why: Why = ""
    error: str = ""


@dataclass
class Run:
    """One filling of a table. Iterate over `cells_from` for the cells as they come."""

    id: str
    corpus: str
    table: str
    owner: str  # name of the user, "" for the local owner
    state: State = "waiting"
    error: Exception | None = None
    filling: Filling | None = None
    cells: list[Cell] = field(default_factory=list)
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=RATE_OVER))
    _stop: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def tell(self, cell: Cell, at: float) -> None:
        with self._changed:
            self.cells.append(cell)
            self._times.append(at)
            self._changed.notify_all()

    def enter(self, state: State, error: Exception | None = None) -> None:
        with self._changed:
            self.state, self.error = state, error
            self._changed.notify_all()

    def begins(self, filling: Filling, at: float) -> None:
        """From now on it is known how much there is to do."""
        with self._changed:
            self.filling = filling
            self._times.append(at)
            if self._stop:
                filling.stop()

    def stop(self) -> None:
        """No further cell is begun."""
        with self._changed:
            self._stop = True
            if self.filling is not None:
                self.filling.stop()

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    def wait(self, within_s: float | None = None) -> bool:
        """Whether it has ended."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, within_s)

    def cells_from(self, start: int = 0, within_s: float | None = None) -> Iterator[Cell | None]:
        """The cells from the start-th on, as they come; None whenever nothing came for within_s. Ends with the run."""
        while True:
            cell, more = self._next(start, within_s)
            if not more:
                return
            start += cell is not None
            yield cell

    def _next(self, number: int, within_s: float | None) -> tuple[Cell | None, bool]:
        """The cell of that number, None where it did not come in time; and whether any may follow."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.cells) > number or self.ended, within_s)
            if not came:
                return None, True
            return (self.cells[number], True) if len(self.cells) > number else (None, False)

    def standing(self) -> Standing:
        with self._changed:
            filling, times = self.filling, list(self._times)
            done, total = (filling.done, filling.total) if filling else (0, 0)
            took = times[-1] - times[0] if len(times) > 1 else 0.0
            rate = (len(times) - 1) / took if took > 0 else 0.0
            left = (total - done) / rate if rate and not self.ended else None
            return Standing(
                self.id, self.table, self.state, done, total, rate, left, filling.spent_usd if filling else 0.0,
                filling.waiting_s if filling and not self.ended else 0.0, filling.stopped if filling else "",
                "" if self.error is None else str(self.error),
            )  # fmt: skip


class Runs:
    """Owns the threads that fill. Of one table one run at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._threads = ThreadPoolExecutor(TABLES_AT_ONCE, thread_name_prefix="review")
        self._closed = False

    def start(
        self, corpus: str, table: str, owner: str, begin: Callable[[], tuple[Filling, Callable[[], None]]]
    ) -> Run:
        """begin: opens what is filled, in the thread that fills; and what closes it. Raises UsageError where the table
        is being filled already."""
        with self._lock:
            if self._closed:
                raise UsageError("the service is closing; start the review again later")
            if any(run.corpus == corpus and run.table == table and not run.ended for run in self._runs.values()):
                raise UsageError("this table is being filled already; stop that run first, or wait for its end")
            run = Run(secrets.token_urlsafe(9), corpus, table, owner)
            self._runs[run.id] = run
            for id in [id for id, old in self._runs.items() if old.ended][: max(0, len(self._runs) - RUNS_KEPT)]:
                del self._runs[id]
        self._threads.submit(self._fill, run, begin)
        return run

    def of_table(self, corpus: str, table: str) -> Run | None:
        """The newest run of a table."""
        found = [run for run in self._runs.values() if run.corpus == corpus and run.table == table]
        return found[-1] if found else None

    def close(self) -> None:
        """What is being answered is kept; nothing more is begun."""
        with self._lock:
            self._closed = True
        for run in list(self._runs.values()):
            run.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _fill(self, run: Run, begin: Callable[[], tuple[Filling, Callable[[], None]]]) -> None:
        run.enter("running")
        try:
            filling, close = begin()
            try:
                run.begins(filling, self._clock())
                for cell in background.iterate(filling.cells()):
                    run.tell(cell, self._clock())
            finally:
                close()
            run.enter("stopped" if filling.stopped else "done")
        except SparewheelError as error:
            run.enter("failed", error)
        except Exception as error:
            log.exception("filling a table of corpus %r failed", run.corpus)
            run.enter("failed", error)
