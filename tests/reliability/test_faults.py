# ruff: noqa: E501  bodies as they are sent
"""One table says what every error means."""

import json
import socket
import ssl

import httpx
import pytest

from sparewheel.rag.errors import DeadlineExceeded, NotFound, SettingsError, Unavailable, UsageError
from sparewheel.rag.reliability.faults import classify, failure, of_finish_reason, of_status, retry_after

REQUEST = httpx.Request("POST", "http://x/chat/completions")


def status_error(status, **headers):
    response = httpx.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()}, request=REQUEST)
    return httpx.HTTPStatusError("no", request=REQUEST, response=response)


def named(name, *bases, **attributes):
    """An error as an SDK that is not imported would raise it."""
    return type(name, bases or (Exception,), attributes)("message")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectTimeout("x"), "connect_timeout"),
        (httpx.ConnectError("x"), "connect_failed"),
        (httpx.ReadError("x"), "connection_lost"),
        (httpx.RemoteProtocolError("x"), "connection_lost"),
        (httpx.ReadTimeout("x"), "first_token_timeout"),
        (socket.gaierror("x"), "connect_failed"),
        (ssl.SSLError("x"), "connect_failed"),
        (ConnectionRefusedError(), "connect_failed"),
        (ConnectionResetError(), "connection_lost"),
        (BrokenPipeError(), "connection_lost"),
        (TimeoutError(), "first_token_timeout"),
        (json.JSONDecodeError("x", "", 0), "malformed"),
        (status_error(400), "refused_request"),
        (status_error(413), "context_length"),
        (status_error(401), "unauthorised"),
        (status_error(402), "no_balance"),
        (status_error(404), "not_found"),
        (status_error(429), "rate_limited"),
        (status_error(500), "server_error"),
        (status_error(503), "overloaded"),
        (status_error(302), "redirected"),
        (named("InternalServerError", status_code=502), "server_error"),
        (named("APIConnectionError"), "connection_lost"),
        (named("APITimeoutError", type("APIConnectionError", (Exception,), {})), "first_token_timeout"),
        (named("APIError"), "inband_error"),
        (DeadlineExceeded("x", budget="between_tokens"), "between_tokens_timeout"),
        (Unavailable("x", reason="cut_stream"), "cut_stream"),
        (Unavailable("x", reason="no such code"), "unexpected"),
        (UsageError("x"), "unexpected"),
        (SettingsError("key file is gone"), "misconfigured"),
        (NotFound("no such model"), "misconfigured"),
        (ZeroDivisionError(), "unexpected"),
    ],
)
def test_every_error_is_known_by_what_it_means(error, code):
    """httpx, the standard library and the SDKs, these by the names of their classes."""
    assert classify(error).code == code


def test_an_sdk_error_is_what_caused_it():
    """The openai SDK wraps httpx's error in APIConnectionError."""
    error = named("APIConnectionError")
    error.__cause__ = httpx.ConnectTimeout("x")
    assert classify(error).code == "connect_timeout"


BODIES = [
    (400, '{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}', "content_risk"),
    (400, '{"error":{"message":"输入内容包含敏感信息，请修改后重试"}}', "content_risk"),
    (400, '{"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."}', "content_risk"),
    (400, '{"error":{"message":"Model Not Exist"}}', "unknown_model"),
    (400, '{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it."}}', "unknown_model"),
    (400, '{"error":{"message":"模型不存在，请检查模型代码"}}', "unknown_model"),
    (400, '{"error":{"message":"This model\'s maximum context length is 4096 tokens. However, you requested 5120"}}', "context_length"),
    (400, '{"object":"error","message":"The prompt is too long: 9000, model maximum context length: 8192"}', "context_length"),
    (400, '{"error":{"message":"输入过长，超出模型最大上下文长度"}}', "context_length"),
    (413, "<html><head><title>413</title></head><body>Request Entity Too Large</body></html>", "context_length"),
    (400, '{"error":{"message":"Unrecognized request argument supplied: thinking"}}', "unknown_parameter"),
    (422, '{"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}', "unknown_parameter"),
    (400, '{"error":{"message":"参数错误：不支持 thinking 参数"}}', "unknown_parameter"),
    (400, "Bad Request", "refused_request"),
    (429, '{"error":{"message":"You exceeded your current quota, please check your plan"}}', "no_balance"),
    (500, '{"error":"server is busy, try again later"}', "overloaded"),
    (503, "", "overloaded"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "code"), BODIES)
def test_a_refusal_is_read_by_its_words_where_the_status_says_little(status, body, code):
    """Providers share no codes: the same status is a filter, a renamed model, or a parameter."""
    assert of_status(status, {}, body.encode()).code == code


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":{"message":"no route to http://vllm.llm.svc:8000/v1 from 10.0.0.7:443"}}',
        b"bad key sk-abcdefgh1234 for ops@firm.example at vllm.internal:8000",
        b'{"error":"api_key: secretsecret is wrong"}',
    ],
)
def test_the_providers_words_come_without_addresses_and_keys(body):
    """They go to logs, attempts and callers."""
    detail = of_status(400, {}, body).detail
    for hidden in ("svc", "10.0.0.7", "sk-abc", "ops@", "secretsecret", "internal"):
        assert hidden not in detail
    assert detail.startswith("HTTP 400: ")


def test_the_providers_words_are_bounded():
    """A page of text is cut, and nothing links to an encyclopedia of HTTP."""
    assert len(of_status(400, {}, b"x" * 100_000).detail) < 300
    error = httpx.HTTPStatusError(
        "Client error '400' for url 'http://10.0.0.1/v1'\nFor more information check: https://developer.mozilla.org/400",
        request=REQUEST,
        response=httpx.Response(400, text="Model Not Exist", request=REQUEST),
    )
    assert (classify(error).code, classify(error).detail) == ("unknown_model", "HTTP 400: Model Not Exist")


def test_what_nobody_foresaw_trips():
    """The safe reading of an unknown error."""
    fault = classify(RuntimeError("?"))
    assert (fault.trips, fault.detail) == (True, "RuntimeError: ?")


def test_a_fault_survives_the_way_through_an_exception():
    """failure and classify are each other's inverse, the pause included."""
    fault = of_status(429, {"Retry-After": "12"})
    assert (classify(failure(fault)).code, classify(failure(fault)).retry_after_s) == ("rate_limited", 12)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("stop", None),
        ("tool_calls", None),
        (None, "cut_stream"),
        ("length", "truncated"),
        ("content_filter", "content_filter"),
        ("insufficient_system_resource", "insufficient_resource"),
        ("aborted", "insufficient_resource"),
        ("eos", None),
        ("STOP", None),
        ("end_turn", None),
        ("LENGTH", "truncated"),
        ("a reason of next year", None),
    ],
)
def test_an_answer_is_whole_unless_its_finish_reason_says_otherwise(reason, code):
    """No finish reason is half an answer; an unknown one is another vendor's word for the end."""
    fault = of_finish_reason(reason)
    assert (fault.code if fault else None) == code


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("0.5", 0.5),
        ("-3", 0),
        ("99999", 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", None),
        ("nan", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_within_an_hour(text, seconds):
    """Nonsense is as good as absent."""
    assert retry_after({"retry-after": text}) == seconds


def test_retry_after_in_milliseconds_goes_first() -> None:
    """As Azure sends it beside the seconds."""
    assert retry_after({"Retry-After-Ms": "1500", "Retry-After": "2"}) == 1.5


def test_retry_after_in_the_future_is_the_time_until_then():
    """A date an hour and more ahead is taken as an hour."""
    assert retry_after({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}) == 3600
