"""The doctor's lines about corpora, files, machine and listeners, both ways, and the command."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sparewheel.app.cli import main
from sparewheel.app.doctor import checks, healthy
from sparewheel.app.doctor.machine import room, space, time_of_day
from sparewheel.app.doctor.on_disk import bytes_of, corpora, corpus, data_folder
from sparewheel.app.doctor.rights import open_to_others, secrets
from sparewheel.app.doctor.service import exposed
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import ingest
from sparewheel.rag.ingest.store import FolderPlace, Store
from sparewheel.rag.settings import Endpoint, Retrieve, Settings
from sparewheel.rag.types import Profile


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A set-up with one searchable corpus, "leases", closed to other accounts."""
    from sparewheel.rag.assemble import keyword_writer

    settings = Settings(data_folder=str(tmp_path / "data"), retrieve=Retrieve(rerank="off"))
    (tmp_path / "lease.md").write_text("# Lease\n\nThe rent is 900 euros a month.\n", encoding="utf-8")
    store = Store.create(corpus_folder(settings.corpora_folder, "leases"), CorpusConfig("leases", "legal"))
    ingest(
        store, [tmp_path / "lease.md"], settings=settings.ingest, profile=Profile("legal"), writers=[keyword_writer()]
    )
    tmp_path.chmod(0o700)
    return settings


# ---------------------------------------------------------------- corpora and files


def test_a_damaged_corpus_is_found(settings: Settings) -> None:
    """Words-only: a warning with the command; one byte changed at the same length: a failure."""
    folder = settings.corpora_folder / "leases"
    whole = corpus(FolderPlace(settings.corpora_folder), "leases", settings)
    assert (whole.status, whole.cure) == ("warn", "sparewheel reindex --corpus leases")
    file = next(path for path in folder.glob("snapshots/*/bm25/*/*") if path.stat().st_size > 8)
    content = file.read_bytes()
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    damaged = corpus(FolderPlace(settings.corpora_folder), "leases", settings)
    assert (damaged.status, "sha256 differs" in damaged.what) == ("fail", True)


def test_a_corpus_that_is_complete_passes(settings: Settings) -> None:
    """With its dense index built."""
    from sparewheel.rag.assemble import dense_writer
    from sparewheel.rag.ingest.run import fill

    store = Store(settings.corpora_folder / "leases")
    fill(store, [dense_writer(store, settings)])
    check = corpus(FolderPlace(settings.corpora_folder), "leases", settings)
    assert (check.status, check.cure, "as it was written" in check.what) == ("pass", "", True)


def test_no_corpus_and_no_folder_are_told(tmp_path: Path) -> None:
    """A fresh machine gets the command to begin with."""
    fresh = Settings(data_folder=str(tmp_path / "none"))
    assert [check.status for check in (*corpora(fresh), *data_folder(fresh))] == ["warn", "warn"]
    assert [check.status for check in data_folder(Settings(data_folder=str(tmp_path)))] == ["pass"]


