"""Several processes that serve one address: how one of them reaches the others, and who keeps what lasts.

An upload, a review, re-indexing last longer than a request: the first worker does them all, and the others hand such
requests on to it, so that whoever asks for a job finds it. Each worker listens on a socket of its own, in a folder that
only this account can enter; what comes in there comes from a sibling.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparewheel.app.api.problems import problem
from sparewheel.rag.observe import address

KEEPER = 0
ADDRESS = b"x-sparewheel-address"  # who asked a sibling
ANSWER_WITHIN_S = 5.0  # a sibling that is asked for its counts
_LASTING = re.compile(r"/v1/(?:jobs/.*|corpora/[^/]+/(?:reviews(?:/.*)?|reindex))")
_CHANGED = re.compile(r"/v1/corpora/[^/]+/documents(?:/.*)?")  # by POST, PATCH and DELETE
_OF_ONE_CONNECTION = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"upgrade", b"content-length"}


@dataclass
class Crew:
    """Seen by worker `number` of `count`. folder: of the sockets."""

    folder: Path
    number: int
    count: int
    _clients: dict[int, httpx.AsyncClient] = field(default_factory=dict)

    def socket(self, number: int) -> Path:
        """Where worker `number` listens to its siblings."""
        return self.folder / f"{number}.sock"

    def client(self, number: int) -> httpx.AsyncClient:
        """To worker `number`."""
        if number not in self._clients:
            transport = httpx.AsyncHTTPTransport(uds=str(self.socket(number)))
            self._clients[number] = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=None)  # noqa: S113
        return self._clients[number]

    async def ask_others(self, path: str, headers: Mapping[str, str] | None = None) -> list[httpx.Response]:
        """What the siblings answer to a GET; one that is being started anew is left out."""

        async def asked(number: int) -> httpx.Response | None:
            try:
                found = await self.client(number).get(path, headers=headers, timeout=ANSWER_WITHIN_S)
            except httpx.HTTPError:
                return None
            return found if found.status_code == 200 else None

        found = await asyncio.gather(*(asked(n) for n in range(self.count) if n != self.number))
        return [each for each in found if each is not None]


def from_sibling(scope: Scope) -> bool:
    """Whether the request came by a worker's own socket, which alone has neither a port nor a caller's address."""
    server = scope.get("server")
    return server is not None and server[1] is None and not scope.get("client")


class HandedOn:
    """ASGI middleware inside the door: what lasts goes to the keeper, unless this is the keeper."""

    def __init__(self, app: ASGIApp, crew: Crew) -> None:
        self._app = app
        self._crew = crew

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._crew.number == KEEPER or not lasts(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        client = self._crew.client(KEEPER)
        path = scope.get("raw_path") or scope["path"].encode()
        url = path.decode("ascii") + (f"?{scope['query_string'].decode('ascii')}" if scope["query_string"] else "")
        headers = [(k, v) for k, v in scope["headers"] if k not in _OF_ONE_CONNECTION or k == b"content-length"]
        headers.append((ADDRESS, address.get().encode()))
        request = client.build_request(scope["method"], url, headers=headers, content=_body(receive))
        try:
            reply = await client.send(request, stream=True)
        except httpx.HTTPError:
            busy = problem(503, "the worker that does this is being started; try again", {"Retry-After": "5"})
            await busy(scope, receive, send)
            return
        try:
            kept = [(k, v) for k, v in reply.headers.raw if k.lower() not in _OF_ONE_CONNECTION]
            await send({"type": "http.response.start", "status": reply.status_code, "headers": kept})
            async for piece in reply.aiter_raw():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await reply.aclose()


def lasts(method: str, path: str) -> bool:
    """Whether the request begins, or asks for, work that lasts longer than a request."""
    return bool(_LASTING.fullmatch(path) or (method in ("POST", "PATCH", "DELETE") and _CHANGED.fullmatch(path)))


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return
        yield message.get("body", b"")
        more = message.get("more_body", False)
