"""Is one answer right? By rules that a lawyer or a doctor would agree with; `eval/validation` has how often they do.

AMBIGUOUS: look-alikes fit a question that names none. Asking which is meant (a refusal) is right, and so is an answer
that quotes several of them; one of them quoted as if it were the only one is wrong.

right      the document and the place (where known), the figures, the polarity, and the wording within its boundaries
verdict    satisfied, partly, refused (though the answer is there), wrong, failed: what the asker got
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sparewheel.corpora import GoldSpan, Question
from sparewheel.eval.measures import overlap
from sparewheel.eval.strict import agrees, contains, numbers_right

Verdict = Literal["satisfied", "partly", "refused", "wrong", "failed"]
VERDICTS: tuple[Verdict, ...] = ("satisfied", "partly", "refused", "wrong", "failed")
AMBIGUOUS = "ambiguous"  # category of such a question
Record = Mapping[str, Any]


def right(question: Question, record: Record) -> float | None:
    """1 or 0; None where only a place is known, so that nobody can say.

    Without an answer in the documents refusing is right. A label is right on the right document only.
    """
    if question.answerable and not (question.documents or question.label or question.answers or question.parts):
        return None
    return float(verdict(question, record) == "satisfied")


def verdict(question: Question, record: Record) -> Verdict:
    """What the asker got. partly: some parts of a list, the right words beside another document's, or the right
    yes or no on evidence that says nothing about it."""
    if record["outcome"] == "failed":
        return "failed"
    if record["outcome"] == "refused":
        return "refused" if question.answerable else "satisfied"
    if not question.answerable:
        several = len({cited["document_id"] for cited in record["citations"]}) > 1
        return "satisfied" if question.category == AMBIGUOUS and several else "wrong"
    if question.parts or question.documents:
        return _list(question, record)
    if not document_right(question, record):
        return "partly" if _beside_another(question, record) and _worded(question, record) else "wrong"
    if question.label:
        return _yes_or_no(question, record)
    return "satisfied" if _worded(question, record) and place_right(question, record) else "wrong"


def documents_of(question: Question) -> set[str]:
    """Those that hold the answer; empty where the set does not say."""
    if question.documents:
        return set(question.documents)
    return {question.document_id} if question.document_id else {span.document_id for span in question.gold}


def document_right(question: Question, record: Record) -> bool:
    """Most of what is cited is of the right document; True where it is not known, or only one document was asked."""
    wanted = documents_of(question)
    if not wanted or record.get("within_document"):
        return True
    own = sum(cited["document_id"] in wanted for cited in record["citations"])
    return 2 * own > len(record["citations"])


def place_right(question: Question, record: Record) -> bool:
    """A citation touches the gold span, or quotes the same words elsewhere in the right document; True where no place
    is known."""
    if not question.gold:
        return True
    cited = [GoldSpan(c["document_id"], c["start"], c["end"]) for c in record["citations"]]
    if overlap(cited, question.gold).common:
        return True
    wanted = documents_of(question)
    quotes = [c["quote"] for c in record["citations"] if c["document_id"] in wanted]
    return any(contains(quote, answer) for quote in quotes for answer in question.answers)


def _yes_or_no(question: Question, record: Record) -> Verdict:
    """The right label, or none beside the words that say it; a label on other evidence is half an answer."""
    borne_out = place_right(question, record) or agrees(record["text"], question.answers)
    if record["label"] and record["label"] != question.label:
        return "wrong"
    if not record["label"]:
        return "satisfied" if borne_out and bool(question.gold) else "wrong"
    return "satisfied" if borne_out else "partly"


def _worded(question: Question, record: Record) -> bool:
    """Without references only the place counts; the text of a label question may be any quote that touches it."""
    if not question.answers:
        return place_right(question, record)
    return agrees(record["text"], question.answers)


def _beside_another(question: Question, record: Record) -> bool:
    return any(cited["document_id"] in documents_of(question) for cited in record["citations"])


def _list(question: Question, record: Record) -> Verdict:
    """Every part said and nothing cited from elsewhere: satisfied; half of them: partly."""
    text, cited = record["text"], {c["document_id"] for c in record["citations"]}
    said = [bool(contains(text, part)) and bool(numbers_right(text, part)) for part in question.parts]
    said += [document in cited or document in text for document in question.documents if not question.parts]
    wanted = documents_of(question)
    strayed = bool(wanted) and not cited <= wanted
    share = sum(said) / len(said)
    if share == 1 and not strayed:
        return "satisfied"
    return "partly" if share >= 0.5 else "wrong"
