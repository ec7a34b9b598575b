"""Who asks: an API key's user, or the local owner where there are no accounts and only this machine can ask."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from sparewheel.app.api.problems import Problem
from sparewheel.app.api.rates import Limits
from sparewheel.app.people.access import User
from sparewheel.app.people.auth import Accounts
from sparewheel.app.people.loopback import is_loopback
from sparewheel.rag.errors import UsageError
from sparewheel.rag.observe import asker
from sparewheel.rag.settings import Settings


def check_open(settings: Settings, accounts: Accounts) -> None:
    """Raises UsageError when the API would be open to others without a key."""
    host = settings.api.host
    if not is_loopback(host) and not any(account.keys for account in accounts.all().values()):
        raise UsageError(
            f"the API may not listen on {host!r} while nobody has a key: whoever reaches it would read every corpus; "
            "make a user and a key: sparewheel users add NAME, then: sparewheel users key NAME (docs/api.md)"
        )


class Door:
    """Lets in by key. Without accounts, only programs of this machine; never a web page that a browser shows here."""

    def __init__(self, accounts: Accounts, *, needs_key: bool, rates: Limits) -> None:
        """needs_key: also while there are no accounts (others can reach the server)."""
        self._accounts = accounts
        self._needs_key = needs_key
        self._rates = rates

    async def enter(self, request: Request, key: str | None, per_minute: int) -> User | None:
        """The user, None for the local owner. Raises Problem: 401, 403 or 429."""
        needs_key = bool(await asyncio.to_thread(self._accounts.all)) or self._needs_key
        user = await asyncio.to_thread(self._accounts.by_key, key) if key and needs_key else None
        if not needs_key:
            from_this_machine(request)
        elif user is None:
            what = "this key is not known, was withdrawn, or has ended" if key else "a key is needed"
            cure = "send the header Authorization: Bearer sw-... (an administrator makes one: sparewheel users key)"
            raise Problem(401, f"{what}; {cure}", headers={"WWW-Authenticate": "Bearer"})
        if key and user:
            caller = hashlib.sha256(key.encode()).digest()
            wait_s = await asyncio.to_thread(self._rates.take, caller, per_minute, time.monotonic())
            if wait_s:
                raise Problem(429, f"more than {per_minute} requests a minute with one key", retry_after_s=wait_s)
        asker.set(user.name if user else "")
        return user


def from_this_machine(request: Request) -> None:
    """Without accounts a name that leads here, or a page of another site, must not reach the corpora (DNS rebinding,
    cross-site requests)."""
    for header in ("Host", "Origin"):
        if value := request.headers.get(header):
            try:
                host = urlsplit(value if "://" in value else f"//{value}").hostname or ""
            except ValueError:
                host = ""
            if not is_loopback(host):
                cure = "without accounts only localhost may ask"
                raise Problem(403, f"{header} {value[:80]!r} is not this machine; {cure}")


_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="An API key: `sparewheel users key NAME`")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="key_header")


async def caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> User | None:
    """A dependency: who asks, as `admission` found out. The two parameters are there for the schema of the API."""
    user: User | None = request.state.caller
    return user


Caller = Annotated[User | None, Depends(caller)]
