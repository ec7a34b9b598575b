"""Is it alive, can it take questions, how is it: for the machines around it. And what users think of answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sparewheel.app.api.crew import Crew, from_sibling
from sparewheel.app.api.problems import RESPONSES, Problem
from sparewheel.app.api.shapes import Opinion
from sparewheel.app.api.who import Caller, from_this_machine
from sparewheel.app.kept.feedback import Feedback
from sparewheel.app.people.access import require_role
from sparewheel.app.people.loopback import is_loopback
from sparewheel.app.service import Service
from sparewheel.rag.observe import merge, metrics
from sparewheel.rag.records import plain
from sparewheel.rag.reliability.breaker import Health

SICK = ("closed", "half-open", "open")

router = APIRouter(tags=["operation"], responses=RESPONSES)


@dataclass(frozen=True)
class Alive:
    status: str


@dataclass(frozen=True)
class Condition:
    """breakers: of every endpoint. busy: questions being answered; waiting: for their turn; at_once: the most."""

    breakers: list[Health]
    busy: int
    waiting: int
    at_once: int


@router.get("/healthz", response_model=Alive)
async def healthz() -> dict[str, str]:
    """The process lives. It stays so when every endpoint is down: the local reader answers."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Alive)
async def readyz(request: Request) -> dict[str, str]:
    """It takes questions; 503 once it was told to stop, and while its data folder cannot be read."""
    state = request.app.state
    if state.stopping.is_set():
        raise Problem(503, "stopping: questions in flight end, new ones belong elsewhere", retry_after_s=5)
    folder = state.service.settings.corpora_folder

    def readable() -> bool:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return any(True for _ in folder.iterdir()) or True
        except OSError:
            return False

    if not await asyncio.to_thread(readable):
        raise Problem(503, "the data folder cannot be read; its administrator finds it in the settings")
    return {"status": "ready"}


_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", response_class=Response, responses=_TEXT)
async def show_metrics(request: Request) -> Response:
    """Counts in Prometheus' format; no text of a question or document is in them, and no name of a corpus."""
    if is_loopback(request.app.state.service.settings.api.host):
        from_this_machine(request)  # a page of another site must not read it through a name that leads here
    body, media_type = await asyncio.to_thread(metrics.exposition)
    crew: Crew | None = request.app.state.crew
    if crew is not None and not from_sibling(request.scope):
        others = await crew.ask_others("/metrics")
        body = await asyncio.to_thread(merge.merged, [body.decode(), *(other.text for other in others)])
    return Response(body, headers={"Content-Type": media_type})


@router.get("/v1/health", response_model=Condition)
async def health(request: Request, user: Caller) -> Response:
    """Breakers and queue (admin)."""
    require_role(user, "admin", "see the health of endpoints")
    gate, service = request.app.state.gate, request.app.state.service
    breakers = await asyncio.to_thread(service.health)
    told: dict[str, Any] = plain(Condition(breakers, gate.busy, gate.waiting, gate.at_once))
    crew: Crew | None = request.app.state.crew
    if crew is not None and not from_sibling(request.scope):
        for other in await crew.ask_others("/v1/health", dict(request.headers)):
            told = _worse(told, other.json())
    return JSONResponse(told)


def _worse(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The condition of two workers as one: what goes on is summed, of each endpoint the sicker breaker is shown."""
    sums = {name: one[name] + other[name] for name in ("busy", "waiting", "at_once")}
    pairs = zip(one["breakers"], other["breakers"], strict=True)
    return {"breakers": [max(pair, key=lambda breaker: SICK.index(breaker["state"])) for pair in pairs], **sums}


@router.post("/v1/feedback", status_code=204)
async def feedback(opinion: Opinion, request: Request, user: Caller) -> Response:
    """What a user thinks of an answer is kept with it."""
    service: Service = request.app.state.service
    kept = Feedback(**{**opinion.model_dump(), "evidence": tuple(opinion.evidence)})
    await asyncio.to_thread(service.rate, kept, user)
    return Response(status_code=204)
