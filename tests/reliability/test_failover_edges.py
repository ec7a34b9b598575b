"""Failover where two things meet: a probe and the retry budget, a hedge and a silent lead, a preview and its end."""

import asyncio
from dataclasses import replace

import pytest
from fakes import REQUEST, Scripted, answers, breaker, collect, failover, target
from virtual_time import run

from sparewheel.rag.errors import Unavailable
from sparewheel.rag.events import Token
from sparewheel.rag.reliability.retry import RetryBudget
from sparewheel.rag.types import Draft, Progress


def asked(*answerers, request=REQUEST, **options):
    """(shown text, Finished, events, seconds) of one question."""

    async def ask():
        began = asyncio.get_running_loop().time()
        shown, finished, events = await collect(failover(*answerers, **options).stream(request))
        return shown, finished, events, asyncio.get_running_loop().time() - began

    return run(ask())


def tokens(events):
    return [(event.answerer, event.text) for event in events if isinstance(event, Token)]


def test_a_probe_that_the_retry_budget_forbids_is_free_for_the_next_question():
    """Its permit goes back at once, not when its lease of minutes ends."""

    async def ask():
        guard = breaker("backup")
        for _ in range(5):
            guard.acquire().fail(failed)
        await asyncio.sleep(60)
        assert guard.health().retry_in_s == 0
        cloud, backup = Scripted("cloud", ConnectionError()), target(answers("backup"), breaker=guard)
        chain = failover(cloud, backup, answers("reader", local=True), retries=RetryBudget(share=0.0, burst=0))
        _, finished, _ = await collect(chain.stream(REQUEST))
        return finished.attempts[1].reason, guard.acquire() is not None

    from sparewheel.rag.reliability.faults import FAULTS

    failed = FAULTS["overloaded"]
    assert run(ask()) == ("retry_budget", True)


@pytest.mark.parametrize("silent", [[Progress.CONNECTED], [Progress.CONNECTED, 0.5, Progress.ALIVE, " "]])
def test_a_connection_without_a_word_does_not_lead(silent):
    """The hedge is called after a second and answers, however alive the first line looks."""
    first = target(Scripted("cloud", *silent, 100.0), hedge_after_s=1.0)
    shown, finished, _, seconds = asked(first, answers("backup", after_s=0.5), answers("reader", local=True))
    assert (shown, finished.answered_by, seconds) == ("thirty days", "backup", pytest.approx(1.5))


def test_a_final_text_that_goes_on_from_the_stream_is_shown_once():
    """Only what is missing is sent, as one more token."""
    cloud = Scripted("cloud", "The notice", Draft("The notice is long"))
    shown, _, events, _ = asked(cloud)
    assert shown == "The notice is long"
    assert tokens(events) == [("cloud", "The notice"), ("cloud", " is long")]


def test_a_local_answer_computed_ahead_is_not_shown_unless_it_was_wanted():
    """Who did not ask for an instant answer sees the cloud's words only."""
    cloud, reader = answers("cloud", after_s=2.0), answers("reader", "sixty days", local=True)
    shown, _, events, _ = asked(cloud, reader, speculative=True)
    assert (shown, {name for name, _ in tokens(events)}) == ("thirty days", {"cloud"})


def test_a_local_refusal_is_no_preview():
    """ "Not in these documents" is not shown while a fuller answerer may still find it."""
    reader = Scripted("reader", Draft("not here", refused=True), local=True)
    instant = replace(REQUEST, instant=True)
    shown, finished, events, _ = asked(answers("cloud", after_s=2.0), reader, request=instant, speculative=True)
    assert (shown, finished.answered_by) == ("thirty days", "cloud")
    assert {name for name, _ in tokens(events)} == {"cloud"}


def test_when_the_cloud_fails_that_refusal_is_the_answer():
    """It is what the last answerer said."""
    reader = Scripted("reader", Draft("not here", refused=True), local=True)
    down = Scripted("cloud", 0.5, Unavailable("x", reason="overloaded"))
    _, finished, _, _ = asked(down, reader, request=replace(REQUEST, instant=True), speculative=True)
    assert (finished.answered_by, finished.draft.refused) == ("reader", True)
