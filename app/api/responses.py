"""OpenAI's Responses protocol over a corpus, as far as chat pages use it: text in, text with its sources out.

`input` is a text or messages; the last one of the user is the question. Nothing is kept between requests: a client
sends the conversation with each. Citations are annotations of the text, and come in the member `sparewheel` as a whole.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sparewheel.app.api.ask import whole
from sparewheel.app.api.problems import RESPONSES
from sparewheel.app.api.spoken import Spoken
from sparewheel.app.api.stream import EventStream, begun, line, unless_gone
from sparewheel.app.api.talk import Said, answering, extension, last_of_user, told_error
from sparewheel.app.api.usage import usage_of
from sparewheel.app.api.who import Caller
from sparewheel.app.people.access import User
from sparewheel.rag.errors import UsageError
from sparewheel.rag.events import Done, Event
from sparewheel.rag.observe import request_id
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer

router = APIRouter(tags=["OpenAI's protocol"], responses=RESPONSES)


class Item(Said):
    """A message of the conversation; items of other types (reasoning, calls of tools) are passed over."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None


class ResponsesRequest(BaseModel):
    """Members of the protocol that are not here are taken and change nothing."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"model": "sparewheel/demo-legal", "input": "Who pays for repairs of the roof?"}]
        },
    )
    model: str = Field(description="a corpus, or sparewheel/CORPUS", examples=["sparewheel/demo-legal"], max_length=80)
    input: str | list[Item]
    stream: bool | None = False
    previous_response_id: str | None = Field(None, description="refused: nothing is kept between requests")
    hold_back: bool | None = Field(
        None, description="true: nothing is streamed before the answer is whole; default: the setting api.hold_back"
    )

    def said(self) -> list[tuple[str, str]]:
        """(role, text) of the messages. Raises UsageError for what cannot be answered in this form."""
        if self.previous_response_id:
            raise UsageError("previous_response_id: nothing is kept between requests; send the conversation in `input`")
        if isinstance(self.input, str):
            return [("user", self.input)]
        return last_of_user([(item.role or "", item) for item in self.input if item.type == "message"])


@router.post("/v1/responses", responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}})
async def responses(body: ResponsesRequest, request: Request, user: Caller) -> Response:
    """Answer the last user message from the corpus that `model` names."""
    talk = await answering(request, user, body.model, body.said(), hold_back=body.hold_back)
    writer = Writer(body.model, talk.spoken, talk.disclaimer, user, request.app.state.service.settings)
    if body.stream:
        return EventStream(_lines(await begun(request, talk.events), writer))
    answer = await unless_gone(request, whole(talk.events))
    return JSONResponse(writer.completed(talk.spoken.whole(answer), answer))


class Writer:
    """One response, whole or as the protocol's events."""

    def __init__(self, model: str, spoken: Spoken, disclaimer: str, user: User | None, settings: Settings) -> None:
        self._id = request_id.get()
        self._model = model
        self._spoken = spoken
        self._disclaimer = disclaimer
        self._user = user
        self._settings = settings
        self._created = int(time.time())
        self._number = itertools.count()
        self._text = ""

    def completed(self, text: str, answer: Answer) -> dict[str, Any]:
        """The whole response."""
        item = self._item("completed", [_part(text, answer)])
        used = usage_of(answer, self._settings)
        usage = {
            "input_tokens": used.prompt_tokens,
            "input_tokens_details": {"cached_tokens": used.cache_hit_tokens},
            "output_tokens": used.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": used.prompt_tokens + used.completion_tokens,
        }
        told = extension(answer, self._disclaimer, self._user)
        return {**self._response("completed", [item]), "usage": usage, "sparewheel": told}

    def begin(self) -> Iterator[dict[str, Any]]:
        """The events before the first piece of text."""
        begun = self._response("in_progress", [])
        yield self._event("response.created", response=begun)
        yield self._event("response.in_progress", response=begun)
        yield self._event("response.output_item.added", output_index=0, item=self._item("in_progress", []))
        part = {"type": "output_text", "text": "", "annotations": []}
        yield self._event("response.content_part.added", **self._place, part=part)

    def events(self, event: Event) -> Iterator[dict[str, Any]]:
        """What the event says to the client. Raises Problem when nobody could answer."""
        for piece in self._spoken.pieces(event):
            self._text += piece
            yield self._event("response.output_text.delta", **self._place, delta=piece, logprobs=[])
        if isinstance(event, Done):
            part = _part(self._text, event.answer)
            for index, annotation in enumerate(part["annotations"]):
                told = {"annotation_index": index, "annotation": annotation}
                yield self._event("response.output_text.annotation.added", **self._place, **told)
            yield self._event("response.output_text.done", **self._place, text=self._text, logprobs=[])
            yield self._event("response.content_part.done", **self._place, part=part)
            item = self._item("completed", [part])
            yield self._event("response.output_item.done", output_index=0, item=item)
            yield self._event("response.completed", response=self.completed(self._text, event.answer))

    def failed(self, error: Exception) -> dict[str, Any]:
        """The last event of a response that could not be given."""
        told = told_error(error)
        response = {**self._response("failed", []), "error": {"code": "server_error", "message": told["message"]}}
        return self._event("response.failed", response=response)

    @property
    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_{self._id}", "output_index": 0, "content_index": 0}

    def _event(self, kind: str, **members: Any) -> dict[str, Any]:
        return {"type": kind, "sequence_number": next(self._number), **members}

    def _item(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": f"msg_{self._id}", "type": "message", "status": status, "role": "assistant", "content": content}

    def _response(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        about = {"id": f"resp_{self._id}", "object": "response", "created_at": self._created, "model": self._model}
        fixed: dict[str, Any] = {
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "usage": None,
        }
        tools = {"tools": [], "tool_choice": "none", "parallel_tool_calls": False}
        return {**about, "status": status, "output": output, **fixed, **tools, "temperature": None, "top_p": None}


def _part(text: str, answer: Answer) -> dict[str, Any]:
    """The text with a `file_citation` for each place where it was read, at the end of the text."""
    annotations = [
        {"type": "file_citation", "file_id": id, "filename": title or id, "index": len(text)}
        for id, title in ((one.document_id, one.title) for one in answer.citations)
    ]
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


async def _lines(events: AsyncGenerator[Event], writer: Writer) -> AsyncGenerator[str]:
    async with aclosing(events):
        try:
            for told in writer.begin():
                yield line(told, told["type"])
            async for event in events:
                for told in writer.events(event):
                    yield line(told, told["type"])
        except Exception as error:
            failed = writer.failed(error)
            yield line(failed, failed["type"])
