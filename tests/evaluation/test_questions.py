"""A user's own questions: what is read, and how every kind of wrong row is told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from sparewheel.corpora import Question
from sparewheel.eval.questions import FIELDS, read_questions
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
        ("q.jsonl", '{"question": "Who?", "answerz": "A"}\n', "column answerz: unknown; did you mean 'answers'"),
        ("q.jsonl", '{"question": "Who?", "answers": [true]}\n', r"column answers: \[True\] is no list of texts"),
        ("q.jsonl", '{"question": "Who?", "label": "Yep"}\n', "column label: 'yep' is not one of yes, no, maybe"),
        ("q.jsonl", '{"question": "Who?", "within": true}\n', "column within: without a document"),
        ("q.jsonl", '{"question": "Who?", "history": ["A?"]}\n', "column history: .* is no list of turns"),
        ("q.json", '{"question": "Who?"}', "no list of questions"),
        ("q.json", "[{]", "line 1, character 3"),
        ("q.xlsx", "no zip", "no Excel file"),
        ("q.jsonl", '{"question": "Who?", "answerable": "perhaps"}\n', "column answerable: 'perhaps' is not true"),
        ("q.jsonl", '{"question": "Who?", "answers": ["A"], "answerable": false}\n', "false, yet an answer is given"),
        ("q.jsonl", '{"question": "Who?", "evidence": "A"}\n', "column evidence: without a document"),
        ("q.jsonl", '{"question": "A?", "id": "1"}\n{"question": "B?", "id": 1}\n', "line 2, column id: '1' was there"),
        ("q.jsonl", "\n", "holds no question"),
        ("q.csv", "frage,answers\nWho?,A\n", "row 1: no column question in 'frage, answers'"),
        ("q.csv", "question,query\nWho?,A\n", "row 1, column question: there twice"),
        ("q.csv", "question\n\n", "holds no question; write one row each below the first row"),
        ("q.csv", "question,answers\nWho, if any?,A,B\n", "row 2: more cells than columns"),
        ("q.csv", 'question\n"Who" said?\n', "row 2: .* double every quote"),
        ("q.csv", 'question,answerable\n"Who\nor what?",\n,\nWhen?,perhaps\n', "row 4, column answerable: 'perhaps'"),
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


EXPECTED = [
    Question("2", "谁可以转让合同？", ("甲方",), label="yes", language="zh"),
    Question("5", "押金是多少？", answerable=False, language="zh"),
]
SHEET = (
    "问题{s}答案{s}是否{s}可回答{s}备注\r\n谁可以转让合同？{s}甲方{s}是{s}TRUE{s}老王问的\r\n"
    "{s}{s}{s}{s}\r\n\r\n押金是多少？{s}{s}{s}否{s}\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_as_excel_saves_it(tmp_path: Path, encoding: str, separator: str) -> None:
    """Encoding, separator, empty rows, Chinese names and a column of the user's own, which is reported."""
    notes: list[str] = []
    path = write(tmp_path, "q.csv", SHEET.format(s=separator).encode(encoding))
    assert read_questions(path, notes.append) == EXPECTED
    assert [note.partition(", ")[2] for note in notes] == [
        f"row 1, column 备注: not used (used are {', '.join(FIELDS)})"
    ]


def test_a_western_csv_keeps_its_umlauts(tmp_path: Path) -> None:
    """German Excel: semicolons, Windows-1252; "sep=;" is a row to Excel, too."""
    path = write(tmp_path, "q.csv", "sep=;\r\nquestion;answers\r\nWho may für, or über?;Müller;\r\n".encode("cp1252"))
    assert read_questions(path) == [Question("3", "Who may für, or über?", ("Müller",))]


