"""Around every request: its id, a limit on its body, headers that a browser obeys, and one line in the log.

The line holds the route, never the path itself: a document's name may be a patient's.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparewheel.app.api.admission import UPLOADS
from sparewheel.app.api.crew import ADDRESS, from_sibling
from sparewheel.app.api.problems import problem
from sparewheel.rag.observe import address, asker, request_id
from sparewheel.rag.settings import Api

BODY_PIECE_S = 30.0  # a body that stands still for so long is given up
BODY_WITHIN_S = 60.0  # all of a body that is no upload
PROBES = ("/healthz", "/readyz", "/metrics")  # asked every few seconds: a line for each would hide the others
_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

log = logging.getLogger(__name__)


class Edge:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, settings: Callable[[], Api]) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = _below(scope, self._settings().root_path.rstrip("/"))
        began, status = time.perf_counter(), 0
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id.set(given if _ID.fullmatch(given) else secrets.token_hex(8))
        asker.set("")
        address.set(_client(scope, headers))

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = MutableHeaders(scope=message)
                said["X-Request-ID"] = request_id.get()
                if scope["app"].state.stopping.is_set():
                    said["Connection"] = "close"  # who keeps connections leaves before the door closes
                for name, value in _SECURITY.items():
                    said.setdefault(name, value)
            await send(message)

        limit, within_s = self._limits(scope)
        try:
            if int(headers.get("content-length") or 0) > limit:
                await problem(413, _too_large(limit))(scope, receive, answer)
            else:
                await self._app(scope, _bounded(receive, limit, within_s), answer)
        finally:
            route = getattr(scope.get("route"), "path", "(no route)")
            seconds = time.perf_counter() - began
            fields = {"method": scope["method"], "route": route, "status": status, "seconds": round(seconds, 4)}
            level = logging.DEBUG if route in PROBES and status == 200 else logging.INFO
            told = (scope["method"], route, status, seconds)
            log.log(level, "%s %s %d in %.3f s", *told, extra={"fields": fields})

    def _limits(self, scope: Scope) -> tuple[int, float]:
        """Bytes that the body may have, and seconds that it may take."""
        settings = self._settings()
        if scope["method"] == "POST" and UPLOADS.fullmatch(scope["path"]):
            return settings.upload_mb * 1_000_000, settings.upload_within_s
        return settings.body_kb * 1000, BODY_WITHIN_S


def _client(scope: Scope, headers: Headers) -> str:
    """The address that asks; a sibling says whose request it hands on."""
    if from_sibling(scope):
        return headers.get(ADDRESS.decode(), "")
    return scope["client"][0] if scope.get("client") else ""


def _below(scope: Scope, root: str) -> Scope:
    """The scope with the path as the routes have it, whether or not the proxy takes the root path off: everything below
    judges by that path, the door too."""
    if not root:
        return scope
    scope = {**scope, "root_path": root}
    if not scope["path"].startswith(f"{root}/"):
        return scope
    raw = scope.get("raw_path")
    begins = quote(root).encode()
    shorter = raw.removeprefix(begins) if raw and raw.startswith(begins + b"/") else raw
    return {**scope, "path": scope["path"][len(root) :], "raw_path": shorter}


def _bounded(receive: Receive, limit: int, within_s: float) -> Receive:
    """`receive` that raises 413 when more than `limit` bytes come, 408 when nothing comes, or not all in `within_s`."""
    size, complete, ends = 0, False, asyncio.get_running_loop().time() + within_s

    async def take() -> Message:
        nonlocal size, complete
        if complete:
            return await receive()  # waits for the client to hang up
        now = asyncio.get_running_loop().time()
        try:
            if now >= ends:  # pieces that are there at once never let a timeout strike
                raise TimeoutError
            async with asyncio.timeout_at(min(ends, now + BODY_PIECE_S)):
                message = await receive()
        except TimeoutError:
            late = f"the body did not end within {within_s:g} s, or stood still for {BODY_PIECE_S:g} s"
            raise HTTPException(408, late) from None
        size += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if size > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return take


def _too_large(limit: int) -> str:
    return f"the body is larger than {limit / 1000:,.0f} kB (settings api.body_kb, api.upload_mb); send less at a time"
