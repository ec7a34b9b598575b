"""What the core adds to a question at a healthy endpoint: budgets, breaker, failover, the quote behind it, events."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from sparewheel.eval.availability.exchange import expected_answer
from sparewheel.eval.availability.figures import quantile
from sparewheel.eval.availability.play import serving
from sparewheel.rag.answer.chat import ChatAnswerer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.answer.instant_quote import InstantQuote
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.failover import Failover
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.runtime import default_runtime
from sparewheel.rag.settings import Breaker, Endpoint
from sparewheel.rag.types import Answerer, AnswerRequest, Draft, Profile

QUESTIONS = 2000
WORDS = expected_answer("question-1").split(" ")


class Instant:
    """Streams an answer of 16 tokens without waiting."""

    name, local = "instant", True

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        for word in WORDS:
            yield word + " "
        yield Draft(" ".join(WORDS) + " ")


def overhead() -> dict[str, Any]:
    """Milliseconds a question, one at a time, the two ways in turn: p50 and p99 of each, and their difference.

    endpoint: over a socket, by the product's client, wall clock. alone: an answerer that takes no time, processor time
    of the thread, so that other work on the machine does not count.
    """
    with serving() as server:
        endpoint = Endpoint(url=server.url, key="none")
        chat = ChatAnswerer(EndpointCompleter("cloud", endpoint), Profile())
        over_socket = asyncio.run(_both(chat, time.perf_counter))
    alone = asyncio.run(_both(Instant(), time.thread_time))
    return {"questions": QUESTIONS, "endpoint": over_socket, "alone": alone}


async def _both(answerer: Answerer, clock: Callable[[], float]) -> dict[str, float]:
    failover = Failover([Target(answerer, breaker=CircuitBreaker("cloud", Breaker())), Target(Instant())])
    answering = InstantQuote(failover, default_runtime().workers)
    request = AnswerRequest("How long is the notice period of question-1?", ())

    async def bare() -> None:
        async for _ in answerer.stream(request):
            pass

    async def guarded() -> None:
        async for _ in answering.stream(request):
            pass

    for _ in range(50):
        await bare()
        await guarded()
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {"bare": [], "guarded": []}
    for _ in range(QUESTIONS):
        times["bare"].append(await _timed(bare, clock))
        times["guarded"].append(await _timed(guarded, clock))
    found = {f"{way}_p{int(100 * q)}_ms": quantile(sorted(ms), q) for way, ms in times.items() for q in (0.5, 0.99)}
    return found | {
        "added_p50_ms": round(found["guarded_p50_ms"] - found["bare_p50_ms"], 4),
        "added_p99_ms": round(found["guarded_p99_ms"] - found["bare_p99_ms"], 4),
    }


async def _timed(ask: Callable[[], Awaitable[None]], clock: Callable[[], float]) -> float:
    start = clock()
    await ask()
    return 1000 * (clock() - start)
