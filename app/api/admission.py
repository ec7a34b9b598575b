"""Who comes in, before a byte of their body is read: key, role, corpus and room for an upload, from the headers alone.

FastAPI reads a form before it asks its dependencies, so a door that stands there lets anybody fill the disk first.
"""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sparewheel.app.api.problems import Problem, as_problem, problem
from sparewheel.app.api.rates import Rates
from sparewheel.app.api.who import Door
from sparewheel.app.people.scopes import require_scope
from sparewheel.app.service import Service
from sparewheel.rag import observe
from sparewheel.rag.errors import SparewheelError

KEYED = "/v1/"  # every path below it wants a key where there are accounts ...
MCP = "/mcp"  # ... and this one
UPLOADS = re.compile(r"/v1/corpora/([^/]+)/documents/?")
BUSY_RETRY_S = 5.0
RECORDS_PER_MINUTE = 120  # of refused requests in the audit log: nobody without a key may fill the disk with them


class Admission:
    """ASGI middleware inside `Edge`. What it finds out is kept in the request's state as `caller`."""

    def __init__(self, app: ASGIApp, door: Door, service: Service) -> None:
        self._app = app
        self._door = door
        self._service = service
        self._uploads = 0
        self._records = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (scope["path"].startswith(KEYED) or scope["path"] == MCP):
            await self._app(scope, receive, send)
            return
        try:
            request = Request(scope)
            per_minute = self._service.settings.api.per_minute
            request.state.request_id = observe.request_id.get("")
            request.state.caller = await self._door.enter(request, key_of(request.headers), per_minute)
            require_scope(request.state.caller, scope["method"], scope["path"])
            upload = UPLOADS.fullmatch(scope["path"]) if scope["method"] == "POST" else None
            if upload:
                await asyncio.to_thread(self._service.may_upload, unquote(upload[1]), request.state.caller)
                self._room()
        except SparewheelError as error:
            found = as_problem(error)
            if found.status in (401, 403) and self._records.take(b"", RECORDS_PER_MINUTE, time.monotonic()) == 0:
                await asyncio.to_thread(
                    observe.access, "request_refused", route=_route(scope), outcome=str(found.status)
                )
            refused = problem(found.status, str(found), {**found.headers, "Connection": "close"}, **found.members)
            await refused(scope, receive, send)
            return
        if not upload:
            await self._app(scope, receive, send)
            return
        self._uploads += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._uploads -= 1

    def _room(self) -> None:
        """Raises a 503 where as many uploads as the settings allow are coming in."""
        most = self._service.settings.api.uploads_at_once
        if self._uploads >= most:
            raise Problem(
                503, f"{most} uploads are coming in; send this one a little later", retry_after_s=BUSY_RETRY_S
            )


def _route(scope: Scope) -> str:
    """The first parts of the path, without the name of a document, which may be a patient's."""
    return "/".join(scope["path"].split("/")[:5])[:200]


def key_of(headers: Headers) -> str | None:
    """The key of a request: `Authorization: Bearer KEY` or `X-API-Key: KEY`."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and bearer.strip():
        return bearer.strip()
    return headers.get("x-api-key") or None
