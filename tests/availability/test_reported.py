"""What users of chat endpoints have reported, played over a socket to the whole pipeline: the endpoint's answer where
it gave one, else that of who stands behind it, and the fault by its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from reported import REPORTED, TEXT, WHOLE, Reported, chunk, http

from sparewheel.rag.answer.chat import ChatAnswerer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.reliability.deadline import Budgets
from sparewheel.rag.reliability.failover import Failover
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.settings import Endpoint, Settings
from sparewheel.rag.types import Answer, AnswerRequest, Chunk, Draft, Hit, Profile, SearchResult, Span
from sparewheel.rag.views import OneView, View
from tests.inline_work import Inline

PASSAGE = "The notice period is thirty days, counted from receipt. 通知期为三十日。"
BACKUP = "Thirty days is the notice period [1]."
PATIENT = Budgets(first_token_s=30.0, between_tokens_s=30.0, total_s=60.0)
SHORT = {  # only the budget that a silence is to miss is short: a slow machine fails no test
    "first_token_timeout": Budgets(first_token_s=0.1, between_tokens_s=30.0, total_s=60.0),
    "between_tokens_timeout": Budgets(first_token_s=30.0, between_tokens_s=0.1, total_s=60.0),
}
WELL = Reported("well", (http(chunk({"content": BACKUP}, "stop")),), (WHOLE,))


class Found:
    """A retriever of one passage."""

    def retrieve(self, query: str, k: int, filter: Any = None, within_s: float | None = None) -> SearchResult:
        return SearchResult([Hit(Chunk("lease", 0, len(PASSAGE), PASSAGE), 1.0, 1, "fake")])


class Reader:
    """Quotes the passage's first words."""

    name, local = "reader", True

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        yield Draft(PASSAGE[:36], (Span(0, 0, 36),), confidence=0.9)


@asynccontextmanager
async def serving(plays: Reported) -> AsyncIterator[str]:
    """The address of a server that sends it, and nothing else, to whoever asks."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
            for piece in plays.raw:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if plays.then == "stall":
                await reader.read()
            elif plays.then == "reset":
                for _ in range(100):  # what was sent is read first: the asker runs on this loop
                    await asyncio.sleep(0)
                writer.transport.abort()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


async def asked(*plays: Reported) -> Answer:
    """Of endpoints that play these, in this order, and the reader behind them."""
    async with asyncio.timeout(60), _all(plays) as urls:
        targets = []
        for one, url in zip(plays, urls, strict=True):
            completer = EndpointCompleter(one.name, Endpoint(url=url, connect_s=30.0))
            targets.append(Target(ChatAnswerer(completer, Profile()), SHORT.get(one.comes[0], PATIENT)))
        targets.append(Target(Reader(), PATIENT, last_resort=True))
        pipeline = Pipeline(
            corpus="leases",
            views=OneView(View(Found(), {})),
            answering=Failover(targets),
            workers=Inline(),
            profile=Profile(),
            sensitivity=lambda: "normal",
            settings=Settings(),
        )
        try:
            return await pipeline.aask("How long is the notice period?")
        finally:
            for target in targets[:-1]:
                await target.answerer.completer.aclose()  # type: ignore[attr-defined]


@asynccontextmanager
async def _all(plays: tuple[Reported, ...]) -> AsyncIterator[list[str]]:
    if not plays:
        yield []
        return
    async with serving(plays[0]) as url, _all(plays[1:]) as others:
        yield [url, *others]


@pytest.mark.parametrize("plays", REPORTED, ids=[one.name for one in REPORTED])
@pytest.mark.parametrize("backed", [True, False], ids=["backup", "reader"])
async def test_a_reported_response(plays: Reported, backed: bool) -> None:
    """Nothing is lost, nothing is half, and the fault is named."""
    answer = await asked(plays, WELL) if backed else await asked(plays)
    reasons = [attempt.reason for attempt in answer.attempts if attempt.answerer == plays.name]
    assert answer.outcome == "answered"
    if plays.comes == (WHOLE,):
        assert (answer.answered_by, reasons, answer.degraded) == (plays.name, [""], False)
        assert " ".join(answer.text.split()).removesuffix(" — 三十日") == TEXT
    else:
        assert answer.answered_by == ("well" if backed else "reader")
        assert set(reasons) <= set(plays.comes), (reasons, answer.attempts)
        assert answer.text == (BACKUP if backed else PASSAGE[:36])
        assert "http" not in " ".join(attempt.detail for attempt in answer.attempts).replace("HTTP", "")
