"""A figure that is older than the code or the models it describes says so."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks import age, machine, readme

RESULTS = sorted(age.RESULTS.glob("*.json"))
COMMAND = "python -m benchmarks.readme"


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_what_is_older_is_marked(path: Path) -> None:
    """On the page of ages and behind the file's name in the README, by the command and not by hand."""
    rows = (age.RESULTS / "README.md").read_text(encoding="utf-8").splitlines()
    row = next((row for row in rows if row.startswith(f"| `{path.name}` |")), "")
    text = (readme.HERE / "README.md").read_text(encoding="utf-8")
    names = [found.group() for found in readme.NAMED.finditer(text) if found[1] == path.name]
    for mark in age.marks(path, age.FAR_TOO_MUCH):
        assert [said for said in (row, *names) if mark not in said] == [], f"{mark}: {COMMAND}"


def test_the_tables_are_those_of_the_results() -> None:
    """Nobody has mended a figure by hand; the marks behind the names are apart, for git may not be there."""

    def bare(text: str) -> str:
        return readme.NAMED.sub(r"`results/\1`", text)

    text = (readme.HERE / "README.md").read_text(encoding="utf-8")
    assert bare(readme.made(text)) == bare(text), COMMAND


def test_what_results_describe_is_there() -> None:
    """No path of a room that was renamed."""
    root = age.RESULTS.parent.parent
    assert [room for rooms in age.ROOMS.values() for room in rooms if not (root / room).exists()] == []


def test_older_models() -> None:
    """Another checksum, anywhere in the result; a result that names no models cannot be told."""
    assert age.older_models({"suites": {"a": {"models": {"reader": "1"}}}}, {"reader": "2"})
    assert not age.older_models({"suites": {"a": {"models": {"reader": "1"}}}}, {"reader": "1", "other": "3"})
    assert not age.older_models({"figures": 1}, {"reader": "2"})


def test_older_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the lines changed since the result was committed; a result that is not committed is of now."""

    def git(*words: str) -> None:
        subprocess.run(("git", "-c", "user.name=a", "-c", "user.email=a@b", *words), cwd=tmp_path, check=True)

    monkeypatch.setitem(age.ROOMS, "speed", ("rag",))
    code, result = tmp_path / "rag" / "code.py", tmp_path / "speed.json"
    code.parent.mkdir()
    code.write_text("a\n" * 8)
    result.write_text("{}")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "measured")
    assert age.older_code(result, root=tmp_path) is False
    for change, older in (("b\n" + "a\n" * 7, False), ("b\n" * 2 + "a\n" * 6, True)):
        code.write_text(change)
        git("commit", "-qam", "changed")
        age.git.cache_clear()
        assert age.older_code(result, root=tmp_path) is older
    result.write_text('{"a": 1}')
    age.git.cache_clear()
    assert age.older_code(result, root=tmp_path) is False


def test_figures_of_another_processor_are_kept_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """int8 networks answer slightly differently with AMX."""
    monkeypatch.setattr(machine, "RESULTS", tmp_path)
    monkeypatch.setattr(machine, "built_in_models", lambda: {"reader": "1"})
    for chip, value in (("amx_int8", 1), ("avx2", 2), ("avx2", 3)):
        monkeypatch.setattr(machine, "_instructions", lambda chip=chip: chip)
        machine.save("asked", {"right": value}, models=True)
    found = {path.name: json.loads(path.read_text())["right"] for path in tmp_path.iterdir()}
    assert found == {"asked.json": 3, "asked.amx_int8.json": 1}
