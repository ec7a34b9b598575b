"""The first command of the README answers its three questions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sparewheel.app.cli import main
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import samples
from sparewheel.rag.settings import Settings


def test_the_demo_answers_english_and_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, each answer cited, nothing refused; the two that the reader is sure of are right. What another
    installation had read in is replaced."""
    other = tmp_path / "elsewhere" / "documents"
    other.mkdir(parents=True)
    shutil.copy(samples("legal") / "documents" / "software-licence.html", other)
    run_ingest([other], "demo-legal", domain="legal", settings=Settings(data_folder=str(tmp_path)))
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--folder", str(tmp_path)])
    told = capsys.readouterr().out
    answers = [block.split("\n  [1]")[0].splitlines()[1:] for block in told.split("\n? ")[1:]]
    assert ended.value.code == 0
    assert [lines[0][:3] for lines in answers] == ["In:", "In:", "出自："]  # which document it is from
    assert answers[1][-1].endswith("3 days")
    assert answers[2][-1] == "五个工作日内"
    assert told.count("[1]") == 3
