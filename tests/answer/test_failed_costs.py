"""What a failed answer took is paid, too: its tokens and cost are in the answer, under the name of who took them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from sparewheel.rag.answer.chat import ChatAnswerer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.reliability.failover import Failover
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.settings import Endpoint, Settings
from sparewheel.rag.types import Answer, Chunk, Hit, Profile, SearchResult, Usage
from sparewheel.rag.views import OneView, View
from tests.inline_work import Inline

TEXT = "The notice period is thirty days."
PRICED = {"price_cache_hit": 1.0, "price_cache_miss": 2.0, "price_output": 4.0}
TOOK = {"prompt_tokens": 1000, "completion_tokens": 500, "prompt_cache_hit_tokens": 400}
COST = (400 * 1.0 + 600 * 2.0 + 500 * 4.0) / 1e6


class Found:
    """A retriever of one passage."""

    def retrieve(self, query: str, k: int, filter: Any = None, within_s: float | None = None) -> SearchResult:
        return SearchResult([Hit(Chunk("lease", 0, len(TEXT), TEXT), 1.0, 1, "fake")])


def answerer(name: str, text: str, reason: str, usage: Mapping[str, int] | None = TOOK) -> Target:
    """A priced endpoint that writes `text`, ends for `reason` and tells its tokens in a last event."""
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]},
        {"choices": [], "usage": usage},
    ]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body.encode()))
    endpoint = Endpoint(url="http://e/v1", **PRICED)  # type: ignore[arg-type]
    return Target(ChatAnswerer(EndpointCompleter(name, endpoint, transport=transport), Profile()))


async def asked(*targets: Target) -> Answer:
    pipeline = Pipeline(
        corpus="leases",
        views=OneView(View(Found(), {})),
        answering=Failover(targets),
        workers=Inline(),
        profile=Profile(),
        sensitivity=lambda: "normal",
        settings=Settings(),
    )
    return await pipeline.aask("How long is the notice period?")


@pytest.mark.parametrize(
    ("text", "reason", "code"),
    [
        ("The notice period is", "length", "truncated"),
        ("The notice period", "content_filter", "content_filter"),
        ("...", "stop", "blank_answer"),
        ("The server is busy. Please try again later.", "stop", "overloaded"),
        ("Bananas are yellow and grow in Ecuador.", "stop", "unsupported"),
    ],
)
async def test_the_tokens_of_a_failed_answer_are_in_the_answer(text: str, reason: str, code: str) -> None:
    """Beside those of the one that answered, and in its attempt."""
    failing, well = answerer("primary", text, reason), answerer("backup", f"{TEXT} [1]", "stop")
    answer = await asked(failing, well)
    assert [(a.answerer, a.reason, a.usage.cost_usd) for a in answer.attempts] == [
        ("primary", code, pytest.approx(COST)),
        ("backup", "", 0.0),
    ]
    assert answer.usage == Usage(2000, 1000, 800, 1200, pytest.approx(2 * COST))  # type: ignore[arg-type]


async def test_a_question_that_nobody_answered_has_its_cost() -> None:
    """Two answers were cut at their length; both are paid."""
    answer = await asked(answerer("one", "The notice", "length"), answerer("two", "The notice", "length"))
    assert (answer.outcome, answer.usage.cost_usd) == ("failed", pytest.approx(2 * COST))


async def test_tokens_that_nobody_told_are_not_made_up() -> None:
    """An endpoint without counts costs nothing."""
    answer = await asked(answerer("primary", "The", "length", usage=None), answerer("backup", f"{TEXT} [1]", "stop"))
    assert answer.usage.prompt_tokens == 1000
