"""One table for every way an answerer fails, and what each does to its breaker. Every one of them fails over.

An upstream's verdict is never the asker's mistake: the request was written here. What is wrong with a question is found
before any answerer is called. `classify` reads any exception into a `Fault`. Foreign errors are known by the name of
their class, so that neither httpx nor an SDK is imported here. A transport that finds a fault by itself raises
`failure(code, detail)`. A provider's own words decide where they are clear (`said`), and travel on in `detail`.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sparewheel.rag.errors import DeadlineExceeded, NotFound, SettingsError, Unavailable
from sparewheel.rag.reliability.said import code_of, redacted, words_of

MAX_RETRY_AFTER_S = 3600.0  # a longer Retry-After is taken as this


@dataclass(frozen=True, slots=True)
class Fault:
    """trips: counts against the endpoint. useless: counts only in a row, for it may be this question's alone.

    long_sleep: no retry cures it, so the breaker opens at once and for long. stubborn: the sleep is long once repeated
    faults have opened it. saturated: the endpoint is well but wants a pause of `retry_after_s`. again: passing, so that
    a second try at the same endpoint may succeed.
    """

    code: str
    meaning: str
    trips: bool = True
    useless: bool = False
    long_sleep: bool = False
    stubborn: bool = False
    saturated: bool = False
    again: bool = False
    retry_after_s: float | None = None
    detail: str = ""


def _table(*faults: Fault) -> dict[str, Fault]:
    return {fault.code: fault for fault in faults}


FAULTS: Mapping[str, Fault] = _table(
    # no retry cures it
    Fault("unauthorised", "401 or 403: the key is refused", long_sleep=True),
    Fault("no_balance", "402: the account is empty", long_sleep=True),
    Fault("not_found", "404: no such model or path at this endpoint", long_sleep=True),
    Fault("unknown_model", "the endpoint has no model of this name", long_sleep=True),
    Fault("misconfigured", "its settings do not work: a key file, a model folder", long_sleep=True),
    # it refuses what we sent; repeated for every question, it is left alone for long
    Fault("unknown_parameter", "the endpoint refuses a parameter of the request", stubborn=True),
    Fault("refused_request", "400, 413 or 422: the endpoint refuses the request", stubborn=True),
    Fault("redirected", "it sends the call on to another address", stubborn=True),
    # it refuses this question
    Fault("content_risk", "the endpoint's filter refuses this question or its passages", trips=False),
    Fault("context_length", "the passages and the question are too long for this model", trips=False),
    # busy
    Fault("rate_limited", "429: too many calls at once", trips=False, saturated=True),
    Fault("queue_full", "the local model has as many questions waiting as it may", trips=False),
    Fault("server_error", "a 5xx status", again=True),
    Fault("overloaded", "503 or 529, or words that say busy"),
    Fault("unexpected_status", "a status that no chat endpoint should send"),
    Fault("no_time", "on this machine, now, it would take longer than the question has", trips=False),
    # no connection, or a broken one
    Fault("connect_timeout", "no connection within its budget"),
    Fault("connect_failed", "refused, unknown host or failed TLS handshake"),
    Fault("connection_lost", "reset or closed before the answer was complete", again=True),
    # a live connection that gives nothing
    Fault("first_token_timeout", "no first token within its budget, keep-alives or not"),
    Fault("between_tokens_timeout", "the tokens stopped coming"),
    Fault("total_timeout", "the whole answer took longer than its budget"),
    # 200 OK that is a failure
    Fault("empty_body", "200 with no body"),
    Fault("blank_answer", "a complete answer in which nothing is said"),
    Fault("cut_stream", "the stream ended without a finish reason"),
    Fault("malformed", "a body or chunk that is not the protocol's JSON"),
    Fault("inband_error", "an error object inside a 200 response"),
    Fault("insufficient_resource", "the server gave up half way (finish reason)"),
    Fault("tool_call", "it calls a tool that nobody offered", trips=False, useless=True),
    Fault("content_filter", "the endpoint's filter withheld the answer", trips=False, useless=True),
    Fault("truncated", "the answer hit the length limit", trips=False, useless=True),
    Fault("repetition", "the answer repeats itself without end", trips=False, useless=True),
    Fault("unsupported", "nothing of the answer is borne out by the passages", trips=False, useless=True),
    Fault("unexpected", "an error that nobody foresaw"),
    Fault("loading", "the local model is still being loaded", trips=False),
    # not called at all
    Fault("not_kept", "no answer to this question is kept", trips=False),
    Fault("left_alone", "its breaker is open, or it asked for a pause", trips=False),
    Fault("confidential", "the corpus is confidential by now: nothing of it may leave this machine", trips=False),
    Fault("retry_budget", "too many extra calls already fall on the cloud", trips=False),
)

_STATUS = {400: "refused_request", 413: "context_length", 422: "refused_request"}
_STATUS |= {401: "unauthorised", 403: "unauthorised", 402: "no_balance", 404: "not_found", 408: "server_error"}
_STATUS |= {429: "rate_limited", 503: "overloaded", 529: "overloaded"}

# What the words of a status may say instead of what the status says. A 5xx stays one whatever it says, but for "busy".
_CLEARER = {
    400: {
        "content_risk",
        "context_length",
        "unknown_model",
        "unknown_parameter",
        "no_balance",
        "rate_limited",
        "overloaded",
    },
    403: {"content_risk", "no_balance", "rate_limited"},
    404: {"unknown_model"},
    413: {"rate_limited"},  # Groq: tokens per minute
    429: {"no_balance", "overloaded"},
    500: {"overloaded", "context_length", "content_risk"},
}
_CLEARER |= {422: _CLEARER[400], 451: {"content_risk"}}

# Finish reasons that are not the end of an answer. Any other word is: the protocol names "stop", but there are "eos",
# "STOP", "end_turn" and those of next year.
_FINISH = {
    "length": "truncated",
    "max_tokens": "truncated",
    "max_output_tokens": "truncated",
    "model_length": "truncated",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "safety": "content_filter",
    "refusal": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "insufficient_system_resource": "insufficient_resource",
    "aborted": "insufficient_resource",
    "abort": "insufficient_resource",
    "cancelled": "insufficient_resource",
    "canceled": "insufficient_resource",
    "timeout": "insufficient_resource",
    "error": "inband_error",
    "failed": "inband_error",
    "network_error": "inband_error",
}

# Class names of httpx, httpcore, the openai SDK, requests and the standard library; the most derived one known decides.
_CLASSES = {
    "ConnectTimeout": "connect_timeout",
    "PoolTimeout": "connect_timeout",
    "ConnectError": "connect_failed",
    "UnsupportedProtocol": "connect_failed",
    "InvalidURL": "connect_failed",
    "ConnectionRefusedError": "connect_failed",
    "gaierror": "connect_failed",
    "SSLError": "connect_failed",
    "ReadTimeout": "first_token_timeout",
    "WriteTimeout": "first_token_timeout",
    "APITimeoutError": "first_token_timeout",
    "TimeoutError": "first_token_timeout",
    "DecodingError": "malformed",
    "JSONDecodeError": "malformed",
    "UnicodeDecodeError": "malformed",
    "APIResponseValidationError": "malformed",
    "NetworkError": "connection_lost",
    "ProtocolError": "connection_lost",
    "APIConnectionError": "connection_lost",
    "ConnectionError": "connection_lost",
    "ChunkedEncodingError": "connection_lost",
    "LengthFinishReasonError": "truncated",
    "ContentFilterFinishReasonError": "content_filter",
    "RateLimitError": "rate_limited",
    "APIError": "inband_error",  # the SDK's plain one: an error object inside a stream
}


def classify(error: BaseException) -> Fault:
    """What `error` means. One that nobody foresaw trips."""
    if isinstance(error, SettingsError | NotFound):  # the mistake of whoever set it up, not of who asks
        return replace(FAULTS["misconfigured"], detail=str(error))
    if isinstance(error, DeadlineExceeded | Unavailable):
        fault = FAULTS.get(error.reason, FAULTS["unexpected"])
        return replace(fault, detail=str(error).removeprefix(f"{fault.meaning}; "), retry_after_s=error.retry_after_s)
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    if isinstance(status, int):  # an SDK's or httpx's own message names our address and a page about HTTP
        return of_status(status, getattr(response, "headers", None) or {}, _body(error, response))
    names = [cls.__name__ for cls in type(error).__mro__]
    known = next((_CLASSES[name] for name in names if name in _CLASSES), "unexpected")
    if known == "connection_lost" and error.__cause__ is not None:  # an SDK wraps what really happened
        inner = classify(error.__cause__)
        known = inner.code if inner.code != "unexpected" else known
    return replace(FAULTS[known], detail=redacted(f"{type(error).__name__}: {error}"))


def _body(error: BaseException, response: object) -> Any:
    """The body of an HTTP error, where it was read."""
    given = getattr(error, "body", None)
    if given is None:
        try:
            given = getattr(response, "content", b"")
        except Exception:  # httpx: a stream that was not read
            given = b""
    return given if isinstance(given, bytes | str | Mapping) else b""


def of_status(
    status: int, headers: Mapping[str, str] | None = None, body: bytes | str | Mapping[str, Any] = b""
) -> Fault:
    """The fault of an HTTP status that is not 2xx, in the provider's own words, with the pause its headers ask for."""
    words = words_of(body)
    code = _STATUS.get(status) or ("server_error" if 500 <= status <= 599 else "unexpected_status")
    if status == 403 and _is_page(body):  # a firewall's page, which knows no key
        code = "unexpected_status"
    code = "redirected" if 300 <= status <= 399 else code
    if (clearer := code_of(words)) in _CLEARER.get(status, ()):
        code = clearer
    detail = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    return replace(FAULTS[code], retry_after_s=retry_after(headers or {}), detail=detail)


