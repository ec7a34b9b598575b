"""`sparewheel advise`: flags, the questions in a terminal, JSON, the settings file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from sparewheel.app.cli import main
from sparewheel.app.cli.advise import advise
from sparewheel.rag.settings import load_settings


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of the command."""
    with pytest.raises(SystemExit) as caught:
        main(["advise", *argv])
    captured = capsys.readouterr()
    return int(caught.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("need", [["--sensitivity", "high"], ["--budget", "60000"], ["--budget", "10000"]])
def test_the_sheet_fits_80_columns(capsys, language: str, need: list[str]) -> None:
    """No line is wider than the terminal, in Chinese neither."""
    code, out, _ = run(capsys, *need, "--language", language, "--years", "5", "--within", "2")
    assert code == 0
    assert max(cell_len(line.rstrip()) for line in out.splitlines()) <= 80
    assert "…" not in "".join(out.partition("%")[0])  # nothing of the reasons is cut


def test_json_has_what_the_sheet_shows(capsys) -> None:
    """One document: the branch, the cost of each year, crossings, every assumption."""
    code, out, _ = run(capsys, "--json", "--budget", "60000", "--assume", "power_usd_per_kwh=0.3", "--years", "2")
    told = json.loads(out)
    assert (code, told["set_up"]) == (0, "hybrid")
    assert [len(told["cost"][option]) for option in ("local", "open_cloud", "hybrid")] == [2, 2, 2]
    assert told["assumptions"]["power_usd_per_kwh"]["value"] == 0.3
    assert [each["first"] for each in told["break_even"]] == ["local", "open_cloud"]
    year = told["cost"]["hybrid"][0]
    assert year["power_usd"] == pytest.approx(0.4 * 8760 * 0.3)


def test_the_settings_file_is_written_once(capsys, tmp_path: Path) -> None:
    """It loads; a file that is there is not overwritten."""
    file = tmp_path / "sparewheel.toml"
    assert run(capsys, "--budget", "60000", "--settings-file", str(file))[0] == 0
    assert list(load_settings(file, env={}).endpoint) == ["deepseek", "second"]
    code, _, err = run(capsys, "--budget", "0", "--settings-file", str(file))
    assert (code, "is there already" in err) == (2, True)
    assert list(load_settings(file, env={}).endpoint) == ["deepseek", "second"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--assume", "question_per_day=5"], "did you mean 'questions_per_day'"),
        (["--assume", "questions_per_day"], "is not KEY=VALUE"),
        (["--assume", "peak_share=2"], "0 to 1"),
        (["--years", "9"], "1 to 5"),
        (["--budget", "-5"], "budget_usd = -5.0"),
    ],
)
def test_mistakes_name_key_and_cure(capsys, flags: list[str], said: str) -> None:
    """Exit code 2, one line."""
    code, _, err = run(capsys, *flags)
    assert (code, len(err.strip().splitlines())) == (2, 1)
    assert said in err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_assumptions_are_listed_with_source_and_date(capsys, language: str) -> None:
    """Each with the key that --assume takes."""
    _, out, _ = run(capsys, "--assumptions", "--language", language, "--assume", "questions_per_day=7")
    assert "questions_per_day = 7 questions/day" in out
    assert "[2026-11-24]" in out


def test_a_terminal_is_asked(monkeypatch) -> None:
    """Enter takes the default; the answers decide."""
    monkeypatch.setattr("sparewheel.app.cli.advise.is_terminal", lambda: True)
    found = CliRunner().invoke(advise, ["--years", "3"], input="n\n20000\n\n\n\n")
    assert found.exit_code == 0
    assert "Budget over 3 years, USD [60000.0]: 20000" in found.output
    assert "Recommended: open model + cloud" in found.output
    assert "建议：本地部署" in CliRunner().invoke(advise, ["--language", "zh"], input="y\n\n\n\n\n").output


def test_a_script_is_not_asked() -> None:
    """Without a terminal the defaults are taken."""
    found = CliRunner().invoke(advise, [])
    assert (found.exit_code, "Recommended: hybrid cloud" in found.output) == (0, True)
