"""Failover in virtual time: what a consumer sees, who was called, and that nothing stays open."""

import asyncio
from dataclasses import replace

import pytest
from fakes import REQUEST, Scripted, answers, breaker, collect, failover, target
from virtual_time import run

from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.events import AttemptFailed, Replace, Token
from sparewheel.rag.reliability.deadline import Budgets, Deadline
from sparewheel.rag.reliability.failover import AllFailed, Failover, Finished
from sparewheel.rag.reliability.faults import of_status
from sparewheel.rag.reliability.retry import RetryBudget
from sparewheel.rag.types import AnswerRequest, Draft, Progress


def outcome(*answerers, request=REQUEST, **options):
    """(shown text, Finished, events, seconds) of one question."""

    async def ask():
        loop = asyncio.get_running_loop()
        began = loop.time()
        shown, finished, events = await collect(failover(*answerers, **options).stream(request))
        return shown, finished, events, loop.time() - began

    return run(ask())


INSTANT = replace(REQUEST, instant=True)


def reasons(finished):
    return [(a.answerer, a.outcome, a.reason) for a in finished.attempts]


def test_a_healthy_first_answerer_is_streamed_and_nobody_else_is_called():
    """Tokens arrive as they are, the draft last, not degraded."""
    cloud, reader = answers("cloud"), answers("reader", local=True)
    shown, finished, events, _ = outcome(cloud, reader)
    assert [e.text for e in events[:-1]] == ["thirty ", "days"]
    assert (shown, finished.draft.text, finished.answered_by, finished.degraded) == (
        "thirty days",
        "thirty days",
        "cloud",
        False,
    )
    assert (reader.calls, cloud.open) == (0, 0)


def test_keep_alives_are_not_progress():
    """An endpoint that keeps the line warm for ten minutes is left after its first-token budget."""
    warm = Scripted("cloud", *[step for _ in range(2000) for step in (0.3, Progress.ALIVE)])
    shown, finished, _, seconds = outcome(warm, answers("reader", local=True))
    assert (shown, finished.degraded) == ("thirty days", True)
    assert reasons(finished) == [("cloud", "failed", "first_token_timeout"), ("reader", "answered", "")]
    assert seconds == pytest.approx(4.01)
    assert warm.open == 0


def test_a_flood_of_keep_alives_does_not_starve_the_timer():
    """Even with a marker at every turn of the loop the budget holds."""
    flood = Scripted("cloud", *[step for _ in range(20_000) for step in (0.001, Progress.ALIVE)])
    assert outcome(flood, answers("reader", local=True))[3] == pytest.approx(4.01, abs=0.01)


def test_white_space_is_not_a_first_token():
    """Endless spaces, DeepSeek's JSON-mode fault, run into the first-token budget."""
    blank = Scripted("cloud", *[step for _ in range(100) for step in (0.1, " ")])
    assert reasons(outcome(blank, answers("reader", local=True))[1])[0][2] == "first_token_timeout"


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ([ConnectionResetError("reset")], "connection_lost"),
        ([], "cut_stream"),
        ([11.0, "late"], "between_tokens_timeout"),
        ([Unavailable("x", reason="insufficient_resource")], "insufficient_resource"),
        ([ValueError("who knows")], "unexpected"),
        ([asyncio.CancelledError()], "connection_lost"),
    ],
)
def test_failover_after_the_first_token_replaces_the_half_answer(end, reason):
    """The consumer is told that the attempt failed, then to forget the text; the answer it ends with is whole."""
    half = Scripted("cloud", 0.1, "The notice period ", "is ", *end)
    shown, finished, events, _ = outcome(half, answers("reader", "sixty days", local=True))
    assert shown == finished.draft.text == "sixty days"
    assert [type(e).__name__ for e in events] == ["Token", "Token", "AttemptFailed", "Replace", "Token", "Finished"]
    assert (events[2].attempt.reason, events[3].reason) == (reason, reason)
    assert half.open == 0


def test_a_final_text_that_differs_from_the_stream_replaces_it():
    """The draft's text is authoritative, and what the consumer shows equals it."""
    mended = Scripted("cloud", "The notice [9] ", "is long", Draft("The notice is long"))
    assert outcome(mended)[0] == "The notice is long"


