"""A cloud chat endpoint that speaks the OpenAI protocol, read so that "200 OK" is believed only when an answer came.

Always streamed. What arrives is told apart: text, "alive but no progress" (keep-alive comments, blank lines, role-only
and reasoning-only chunks: yielded as `Progress.ALIVE`), and the end. No retry and no deadline of its own: those are the
failover's, which closes this iterator, and with it the socket, when a budget runs out.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from sparewheel.rag.errors import SettingsError
from sparewheel.rag.reliability.faults import failure, of_finish_reason, of_status
from sparewheel.rag.settings import Endpoint
from sparewheel.rag.types import Progress, Usage

if TYPE_CHECKING:
    import httpx

MAX_LINE_BYTES = 4 << 20
MOST_ERROR_BYTES = 16 << 10
ERROR_BODY_S = 1.0

Message = Mapping[str, Any]  # {"role": ..., "content": ...}


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a whole answer: what the endpoint said of it. tool_calls as the protocol gives them, joined."""

    model: str
    finish_reason: str
    usage: Usage
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    reasoning: str = ""


@runtime_checkable
class Completer(Protocol):
    """A chat model: streams text deltas and signs of life, then exactly one Completion."""

    name: str
    model: str
    local: bool

    def complete(
        self, messages: Sequence[Message], *, tools: Sequence[Mapping[str, Any]] = (), **options: Any
    ) -> AsyncGenerator[str | Progress | Completion]: ...


class EndpointCompleter:
    """One endpoint of the settings. Safe on any event loop: each loop gets its own connection pool."""

    local = False

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        kept_alive: Callable[[str, int], None] = lambda name, size: None,
    ) -> None:
        """kept_alive: told the bytes of every line that only keeps the connection warm."""
        self.name = name
        self._kept_alive = kept_alive
        self.model = endpoint.model
        self.endpoint = endpoint
        self._transport = transport
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = (
            weakref.WeakKeyDictionary()
        )

    async def complete(
        self, messages: Sequence[Message], *, tools: Sequence[Mapping[str, Any]] = (), **options: Any
    ) -> AsyncGenerator[str | Progress | Completion]:
        """options: the protocol's own (temperature, max_tokens, stop, tool_choice, response_format).

        Raises httpx's errors for the transport, and Unavailable with a reason (see `reliability.faults`), in the
        provider's own words, for another status than 200 or where the status was 200 and the answer was none.
        """
        request = self._body(messages, tools, options)
        headers = {"Authorization": f"Bearer {self.key()}", "Accept": "text/event-stream"}
        async with self._client().stream("POST", "chat/completions", json=request, headers=headers) as response:
            if response.status_code != 200:
                raise failure(of_status(response.status_code, response.headers, await _error_body(response)))
            yield Progress.CONNECTED
            read = _Reading(self.endpoint)
            if "text/event-stream" in response.headers.get("content-type", "text/event-stream"):
                async for line in _lines(response):
                    if line.startswith(b":"):
                        self._kept_alive(self.name, len(line) + 1)
                    yield read.event(line)
                    if read.ended:
                        break
            else:
                body = b""
                async for line in _lines(response):
                    if not line.strip():
                        self._kept_alive(self.name, len(line) + 1)
                    body += line + b"\n"
                    yield Progress.ALIVE
                yield read.whole(body)
            yield read.completion()

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def key_digest(self) -> str:
        """Tells one key from another without giving it away; "" where it cannot be read."""
        try:
            return hashlib.sha256(self.key().encode()).hexdigest()[:12]
        except SettingsError:
            return ""

    def _body(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": list(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            **options,
        }
        if "deepseek" in self.model:
            body["thinking"] = {"type": "enabled" if self.endpoint.thinking else "disabled"}
        if tools:
            body["tools"] = list(tools)
        return body

    def key(self) -> str:
        """The key, read anew for each call, so a rotated key is used at once."""
        endpoint = self.endpoint
        if endpoint.key_file:
            try:
                return Path(endpoint.key_file).expanduser().read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingsError(
                    f"endpoint.{self.name}.key_file = {endpoint.key_file!r} cannot be read: {error.strerror}"
                ) from error
        return os.environ.get(endpoint.key_env, "") if endpoint.key_env else endpoint.key

    def _client(self) -> httpx.AsyncClient:
        running = asyncio.get_running_loop()
        client = self._clients.get(running)
        if client is None or client.is_closed:
            import httpx

            timeout = httpx.Timeout(None, connect=self.endpoint.connect_s, pool=self.endpoint.connect_s)
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
            client = self._clients[running] = httpx.AsyncClient(
                base_url=self.endpoint.url, timeout=timeout, limits=limits, transport=self._transport
            )
        return client