def _is_page(body: bytes | str | Mapping[str, Any]) -> bool:
    text = body if isinstance(body, str) else body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
    return text.lstrip("\ufeff \r\n\t")[:1] == "<"


def of_words(words: str) -> Fault:
    """The fault of an error object inside a 200 response."""
    code = code_of(words)
    return replace(FAULTS[code or "inband_error"], detail=words)


def of_finish_reason(reason: str | None) -> Fault | None:
    """None for an answer that is complete; `reason` None means that the stream ended without one."""
    if reason is None:
        return FAULTS["cut_stream"]
    code = _FINISH.get(reason.strip().casefold())
    return replace(FAULTS[code], detail=f"finish reason {redacted(reason)!r}") if code else None


def failure(fault: Fault | str, detail: str = "") -> Unavailable:
    """The exception to raise for a fault, given whole or by its code."""
    fault = FAULTS[fault] if isinstance(fault, str) else fault
    message = "; ".join(part for part in (fault.meaning, fault.detail, detail) if part)
    return Unavailable(message, reason=fault.code, retry_after_s=fault.retry_after_s)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` (number or date) or `retry-after-ms` (Azure, OpenAI) asks for, 0 to MAX_RETRY_AFTER_S;
    None if absent or unreadable."""
    given = {name.lower(): value.strip() for name, value in headers.items()}
    in_ms = given.get("retry-after-ms", "")
    text = in_ms or given.get("retry-after", "")
    if not text:
        return None
    try:
        seconds = float(text) / (1000 if in_ms else 1)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return None
    return min(MAX_RETRY_AFTER_S, max(0.0, seconds)) if seconds == seconds else None