def test_a_draft_without_a_stream_is_shown_as_one_token():
    """The reader may answer in one piece."""
    shown, _, events, _ = outcome(Scripted("reader", Draft("clause 4"), local=True))
    assert (shown, events[0]) == ("clause 4", Token("clause 4", "reader"))


def test_a_blank_draft_is_a_failure_and_a_refusal_is_not():
    """200 with nothing in it fails over; "not in these documents" is an answer."""
    assert reasons(outcome(Scripted("cloud", Draft("  ")), answers("reader", local=True))[1])[0][2] == "blank_answer"
    assert outcome(Scripted("cloud", Draft("", refused=True)))[1].draft.refused


def test_when_nobody_answers_the_consumer_gets_an_error_with_every_attempt():
    """Never a silent end, even after half an answer."""
    first, second = Scripted("a", "half of "), Scripted("b", Unavailable("x", reason="overloaded"))
    with pytest.raises(AllFailed) as caught:
        outcome(first, second)
    assert [(a.answerer, a.reason) for a in caught.value.attempts] == [("a", "cut_stream"), ("b", "overloaded")]


@pytest.mark.parametrize("status", [400, 413, 422, 418, 302])
def test_an_upstreams_verdict_is_never_the_askers_mistake(status):
    """The request was written here: whatever an endpoint says of it, the next one is asked."""
    refused = Unavailable("no", reason=of_status(status).code)
    shown, finished, *_ = outcome(Scripted("cloud", refused), answers("backup"))
    assert (shown, finished.answered_by) == ("thirty days", "backup")


def test_an_error_inside_an_answerer_is_no_askers_mistake():
    """Even one of the family that is raised for the caller's mistakes before any call."""
    assert outcome(Scripted("cloud", UsageError("no messages")), answers("backup"))[1].answered_by == "backup"


def test_one_reset_costs_no_answer_where_only_the_reader_stands_behind():
    """A second try at once, at the same endpoint, while a quote is all that is left."""

    class Flaky(Scripted):
        async def stream(self, request):
            if self.calls:
                async for item in super().stream(request):
                    yield item
            else:
                self.calls += 1
                raise ConnectionResetError

    reader = target(answers("reader", local=True), last_resort=True)
    flaky = Flaky("cloud", "whole", Draft("whole"))
    shown, finished, *_ = outcome(target(flaky), reader)
    assert (shown, finished.degraded, [a.outcome for a in finished.attempts]) == (
        "whole",
        False,
        ["failed", "answered"],
    )


def test_a_healthy_endpoint_is_never_starved_by_the_retry_budget():
    """The first one is useless for every question; the second, which is well, answers all of them."""

    async def ask():
        chain = failover(
            target(Scripted("cloud", Unavailable("x", reason="content_risk")), breaker=breaker()),
            target(answers("backup"), breaker=breaker()),
            answers("reader", local=True),
            retries=RetryBudget(share=0.0, burst=3.0),
        )
        return {(await collect(chain.stream(REQUEST)))[1].answered_by for _ in range(20)}

    assert run(ask()) == {"backup"}


def test_a_late_event_loop_trips_nobody():
    """The loop stood still for the whole budget: the endpoint gets its time, and its breaker counts nothing."""

    async def ask():
        loop = asyncio.get_running_loop()
        guard = breaker()
        chain = failover(target(Scripted("cloud", 3.0, Draft("whole")), breaker=guard), answers("reader", local=True))
        loop.call_later(0.2, lambda: setattr(loop, "now", loop.now + 30.0))  # blocked for half a minute
        finished = (await collect(chain.stream(REQUEST)))[1]
        return finished.answered_by, guard.health().failures

    assert run(ask())[1] == 0


def test_an_open_endpoint_costs_the_question_nothing():
    """After five failures in a row the sixth question goes to the backup at once, without a call."""

    async def ask():
        cloud = Scripted("cloud", 3.0, Unavailable("busy", reason="overloaded"))
        chain = failover(target(cloud, breaker=breaker()), answers("backup", after_s=0.0))
        for _ in range(5):
            await collect(chain.stream(REQUEST))
        began = asyncio.get_running_loop().time()
        _, finished, _ = await collect(chain.stream(REQUEST))
        return cloud.calls, finished, asyncio.get_running_loop().time() - began

    calls, finished, seconds = run(ask())
    assert (calls, seconds) == (5, 0.0)
    assert reasons(finished) == [("cloud", "skipped", "left_alone"), ("backup", "answered", "")]


