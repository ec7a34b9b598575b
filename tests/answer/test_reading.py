"""A whole answer is whole whatever is broken around it; what only looks like one is none."""

from __future__ import annotations

import datetime as dt
import json

import httpx
import pytest

from sparewheel.rag.answer.endpoint import Completion, EndpointCompleter, usage
from sparewheel.rag.answer.key import key_of
from sparewheel.rag.answer.prices import cost_usd
from sparewheel.rag.answer.route import route
from sparewheel.rag.errors import SettingsError, Unavailable
from sparewheel.rag.reliability.faults import classify
from sparewheel.rag.settings import Endpoint

ASKED = [{"role": "user", "content": "What is the notice period?"}]
SAID = "The notice is nine months [1]."
DONE = "data: [DONE]\n\n"


def event(content=None, reason=None, **more):
    delta = {} if content is None else {"content": content}
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': reason}], **more})}\n\n"


WHOLE = event("The notice is ") + event("nine months [1].") + event(None, "stop")
TOOL = {"index": 0, "function": {"name": "search", "arguments": "{}"}}
CALLS = {"index": 0, "delta": {"content": "Let me look.", "tool_calls": [TOOL]}, "finish_reason": "tool_calls"}
HALVES = [r'{"content": "a\ud83d"}}', r'{"content": "\ude00b\ud800c"}, "finish_reason": "stop"}']


async def read(body, type="text/event-stream", **settings):
    """(text, Completion or fault code) of a body."""

    async def pieces():
        for piece in body if isinstance(body, list) else [body]:
            if isinstance(piece, Exception):
                raise piece
            yield piece.encode()

    def play(request):
        return httpx.Response(200, headers={"content-type": type}, content=pieces())

    completer = EndpointCompleter("e", Endpoint(url="http://e/v1", **settings), transport=httpx.MockTransport(play))
    text = ""
    try:
        async for item in completer.complete(ASKED):
            if isinstance(item, Completion):
                return text, item
            text += item if isinstance(item, str) else ""
    except Exception as error:
        return text, classify(error).code
    raise AssertionError("neither an end nor an error")


