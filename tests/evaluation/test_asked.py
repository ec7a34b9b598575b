"""The suite `asked`: made by rule, and its gold stands in its documents."""

from __future__ import annotations

import re

import pytest

from sparewheel.corpora import GoldSpan, Question
from sparewheel.eval.asked import COLLECTIONS, asked_questions, made
from sparewheel.eval.asked.made import half, misspelt
from sparewheel.eval.verdict import verdict

EVERY = [question for name in (*COLLECTIONS, "legal", "medical") for question in asked_questions(name)]


def test_the_suite_is_large_and_two_fifths_chinese() -> None:
    """At least 300 questions, every id once, halves of about the same size."""
    assert len(EVERY) == len({question.id for question in EVERY}) >= 300
    assert 0.38 <= sum(question.language == "zh" for question in EVERY) / len(EVERY) <= 0.45
    assert 0.45 <= sum(half(question.id) == "untuned" for question in EVERY) / len(EVERY) <= 0.55


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_is_the_same_each_time_and_says_nothing_by_its_file_names(name: str) -> None:
    """The names of its documents stand in the first tenth or so of the text only."""
    first = made(name)
    assert first == made(name)
    for question in first.questions:
        for document in {question.document_id, *question.documents} - {None}:
            assert document in first.files
    assert all(re.fullmatch(r"(scan-|pil_|附件|说明书)\d+\.(txt|html|md)", file) for file in first.files)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_evidence_stands_in_its_document_and_in_no_other(name: str) -> None:
    """A wrong document is visibly wrong: its values differ. Yes/no rules and laws are shared by several."""
    texts = {file: re.sub(r"<[^>]+>|\s", "", text) for file, text in made(name).files.items()}
    for question in made(name).questions:
        if question.evidence:
            holding = [file for file, text in texts.items() if re.sub(r"\s", "", question.evidence) in text]
            shared = question.category == "yes_no" or "law" in question.id or "governed" in question.evidence
            assert question.document_id in holding if shared else holding == [question.document_id], question.id


def test_a_misspelt_question_keeps_the_name() -> None:
    """Two slips beside it."""
    assert misspelt("what is the notice period in the Arvendale NDA", "the Arvendale NDA") == (
        "what is the noitce peirod in the Arvendale NDA"
    )


def record(text: str, *documents: str | int, label: str = "", outcome: str = "answered") -> dict[str, object]:
    """An answer that quotes each of the documents, from their beginning or the number given after them."""
    start = next((at for at in documents if isinstance(at, int)), 0)
    names = [name for name in documents if isinstance(name, str)]
    cited = [{"document_id": name, "start": start, "end": start + 5, "quote": text} for name in names]
    return {"outcome": outcome, "text": text, "label": label, "citations": cited}


ABSENT, EITHER = Question("q", "?", answerable=False), Question("q", "?", answerable=False, category="ambiguous")
DENIED = Question("q", "?", ("30 days",), "a.txt", (GoldSpan("a.txt", 0, 5),), label="no")
ASKED = Question("q", "How long?", ("30 days",), "a.txt")


@pytest.mark.parametrize(
    ("question", "got", "expected"),
    [
        (ASKED, record("within 30 days", "a.txt"), "satisfied"),
        (ASKED, record("within 30 days", "b.txt"), "wrong"),  # the right words of the wrong document
        (ASKED, record("within 30 days; within 20 days", "a.txt", "b.txt"), "partly"),
        (ASKED, record("within 20 days", "a.txt"), "wrong"),
        (ASKED, record("", outcome="refused"), "refused"),
        (ASKED, record("", outcome="failed"), "failed"),
        (ABSENT, record("", outcome="refused"), "satisfied"),
        (ABSENT, record("30 days", "a.txt"), "wrong"),
        (EITHER, record("30 days; 20 days", "a.txt", "b.txt"), "satisfied"),
        (DENIED, record("30 days", "a.txt", label="no"), "satisfied"),
        (DENIED, record("30 days", "a.txt", label="yes"), "wrong"),
        (DENIED, record("up to 30 days", "a.txt"), "satisfied"),  # the words that say it, without the word no
        (DENIED, record("A member may vote.", "a.txt", 5, label="no"), "partly"),  # a no on evidence of something else
        (DENIED, record("A member may vote.", "a.txt", 5), "wrong"),
        (Question("q", "?", parts=("5 mg", "rash")), record("5 mg; rash", "a.txt"), "satisfied"),
        (Question("q", "?", parts=("5 mg", "rash")), record("15 mg; rash", "a.txt"), "partly"),
        (Question("q", "?", documents=("a.txt", "b.txt")), record("two", "a.txt", "b.txt"), "satisfied"),
        (Question("q", "?", documents=("a.txt",)), record("two", "c.txt"), "wrong"),
    ],
)  # fmt: skip
def test_verdicts_by_rule(question: Question, got: dict[str, object], expected: str) -> None:
    """Right document and figures; refusing where nothing is there; every part of a list."""
    assert verdict(question, got) == expected