def test_a_probe_costs_the_question_nothing():
    """The question that probes a stalled endpoint is answered by the backup; the probe still tells its breaker."""

    async def ask():
        cloud = Scripted("cloud", Unavailable("busy", reason="overloaded"))
        guard = breaker()
        chain = failover(target(cloud, breaker=guard), answers("backup"))
        for _ in range(5):
            await collect(chain.stream(REQUEST))
        cloud.script = [100.0]
        await asyncio.sleep(5)
        began = asyncio.get_running_loop().time()
        _, finished, _ = await collect(chain.stream(REQUEST))
        seconds, during = asyncio.get_running_loop().time() - began, guard.state
        await asyncio.sleep(4)
        return finished, seconds, during, guard.health(), cloud.open

    finished, seconds, during, after, left_open = run(ask())
    assert reasons(finished) == [("cloud", "cancelled", ""), ("backup", "answered", "")]
    assert (seconds, during) == (pytest.approx(0.01), "half-open")
    assert (after.state, after.cooldown_s, after.reason, left_open) == ("open", 10.0, "first_token_timeout", 0)


def test_an_endpoint_that_is_well_again_is_used_again():
    """Three probes close the breaker, and the next question is its own."""

    async def ask():
        cloud = Scripted("cloud", Unavailable("busy", reason="overloaded"))
        chain = failover(target(cloud, breaker=breaker()), answers("backup"))
        for _ in range(5):
            await collect(chain.stream(REQUEST))
        await asyncio.sleep(5)
        cloud.script = answers("cloud", after_s=0.5).script
        for _ in range(3):
            await collect(chain.stream(REQUEST))
            await asyncio.sleep(1)
        return (await collect(chain.stream(REQUEST)))[1]

    finished = run(ask())
    assert (finished.answered_by, finished.degraded) == ("cloud", False)


def test_a_rate_limit_is_honoured_without_counting_as_illness():
    """429 with Retry-After 30: no call for 30 s, the breaker stays closed."""

    async def ask():
        cloud = Scripted("cloud", Unavailable("slow down", reason="rate_limited", retry_after_s=30))
        guard = breaker()
        chain = failover(target(cloud, breaker=guard), answers("backup"))
        for _ in range(10):
            await collect(chain.stream(REQUEST))
        calls_within = cloud.calls
        await asyncio.sleep(30)
        await collect(chain.stream(REQUEST))
        return calls_within, cloud.calls, guard.state

    assert run(ask()) == (1, 2, "closed")


def test_the_local_answer_computed_ahead_is_there_when_the_deadline_is_missed():
    """A reader that needs 3 s answers at 4 s, when the cloud's first token is overdue, and not at 7 s."""
    reader = answers("reader", after_s=3.0, local=True)
    _, finished, _, seconds = outcome(Scripted("cloud", 100.0), reader, speculative=True)
    assert (finished.answered_by, finished.degraded, seconds) == ("reader", True, pytest.approx(4.0))
    assert reader.calls == 1


def test_the_local_answer_ahead_is_closed_when_it_is_not_needed():
    """A healthy cloud wins, and the reader's stream does not stay open."""
    reader = answers("reader", after_s=30.0, local=True)
    assert outcome(answers("cloud"), reader, speculative=True)[1].answered_by == "cloud"
    assert (reader.calls, reader.open) == (1, 0)


def test_a_local_answer_that_failed_ahead_is_tried_again_in_its_turn():
    """The one computed ahead is a bonus, not the only chance."""

    class Once(Scripted):
        async def stream(self, request):
            if self.calls == 0:
                self.calls += 1
                raise RuntimeError("starved")
            async for item in super().stream(request):
                yield item

    reader = Once("reader", Draft("clause 4"), local=True)
    assert outcome(Scripted("cloud", 100.0), reader, speculative=True)[1].draft.text == "clause 4"


