"""The figures of a run: by hand on six records, and byte-equal when nothing changed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from fake_pipelines import FakePipeline
from test_runs import answer

from sparewheel.corpora import GoldSpan, Question
from sparewheel.eval.runs import read_records
from sparewheel.eval.score import rows, score, score_folder

GOLD = (GoldSpan("x.txt", 10, 28),)
QUESTIONS = [
    Question("1", "right?", ("18 months",), "x.txt", GOLD, category="lookup"),
    Question("2", "half?", ("36 months",), "x.txt", (GoldSpan("x.txt", 50, 60),), category="lookup"),
    Question("3", "busy?", ("18 months",), "x.txt", GOLD, category="table"),
    Question("4", "nothing there?", answerable=False, category="none"),
    Question("5", "an invention?", answerable=False, category="none"),
    Question("6", "nothing known of this?"),
]


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    answer(tmp_path, FakePipeline(), QUESTIONS)
    return tmp_path


def test_the_figures_by_hand(run_folder: Path) -> None:
    """A failed question counts 0; one of which nothing is known counts nowhere but in the shares."""
    found = score_folder(run_folder)
    value = {name: (figure["value"], figure["n"]) for name, figure in found["overall"].items()}
    assert value["f1"] == (0.5, 3)  # 1, 1/2, failed
    assert value["em"] == (pytest.approx(1 / 3, abs=1e-6), 3)
    assert value["answered_share"] == (0.5, 6)
    assert value["failed_share"] == (pytest.approx(1 / 6, abs=1e-6), 6)
    assert value["citation_precision"] == (0.5, 2)  # 9 of 9 characters, 0 of 9
    assert value["citation_recall"] == (pytest.approx(0.5 / 3, abs=1e-6), 3)  # 9 of 18, 0, 0
    assert value["citation_hit"] == (pytest.approx(1 / 3, abs=1e-6), 3)
    assert value["refusal_precision"][0] == 1.0  # question 6 is not judged
    assert value["refusal_recall"][0] == 0.5
    assert value["evidence_recall"] == (1.0, 3)
    assert value["document_cited"] == (pytest.approx(2 / 3, abs=1e-6), 3)  # the failed one cites nothing
    assert value["document_found"] == (1.0, 3)


def test_macro_counts_each_category_once(run_folder: Path) -> None:
    """lookup (1 + 1/2) / 2, table 0."""
    found = score_folder(run_folder)
    assert (found["macro"]["f1"], found["overall"]["f1"]["value"]) == (0.375, 0.5)


def test_the_same_answers_give_the_same_bytes(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Also when they came in another order; the time they took is in another file."""
    score_folder(run_folder)
    other = tmp_path_factory.mktemp("other")
    answer(other, FakePipeline(), QUESTIONS, concurrency=5)
    score_folder(other)
    assert (other / "scores.json").read_bytes() == (run_folder / "scores.json").read_bytes()
    assert "p50" not in (run_folder / "scores.json").read_text(encoding="utf-8")


def test_intervals_hold_their_value(run_folder: Path) -> None:
    """low <= value <= high, for every figure."""
    figures = score_folder(run_folder)["overall"]
    assert [name for name, f in figures.items() if not f["low"] <= f["value"] <= f["high"]] == []


def test_ranks_are_scored_by_ir_measures(run_folder: Path) -> None:
    """Chunks 0, 1, 2 were found in this order; relevant are 1 and 9: RR 1/2, R@5 1/2, nDCG by its formula."""
    record = {**read_records(run_folder)[0], "relevant": [1, 9]}
    values = rows([record])[0].values
    ideal = 1 + 1 / math.log2(3)
    assert values["ndcg_at_10"] == pytest.approx((1 / math.log2(3)) / ideal)
    assert (values["mrr"], values["recall_at_5"], values["precision_at_5"]) == (0.5, 0.5, 0.2)


def test_labels_are_scored_apart_from_words(run_folder: Path) -> None:
    """yes said and yes right, yes said and no right, refused: accuracy 1/3, macro-F1 of yes 2/3 and no 0."""
    base = read_records(run_folder)[0]
    gold = [("yes", "yes"), ("yes", "no"), ("", "no")]
    made = [
        {**base, "id": str(i), "label": said, "outcome": "answered" if said else "refused"}
        | {"question": {**base["question"], "label": right}}
        for i, (said, right) in enumerate(gold)
    ]
    overall = score(rows(made))["overall"]
    assert overall["label_accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert overall["label_macro_f1"]["value"] == pytest.approx((2 / 3 + 0) / 2, abs=1e-6)
    assert "f1" not in overall


def test_no_records_have_no_figures() -> None:
    """Nothing is divided by zero."""
    assert score([]) == {
        "questions": 0,
        "overall": {},
        "by_category": {},
        "by_language": {},
        "by_corpus": {},
        "macro": {},
    }
