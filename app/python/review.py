"""A review of a corpus as an iterator of cells, for `async for` and `for` alike.

async for cell in corpus.review(["Which law governs?", ("Rent", "How much is the rent?")]):
    cell.document_id, cell.question, cell.text, cell.answer.citations
review.sheet(), review.write("table.xlsx")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path

from sparewheel.app.export.table import Wanted, check_suffix, export_table
from sparewheel.app.kept.history import now
from sparewheel.app.words import Language
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.fill import Filling, How, Of
from sparewheel.rag.review.sheet import Sheet, sheet
from sparewheel.rag.review.store import CellStore
from sparewheel.rag.review.table import Column, Table, columns_of

Open = Callable[[], tuple[Pipeline, Callable[[], None]]]  # what answers, and what gives it back


class Review:
    """Iterating asks what is missing or changed; cells that are kept already come first. Left early, or killed, a later
    one goes on: every cell is kept at once."""

    def __init__(
        self,
        store: CorpusStore,
        cells: CellStore,
        open_pipeline: Open,
        questions: Sequence[str | tuple[str, str] | Column],
        documents: Sequence[str],
        how: How,
    ) -> None:
        """Raises UsageError for questions that are none, and for a pattern that fits no document."""
        self._store, self._cells, self._open, self._how = store, cells, open_pipeline, how
        self._table = Table("", "", columns_of(questions), tuple(documents))
        self.filling: Filling | None = None  # of the iteration that runs: `done`, `total`, `spent_usd`, `stopped`
        self.sheet()

    def __aiter__(self) -> AsyncIterator[Cell]:
        return self._all()

    def __iter__(self) -> Iterator[Cell]:
        return background.iterate(self._all())

    def sheet(self) -> Sheet:
        """Documents x questions, with the cells there are so far."""
        if not self._store.current():
            return sheet(self._table, [], self._cells)
        with self._store.open() as snapshot:
            return sheet(self._table, snapshot.documents(), self._cells)

    def write(self, path: Path | str, language: Language = "en") -> Path:
        """The table as .xlsx, .docx, .csv, .html or .json, as its name ends. Raises UsageError for another end."""
        path = Path(path)
        form = check_suffix(path.suffix)
        path.write_bytes(export_table(self.sheet(), form.suffix, Wanted(self._store.config.name, language, now())))
        return path

    async def _all(self) -> AsyncGenerator[Cell]:
        found = await asyncio.to_thread(self.sheet)
        pipeline, close = await asyncio.to_thread(self._open)
        try:
            documents = [Of(row.id, row.sha256) for row in found.rows]
            filling = self.filling = await asyncio.to_thread(
                Filling, self._table.columns, documents, self._cells, pipeline, self._how
            )
            due = {(document.id, column) for document, column in filling.todo}
            for row, column, cell in found.filled():
                if (row.id, column) not in due:
                    yield cell
            async with aclosing(filling.cells()) as cells:
                async for cell in cells:
                    yield cell
        finally:
            close()
