"""Every fault of the server, over real sockets, against the product's own endpoint client and failover."""

import asyncio

import pytest

from sparewheel.eval.availability.exchange import Pace, expected_answer
from sparewheel.eval.availability.played import PLAYED
from sparewheel.rag.answer.chat import ChatAnswerer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.events import Replace, Token
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.deadline import Budgets
from sparewheel.rag.reliability.failover import AllFailed, Failover, Finished
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.settings import Breaker, Endpoint
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Profile

TEXT = expected_answer("question-5").replace(" [1]", "")
REQUEST = AnswerRequest(
    "How long is the notice period of question-5?", (Hit(Chunk("a.md", 0, len(TEXT), TEXT, id=1), 1.0, 1, "given"),)
)
PACE = Pace(keepalive_s=0.02, slow_keepalive_s=0.2, slow_first_token_s=60.0, slow_token_s=60.0, hold_s=60.0)
SHORT_S, LONG_S = 0.1, 30.0  # only the budget that a fault is to miss is short: a slow machine fails no test

REASONS = {
    "slow_first_token": "first_token_timeout",
    "slow_tokens": "between_tokens_timeout",
    "400": "refused_request",
    "422": "unknown_parameter",
    "401": "unauthorised",
    "402": "no_balance",
    "404": "unknown_model",
    "429": "rate_limited",
    "429_retry_after": "rate_limited",
    "500": "server_error",
    "503": "overloaded",
    "reset": "connection_lost",
    "closed": "connection_lost",
    "silence": "first_token_timeout",
    "head_then_silence": "first_token_timeout",
    "keepalive": "first_token_timeout",
    "slow_keepalive": "first_token_timeout",
    "role_then_keepalive": "first_token_timeout",
    "reasoning_stall": "first_token_timeout",
    "stall_mid_stream": "between_tokens_timeout",
    "cut_reset": "connection_lost",
    "cut_hangup": "connection_lost",
    "cut_clean": "cut_stream",
    "cut_done": "cut_stream",
    "no_finish_reason": "cut_stream",
    "inband_error": "overloaded",
    "malformed_json": "malformed",
    "html_body": "malformed",
    "empty_body": "empty_body",
    "blank_lines": "empty_body",
    "blank_content": "blank_answer",
    "space_content": "blank_answer",
    "insufficient_system_resource": "insufficient_resource",
    "aborted": "insufficient_resource",
    "content_filter": "content_filter",
    "length": "truncated",
}
WELL = {"ok", "thinks_first", "busy_then_answer"}


class Reader:
    """A local answerer that is always there."""

    name, local = "reader", True

    async def stream(self, request):
        yield Draft("thirty days")


def cloud(url, fault, connect_s=LONG_S):
    """A target over the product's client; the model name asks the server for the fault."""
    reason = REASONS.get(fault)
    budgets = Budgets(
        first_token_s=SHORT_S if reason == "first_token_timeout" else LONG_S,
        between_tokens_s=SHORT_S if reason == "between_tokens_timeout" else LONG_S,
        total_s=2 * LONG_S,
    )
    endpoint = Endpoint(url=url, model=f"fault:{fault}", key="none", connect_s=connect_s)
    answerer = ChatAnswerer(EndpointCompleter("cloud", endpoint), Profile())
    return Target(answerer, budgets, CircuitBreaker("cloud", Breaker()))


async def ask(*targets):
    """(text as shown, Finished)"""
    shown, failover = "", Failover(targets)
    async for event in failover.stream(REQUEST):
        if isinstance(event, Token):
            shown += event.text
        elif isinstance(event, Replace):
            shown = event.text
        elif isinstance(event, Finished):
            finished = event
    for target in targets:
        if isinstance(target.answerer, ChatAnswerer):
            await target.answerer.completer.aclose()
    await failover.aclose()
    return shown, finished


def test_every_fault_has_an_expectation_here():
    """A new fault of the server must be given one."""
    assert set(PLAYED) == set(REASONS) | WELL


@pytest.mark.parametrize("fault", sorted(REASONS))
async def test_a_fault_costs_no_answer(server, fault):
    """The reader answers in full, the attempt says why, and no call stays under way."""
    shown, finished = await ask(cloud(server.url, fault), Target(Reader()))
    assert (shown, finished.answered_by, finished.degraded) == ("thirty days", "reader", True)
    assert finished.attempts[0].reason == REASONS[fault]
    await no_call_under_way(server)


@pytest.mark.parametrize("fault", sorted(WELL))
async def test_what_only_looks_like_a_fault_is_waited_for(server, fault):
    """Keep-alives within the budget, or reasoning first, are a working endpoint."""
    shown, finished = await ask(cloud(server.url, fault), Target(Reader()))
    assert (shown, finished.answered_by, finished.draft.model) == (
        expected_answer("question-5"),
        "cloud",
        "faulty-chat",
    )


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://no-such-host.invalid", "https"], ids=["refused", "dns", "tls"]
)
async def test_an_address_where_nothing_answers_costs_no_answer(server, url):
    """Refused, unknown host, TLS to a plain port."""
    url = server.url.replace("http:", "https:") if url == "https" else url
    shown, finished = await ask(cloud(url, "ok", connect_s=SHORT_S), Target(Reader()))
    assert (shown, finished.attempts[0].reason in {"connect_failed", "connect_timeout"}) == ("thirty days", True)


async def test_all_clouds_down_and_no_reader_is_an_error_with_both_reasons(server):
    """Never an empty answer."""
    with pytest.raises(AllFailed) as caught:
        await ask(cloud(server.url, "503"), cloud(server.url, "keepalive"))
    assert [a.reason for a in caught.value.attempts] == ["overloaded", "first_token_timeout"]


async def test_a_cancelled_question_closes_its_socket(server):
    """The server sees the client hang up."""
    task = asyncio.ensure_future(ask(cloud(server.url, "stall_mid_stream"), Target(Reader())))
    while server.busy == 0:  # noqa: ASYNC110  the server lives in another thread
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await no_call_under_way(server)


async def no_call_under_way(server):
    """Fails when a call is still open at the server."""
    async with asyncio.timeout(LONG_S):
        while server.busy:  # noqa: ASYNC110  the server lives in another thread
            await asyncio.sleep(0.005)
