"""The API put together: settings and service in, an ASGI application out."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.routing import Route

from sparewheel.app.api import ask, corpora, docs, embeddings, health, openai, problems, responses, reviews
from sparewheel.app.api.admission import MCP, Admission
from sparewheel.app.api.crew import Crew, HandedOn
from sparewheel.app.api.database_rates import limits_of
from sparewheel.app.api.edge import Edge
from sparewheel.app.api.gate import Gate
from sparewheel.app.api.mcp import OverHttp
from sparewheel.app.api.rates import Limits, Rates
from sparewheel.app.api.who import Door
from sparewheel.app.people.auth import Accounts
from sparewheel.app.people.loopback import is_loopback
from sparewheel.app.service import Service
from sparewheel.rag.observe import hooks

ABOUT = """Answers from your own documents, with citations, that go on when DeepSeek is busy.

Every error is RFC 9457 problem details (`application/problem+json`); `detail` names the value and the cure.
"""


def create_app(service: Service, accounts: Accounts, crew: Crew | None = None, rates: Limits | None = None) -> FastAPI:
    """The application. It closes neither: `app.api.server` does, after the last answer. crew, rates: what it shares
    with other processes that serve the same address."""
    tools = OverHttp(service)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        api = service.settings.api
        gate = app.state.gate = Gate(api.max_concurrency, api.queue, api.queue_wait_s)
        hooks.shared.queue_depth = lambda: gate.waiting
        async with tools.running():
            yield
        hooks.shared.queue_depth = None

    app = FastAPI(
        title="Sparewheel",
        version=version("sparewheel"),
        description=ABOUT,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.service = service
    app.state.crew = crew
    rates = limits_of(service.settings, rates or Rates())
    door = Door(accounts, needs_key=not is_loopback(service.settings.api.host), rates=rates)
    app.state.stopping = threading.Event()
    problems.install(app)
    for part in (ask, openai, responses, embeddings, corpora, reviews, health):
        app.include_router(part.router)
    app.router.routes.append(Route(MCP, tools))
    docs.install(app)
    if crew is not None:
        app.add_middleware(HandedOn, crew=crew)
    app.add_middleware(Admission, door=door, service=service)
    app.add_middleware(Edge, settings=lambda: service.settings.api)
    return app
