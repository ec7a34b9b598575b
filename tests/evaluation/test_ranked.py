"""Folders in BEIR's form: what is read, what is measured, what is told of a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("ir_measures")

from sparewheel.app.cli import cli
from sparewheel.corpora.loaders import beir
from sparewheel.eval.ranked import batches, measure, ranked, write_run
from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.types import Chunk, Hit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three documents, three questions, two of them judged, one with two grades."""
    root = tmp_path / "Tiny Set"
    (root / "qrels").mkdir(parents=True)
    documents = [("d1", "Aspirin", "Aspirin thins the blood."), ("d2", "", "Warfarin thins the blood, too."),
                 ("d3", "Zinc", "Zinc is a metal.")]  # fmt: skip
    write(root / "corpus.jsonl", [{"_id": id, "title": title, "text": text} for id, title, text in documents])
    asked = [("q1", "What thins the blood?"), ("q2", "What is zinc?"), ("q3", "Not judged?")]
    write(root / "queries.jsonl", [{"_id": id, "text": text} for id, text in asked])
    (root / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq2\td3\t1\n")
    return root


def write(file: Path, rows: list[dict[str, str]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def hit(document: str) -> Hit:
    return Hit(Chunk(document, 0, 4, "text"), 1.0, 1, "words", {})


def test_a_folder_is_read(folder: Path) -> None:
    """Documents with their titles, the judged questions alone, the grades."""
    assert [(d.id, d.title) for batch in batches(folder) for d in batch] == [
        ("d1", "Aspirin"),
        ("d2", ""),
        ("d3", "Zinc"),
    ]
    assert [q.id for q in beir.questions(folder, "test")] == ["q1", "q2"]
    assert beir.qrels(folder, "test") == {"q1": {"d1": 2, "d2": 1}, "q2": {"d3": 1}}


def test_a_document_stands_where_its_best_passage_does() -> None:
    """Several passages of one are one document."""
    assert list(ranked([hit("b"), hit("a"), hit("b"), hit("c")])) == ["b", "a", "c"]


def test_a_failed_question_counts_nothing_found(folder: Path) -> None:
    """One is perfect, one could not be searched: means of 1 and 0; grades change nDCG."""

    def search(question: str, k: int) -> list[Hit]:
        if "zinc" in question:
            raise Unavailable("no index")
        return [hit("d1"), hit("d2")]

    measured = measure(folder, "test", search)
    assert (measured.documents, measured.questions, measured.failed) == (3, 2, 1)
    assert {name: round(figure.value, 3) for name, figure in measured.figures.items()} == {
        "nDCG@10": 0.5, "R@10": 0.5, "R@100": 0.5, "RR@10": 0.5, "P@1": 0.5,
    }  # fmt: skip
    turned = measure(folder, "test", lambda question, k: [hit("d2"), hit("d1")], limit=1)
    assert 0.5 < turned.figures["nDCG@10"].value < 1


def test_a_run_can_be_scored_elsewhere(folder: Path, tmp_path: Path) -> None:
    """TREC's six columns, best first."""
    measured = measure(folder, "test", lambda question, k: [hit("d3"), hit("d1")])
    write_run(measured, "ours", tmp_path / "run.txt")
    assert (tmp_path / "run.txt").read_text().splitlines()[:2] == ["q1 Q0 d3 1 100 ours", "q1 Q0 d1 2 99 ours"]


def test_what_is_missing_is_named(folder: Path) -> None:
    """The split that is not there with those that are; the line that is no record."""
    with pytest.raises(UsageError, match="splits of this folder: test"):
        measure(folder, "dev", lambda question, k: [])
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "x"}\nnonsense\n')
    with pytest.raises(UsageError, match=r"queries\.jsonl, line 2"):
        measure(folder, "test", lambda question, k: [])


def test_the_command_indexes_once_and_prints_a_line_a_measure(folder: Path, tmp_path: Path) -> None:
    """Over the built-in search; a second run reads the documents no more."""
    config = tmp_path / "sparewheel.toml"
    config.write_text(f'data_folder = "{tmp_path / "data"}"\n[retrieve]\nrerank = "off"\n')
    args = ["--config", str(config), "eval", "retrieval", str(folder)]
    first = CliRunner().invoke(cli, args, catch_exceptions=False)
    assert (first.exit_code, "nDCG@10" in first.output, "2 questions over 3 documents" in first.output) == (
        0,
        True,
        True,
    )
    again = CliRunner().invoke(cli, [*args, "--json"], catch_exceptions=False)
    assert json.loads(again.stdout)["figures"]["R@10"]["value"] == 1.0
    assert max(len(line) for line in first.output.splitlines()) <= 80