def test_an_instant_answer_is_shown_until_the_fuller_one_comes():
    """The reader's answer at once; the cloud's first token takes its place, and says so."""
    reader = answers("reader", "30 days", after_s=0.1, local=True)
    shown, finished, events, _ = outcome(answers("cloud", "thirty days' notice", after_s=2.0), reader, request=INSTANT)
    assert (shown, finished.answered_by, finished.degraded) == ("thirty days' notice", "cloud", False)
    assert events[:2] == [Token("30 days", "reader"), Replace("thirty ", "cloud", "fuller")]


def test_an_instant_answer_stays_when_the_cloud_fails():
    """It is not shown twice, and its call is not made again."""
    reader = answers("reader", "30 days", after_s=0.1, local=True)
    shown, finished, events, _ = outcome(Scripted("cloud", 100.0), reader, request=INSTANT)
    assert (shown, finished.answered_by, reader.calls) == ("30 days", "reader", 1)
    assert [type(event) for event in events] == [Token, AttemptFailed, Finished]


def test_an_instant_answer_that_the_cloud_refuses_is_taken_back():
    """The passages do not answer, says who read them in full."""
    reader = answers("reader", "30 days", after_s=0.1, local=True)
    shown, finished, _, _ = outcome(Scripted("cloud", 1.0, Draft("", refused=True)), reader, request=INSTANT)
    assert (shown, finished.draft.refused) == ("", True)


def test_a_local_refusal_is_not_shown_ahead():
    """The fuller answer may well find what the reader did not."""
    reader = Scripted("reader", 0.1, Draft("", refused=True), local=True)
    _, finished, events, _ = outcome(answers("cloud", after_s=2.0), reader, request=INSTANT)
    assert (finished.answered_by, {event.answerer for event in events if isinstance(event, Token)}) == (
        "cloud", {"cloud"},
    )  # fmt: skip


def test_a_local_answer_slower_than_the_cloud_is_never_shown():
    """Nothing is replaced by what comes later."""
    reader = answers("reader", "30 days", after_s=1.0, local=True)
    _, _, events, _ = outcome(answers("cloud", after_s=0.1), reader, request=INSTANT)
    assert not [event for event in events if isinstance(event, Replace)]


def test_warming_asks_the_local_answerer_only():
    """No endpoint is called and paid for."""
    cloud, reader = answers("cloud"), answers("reader", local=True)
    run(failover(cloud, reader).warm(REQUEST))
    assert (cloud.calls, reader.calls, reader.open) == (0, 1, 0)


def test_answers_ahead_are_bounded():
    """With two slots, of ten questions at once only two compute the local answer ahead."""

    async def ask():
        reader = answers("reader", after_s=1.0, local=True)
        chain = failover(answers("cloud", after_s=2.0), reader, speculative=True, ahead_limit=2)
        await asyncio.gather(*(collect(chain.stream(REQUEST)) for _ in range(10)))
        first = reader.calls
        await collect(chain.stream(REQUEST))
        return first, reader.calls

    assert run(ask()) == (2, 3)


def test_a_hedge_answers_when_the_first_is_slow_and_the_loser_is_closed():
    """After the hedge delay the next one is called beside it; the first token wins."""
    slow = answers("slow", after_s=3.0)
    _, finished, events, seconds = outcome(target(slow, hedge_after_s=0.5), answers("quick", "sixty days"))
    assert (finished.answered_by, seconds) == ("quick", pytest.approx(0.51))
    assert reasons(finished) == [("slow", "cancelled", ""), ("quick", "answered", "")]
    assert (slow.open, any(isinstance(e, AttemptFailed | Replace) for e in events)) == (0, False)


def test_the_total_budget_leaves_time_for_the_last_answerer():
    """A cloud answer that crawls is given up while a tenth of the question's time is left."""
    crawl = Scripted("cloud", *[step for _ in range(100) for step in (1.0, "word ")])
    _, finished, _, seconds = outcome(crawl, answers("reader", local=True), timeout_s=20)
    assert (finished.answered_by, seconds) == ("reader", pytest.approx(18.01))


def test_a_given_deadline_bounds_the_question():
    """The caller's deadline, not the setting, ends it."""

    async def ask():
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(AllFailed) as caught:
            await collect(failover(Scripted("cloud", 100.0)).stream(REQUEST, Deadline(2.0, loop.time)))
        return loop.time() - began, caught.value.reason

    assert run(ask()) == (pytest.approx(2.0), "total_timeout")


