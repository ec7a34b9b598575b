"""Files of an object store: fetched once, kept in step, nothing written outside of the folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fsspec")

from fsspec.implementations.memory import MemoryFileSystem

from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.ingest import remote
from sparewheel.rag.ingest.remote import MARKS, mirrored
from sparewheel.rag.settings import Settings

RULES = Settings().ingest
URL = "memory://bucket/contracts"


@pytest.fixture
def bucket() -> Iterator[MemoryFileSystem]:
    """Two contracts in a store of this process."""
    store = MemoryFileSystem()
    store.store.clear()
    store.pipe("/bucket/contracts/a.txt", b"The fee is 100 euros.")
    store.pipe("/bucket/contracts/2024/b.txt", b"The fee is 200 euros.")
    yield store
    store.store.clear()


def names(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARKS
    }


def test_the_folder_is_what_lies_there(bucket: MemoryFileSystem, tmp_path: Path) -> None:
    """Also after a file was changed, added and removed there; another address has another folder."""
    folder = mirrored(URL, tmp_path, RULES)
    assert names(folder) == {"a.txt": b"The fee is 100 euros.", "2024/b.txt": b"The fee is 200 euros."}
    bucket.pipe("/bucket/contracts/a.txt", b"The fee is 900 euros.")
    bucket.pipe("/bucket/contracts/c.txt", b"New.")
    bucket.rm("/bucket/contracts/2024/b.txt")
    assert mirrored(URL, tmp_path, RULES) == folder
    assert names(folder) == {"a.txt": b"The fee is 900 euros.", "c.txt": b"New."}
    assert mirrored("memory://bucket/contracts/c.txt", tmp_path, RULES) != folder


def test_what_did_not_change_is_not_fetched_again(bucket: MemoryFileSystem, tmp_path: Path, monkeypatch: Any) -> None:
    """The store's mark of the version decides."""
    mirrored(URL, tmp_path, RULES)
    fetched: list[str] = []
    before = MemoryFileSystem.get_file
    monkeypatch.setattr(
        MemoryFileSystem, "get_file", lambda self, path, *a, **k: (fetched.append(path), before(self, path, *a, **k))[1]
    )
    bucket.pipe("/bucket/contracts/a.txt", b"The fee is 900 euros.")
    mirrored(URL, tmp_path, RULES)
    assert [Path(path).name for path in fetched] == ["a.txt"]


def test_addresses_that_cannot_be_used_are_told(bucket: MemoryFileSystem, tmp_path: Path) -> None:
    """Nothing there, no such store, a password that would be kept."""
    with pytest.raises(NotFound, match="nothing lies"):
        mirrored("memory://bucket/none", tmp_path, RULES)
    with pytest.raises(UsageError, match="cannot be opened"):
        mirrored("nosuchstore://x/y", tmp_path, RULES)
    with pytest.raises(UsageError, match="password"):
        mirrored("ftp://me:secret@host/x", tmp_path, RULES)


def test_a_name_cannot_lead_out_of_the_folder(bucket: MemoryFileSystem, tmp_path: Path, monkeypatch: Any) -> None:
    """Whatever the store says."""
    monkeypatch.setattr(remote, "_store", lambda url: (Hostile(), "bucket"))
    with pytest.raises(UsageError, match="outside"):
        mirrored(URL, tmp_path / "kept", RULES)
    assert not (tmp_path / "evil.txt").exists()


class Hostile:
    def find(self, root: str, detail: bool) -> dict[str, dict[str, Any]]:
        return {"bucket/../../evil.txt": {"size": 1, "type": "file"}}


def test_the_command_reads_an_address(bucket: MemoryFileSystem, tmp_path: Path) -> None:
    """As it reads a folder; unchanged the second time."""
    from click.testing import CliRunner

    from sparewheel.app.cli import cli

    config = tmp_path / "sparewheel.toml"
    config.write_text(f'data_folder = "{tmp_path / "data"}"\n[ingest]\nworkers = 1\n')
    command = ["--config", str(config), "ingest", URL, "--corpus", "c", "--no-dense"]
    first = CliRunner().invoke(cli, command)
    again = CliRunner().invoke(cli, command)
    assert ("2 added" in first.output, "2 unchanged" in again.output) == (True, True), first.output + again.output
