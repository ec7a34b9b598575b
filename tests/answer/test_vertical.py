"""The answerer that is always there."""

import asyncio

from sparewheel.rag.answer.vertical import READINGS, VerticalReader
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit

TEXT = "The tenant may sublet with consent. The notice period is thirty days."
REQUEST = AnswerRequest(
    "How long is the notice period?", (Hit(Chunk("lease.md", 0, len(TEXT), TEXT, id=1), 1.0, 1, "given"),)
)


class Slow:
    """A reader that finishes when told."""

    name, local = "slow", True

    def __init__(self):
        self.go = asyncio.Event()
        self.readings = 0

    async def stream(self, request):
        self.readings += 1
        await self.go.wait()
        yield Draft("read", model="slow")


async def ask(reader):
    return [item async for item in reader.stream(REQUEST)][-1].model


async def test_more_questions_than_places_are_quoted_at_once():
    """All clouds down: four are read, the rest do not wait; afterwards the places are free again."""
    slow = Slow()
    reader = VerticalReader({"en": lambda: slow})
    reading = [asyncio.ensure_future(ask(reader)) for _ in range(READINGS)]
    await asyncio.sleep(0)
    assert [await ask(reader) for _ in range(3)] == ["sentence-quoter"] * 3
    slow.go.set()
    assert await asyncio.gather(*reading) == ["slow"] * READINGS
    assert (await ask(reader), slow.readings) == ("slow", READINGS + 1)


async def test_a_cancelled_reading_gives_its_place_back():
    """As often as it happens."""
    slow = Slow()
    reader = VerticalReader({"en": lambda: slow})
    for _ in range(2 * READINGS):
        task = asyncio.ensure_future(ask(reader))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    slow.go.set()
    assert (await ask(reader), slow.readings) == ("slow", 2 * READINGS + 1)


async def test_a_language_without_weights_is_quoted():
    """No reader, no refusal for that alone."""
    assert await ask(VerticalReader({})) == "sentence-quoter"
