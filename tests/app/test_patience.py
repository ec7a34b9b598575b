"""A connection that dawdles over its headers is closed; one that asks is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from sparewheel.app.api.patience import HEADERS_WITHIN_S, PatientProtocol


class Wire(asyncio.Transport):
    """What the server writes, and whether it closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Loop:
    """Timers that are moved by hand; tasks run on the real loop."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Any, list[bool]]] = []

    def call_later(self, delay: float, callback: Any, *args: Any) -> Any:
        cancelled = [False]
        self.timers.append((delay, lambda: callback(*args), cancelled))
        handle = type("Handle", (), {"cancel": lambda self: cancelled.__setitem__(0, True)})
        return handle()

    def create_task(self, work: Any, **options: Any) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(work)

    def strike(self, delay: float) -> None:
        """All timers of this delay that were not cancelled."""
        due = [timer for timer in self.timers if timer[0] == delay and not timer[2][0]]
        self.timers = [timer for timer in self.timers if timer not in due]
        for _, callback, _ in due:
            callback()


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def connection() -> tuple[Any, Wire, Loop]:
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    loop, wire = Loop(), Wire()
    protocol = PatientProtocol(config=config, server_state=ServerState(), app_state={}, _loop=loop)
    protocol.connection_made(wire)
    return protocol, wire, loop


async def test_headers_that_do_not_end_are_given_up(connection) -> None:
    """Whether nothing comes or a header now and then."""
    protocol, wire, loop = connection
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    loop.strike(HEADERS_WITHIN_S)
    assert wire.closed


async def test_a_request_is_answered_and_a_slow_second_one_given_up(connection) -> None:
    """The limit holds for every request of a kept connection."""
    protocol, wire, loop = connection
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    loop.strike(HEADERS_WITHIN_S)
    for _ in range(5):
        await asyncio.sleep(0)
    assert (wire.closed, b"200 OK" in wire.written) == (False, True)
    protocol.data_received(b"GET / HT")
    loop.strike(HEADERS_WITHIN_S)
    assert wire.closed
