"""What requests hold and responses show. Responses are the library's own records, without paths of this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Path as InPath
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from sparewheel.app.api.inert import inert
from sparewheel.app.people.access import User
from sparewheel.app.view import probability
from sparewheel.app.words.answers import LEG_FAILED
from sparewheel.rag.events import AttemptFailed, Cited, Done, Event
from sparewheel.rag.records import plain
from sparewheel.rag.types import Answer, Attempt, Citation, Filter, Hit, Sensitivity
from sparewheel.rag.walk import MAX_QUESTION_CHARS

NAME = r"^\w[\w.-]{0,63}$"
CorpusName = Annotated[str, InPath(pattern=NAME, description="name of a corpus", examples=["demo-legal"])]
DocumentId = Annotated[str, InPath(description="id of a document", examples=["lease.pdf"], min_length=1)]


class Body(BaseModel):
    """An unknown member is told, not passed over."""

    model_config = ConfigDict(extra="forbid")


_ASKED = {"corpus": "demo-legal", "question": "Who pays for repairs of the roof?"}


def _example(body: dict[str, Any]) -> ConfigDict:
    """Shown in the schema and at /docs."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [body]})


class Pair(Body):
    question: str
    answer: str


class Query(Body):
    """What to look for, and where. `query` is another name of `question`."""

    model_config = _example({**_ASKED, "k": 5})

    corpus: str = Field(pattern=NAME, examples=["demo-legal"])
    question: str = Field(
        min_length=1,
        max_length=MAX_QUESTION_CHARS,
        pattern=r"\S",
        examples=["Who pays for repairs of the roof?"],
        validation_alias=AliasChoices("question", "query"),
    )
    k: int | None = Field(None, ge=1, le=100, description="passages; default: the setting retrieve.evidence_k")
    filter: dict[str, str | list[str]] | None = Field(
        None, description="only documents with this metadata: key -> value, or any one of several", examples=[None]
    )

    def only(self) -> Filter | None:
        return self.filter


class Question(Query):
    """A question to answer."""

    model_config = _example(
        {**_ASKED, "history": [{"question": "How long is the lease?", "answer": "Ten years."}], "within_s": 20}
    )

    history: list[Pair] = Field([], max_length=50, description="what was asked and answered before, oldest first")
    within_s: float | None = Field(None, ge=0.1, le=3600, description="total time budget, seconds")
    stream: bool = Field(False, description="server-sent events; also by the header Accept: text/event-stream")
    instant: bool = Field(False, description="stream the local answer at once, replaced when a fuller one comes")

    def options(self) -> dict[str, Any]:
        """For `Pipeline.stream`."""
        history = [(pair.question, pair.answer) for pair in self.history]
        return {
            "k": self.k,
            "filter": self.filter,
            "history": history,
            "within_s": self.within_s,
            "instant": self.instant,
        }


@dataclass(frozen=True)
class AskReply(Answer):
    """The whole record of an answer. disclaimer: what must be shown with it, in the language of the question.

    confidence: null for an answer that a chat model wrote; how often it is right is not known.
    """

    confidence: float | None = None  # type: ignore[assignment]
    disclaimer: str = ""


@dataclass(frozen=True)
class Passages:
    """Best first."""

    hits: tuple[Hit, ...]


class NewCorpus(Body):
    model_config = _example({"name": "research", "domain": "medical", "sensitivity": "high", "readers": ["anna"]})
    name: str = Field(pattern=NAME)
    domain: Literal["general", "legal", "medical"] = "general"
    sensitivity: Sensitivity = Field("normal", description="high: no question ever leaves the machine")
    readers: list[str] = Field([], description="user names and group:NAME; empty: everybody with a key")


class CorpusChange(Body):
    model_config = _example({"readers": ["anna", "group:oncology"]})
    sensitivity: Sensitivity | None = None
    readers: list[str] | None = None


class DocumentChange(Body):
    """What is known of a document, as a person states it; what is left out stays as it was read."""

    model_config = _example({"parties": "Acme Ltd; Quill plc", "aliases": "Tenant = Acme Ltd"})
    title: str | None = Field(None, max_length=500, pattern=r"\S")
    kind: str | None = Field(None, max_length=500)
    parties: str | None = Field(None, max_length=2000, description="several with '; ' between")
    drug: str | None = Field(None, max_length=500)
    subject: str | None = Field(None, max_length=500)
    matter: str | None = Field(None, max_length=500)
    date: str | None = Field(None, max_length=100)
    aliases: str | None = Field(None, max_length=2000, description="Tenant = Acme Ltd; several with '; ' between")


class AccessRule(Body):
    """Who may read a document, or what lies in a folder."""

    place: str = Field(
        min_length=1, max_length=1000, description="id of a document, or a folder with '/' at its end",
        examples=["hr/", "hr/pay.xlsx"],
    )  # fmt: skip
    readers: list[str] = Field(
        max_length=1000, description="user names and group:NAME, '*' everybody, '!' nobody; []: no rule any more",
        examples=[["group:hr", "anna"]],
    )  # fmt: skip


class Opinion(Body):
    """What a user thinks of an answer."""

    model_config = _example({**_ASKED, "answer": "The landlord.", "thumbs": 1, "comment": "right"})
    corpus: str = Field(pattern=NAME)
    question: str = Field(max_length=MAX_QUESTION_CHARS)
    answer: str = Field(max_length=100_000)
    thumbs: Literal[1, -1]
    comment: str = Field("", max_length=10_000)
    evidence: list[str] = Field([], max_length=100, description='"document id:start-end" of each passage')
    answered_by: str = Field("", max_length=100)


def public_answer(answer: Answer, user: User | None) -> dict[str, Any]:
    """As JSON types, without paths of this machine; why a search or an endpoint failed is for administrators. The text
    does nothing as Markdown; quotes and passages are as the documents have them."""
    public = replace(
        answer,
        citations=tuple(public_citation(citation) for citation in answer.citations),
        attempts=tuple(public_attempt(attempt, user) for attempt in answer.attempts),
        notes=tuple(public_note(note, user) for note in answer.notes),
    )
    return {**plain(public), "text": inert(answer.text), "confidence": probability(answer)}


def public_note(note: str, user: User | None) -> str:
    """A search that failed is told, its error message (which may name a path) only to administrators."""
    failed = LEG_FAILED.fullmatch(note)
    return f"{failed[1]} search failed" if failed and user is not None and user.role != "admin" else note


def public_citation(citation: Citation) -> Citation:
    return replace(citation, source=public_source(citation.source))


def public_source(source: str) -> str:
    """The file's name where the source is a path."""
    return Path(source).name if Path(source).is_absolute() else source


def public_attempt(attempt: Attempt, user: User | None) -> Attempt:
    return attempt if user is None or user.role == "admin" else replace(attempt, detail="")


def reply(answer: Answer, disclaimer: str, user: User | None) -> dict[str, Any]:
    """An `AskReply` as JSON types."""
    return {**public_answer(answer, user), "disclaimer": disclaimer}


def event_data(event: Event, disclaimer: str, user: User | None) -> dict[str, Any]:
    """An event as JSON types."""
    if isinstance(event, Done):
        return {"answer": reply(event.answer, disclaimer, user)}
    if isinstance(event, Cited):
        event = replace(event, citation=public_citation(event.citation))
    if isinstance(event, AttemptFailed):
        event = replace(event, attempt=public_attempt(event.attempt, user))
    data: dict[str, Any] = plain(event)
    return data
