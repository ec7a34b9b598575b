"""The answerer that is always there: one reading after the other, and nobody else's answer under its name."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sparewheel.rag.answer.vertical import VerticalReader
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.reliability.workers import Workers
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit

TEXT = "The tenant may sublet with consent. The notice period is thirty days."
REQUEST = AnswerRequest(
    "How long is the notice period?", (Hit(Chunk("lease.md", 0, len(TEXT), TEXT, id=1), 1.0, 1, "given"),)
)


class Slow:
    """A network that reads when it may."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.readings = 0

    def read(self, request: AnswerRequest) -> Draft:
        self.readings += 1
        self.begun.release()
        self.go.wait()
        return Draft("thirty\ndays", model="slow")


async def ask(reader: VerticalReader) -> list[object]:
    return [item async for item in reader.stream(REQUEST)]


async def test_more_questions_than_are_read_at_once_wait_for_their_turn() -> None:
    """Two are read, the others after them; none is answered by anybody else."""
    slow, workers = Slow(), Workers(2)
    reader = VerticalReader({"en": lambda: slow}, workers)
    asked = [asyncio.ensure_future(ask(reader)) for _ in range(5)]
    await asyncio.to_thread(lambda: [slow.begun.acquire() for _ in range(2)])
    assert slow.readings == 2
    slow.go.set()
    assert await asyncio.gather(*asked) == [["thirty days", Draft("thirty\ndays", model="slow")]] * 5
    workers.close()


async def test_a_question_given_up_while_it_waits_is_never_read() -> None:
    """Its place in the queue is free."""
    slow, workers = Slow(), Workers(1)
    reader = VerticalReader({"en": lambda: slow}, workers)
    first, second = asyncio.ensure_future(ask(reader)), asyncio.ensure_future(ask(reader))
    await asyncio.to_thread(slow.begun.acquire)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    slow.go.set()
    await first
    await ask(reader)
    assert slow.readings == 2
    workers.close()


async def test_a_language_without_weights_has_no_reader() -> None:
    """It says so; who stands behind it answers under a name of their own."""
    workers = Workers(1)
    with pytest.raises(Unavailable, match="no built-in reader for 'en'"):
        await ask(VerticalReader({}, workers))
    workers.close()
