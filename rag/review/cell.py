"""A cell: one question asked of one document, answered with citations, bound to the passages that it rests on.

    cell = cell_of(answer, document_id, document_sha256, at="2026-11-28T09:00:00.000+00:00")
    cell.question, cell.document_id           what was asked of what
    cell.answer                               the pipeline's whole `Answer` but for its evidence: text, outcome, model,
                                              answered_by, citations, usage.cost_usd, confidence, scope
    cell.passages                             a `Passage` (document, offsets, sha256 of the text) for each one cited
    cell.correction, .approval, .comments     what people said of it; who and when
    cell.text, cell.answered_by               what is shown: a person's words where there are some

Two ways to ask whether a cell still holds: `cell.is_of(sha256)`, whether its document's bytes are those that were read
(a review asks again otherwise); `standing(cell.passages, text_at)`, whether every passage still says what it said (the
answer memory serves it then). A refusal names no passage: it rests on the whole document.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sparewheel.rag.types import Answer, Hit

READER = ("reader", "quote")  # answerers that anything else is fuller than
PERSON = "person"  # who answered a cell that somebody corrected


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as it was when it was read. `sha256` is of its text in UTF-8: characters [start, end) of a document."""

    document_id: str
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a person: a correction or a comment. at: ISO 8601, UTC. document_sha256: the document as it was then."""

    text: str
    by: str  # name of the user, "" for the local owner
    at: str
    document_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody vouches for the cell as it stood then. at: ISO 8601, UTC."""

    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Cell:
    """See the module. at: when it was asked, ISO 8601, UTC."""

    question: str
    document_id: str
    answer: Answer
    passages: tuple[Passage, ...]
    document_sha256: str
    at: str
    correction: Said | None = None
    approval: Approval | None = None
    comments: tuple[Said, ...] = ()
    revision: int = 0  # of the store: later changes have larger ones

    @property
    def key(self) -> str:
        """What tells the question from others: see `question_key`."""
        return question_key(self.question)

    @property
    def text(self) -> str:
        """What is shown: the person's words where somebody corrected it; "" where the document does not say."""
        if self.correction is not None:
            return self.correction.text
        return self.answer.text if self.answer.outcome == "answered" else ""

    @property
    def answered_by(self) -> str:
        """`PERSON` where somebody corrected it, else the name of the answerer."""
        return PERSON if self.correction is not None else self.answer.answered_by

    @property
    def confidence(self) -> float:
        """Calibrated, 0..1; 1 where a person answered, and of what was refused how sure it is that nothing is there."""
        return 1.0 if self.correction is not None else self.answer.confidence

    @property
    def is_full(self) -> bool:
        """Answered by something fuller than the reader: a chat model, or a person."""
        return self.correction is not None or self.answer.answered_by not in ("", *READER)

    def is_of(self, document_sha256: str) -> bool:
        """Whether the document is, byte for byte, the one that was read."""
        return self.document_sha256 == document_sha256


def question_key(question: str) -> str:
    """The same for questions that differ in case, width, white space and closing punctuation only."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", question)).strip().casefold()
    return text.rstrip(" ?!.。")


def sha256_of_text(text: str) -> str:
    """Of the text in UTF-8, as hexadecimal digits; half of a pair of surrogates is kept as such."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def rests_on(answer: Answer) -> tuple[Passage, ...]:
    """The passages of the evidence in which the citations lie, each once, in the order of the citations."""
    found = dict.fromkeys(_around(answer.evidence, c.document_id, c.start, c.end, c.quote) for c in answer.citations)
    return tuple(found)


def _around(evidence: Iterable[Hit], document_id: str, start: int, end: int, quote: str) -> Passage:
    """The passage that holds [start, end); the quote itself where none of the evidence does."""
    for hit in evidence:
        chunk = hit.chunk
        if chunk.document_id == document_id and chunk.start <= start and end <= chunk.end:
            return Passage(document_id, chunk.start, chunk.end, sha256_of_text(chunk.text))
    return Passage(document_id, start, end, sha256_of_text(quote))


def cell_of(answer: Answer, document_id: str, document_sha256: str, at: str) -> Cell:
    """The answer to a question that was asked of one document, as a cell. at: ISO 8601, UTC."""
    bound = rests_on(answer)
    return Cell(answer.question, document_id, replace(answer, evidence=()), bound, document_sha256, at)


def standing(passages: Iterable[Passage], text_at: Callable[[str, int, int], str]) -> bool:
    """Whether each passage still says what it said. text_at: (document, start, end) to its characters, "" where it is
    gone, as `views.Stored.text_at`."""
    return all(sha256_of_text(text_at(p.document_id, p.start, p.end)) == p.sha256 for p in passages)
