"""A small service with one lease in it, and a client that talks to its API without a socket."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from sparewheel.app.api.main import create_app
from sparewheel.app.people.auth import Accounts, accounts_of
from sparewheel.app.service import Service
from sparewheel.rag.settings import Answering, Api, Ingest, Retrieve, Settings

LEASE = (
    "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n\n"
    "## 3. 押金\n\n押金为三个月租金。\n"
)
QUESTION = "What is the notice period?"


def settings_in(folder: Path, **more: Any) -> Settings:
    """Words only, the local reader only, corpora below `folder`."""
    plain: dict[str, Any] = {
        "data_folder": str(folder / "data"),
        "ingest": Ingest(workers=1),
        "retrieve": Retrieve(rerank="off"),
        "answer": Answering(speculative=False),
        "api": Api(per_minute=0),
    }
    return Settings(**{**plain, **more})


def with_lease(service: Service, name: str = "leases") -> None:
    """Makes the corpus `name` with one lease in it, embedded."""
    service.create(name, "legal")
    assert [each.status for each in service.upload(name, [("lease.md", io.BytesIO(LEASE.encode()))])] == ["added"]
    wait_for(lambda: service.corpus(name).dense_share == 1.0)


def accounts_in(folder: Path, **roles: str) -> Accounts:
    """Accounts of their own, by name and role."""
    accounts = Accounts(folder / "users.toml")
    for name, role in roles.items():
        accounts.add(name, role)
    return accounts


def wait_for(truth: Callable[[], bool], within_s: float = 60.0) -> None:
    """Returns as soon as it holds."""
    ends = time.monotonic() + within_s
    while not truth():
        assert time.monotonic() < ends, f"it did not come true within {within_s} s"
        time.sleep(0.02)


@asynccontextmanager
async def client_of(
    service: Service, accounts: Accounts | None = None, **options: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the API over the service. options: of httpx's client."""
    app = create_app(service, accounts or accounts_of(service.settings))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", **options) as client:
            client.app = app  # type: ignore[attr-defined]
            yield client
