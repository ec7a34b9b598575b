"""One table says what every error means."""

import json
import socket
import ssl

import httpx
import pytest

from sparewheel.rag.errors import DeadlineExceeded, NotFound, SettingsError, Unavailable, UsageError
from sparewheel.rag.reliability.faults import FAULTS, classify, failure, of_finish_reason, of_status, retry_after

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
        (status_error(400), "bad_request"),
        (status_error(422), "bad_request"),
        (status_error(401), "unauthorised"),
        (status_error(402), "no_balance"),
        (status_error(404), "not_found"),
        (status_error(429), "rate_limited"),
        (status_error(500), "server_error"),
        (status_error(503), "overloaded"),
        (status_error(302), "unexpected_status"),
        (named("InternalServerError", status_code=502), "server_error"),
        (named("APIConnectionError"), "connection_lost"),
        (named("APITimeoutError", type("APIConnectionError", (Exception,), {})), "first_token_timeout"),
        (named("APIError"), "inband_error"),
        (DeadlineExceeded("x", budget="between_tokens"), "between_tokens_timeout"),
        (Unavailable("x", reason="cut_stream"), "cut_stream"),
        (Unavailable("x", reason="no such code"), "unexpected"),
        (UsageError("x"), "bad_request"),
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


@pytest.mark.parametrize("status", [400, 413, 422])
def test_the_callers_mistake_neither_trips_nor_fails_over(status):
    """It would be refused everywhere."""
    fault = of_status(status)
    assert (fault.trips, fault.fails_over, fault.callers_mistake) == (False, False, True)
    assert isinstance(failure(fault), UsageError)


def test_only_the_callers_mistake_does_not_fail_over():
    """Whatever else goes wrong, the next answerer is tried."""
    assert [code for code, fault in FAULTS.items() if fault.callers_mistake] == ["bad_request"]


def test_what_nobody_foresaw_trips_and_fails_over():
    """The safe reading of an unknown error."""
    fault = classify(RuntimeError("?"))
    assert (fault.trips, fault.fails_over, fault.detail) == (True, True, "RuntimeError: ?")


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
        ("a reason of next year", "cut_stream"),
    ],
)
def test_only_a_known_good_finish_reason_makes_an_answer_whole(reason, code):
    """No finish reason, or an unknown one, is half an answer."""
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


def test_retry_after_in_the_future_is_the_time_until_then():
    """A date an hour and more ahead is taken as an hour."""
    assert retry_after({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}) == 3600
