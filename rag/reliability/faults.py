"""One table for every way an answerer fails: what trips its breaker, what fails over, what is the caller's mistake.

`classify` reads any exception into a `Fault`. Foreign errors are known by the name of their class, so that neither
httpx nor an SDK is imported here. A transport that finds a fault by itself raises `failure(code, detail)`.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sparewheel.rag.errors import DeadlineExceeded, NotFound, SettingsError, Unavailable, UsageError

MAX_RETRY_AFTER_S = 3600.0  # a longer Retry-After is taken as this


@dataclass(frozen=True, slots=True)
class Fault:
    """trips: counts against the endpoint. fails_over: the next answerer is tried; otherwise the caller must cure it.

    long_sleep: no retry cures it, so the breaker opens at once. saturated: the endpoint is well but wants a pause of
    `retry_after_s`.
    """

    code: str
    meaning: str
    trips: bool = True
    fails_over: bool = True
    long_sleep: bool = False
    saturated: bool = False
    retry_after_s: float | None = None
    detail: str = ""

    @property
    def callers_mistake(self) -> bool:
        return not self.fails_over


def _table(*faults: Fault) -> dict[str, Fault]:
    return {fault.code: fault for fault in faults}


FAULTS: Mapping[str, Fault] = _table(
    # the caller's mistake
    Fault("bad_request", "400, 413 or 422: the endpoint refuses this request", trips=False, fails_over=False),
    # no retry cures it
    Fault("unauthorised", "401 or 403: the key is refused", long_sleep=True),
    Fault("no_balance", "402: the account is empty", long_sleep=True),
    Fault("not_found", "404: no such model or path at this endpoint", long_sleep=True),
    Fault("misconfigured", "its settings do not work: a key file, a model folder", long_sleep=True),
    # busy
    Fault("rate_limited", "429: too many calls at once", trips=False, saturated=True),
    Fault("queue_full", "the local model has as many questions waiting as it may", trips=False),
    Fault("server_error", "a 5xx status"),
    Fault("overloaded", "503 or 529, or an error object that says busy"),
    Fault("unexpected_status", "a status that no chat endpoint should send"),
    # no connection, or a broken one
    Fault("connect_timeout", "no connection within its budget"),
    Fault("connect_failed", "refused, unknown host or failed TLS handshake"),
    Fault("connection_lost", "reset or closed before the answer was complete"),
    # a live connection that gives nothing
    Fault("first_token_timeout", "no first token within its budget, keep-alives or not"),
    Fault("between_tokens_timeout", "the tokens stopped coming"),
    Fault("total_timeout", "the whole answer took longer than its budget"),
    # 200 OK that is a failure
    Fault("empty_body", "200 with no body"),
    Fault("blank_answer", "a complete answer without a single character"),
    Fault("cut_stream", "the stream ended without a finish reason"),
    Fault("malformed", "a body or chunk that is not the protocol's JSON"),
    Fault("inband_error", "an error object inside a 200 response"),
    Fault("insufficient_resource", "the server gave up half way (finish reason)"),
    Fault("content_filter", "the endpoint's filter withheld the answer", trips=False),
    Fault("truncated", "the answer hit the length limit", trips=False),
    Fault("unexpected", "an error that nobody foresaw"),
    # not called at all
    Fault("left_alone", "its breaker is open, or it asked for a pause", trips=False),
    Fault("confidential", "the corpus is confidential by now: nothing of it may leave this machine", trips=False),
    Fault("retry_budget", "too many extra calls already fall on the cloud", trips=False),
)

_STATUS = {400: "bad_request", 413: "bad_request", 422: "bad_request", 401: "unauthorised", 403: "unauthorised"}
_STATUS |= {402: "no_balance", 404: "not_found", 408: "server_error", 429: "rate_limited"}
_STATUS |= {503: "overloaded", 529: "overloaded"}

_FINISH = {
    "stop": "",
    "tool_calls": "",
    "length": "truncated",
    "content_filter": "content_filter",
    "insufficient_system_resource": "insufficient_resource",
    "aborted": "insufficient_resource",
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
    """What `error` means. One that nobody foresaw trips and fails over."""
    if isinstance(error, SettingsError | NotFound):  # the mistake of whoever set it up, not of who asks
        return replace(FAULTS["misconfigured"], detail=str(error))
    if isinstance(error, UsageError):
        return replace(FAULTS["bad_request"], detail=str(error))
    if isinstance(error, DeadlineExceeded | Unavailable):
        fault = FAULTS.get(error.reason, FAULTS["unexpected"])
        return replace(fault, detail=str(error), retry_after_s=error.retry_after_s)
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    detail = f"{type(error).__name__}: {error}"[:500]
    if isinstance(status, int):
        return replace(of_status(status, getattr(response, "headers", None) or {}), detail=detail)
    names = [cls.__name__ for cls in type(error).__mro__]
    known = next((_CLASSES[name] for name in names if name in _CLASSES), "unexpected")
    if known == "connection_lost" and error.__cause__ is not None:  # an SDK wraps what really happened
        inner = classify(error.__cause__)
        known = inner.code if inner.code != "unexpected" else known
    return replace(FAULTS[known], detail=detail)


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Fault:
    """The fault of an HTTP status that is not 2xx, with the pause its headers ask for."""
    code = _STATUS.get(status) or ("server_error" if 500 <= status <= 599 else "unexpected_status")
    return replace(FAULTS[code], retry_after_s=retry_after(headers or {}), detail=f"HTTP {status}")


def of_finish_reason(reason: str | None) -> Fault | None:
    """None for an answer that is complete; `reason` None means that the stream ended without one."""
    if reason is None:
        return FAULTS["cut_stream"]
    code = _FINISH.get(reason, "cut_stream")
    return replace(FAULTS[code], detail=f"finish reason {reason!r}") if code else None


def failure(fault: Fault | str, detail: str = "") -> Unavailable | UsageError:
    """The exception to raise for a fault, given whole or by its code."""
    fault = FAULTS[fault] if isinstance(fault, str) else fault
    message = "; ".join(part for part in (fault.meaning, fault.detail, detail) if part)
    if fault.callers_mistake:
        return UsageError(message)
    return Unavailable(message, reason=fault.code, retry_after_s=fault.retry_after_s)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` (number or date) asks for, 0 to MAX_RETRY_AFTER_S; None if absent or unreadable."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return None
    return min(MAX_RETRY_AFTER_S, max(0.0, seconds)) if seconds == seconds else None
