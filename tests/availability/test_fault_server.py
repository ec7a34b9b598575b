"""The fault server plays what it says, so that the other tests mean something."""

import json
from dataclasses import replace

import httpx
import pytest

from sparewheel.eval.availability.exchange import Pace, expected_answer

PACE = Pace(keepalive_s=0.01, slow_keepalive_s=0.1, hold_s=0.2, retry_after_s=30)
ASKED = {"messages": [{"role": "user", "content": "How long is the notice period of question-7?"}]}
WHOLE = expected_answer("question-7")


def post(server, fault, stream):
    """(status, body), or the name of the transport error."""
    try:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            response = client.post("/chat/completions", json={**ASKED, "stream": stream}, headers={"x-fault": fault})
        return response.status_code, response.text
    except httpx.TransportError as error:
        return type(error).__name__, ""


def streamed(body):
    """(text, finish reasons, done) of an event stream."""
    data = [line[6:] for line in body.splitlines() if line.startswith("data: ")]
    choices = [json.loads(d)["choices"][0] for d in data if d != "[DONE]"]
    text = "".join(c["delta"].get("content") or "" for c in choices)
    return text, [c["finish_reason"] for c in choices if c["finish_reason"]], "[DONE]" in data


def test_a_healthy_answer_is_the_same_streamed_or_not(server):
    """The whole text, finish reason stop, [DONE]; usage with DeepSeek's cache counts."""
    assert streamed(post(server, "ok", True)[1]) == (WHOLE, ["stop"], True)
    whole = json.loads(post(server, "ok", False)[1])
    assert whole["choices"][0]["message"]["content"] == WHOLE
    assert whole["usage"]["prompt_cache_hit_tokens"] + whole["usage"]["prompt_cache_miss_tokens"] == 11


@pytest.mark.parametrize(
    ("fault", "text", "finish", "done"),
    [
        ("cut_clean", "half", [], False),
        ("cut_done", "half", [], True),
        ("no_finish_reason", "whole", [], True),
        ("insufficient_system_resource", "half", ["insufficient_system_resource"], True),
        ("aborted", "half", ["aborted"], True),
        ("content_filter", "half", ["content_filter"], True),
        ("length", "half", ["length"], True),
        ("blank_content", "", ["stop"], True),
        ("space_content", "        ", ["stop"], True),
        ("thinks_first", "whole", ["stop"], True),
        ("busy_then_answer", "whole", ["stop"], True),
        ("role_then_keepalive", "", [], False),
        ("reasoning_stall", "", [], False),
    ],
)
def test_streams_end_as_the_fault_says(server, fault, text, finish, done):
    """200 every time; what is wrong is in the stream."""
    status, body = post(server, fault, True)
    got = streamed(body)
    expected = {"whole": WHOLE, "half": "The notice period of question-7 is thirty days,"}.get(text, text)
    assert (status, *got) == (200, expected, finish, done)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("400", 400),
        ("401", 401),
        ("402", 402),
        ("404", 404),
        ("422", 422),
        ("429", 429),
        ("500", 500),
        ("503", 503),
        ("reset", "ReadError"),
        ("closed", "RemoteProtocolError"),
        ("silence", "RemoteProtocolError"),
        ("head_then_silence", "RemoteProtocolError"),
        ("cut_reset", "ReadError"),
        ("cut_hangup", "RemoteProtocolError"),
    ],
)
def test_refusals_and_cuts_are_what_a_client_sees(server, fault, expected, stream):
    """Streaming or not."""
    assert post(server, fault, stream)[0] == expected


@pytest.mark.parametrize(
    ("fault", "body"),
    [("keepalive", "\n" * 20), ("slow_keepalive", "\n" * 2), ("blank_lines", "\n" * 5), ("empty_body", "")],
)
def test_a_busy_server_keeps_the_line_warm_and_gives_nothing(server, fault, body):
    """Not streaming: blank lines, status 200, then the end."""
    assert post(server, fault, False) == (200, body)


@pytest.mark.parametrize("fault", ["malformed_json", "html_body", "cut_clean"])
def test_a_broken_body_is_no_json(server, fault):
    """Status 200 all the same."""
    status, body = post(server, fault, False)
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_retry_after_is_sent_only_where_it_belongs(server):
    """429 comes with and without it."""
    with httpx.Client(base_url=server.url) as client:
        headers = [
            client.post("/chat/completions", json=ASKED, headers={"x-fault": f}).headers
            for f in ("429", "429_retry_after")
        ]
    assert [h.get("retry-after") for h in headers] == [None, "30"]


def test_a_model_name_chooses_the_fault_too(server):
    """For clients that cannot send a header."""
    with httpx.Client(base_url=server.url) as client:
        assert client.post("/v1/chat/completions", json={**ASKED, "model": "fault:503"}).status_code == 503


def test_a_client_that_hangs_up_ends_the_call(server, monkeypatch):
    """The server notices, so that an open socket at the end is the client's leak."""
    monkeypatch.setattr(server, "pace", replace(PACE, hold_s=600))
    with httpx.Client(base_url=server.url, timeout=0.05) as client, pytest.raises(httpx.TimeoutException):
        client.post("/chat/completions", json=ASKED, headers={"x-fault": "silence"})
    with httpx.Client(base_url=server.url) as client:
        while client.get("/stats").json()["busy"]:
            pass
