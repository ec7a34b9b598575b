"""The memory charged while the cloud is up: questions asked now, so that an outage is answered with the same quality.

    due = to_prepare(pipeline, items)              what is not kept yet
    preparing = Preparing(pipeline, due, how, cells)
    async for cell in preparing.filling: ...       as `rag.review.fill.Filling`: concurrency, budget, cheaper hours

Asked again, the same call goes on with what is missing: what was answered is in the memory at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sparewheel.rag.answer.remembered import MEMORY
from sparewheel.rag.assemble import open_memory
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.memory.kept import PERSON, Kept, Passage, stands
from sparewheel.rag.memory.memory import Memory
from sparewheel.rag.review.cell import Cell, Said
from sparewheel.rag.review.fill import Filling, How, Of
from sparewheel.rag.review.store import CellStore
from sparewheel.rag.review.table import Column
from sparewheel.rag.settings import Settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Filter, Shape
from sparewheel.rag.understand import read
from sparewheel.rag.views import Stored

LAST_DAYS = 30  # of what people asked
MOST_ASKED = 500  # different questions that are looked at
IN_VAIN = 5  # answers in a row by nothing fuller than the reader: the cloud is down


@dataclass(frozen=True, slots=True)
class Item:
    """A question and the documents it is limited to, () for all of them. times: how often people asked it."""

    question: str
    documents: tuple[str, ...] = ()
    times: int = 0

    @property
    def filter(self) -> Filter | None:
        return {"document": list(self.documents)} if self.documents else None


@dataclass(frozen=True, slots=True)
class Charge:
    """How much of what people asked would be answered from memory. questions: as often as they were asked."""

    questions: int
    answered: int
    kept: int  # answers in the memory

    @property
    def share(self) -> float:
        return self.answered / self.questions if self.questions else 0.0


def asked_lately(memory: Memory, today: datetime | None = None) -> list[Item]:
    """What people asked in the last 30 days, most asked first."""
    since = ((today or datetime.now(UTC)) - timedelta(days=LAST_DAYS)).date().isoformat()
    return [Item(q.question, q.documents, q.times) for q in memory.store.questions(since, MOST_ASKED)]


def charge(pipeline: Pipeline, memory: Memory) -> Charge:
    """How charged the memory is."""
    items = asked_lately(memory)
    answered = sum(item.times for item in items if held(pipeline, item))
    return Charge(sum(item.times for item in items), answered, len(memory.store.ids()))


def held(pipeline: Pipeline, item: Item) -> bool:
    """Whether the memory would answer it; a question about a document that is gone it would not."""
    known = item.documents
    return pipeline.remembers(item.question, item.filter if len(known) == 1 else None)


def to_prepare(pipeline: Pipeline, items: Iterable[Item]) -> list[Item]:
    """Those that the memory would not answer, each once."""
    return [item for item in dict.fromkeys(items) if not held(pipeline, item)]


class Preparing:
    """One run. kept: answers that are in the memory since; down: it ended because nothing fuller than the reader
    answered."""

    def __init__(self, pipeline: Pipeline, items: Sequence[Item], how: How, cells: CellStore,
                 sha256: Mapping[str, str]) -> None:  # fmt: skip
        """cells: where review tables keep theirs: a question of one document is a cell of it, too. sha256: of the
        documents' sources."""
        self._pipeline, self._cells, self._sha256 = pipeline, cells, sha256
        self._items = {str(number): item for number, item in enumerate(items)}
        self.filling = Filling((), (), self, self, how)
        self.filling.todo = [(Of(key, ""), Column(key, item.question)) for key, item in self._items.items()]
        self.filling.total = len(self._items)
        self.kept = 0
        self.down = False
        self._in_vain = 0

    async def aask(self, question: str, *, filter: Mapping[str, str]) -> Answer:
        """As the pipeline, of the documents of the item that stands behind the filter."""
        item = self._items[filter["document"]]
        return await self._pipeline.aask(question, filter=item.filter if len(item.documents) == 1 else None)

    def cells(self, questions: Sequence[str], documents: Sequence[str]) -> list[Cell]:
        """None: what is due was looked up in the memory."""
        return []

    def put(self, cell: Cell) -> Cell:
        """Counts the answer, and keeps it as a cell where it is one."""
        item = self._items[cell.document_id]
        full = cell.is_full and cell.answer.outcome == "answered"
        self.kept += full
        self._in_vain = 0 if full else self._in_vain + cell.answer.degraded
        if self._in_vain >= min(IN_VAIN, len(self._items)):
            self.down = True
            self.filling.stop()
        if len(item.documents) != 1 or cell.answer.degraded:
            return cell
        (document,) = item.documents
        return self._cells.put(replace(cell, document_id=document, document_sha256=self._sha256.get(document, "")))


# ---------------------------------------------------------------- cells of review tables


def keep_cells(memory: Memory, cells: Iterable[Cell], stored: Stored, settings: Settings) -> int:
    """Cells that a fuller model or a person answered, and whose passages stand, are in the memory; how many."""
    kept = [made for cell in cells if (made := of_cell(cell, settings)) is not None and stands(made, stored.text_at)]
    for one in kept:
        memory.put(one)
    return len(kept)


def keep_correction(store: CorpusStore, cell: Cell, settings: Settings) -> None:
    """What a person said of a cell answers in an outage, until they take it back."""
    memory = open_memory(store, settings)
    if settings.answer.memory == "off":
        return
    said = of_cell(cell, settings)
    if cell.correction is None or said is None:
        spoken = of_cell(replace(cell, correction=cell.correction or Said(cell.question, "", cell.at)), settings)
        if spoken is not None and not memory.is_empty():
            memory.drop(spoken)
    if said is not None:
        memory.put(said)


def of_cell(cell: Cell, settings: Settings) -> Kept | None:
    """A cell as the memory keeps it; None for what only the reader said, and for what rests on no passage."""
    answer = cell.answer
    if not (cell.is_full and cell.text.strip() and cell.passages and answer.citations):
        return None
    if cell.correction is None and answer.answered_by == MEMORY:
        return None  # it is kept already
    if not all(citation.verified for citation in answer.citations):
        return None
    person = cell.correction
    shape: Shape = "several" if read(cell.question).shape == "several" else "one"
    return Kept(
        cell.question,
        language_of(cell.question),
        (cell.document_id,),
        shape,
        (),
        cell.text,
        "" if person else answer.label,
        answer.citations,
        tuple(Passage(p.document_id, p.start, p.end, p.sha256) for p in cell.passages),
        (cell.document_id,),
        PERSON if person else answer.answered_by,
        "" if person else answer.model,
        person.at if person else cell.at,
        0.0 if person else answer.usage.cost_usd,
        person is not None or answer.answered_by not in settings.endpoint,
        (person.by or "the owner") if person else "",
    )
