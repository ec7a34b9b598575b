"""What is asked of a memory, and what it keeps."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sparewheel.rag.answer.markers import MARKER
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.memory.alike import Question
from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import Answer, Citation, Hit, Remembered, Sensitivity, Shape

PERSON = "person"  # who answered what somebody wrote or corrected
TextAt = Callable[[str, int, int], str]  # document, start, end -> its characters, "" where it is gone

_LEADING = re.compile(r"(?:\s*\[\d{1,3}\])+")
_NOT_SAID = re.compile(r"[^\w%€$£¥§<>=+.:/-]+|(?<!\d)[.:/]|[.:/](?!\d)|-(?!\d)")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as it was when it was read. sha256: of its text in UTF-8, characters [start, end) of a document."""

    document_id: str
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is looked for. whole: with what it takes from its history; documents: those it is limited to, by
    id, () where it is asked of all of them.

    names: the parties, drugs or people that it names, in order, each with where it stands in `whole`.
    """

    whole: str
    language: str
    documents: tuple[str, ...] = ()
    shape: Shape = "one"
    names: tuple[tuple[str, int, int], ...] = ()
    hits: tuple[Hit, ...] = field(default=(), repr=False)
    sensitivity: Sensitivity = "normal"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is kept. read: the documents whose passages were shown to the answerer. at: ISO 8601, UTC."""

    question: str
    language: str
    documents: tuple[str, ...]
    shape: Shape
    names: tuple[tuple[str, int, int], ...]
    text: str
    label: Literal["yes", "no", "maybe", ""]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    read: tuple[str, ...]
    answered_by: str
    model: str
    at: str
    cost_usd: float = 0.0
    local: bool = False  # a model of this machine, or a person, answered
    person: str = ""
    place: tuple[int, int] | None = None  # where the reader points in the first cited passage; of its document
    id: int = 0  # given by the store

    @property
    def key(self) -> str:
        """The same for the same question asked of the same documents."""
        return key_of(Question(self.question, self.language, self.names), self.documents, self.shape)

    def remembered(self, same: bool) -> Remembered:
        """Whose answer it is. same: it is served to the very question that it was given to."""
        return Remembered(self.question, self.answered_by, self.model, self.at, self.person, same)


def kept_of(asked: Asked, answer: Answer, at: str, *, local: bool, person: str = "") -> Kept:
    """The answer to `asked` as it is kept. at: ISO 8601, UTC."""
    return Kept(
        asked.whole,
        asked.language,
        asked.documents,
        asked.shape,
        asked.names,
        answer.text,
        answer.label,
        answer.citations,
        rests_on(answer),
        tuple(dict.fromkeys(hit.chunk.document_id for hit in answer.evidence)),
        PERSON if person else answer.answered_by,
        answer.model,
        at,
        answer.usage.cost_usd,
        local or bool(person),
        person,
    )


def rests_on(answer: Answer) -> tuple[Passage, ...]:
    """The passages of the evidence in which the citations lie, each once; a quote of none of them by itself. Where a
    sentence cites nothing, all of the evidence: nobody knows which of it that sentence is from."""
    found: dict[Passage, None] = {}
    for citation in answer.citations:
        around = (
            hit.chunk
            for hit in answer.evidence
            if hit.chunk.document_id == citation.document_id
            and hit.chunk.start <= citation.start
            and citation.end <= hit.chunk.end
        )
        chunk = next(around, None)
        start, end, text = (
            (chunk.start, chunk.end, chunk.text) if chunk else (citation.start, citation.end, citation.quote)
        )
        found[Passage(citation.document_id, start, end, sha256_of(text))] = None
    if not _cites_throughout(answer.text):
        for hit in answer.evidence:
            chunk = hit.chunk
            found[Passage(chunk.document_id, chunk.start, chunk.end, sha256_of(chunk.text))] = None
    return tuple(found)


def _cites_throughout(text: str) -> bool:
    """Whether every sentence has a marker, or one right behind it."""
    said = [text[start:end] for start, end in sentences(text)]
    followed = [*(bool(_LEADING.match(sentence)) for sentence in said[1:]), False]
    return all(
        MARKER.search(sentence) or behind or not re.search(r"\w", sentence)
        for sentence, behind in zip(said, followed, strict=True)
    )


def stands(kept: Kept, text_at: TextAt) -> bool:
    """Whether every passage says what it said, and every quote stands at its place. An answer without any does not."""
    passages = all(sha256_of(text_at(p.document_id, p.start, p.end)) == p.sha256 for p in kept.passages)
    return (
        bool(kept.passages)
        and passages
        and all(text_at(c.document_id, c.start, c.end) == c.quote for c in kept.citations)
    )


def sha256_of(text: str) -> str:
    """Of the text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def normal(question: str, language: str) -> str:
    """The question without what is only polite, case, width, punctuation and the characters of another script of
    Chinese: the same for the same question written otherwise."""
    text = form_of(question, language).text
    text = simplified(unicodedata.normalize("NFKC", text)).casefold().replace("’", "'")
    text = re.sub(r"\b(what|who|when|where|how|that|it|there)'s\b", r"\1 is", text)
    text = _NOT_SAID.sub(" ", text)
    return re.sub(r"\s+", "" if language == "zh" else " ", text).strip()


def key_of(question: Question, documents: tuple[str, ...], shape: Shape) -> str:
    """A digest of the question, its language, the documents it is limited to, and the shape of its answer. Where it is
    limited to some, it does not matter how it names them."""
    text = question.text if documents else question.whole
    parts = (question.language, shape, normal(text, question.language), *documents)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
