"""OpenAI's chat protocol over a corpus, so that its SDKs and chat pages (Open WebUI) can ask.

The last user message is the question, earlier ones with their answers are its history; a system message, temperature
and the like change nothing: what is answered is read in the documents. Citations come in the member `sparewheel`.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sparewheel.app.api.ask import answered, asked, disclaimer_of, opened, whole
from sparewheel.app.api.inert import Inert, inert
from sparewheel.app.api.problems import RESPONSES, Problem, as_problem
from sparewheel.app.api.shapes import public_answer
from sparewheel.app.api.stream import EventStream, begun, line, unless_gone
from sparewheel.app.api.who import Caller
from sparewheel.app.people.access import User
from sparewheel.app.service import CorpusInfo, Service
from sparewheel.rag.errors import UsageError
from sparewheel.rag.events import Done, Event, Replace, Token
from sparewheel.rag.observe import request_id
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Usage

router = APIRouter(tags=["OpenAI's protocol"], responses=RESPONSES)

PREFIX = "sparewheel/"  # before a corpus' name, where a model name should say whose it is
_WITHDRAWN = {
    "en": "\n\n[The text above is withdrawn. {name} answers anew:]\n\n",
    "zh": "\n\n【以上内容作废，由 {name} 重新回答：】\n\n",
}
_SOURCES = {"en": "Sources", "zh": "出处"}


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

    model_config = ConfigDict(extra="allow")
    model: str = Field(description="a corpus, or sparewheel/CORPUS", examples=["sparewheel/demo-legal"], max_length=80)
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool | None = False
    stream_options: StreamOptions | None = None

    def asks(self) -> tuple[str, list[tuple[str, str]]]:
        """(question, history). Raises UsageError when no user message is there."""
        turns = [(message.role, message.said()) for message in self.messages if message.role in ("user", "assistant")]
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
    sources = service.settings.api.sources_in_chat
    language, disclaimer = language_of(question), disclaimer_of(pipeline, question)
    writer = Writer(chat.model, language, disclaimer, sources, user, lambda text: pipeline.shown(question, text))
    if chat.stream:
        usage = chat.stream_options is not None and chat.stream_options.include_usage
        return EventStream(_lines(await begun(request, events), writer, usage))
    return JSONResponse(writer.completion(await unless_gone(request, whole(events))))


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
    """One answer in the protocol's words. What was sent cannot be taken back, only withdrawn in the text."""

    def __init__(
        self,
        model: str,
        language: str,
        disclaimer: str,
        sources: bool,
        user: User | None,
        shown: Callable[[str], None] = lambda text: None,
    ) -> None:
        """sources: the text ends with the list of citations, for clients that show nothing else. shown: given the text
        of the answer as the client has it, and will send it back in its history."""
        self._shown = shown
        self._inert = Inert()
        self._given = ""  # all that the client has been sent
        self._about = {"id": f"chatcmpl-{request_id.get()}", "created": int(time.time()), "model": model}
        self._language = language
        self._disclaimer = disclaimer
        self._sources = sources
        self._user = user
        self._sent = ""  # of the answer that counts now

    def completion(self, answer: Answer) -> dict[str, Any]:
        """The whole response."""
        content = inert(answer.text + self._listed(answer))
        self._shown(content)
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        body = {**self._about, "object": "chat.completion", "choices": [choice]}
        return {**body, "usage": usage_of(answer.usage), "sparewheel": self._extension(answer)}

    def first(self) -> dict[str, Any]:
        """The chunk that opens the stream."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, event: Event) -> Iterator[dict[str, Any]]:
        """What the event says to the client. Raises Problem when nobody could answer."""
        if isinstance(event, Token):
            yield self._text(event.text)
        elif isinstance(event, Replace):
            if self._sent:
                yield self._withdrawn(event.answerer)
            yield self._text(event.text)
        elif isinstance(event, Done):
            answer = answered(event.answer)
            if not answer.text.startswith(self._sent):
                yield self._withdrawn(answer.answered_by)
            rest = answer.text.removeprefix(self._sent) + self._listed(answer)
            if last := self._inert.feed(rest) + self._inert.end():
                yield self._piece(last)
            self._shown(self._given)
            yield {**self._chunk({}, "stop"), "sparewheel": self._extension(answer)}

    def usage(self, answer: Answer) -> dict[str, Any]:
        """The chunk that stream_options.include_usage asks for."""
        return {**self._chunk({}), "choices": [], "usage": usage_of(answer.usage)}

    def _text(self, text: str) -> dict[str, Any]:
        self._sent += text
        return self._piece(self._inert.feed(text))

    def _piece(self, text: str) -> dict[str, Any]:
        self._given += text
        return self._chunk({"content": text})

    def _withdrawn(self, name: str) -> dict[str, Any]:
        self._sent = ""
        return self._piece(self._inert.end() + _WITHDRAWN[self._language].format(name=name))

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**self._about, "object": "chat.completion.chunk", "choices": [choice]}

    def _listed(self, answer: Answer) -> str:
        if not (self._sources and answer.citations):
            return ""
        rows = [
            f"[{one.marker}] {one.title or one.document_id}{f', p. {one.page}' if one.page else ''}: “{one.quote}”"
            for one in answer.citations
        ]
        return f"\n\n{_SOURCES[self._language]}:\n\n" + "\n\n".join(rows)

    def _extension(self, answer: Answer) -> dict[str, Any]:
        record = public_answer(answer, self._user)
        left_out = ("question", "evidence", "usage")
        kept = {name: value for name, value in record.items() if name not in left_out}
        return {**kept, "disclaimer": self._disclaimer}


def usage_of(usage: Usage) -> dict[str, Any]:
    """Tokens of a cloud model; zeros where the local reader answered, which has none."""
    total = usage.prompt_tokens + usage.completion_tokens
    counts = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens, "total_tokens": total}
    return {**counts, "prompt_tokens_details": {"cached_tokens": usage.cache_hit_tokens}}


async def _lines(events: AsyncGenerator[Event], writer: Writer, include_usage: bool) -> AsyncGenerator[str]:
    async with aclosing(events):
        try:
            yield line(writer.first())
            async for event in events:
                for chunk in writer.chunks(event):
                    yield line(chunk)
                if include_usage and isinstance(event, Done):
                    yield line(writer.usage(event.answer))
        except Exception as error:
            found: Problem = as_problem(error)
            yield line({"error": {"message": str(found), "type": "error", "code": found.status, "param": None}})
        yield line("[DONE]")
