"""The faults, one coroutine each: `PLAYED[name](exchange)` answers one chat call the way a failing endpoint does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from sparewheel.eval.availability.exchange import Exchange

# ---------------------------------------------------------------- answers that end


async def _answer(x: Exchange, finish: str | None = "stop", words: list[str] | None = None, done: bool = True) -> None:
    """A well-formed answer: `words` (default: the healthy ones) and the finish reason."""
    words = x.words if words is None else words
    if x.pace.first_token_s:
        await asyncio.sleep(x.pace.first_token_s)
    if not x.streaming:
        await x.message("".join(words), finish)
        return
    await x.head()
    await x.event({"role": "assistant", "content": ""})
    await x.tokens(words, x.pace.token_s)
    if finish:
        await x.event({"content": ""}, finish)
    if done:
        await x.chunk(b"data: [DONE]\n\n")
    await x.close()


async def _thinks_first(x: Exchange) -> None:
    if x.streaming:
        await x.head()
        await x.event({"role": "assistant", "content": None, "reasoning_content": "Let me "})
        await x.event({"content": None, "reasoning_content": "see."})
        await x.tokens(x.words, x.pace.token_s)
        await x.event({"content": ""}, "stop")
        await x.chunk(b"data: [DONE]\n\n")
        await x.close()
    else:
        await x.message(x.text, "stop")


async def _slow_first_token(x: Exchange) -> None:
    await asyncio.sleep(x.pace.slow_first_token_s)
    await _answer(x)


async def _slow_tokens(x: Exchange) -> None:
    """Streaming: a pause before every token; otherwise before the whole body."""
    if not x.streaming:
        await asyncio.sleep(x.pace.slow_token_s * len(x.words))
        await x.message(x.text, "stop")
        return
    await x.head()
    await x.event({"role": "assistant", "content": ""})
    await x.tokens(x.words[:1])
    await x.tokens(x.words[1:], x.pace.slow_token_s)
    await x.event({"content": ""}, "stop")
    await x.chunk(b"data: [DONE]\n\n")
    await x.close()


def _half(x: Exchange) -> list[str]:
    return x.words[: len(x.words) // 2]


def _finish(reason: str | None, *, half: bool = True) -> Callable[[Exchange], Awaitable[None]]:
    async def play(x: Exchange) -> None:
        await _answer(x, reason, _half(x) if half else None)

    return play


def _content(text: str) -> Callable[[Exchange], Awaitable[None]]:
    async def play(x: Exchange) -> None:
        await _answer(x, "stop", list(text))

    return play


# ---------------------------------------------------------------- refusals


def _status(status: int, message: str, retry_after: bool = False) -> Callable[[Exchange], Awaitable[None]]:
    async def play(x: Exchange) -> None:
        extra = {"Retry-After": f"{x.pace.retry_after_s:g}"} if retry_after else {}
        await x.json(status, {"error": {"message": message, "type": "api_error", "code": str(status)}}, extra)

    return play


async def _reset(x: Exchange) -> None:
    x.reset = True


async def _closed(x: Exchange) -> None:
    """The connection ends in good order before any byte of a response."""


# ---------------------------------------------------------------- stalls


async def _silence(x: Exchange) -> None:
    await asyncio.sleep(x.pace.hold_s)


async def _head_then_silence(x: Exchange) -> None:
    await x.head()
    await asyncio.sleep(x.pace.hold_s)


async def _keep_alive(x: Exchange, every_s: float) -> None:
    """Comments (streaming) or blank lines for `hold_s`, then the end of the body."""
    for _ in range(max(1, int(x.pace.hold_s / every_s))):
        await x.chunk(b": keep-alive\n\n" if x.streaming else b"\n")
        await asyncio.sleep(every_s)
    await x.close()


async def _keepalive(x: Exchange) -> None:
    await x.head()
    await _keep_alive(x, x.pace.keepalive_s)


async def _slow_keepalive(x: Exchange) -> None:
    await x.head()
    await _keep_alive(x, x.pace.slow_keepalive_s)


async def _busy_then_answer(x: Exchange) -> None:
    """Four keep-alives, then the healthy answer: what a busy but working DeepSeek does."""
    await x.head()
    for _ in range(4):
        await x.chunk(b": keep-alive\n\n" if x.streaming else b"\n")
        await asyncio.sleep(x.pace.keepalive_s)
    if x.streaming:
        await x.event({"role": "assistant", "content": ""})
        await x.tokens(x.words)
        await x.event({"content": ""}, "stop")
        await x.chunk(b"data: [DONE]\n\n")
    else:
        choice = {"index": 0, "message": {"role": "assistant", "content": x.text}, "finish_reason": "stop"}
        await x.chunk(json.dumps({"id": "c1", "model": "faulty-chat", "choices": [choice]}).encode())
    await x.close()


async def _role_then_keepalive(x: Exchange) -> None:
    await x.head()
    if x.streaming:
        await x.event({"role": "assistant", "content": ""})
    await _keep_alive(x, x.pace.keepalive_s)


async def _reasoning_stall(x: Exchange) -> None:
    """Reasoning that goes on and never becomes an answer."""
    await x.head()
    if not x.streaming:
        await _keep_alive(x, x.pace.keepalive_s)
        return
    for _ in range(max(1, int(x.pace.hold_s / x.pace.keepalive_s))):
        await x.event({"content": None, "reasoning_content": "Hmm. "})
        await asyncio.sleep(x.pace.keepalive_s)
    await x.close()


async def _stall_mid_stream(x: Exchange) -> None:
    await x.head()
    if x.streaming:
        await x.event({"role": "assistant", "content": ""})
        await x.tokens(_half(x))
    await _keep_alive(x, x.pace.keepalive_s)


# ---------------------------------------------------------------- cut and broken bodies


async def _half_body(x: Exchange) -> None:
    """The head and half of a healthy body, in good order so far."""
    await x.head()
    if x.streaming:
        await x.event({"role": "assistant", "content": ""})
        await x.tokens(_half(x))
    else:
        await x.chunk(b'{"id": "c1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "The not')


async def _cut_reset(x: Exchange) -> None:
    await _half_body(x)
    x.reset = True


async def _cut_hangup(x: Exchange) -> None:
    """Closed inside the chunked body, without its terminator."""
    await _half_body(x)


async def _cut_clean(x: Exchange) -> None:
    """The body ends in good order: no finish reason, no [DONE]."""
    await _half_body(x)
    await x.close()


async def _cut_done(x: Exchange) -> None:
    """[DONE] comes, but no finish reason."""
    await _half_body(x)
    if x.streaming:
        await x.chunk(b"data: [DONE]\n\n")
    await x.close()


async def _inband_error(x: Exchange) -> None:
    """200, then an error object: in the stream after half an answer, else as the whole body."""
    error = {"error": {"message": "Service is too busy.", "type": "server_error", "code": "503"}}
    if x.streaming:
        await _half_body(x)
        await x.chunk(f"data: {json.dumps(error)}\n\n".encode())
        await x.close()
    else:
        await x.json(200, error)


async def _malformed_json(x: Exchange) -> None:
    await x.head()
    if x.streaming:
        await x.tokens(_half(x))
        await x.chunk(b'data: {"id": "c1", "choices": [{"index": 0, "delta": {"cont\n\ndata: [DONE]\n\n')
    else:
        await x.chunk(b'{"id": "c1", "choices": [{"index":')
    await x.close()


async def _html_body(x: Exchange) -> None:
    """A gateway's page with status 200."""
    await x.head(kind="text/html")
    await x.chunk(b"<html><body><h1>504 Gateway Time-out</h1></body></html>\n")
    await x.close()


