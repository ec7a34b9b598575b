"""`sparewheel eval` from the command line, on a small corpus of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparewheel.app.cli import main

TEXT = """# Lease

## Rent

The monthly rent is 900 euros and is due on the third day of the month.

## Pets

Cats are allowed. Dogs need the written consent of the landlord.
"""


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of the command."""
    with pytest.raises(SystemExit) as caught:
        main(list(argv))
    captured = capsys.readouterr()
    return int(caught.value.code or 0), captured.out, captured.err


@pytest.fixture
def lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A corpus `lease` by words alone, and two questions on it."""
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lease.md").write_text(TEXT, encoding="utf-8")
    asked = [
        {"id": "rent", "question": "What is the monthly rent?", "answers": ["900 euros"], "document": "lease.md"},
        {"id": "due", "question": "When is the rent due?", "answers": ["the third day of the month"]},
    ]
    asked[0]["evidence"] = "The monthly rent is 900 euros"
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)) + "\n", encoding="utf-8")
    assert run(capsys, "ingest", "lease.md", "--corpus", "lease", "--no-dense")[0] == 0
    return tmp_path


def test_a_missing_extra_is_told_before_the_first_question(
    lease: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it; nothing is asked."""
    monkeypatch.setattr("sparewheel.app.evaluation.batch.find_spec", lambda name: None)
    code, _, err = run(capsys, "eval", "run", "questions.jsonl", "--corpus", "lease", "--local", "--out", "a")
    assert (code, "extra 'eval'" in err, (lease / "a").exists()) == (2, True, False)


def test_run_score_compare_report(lease: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of questions is answered and scored; run again, nothing is asked and the figures are the same bytes."""
    ask = ("eval", "run", "questions.jsonl", "--corpus", "lease", "--local", "--out", "a", "--json")
    code, out, _ = run(capsys, *ask)
    first = (lease / "a/records.jsonl").read_bytes(), (lease / "a/scores.json").read_bytes()
    assert (code, json.loads(out)["questions"], json.loads(out)["overall"]["recall_at_5"]["value"]) == (0, 2, 1.0)
    assert run(capsys, *ask)[0] == 0
    assert ((lease / "a/records.jsonl").read_bytes(), (lease / "a/scores.json").read_bytes()) == first

    code, out, _ = run(capsys, "eval", "score", "a")
    assert (code, max(map(len, out.splitlines())) <= 80) == (0, True)
    assert ("wrong given" in out, "ndcg at 10" in out, "further figures: --all" in out) == (True, False, True)
    assert "ndcg at 10" in run(capsys, "eval", "score", "a", "--all")[1]
    code, out, _ = run(capsys, "eval", "compare", "a", "a", "--json")
    assert (code, json.loads(out)["f1"]["difference"]) == (0, 0.0)
    assert run(capsys, "eval", "report", "a")[0] == 0
    assert (lease / "a/report.html").is_file()


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["questions.jsonl"], "give --corpus NAME"),
        (["samples", "--corpus", "lease"], "has its own corpora"),
        (["sampels"], "did you mean 'samples'"),
        (["nowhere.csv", "--corpus", "lease"], "no file 'nowhere.csv'"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    argv: list[str], told: str, lease: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, before anything is asked."""
    code, _, err = run(capsys, "eval", "run", *argv)
    assert (code, told in err, len(err.strip().splitlines())) == (2, True, 1)
