"""The memory as an answerer: it has only what was answered before (`rag.memory`); else the next one answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sparewheel.rag.reliability.faults import failure
from sparewheel.rag.types import AnswerRequest, Draft

MEMORY = "memory"  # its name


class MemoryAnswerer:
    """An `Answerer` of what a request can recall."""

    name = MEMORY
    local = True

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        """The kept text in one piece, then the Draft. Raises Unavailable (not_kept) where none is kept."""
        draft = await request.recall() if request.recall is not None else None
        if draft is None:
            raise failure("not_kept")
        yield draft.text
        yield draft
