"""Errors as RFC 9457 problem details: every one names the value and the cure, none a path of this machine's code."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from sparewheel.rag.errors import (
    Locked,
    NeedsRole,
    NotFound,
    SettingsError,
    SparewheelError,
    StoreError,
    Unavailable,
    UsageError,
)
from sparewheel.rag.observe import request_id

MEDIA_TYPE = "application/problem+json"
CLIENT_GONE = 499  # nobody reads it; it stands in the log
LOCKED_RETRY_S = 10
_VALUE_CHARS = 100  # of a wrong value that is told back

log = logging.getLogger(__name__)


class Problem(SparewheelError):
    """An error of the HTTP side, with its status."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        retry_after_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
        self.members = members


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
    """The response. Its member `error` is what OpenAI's SDKs look for."""
    title = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Client Closed Request"
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "request_id": request_id.get()}
    kind = title.lower().replace(" ", "_")
    error = {"message": detail, "type": kind, "param": None, "code": kind}
    return JSONResponse({**body, **members, "error": error}, status, dict(headers or {}), MEDIA_TYPE)


def of(error: SparewheelError) -> Problem:
    """The problem that an error of the library is."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Unavailable):
        return Problem(503, f"{error}; try again", retry_after_s=error.retry_after_s or 5, reason=error.reason)
    if isinstance(error, Locked):
        return Problem(409, str(error), retry_after_s=LOCKED_RETRY_S)
    if isinstance(error, SettingsError):
        log.error("%s", error)
        return Problem(503, "the service is not set up right; its administrator finds the cause in the log")
    for kind, status in ((NeedsRole, 403), (NotFound, 404), (UsageError, 422)):
        if isinstance(error, kind):
            return Problem(status, str(error))
    if isinstance(error, StoreError):
        log.error("%s", error)
        return Problem(503, "the index of this corpus cannot be read; its administrator finds the cause in the log")
    return Problem(500, str(error))


def as_problem(error: Exception) -> Problem:
    """Also of what nobody expected: told without its message, which may hold a document's text, and logged."""
    if isinstance(error, SparewheelError):
        return of(error)
    log.error("%s", type(error).__name__, exc_info=error)
    return Problem(500, "an error of this program; the log has it under the request id")


def install(app: FastAPI) -> None:
    """Whatever a handler raises becomes a problem."""

    async def expected(request: Request, error: Exception) -> Response:
        found = as_problem(error)
        return problem(found.status, str(found), found.headers, **found.members)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        cures = {404: f"no {request.url.path!r} here; see /docs", 405: f"{request.method} is not for this; see /docs"}
        detail = cures.get(error.status_code, str(error.detail))
        return problem(error.status_code, detail, error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        told = [told_of(each) for each in error.errors()]
        return problem(422, "; ".join(f"{each['where']}: {each['what']}" for each in told)[:2000], errors=told)

    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=CLIENT_GONE)

    app.add_exception_handler(SparewheelError, expected)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, expected)


def told_of(error: Mapping[str, Any]) -> dict[str, str]:
    """Where a request is wrong, what should be there, and what is there, shortened."""
    where = ".".join(str(part) for part in error["loc"])
    value = "" if error["type"] in ("missing", "json_invalid") else repr(error.get("input"))[:_VALUE_CHARS]
    given = f" (given: {value})" if value else ""
    reason = error.get("ctx", {}).get("error", "") if error["type"] == "json_invalid" else ""
    return {"where": where, "what": f"{error['msg']}{f' ({reason})' if reason else ''}{given}"}


_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong, with the value and the cure"},
        "request_id": {"type": "string"},
        "error": {"type": "object", "description": "the same in the form that OpenAI's SDKs read"},
    },
}
_SAID = {
    400: "The request cannot be parsed",
    401: "A key is needed: `Authorization: Bearer sw-...`",
    403: "The role of the key does not reach",
    404: "Not there, or not for this key",
    408: "The body did not come in time",
    409: "Another process is writing the corpus; try again",
    413: "Too large",
    415: "The body is not of the type that is needed",
    422: "The request is wrong; `detail` says where and how to cure it",
    429: "Too many requests of this key; wait for `Retry-After` seconds",
    503: "Too busy, or stopping; try again after `Retry-After` seconds",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}} for status, said in _SAID.items()
}
