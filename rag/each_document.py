"""A question about many documents, asked of each of them: cells that are there answer it, the others are filled.

How it is put to one document, and how their cells become one answer: `rag.across`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from sparewheel.rag.across import Of, Plan, answered, plan
from sparewheel.rag.citing import verified
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.events import Done, Event
from sparewheel.rag.gather import FEW, MOST_DOCUMENTS
from sparewheel.rag.gather import within as narrowed
from sparewheel.rag.reliability.workers import Urgency
from sparewheel.rag.review.cell import Cell, cell_of
from sparewheel.rag.types import Answer, Usage
from sparewheel.rag.understand import Reading
from sparewheel.rag.views import View
from sparewheel.rag.walk import StreamOptions, Walk

FILLED_AT_ONCE = 4  # documents that one question about many is put to at a time
FILLED_IN_ORDER = 12  # at most so many are read by the answerers in their order, more by the local ones
FILL_ENDS = 0.1  # of its time is left when no further document is read


class Tables(Protocol):
    """Cells: what was answered of one document. See `rag.review.store`."""

    def questions(self) -> list[tuple[str, int]]: ...

    def cells(self, questions: Sequence[str], documents: Sequence[str]) -> list[Cell]: ...

    def put(self, cell: Cell) -> Cell: ...


@dataclass(frozen=True, slots=True)
class EachDocument:
    """ask: puts a question to the pipeline."""

    tables: Tables
    ask: Callable[[str, StreamOptions], AsyncGenerator[Event]]

    async def answered(self, walk: Walk, view: View, reading: Reading, answer: Answer) -> Answer | None:
        """The answer to a question about many documents, from the cells that there are; those that are missing are
        asked, each within its document, and kept: of a dozen by the answerers in their order, of more by the local
        ones, at most of the nearest `MOST_DOCUMENTS`. None for another question."""
        catalogue, stored = view.catalogue, view.stored
        if reading.shape != "each" or reading.asked != "passages" or reading.clause is not None:
            return None
        if catalogue is None or stored is None or walk.options.get("each"):
            return None

        def looked() -> tuple[Plan | None, list[Of], dict[str, Cell]]:
            ids = catalogue.ids(narrowed(walk.filter, reading.scope))
            if len(ids) <= FEW:
                return None, [], {}
            try:
                found = plan(reading.question, [question for question, _ in self.tables.questions()])
                kept = self.tables.cells([found.question], ids) if found is not None else []
            except Unavailable:  # the database is away, and the documents are of a copy
                found = None
            if found is None:
                return None, [], {}
            sums = catalogue.sums()
            documents = [Of(id, catalogue.title(id), sums[id]) for id in ids]
            known = {of.id: of for of in documents}
            holding = [c for c in kept if c.is_of(known[c.document_id].sha256) and c.answer.outcome != "failed"]
            return found, documents, {cell.document_id: cell for cell in holding}

        asked, documents, cells = await walk.work("read", looked)
        if asked is None:
            return None
        missing = [of for of in documents if of.id not in cells]
        if len(missing) > MOST_DOCUMENTS:
            missing = (await _nearest_first(walk, view, reading, missing))[:MOST_DOCUMENTS]
        asks = partial(self._fill, walk, asked.question, missing, cells, local=len(missing) > FILLED_IN_ORDER)
        async with walk.timed("answer"):
            new = [one for many in await asyncio.gather(*(asks() for _ in range(FILLED_AT_ONCE))) for one in many]
        made = answered(answer, asked, documents, cells, stored.text_at)
        fallen = next((one for one in new if one.degraded), None)
        return replace(
            made,
            citations=tuple(verified(citation, view) for citation in made.citations),
            degraded=fallen is not None,
            attempts=fallen.attempts if fallen else (),
            usage=sum((one.usage for one in new), Usage()),
        )

    async def _fill(
        self, walk: Walk, question: str, missing: list[Of], cells: dict[str, Cell], *, local: bool
    ) -> list[Answer]:
        """Takes documents from `missing` and puts their cells into `cells`, as long as there is time; what was
        answered, failures included."""
        made = list[Answer]()
        while missing and walk.deadline.remaining() > FILL_ENDS * walk.budget_s:
            of = missing.pop(0)
            left_s = walk.deadline.remaining() - FILL_ENDS * walk.budget_s / 2
            options = StreamOptions(filter={"document": of.id}, within_s=left_s, local=local, part=True)
            async with aclosing(self.ask(question, options)) as events:
                made += [event.answer async for event in events if isinstance(event, Done)]
            if made[-1].outcome != "failed":
                cell = cell_of(made[-1], of.id, of.sha256, datetime.now(UTC).isoformat(timespec="milliseconds"))
                with suppress(Unavailable):
                    cell = await walk.workers.run(Urgency.SEARCH, partial(self.tables.put, cell))
                cells[of.id] = cell
        return made


async def _nearest_first(walk: Walk, view: View, reading: Reading, documents: list[Of]) -> list[Of]:
    """The documents whose passages are nearest to the question first."""

    def searched() -> list[Of]:
        filter = narrowed(walk.filter, reading.scope)
        near = view.search(reading.search, 20 * MOST_DOCUMENTS, filter, walk.search_s()).hits
        rank = {id: n for n, id in enumerate(dict.fromkeys(hit.chunk.document_id for hit in near))}
        return sorted(documents, key=lambda of: rank.get(of.id, len(rank)))

    return await walk.work("retrieve", searched)
