"""How the page comes to a browser over a slow line: something to see at once, and scripts that are compressed.

Streamlit's document is empty until its scripts have arrived, two megabytes that it sends as they are. Here the document
says what is coming, its style sheet is asked for before the scripts, and scripts and style sheets travel compressed.
"""

from __future__ import annotations

import asyncio
import gzip
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from sparewheel.app.ui.theme import DARK, LIGHT
from sparewheel.app.words import Language
from sparewheel.app.words.page import say

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGO = Path(__file__).with_name("logo.svg").read_text(encoding="utf-8")
_EMPTY = '<div id="root"></div>'
_STYLE_SHEET = re.compile(r"\s*<link rel=\"stylesheet\"[^>]*>")
_TITLE = re.compile(r"<title>.*?</title>")
_SHOWN = """<div id="root"><style>
body {{ margin: 0; background: {light_ground}; color: {light_text}; }}
.sw-opening {{ font: 1rem/1.5 sans-serif; padding: 2rem; }}
.sw-opening svg {{ height: 2.5rem; display: block; margin-bottom: 1rem; }}
@media (prefers-color-scheme: dark) {{ body {{ background: {dark_ground}; color: {dark_text}; }} }}
</style><main class="sw-opening">{logo}<p role="status">{words}</p></main></div>"""


def opened(document: str, language: Language) -> str:
    """Streamlit's document with something to see; as it is where Streamlit builds it in another way one day."""
    sheets = "".join(_STYLE_SHEET.findall(document))
    shown = _SHOWN.format(
        light_ground=LIGHT["backgroundColor"],
        light_text=LIGHT["textColor"],
        dark_ground=DARK["backgroundColor"],
        dark_text=DARK["textColor"],
        logo=LOGO,
        words=html.escape(say(language, "page_opening")),
    )
    document = _TITLE.sub("<title>Sparewheel</title>", document)
    document = _STYLE_SHEET.sub("", document).replace("<head>", f"<head>{sheets}", 1)
    return document.replace(_EMPTY, shown, 1)


class Opening:
    """ASGI middleware. What Streamlit has compressed or marked as a part of a file stays as it is."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        """root: what stands before the page's paths, "" for nothing."""
        self._app = app
        self._scripts = f"{root}/static/"
        self._compressed: dict[str, Response] = {}  # by path; a path names its content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or "range" in headers:
            await self._app(scope, receive, send)
        elif path.startswith(self._scripts) and path.endswith((".js", ".css")):
            if "gzip" in headers.get("accept-encoding", ""):
                await self._script(path, scope, receive, send)
            else:
                await self._app(scope, receive, send)
        elif "text/html" in headers.get("accept", ""):
            await self._document(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _script(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        kept = self._compressed.get(path)
        if kept is None:
            found = await _whole(self._app, scope, receive)
            if found.status_code != 200 or "content-encoding" in found.headers:
                await found(scope, receive, send)
                return
            body = await asyncio.to_thread(gzip.compress, bytes(found.body), 9, mtime=0)
            kept = self._compressed[path] = _with(found, body)
            kept.headers["content-encoding"] = "gzip"
            kept.headers["vary"] = "Accept-Encoding"
        await kept(scope, receive, send)

    async def _document(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = await _whole(self._app, scope, receive)
        body = bytes(found.body)
        if found.status_code == 200 and "content-encoding" not in found.headers and _EMPTY.encode() in body:
            language = language_of(Headers(scope=scope))
            found = _with(found, opened(body.decode(), language).encode())
        await found(scope, receive, send)


def language_of(headers: Headers) -> Language:
    """What the browser asks for first."""
    return "zh" if headers.get("accept-language", "").casefold().startswith("zh") else "en"


async def _whole(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """What the application answers, kept."""
    found, parts = Response(), []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.status_code = message["status"]
            found.raw_headers = list(message["headers"])
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    found.body = b"".join(parts)
    return found


def _with(found: Response, body: bytes) -> Response:
    """The response with another body. Its tag and date were those of the old one."""
    made = Response(body, found.status_code)
    made.raw_headers = found.raw_headers
    headers = MutableHeaders(raw=made.raw_headers)
    for name in ("etag", "last-modified"):
        del headers[name]
    headers["content-length"] = str(len(body))
    made.raw_headers = headers.raw
    return made
