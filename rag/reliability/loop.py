"""The sync face of the async core: one event loop in a background thread, for callers that have none."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from typing import Any, TypeVar

from sparewheel.rag.errors import UsageError
from sparewheel.rag.forking import renewed_after_fork

T = TypeVar("T")


class BackgroundLoop:
    """Runs coroutines for any number of threads. Starts with the first call, and anew in a forked process."""

    def __init__(self) -> None:
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """The thread of the loop is in the parent."""
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`; it is cancelled when the waiting thread is interrupted."""
        loop = self._started()
        if threading.current_thread() is self._thread:
            work.close()
            raise UsageError("a sync call from inside the background loop would wait for itself; use the async method")
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, source: AsyncGenerator[T, None]) -> Iterator[T]:
        """The items of `source` one by one; it is closed when the iterator is, exhausted or not."""
        try:
            while True:
                try:
                    item = self.run(_next(source))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self.run(source.aclose())

    def watch(self, source: AsyncGenerator[T, None], every_s: float) -> Iterator[T | None]:
        """As `iterate`, with None whenever nothing came for `every_s`: a moment to see whether it is still wanted.

        Closed while an item is awaited, the iterator cancels that wait at once.
        """
        inbox: queue.SimpleQueue[T | asyncio.Task[None]] = queue.SimpleQueue()

        async def pump() -> None:
            async for item in source:
                inbox.put(item)

        async def start() -> asyncio.Task[None]:
            task = asyncio.create_task(pump())
            task.add_done_callback(inbox.put)
            return task

        async def stop() -> None:
            task.cancel()
            await asyncio.wait([task])
            await source.aclose()

        task = self.run(start())
        try:
            while True:
                try:
                    item = inbox.get(timeout=every_s)
                except queue.Empty:
                    yield None
                    continue
                if isinstance(item, asyncio.Task):
                    item.result()
                    return
                yield item
        finally:
            self.run(stop())

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="sparewheel-loop", daemon=True)
                self._thread.start()
            return self._loop


async def _next(source: AsyncGenerator[T, None]) -> T:
    return await anext(source)


background = BackgroundLoop()
