"""A table as it is looked at and exported: its documents and questions now, with the cells that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sparewheel.rag.review.cell import Cell, question_key
from sparewheel.rag.review.table import Column, Table, Tally, tally
from sparewheel.rag.types import named

State = Literal["missing", "answered", "silent", "failed"]  # silent: the document does not say


class Info(Protocol):
    """What is known of a document without reading it: `ingest.snapshot.DocumentInfo`."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def metadata(self) -> Mapping[str, str]: ...


class Keeps(Protocol):
    """Where cells are kept: `store.CellStore`."""

    def cells(self, questions: Sequence[str], documents: Sequence[str]) -> list[Cell]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """A document of the table. name: how a reader knows it. source: where it came from."""

    id: str
    name: str
    source: str
    sha256: str


@dataclass(frozen=True)
class Sheet:
    """Documents x questions. A document that was deleted is in no sheet."""

    table: Table
    rows: tuple[Row, ...]
    cells: Mapping[tuple[str, str], Cell]  # (question key, document id)

    def cell(self, column: Column, row: Row) -> Cell | None:
        return self.cells.get((question_key(column.question), row.id))

    def state(self, column: Column, row: Row) -> State:
        """What became of the cell so far."""
        return state_of(self.cell(column, row))

    def is_outdated(self, column: Column, row: Row) -> bool:
        """Whether the document has changed since it was asked."""
        cell = self.cell(column, row)
        return cell is not None and not cell.is_of(row.sha256)

    def filled(self) -> Iterator[tuple[Row, Column, Cell]]:
        """The cells there are, document by document."""
        for row in self.rows:
            for column in self.table.columns:
                if (cell := self.cell(column, row)) is not None:
                    yield row, column, cell

    @property
    def tally(self) -> Tally:
        return tally(self.table.columns, {row.id: row.sha256 for row in self.rows}, self.cells.values())

    @property
    def spent_usd(self) -> float:
        """What the cells that are shown have cost, US dollars."""
        return sum(cell.answer.usage.cost_usd for cell in self.cells.values())


def state_of(cell: Cell | None) -> State:
    """What became of a cell; what a person wrote counts as answered, and an empty correction as silent."""
    if cell is None:
        return "missing"
    if cell.correction is None and cell.answer.outcome == "failed":
        return "failed"
    return "answered" if cell.text else "silent"


def sheet(table: Table, documents: Sequence[Info], keeps: Keeps) -> Sheet:
    """The table over the documents that are there now. Raises UsageError where a pattern of the table fits none."""
    chosen = set(table.chosen([info.id for info in documents]))
    rows = tuple(
        Row(info.id, named(info.id, info.title, info.metadata), info.source, info.sha256)
        for info in documents
        if info.id in chosen
    )
    cells = keeps.cells([column.question for column in table.columns], [row.id for row in rows])
    return Sheet(table, rows, {(cell.key, cell.document_id): cell for cell in cells})
