"""OpenAI's chat protocol over a corpus, so that its SDKs and chat pages (Open WebUI) can ask.

The last user message is the question, earlier ones with their answers are its history; a system message, temperature
and the like change nothing: what is answered is read in the documents. Citations come in the member `sparewheel`. What
would have to change the answer's form (several choices, JSON, a forced tool) is refused.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sparewheel.app.api.ask import whole
from sparewheel.app.api.problems import RESPONSES
from sparewheel.app.api.spoken import Spoken
from sparewheel.app.api.stream import EventStream, begun, line, unless_gone
from sparewheel.app.api.talk import PREFIX, Said, answering, extension, last_of_user, told_error
from sparewheel.app.api.usage import usage_of
from sparewheel.app.api.who import Caller
from sparewheel.app.people.access import User
from sparewheel.app.service import CorpusInfo, Service
from sparewheel.rag.events import Done, Event
from sparewheel.rag.observe import request_id
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer

router = APIRouter(tags=["OpenAI's protocol"], responses=RESPONSES)

_EXAMPLE: dict[str, Any] = {
    "model": "sparewheel/demo-legal",
    "messages": [{"role": "user", "content": "Who pays for repairs of the roof?"}],
    "stream": False,
}


class Message(Said):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="allow")
    include_usage: bool = False


class ChatRequest(BaseModel):
    """Members of the protocol that are not here are taken and change nothing."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_EXAMPLE]})
    model: str = Field(description="a corpus, or sparewheel/CORPUS", examples=["sparewheel/demo-legal"], max_length=80)
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    hold_back: bool | None = Field(
        None, description="true: nothing is streamed before the answer is whole; default: the setting api.hold_back"
    )

    n: int | None = Field(None, description="1: one answer is given")
    response_format: dict[str, Any] | None = Field(None, description="text: answers are quotes")
    tool_choice: str | dict[str, Any] | None = Field(None, description="auto or none: no tool is called")

    def said(self) -> list[tuple[str, str]]:
        """(role, text) of the messages. Raises UsageError when none of the user is there."""
        return last_of_user([(message.role, message) for message in self.messages])

    def unfit(self) -> str:
        """Why an answer cannot have the form asked for; "" where it can: answers are quotes, one to a question."""
        if (self.n or 1) != 1:
            return f"n is {self.n}; one answer is given to a question: leave it out"
        if (kind := (self.response_format or {}).get("type", "text")) != "text":
            return f"response_format {kind!r}: answers are quotes, not JSON; leave it out"
        if self.tool_choice not in (None, "auto", "none"):
            return f"tool_choice {self.tool_choice!r}: no tool is called from here; leave it out, or say 'none'"
        return ""


@router.post(
    "/v1/chat/completions", responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
)
async def chat_completions(chat: ChatRequest, request: Request, user: Caller) -> Response:
    """Answer the last user message from the corpus that `model` names."""
    talk = await answering(request, user, chat.model, chat.said(), hold_back=chat.hold_back, unfit=chat.unfit())
    settings: Settings = request.app.state.service.settings
    writer = Writer(chat.model, talk.spoken, disclaimer=talk.disclaimer, user=user, settings=settings)
    if chat.stream:
        usage = chat.stream_options is not None and chat.stream_options.include_usage
        return EventStream(_lines(await begun(request, talk.events), writer, usage))
    return JSONResponse(writer.completion(await unless_gone(request, whole(talk.events))))


@router.get("/v1/models")
async def models(request: Request, user: Caller) -> dict[str, Any]:
    """The corpora that this key may ask, as models."""
    service: Service = request.app.state.service
    found = await asyncio.to_thread(service.corpora, user)
    return {"object": "list", "data": [_model(info) for info in found]}


@router.get("/v1/models/{model:path}")
async def model(model: str, request: Request, user: Caller) -> dict[str, Any]:
    """One of them."""
    service: Service = request.app.state.service
    return _model(await asyncio.to_thread(service.corpus, model.removeprefix(PREFIX), user))


def _model(info: CorpusInfo) -> dict[str, Any]:
    created = int(datetime.fromisoformat(info.updated).timestamp()) if info.updated else 0
    return {"id": PREFIX + info.name, "object": "model", "created": created, "owned_by": "sparewheel"}


class Writer:
    """One answer in the protocol's words."""

    def __init__(self, model: str, spoken: Spoken, *, disclaimer: str, user: User | None, settings: Settings) -> None:
        self._about = {"id": f"chatcmpl-{request_id.get()}", "created": int(time.time()), "model": model}
        self._spoken = spoken
        self._disclaimer = disclaimer
        self._user = user
        self._settings = settings

    def completion(self, answer: Answer) -> dict[str, Any]:
        """The whole response."""
        message = {"role": "assistant", "content": self._spoken.whole(answer), "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        body = {**self._about, "object": "chat.completion", "choices": [choice]}
        return {**body, "usage": self._usage(answer), "sparewheel": extension(answer, self._disclaimer, self._user)}

    def first(self) -> dict[str, Any]:
        """The chunk that opens the stream."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, event: Event) -> Iterator[dict[str, Any]]:
        """What the event says to the client. Raises Problem when nobody could answer."""
        for piece in self._spoken.pieces(event):
            yield self._chunk({"content": piece})
        if isinstance(event, Done):
            told = extension(event.answer, self._disclaimer, self._user)
            yield {**self._chunk({}, "stop"), "sparewheel": told}

    def usage(self, answer: Answer) -> dict[str, Any]:
        """The chunk that stream_options.include_usage asks for, the last one."""
        told = extension(answer, self._disclaimer, self._user)
        return {**self._chunk({}), "choices": [], "usage": self._usage(answer), "sparewheel": told}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**self._about, "object": "chat.completion.chunk", "choices": [choice]}

    def _usage(self, answer: Answer) -> dict[str, Any]:
        used = usage_of(answer, self._settings)
        return {
            "prompt_tokens": used.prompt_tokens,
            "completion_tokens": used.completion_tokens,
            "total_tokens": used.prompt_tokens + used.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": used.cache_hit_tokens},
        }


async def _lines(events: AsyncGenerator[Event], writer: Writer, include_usage: bool) -> AsyncGenerator[str]:
    usage = {"usage": None} if include_usage else {}
    async with aclosing(events):
        try:
            yield line({**writer.first(), **usage})
            async for event in events:
                for chunk in writer.chunks(event):
                    yield line({**chunk, **usage})
                if include_usage and isinstance(event, Done):
                    yield line(writer.usage(event.answer))
        except Exception as error:
            yield line({"error": told_error(error)})
        yield line("[DONE]")
