"""What an ingest tells while it runs and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["added", "updated", "unchanged", "removed", "skipped", "failed"]


@dataclass(frozen=True)
class Row:
    """What became of one file."""

    source: str
    status: Status
    document_id: str = ""
    reason: str = ""  # why it failed or was skipped
    cure: str = ""
    chunks: int = 0
    bytes: int = 0
    notes: str = ""  # what of a document that was read is not in its text, or was read in a way to be known


@dataclass(frozen=True)
class Progress:
    """done and total: bytes while reading, documents while splitting again, chunks while filling."""

    stage: Literal["read", "split", "fill"]
    done: int
    total: int
    name: str  # of the file, document or index


@dataclass(frozen=True)
class Report:
    """A row for each file, in the order they were done."""

    rows: tuple[Row, ...]
    seconds: float
    searchable_s: float | None  # until the first change could be found; None when nothing changed
    missing: tuple[str, ...] = ()  # documents whose files below the paths are gone, where they were not to be pruned

    def of(self, *statuses: Status) -> list[Row]:
        return [row for row in self.rows if row.status in statuses]
