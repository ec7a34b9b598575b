"""Work that ends when the client hangs up, and answers as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Send

T = TypeVar("T")

KEEP_ALIVE_S = 15.0  # a proxy closes a connection on which nothing moves for a minute


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Raises ClientDisconnect, and `work` is cancelled, when the client hangs up before."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_hang_up(request))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def begun(request: Request, events: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """The same events, once the first is there: what is wrong with a question is raised before a byte is sent."""
    first = await unless_gone(request, _first(events))

    async def all_of_them() -> AsyncGenerator[T]:
        async with aclosing(events):
            yield first
            async for event in events:
                yield event

    return all_of_them()


async def _first(events: AsyncGenerator[T]) -> T:
    return await anext(events)


class EventStream(StreamingResponse):
    """text/event-stream. When the client hangs up, the source is closed before the response ends."""

    media_type = "text/event-stream"

    def __init__(self, lines: AsyncGenerator[str]) -> None:
        super().__init__(_kept_alive(lines), headers={"X-Accel-Buffering": "no"})  # a proxy must not collect it
        self._lines = lines

    async def stream_response(self, send: Send) -> None:
        kept_alive: Any = self.body_iterator
        async with aclosing(self._lines), aclosing(kept_alive):  # closed the other way round
            await super().stream_response(send)


def line(data: Any, event: str = "") -> str:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return (f"event: {event}\n" if event else "") + f"data: {text}\n\n"


async def _kept_alive(lines: AsyncGenerator[str]) -> AsyncIterator[str]:
    """`lines`, with a comment whenever none came for KEEP_ALIVE_S."""
    following: asyncio.Future[str] = asyncio.ensure_future(_first(lines))
    try:
        while True:
            done, _ = await asyncio.wait((following,), timeout=KEEP_ALIVE_S)
            if not done:
                yield ": keep-alive\n\n"
                continue
            try:
                text = following.result()
            except StopAsyncIteration:
                return
            following = asyncio.ensure_future(_first(lines))
            yield text
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
