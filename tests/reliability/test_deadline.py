"""Wall-clock budgets."""

import asyncio

import pytest
from fakes import Scripted
from virtual_time import run

from sparewheel.rag.errors import DeadlineExceeded
from sparewheel.rag.reliability.deadline import Budgets, Deadline, Pace, guard
from sparewheel.rag.types import Progress


class Clock:
    now = 50.0

    def __call__(self):
        return self.now


def test_a_deadline_counts_down_and_never_below_zero():
    """remaining, share and check by the clock it was given."""
    clock = Clock()
    deadline = Deadline(10.0, clock)
    clock.now += 4
    assert (deadline.remaining(), deadline.share(0.5)) == (6.0, 3.0)
    deadline.check()
    clock.now += 7
    assert deadline.remaining() == 0.0
    with pytest.raises(DeadlineExceeded, match="total budget ran out 1"):
        deadline.check()


def test_the_next_progress_is_due_by_the_budget_that_ends_first():
    """connect, then first token, then between tokens, all within the total."""
    pace = Pace(Budgets(first_token_s=4, between_tokens_s=10, total_s=20, connect_s=1), began=100)
    assert pace.due() == (101, "connect")
    assert (pace.advance(Progress.CONNECTED, 100.5), pace.due()) == (False, (104, "first_token"))
    assert (pace.advance("  \n", 101), pace.due()) == (False, (104, "first_token"))
    assert (pace.advance("The", 102), pace.due(), pace.first_token_s) == (True, (112, "between_tokens"), 2)
    assert (pace.advance("x", 115), pace.due()) == (True, (120, "total"))


def test_without_a_connect_budget_the_first_token_budget_covers_it():
    """A source that never says it is connected is not failed for that."""
    assert Pace(Budgets(first_token_s=4), began=0).due() == (4, "first_token")


def test_nothing_is_due_after_the_final_item():
    """A whole answer may wait for its turn as long as it takes."""
    pace = Pace(Budgets(), began=0)
    pace.advance(object(), 1)
    assert pace.due()[0] == float("inf")


def items_of(script, budgets, deadline_s=None):
    """(items, budget that ran out or "", seconds, streams left open)"""

    async def collect():
        loop = asyncio.get_running_loop()
        source, began, seen, budget = Scripted("x", *script), loop.time(), [], ""
        deadline = None if deadline_s is None else Deadline(deadline_s, loop.time)
        try:
            async for item in guard(source.stream(None), budgets, deadline):
                seen.append(item)
        except DeadlineExceeded as error:
            budget = error.budget
        return seen, budget, loop.time() - began, source.open

    return run(collect())


@pytest.mark.parametrize(
    ("script", "budget", "seconds"),
    [
        ([100, "late"], "first_token", 4),
        ([step for _ in range(100) for step in (0.3, Progress.ALIVE)], "first_token", 4),
        (["The", 11, "end"], "between_tokens", 10),
        ([step for _ in range(100) for step in (1, "word")], "total", 60),
        ([1, "The", 5, "end"], "", 6),
    ],
)
def test_guard_closes_the_source_when_a_budget_runs_out(script, budget, seconds):
    """The error names the budget, comes on time, and the socket is closed."""
    _, missed, took, left_open = items_of(script, Budgets())
    assert (missed, took, left_open) == (budget, pytest.approx(seconds), 0)


def test_guard_ends_at_the_callers_deadline():
    """Whichever is sooner, the budget or the deadline."""
    assert items_of(["The", 8, "end"], Budgets(), deadline_s=3)[1:] == ("total", pytest.approx(3), 0)


def test_guard_closes_the_source_when_the_consumer_leaves():
    """Closing the guard closes what it guards."""

    async def leave():
        source = Scripted("x", "The", 100)
        guarded = guard(source.stream(None), Budgets())
        await anext(guarded)
        await guarded.aclose()
        return source.open

    assert run(leave()) == 0


def test_a_timeout_of_the_source_itself_is_not_a_missed_budget():
    """A TimeoutError from inside passes through as it is."""
    with pytest.raises(TimeoutError):
        items_of([TimeoutError("its own")], Budgets())
