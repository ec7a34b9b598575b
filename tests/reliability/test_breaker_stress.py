"""One breaker under threads and tasks at once: counts add up, and never two probes are out."""

import asyncio
import random
import threading

from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Breaker

THREADS, TASKS, CALLS = 6, 20, 60


class Probes:
    """Counts the probes that are out, and the most there ever were."""

    def __init__(self):
        self.lock = threading.Lock()
        self.out = self.most = 0

    def take(self):
        with self.lock:
            self.out += 1
            self.most = max(self.most, self.out)

    def give(self):
        with self.lock:
            self.out -= 1


def test_calls_of_many_threads_and_tasks_are_all_counted():
    """7,200 healthy calls from six threads with twenty tasks each: none lost, none counted twice."""
    breaker = CircuitBreaker("x", Breaker(window_s=3600))

    async def one():
        for _ in range(CALLS):
            permit = breaker.acquire()
            await asyncio.sleep(0)
            permit.succeed()

    _in_threads(lambda _: _tasks(one))
    assert (breaker.health().calls, breaker.state) == (THREADS * TASKS * CALLS, "closed")


def test_at_most_one_probe_is_ever_out():
    """A breaker that opens and probes without end, its callers failing, succeeding and giving up at random."""
    ticks = iter(range(10**9))
    breaker = CircuitBreaker(
        "x", Breaker(sleep_s=0.01, max_sleep_s=0.01, probe_successes=2), clock=lambda: next(ticks) / 50
    )
    breaker._lease_s = 1e9
    probes, seen = Probes(), []

    def work(number):
        rng = random.Random(number)

        async def one():
            for _ in range(CALLS):
                permit = breaker.acquire()
                if permit is None:
                    await asyncio.sleep(0)
                    continue
                if permit.probe:
                    probes.take()
                await asyncio.sleep(0)
                if permit.probe:
                    seen.append(1)
                    probes.give()
                end = rng.choice(["succeed", "fail", "fail", "cancel"])
                permit.fail(FAULTS["overloaded"]) if end == "fail" else getattr(permit, end)()

        _tasks(one)

    _in_threads(work)
    assert probes.most == 1
    assert len(seen) > 20


def _tasks(one):
    async def every():
        await asyncio.gather(*(one() for _ in range(TASKS)))

    asyncio.run(every())


def _in_threads(work):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
