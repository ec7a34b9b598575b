# ruff: noqa: E501  responses as they are sent
"""Responses that users of chat endpoints have reported, byte for byte over a socket, and what must come of each.

From public bug reports on DeepSeek, vLLM, Ollama, llama.cpp, OpenRouter, SiliconFlow, ModelScope, Azure, DashScope,
LiteLLM and proxies in front of them. WHOLE: the endpoint gave its answer, however it was wrapped.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

WHOLE = "answered"
TEXT = "The notice period is thirty days [1]."
HEAD, TAIL = "The notice period is ", "thirty days [1]."
SSE = "text/event-stream"


@dataclass(frozen=True)
class Reported:
    """raw: the whole response; several pieces are written apart. comes: WHOLE or the fault codes that name it well.
    then: "close", "reset" or "stall"."""

    name: str
    raw: tuple[bytes, ...]
    comes: tuple[str, ...]
    then: str = "close"


def http(body: str | bytes, kind: str = SSE, status: str = "200 OK", more: str = "", framed: bool = False) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    length = f"Content-Length: {len(data)}\r\n" if framed else ""
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{length}{more}Connection: close\r\n\r\n".encode() + data


def chunk(delta: Any, finish: Any = None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return f"data: {json.dumps({'id': 'c1', 'model': 'm', 'choices': [choice], **more}, ensure_ascii=False)}\n\n"


def plain(value: Any) -> str:
    return f"data: {json.dumps(value)}\n\n"


DONE = "data: [DONE]\n\n"
FIRST, SECOND, STOP = chunk({"content": HEAD}), chunk({"content": TAIL}), chunk({}, "stop")
SAID = FIRST + SECOND
OBJECT = {"choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]}
PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
CALL = {"index": 0, "id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}


def ok(name: str, body: str | bytes, **more: Any) -> Reported:
    then = more.pop("then", "close")
    return Reported(name, (http(body, **more),), (WHOLE,), then)


def bad(name: str, comes: str, body: str | bytes, **more: Any) -> Reported:
    then = more.pop("then", "close")
    return Reported(name, (http(body, **more),), tuple(comes.split()), then)


def error(status: str, body: Any, comes: str, kind: str = "application/json", more: str = "") -> Reported:
    text = body if isinstance(body, str) else json.dumps(body)
    return bad(f"{status}: {text[:60]}", comes, text, status=status, kind=kind, more=more)


# ---------------------------------------------------------------- whole answers, oddly wrapped

_SPLIT = http(
    b"data: "
    + json.dumps({"choices": [{"delta": {"content": "#"}, "finish_reason": "stop"}]})
    .encode()
    .replace(b"#", TEXT.encode() + " — 三十日".encode())
    + b"\n\n"
)
_AT = _SPLIT.index("三".encode()) + 1

WHOLE_ANSWERS = (
    ok("usage null on every chunk", chunk({"content": HEAD}, usage=None) + chunk({"content": TAIL}, "stop", usage=None) + DONE),
    ok("choices [] as keep-alive", plain({"id": "c1", "choices": []}) * 5 + SAID + plain({"choices": []}) + STOP + DONE),
    ok("choices null first (ModelScope)", plain({"id": "", "choices": None, "usage": {"total_tokens": 0}}) + SAID + STOP + DONE),
    ok("choices null without usage", plain({"id": "", "object": "", "choices": None}) + SAID + STOP + DONE),
    ok("no delta in the last frame (DeepSeek)", SAID + plain({"choices": [{"index": 0, "finish_reason": "stop"}]}) + DONE),
    ok("delta null in the last frame", SAID + chunk(None, "stop") + DONE),
    ok("finish_reason empty until the end (Ollama)", chunk({"content": HEAD}, "") + chunk({"content": TAIL}, "") + STOP + DONE),
    ok("finish reason with the last text", FIRST + chunk({"content": TAIL}, "stop") + DONE),
    ok("finish reason null after it came", SAID + STOP + chunk({}, None) + DONE),
    ok("events a line apart (Azure)", (SAID + STOP + DONE).replace("\n\n", "\n")),
    ok("no blank after data:", (SAID + STOP + DONE).replace("data: ", "data:")),
    ok("CR alone", (SAID + STOP + DONE).replace("\n", "\r")),
    ok("CRLF", (SAID + STOP + DONE).replace("\n", "\r\n")),
    ok("event, id and retry lines", "retry: 3000\n\n" + (SAID + STOP + DONE).replace("data: ", "event: message\nid: 7\ndata: ")),
    ok("OpenRouter's comments", ": OPENROUTER PROCESSING\n\n" * 3 + SAID + STOP + DONE),
    ok("event: ping with words", "event: ping\ndata: still here\n\n" + SAID + STOP + DONE),
    ok("data: null between", FIRST + "data: null\n\n" + SECOND + STOP + DONE),
    ok("data: {} between", FIRST + "data: {}\n\n" + SECOND + STOP + DONE),
    ok("garbage after [DONE]", SAID + STOP + DONE + "data: {broken\n\nlog: worker exits\n"),
    ok("[DONE] in quotes", SAID + STOP + 'data: "[DONE]"\n\n'),
    ok("[done] in small letters", SAID + STOP + "data: [done]\n\n"),
    ok("two objects in one data line", "data: " + FIRST[6:].strip() + SECOND[6:].strip() + "\n\n" + STOP + DONE),
    ok("two events glued without a line end", FIRST.strip() + SECOND.strip() + "\n\n" + STOP + DONE),
    ok("the text so far in every chunk (DashScope)", chunk({"content": HEAD}) + chunk({"content": HEAD + "thirty "}) + chunk({"content": TEXT}) + chunk({"content": TEXT}, "stop") + DONE),
    ok("the whole message again at the end", SAID + plain({"choices": [{"index": 0, "delta": {}, "message": {"content": TEXT}, "finish_reason": "stop"}]}) + DONE),
    ok("a gateway's envelope", json.dumps({"code": 0, "message": "ok", "data": OBJECT}), kind="application/json"),
    ok("DashScope's own envelope", "".join(f"id:{n}\nevent:result\n:HTTP_STATUS/200\ndata:" + json.dumps({"output": {"choices": [{"message": {"content": text, "role": "assistant"}, "finish_reason": end}]}, "usage": {"total_tokens": 9}}) + "\n\n" for n, (text, end) in enumerate([("The", "null"), (HEAD, "null"), (TEXT, "stop")]))),
    ok("n > 1 choices", FIRST + plain({"choices": [{"index": 1, "delta": {"content": "Bananas"}}]}) + SECOND + plain({"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]}) + STOP + DONE),
    ok("a tab inside a JSON string", SAID.replace("period is", "period\tis") + STOP + DONE),
    ok("logprobs NaN", (SAID + STOP + DONE).replace('"finish_reason"', '"logprobs": NaN, "finish_reason"')),
    ok("gzip", gzip.compress((SAID + STOP + DONE).encode()), more="Content-Encoding: gzip\r\n"),
    ok("an object though a stream was asked for", json.dumps(OBJECT), kind="application/json", framed=True),
    ok("an object as text/html", json.dumps(OBJECT, indent=2), kind="text/html"),
    ok("a charset and a trailing blank line", SAID + STOP + DONE + "\n\n", kind="text/event-stream;charset=UTF-8"),
    ok("no [DONE], the socket stays open", SAID + STOP, then="stall"),
    ok("a reset after the finish reason", SAID + STOP, then="reset"),
    ok("content beside reasoning and refusal null", chunk({"content": HEAD, "reasoning_content": None, "refusal": None, "tool_calls": None}) + SECOND + STOP + DONE),
    ok("an empty list of tool calls", chunk({"content": HEAD, "tool_calls": []}) + SECOND + STOP + DONE),
    ok("error null in every chunk", chunk({"content": HEAD}, error=None) + chunk({"content": TAIL}, error=None) + STOP + DONE),
    ok("code 0 and message ok in every chunk", chunk({"content": HEAD}, code=0, message="ok") + SECOND + STOP + DONE),
    ok("numbers as texts", (SAID + STOP + DONE).replace('"index": 0', '"index": "0"')),
    Reported("103 before the answer", (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + http(SAID + STOP + DONE),), (WHOLE,)),
    Reported("100 before the answer", (b"HTTP/1.1 100 Continue\r\n\r\n" + http(SAID + STOP + DONE),), (WHOLE,)),
    Reported("a piece ends inside a letter", (_SPLIT[:_AT], _SPLIT[_AT:]), (WHOLE,)),
    Reported("a byte at a time", tuple(http(SAID + STOP + DONE)[n : n + 1] for n in range(len(http(SAID + STOP + DONE)))), (WHOLE,)),
    Reported("a chunk extension and trailers", (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-status\r\n\r\n" + b"%x;a=1\r\n%s\r\n0\r\nx-status: ok\r\n\r\n" % (len(SAID + STOP + DONE), (SAID + STOP + DONE).encode()),), (WHOLE,)),
)  # fmt: skip

# ---------------------------------------------------------------- a 200 that is none

FAILED_ANSWERS = (
    bad("a captive portal", "malformed", "<html><body>Sign in to Hotel WiFi</body></html>", kind="text/html"),
    bad("a page as a stream", "malformed", PAGE),
    bad("an error in the middle (OpenRouter)", "inband_error server_error overloaded", FIRST + plain({"error": {"code": 502, "message": "Provider returned error"}, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]})),
    bad("empty choices with an error", "overloaded inband_error", plain({"choices": [], "error": {"code": 502, "message": "Worker local total request limit reached (33/32)"}}) + DONE),
    bad("finish reason error", "inband_error insufficient_resource", FIRST + chunk({}, "error") + DONE),
    bad("event: error with words", "inband_error malformed overloaded", FIRST + "event: error\ndata: upstream went away\n\n"),
    bad("an error line outside the protocol", "overloaded inband_error", FIRST + '{"error": {"message": "Server overloaded", "type": "server_error"}}\n'),
    bad("finish_reason null at the end", "cut_stream", SAID + DONE),
    bad("reasoning only", "blank_answer truncated", chunk({"reasoning_content": "Let me think."}) + STOP + DONE),
    bad("tool calls only", "tool_call", chunk({"tool_calls": [CALL]}) + chunk({}, "tool_calls") + DONE),
    bad("a function call of before", "tool_call", chunk({"function_call": {"name": "search", "arguments": "{}"}}) + chunk({}, "function_call") + DONE),
    bad("content null with a refusal", "content_filter", chunk({"content": None, "refusal": "I can't help with that."}) + STOP + DONE),
    bad("content null in an object", "blank_answer", json.dumps({"choices": [{"message": {"content": None}, "finish_reason": "stop"}]}), kind="application/json"),
    bad("no choices in an object", "empty_body malformed blank_answer cut_stream inband_error", json.dumps({"id": "1", "choices": [], "usage": {"total_tokens": 0}}), kind="application/json"),
    bad("SiliconFlow's code in a 200", "unknown_model", json.dumps({"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None}), kind="application/json"),
    bad("Baidu's code in a 200", "rate_limited inband_error", json.dumps({"error_code": 336501, "error_msg": "Open api qps request limit reached: rate limit"}), kind="application/json"),
    bad("success false in a 200", "inband_error overloaded", json.dumps({"success": False, "error": {"code": "INTERNAL_SERVER_ERROR", "message": "An unexpected error occurred. Please try again later."}}), kind="application/json"),
    bad("a list with an error (Gemini)", "malformed inband_error overloaded", json.dumps([{"error": {"code": 503, "message": "The model is overloaded."}}]), kind="application/json"),
    bad("Ollama's own protocol", "malformed empty_body cut_stream blank_answer", json.dumps({"model": "m", "message": {"content": "The"}, "done": False}) + "\n" + json.dumps({"model": "m", "message": {"content": ""}, "done": True}) + "\n", kind="application/x-ndjson"),
    bad("Anthropic's own protocol", "cut_stream malformed", 'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "The"}}\n\nevent: message_stop\ndata: {"type": "message_stop"}\n\n'),
    bad("Anthropic's overload", "overloaded inband_error", 'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n'),
    bad("gzip that is none", "malformed", SAID + STOP + DONE, more="Content-Encoding: gzip\r\n"),
    bad("half a gzip", "malformed connection_lost cut_stream empty_body", gzip.compress((SAID + STOP + DONE).encode())[:60], more="Content-Encoding: gzip\r\n"),
    bad("JSON cut in the middle", "malformed cut_stream", FIRST + 'data: {"choices": [{"delta": {"content": "thir\n\n'),
    bad("JSON in JSON", "malformed", plain(json.dumps(OBJECT))),
    bad("choices as an object", "malformed", plain({"choices": {"0": {"delta": {"content": TEXT}}}})),
    bad("busy, said as an answer", "overloaded", chunk({"content": "The server is busy. Please try again later."}, "stop") + DONE),
    bad("busy, said in Chinese", "overloaded", chunk({"content": "服务器繁忙，请稍后再试。"}, "stop") + DONE),
    bad("silence after the head", "first_token_timeout", "", then="stall"),
    bad("a role and silence", "first_token_timeout", chunk({"role": "assistant", "content": ""}), then="stall"),
    bad("half an answer and silence", "between_tokens_timeout", FIRST, then="stall"),
    bad("half an answer and a reset", "connection_lost cut_stream", FIRST, then="reset"),
    Reported("a body that is shorter than promised", (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + FIRST.encode(),), ("connection_lost", "cut_stream")),
    Reported("a chunk size that is none", (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + FIRST.encode(),), ("connection_lost",)),
    Reported("another protocol", (b"SSH-2.0-OpenSSH_9.6\r\n",), ("connection_lost",)),
    Reported("TLS on a plain port", (b"\x15\x03\x01\x00\x02\x02\x28",), ("connection_lost",)),
    Reported("an endless head", (b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 400_000 + b"\r\n\r\n",), ("connection_lost",)),
    Reported("nothing at all", (b"",), ("connection_lost",)),
    Reported("204", (b"HTTP/1.1 204 No Content\r\n\r\n",), ("unexpected_status", "empty_body")),
)  # fmt: skip

# ---------------------------------------------------------------- statuses

STATUSES = (
    error("429 Too Many Requests", {"error": {"message": "You exceeded your current quota, please check your plan and billing details.", "type": "insufficient_quota", "code": "insufficient_quota"}}, "no_balance"),
    error("429 Too Many Requests", {"error": {"message": "Rate limit reached for requests", "type": "requests"}}, "rate_limited", more="Retry-After: 1\r\n"),
    error("429 Too Many Requests", {"error": {"code": "SetLimitExceeded", "message": "Your account has reached the set inference limit"}}, "rate_limited no_balance"),
    error("402 Payment Required", {"error": {"message": "Insufficient Balance", "type": "unknown_error"}}, "no_balance"),
    error("403 Forbidden", {"code": 30001, "message": "Sorry, your account balance is insufficient"}, "no_balance"),
    error("403 Forbidden", PAGE, "unexpected_status overloaded", kind="text/html"),
    error("401 Unauthorized", {"error": {"message": "Authentication Fails, Your api key: ****abcd is invalid"}}, "unauthorised"),
    error("404 Not Found", {"error": {"message": "The model `x` does not exist or you do not have access to it.", "code": "InvalidEndpointOrModel.NotFound"}}, "unknown_model"),
    error("404 Not Found", "404 page not found", "not_found", kind="text/plain"),
    error("405 Method Not Allowed", {"detail": "Method Not Allowed"}, "unexpected_status not_found"),
    error("409 Conflict", {"error": {"message": "engine is restarting"}}, "unexpected_status overloaded server_error"),
    error("451 Unavailable For Legal Reasons", {"error": {"message": "not available in your region"}}, "unexpected_status content_risk"),
    error("499 Client Closed Request", "", "unexpected_status server_error"),
    error("408 Request Timeout", {"error": "stream timeout"}, "server_error"),
    error("425 Too Early", "", "unexpected_status"),
    error("500 Internal Server Error", {"error": "model requires more system memory (7.5 GiB) than is available (5.2 GiB)"}, "server_error"),
    error("500 Internal Server Error", {"error": {"message": "CUDA error: device-side assert triggered"}}, "server_error"),
    error("502 Bad Gateway", "<html><center><h1>502 Bad Gateway</h1></center><hr>nginx</html>", "server_error", kind="text/html"),
    error("503 Service Unavailable", {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, "overloaded"),
    error("504 Gateway Time-out", "<html>504 Gateway Time-out</html>", "server_error", kind="text/html"),
    error("511 Network Authentication Required", PAGE, "server_error unexpected_status", kind="text/html"),
    error("520 Unknown", "error code: 520", "server_error", kind="text/plain"),
    error("524 A Timeout Occurred", "<html>524: A timeout occurred</html>", "server_error", kind="text/html"),
    error("529 Overloaded", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
    error("307 Temporary Redirect", "", "redirected", more="Location: /v1/chat/completions\r\n"),
    error("302 Found", "", "redirected", kind="text/html", more="Location: https://login.example.org/\r\n"),
    error("400 Bad Request", {"error": {"message": "Content Exists Risk"}}, "content_risk"),
    error("400 Bad Request", {"code": 20015, "message": "max_total_tokens 4096 exceeded: Field required"}, "context_length refused_request"),
    error("400 Bad Request", "", "refused_request"),
    error("403 Forbidden", "", "unauthorised"),
    error("413 Payload Too Large", "<html>413 Request Entity Too Large</html>", "context_length", kind="text/html"),
    error("422 Unprocessable Entity", {"detail": [{"loc": ["body", "messages"], "msg": "Input should be a valid list", "type": "list_type"}]}, "refused_request"),
)  # fmt: skip

REPORTED = (*WHOLE_ANSWERS, *FAILED_ANSWERS, *STATUSES)
