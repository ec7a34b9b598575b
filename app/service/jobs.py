"""Uploads that are being read: what became of each file so far, for whoever looks, as often as they look."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from sparewheel.rag.ingest.report import Status

State = Literal["waiting", "running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class FileResult:
    """What became of one uploaded file. cure: what the user can do about a failure."""

    name: str  # as it was uploaded
    status: Status
    document_id: str = ""
    reason: str = ""
    cure: str = ""
    chunks: int = 0
    bytes: int = 0


@dataclass
class Job:
    """One upload. Iterate over it for the results as they come; ends when the files can be found by their words.

    Iterating raises what ended the whole job (`Locked`, `StoreError`); one bad file is a result.
    """

    id: str
    corpus: str
    owner: str  # name of the user, "" for the local owner
    files: int
    state: State = "waiting"
    error: Exception | None = None
    results: list[FileResult] = field(default_factory=list)
    on_change: Callable[[Job], None] = field(default=lambda job: None, repr=False)  # told after every change
    _telling: bool = field(default=False, repr=False)  # on_change has not come back yet
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def tell(self, result: FileResult) -> None:
        with self._changed:
            self.results.append(result)
            self._changed.notify_all()
        self.on_change(self)

    def enter(self, state: State, error: Exception | None = None) -> None:
        with self._changed:
            self.state, self.error, self._telling = state, error, True
            self._changed.notify_all()
        try:
            self.on_change(self)
        finally:
            with self._changed:
                self._telling = False
                self._changed.notify_all()

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    def wait(self, within_s: float | None = None) -> bool:
        """Whether it has ended, and whoever is to know has been told."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ended and not self._telling, within_s)

    def __iter__(self) -> Iterator[FileResult]:
        for number in itertools.count():
            with self._changed:
                while len(self.results) <= number and not self.ended:
                    self._changed.wait()
                if len(self.results) <= number:
                    break
            yield self.results[number]
        if self.error is not None:
            raise self.error
