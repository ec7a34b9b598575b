"""A conversation as OpenAI's two protocols carry it: the last message of the user is the question, what was said before
is its history."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict

from sparewheel.app.api.ask import asked, disclaimer_of, opened
from sparewheel.app.api.chores import chore, unwrapped
from sparewheel.app.api.problems import Problem, as_problem
from sparewheel.app.api.shapes import public_answer
from sparewheel.app.api.spoken import Spoken
from sparewheel.app.people.access import User
from sparewheel.app.service import Service
from sparewheel.rag.errors import UsageError
from sparewheel.rag.events import Done, Event
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer

PREFIX = "sparewheel/"  # before a corpus' name, where a model name should say whose it is
_TEXTS = ("text", "input_text", "output_text", "refusal")


class Part(BaseModel):
    """A piece of a message; only text can be asked about."""

    model_config = ConfigDict(extra="allow")
    type: str
    text: str = ""
    refusal: str = ""


class Said(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="allow")
    content: str | list[Part] | None = None

    def text(self) -> str:
        """Its text; pictures and files of earlier messages are passed over."""
        if not isinstance(self.content, list):
            return self.content or ""
        return "\n".join(part.text or part.refusal for part in self.content if part.type in _TEXTS)

    def check(self) -> None:
        """Raises UsageError for a picture or a file, which nobody here can look at."""
        parts = self.content if isinstance(self.content, list) else []
        if other := [part.type for part in parts if part.type not in _TEXTS]:
            raise UsageError(f"a message holds {other[0]!r}; only text can be asked, bring documents in by upload")


def last_of_user(messages: Sequence[tuple[str, Said]]) -> list[tuple[str, str]]:
    """(role, text) of the messages, the last one of the user checked. Raises UsageError when there is none."""
    asking = next((said for role, said in reversed(messages) if role == "user"), None)
    if asking is None:
        raise UsageError("no user message among the messages; the last one is the question")
    asking.check()
    return [(role, said.text()) for role, said in messages]


def question_of(said: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """(question, history) of (role, text) messages of which one is the user's."""
    turns = [(role, text) for role, text in said if role in ("user", "assistant")]
    while turns[-1][0] != "user":
        turns.pop()
    turns = [(role, unwrapped(text) if role == "user" else text) for role, text in turns]
    pairs = itertools.pairwise(turns)
    return turns[-1][1], [(one[1], two[1]) for one, two in pairs if (one[0], two[0]) == ("user", "assistant")]


@dataclass(frozen=True)
class Talk:
    """The events of an answer, and the form in which they are sent to a client."""

    events: AsyncGenerator[Event]
    spoken: Spoken
    disclaimer: str


async def answering(
    request: Request,
    user: User | None,
    model: str,
    said: Sequence[tuple[str, str]],
    *,
    hold_back: bool | None = None,
    unfit: str = "",
) -> Talk:
    """The answer to the last message, from the corpus that `model` names; to what a chat page asks for itself, by rule.

    unfit: why no answer can have the form asked for. Raises UsageError with it where a person asks.
    """
    service: Service = request.app.state.service
    corpus = model.removeprefix(PREFIX)
    if (task := chore(said)) is not None:
        info = await asyncio.to_thread(service.corpus, corpus, user)
        told = Answer("", corpus, task.reply(info.domain.title(), as_object=bool(unfit)), "answered")
        return Talk(_only(Done(told)), Spoken("en"), "")
    if unfit:
        raise UsageError(unfit)
    question, history = question_of(said)
    pipeline = await opened(service, corpus, user)
    api = service.settings.api
    spoken = Spoken(
        language_of(question),
        sources=api.sources_in_chat,
        hold_back=api.hold_back if hold_back is None else hold_back,
        shown=lambda text: pipeline.shown(question, text),
    )
    events = asked(request.app.state.gate, pipeline, question, {"history": history})
    return Talk(events, spoken, disclaimer_of(pipeline, question))


async def _only(event: Event) -> AsyncGenerator[Event]:
    yield event


def extension(answer: Answer, disclaimer: str, user: User | None) -> dict[str, Any]:
    """The member `sparewheel`: the record of the answer without question, passages and usage."""
    record = public_answer(answer, user)
    kept = {name: value for name, value in record.items() if name not in ("question", "evidence", "usage")}
    return {**kept, "disclaimer": disclaimer}


def told_error(error: Exception) -> dict[str, Any]:
    """An error under way, as OpenAI's SDKs read it."""
    found: Problem = as_problem(error)
    return {"message": str(found), "type": "error", "code": found.status, "param": None}