def test_the_retry_budget_keeps_a_storm_from_the_second_cloud():
    """When its tokens are spent, the question goes to the local answerer; a first call needs no token."""

    async def ask():
        backup = answers("backup")
        chain = failover(
            Scripted("cloud", ConnectionError()),
            backup,
            answers("reader", local=True),
            retries=RetryBudget(share=0.0, burst=3),
        )
        by = [(await collect(chain.stream(REQUEST)))[1].answered_by for _ in range(5)]
        return by, backup.calls

    assert run(ask()) == (["backup"] * 3 + ["reader"] * 2, 3)


@pytest.mark.parametrize("after_s", [0.0, 0.05, 1.0])
def test_a_cancelled_question_closes_every_call(after_s):
    """Whenever the consumer goes away, no stream stays open and the permit is given back."""

    async def ask():
        cloud = Scripted("cloud", 0.04, "The ", 100.0)
        reader = answers("reader", after_s=50.0, local=True)
        guard = breaker()
        chain = failover(target(cloud, breaker=guard), reader, speculative=True)
        task = asyncio.ensure_future(collect(chain.stream(REQUEST)))
        await asyncio.sleep(after_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return cloud.open, reader.open, guard.health().calls

    assert run(ask()) == (0, 0, 0)


def test_closing_the_stream_half_way_closes_the_call():
    """`aclose` is as good as a cancellation."""

    async def ask():
        cloud = Scripted("cloud", "The ", 100.0)
        stream = failover(cloud).stream(REQUEST)
        first = await anext(stream)
        await stream.aclose()
        return first, cloud.open

    assert run(ask()) == (Token("The ", "cloud"), 0)


def test_a_call_that_will_not_close_holds_nobody_up():
    """A source that hangs in its own clean-up delays neither the failover nor the answer."""

    class Clinging(Scripted):
        async def stream(self, request):
            try:
                await asyncio.sleep(100)
                yield ""
            finally:
                await asyncio.sleep(30)

    async def ask():
        loop = asyncio.get_running_loop()
        began = loop.time()
        _, finished, _ = await collect(failover(Clinging("cloud"), answers("reader", local=True)).stream(REQUEST))
        seconds = loop.time() - began
        await asyncio.sleep(60)
        return finished.answered_by, seconds

    assert run(ask()) == ("reader", pytest.approx(4.01))


def test_questions_in_flight_keep_the_answerers_they_began_with():
    """A reload is for the next question; an endpoint that stays keeps its breaker."""

    async def ask():
        old, guard = answers("cloud", "old answer", after_s=1.0), breaker()
        chain = failover(target(old, breaker=guard, identity="url+key"))
        task = asyncio.ensure_future(collect(chain.stream(REQUEST)))
        await asyncio.sleep(0.5)
        chain.reload([target(answers("cloud", "new answer"), breaker=breaker(), identity="url+key")])
        in_flight = (await task)[0]
        return in_flight, (await collect(chain.stream(REQUEST)))[0], chain.targets[0].breaker is guard

    assert run(ask()) == ("old answer", "new answer", True)


def test_a_new_key_is_a_new_endpoint():
    """After a 401 the breaker sleeps long; a reload with another key starts afresh."""

    async def ask():
        chain = Failover(
            [target(Scripted("c", Unavailable("no", reason="unauthorised")), breaker=breaker(), identity="k1")]
        )
        with pytest.raises(AllFailed):
            await collect(chain.stream(REQUEST))
        before = chain.health()[0].state
        chain.reload([target(answers("c"), breaker=breaker(), identity="k2")])
        return before, (await collect(chain.stream(REQUEST)))[0]

    assert run(ask()) == ("open", "thirty days")


def test_high_sensitivity_never_reaches_a_cloud_answerer():
    """Even when every local answerer fails."""
    cloud, reader = answers("cloud"), Scripted("reader", RuntimeError("x"), local=True)
    with pytest.raises(AllFailed):
        outcome(cloud, reader, request=AnswerRequest("q", (), sensitivity="high"))
    assert (cloud.calls, reader.calls) == (0, 1)


def test_budgets_of_a_target_are_its_own():
    """A local model may take longer for its first token than a cloud."""
    slow = target(answers("local", after_s=15.0, local=True), budgets=Budgets(first_token_s=20))
    assert outcome(slow)[1].answered_by == "local"
