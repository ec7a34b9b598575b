"""OpenAI's chat protocol over a corpus, so that its SDKs and chat pages (Open WebUI) can ask.

The last user message is the question, earlier ones with their answers are its history; a system message, temperature
and the like change nothing: what is answered is read in the documents. Citations come in the member `sparewheel`.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sparewheel.app.api.ask import asked, disclaimer_of, opened, whole
from sparewheel.app.api.problems import RESPONSES, Problem, as_problem
from sparewheel.app.api.shapes import public_answer
from sparewheel.app.api.spoken import Spoken
from sparewheel.app.api.stream import EventStream, begun, line, unless_gone
from sparewheel.app.api.usage import usage_of
from sparewheel.app.api.who import Caller
from sparewheel.app.people.access import User
from sparewheel.app.service import CorpusInfo, Service
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import UsageError
from sparewheel.rag.events import Done, Event
from sparewheel.rag.observe import request_id
from sparewheel.rag.settings import Settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer

router = APIRouter(tags=["OpenAI's protocol"], responses=RESPONSES)

_EXAMPLE: dict[str, Any] = {
    "model": "sparewheel/demo-legal",
    "messages": [{"role": "user", "content": "Who pays for repairs of the roof?"}],
    "stream": False,
}
PREFIX = "sparewheel/"  # before a corpus' name, where a model name should say whose it is


class Part(BaseModel):
    """A piece of a message; only text can be asked about."""

    model_config = ConfigDict(extra="allow")
    type: str
    text: str = ""


class Message(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def said(self) -> str:
        """The text. Raises UsageError for an image or a file."""
        if not isinstance(self.content, list):
            return self.content or ""
        if other := [part.type for part in self.content if part.type != "text"]:
            raise UsageError(f"a message holds {other[0]!r}; only text can be asked, bring documents in by upload")
        return "\n".join(part.text for part in self.content)


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

    def asks(self) -> tuple[str, list[tuple[str, str]]]:
        """(question, history). Raises UsageError when no user message is there."""
        return asks_of([(message.role, message.said()) for message in self.messages])


def asks_of(said: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """(question, history) of (role, text) messages: the last of the user is the question. Raises UsageError."""
    turns = [(role, text) for role, text in said if role in ("user", "assistant")]
    while turns and turns[-1][0] != "user":
        turns.pop()
    if not turns:
        raise UsageError("no user message among the messages; the last one is the question")
    pairs = itertools.pairwise(turns)
    return turns[-1][1], [(one[1], two[1]) for one, two in pairs if (one[0], two[0]) == ("user", "assistant")]


@router.post(
    "/v1/chat/completions", responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
)
async def chat_completions(chat: ChatRequest, request: Request, user: Caller) -> Response:
    """Answer the last user message from the corpus that `model` names."""
    service: Service = request.app.state.service
    question, history = chat.asks()
    pipeline = await opened(service, chat.model.removeprefix(PREFIX), user)
    events = asked(request.app.state.gate, pipeline, question, {"history": history})
    spoken = spoken_by(service, pipeline, question, chat.hold_back)
    disclaimer = disclaimer_of(pipeline, question)
    writer = Writer(chat.model, spoken, disclaimer=disclaimer, user=user, settings=service.settings)
    if chat.stream:
        usage = chat.stream_options is not None and chat.stream_options.include_usage
        return EventStream(_lines(await begun(request, events), writer, usage))
    return JSONResponse(writer.completion(await unless_gone(request, whole(events))))


def spoken_by(service: Service, pipeline: Pipeline, question: str, hold_back: bool | None) -> Spoken:
    """The answer's text as the settings and the request want it."""
    api = service.settings.api
    return Spoken(
        language_of(question),
        sources=api.sources_in_chat,
        hold_back=api.hold_back if hold_back is None else hold_back,
        shown=lambda text: pipeline.shown(question, text),
    )


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


def extension(answer: Answer, disclaimer: str, user: User | None) -> dict[str, Any]:
    """The member `sparewheel`: the record of the answer without question, passages and usage."""
    record = public_answer(answer, user)
    kept = {name: value for name, value in record.items() if name not in ("question", "evidence", "usage")}
    return {**kept, "disclaimer": disclaimer}


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


def told_error(error: Exception) -> dict[str, Any]:
    """An error under way, as OpenAI's SDKs read it."""
    found: Problem = as_problem(error)
    return {"message": str(found), "type": "error", "code": found.status, "param": None}
