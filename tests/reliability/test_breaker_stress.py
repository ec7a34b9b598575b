"""One breaker under threads and tasks at once: counts add up, and never two probes are out."""

import asyncio
import random
import threading

import virtual_time

from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Breaker

THREADS, TASKS, CALLS = 6, 20, 60
RULES = Breaker(cooldown_s=0.01, max_cooldown_s=0.01, probe_successes=2)


class Probes:
    """Counts the probes that are out, the most there ever were, and all that were seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.out = self.most = self.seen = 0

    def took(self, permit):
        with self.lock:
            self.out += permit.probe
            self.most = max(self.most, self.out)

    def gives(self, permit):
        with self.lock:
            self.out -= permit.probe
            self.seen += permit.probe


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
    """Forty callers in virtual time, their calls failing, succeeding and given up at random: each run is the same."""

    async def every(probes):
        loop, rng = asyncio.get_running_loop(), random.Random(1)
        breaker = CircuitBreaker("x", RULES, clock=loop.time, rng=random.Random(2))

        async def one():
            for _ in range(CALLS):
                await asyncio.sleep(rng.random())
                permit = breaker.acquire()
                if permit is not None:
                    probes.took(permit)
                    await asyncio.sleep(rng.random() / 10)
                    probes.gives(permit)
                    _end(permit, rng)

        await asyncio.gather(*(one() for _ in range(40)))

    runs = [Probes(), Probes()]
    for probes in runs:
        virtual_time.run(every(probes))
    assert [(probes.most, probes.seen) for probes in runs] == [(1, runs[0].seen)] * 2
    assert runs[0].seen > 100


def test_at_most_one_probe_is_ever_out_among_threads():
    """Six threads with twenty tasks each go on until 200 probes were sent, whatever turns the machine gives them."""
    ticks = iter(range(10**9))
    breaker = CircuitBreaker("x", RULES, clock=lambda: next(ticks) / 50, lease_s=1e9)
    probes = Probes()

    def work(number):
        rng = random.Random(number)

        async def one():
            while probes.seen < 200:
                permit = breaker.acquire()
                if permit is None:
                    await asyncio.sleep(0)
                    continue
                probes.took(permit)
                await asyncio.sleep(0)
                probes.gives(permit)
                _end(permit, rng)

        _tasks(one)

    _in_threads(work)
    assert probes.most == 1


def _end(permit, rng):
    """The call succeeds, fails or is given up."""
    end = rng.choice(["succeed", "fail", "fail", "cancel"])
    permit.fail(FAULTS["overloaded"]) if end == "fail" else getattr(permit, end)()


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
