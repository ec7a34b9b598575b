"""A local model that is still being loaded: it is waited for where nothing better stands behind it."""

import pytest
from fakes import REQUEST, Scripted, answers, failover, target

from sparewheel.rag.reliability.deadline import Budgets, Pace
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.types import Draft, Progress
from tests.reliability.virtual_time import run


def test_loading_is_not_within_the_first_token_budget():
    """Only the end of all is watched while it loads; the budgets begin when it has."""
    pace = Pace(Budgets(first_token_s=4, between_tokens_s=10, total_s=60), 100)
    pace.advance(Progress.LOADING, 100)
    assert pace.due() == (160, "total")
    pace.advance(Progress.STARTED, 130)
    assert pace.due() == (134, "first_token")


async def last(*answerers):
    async for event in failover(*answerers, names=[a.name for a in answerers]).stream(REQUEST):
        end = event
    assert isinstance(end, Finished)
    return end.answered_by, [(a.answerer, a.outcome, a.reason) for a in end.attempts]


def loads(seconds):
    return Scripted("local_chat", Progress.LOADING, seconds, Progress.STARTED, 1.0, "x ", Draft("x"), local=True)


@pytest.mark.parametrize("seconds", [0.0, 30.0])
def test_a_better_answerer_is_asked_at_once(seconds):
    """A cloud endpoint behind the model that loads answers instead."""
    reader = target(answers("reader", local=True), last_resort=True)
    assert run(last(loads(seconds), answers("cloud"), reader)) == (
        "cloud",
        [("local_chat", "failed", "loading"), ("cloud", "answered", "")],
    )


def test_it_is_waited_for_where_only_the_reader_stands_behind():
    """For longer than its first-token budget, within the total one."""
    reader = target(answers("reader", local=True), last_resort=True)
    assert run(last(loads(30.0), reader)) == ("local_chat", [("local_chat", "answered", "")])
    assert run(last(loads(600.0), reader))[1] == [
        ("local_chat", "failed", "total_timeout"),
        ("reader", "answered", ""),
    ]
