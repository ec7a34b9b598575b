"""What a question has to do with the memory of answers: it is looked up there, and what it was answered is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from sparewheel.rag.answer.cite import LOCAL_READER
from sparewheel.rag.answer.instant_quote import QUOTE
from sparewheel.rag.answer.remembered import MEMORY
from sparewheel.rag.gather import MOST_DOCUMENTS
from sparewheel.rag.gather import within as narrowed
from sparewheel.rag.memory.kept import Asked, TextAt
from sparewheel.rag.memory.memory import Recalled
from sparewheel.rag.reliability.deadline import within
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.reliability.workers import Urgency
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Draft, Hit, Recall, Sensitivity
from sparewheel.rag.understand import Reading
from sparewheel.rag.views import View
from sparewheel.rag.walk import Walk, explained

KEPT_WITHIN_S = 2.0  # an answer waits at most so long for the memory to be written, and never beyond its deadline

log = logging.getLogger(__name__)


class Remembering(Protocol):
    """What was answered before. See `rag.memory`."""

    def is_empty(self) -> bool: ...

    def recall(self, asked: Asked, text_at: TextAt, *, searched: bool = True) -> Recalled: ...

    def keep(self, asked: Asked, answer: Answer, at: str, *, local: bool) -> int | None: ...

    def note(self, asked: Asked, day: str) -> None: ...


class Recalling:
    """The memory of one corpus, as its questions use it."""

    def __init__(self, memory: Remembering, sensitivity: Callable[[], Sensitivity]) -> None:
        self._memory = memory
        self._sensitivity = sensitivity
        self._writing: set[asyncio.Future[None]] = set()  # what is being kept; an event loop alone would let it go

    async def of(self, walk: Walk, view: View, reading: Reading, hits: tuple[Hit, ...]) -> Recall | None:
        """Gives what the memory holds for the question as it is read, where its passages are unchanged in this view;
        None where it holds nothing at all."""
        stored = view.stored
        if stored is None:
            return None
        try:
            async with within(walk.deadline):
                if await walk.workers.run(Urgency.SEARCH, self._memory.is_empty):
                    return None
        except Exception as error:  # a damaged file, a database that is away
            log.warning("the memory could not be read: %s", explained(error))
            return None

        def looked() -> Recalled:
            asked = self._asked(walk, view, reading, hits)
            return self._memory.recall(asked, stored.text_at) if asked is not None else Recalled()

        async def recalled() -> Draft | None:
            async with walk.timed("recall"):
                walk.recalled = await walk.workers.run(Urgency.SEARCH, looked)
            served = walk.recalled.served
            return Draft(served.kept.text, model=served.kept.model) if served else None

        return recalled

    def would_answer(self, walk: Walk, view: View, reading: Reading) -> bool:
        """Whether the memory would answer the question in an outage, if a search finds what its answer rests on."""
        if view.stored is None or self._memory.is_empty():
            return False
        asked = self._asked(walk, view, reading, ())
        return asked is not None and bool(self._memory.recall(asked, view.stored.text_at, searched=False).served)

    async def keep(
        self, walk: Walk, view: View, answer: Answer, reading: Reading, finished: Finished, *, observed: bool
    ) -> None:
        """The answer is kept for an outage, where a fuller answerer than the reader gave it to a question that takes
        nothing from its history; and where the process is observed (a server, the page), that it was asked. That
        nothing could be written costs nobody the answer."""
        alone = reading.question == walk.question and (not walk.history or walk.options.get("history_is_ours", False))
        fuller = finished.answered_by not in (LOCAL_READER, QUOTE, MEMORY)
        noted = observed and not walk.options.get("part")
        if not (alone and (fuller or noted)):
            return

        def kept() -> None:
            asked = self._asked(walk, view, reading, answer.evidence)
            if asked is None:
                return
            at = datetime.now(UTC).isoformat(timespec="seconds")
            if noted:
                self._memory.note(asked, at[:10])
            if fuller:
                self._memory.keep(asked, answer, at, local=finished.local)

        writing = asyncio.ensure_future(walk.workers.run(Urgency.BEHIND, kept))
        self._writing.add(writing)
        writing.add_done_callback(self._written)
        await asyncio.wait({writing}, timeout=min(KEPT_WITHIN_S, walk.deadline.remaining()))  # then it goes on behind

    def _written(self, writing: asyncio.Future[None]) -> None:
        self._writing.discard(writing)
        if not writing.cancelled() and (error := writing.exception()):  # a full disk, a damaged file
            log.warning("the memory could not be written: %s: %s", type(error).__name__, error)

    def _asked(self, walk: Walk, view: View, reading: Reading, hits: tuple[Hit, ...]) -> Asked | None:
        """The question as a memory knows it; None where it is asked of too many documents to name them."""
        limit, catalogue = narrowed(walk.filter, reading.scope), view.catalogue
        documents: list[str] = []
        if catalogue is not None and (limit or reading.shape == "each"):
            documents = catalogue.ids(limit)
            if len(documents) > MOST_DOCUMENTS:
                return None
        elif limit:
            return None
        mentions = catalogue.scopes.mentions(reading.question) if catalogue is not None else []
        names = tuple((m.name, m.start, m.end) for m in mentions if m.field == "name")
        language = language_of(reading.question)
        ids = tuple(sorted(documents))
        return Asked(reading.question, language, ids, reading.shape, names, hits, self._sensitivity())