def test_a_corpus_open_to_every_account_is_told(settings: Settings) -> None:
    """A warning for a normal corpus, a failure for a sensitive one; a closed folder above is enough to pass."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(settings.corpora_folder / "leases", Path(place) / "leases"))
        folder.chmod(0o755)
        closed = open_to_others(folder)
        Path(place).chmod(0o755)
        normal = corpus(FolderPlace(Path(place)), "leases", settings)
        store = Store(folder)
        store.configure(sensitivity="high")
        sensitive = corpus(FolderPlace(Path(place)), "leases", settings)
    assert (closed, normal.status, sensitive.status) == (False, "warn", "fail")
    assert sensitive.cure == f"chmod -R o-rwx {folder}"


def test_a_file_counts_once_however_often_it_is_linked(tmp_path: Path) -> None:
    """Snapshots share their unchanged files."""
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert bytes_of(tmp_path) == 5


@pytest.mark.parametrize(("mode", "expected"), [(0o600, "pass"), (0o440, "pass"), (0o620, "fail"), (0o602, "fail")])
def test_secret_files_are_closed(tmp_path: Path, mode: int, expected: str) -> None:
    """A group may read, as Kubernetes mounts secrets; nobody else may, and only the owner writes."""
    file = tmp_path / "key"
    file.write_text("sk-1")
    file.chmod(mode)
    settings = Settings(endpoint={"primary": Endpoint(key_file=str(file))})
    assert [check.status for check in secrets(settings)] == [expected]


# ---------------------------------------------------------------- machine


@pytest.mark.parametrize(
    ("free_gb", "largest_gb", "expected"),
    [(50.0, 1.0, "pass"), (1.0, 0.1, "warn"), (50.0, 60.0, "warn"), (0.1, 0.0, "fail"), (4.0, 60.0, "fail")],
)
def test_disk_is_measured_against_the_largest_corpus(free_gb: float, largest_gb: float, expected: str) -> None:
    """The next snapshot is built beside the old one."""
    assert room(Path("/data"), free_gb, largest_gb).status == expected


@pytest.mark.parametrize(
    ("free_gb", "total_gb", "expected"), [(3.0, 8.0, "pass"), (0.2, 8.0, "warn"), (0.2, 0.3, "fail")]
)
def test_memory_is_measured_against_the_models(free_gb: float, total_gb: float, expected: str) -> None:
    """Too little in all fails, too little free warns."""
    assert space(free_gb, total_gb, 0.4).status == expected


def test_the_clock() -> None:
    """Kept by a time service, after the release, and no corpus from the future."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    found = [
        time_of_day(now, now - timedelta(days=1), True),
        time_of_day(now, None, False),
        time_of_day(now, now + timedelta(hours=1), True),
        time_of_day(datetime(1970, 1, 1, tzinfo=UTC), None, True),
    ]
    assert [check.status for check in found] == ["pass", "warn", "fail", "fail"]


# ---------------------------------------------------------------- listeners


@pytest.mark.parametrize(
    ("host", "guarded", "expected"),
    [
        ("127.0.0.1", False, "pass"),
        ("localhost", False, "pass"),
        ("::1", False, "pass"),
        ("0.0.0.0", True, "pass"),
        ("0.0.0.0", False, "fail"),
        ("10.1.2.3", False, "fail"),
        ("", False, "fail"),
    ],
)
def test_nothing_listens_beyond_this_machine_without_accounts(host: str, guarded: bool, expected: str) -> None:
    """Every address but loopback needs accounts."""
    assert exposed("page", host, 8501, guarded, "sign in").status == expected


# ---------------------------------------------------------------- the whole, and the command


def test_the_whole_examination(settings: Settings) -> None:
    """A line has a cure unless it passes; nothing fails on a healthy machine; a broken corpus spoils only its line."""
    found = checks(settings)
    assert [check for check in found if (check.status == "pass") != (check.cure == "")] == []
    assert (healthy(found), len({check.name for check in found})) == (True, len(found))
    (settings.corpora_folder / "leases" / "corpus.json").write_text("{")
    broken = checks(settings)
    assert [check.name for check in broken if check.status == "fail"] == ["corpus leases"]


def test_the_command(settings: Settings, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and at most 80 columns; with a failing line 1; --json has the same fields for each."""
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", settings.data_folder)
    with pytest.raises(SystemExit) as caught:
        main(["doctor"])
    out = capsys.readouterr().out
    assert (caught.value.code, max(map(len, out.splitlines())) <= 80, "0 fail" in out) == (0, True, True)
    monkeypatch.setenv("PRIMARY_ENDPOINT", "https://api.example.com")
    with pytest.raises(SystemExit) as caught:
        main(["doctor", "--json"])
    rows = json.loads(capsys.readouterr().out)
    failed = [row["name"] for row in rows if row["status"] == "fail"]
    fields = {"name", "status", "what", "cure", "share"}
    assert (caught.value.code, failed, set(rows[0])) == (1, ["endpoint primary"], fields)


def test_a_new_corpus_is_closed_to_other_accounts(settings: Settings) -> None:
    """Whatever the umask and the folders above: nobody but the account that made it reads it."""
    assert (settings.corpora_folder / "leases").stat().st_mode & 0o777 == 0o700
