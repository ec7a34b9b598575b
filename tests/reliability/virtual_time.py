"""An event loop whose clock jumps to the next timer: minutes of waiting pass in no time, and always alike."""

import asyncio
import selectors


class _Jumping(selectors.SelectSelector):
    """Never waits: where the loop would, it moves the loop's clock on by as much."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("every task waits and no timer is set: this would hang")
        self._loop.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now = 1000.0
        super().__init__(_Jumping(self))

    def time(self):
        return self.now


def run(main):
    """The result of the coroutine `main`, in virtual time; no task may be left when it ends."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_alone(main))


async def _alone(main):
    result = await main
    for _ in range(20):  # cancelled tasks need a few turns to end
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"tasks left behind: {left}"
    return result
