"""The endpoint client believes "200 OK" only when an answer came; held against every fault of the fault server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparewheel.eval.availability.exchange import Pace, expected_answer
from sparewheel.eval.availability.played import PLAYED
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.answer.endpoint import Completion, EndpointCompleter
from sparewheel.rag.answer.key import key_of
from sparewheel.rag.errors import DeadlineExceeded, SettingsError
from sparewheel.rag.reliability.deadline import Budgets, guard
from sparewheel.rag.reliability.faults import classify
from sparewheel.rag.settings import Endpoint
from sparewheel.rag.types import Progress

ASKED = [{"role": "user", "content": "What is the notice period of question-7?"}]
FAST = Pace(keepalive_s=0.005, slow_keepalive_s=0.05, slow_first_token_s=60, slow_token_s=60, hold_s=60)
PATIENT = Budgets(first_token_s=30, between_tokens_s=30, total_s=30)
# of the faults that end by a deadline; only the budget to be missed is short: a slow machine misses no other
HASTY = {
    "first_token_timeout": replace(PATIENT, first_token_s=0.3),
    "between_tokens_timeout": replace(PATIENT, between_tokens_s=0.3),
}

WELL = {"ok", "thinks_first", "busy_then_answer"}
EXPECTED = {
    "slow_first_token": "first_token_timeout", "slow_tokens": "between_tokens_timeout",
    "400": "refused_request", "401": "unauthorised", "402": "no_balance", "404": "unknown_model",
    "422": "unknown_parameter",
    "429": "rate_limited", "429_retry_after": "rate_limited", "500": "server_error", "503": "overloaded",
    "reset": "connection_lost", "closed": "connection_lost", "silence": "first_token_timeout",
    "head_then_silence": "first_token_timeout", "keepalive": "first_token_timeout",
    "slow_keepalive": "first_token_timeout", "role_then_keepalive": "first_token_timeout",
    "reasoning_stall": "first_token_timeout", "stall_mid_stream": "between_tokens_timeout",
    "cut_reset": "connection_lost", "cut_hangup": "connection_lost", "cut_clean": "cut_stream",
    "cut_done": "cut_stream", "inband_error": "overloaded", "malformed_json": "malformed",
    "html_body": "malformed", "empty_body": "empty_body", "blank_lines": "empty_body",
    "blank_content": "blank_answer", "space_content": "blank_answer", "no_finish_reason": "cut_stream",
    "insufficient_system_resource": "insufficient_resource", "aborted": "insufficient_resource",
    "content_filter": "content_filter", "length": "truncated",
}  # fmt: skip


async def outcome(server: FaultServer, budgets: Budgets) -> tuple[str, str, Completion | None]:
    """(text that came, fault code or "", the Completion)."""
    completer = EndpointCompleter("primary", Endpoint(url=server.url, key="k", model="deepseek-v4-flash"))
    text, end = "", None
    try:
        async for item in guard(completer.complete(ASKED), budgets):
            if isinstance(item, Completion):
                end = item
            elif not isinstance(item, Progress):
                text += item
    except Exception as error:
        return text, classify(error).code, None
    finally:
        await completer.aclose()
    return text, "", end


def test_every_fault_of_the_server_is_expected_here() -> None:
    """A fault added to the server must be given its meaning."""
    assert set(PLAYED) == WELL | set(EXPECTED)


@pytest.mark.parametrize("fault", sorted(PLAYED))
async def test_each_fault_is_told_apart(fault: str) -> None:
    """A whole answer arrives whole; everything else ends in its fault code and never in a Completion."""
    async with FaultServer(Always(fault), pace=FAST) as server:
        expected = EXPECTED.get(fault, "")
        text, code, end = await outcome(server, HASTY.get(expected, PATIENT))
        assert code == expected
        if fault in WELL:
            assert text.strip() == expected_answer(ASKED[0]["content"])
            assert end is not None
            assert end.usage.completion_tokens > 0


async def test_a_missed_deadline_closes_the_socket() -> None:
    """After a stalled call nothing is left open at the server."""
    async with FaultServer(Always("keepalive"), pace=FAST) as server:
        completer = EndpointCompleter("primary", Endpoint(url=server.url, key="k"))
        with pytest.raises(DeadlineExceeded):
            async for _ in guard(completer.complete(ASKED), HASTY["first_token_timeout"]):
                pass
        while server.busy:  # the server notices the hang-up at its next keep-alive
            await _tick()
        assert server.busy == 0
        await completer.aclose()


async def test_refused_connection_is_a_connection_fault() -> None:
    """Nobody listens: connect_failed, at once."""
    completer = EndpointCompleter("primary", Endpoint(url="http://127.0.0.1:9", key="k"))
    with pytest.raises(Exception) as caught:
        [item async for item in completer.complete(ASKED)]
    assert classify(caught.value).code == "connect_failed"


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel", "a b"])
def test_what_can_be_no_key_is_misconfigured(key) -> None:
    """Not a lost connection."""
    with pytest.raises(SettingsError, match=r"endpoint\.e\.key"):
        key_of("e", Endpoint(key=key))


def test_the_key_file_is_read_for_each_call(tmp_path) -> None:
    """A rotated key is used without a restart."""
    file = tmp_path / "key"
    endpoint = Endpoint(key_file=str(file))
    file.write_text("first\n")
    before = key_of("primary", endpoint)
    file.write_text("second\n")
    assert (before, key_of("primary", endpoint)) == ("first", "second")


@pytest.mark.parametrize("given", ['"sk-1"', "'sk-1'", "Bearer sk-1", "\r\nsk-1\r\n", 'Authorization: Bearer "sk-1"'])
def test_what_is_pasted_along_with_a_key_is_left_out(given) -> None:
    """An env file for containers keeps the quotes."""
    assert key_of("e", Endpoint(key=given)) == "sk-1"


def test_quotes_without_a_key_are_none() -> None:
    """Named as missing, not sent as two quotes."""
    with pytest.raises(SettingsError, match="holds no key"):
        key_of("e", Endpoint(key='""'))


async def _tick() -> None:
    import asyncio

    await asyncio.sleep(0)
