"""An endpoint behind the one that answers is found well before it is needed."""

import asyncio
from dataclasses import replace

import pytest
from fakes import REQUEST, Scripted, answers, breaker, collect, failover, target
from virtual_time import run

from sparewheel.rag.errors import Unavailable
from sparewheel.rag.reliability.retry import RetryBudget

BUSY = Unavailable("busy", reason="overloaded")


async def primary_back(backup, guard, **options):
    """A chain whose primary is well, while the breaker of `backup` is open: both had been ill."""
    primary = Scripted("primary", BUSY)
    chain = failover(primary, target(backup, breaker=guard), answers("reader", local=True), **options)
    for _ in range(5):
        await collect(chain.stream(REQUEST))
    primary.script = answers("primary").script
    return chain


def test_an_ill_backup_is_probed_beside_the_answer_until_it_is_well():
    """After its sleep, one question each sends it a probe; three close its breaker, then it is left in peace."""

    async def ask():
        backup, guard = Scripted("backup", BUSY), breaker("backup")
        chain = await primary_back(backup, guard)
        backup.script = answers("backup", after_s=0.5).script
        calls, attempts = [], []
        for _ in range(5):
            await asyncio.sleep(5)
            _, finished, _ = await collect(chain.stream(REQUEST))
            await asyncio.sleep(1)
            calls.append(backup.calls)
            attempts.append([(a.answerer, a.outcome) for a in finished.attempts])
        return calls, attempts, guard.state, finished

    calls, attempts, state, finished = run(ask())
    probed, alone = [("backup", "cancelled"), ("primary", "answered")], [("primary", "answered")]
    assert (calls, attempts) == ([6, 7, 8, 8, 8], [probed, probed, probed, alone, alone])
    assert (state, finished.answered_by, finished.degraded) == ("closed", "primary", False)


def test_a_probe_that_stalls_holds_nobody_up():
    """The answer comes when the primary has it; the probe misses its own budget and opens the breaker again."""

    async def ask():
        backup, guard = Scripted("backup", BUSY), breaker("backup")
        chain = await primary_back(backup, guard)
        backup.script = [100.0]
        await asyncio.sleep(5)
        began = asyncio.get_running_loop().time()
        await collect(chain.stream(REQUEST))
        seconds = asyncio.get_running_loop().time() - began
        await asyncio.sleep(4.1)
        return seconds, guard.health(), backup.open

    seconds, after, left_open = run(ask())
    assert seconds == pytest.approx(0.01)
    assert (after.state, after.reason, left_open) == ("open", "first_token_timeout", 0)


def test_probes_are_paid_from_the_retry_budget():
    """With nothing in store the backup is not called, and its probe stays free for the next question."""

    async def ask():
        backup, guard = Scripted("backup", BUSY), breaker("backup")
        retries = RetryBudget(share=0.0, burst=4.0)
        chain = await primary_back(backup, guard, retries=retries)
        await asyncio.sleep(5)
        await collect(chain.stream(REQUEST))
        return backup.calls, retries.tokens, guard.acquire() is not None

    assert run(ask()) == (5, 0.0, True)


def test_questions_that_must_stay_here_probe_no_cloud():
    """Of a corpus of sensitivity high nothing is sent, as a probe neither."""

    async def ask():
        backup, guard = Scripted("backup", BUSY), breaker("backup")
        chain = await primary_back(backup, guard)
        await asyncio.sleep(5)
        _, finished, _ = await collect(chain.stream(replace(REQUEST, sensitivity="high")))
        return backup.calls, finished.answered_by

    assert run(ask()) == (5, "reader")
