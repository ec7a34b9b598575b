"""The frame of the command: help, completion, settings, and how mistakes are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sparewheel.app.cli import COMMANDS, cli, main
from sparewheel.app.cli.answers import place
from sparewheel.app.cli.ask import read_filters
from sparewheel.app.cli.settings import page
from sparewheel.app.service.info import corpus_info
from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest import sums
from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.types import Chunk, Citation, Document

ROOT = Path(__file__).parents[2]


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of the command."""
    with pytest.raises(SystemExit) as caught:
        main(list(argv))
    captured = capsys.readouterr()
    return int(caught.value.code or 0), captured.out, captured.err


def test_every_command_exists_and_has_help() -> None:
    """The table of lazy commands names nothing that is not there."""
    context = cli.make_context("sparewheel", [], resilient_parsing=True)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        assert command.help


def test_a_misspelt_command_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the nearest name."""
    code, _, err = run(capsys, "injest")
    assert (code, "did you mean 'ingest'" in err) == (2, True)


def test_no_such_corpus_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch) -> None:
    """The beginner's first mistake gets a cure, not a traceback."""
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path))
    code, _, err = run(capsys, "ask", "Who pays?", "--corpus", "leases")
    assert (code, len(err.strip().splitlines())) == (2, 1)
    assert "sparewheel ingest PATH --corpus leases" in err


def test_settings_hide_keys(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    """No API key is ever printed."""
    monkeypatch.setenv("PRIMARY_ENDPOINT", "https://api.deepseek.com")
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-secret")
    code, out, _ = run(capsys, "settings", "--json")
    assert (code, json.loads(out)["endpoint"]["primary"]["key"]) == (0, "***")
    assert "sk-secret" not in out


def test_settings_hide_passwords_inside_addresses(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    """Of an endpoint and of whatever else has an address; the address itself stays readable."""
    monkeypatch.setenv("PRIMARY_ENDPOINT", "https://ana:s3cret@llm.example.org/v1")
    monkeypatch.setenv("SPAREWHEEL_OBSERVE__OTLP_ENDPOINT", "https://token@otlp.example.org")
    for form in (["--json"], []):
        _, out, _ = run(capsys, "settings", *form)
        assert ("s3cret" in out, "token@" in out) == (False, False)
    assert "https://***@llm.example.org/v1" in out


def test_the_settings_page_is_up_to_date() -> None:
    """docs/settings.md is what `sparewheel settings --markdown` prints."""
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == page()


def test_completion_prints_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    """bash gets a completion function for sparewheel."""
    code, out, _ = run(capsys, "completion", "bash")
    assert (code, "_SPAREWHEEL_COMPLETE" in out) == (0, True)


def test_filters_collect_values_by_key() -> None:
    """The same key twice means either value; a text without = is refused."""
    assert read_filters(("language=en", "language=zh", "format=pdf")) == {"language": ["en", "zh"], "format": ["pdf"]}
    with pytest.raises(UsageError, match="'language' is not KEY=VALUE"):
        read_filters(("language",))


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    """`sparewheel --help` loads neither numpy nor LangChain."""
    heavy = "{'numpy', 'langchain_core', 'rich'}"
    code = f"import sys; from sparewheel.app.cli import cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Office lease", "Office lease, lease_2024.pdf, page 3 (characters 5-9)"),
        ("lease 2024", "lease_2024.pdf, page 3 (characters 5-9)"),
    ],
)
def test_a_title_made_of_the_file_name_is_not_repeated(title: str, told: str) -> None:
    """A citation names the file once."""
    assert place(Citation(1, "lease_2024.pdf", title, "lease_2024.pdf", 5, 9, "rent", page=3), "en") == told


def test_a_list_of_corpora_hashes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a corpus holds, it is listed at once; who asks it has every byte checked."""
    store = Store.create(tmp_path / "leases", CorpusConfig("leases"))
    with store.write() as transaction:
        transaction.add(Document("a", "Rent.", "A", "a"), [Chunk("a", 0, 5, "Rent.")])
        transaction.publish([])
    hashed = []
    monkeypatch.setattr(sums, "sha256_of", lambda path: hashed.append(path) or sha256_of(path))
    assert (corpus_info(store).documents, hashed) == (1, [])
    store.open().close()
    assert hashed


def test_a_list_of_corpora_loads_nothing_that_answers(tmp_path: Path) -> None:
    """`sparewheel corpora list` reads manifests: no pipeline, no search, no failover."""
    store = Store.create(tmp_path / "leases", CorpusConfig("leases"))
    with store.write() as transaction:
        transaction.add(Document("a", "Rent.", "A", "a"), [Chunk("a", 0, 5, "Rent.")])
        transaction.publish([])
    code = (
        "import sys; from sparewheel.app.cli import main\n"
        "try: main(['corpora', 'list'])\n"
        "except SystemExit: pass\n"
        "heavy = ('rag.chain', 'rag.ingest.run', 'rag.reliability', 'rag.answer.quote', 'rag.views', 'rag.retrieve')\n"
        "print([name for name in heavy if f'sparewheel.{name}' in sys.modules])"
    )
    settings = {**os.environ, "SPAREWHEEL_DATA_FOLDER": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=settings, capture_output=True, text=True, check=True
    )
    assert "leases" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
