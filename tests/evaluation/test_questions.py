"""A user's own questions: what is read, and how every kind of wrong row is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparewheel.corpora import Question
from sparewheel.eval.questions import read_questions
from sparewheel.rag.errors import NotFound, UsageError


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_jsonl_is_read(tmp_path: Path) -> None:
    """Only the question must be there; the line is the id, the language is told from the wording."""
    full = {"id": "7", "question": "Who?", "answers": ["A", "B"], "document": "x.pdf", "evidence": "A or B"}
    path = write(tmp_path, "q.jsonl", f'{json.dumps(full)}\n\n{{"question": "押金是多少？", "answerable": false}}\n')
    assert read_questions(path) == [
        Question("7", "Who?", ("A", "B"), "x.pdf", evidence="A or B"),
        Question("3", "押金是多少？", answerable=False, language="zh"),
    ]


def test_csv_is_read_as_jsonl_is(tmp_path: Path) -> None:
    """Several answers in a cell are parted by " | "; Excel's byte order mark is no part of the head."""
    path = write(tmp_path, "q.csv", '\ufeffquestion,answers,label\r\nWho?,A | B,\r\n"May A, or B?",,yes\r\n')
    assert read_questions(path) == [
        Question("2", "Who?", ("A", "B")),
        Question("3", "May A, or B?", label="yes"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("q.jsonl", '{"question": "Who?"}\n{"question": }\n', "line 2, character 14"),
        ("q.jsonl", '["Who?"]\n', "line 1: .* is no object"),
        ("q.jsonl", '{"question": " "}\n', "line 1, column question: empty"),
        ("q.jsonl", '{"question": 3.5}\n', "column question: 3.5 is no text"),
        ("q.jsonl", '{"question": "Who?", "answer": "A"}\n', "column answer: unknown; did you mean 'answers'"),
        ("q.jsonl", '{"question": "Who?", "answers": [1]}\n', r"column answers: \[1\] is no list of texts"),
        ("q.jsonl", '{"question": "Who?", "label": "Yes"}\n', "column label: 'Yes' is not one of yes, no, maybe"),
        ("q.jsonl", '{"question": "Who?", "answerable": "perhaps"}\n', "column answerable: 'perhaps' is not true"),
        ("q.jsonl", '{"question": "Who?", "answers": ["A"], "answerable": false}\n', "false, yet an answer is given"),
        ("q.jsonl", '{"question": "Who?", "evidence": "A"}\n', "column evidence: without a document"),
        ("q.jsonl", '{"question": "A?", "id": "1"}\n{"question": "B?", "id": 1}\n', "line 2, column id: '1' was there"),
        ("q.jsonl", "\n", "holds no question"),
        ("q.jsonl", b'{"question": "A?"}\n\xff\n', "line 2: not UTF-8"),
        ("q.csv", "frage,answers\nWho?,A\n", "line 1: no column question in 'frage, answers'"),
        ("q.csv", "question;answers\nWho?;A\n", "line 1: no column question in .*; part the columns by commas"),
        ("q.csv", "question,question\nWho?,A\n", "line 1, column question: there twice"),
        ("q.csv", "question\n\n", "holds no question; write one row each below the first line"),
        ("q.csv", "question,answers\nWho, if any?,A,B\n", "line 2: more cells than columns"),
        ("q.csv", 'question\n"Who" said?\n', "line 2: .* double every quote"),
        ("q.txt", "Who?", "'.txt' is not read"),
    ],
)
def test_a_wrong_row_is_told_with_its_place_and_cure(tmp_path: Path, name: str, text: str | bytes, told: str) -> None:
    """File, line, column, cure."""
    path = write(tmp_path, name, text)
    with pytest.raises(UsageError, match=told) as caught:
        read_questions(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """NotFound, which names suites as the other choice."""
    with pytest.raises(NotFound, match="name of a suite"):
        read_questions(tmp_path / "none.jsonl")
