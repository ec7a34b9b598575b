"""What a browser must obey on every answer of the page."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit runs inline scripts and styles, so only what it does without is forbidden: to be framed by another site, to
# send a form elsewhere, plug-ins, another base address
SAFE = {
    "content-security-policy": "frame-ancestors 'self'; form-action 'self'; object-src 'none'; base-uri 'self'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}


class SafeHeaders:
    """ASGI middleware. A header that an answer has already stays as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, answer)
