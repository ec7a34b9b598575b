"""Questions: /v1/ask and /v1/search."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sparewheel.app.api.gate import Gate
from sparewheel.app.api.inert import Inert
from sparewheel.app.api.problems import RESPONSES, Problem, as_problem
from sparewheel.app.api.shapes import AskReply, Passages, Query, Question, event_data, public_answer, reply
from sparewheel.app.api.stream import EventStream, begun, line, unless_gone
from sparewheel.app.api.who import Caller
from sparewheel.app.people.access import User
from sparewheel.app.service import Service
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.events import Done, Event, Replace, Token
from sparewheel.rag.records import plain
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer

router = APIRouter(tags=["questions"], responses=RESPONSES)

_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "model": AskReply,
        "description": "The whole record; or, when streaming, events `retrieved`, `token`, `replace`, "
        "`attempt_failed`, `cited`, and last `done` with the record (or `error` with problem details)",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.post("/v1/ask", responses=_STREAMED)
async def ask(question: Question, request: Request, user: Caller) -> Response:
    """Answer a question from a corpus, with citations.

    `outcome` is "answered", or "refused" when the documents do not say it.
    """
    service: Service = request.app.state.service
    pipeline = await opened(service, question.corpus, user)
    disclaimer = disclaimer_of(pipeline, question.question)
    events = asked(request.app.state.gate, pipeline, question.question, question.options())
    if question.stream or "text/event-stream" in request.headers.get("accept", ""):
        return EventStream(_lines(await begun(request, events), disclaimer, user))
    answer = await unless_gone(request, whole(events))
    return JSONResponse(reply(answer, disclaimer, user))


@router.post("/v1/search", response_model=Passages)
async def search(query: Query, request: Request, user: Caller) -> Response:
    """The passages nearest to a question, best first; nothing is answered."""
    service: Service = request.app.state.service

    async def found() -> Any:
        search = partial(service.search, query.corpus, query.question, user, k=query.k, filter=query.only())
        async with request.app.state.gate.turn():
            return await asyncio.to_thread(search)

    return JSONResponse({"hits": plain(await unless_gone(request, found()))})


async def opened(service: Service, corpus: str, user: User | None) -> Pipeline:
    """The corpus, for this user."""
    return await asyncio.to_thread(service.pipeline, corpus, user)


async def asked(gate: Gate, pipeline: Pipeline, question: str, options: dict[str, Any]) -> AsyncGenerator[Event]:
    """The events of a question, once it has its turn."""
    async with gate.turn(), aclosing(pipeline.stream(question, **options)) as events:
        async for event in events:
            yield event


async def whole(events: AsyncGenerator[Event]) -> Answer:
    """The answer. Raises Problem 503, with the record, when no answerer could give one."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return answered(event.answer)
    raise AssertionError("the events ended without Done")


def answered(answer: Answer) -> Answer:
    """The answer itself. Raises Problem 503 when nobody could answer."""
    if answer.outcome != "failed":
        return answer
    tried = ", ".join(f"{attempt.answerer}: {attempt.reason or attempt.outcome}" for attempt in answer.attempts)
    told = public_answer(answer, User(""))  # attempts without details
    raise Problem(503, f"no answerer could answer ({tried}); try again", retry_after_s=5, answer=told)


def disclaimer_of(pipeline: Pipeline, question: str) -> str:
    return pipeline.profile.disclaimer.get(language_of(question), "")


async def _lines(events: AsyncGenerator[Event], disclaimer: str, user: User | None) -> AsyncGenerator[str]:
    """Server-sent events; what goes wrong under way is the last one. A last "!" or "<" is in the whole text only."""
    shown = Inert()
    async with aclosing(events):
        try:
            async for event in events:
                if isinstance(event, Replace):
                    shown = Inert()
                if isinstance(event, Token | Replace):
                    event = replace(event, text=shown.feed(event.text))
                yield line(event_data(event, disclaimer, user), event_name(event))
        except Exception as error:
            found = as_problem(error)
            yield line({"status": found.status, "detail": str(found), **found.members}, "error")


def event_name(event: Event) -> str:
    """AttemptFailed -> attempt_failed."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
