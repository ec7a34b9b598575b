"""`sparewheel edge`: pack, verify, run; one question, a few by line, and what a beginner gets wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sparewheel.app.cli import cli, main
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.rag.settings import Settings

LEASE = "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
QUESTION = "What is the notice period?"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a settings file, a corpus, and its pack."""
    folder = tmp_path_factory.mktemp("cli-edge")
    (folder / "lease.md").write_text(LEASE, encoding="utf-8")
    (folder / "sparewheel.toml").write_text(f'data_folder = "{folder}/data"\n', encoding="utf-8")
    run_ingest([folder / "lease.md"], "leases", domain="legal", settings=Settings(data_folder=f"{folder}/data"))
    found = edge(folder, "pack", "leases", "--out", str(folder / "leases.edge"), "--json")
    assert json.loads(found.stdout)["models"] == ["embed-en", "reader-en"]
    return folder


def edge(place: Path, *argv: str, typed: str = "") -> object:
    """The command's result."""
    return CliRunner().invoke(
        cli, ["--config", str(place / "sparewheel.toml"), "edge", *argv], input=typed, standalone_mode=False
    )


def test_one_question(place: Path, tmp_path: Path) -> None:
    """The answer with its place; exit code 0."""
    found = edge(place, "run", str(place / "leases.edge"), QUESTION, "--cache", str(tmp_path))
    assert (found.return_value, "thirty days" in found.stdout) == (0, True)
    assert "lease.md" in found.stdout


def test_questions_by_line(place: Path, tmp_path: Path) -> None:
    """Empty lines are passed over, a mistake does not end the session, and every answer is a JSON document."""
    typed = f"{QUESTION}\n\n{'x' * 9000}\nHow much is the rent?\n"
    found = edge(place, "run", str(place / "leases.edge"), "--cache", str(tmp_path), "--json", typed=typed)
    answers = found.stdout.replace("}\n{", "}\n\x00{").split("\x00")
    assert [json.loads(each)["question"] for each in answers] == [QUESTION, "How much is the rent?"]
    assert "at most 8000" in found.stderr


def test_the_environment_names_no_endpoint_for_a_pack(place: Path, tmp_path: Path, monkeypatch) -> None:
    """With keys of this machine set, a pack's question still goes to the built-in reader alone."""
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-nobody")
    monkeypatch.setenv("PRIMARY_ENDPOINT", "http://192.0.2.1:9/")
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path / "elsewhere"))
    found = edge(place, "run", str(place / "leases.edge"), QUESTION, "--cache", str(tmp_path), "--json")
    assert [attempt["answerer"] for attempt in json.loads(found.stdout)["attempts"]] == ["reader"]


def test_verify_tells_the_fingerprint(place: Path) -> None:
    """The same as when it was packed."""
    told = json.loads(edge(place, "verify", str(place / "leases.edge"), "--json").stdout)
    assert (told["corpus"], told["documents"], len(told["fingerprint"])) == ("leases", 1, 64)
    assert "every file is as it was packed" in edge(place, "verify", str(place / "leases.edge")).stdout


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["run", "nothing.edge", "Why?"], 2, "No such file"),
        (["run", __file__, "Why?"], 1, "does not end as a zip file does"),
        (["verify", __file__], 1, "get it again from who packed it"),
        (["pack", "lease", "--out", "x.edge"], 2, "did you mean 'leases'"),
    ],
)
def test_mistakes(place: Path, capsys, argv: list[str], code: int, said: str) -> None:
    """One line with the cure, and the exit code of its kind."""
    with pytest.raises(SystemExit) as caught:
        main(["--config", str(place / "sparewheel.toml"), "edge", *argv])
    told = capsys.readouterr().err
    assert (caught.value.code, len(told.strip().splitlines())) == (code, 1)
    assert said in told


def test_a_restricted_corpus_is_packed_with_a_warning(place: Path, tmp_path: Path) -> None:
    """Whoever holds the file can read it: said, not forbidden."""
    from sparewheel.rag.ingest.store import Store

    store = Store(place / "data" / "leases")
    store.configure(sensitivity="high")
    found = edge(place, "pack", "leases", "--out", str(tmp_path / "x.edge"))
    store.configure(sensitivity="normal")
    assert "whoever holds this file can read it" in " ".join(found.stderr.split())
