"""Nothing of a body is read, and so nothing stored, before key, role and corpus have been looked at."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from api_setup import accounts_in, client_of, settings_in, with_lease

from sparewheel.app.api import edge
from sparewheel.app.service import Service
from sparewheel.rag.settings import Api

UPLOAD = "/v1/corpora/leases/documents"
BOUNDARY = "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(settings_in(tmp_path_factory.mktemp("admission"), api=Api(per_minute=0, uploads_at_once=1))) as made:
        with_lease(made)
        yield made


@pytest.fixture
def accounts(tmp_path):
    return accounts_in(tmp_path, vic="viewer", ana="analyst")


class Sender:
    """A request straight into the application; counts the body's pieces that were taken."""

    def __init__(self, pieces: list[bytes] | None = None) -> None:
        self.taken = 0
        self.asked = asyncio.Event()
        self._pieces = pieces
        self.status = 0
        self.headers: dict[bytes, bytes] = {}

    async def receive(self) -> dict[str, Any]:
        self.taken += 1
        self.asked.set()
        if self._pieces is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])

    async def post(self, app: Any, path: str, key: str = "") -> None:
        headers = [(b"host", b"localhost"), (b"content-type", BOUNDARY.encode())]
        if key:
            headers.append((b"authorization", f"Bearer {key}".encode()))
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
                 "headers": headers, "app": app, "client": ("127.0.0.1", 1), "server": ("localhost", 80),
                 "scheme": "http", "root_path": "", "http_version": "1.1"}  # fmt: skip
        await app(scope, self.receive, self.send)


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [("", UPLOAD, 401), ("sw-wrong", UPLOAD, 401), ("vic", UPLOAD, 403), ("ana", UPLOAD.replace("leases", "no"), 404)],
)
async def test_a_refused_upload_costs_nothing(service, accounts, who, path, status):
    """No piece of the body is asked for, and the connection is closed behind the refusal."""
    key = accounts.new_key(who) if who in ("vic", "ana") else who
    if not who:
        accounts.new_key("vic")
    async with client_of(service, accounts) as client:
        sender = Sender([])
        await sender.post(client.app, path, key)
        assert (sender.status, sender.taken, sender.headers.get(b"connection")) == (status, 0, b"close")


async def test_a_question_without_a_key_is_not_read_either(service, accounts):
    """Every path below /v1 wants the key first, also one that does not exist."""
    accounts.new_key("vic")
    async with client_of(service, accounts) as client:
        for path in ("/v1/ask", "/v1/chat/completions", "/v1/nothing"):
            sender = Sender([])
            await sender.post(client.app, path)
            assert (sender.status, sender.taken) == (401, 0)


async def test_only_so_many_uploads_come_in_at_once(service, accounts):
    """A second one gets 503 with Retry-After while the first is still arriving; afterwards there is room again."""
    key = accounts.new_key("ana")
    async with client_of(service, accounts) as client:
        first, second, third = Sender(), Sender([]), Sender()
        arriving = asyncio.create_task(first.post(client.app, UPLOAD, key))
        await first.asked.wait()
        await second.post(client.app, UPLOAD, key)
        assert (second.status, second.taken, b"retry-after" in second.headers) == (503, 0, True)
        arriving.cancel()
        await asyncio.gather(arriving, return_exceptions=True)
        again = asyncio.create_task(third.post(client.app, UPLOAD, key))
        await third.asked.wait()
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)


async def test_a_body_must_end_in_time():
    """However steadily it dribbles: 408 when the time for all of it is over."""
    sender = Sender([])
    take = edge._bounded(sender.receive, 10**9, 0.0)
    with pytest.raises(Exception, match="did not end within 0 s"):
        await take()
