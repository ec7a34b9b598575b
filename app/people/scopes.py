"""What an API key may be used for: less than its account may do, never more."""

from __future__ import annotations

import re
from typing import Literal, get_args

from sparewheel.app.people.access import User
from sparewheel.rag.errors import NeedsRole, UsageError, suggest

Scope = Literal["ask", "read", "write", "admin"]
SCOPES: dict[Scope, str] = {
    "ask": "ask, search and rate answers",
    "read": "list and read documents, files and review tables",
    "write": "bring documents in and out, re-index, fill review tables",
    "admin": "make, change and remove corpora, and say who reads them",
}
_ASKS = re.compile(r"/v1/(?:ask|search|chat/completions|responses|embeddings|feedback)/?|/mcp(?:/.*)?")
_OPEN = re.compile(r"/v1/(?:corpora|models(?:/.*)?|health|question-sets|corpora/[^/]+)/?")  # every key may look there
_MANAGES = re.compile(r"/v1/corpora(?:/[^/]+(?:/access)?)?/?")


def scope_of(method: str, path: str) -> Scope | None:
    """What a key needs for a request; None where any key will do. An unknown path is read or written."""
    reads = method in ("GET", "HEAD", "OPTIONS")
    if _ASKS.fullmatch(path):
        return "ask"
    if reads:
        return None if _OPEN.fullmatch(path) else "admin" if path.rstrip("/").endswith("/access") else "read"
    return "admin" if _MANAGES.fullmatch(path) else "write"


def require_scope(user: User | None, method: str, path: str) -> None:
    """Raises NeedsRole where the key that the user came with is not for that."""
    needed = scope_of(method, path)
    if user is None or not user.scopes or needed is None or needed in user.scopes:
        return
    raise NeedsRole(
        f"this key is for {', '.join(user.scopes)} only; for this it takes the scope {needed!r}: ask an administrator "
        "(sparewheel users key NAME --scope ...)"
    )


def checked_scopes(names: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes, each once. Raises UsageError for one that there is not."""
    for name in names:
        if name not in get_args(Scope):
            raise UsageError(
                f"no scope {name!r}{suggest(name, get_args(Scope))}; there are {', '.join(get_args(Scope))}"
            )
    return tuple(dict.fromkeys(names))
