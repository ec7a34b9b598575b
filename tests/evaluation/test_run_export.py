"""Tables of a run, floors, and the page in both languages."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fake_pipelines import FakePipeline
from test_runs import answer

from sparewheel.corpora import Question
from sparewheel.eval.export import COLUMNS, to_read, write_table
from sparewheel.eval.report import changes, write_report
from sparewheel.eval.runs import iter_records
from sparewheel.eval.score import Row, rows
from sparewheel.eval.thresholds import missed, thresholds
from sparewheel.eval.wordings import MEANINGS_IN, WORDS
from sparewheel.rag.errors import UsageError

QUESTIONS = [
    Question("a", "How long?", ("18 months",)),
    Question("b", "=1+1 | <b>long</b>?", ("36 months",)),
    Question("c", "Is nothing there?", answerable=False),
    Question("d", "Is nobody busy?", ("x",)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("run")
    answer(place, FakePipeline(), QUESTIONS)
    return place


@pytest.fixture(scope="module")
def scored(folder: Path) -> list[Row]:
    return rows(iter_records(folder))


VERDICTS = ["satisfied", "wrong", "satisfied", "failed"]


def test_a_csv_for_excel(scored: list[Row], tmp_path: Path) -> None:
    """Every question with its verdict, UTF-8 with its mark; a formula is text."""
    content = write_table(scored, "mine", tmp_path / "t.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["verdict"] for row in table] == VERDICTS
    assert (tuple(table[0]), table[1]["question"]) == (COLUMNS, "'=1+1 | <b>long</b>?")


def test_an_excel_file(scored: list[Row], tmp_path: Path) -> None:
    """Figures are numbers there."""
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(write_table(scored, "mine", tmp_path / "t.xlsx")).active
    cells = list(sheet.iter_rows(values_only=True))
    assert [row[COLUMNS.index("verdict")] for row in cells[1:]] == VERDICTS
    assert cells[1][COLUMNS.index("right")] == 1.0


def test_junit_for_a_build_server(scored: list[Row], tmp_path: Path) -> None:
    """A failure for the wrong answer, an error for the lost one."""
    root = ElementTree.parse(write_table(scored, "mine", tmp_path / "t.xml")).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "1", "1")
    assert [case.find("failure") is not None for case in root] == [False, True, False, False]


def test_markdown_keeps_its_columns(scored: list[Row], tmp_path: Path) -> None:
    """Whatever a question holds; another ending is refused."""
    lines = write_table(scored, "mine", tmp_path / "t.md").read_text(encoding="utf-8").splitlines()[2:]
    assert {line.replace("\\|", "").count("|") for line in lines} == {8}
    with pytest.raises(UsageError, match=r"'.pdf' is not written; give one of .csv, .xlsx, .xml, .md"):
        write_table(scored, "mine", tmp_path / "t.pdf")


def test_the_untuned_half_of_asked_is_not_shown(scored: list[Row]) -> None:
    """In no table and no page; other suites are shown whole."""
    assert [row.question.id for row in to_read(scored, "mine")] == list("abcd")
    assert 0 < len(to_read(scored, "asked")) < 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["right=0.5"], []),
        (["right=0.9"], ["right: 0.500, at least 0.9 is wanted"]),
        (["wrong_given=0.1"], ["wrong_given: 0.250, at most 0.1 is wanted"]),
        (["label_accuracy=0.1"], ["label_accuracy: no question has it, 0.1 is wanted"]),
    ],
)
def test_floors(given: list[str], expected: list[str]) -> None:
    """A ceiling where lower is better."""
    overall = {"right": {"value": 0.5}, "wrong_given": {"value": 0.25}}
    assert missed(overall, thresholds(given)) == expected


@pytest.mark.parametrize(
    ("given", "told"), [("rigth=1", "did you mean 'right'"), ("f1=high", "no number"), ("f1=80", "0 and 1")]
)
def test_a_floor_that_cannot_be_is_told(given: str, told: str) -> None:
    """Before the first question."""
    with pytest.raises(UsageError, match=told):
        thresholds([given])


def test_the_page_is_there_in_chinese_with_every_question(folder: Path, scored: list[Row]) -> None:
    """Each wording and meaning in both languages; no word of the other one where a reader looks."""
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert MEANINGS_IN["en"].keys() == MEANINGS_IN["zh"].keys()
    html = write_report(folder, "zh")[0].read_text(encoding="utf-8")
    assert ('lang="zh"' in html, "全部问题" in html, "Every question" in html) == (True, True, False)
    assert all(row.question.text.split("<")[0] in html for row in scored)


def test_what_changed_between_two_runs(folder: Path, scored: list[Row]) -> None:
    """Losses first, with both answers; a run against itself has none."""
    assert changes(scored, scored) == []
    worse = [Row({**scored[0].record, "text": "36 months"}, scored[0].question, {"right": 0.0})]
    (change,) = changes(scored, worse)
    assert (change["before_verdict"], change["verdict"], change["before"]) == ("satisfied", "wrong", "18 months")
    assert "The verdicts are the same." in write_report(folder, against=folder)[0].read_text(encoding="utf-8")
