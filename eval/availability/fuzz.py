# ruff: noqa: E501  bodies as they are sent
"""Behaviours that nobody wrote a scenario for: status x headers x framing x body x timing, drawn from a seed.

Each behaviour knows what must come of it: the endpoint's answer where it gave a whole one, however it was wrapped, and the
reader's otherwise. They are played as raw bytes over loopback sockets against the product's own client and failover.

    report = asyncio.run(fuzz(range(10_000)))
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from sparewheel.rag.answer.chat import ChatAnswerer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.reliability.deadline import Budgets
from sparewheel.rag.reliability.failover import Failover, Finished
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.settings import Endpoint
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Profile

QUOTE = "thirty days, says the reader"
PASSAGE = (
    "The notice period of every question is thirty days, counted from receipt of the written notice. 通知期为三十日。"
)
BUDGETS = Budgets(first_token_s=4.0, between_tokens_s=4.0, total_s=15.0)
HANG_S = 30.0

STATUSES = (200,) * 14 + (301, 302, 307, 400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 451, 500, 502, 503, 529, 599)
REFUSALS: tuple[Any, ...] = (
    {"error": {"message": "Content Exists Risk", "type": "invalid_request_error", "code": "invalid_request_error"}},
    {"error": {"message": "Model Not Exist"}},
    {"error": {"message": "This model's maximum context length is 4096 tokens."}},
    {"error": {"message": "Unrecognized request argument supplied: thinking"}},
    {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}]},
    {"error": "no"}, {"message": "服务器繁忙，请稍后再试"}, {"error": None}, [], "busy", None, 7,
    {"error": {"message": ["x", {"y": 1}]}}, "<html><body>Bad Gateway</body></html>", "\x00\x1b[31m\ud800", "x" * 200_000,
)  # fmt: skip
TYPES = (
    "text/event-stream", "text/event-stream; charset=utf-8", "application/json", "text/plain", "application/octet-stream",
    "text/html", "", "application/x-ndjson", "nonsense",
)  # fmt: skip
WHOLE_REASONS = ("stop", "STOP", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "a word of next year")
FAILED_REASONS = (
    "length",
    "content_filter",
    "insufficient_system_resource",
    "aborted",
    "error",
    "max_tokens",
    None,
    "",
    "null",
)
USAGES: tuple[Any, ...] = (
    {"prompt_tokens": 12, "completion_tokens": 9}, None, "abc", [], {"prompt_tokens": "NaN"}, {"prompt_tokens": -1},
    {"prompt_tokens": 9, "prompt_tokens_details": None}, {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": "x"}},
)  # fmt: skip
NO_ANSWERS = (
    "",
    "   \n ",
    "\u200b\ufeff",
    "...",
    "[1]",
    "服务器繁忙，请稍后再试。",
    "The server is busy. Please try again later.",
    "<think>hm",
)
NOISE = ("\x00", "\x1b[31m", "\u200b", "\ufeff", "\u202e", "\x07", "\U000e0041")
BROKEN = ("data: {", "data: 7\n\n", "data: [1]\n\n", 'data: {"choices": 5}\n\n', 'data: {"choices": [{"delta": {"content": 5}}]}\n\n',
          'data: {"error": {"message": "boom"}}\n\n', "event: error\ndata: {}\n\n", "data: " + "[" * 5000 + "\n\n")  # fmt: skip


@dataclass
class Behaviour:
    """One response. whole: the endpoint gave its answer; kind: what decides that, for the report."""

    kind: str
    whole: bool
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    framing: str = "chunked"  # or "length", "close"
    body: bytes = b""
    end: str = "clean"  # or "reset", "stall"
    cuts: tuple[int, ...] = ()  # where the body is parted into writes


def answer_of(number: int) -> str:
    """What the endpoint says to question `number`."""
    return f"The notice period of question-{number} is thirty days, counted from receipt of the written notice [1]."


def draw(number: int, seed: int = 0) -> Behaviour:
    """Behaviour `number` of a seed, always the same."""
    rng = random.Random(f"{seed} {number}")
    status = rng.choice(STATUSES)
    if status != 200:
        found = Behaviour(f"status {status}", False, status, body=_bytes(rng.choice(REFUSALS)))
        if rng.random() < 0.3:
            found.headers["Retry-After"] = rng.choice(
                ["0", "1", "3600", "soon", "-5", "inf", "Wed, 21 Oct 2015 07:28:00 GMT"]
            )
        if 300 <= status < 400:
            found.headers["Location"] = "http://127.0.0.1:1/elsewhere"
    else:
        found = _answer(number, rng)
    if kind := rng.choice(TYPES):
        found.headers["Content-Type"] = kind
    found.framing = rng.choice(["chunked", "length", "close"])
    found.cuts = tuple(sorted(rng.randrange(len(found.body) + 1) for _ in range(rng.choice([0, 1, 3, 12]))))
    return found


def _answer(number: int, rng: random.Random) -> Behaviour:
    """A 200: a whole answer wrapped in some way, or one thing wrong with it."""
    wrong = rng.choice([""] * 8 + ["reason", "nothing", "broken", "cut", "stall", "reset", "empty", "tools", "page"])
    if wrong == "empty":
        return Behaviour("empty", False, body=rng.choice([b"", b"\n\n\n", b": keep-alive\n\n", b"data: [DONE]\n\n"]))
    if wrong == "page":
        return Behaviour("page", False, body=b"<!DOCTYPE html><html><body>Sign in to the network</body></html>")
    text = rng.choice(NO_ANSWERS) if wrong == "nothing" else _wrapped(answer_of(number), rng)
    reason = rng.choice(FAILED_REASONS) if wrong == "reason" else rng.choice(WHOLE_REASONS)
    calls = [{"index": 0, "function": {"name": "search", "arguments": "{}"}}] if wrong == "tools" else None
    if rng.random() < 0.2 and wrong not in ("broken", "cut", "stall", "reset"):
        whole = _bytes(_object(text, reason, calls, rng))
        return Behaviour(f"object {wrong or 'whole'}", not wrong, body=whole)
    events = _events(text, calls, rng)
    if wrong == "broken":
        events.insert(rng.randrange(1, len(events) + 1), rng.choice(BROKEN))
        return Behaviour("events broken", False, body=_stream(events, rng))
    if wrong in ("cut", "stall", "reset"):
        return Behaviour(f"events {wrong}", False, body=_stream(events, rng), end="clean" if wrong == "cut" else wrong)
    end = _chunk({}, reason, usage=rng.choice(USAGES))
    tail = rng.choice(["data: [DONE]\n\n", "", "data: [DONE]", ": bye\n\ndata: [DONE]\n\n"])
    body = _stream([*events, end, tail], rng)
    return Behaviour(
        f"events {wrong or 'whole'}", not wrong, body=body, end=rng.choice(["clean"] * 6 + ["reset", "stall"])
    )


def _wrapped(text: str, rng: random.Random) -> str:
    """The same answer with thoughts before it and noise in it that nobody sees."""
    for _ in range(rng.choice([0, 0, 1, 3])):
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(NOISE) + text[at:]
    if rng.random() < 0.2:
        text = f"<think>Let me see. NOT IN THESE DOCUMENTS? [2]</think>\n\n{text}"
    return text + rng.choice(["", "", "<|im_end|>", "\n"])


def _events(text: str, calls: Any, rng: random.Random) -> list[str]:
    pieces = re.findall(rf".{{1,{rng.choice([1, 7, 40, 4000])}}}", text, re.DOTALL) or [text]
    found = [_chunk({"role": "assistant", "content": None}, None)] if rng.random() < 0.5 else []
    if rng.random() < 0.3:
        found += [": keep-alive\n\n", _chunk({"reasoning_content": "Let me think."}, None)]
    for piece in pieces:
        content: Any = [{"type": "text", "text": piece}] if rng.random() < 0.1 else piece
        found.append(_chunk({"content": content}, None))
    if calls:
        found.append(_chunk({"tool_calls": calls}, None))
    return found


def _chunk(delta: dict[str, Any], reason: str | None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps({'id': '1', 'model': 'fuzzed', 'choices': [choice], **more})}\n\n"


def _object(text: str, reason: str | None, calls: Any, rng: random.Random) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"id": "1", "model": "fuzzed", "choices": [choice], "usage": rng.choice(USAGES)}


def _stream(events: list[str], rng: random.Random) -> bytes:
    body = "".join(events)
    if rng.random() < 0.2:
        body = body.replace("\n", rng.choice(["\r\n", "\r"]))
    return (b"\xef\xbb\xbf" if rng.random() < 0.1 else b"") + _bytes(body)


def _bytes(given: Any) -> bytes:
    text = given if isinstance(given, str) else json.dumps(given)
    return text.encode("utf-8", "surrogatepass")


# ---------------------------------------------------------------- played


class FuzzServer:
    """Plays `draw(number)` to the request that asks for `question-number`."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    async def __aenter__(self) -> FuzzServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            asked = await reader.readexactly(int(length[1]) if length else 0)
            number = re.findall(rb"question-(\d+)", asked)[-1]
            await self._play(draw(int(number), self._seed), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _play(self, plays: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framing = {"chunked": {"Transfer-Encoding": "chunked"}, "length": {"Content-Length": str(len(plays.body))}}
        if plays.end != "clean" and plays.framing == "length":
            framing["length"] = {"Content-Length": str(len(plays.body) + 9)}  # more is promised than comes
        headers = {**plays.headers, **framing.get(plays.framing, {}), "Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {plays.status} Whatever\r\n{lines}\r\n".encode())
        for start, stop in zip((0, *plays.cuts), (*plays.cuts, len(plays.body)), strict=True):
            if piece := plays.body[start:stop]:
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if plays.framing == "chunked" else piece)
                await writer.drain()
                await asyncio.sleep(0)
        if plays.end == "stall":
            await reader.read()  # until the client has had enough
        elif plays.end == "reset":
            await asyncio.sleep(0.05)  # what was sent arrives first
            writer.transport.abort()
        elif plays.framing == "chunked":
            writer.write(b"0\r\n\r\n")


class _Reader:
    name, local = "reader", True

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        yield Draft(QUOTE)


@dataclass
class Report:
    """What came of the behaviours. lost, raised, hung and wrong must be empty: (number, kind, what came)."""

    played: int = 0
    right: int = 0
    lost: list[tuple[int, str, str]] = field(default_factory=list)
    raised: list[tuple[int, str, str]] = field(default_factory=list)
    hung: list[tuple[int, str, str]] = field(default_factory=list)
    wrong: list[tuple[int, str, str]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


async def fuzz(numbers: Iterable[int], seed: int = 0, at_once: int = 48, budgets: Budgets = BUDGETS) -> Report:
    """Every behaviour asked once, each at an endpoint of its own, so that no breaker spares any."""
    report, began = Report(), time.perf_counter()
    waiting = iter(numbers)
    async with FuzzServer(seed) as server:
        # a completer is shared, as in a process that runs for long; its refused parameters are not
        async def work() -> None:
            for number in waiting:
                await _one(server.url, number, seed, budgets, report)

        await asyncio.gather(*(work() for _ in range(at_once)))
    report.seconds = time.perf_counter() - began
    return report


async def _one(url: str, number: int, seed: int, budgets: Budgets, report: Report) -> None:
    plays = draw(number, seed)
    report.played += 1
    report.kinds[plays.kind] += 1
    hit = Hit(Chunk("lease.md", 0, len(PASSAGE), PASSAGE, id=1), 1.0, 1, "given")
    request = AnswerRequest(f"How long is the notice period of question-{number}?", (hit,))
    # no behaviour begins before the connection stands: a connection that is late is the machine's doing
    completer = EndpointCompleter("cloud", Endpoint(url=url, model="fuzzed", connect_s=budgets.total_s))
    # a second try in the failover would play the same behaviour again: the reader is no last resort here
    failover = Failover([Target(ChatAnswerer(completer, Profile()), budgets), Target(_Reader(), budgets)])
    finished: Finished | None = None
    try:
        async with asyncio.timeout(HANG_S):
            async for event in failover.stream(request):
                finished = event if isinstance(event, Finished) else finished
    except TimeoutError:
        report.hung.append((number, plays.kind, "no end"))
    except Exception as error:
        report.raised.append((number, plays.kind, f"{type(error).__name__}: {error}"[:200]))
    else:
        if finished is None:
            report.lost.append((number, plays.kind, ""))
            return
        report.reasons[finished.attempts[0].reason or "answered"] += 1
        expected = answer_of(number) if plays.whole else QUOTE
        if finished.draft.text == expected:
            report.right += 1
        else:
            report.wrong.append((number, plays.kind, f"{finished.attempts[0].reason}: {finished.draft.text[:120]!r}"))
    finally:
        await completer.aclose()
