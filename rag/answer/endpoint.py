"""A cloud chat endpoint that speaks the OpenAI protocol, read so that "200 OK" is believed only when an answer came.

Always streamed. What arrives is told apart (`reading`): text, "alive but no progress" (keep-alive comments, blank
lines, role-only and reasoning-only chunks: yielded as `Progress.ALIVE`), and the end. No deadline of its own: that is
the failover's, which closes this iterator, and with it the socket, when a budget runs out. Two things are tried again
here, once, and stay so: a parameter that the endpoint refuses and an answer can do without is left out, and what the
system role says goes to the user's where the model knows none (Gemma, old Mistral).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import re
import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

import httpx

from sparewheel.rag.answer.key import key_of
from sparewheel.rag.answer.prompt import without_system
from sparewheel.rag.answer.reading import Completion, Reading, usage
from sparewheel.rag.answer.route import route
from sparewheel.rag.errors import SettingsError, Unavailable
from sparewheel.rag.reliability.faults import failure, of_status
from sparewheel.rag.settings import Endpoint
from sparewheel.rag.types import Progress

__all__ = ["Completer", "Completion", "EndpointCompleter", "Message", "usage"]

MAX_LINE_BYTES = 4 << 20
MOST_ERROR_BYTES = 16 << 10
ERROR_BODY_S = 1.0
GRACE_S = 0.5  # for what follows the finish reason: the tokens' count and [DONE]
OPTIONAL = (
    "stream_options",
    "thinking",
    "chat_template_kwargs",
    "temperature",
    "max_tokens",
)  # an answer can do without

_NO_SYSTEM = re.compile(rb"\bsystem\b.{0,20}\brole\b|\brole\b.{0,20}\bsystem\b|must alternate", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\n|\r")

Message = Mapping[str, Any]  # {"role": ..., "content": ...}


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
        self._left_out: set[str] = set()  # parameters that this endpoint refused
        self._knows_system = True  # until it refuses the role
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = (
            weakref.WeakKeyDictionary()
        )
        _tls()  # set up now, not within the first question's budget
        self.route = route(endpoint.url)
        if self.route.trouble:
            logging.getLogger(__name__).warning("endpoint %s: %s", name, self.route.trouble)

    async def complete(
        self, messages: Sequence[Message], *, tools: Sequence[Mapping[str, Any]] = (), **options: Any
    ) -> AsyncGenerator[str | Progress | Completion]:
        """options: the protocol's own (temperature, max_tokens, stop, tool_choice, response_format).

        Raises SettingsError for a key that cannot be used, httpx's errors for the transport, and Unavailable with a
        reason (see `reliability.faults`), in the provider's own words, for another status than 200 or where the status
        was 200 and the answer was none.
        """
        client, headers = self._client(), {"Accept": "text/event-stream"}
        if key := key_of(self.name, self.endpoint):
            headers["Authorization"] = f"Bearer {key}"
        yield Progress.STARTED
        while True:
            body = self._body(messages, tools, options)
            async with client.stream("POST", "chat/completions", json=body, headers=headers) as response:
                if response.status_code != 200:
                    said = await _error_body(response)
                    fault = of_status(response.status_code, response.headers, said)
                    refuses = fault.code in ("unknown_parameter", "refused_request")
                    if refuses and (refused := _named(said, body)):
                        self._left_out |= refused
                        continue
                    if (refuses or fault.code == "server_error") and self._knows_system and _NO_SYSTEM.search(said):
                        self._knows_system = False
                        continue
                    raise failure(fault)
                yield Progress.CONNECTED
                reading = Reading(self.endpoint, tools=bool(tools))
                lines = _lines(response)
                try:
                    while not reading.ended and (line := await _next(lines, reading)) is not None:
                        if line.startswith(b":") or not (line.strip() or reading.events):
                            self._kept_alive(self.name, len(line) + 1)
                        with _told(reading):
                            progress = reading.line(line)
                        yield progress
                finally:
                    await lines.aclose()
                with _told(reading):
                    yield reading.rest()
                    yield reading.completion()
                return

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def key_digest(self) -> str:
        """Tells one key from another without giving it away; "" where it cannot be used."""
        try:
            return hashlib.sha256(key_of(self.name, self.endpoint).encode()).hexdigest()[:12]
        except SettingsError:
            return ""

    def _body(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": list(messages) if self._knows_system else without_system(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            **options,
            **_switch(self.endpoint),
        }
        if tools:
            body["tools"] = list(tools)
        return {key: value for key, value in body.items() if key not in self._left_out}

    def _client(self) -> httpx.AsyncClient:
        """The connections of the running loop. The environment's proxies are read by `route`, .netrc by nobody."""
        running = asyncio.get_running_loop()
        client = self._clients.get(running)
        if client is None or client.is_closed:
            client = self._clients[running] = httpx.AsyncClient(
                base_url=self.endpoint.url,
                timeout=httpx.Timeout(None, connect=self.endpoint.connect_s, pool=self.endpoint.connect_s),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
                transport=self._transport,
                proxy=self.route.proxy if self._transport is None else None,
                verify=_tls(),
                trust_env=False,
            )
        return client


@functools.cache
def _tls() -> ssl.SSLContext:
    """The certificates that are trusted: one context for all clients, for it takes a while to make."""
    return httpx.create_ssl_context()


def _switch(endpoint: Endpoint) -> dict[str, Any]:
    """The parameter that switches thinking on or off, in the words of the endpoint's vendor; none where it has none."""
    kind = endpoint.thinking_switch
    if kind == "auto":
        named = "deepseek" in endpoint.model.casefold() or "deepseek" in (urlsplit(endpoint.url).hostname or "")
        kind = "deepseek" if named else "none"
    if kind == "deepseek":
        return {"thinking": {"type": "enabled" if endpoint.thinking else "disabled"}}
    return {"chat_template_kwargs": {"enable_thinking": endpoint.thinking}} if kind == "template" else {}


def _named(said: bytes, body: Mapping[str, Any]) -> set[str]:
    """The optional parameters of the request that the endpoint's refusal names."""
    words = said.decode("utf-8", "replace")
    return {name for name in OPTIONAL if name in words and name in body}


@contextlib.contextmanager
def _told(reading: Reading) -> Iterator[None]:
    """A failure has the tokens that the endpoint has told until then: they are paid, too."""
    try:
        yield
    except Unavailable as error:
        error.usage = reading.usage
        raise


async def _next(lines: AsyncIterator[bytes], reading: Reading) -> bytes | None:
    """The next line; None at the end. Once the answer is finished, a reset or silence is the end as well."""
    try:
        async with asyncio.timeout(GRACE_S if reading.finished else None):
            return await anext(lines)
    except StopAsyncIteration:
        return None
    except (TimeoutError, httpx.HTTPError):
        if reading.finished:
            return None
        raise


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


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes]:
    r"""Lines by \n, \r\n and \r alone: JSON may hold U+2028 and the like, which text line splitting would cut at."""
    rest, after_return = b"", False
    async for data in response.aiter_bytes():
        if after_return:  # a line end parted between two pieces
            data = data.removeprefix(b"\n")
        after_return = data.endswith(b"\r")
        *lines, rest = _LINE_END.split(rest + data)
        for line in lines:
            yield line
        if len(rest) > MAX_LINE_BYTES:
            raise failure("malformed", f"a line of over {MAX_LINE_BYTES} bytes")
    if rest:
        yield rest
