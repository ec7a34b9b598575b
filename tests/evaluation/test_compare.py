"""Two runs side by side."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from fake_pipelines import FakePipeline
from test_runs import answer

from sparewheel.corpora import Question
from sparewheel.eval.compare import compare
from sparewheel.eval.runs import read_records
from sparewheel.eval.score import Row, rows
from sparewheel.rag.errors import UsageError

QUESTIONS = [Question(str(i), f"how long is {i}?", ("18 months",)) for i in range(12)]


@pytest.fixture
def same(tmp_path: Path) -> list[Row]:
    answer(tmp_path, FakePipeline(), QUESTIONS)
    return rows(read_records(tmp_path))


def worse(run: list[Row]) -> list[Row]:
    asked = [asdict(row.question) for row in run]
    records = [{**row.record, "question": q, "relevant": [], "evidence": []} for row, q in zip(run, asked, strict=True)]
    return rows([{**record, "text": "36 months"} for record in records])


def test_equal_runs_do_not_differ(same: list[Row]) -> None:
    """Difference 0, p 1; and the interval around it says that twelve equal answers do not prove a thirteenth."""
    f1 = compare(same, same)["f1"]
    assert (f1["difference"], f1["p"], f1["n"], f1["low"]) == (0.0, 1.0, 12, -f1["high"])
    assert 0 < f1["high"] < 0.25


def test_a_loss_everywhere_is_significant(same: list[Row]) -> None:
    """b minus a: half of every F1 is lost; of 2^12 signings 2 are as far, p about 0.0005."""
    f1 = compare(same, worse(same))["f1"]
    assert (f1["a"], f1["b"], f1["difference"]) == (1.0, 0.5, -0.5)
    assert f1["p"] < 0.005


def test_only_shared_questions_are_paired(same: list[Row]) -> None:
    """Twelve and three questions: three pairs."""
    assert compare(same, same[:3])["f1"]["n"] == 3


def test_runs_of_other_questions_are_refused(same: list[Row]) -> None:
    """No question in common, or another one under the same id."""
    with pytest.raises(UsageError, match="no question in common"):
        compare(same, [])
    other = [replace(row, question=replace(row.question, text="What?")) for row in same]
    with pytest.raises(UsageError, match="'0' is another one in the second run"):
        compare(same, other)
