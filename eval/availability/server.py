"""A chat endpoint on 127.0.0.1 that speaks DeepSeek's protocol and fails on command, streaming or not.

What a call meets is chosen by, first one given wins: the header `x-fault`, a model name `fault:NAME`, the schedule.
`python -m sparewheel.eval.availability.server --port 8099 --fault keepalive` runs it alone. Besides
`/chat/completions`: `GET /stats` tells calls, calls by fault and sockets; `POST /play` takes
{"schedule": ..., "pace": {...}} as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from sparewheel.eval.availability.exchange import WARM_UP, Exchange, Pace, expected_answer
from sparewheel.eval.availability.played import PLAYED
from sparewheel.eval.availability.schedule import Always, Schedule, read

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST, not FIN


class FaultServer:
    """Listens on 127.0.0.1 inside `async with`. `calls` and `by_fault` count chat calls, `sockets` open connections.

    `busy` is the number of connections with a call under way: 0 once every client finished or hung up.
    """

    def __init__(
        self,
        schedule: Schedule | None = None,
        *,
        port: int = 0,
        pace: Pace | None = None,
        name: str = "faulty-chat",
        clock: Callable[[], float] = time.monotonic,
        says: Callable[[str], str] = expected_answer,
    ) -> None:
        """says: what a healthy answer to a prompt is."""
        self.schedule: Schedule = schedule or Always("ok")
        self.pace = pace or Pace()
        self.name = name
        self.port = port
        self.calls = 0
        self.by_fault: Counter[str] = Counter()
        self.call_times: list[tuple[float, str]] = []  # (seconds since the schedule began, fault)
        self.bodies: list[bytes] | None = None  # set to [] to keep every request body
        self.busy = 0
        self._clock = clock
        self._says = says
        self._began: float | None = None  # the first call since the schedule was set: its second 0
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Base URL, as a client's `base_url`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sockets(self) -> int:
        """Connections that are open now, idle ones of a client's pool included."""
        return len(self._connections)

    def play(self, schedule: Schedule) -> None:
        """From now on `schedule`, at its second 0 with the next call; the counts start again."""
        self.schedule, self._began = schedule, None
        self.calls = 0
        self.by_fault.clear()
        self.call_times.clear()

    def stats(self) -> dict[str, Any]:
        """The counts, as JSON can carry them."""
        return {
            "calls": self.calls,
            "by_fault": dict(self.by_fault),
            "call_times": list(self.call_times),
            "sockets": self.sockets,
            "busy": self.busy,
        }

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection until either side closes it."""
        try:
            ahead = b""
            while (request := await _read_request(reader, ahead)) is not None:
                ahead_or_end = await self._answer(request, reader, writer)
                if ahead_or_end is None:
                    break
                ahead = ahead_or_end
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(
        self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes | None:
        """The bytes already read of the connection's next request; None when the connection is spent."""
        exchange = Exchange(writer, self.pace, self.name, self._says)
        if request.path == "/stats":
            await exchange.json(200, self.stats())
            return b""
        if request.path == "/play":
            wanted = json.loads(request.body)
            self.pace = Pace(**wanted.get("pace", {}))
            self.play(read(wanted["schedule"]))
            await exchange.json(200, {"ok": True})
            return b""
        if not request.path.endswith("/chat/completions"):
            await exchange.json(404, {"error": {"message": f"no such path {request.path!r}"}})
            return b""
        fault = "ok"
        if WARM_UP.encode() not in request.body:
            self._began = self._clock() if self._began is None else self._began
            fault = self._choose(request, self._clock() - self._began)
            self._count(fault, request.body, self._clock() - self._began)
        exchange.begin(json.loads(request.body))
        self.busy += 1
        try:
            return await self._play(fault, exchange, reader, writer)
        finally:
            self.busy -= 1

    async def _play(
        self, fault: str, exchange: Exchange, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes | None:
        """Plays the fault to its end, or until the client hangs up."""
        playing = asyncio.ensure_future(PLAYED[fault](exchange))
        heard = asyncio.ensure_future(reader.read(1))  # b"": the client hung up; else its next request begins
        try:
            await asyncio.wait({playing, heard}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done() and not heard.result():
                return None
            await playing
        finally:
            for task in (playing, heard):
                task.cancel()
            await asyncio.gather(playing, heard, return_exceptions=True)
        if exchange.reset:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()
        if not exchange.complete:
            return None
        return b"" if heard.cancelled() else heard.result()

    def _choose(self, request: _Request, at_s: float) -> str:
        if named := request.headers.get("x-fault"):
            return named
        model = str(json.loads(request.body).get("model", ""))
        if model.startswith("fault:"):
            return model.removeprefix("fault:")
        return self.schedule.fault(at_s)

    def _count(self, fault: str, body: bytes, at_s: float) -> None:
        self.calls += 1
        self.by_fault[fault] += 1
        self.call_times.append((round(at_s, 4), fault))
        if self.bodies is not None:
            self.bodies.append(body)


class _Request:
    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body


async def _read_request(reader: asyncio.StreamReader, ahead: bytes) -> _Request | None:
    """The next request of the connection, whose first bytes are `ahead`; None when the client closed it."""
    try:
        head = ahead + await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return _Request(first.split(" ")[1], headers, body)


async def serve(port: int, fault: str) -> None:
    """Serves one fault on `port` until cancelled."""
    async with FaultServer(Always(fault), port=port) as server:
        print(server.url, flush=True)
        print(f"plays {fault!r}; others by header x-fault or model fault:NAME: {', '.join(PLAYED)}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A DeepSeek-compatible endpoint that fails on command.")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--fault", choices=sorted(PLAYED), default="ok")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given.port, given.fault))
