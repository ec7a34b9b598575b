"""The answerer that is always there: one reading after the other, and nobody else's answer under its name."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sparewheel.rag.answer.vertical import VerticalReader
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.reliability.workers import Urgency, Workers
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

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


class Busy:
    """Workers whose readings take two seconds, after a wait."""

    def __init__(self, *waits_s: float) -> None:
        self.waits_s = [*waits_s]
        self.done: list[Urgency] = []

    async def run(self, urgency: Urgency, work: Callable[[], Any], unclaimed: Any = None) -> Any:
        self.done.append(urgency)
        return work()

    def begins_s(self, urgency: Urgency) -> float:
        return self.waits_s.pop(0)

    def takes_s(self, urgency: Urgency) -> float:
        return 2.0


class Quick:
    """A network that is there at once."""

    def read(self, request: AnswerRequest) -> Draft:
        return Draft("thirty days", model="quick")


async def test_what_cannot_be_read_in_time_is_not_begun() -> None:
    """Its turn would come too late: said at once, with the figures, so that a quote need not wait for the deadline."""
    workers = Busy(5.0, 0.5)
    reader = VerticalReader({"en": Quick}, workers)
    with pytest.raises(Unavailable, match=r"7 s with the wait for its turn, 3 s are left") as refused:
        [item async for item in reader.stream(replace(REQUEST, left_s=lambda: 3.0))]
    assert (refused.value.reason, workers.done) == ("no_time", [Urgency.OPEN])
    assert (await ask(reader))[0] == "thirty days"  # without a deadline
    assert workers.done[1:] == [Urgency.READ]


async def test_a_question_whose_turn_came_too_late_is_not_read() -> None:
    """The wait was longer than it seemed: what is left would not do for a reading."""
    left_s = [3.0, 1.0]
    reader = VerticalReader({"en": Quick}, Busy(0.0))
    with pytest.raises(Unavailable, match="2 s with the wait for its turn, 1 s are left"):
        [item async for item in reader.stream(replace(REQUEST, left_s=lambda: left_s.pop(0)))]


async def test_a_place_that_answers_by_its_number_waits_for_no_reading() -> None:
    """It needs none, however little time is left."""
    workers = Busy()
    request = replace(REQUEST, quotes=(Span(0, 0, 35),), left_s=lambda: 0.01)
    *_, draft = [item async for item in VerticalReader({"en": Quick}, workers).stream(request)]
    assert isinstance(draft, Draft)
    assert "sublet with consent" in draft.text
    assert workers.done == [Urgency.SEARCH]
