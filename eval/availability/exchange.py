"""One chat call as the fault server sees it: what was asked, and the pieces of a response to put together.

Times come from `Pace`, so a test plays in milliseconds what DeepSeek plays in minutes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from asyncio import StreamWriter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

WARM_UP = "warm-up"  # a prompt with this word is answered at once, and not counted
_TICKET = re.compile(r"question-\d+")


@dataclass(frozen=True)
class Pace:
    """How fast the faults are played, seconds."""

    token_s: float = 0.0  # between two tokens of a healthy answer
    first_token_s: float = 0.0  # before the first token of a healthy answer
    keepalive_s: float = 0.3
    slow_keepalive_s: float = 12.0
    slow_first_token_s: float = 8.0
    slow_token_s: float = 12.0
    hold_s: float = 600.0  # a stalled call is dropped by the server after so long
    retry_after_s: float = 30.0


def expected_answer(prompt: str) -> str:
    """The healthy answer to a prompt: it names the prompt's last `question-N`, else the prompt's digest."""
    tickets = _TICKET.findall(prompt)
    subject = tickets[-1] if tickets else hashlib.sha256(prompt.encode()).hexdigest()[:12]
    return f"The notice period of {subject} is thirty days, counted from receipt of the written notice [1]."


class Exchange:
    """One call being answered. `complete`: the connection may be used again; `reset`: end it with a TCP reset."""

    def __init__(
        self, writer: StreamWriter, pace: Pace, model: str, says: Callable[[str], str] = expected_answer
    ) -> None:
        """says: the healthy answer to a prompt."""
        self.pace = pace
        self.complete = False
        self.reset = False
        self.streaming = False
        self.words: list[str] = []
        self._writer = writer
        self._model = model
        self._says = says
        self._prompt_chars = 0

    def begin(self, body: Mapping[str, Any]) -> None:
        """Takes the request: streaming or not, and the words of the healthy answer."""
        self.streaming = bool(body.get("stream"))
        prompt = "\n".join(str(message.get("content", "")) for message in body.get("messages", []))
        self._prompt_chars = len(prompt)
        self.words = re.findall(r"\s*\S+", self._says(prompt))

    @property
    def text(self) -> str:
        return "".join(self.words)

    async def head(self, status: int = 200, kind: str | None = None, extra: Mapping[str, str] | None = None) -> None:
        """Sends the head of a chunked response."""
        kind = kind or ("text/event-stream" if self.streaming else "application/json")
        fields = {"Content-Type": kind, "Transfer-Encoding": "chunked", **(extra or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.raw(f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode())

    async def raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def chunk(self, data: bytes) -> None:
        await self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def close(self) -> None:
        """Ends the chunked response in good order."""
        await self.raw(b"0\r\n\r\n")
        self.complete = True

    async def json(self, status: int, value: object, extra: Mapping[str, str] | None = None) -> None:
        """A whole response with `value` as its body."""
        body = json.dumps(value).encode()
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(extra or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.raw(f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + body)
        self.complete = True

    async def event(self, delta: Mapping[str, Any], finish: str | None = None) -> None:
        """One streamed chunk."""
        choice = {"index": 0, "delta": dict(delta), "finish_reason": finish}
        value: dict[str, Any] = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": self._model}
        value["choices"] = [choice]
        value["usage"] = self.usage() if finish else None
        await self.chunk(f"data: {json.dumps(value)}\n\n".encode())

    async def message(self, content: str | None, finish: str | None) -> None:
        """The whole non-streaming response."""
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
        value = {"id": "c1", "object": "chat.completion", "created": 0, "model": self._model}
        await self.json(200, {**value, "choices": [choice], "usage": self.usage()})

    async def tokens(self, words: list[str], wait_s: float = 0.0) -> None:
        for word in words:
            if wait_s:
                await asyncio.sleep(wait_s)
            await self.event({"content": word})

    def usage(self) -> dict[str, int]:
        prompt, completion = self._prompt_chars // 4, len(self.words)
        hit = prompt // 2
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_cache_hit_tokens": hit,
            "prompt_cache_miss_tokens": prompt - hit,
        }