async def _error_body(response: httpx.Response) -> bytes:
    """What the endpoint says of its refusal: MOST_ERROR_BYTES at most, of what comes within ERROR_BODY_S."""
    body = b""
    with contextlib.suppress(Exception):  # the status says enough
        async with asyncio.timeout(ERROR_BODY_S):
            async for data in response.aiter_bytes():
                body += data
                if len(body) >= MOST_ERROR_BYTES:
                    break
    return body[:MOST_ERROR_BYTES]


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    """Lines by \\n alone: JSON may hold U+2028 and the like, which text line splitting would cut at."""
    rest = b""
    async for data in response.aiter_bytes():
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
        if len(rest) > MAX_LINE_BYTES:
            raise failure("malformed", f"a line of over {MAX_LINE_BYTES} bytes")
    if rest:
        yield rest


@dataclass
class _Reading:
    """What has been read of one answer."""

    endpoint: Endpoint
    started: bool = False
    blank: bool = True
    ended: bool = False
    model: str = ""
    finish_reason: str = ""
    usage: Usage = field(default_factory=Usage)
    reasoning: list[str] = field(default_factory=list)
    tool_calls: dict[int, dict[str, Any]] = field(default_factory=dict)

    def event(self, line: bytes) -> str | Progress:
        """The text that a line of the event stream carries; ALIVE when it carries none."""
        if not line.startswith(b"data:"):
            return Progress.ALIVE
        data = line[5:].strip()
        if data == b"[DONE]":
            self.ended = True
            return Progress.ALIVE
        return self._take(_parse(data), "delta") or Progress.ALIVE

    def whole(self, body: bytes) -> str:
        """The text of an answer that came in one piece."""
        if not body.strip():
            raise failure("empty_body")
        return self._take(_parse(body), "message")

    def completion(self) -> Completion:
        """The end, if this was an answer: raises Unavailable otherwise."""
        if not (self.started or self.ended):
            raise failure("empty_body")
        if fault := of_finish_reason(self.finish_reason or None):
            raise failure(fault)
        if self.blank and not self.tool_calls:
            raise failure("blank_answer")
        calls = tuple(self.tool_calls[i] for i in sorted(self.tool_calls))
        return Completion(self.model, self.finish_reason, self.usage, calls, "".join(self.reasoning))

    def _take(self, chunk: Any, part: str) -> str:
        if not isinstance(chunk, dict):
            raise failure("malformed", f"expected an object, got {str(chunk)[:80]!r}")
        if chunk.get("error"):
            raise failure("inband_error", str(chunk["error"])[:200])
        self.started = True
        self.model = chunk.get("model") or self.model
        if chunk.get("usage"):
            self.usage = usage(chunk["usage"], self.endpoint)
        text = ""
        for choice in chunk.get("choices") or ():
            delta = choice.get(part) or {}
            text += delta.get("content") or ""
            self.reasoning.append(delta.get("reasoning_content") or "")
            for call in delta.get("tool_calls") or ():
                self._join(call)
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        self.blank = self.blank and not text.strip()
        return text

    def _join(self, call: Mapping[str, Any]) -> None:
        """Tool calls come in pieces: the name once, the arguments as text to be joined."""
        known = self.tool_calls.setdefault(
            call.get("index", len(self.tool_calls)),
            {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
        )
        known["id"] = call.get("id") or known["id"]
        for key, value in (call.get("function") or {}).items():
            known["function"][key] = known["function"].get(key, "") + (value or "")


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise failure("malformed", f"not JSON: {data[:80]!r}") from error


def usage(given: Mapping[str, Any], endpoint: Endpoint) -> Usage:
    """Tokens as reported, and what they cost at the endpoint's prices. Unreported cache hits count as misses."""
    prompt, completion = int(given.get("prompt_tokens") or 0), int(given.get("completion_tokens") or 0)
    hit = int(given.get("prompt_cache_hit_tokens") or 0)
    miss = int(given.get("prompt_cache_miss_tokens") or prompt - hit)
    cost = hit * endpoint.price_cache_hit + miss * endpoint.price_cache_miss + completion * endpoint.price_output
    return Usage(prompt, completion, hit, miss, cost / 1e6)