def test_an_excel_file_is_read_itself(tmp_path: Path) -> None:
    """Numbers, truth values and dates as the sheet shows them; rows as it counts them."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    rows = [["Question", "Answer", "answerable"], ["How many?", 5.0, True], [None], ["When?", date(2026, 5, 3), None]]
    for row in (*rows, ["Who?", None, False]):
        book.active.append(row)
    book.save(tmp_path / "q.xlsx")
    assert read_questions(tmp_path / "q.xlsx") == [
        Question("2", "How many?", ("5",)),
        Question("4", "When?", ("2026-05-03",)),
        Question("5", "Who?", answerable=False),
    ]


SQUAD = {"data": [{"title": "Leases", "paragraphs": [{"context": "…", "qas": [
    {"id": "a", "question": "Who?", "answers": [{"text": "Ann"}, {"text": "Ann", "answer_start": 9}]},
    {"id": "b", "question": "When?", "answers": [], "is_impossible": True}]}]}]}  # fmt: skip
PROMPTFOO = {"tests": [{"vars": {"question": "Who?"}, "assert": [{"type": "icontains", "value": "Ann"}]}]}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("q.json", SQUAD, [Question("a", "Who?", ("Ann",), category="Leases"),
                           Question("b", "When?", answerable=False, category="Leases")]),
        ("q.json", PROMPTFOO, [Question("1", "Who?", ("Ann",))]),
        ("q.json", {"question": ["Who?"], "ground_truth": ["Ann"]}, [Question("1", "Who?", ("Ann",))]),
        ("q.jsonl", {"user_input": "Who?", "reference": "Ann", "response": "…"}, [Question("1", "Who?", ("Ann",))]),
        ("q.jsonl", {"_id": "q7", "text": "Who?", "metadata": {}}, [Question("q7", "Who?")]),
        ("q.jsonl", {"question": "It?", "document": "a.pdf", "within": True, "history": [["Who?", "Ann"]]},
         [Question("1", "It?", document_id="a.pdf", within=True, history=(("Who?", "Ann"),))]),
    ],
)  # fmt: skip
def test_the_forms_of_other_tools_are_understood(
    tmp_path: Path, name: str, content: object, expected: list[Question]
) -> None:
    """SQuAD, promptfoo, ragas (both its forms), BEIR."""
    assert read_questions(write(tmp_path, name, json.dumps(content, ensure_ascii=False))) == expected


def test_a_question_asked_twice_is_reported(tmp_path: Path) -> None:
    """Width and case aside; of another document it is another question."""
    notes: list[str] = []
    rows = "question,document\nWho pays?,\nWHO pays？,\nWho pays?,a.txt\n"
    assert len(read_questions(write(tmp_path, "q.csv", rows), notes.append)) == 3
    assert [note.partition(": ")[2][:17] for note in notes] == ["asks what '2' ask"]


def test_a_comment_column_is_the_users_own(tmp_path: Path) -> None:
    """It is told, and no slip of ours ("comment" is not "document")."""
    notes: list[str] = []
    path = write(tmp_path, "q.csv", "\ufeffQuestion;Answer;Comment;\r\nWho?;A;mine;\r\n;;;\r\n")
    assert read_questions(path, notes.append) == [Question("2", "Who?", ("A",))]
    assert "column Comment: not used" in notes[0]


def test_excel_shows_five_per_cent(tmp_path: Path) -> None:
    """So the answer is 5%, not 0.05; a price has its currency, a part number its zeros."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["question", "answers"])
    shown = {"5%": (0.05, "0%"), "£900.00": (900, '"£"#,##0.00'), "00417": (417, "00000"), "2.5": (2.5, "General")}
    for row, (value, format) in enumerate(shown.values(), 2):
        book.active.append([f"{row}?", value])
        book.active.cell(row, 2).number_format = format
    book.save(tmp_path / "q.xlsx")
    assert [question.answers[0] for question in read_questions(tmp_path / "q.xlsx")] == list(shown)


def test_promptfoo_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Its YAML, its assertions with several values, and the column __expected of its tables."""
    text = """
prompts: [x]
tests:
  - description: rent
    vars: {question: "What is the rent?"}
    assert:
      - {type: contains-any, value: ["£900", "900 pounds"]}
      - {type: latency, value: 9}
  - vars: {query: "Which fees?"}
    assert: [{type: contains-all, value: [rent, deposit]}]
"""
    assert read_questions(write(tmp_path, "promptfooconfig.yaml", text)) == [
        Question("1", "What is the rent?", ("£900", "900 pounds"), category="rent"),
        Question("2", "Which fees?", parts=("rent", "deposit")),
    ]
    table = write(
        tmp_path, "q.csv", "question,__expected\nWhich law?,contains: English law\nRent?,similar(0.8): £900\n"
    )
    assert [question.answers for question in read_questions(table)] == [("English law",), ("£900",)]
    with pytest.raises(UsageError, match=r"q.yaml, line 2: .*; is it YAML"):
        read_questions(write(tmp_path, "q.yaml", "tests:\n  - {a: [}\n"))