@pytest.mark.parametrize(
    "body",
    [
        WHOLE + DONE,
        "\ufeff" + WHOLE + DONE,
        WHOLE,
        [WHOLE, httpx.ReadError("reset")],
        WHOLE.replace("\n", "\r\n") + DONE,
        WHOLE.replace("\n", "\r") + DONE,
        WHOLE.replace("stop", "eos") + DONE,
        WHOLE.replace("stop", "STOP") + DONE,
        WHOLE + event(None, None, usage="abc") + DONE,
        WHOLE + event(None, None, usage={"prompt_tokens": "NaN"}) + DONE,
        WHOLE.replace('"finish_reason": null', '"finish_reason": "null"') + DONE,
        event([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": SAID}], "stop") + DONE,
        json.dumps({"choices": [{"message": {"content": SAID}, "finish_reason": "end_turn"}]}),
        "\n\n" + json.dumps({"choices": [{"message": {"content": SAID}, "finish_reason": "stop"}]}, indent=1),
        event("<think>Hm. NOT IN THESE") + event(" DOCUMENTS?</thi") + event("nk>\n\n" + SAID, "stop") + DONE,
        event("The \x1b[31mnotice\x00 is\u200b nine \u202emonths [1].<|im_end|>", "stop") + DONE,
        WHOLE + 'data: {"choices": [{"index": 1, "delta": {"content": "Another."}}]}\n\n' + DONE,
        ": keep-alive\n\nevent: message\n" + WHOLE + DONE,
    ],
)
@pytest.mark.parametrize("type", ["text/event-stream", "application/json", "application/octet-stream"])
async def test_a_whole_answer_is_whole_whatever_is_broken_around_it(body, type) -> None:
    """Marks, line ends, counts, content types, a reset after the finish reason: the text is the same."""
    text, end = await read(body, type)
    assert (text, isinstance(end, Completion)) == (SAID, True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (event("\u200b\u200b\ufeff", "stop") + DONE, "blank_answer"),
        (event(" . … ", "stop") + DONE, "blank_answer"),
        (event("<think>only thoughts", "stop") + DONE, "blank_answer"),
        (event(choices=[CALLS]) + DONE, "tool_call"),
        (event("The notice") + 'data: {"error": {"message": "server busy, try again later"}}\n\n', "overloaded"),
        (event("The notice") + '{"error": {"message": "boom"}}\n\n', "inband_error"),
        (event("The notice") + 'event: error\ndata: {"message": "boom"}\n\n', "inband_error"),
        ('{"code": 503, "msg": "服务器繁忙"}', "overloaded"),
        ("<html><body>Sign in</body></html>", "malformed"),
        ("data: " + "[" * 100_000 + "\n\n", "malformed"),
        ('data: {"choices": 5}\n\n', "malformed"),
        ('data: {"choices": [5]}\n\n', "malformed"),
        ('data: {"choices": [{"delta": {"content": 5}}]}\n\n', "malformed"),
        ("data: null\n\n", "empty_body"),
    ],
)
async def test_what_only_looks_like_an_answer_is_none(body, code) -> None:
    """Each by its own fault code."""
    assert (await read(body))[1] == code


async def test_half_a_surrogate_never_comes_out() -> None:
    """Two halves in two chunks are one sign; a lone one is replaced."""
    text, _ = await read("".join(f'data: {{"choices": [{{"delta": {half}]}}\n\n' for half in HALVES))
    assert text == "a\U0001f600b\ufffdc"


async def seen_by_server(endpoint, answer, times=1):
    """What a server saw: (headers, body) of each request."""
    seen = []

    def play(request):
        seen.append((request.headers, json.loads(request.content)))
        return answer(seen[-1][1])

    completer = EndpointCompleter("e", endpoint, transport=httpx.MockTransport(play))
    for _ in range(times):
        assert [item async for item in completer.complete(ASKED)][-1].finish_reason == "stop"
    return seen


@pytest.mark.parametrize(("key", "header"), [({}, None), ({"key": "abc"}, "Bearer abc")])
async def test_no_key_means_no_header(key, header) -> None:
    """Servers of one's own need none."""
    [(headers, _)] = await seen_by_server(Endpoint(url="http://e/v1", **key), lambda _: httpx.Response(200, text=WHOLE))
    assert headers.get("authorization") == header


def test_a_variable_that_is_not_set_is_told_by_its_name(monkeypatch) -> None:
    """It was said to hold the key."""
    monkeypatch.delenv("SPARE_TEST_KEY", raising=False)
    with pytest.raises(SettingsError, match="SPARE_TEST_KEY"):
        key_of("e", Endpoint(key_env="SPARE_TEST_KEY"))


async def test_a_parameter_that_is_refused_is_left_out_from_then_on() -> None:
    """An answer can do without it."""

    def strict(body):
        if "thinking" in body:
            return httpx.Response(400, text='{"error": {"message": "Unrecognized request argument: thinking"}}')
        return httpx.Response(200, text=WHOLE)

    seen = await seen_by_server(Endpoint(url="http://e/v1"), strict, times=2)
    assert ["thinking" in body for _, body in seen] == [True, False, False]


@pytest.mark.parametrize(
    ("given", "switch"),
    [
        ({"model": "DeepSeek-V4-Pro"}, {"thinking": {"type": "disabled"}}),
        ({"model": "alias", "thinking": True, "thinking_switch": "deepseek"}, {"thinking": {"type": "enabled"}}),
        ({"model": "qwen3", "thinking_switch": "template"}, {"chat_template_kwargs": {"enable_thinking": False}}),
        ({"model": "qwen3"}, {}),
    ],
)
async def test_thinking_is_switched_by_the_setting(given, switch) -> None:
    """Not by the case of a name."""
    [(_, body)] = await seen_by_server(Endpoint(url="http://e/v1", **given), lambda _: httpx.Response(200, text=WHOLE))
    assert {key: body[key] for key in body if key in ("thinking", "chat_template_kwargs")} == switch


def test_cost_counts_cache_hits_and_misses_apart() -> None:
    """1M hits, 1M misses and 1M answer tokens cost the three prices, hits in DeepSeek's form or in OpenAI's."""
    endpoint = Endpoint(price_cache_hit=0.003, price_cache_miss=0.15, price_output=0.6)
    for hits in ({"prompt_cache_hit_tokens": 1_000_000}, {"prompt_tokens_details": {"cached_tokens": 1_000_000}}):
        given = {"prompt_tokens": 2_000_000, "completion_tokens": 1_000_000, **hits}
        assert usage(given, endpoint).cost_usd == pytest.approx(0.753)


def test_the_peak_doubles_deepseeks_list_and_others_are_free() -> None:
    """Beijing's working hours; a price that is set holds always, a server without prices costs nothing."""
    monday = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    hours = [cost_usd(Endpoint(), 0, 1_000_000, 0, monday.replace(hour=hour)) for hour in (2, 4, 9, 12)]
    assert hours == pytest.approx([0.30, 0.15, 0.30, 0.15])
    assert cost_usd(Endpoint(), 0, 1_000_000, 0, monday.replace(day=29, hour=2)) == pytest.approx(0.15)
    assert cost_usd(Endpoint(url="http://127.0.0.1:8000/v1", model="llama3"), 9, 9, 9) == 0
    assert cost_usd(Endpoint(price_cache_miss=2.0), 0, 1_000_000, 0, monday.replace(hour=2)) == 2.0


@pytest.mark.parametrize(
    ("environment", "proxy", "trouble"),
    [
        ({"https": "http://p:1", "no": "fe80::/10,[::1],10.0.0.0/8"}, "http://p:1", ""),
        ({"https": "http://p:1", "no": "deepseek.com"}, None, ""),
        ({"https": "http://p:1", "no": "*"}, None, ""),
        ({"all": "p:1"}, "http://p:1", ""),
        ({"all": "quic://p:1"}, None, "ALL_PROXY"),
        ({}, None, ""),
    ],
)
def test_a_proxy_that_cannot_be_used_costs_only_itself(environment, proxy, trouble) -> None:
    """And is named."""
    found = route("https://api.deepseek.com", environment)
    assert (found.proxy, found.trouble.split(" ")[0]) == (proxy, trouble)


@pytest.mark.parametrize("status", [400, 500])
async def test_what_the_system_role_says_goes_to_the_user_where_the_model_knows_none(status) -> None:
    """Gemma behind vLLM: asked once more, and from then on so."""
    seen = []

    def play(request):
        roles = [message["role"] for message in json.loads(request.content)["messages"]]
        seen.append(roles)
        if "system" in roles:
            return httpx.Response(status, json={"object": "error", "message": "System role not supported"})
        return httpx.Response(200, content=(WHOLE + DONE).encode())

    completer = EndpointCompleter("e", Endpoint(url="http://e/v1"), transport=httpx.MockTransport(play))
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How long?"}]
    for _ in range(2):
        items = [item async for item in completer.complete(asked)]
        assert isinstance(items[-1], Completion)
    assert seen == [["system", "user"], ["user"], ["user"]]


async def test_a_refusal_without_a_system_role_is_asked_once() -> None:
    """Nothing is left that could be sent otherwise."""
    calls = []

    def play(request):
        calls.append(request)
        return httpx.Response(400, json={"message": "System role not supported"})

    completer = EndpointCompleter("e", Endpoint(url="http://e/v1"), transport=httpx.MockTransport(play))
    with pytest.raises(Unavailable):
        [item async for item in completer.complete([{"role": "system", "content": "Be brief."}, *ASKED])]
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["The", "The notice", "The notice is due."], "The notice is due."),
        (["The notice is due.", "The notice is due."], "The notice is due."),
        (["ha", "ha"], "haha"),
        (["No", "No", " more"], "NoNo more"),
        (["The notice", " The notice"], "The notice The notice"),
        (["10", "100"], "10100"),
    ],
)
async def test_a_text_so_far_in_every_piece_is_read_once(pieces, text) -> None:
    """What is repeated to the letter from the beginning is not written twice; short pieces stay as they come."""
    said, end = await read("".join(event(piece) for piece in pieces) + event(None, "stop") + DONE)
    assert (said, end.finish_reason) == (text, "stop")
