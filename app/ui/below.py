"""The page below a path of a proxy, whether or not the proxy takes that path off."""

from __future__ import annotations

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send


class Below:
    """ASGI middleware: everything behind it, the door too, judges by paths that have the root before them."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        """root: "/sparewheel", or "" for none."""
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._root and scope["type"] != "lifespan":
            scope = self._whole(scope)
        await self._app(scope, receive, send)

    def _whole(self, scope: Scope) -> Scope:
        path = scope["path"]
        if path == self._root or path.startswith(f"{self._root}/"):
            return scope
        raw = scope.get("raw_path") or quote(path).encode()
        return {**scope, "path": self._root + path, "raw_path": quote(self._root).encode() + raw}
