"""What observing adds to a question: the same work with observing off and on, in turns, in one run.

python -m benchmarks.observe_overhead
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any

from benchmarks.machine import save
from sparewheel.rag import observe
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.events import Event, Token
from sparewheel.rag.observe import hooks, metrics
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.runtime import default_runtime
from sparewheel.rag.settings import Observe, Settings
from sparewheel.rag.types import Attempt, Chunk, Draft, Hit, Profile, SearchResult, Span, Usage
from sparewheel.rag.views import OneView, View

ROUNDS, QUESTIONS = 20, 200
WORDS = 60  # tokens of the streamed answer


class Found:
    """A retriever that finds 8 passages at once."""

    def retrieve(self, query: str, k: int, filter: Any = None, within_s: float | None = None) -> SearchResult:
        rent = "The rent is 900 euros."
        return SearchResult([Hit(Chunk("lease.pdf", 0, 22, rent, id=n), 1.0, n, "fake") for n in range(8)])


class Instant:
    """An answering that takes no time: what is left is the pipeline and who watches it."""

    async def stream(self, request: Any, deadline: Any = None) -> AsyncIterator[Any]:
        for _ in range(WORDS):
            yield Token("word ", "reader")
        attempts = (Attempt("deepseek", "failed", "overloaded", "HTTP 503", 0.1), Attempt("reader", "answered"))
        draft = Draft("900 euros", (Span(0, 12, 21, 0.9),), confidence=0.9, usage=Usage(900, 60, 600, 300, 0.0004))
        yield Finished(draft, "reader", True, attempts)


def pipeline() -> Pipeline:
    return Pipeline(
        corpus="lease",
        views=OneView(View(Found())),
        workers=default_runtime().workers,
        answering=Instant(),
        profile=Profile("legal"),
        sensitivity=lambda: "normal",
        settings=Settings(),
    )


async def pipelines() -> None:
    """Whole questions; their retrieval goes through a thread, as always."""
    asked = pipeline()
    for _ in range(QUESTIONS):
        await asked.aask("How much is the rent?")


async def hooks_alone() -> None:
    """The events of a question that was played once, again and again."""
    events = [event async for event in pipeline().stream("How much is the rent?")]

    async def play() -> AsyncGenerator[Event]:
        for event in events:
            yield event

    for _ in range(QUESTIONS):
        source = play()
        if hooks.shared.listeners:
            source = hooks.shared.watched(source, "How much is the rent?", "lease", "legal", "normal")
        async for _event in source:
            pass


def loop_us(work: Callable[[], Coroutine[Any, Any, None]]) -> float:
    """Microseconds of processor time a question takes the event loop's thread."""
    gc.collect()
    began = time.thread_time()
    asyncio.run(work())
    return (time.thread_time() - began) / QUESTIONS * 1e6


def compared(work: Callable[[], Coroutine[Any, Any, None]]) -> dict[str, float]:
    """Off and on in turns; the best round of each, which other work on the machine disturbed least."""
    listening = [*hooks.shared.listeners]
    found: dict[str, list[float]] = {"off": [], "on": []}
    for turn in range(ROUNDS):
        for way in ("off", "on") if turn % 2 else ("on", "off"):
            hooks.shared.listeners[:] = listening if way == "on" else []
            found[way].append(loop_us(work))
    hooks.shared.listeners[:] = listening
    off, on = min(found["off"]), min(found["on"])
    return {"off_us": round(off, 1), "on_us": round(on, 1), "added_us": round(on - off, 1), "ratio": round(on / off, 3)}


def main() -> None:
    choices = {"metrics, last questions": Observe(audit=False, log="off"), "and audit log": Observe(log="off")}
    figures: dict[str, Any] = {}
    print(f"{WORDS} tokens, 8 passages, answered in no time; best of {ROUNDS} rounds of {QUESTIONS} questions")
    print(f"{'processor time of the loop':44}{'off, µs':>10}{'on, µs':>10}{'added':>8}{'ratio':>8}")
    for name, chosen in choices.items():
        with tempfile.TemporaryDirectory() as folder:
            observe.start(Settings(data_folder=folder, observe=chosen))
            while b"model_checksum_ok{" not in metrics.exposition()[0]:  # the models' sums are computed at the start
                time.sleep(0.1)
            for what, work in (("events played", hooks_alone), ("whole pipeline", pipelines)):
                row = figures[f"{what}: {name}"] = compared(work)
                cells = zip(row.values(), (10, 9, 7, 7), strict=True)
                print(f"{what + ': ' + name:43}", *(f"{value:>{width}}" for value, width in cells))
            observe.stop()
    save("observe_overhead", {"questions": ROUNDS * QUESTIONS, "tokens": WORDS, "figures": figures})


if __name__ == "__main__":
    main()
