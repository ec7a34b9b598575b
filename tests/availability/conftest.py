import asyncio
import threading

import pytest

from sparewheel.eval.availability.server import FaultServer


@pytest.fixture(scope="module")
def server(request):
    """A fault server in a thread of its own, for all tests of a module, at the module's PACE."""
    started, stop, made = threading.Event(), None, None

    def serve():
        async def run():
            nonlocal stop, made
            stop = asyncio.Event()
            async with FaultServer(pace=request.module.PACE) as made:
                made.loop = asyncio.get_running_loop()
                started.set()
                await stop.wait()

        asyncio.run(run())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert started.wait(60)
    yield made
    made.loop.call_soon_threadsafe(stop.set)
    thread.join(10)