async def _empty_body(x: Exchange) -> None:
    await x.head()
    await x.close()


async def _blank_lines(x: Exchange) -> None:
    """Five blank lines, then the end."""
    await x.head()
    await x.chunk(b"\n" * 5)
    await x.close()


PLAYED: dict[str, Callable[[Exchange], Awaitable[None]]] = {
    "ok": _answer,
    "thinks_first": _thinks_first,
    "busy_then_answer": _busy_then_answer,
    "slow_first_token": _slow_first_token,
    "slow_tokens": _slow_tokens,
    "400": _status(400, "Invalid request body format"),
    "401": _status(401, "Authentication Fails"),
    "402": _status(402, "Insufficient Balance"),
    "404": _status(404, "Model Not Exist"),
    "422": _status(422, "Invalid parameters"),
    "429": _status(429, "Rate limit reached"),
    "429_retry_after": _status(429, "Rate limit reached", retry_after=True),
    "500": _status(500, "Internal Server Error"),
    "503": _status(503, "Service is too busy"),
    "reset": _reset,
    "closed": _closed,
    "silence": _silence,
    "head_then_silence": _head_then_silence,
    "keepalive": _keepalive,
    "slow_keepalive": _slow_keepalive,
    "role_then_keepalive": _role_then_keepalive,
    "reasoning_stall": _reasoning_stall,
    "stall_mid_stream": _stall_mid_stream,
    "cut_reset": _cut_reset,
    "cut_hangup": _cut_hangup,
    "cut_clean": _cut_clean,
    "cut_done": _cut_done,
    "inband_error": _inband_error,
    "malformed_json": _malformed_json,
    "html_body": _html_body,
    "empty_body": _empty_body,
    "blank_lines": _blank_lines,
    "blank_content": _content(""),
    "space_content": _content("        "),
    "no_finish_reason": _finish(None, half=False),
    "insufficient_system_resource": _finish("insufficient_system_resource"),
    "aborted": _finish("aborted"),
    "content_filter": _finish("content_filter"),
    "length": _finish("length"),
}
