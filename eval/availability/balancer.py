"""A load balancer as Kubernetes' Services are one: connections go to whichever backend said "ready" when last asked.

Of its own it repairs nothing: a connection that is open stays with its backend, and what breaks there is the client's
loss. Only a backend that refuses the connection is passed over, since nothing was sent yet. While none is ready all
are tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from types import TracebackType
from typing import Self

PIECE = 65536
ASK_WITHIN_S = 5.0


class Balancer:
    """Listens on 127.0.0.1 inside `async with`. `backends` (ports) may change at any time."""

    def __init__(self, backends: list[int], every_s: float = 0.2) -> None:
        """every_s: how often each backend is asked at /readyz; it must be less than their notice before they close."""
        self.backends = backends
        self.ready: set[int] = set()
        self.port = 0
        self.passed_over = 0  # connections that a backend refused, and another one took
        self._every_s = every_s
        self._turn = itertools.count()
        self._looked = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._server.close()
        for task in (self._watching, *self._connections):
            task.cancel()
        await asyncio.gather(self._watching, *self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def until_ready(self, *ports: int, within_s: float = 120.0) -> None:
        """Returns once all of them are in turn. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not self.ready.issuperset(ports):
                await self._looked.wait()

    async def until_left(self, port: int, within_s: float = 120.0) -> None:
        """Returns once no new connection goes there. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while port in self.ready:
                await self._looked.wait()

    async def _watch(self) -> None:
        while True:
            await asyncio.gather(*(self._ask(port) for port in self.backends), asyncio.sleep(self._every_s))
            self.ready &= set(self.backends)
            self._looked.set()
            self._looked = asyncio.Event()  # for the next look

    async def _ask(self, port: int) -> None:
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                with contextlib.closing(writer):
                    writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    status = (await reader.readline()).split()[1:2]
        except (OSError, TimeoutError):
            status = []
        (self.ready.add if status == [b"200"] else self.ready.discard)(port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError), contextlib.closing(writer):
            out = await self._connect()
            if out is not None:
                with contextlib.closing(out[1]):
                    await asyncio.gather(_copy(reader, out[1]), _copy(out[0], writer))
        self._connections.discard(task)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The next ready backend in turn, else the one after it; None when every one refuses."""
        ports = sorted(self.ready) or list(self.backends)
        first = next(self._turn)
        for place in range(len(ports)):
            try:
                return await asyncio.open_connection("127.0.0.1", ports[(first + place) % len(ports)])
            except OSError:
                self.passed_over += 1
        return None


async def _copy(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """Bytes one way until their end, which is passed on."""
    with contextlib.suppress(ConnectionError):
        while piece := await source.read(PIECE):
            to.write(piece)
            await to.drain()
    if to.can_write_eof():
        with contextlib.suppress(OSError):
            to.write_eof()
