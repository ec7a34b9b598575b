"""The sync face."""

import asyncio
import threading

import pytest

from sparewheel.rag.errors import UsageError
from sparewheel.rag.reliability.loop import BackgroundLoop


async def count(closed):
    try:
        for number in range(5):
            await asyncio.sleep(0)
            yield number
    finally:
        closed.append(True)


def test_run_gives_the_result_and_raises_the_error():
    """As if the coroutine were a function."""

    async def half(number):
        return number / 2

    async def fails():
        raise ValueError("told")

    loop = BackgroundLoop()
    assert loop.run(half(3)) == 1.5
    with pytest.raises(ValueError, match="told"):
        loop.run(fails())


def test_iterate_gives_every_item_and_closes():
    """Exhausted or left half way."""
    loop, closed = BackgroundLoop(), []
    assert list(loop.iterate(count(closed))) == [0, 1, 2, 3, 4]
    items = loop.iterate(count(closed))
    assert next(items) == 0
    items.close()
    assert closed == [True, True]


def test_watch_says_when_nothing_came_and_closes():
    """None while an item is awaited; every item, and the error of the source, come through."""
    loop, closed = BackgroundLoop(), []
    go = threading.Event()

    async def slow():
        try:
            yield 1
            await asyncio.to_thread(go.wait)
            yield 2
            raise ValueError("told")
        finally:
            closed.append(True)

    items = loop.watch(slow(), 0.005)
    assert [next(items), next(items)] == [1, None]
    go.set()
    assert next(item for item in items if item is not None) == 2
    with pytest.raises(ValueError, match="told"):
        list(items)
    assert closed == [True]


def test_watch_closed_while_waiting_cancels_the_wait():
    """A stop button does not wait for a token that never comes."""
    loop, ended = BackgroundLoop(), []

    async def stalls():
        try:
            await asyncio.sleep(3600)
            yield 1
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    items = loop.watch(stalls(), 0.001)
    assert next(items) is None
    items.close()
    assert ended == ["cancelled"]


def test_many_threads_share_one_loop():
    """Each gets its own answers."""
    loop, results = BackgroundLoop(), {}

    async def where(number):
        await asyncio.sleep(0)
        return number, threading.current_thread().name

    threads = [threading.Thread(target=lambda n=n: results.update({n: loop.run(where(n))})) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: number for n, (number, _) in results.items()} == {n: n for n in range(20)}
    assert {name for _, name in results.values()} == {"sparewheel-loop"}


def test_a_sync_call_from_inside_the_loop_is_refused():
    """It would wait for itself for ever."""
    loop = BackgroundLoop()

    async def inner():
        return 1

    async def outer():
        return loop.run(inner())

    with pytest.raises(UsageError, match="async"):
        loop.run(outer())
