"""Questions to observe: a pipeline with fake steps, and one that has ended."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator
from typing import Any

from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.observe.hooks import Asked, asker, request_id
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.runtime import default_runtime
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer, Attempt, Chunk, Citation, Draft, Hit, Profile, SearchResult, Span, Usage
from sparewheel.rag.views import OneView, View

RENT = Chunk("lease.pdf", 0, 22, "The rent is 900 euros.", id=1)
DOWN = Attempt("deepseek", "failed", "first_token_timeout", "no token", 4.0)
WELL = Attempt("reader", "answered", "", "", 0.1, 0.05)
ANSWERED = Finished(
    Draft("900 euros", (Span(0, 12, 21, 0.9),), confidence=0.9, usage=Usage(100, 10, 60, 40, 0.002)),
    "reader",
    True,
    (DOWN, WELL),
)
FAILED = Unavailable("nobody", reason="overloaded")
FAILED.attempts = (DOWN,)


class Found:
    """A retriever that always finds the rent."""

    def retrieve(self, query: str, k: int, filter: Any = None, within_s: Any = None) -> SearchResult:
        return SearchResult([Hit(RENT, 1.0, 1, "fake")])


class Scripted:
    """An answering that plays its events; an exception among them is raised, None waits for ever."""

    def __init__(self, *events: Any) -> None:
        self.events = events

    async def stream(self, request: Any, deadline: Any = None) -> AsyncIterator[Any]:
        for event in self.events:
            if event is None:
                await asyncio.Event().wait()
            if isinstance(event, Exception):
                raise event
            yield event


def pipeline(*events: Any, domain: str = "legal", sensitivity: Any = "normal") -> Pipeline:
    return Pipeline(
        corpus="lease",
        views=OneView(View(Found())),
        workers=default_runtime().workers,
        answering=Scripted(*events),  # type: ignore[arg-type]
        profile=Profile(domain),
        sensitivity=lambda: sensitivity,
        settings=Settings(),
    )


CITED = Citation(1, "lease.pdf", "Lease", "/secret/path/lease.pdf", 12, 21, "900 euros")
ANSWER = Answer(
    "How much does Mr Smith pay?",
    "lease",
    "900 euros [1]",
    "answered",
    (CITED,),
    answered_by="reader",
    model="reader-en 1",
    attempts=(Attempt("deepseek", "failed", "overloaded"), Attempt("backup", "skipped"), Attempt("reader", "answered")),
)


def asked(answer: Answer = ANSWER, user: str = "ann") -> Asked:
    context = contextvars.Context()
    context.run(asker.set, user)
    context.run(request_id.set, "r-7")
    return Asked(answer, answer.outcome, "legal", "normal", 1_795_000_000.0, 0.5, 0.1, 0.3, "", context)
