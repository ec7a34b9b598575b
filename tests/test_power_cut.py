"""What stays after a power cut: content is on the disk before a name points at it, and the name before we go on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparewheel.rag.assemble import keyword_writer
from sparewheel.rag.disk import write_durably
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.observe.audit import AuditLog, files
from sparewheel.rag.types import Chunk, Document


class Disk:
    """Notes what was synced (inode -> size then), and what a rename made visible without it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: dict[int, int] = {}
        self.too_early: list[str] = []  # renamed before it was synced
        self._named: set[Path] = set()  # names given in a folder that was not synced since
        monkeypatch.setattr(os, "fsync", self._sync(os.fsync))
        for name in ("rename", "replace"):
            monkeypatch.setattr(os, name, self._rename(getattr(os, name)))

    @property
    def unsettled(self) -> list[Path]:
        """Names that a power cut may take back. What was renamed to be removed needs none."""
        return [name for name in self._named if name.exists()]

    def durable(self, path: Path) -> bool:
        """A file as it is now, or a folder."""
        state = path.stat()
        size = self.synced.get(state.st_ino)
        return size is not None and (path.is_dir() or size == state.st_size)

    def _sync(self, act: Callable[[int], None]) -> Callable[[int], None]:
        def sync(fd: int) -> None:
            act(fd)
            state = os.fstat(fd)
            self.synced[state.st_ino] = state.st_size
            self._named = {name for name in self._named if name.parent.stat().st_ino != state.st_ino}

        return sync

    def _rename(self, act: Callable[..., None]) -> Callable[..., None]:
        def rename(source: Any, target: Any, **options: Any) -> None:
            old = Path(source)
            tree = [old, *old.rglob("*")] if old.is_dir() else [old]
            self.too_early += [str(path.relative_to(old.parent)) for path in tree if not self.durable(path)]
            act(source, target, **options)
            self._named.add(Path(target))

        return rename


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def publish(store: Store, *texts: str) -> None:
    """One more snapshot, with these documents added to the corpus."""
    with store.write() as transaction:
        for text in texts:
            document = Document(id=text, text=text, title=text, source=f"/in/{text}")
            transaction.add(document, [Chunk(text, 0, len(text), text)])
        transaction.publish([keyword_writer()])


def test_a_snapshot_is_on_the_disk_before_it_has_its_name(tmp_path: Path, disk: Disk) -> None:
    """Every file and folder of it, shared with the one before or not; then CURRENT."""
    store = Store.create(tmp_path / "c", CorpusConfig("c"))
    publish(store, "first")
    publish(store, "second", "third")
    assert disk.too_early == []
    assert disk.unsettled == []
    with store.open() as snapshot:
        left = [path.name for path in [snapshot.folder, *snapshot.folder.rglob("*")] if not disk.durable(path)]
    assert left == []


def test_a_file_that_is_replaced_is_the_old_one_or_the_new_one(tmp_path: Path, disk: Disk) -> None:
    """Content first, then its name, then the folder that holds the name."""
    write_durably(tmp_path / "settings", b"old")
    write_durably(tmp_path / "settings", b"new")
    assert (disk.too_early, disk.unsettled) == ([], [])
    assert disk.durable(tmp_path / "settings")


def test_an_audit_record_is_on_the_disk_when_it_is_written(tmp_path: Path, disk: Disk) -> None:
    """Line and folder: nobody can say that a question was never put because the power went."""
    log = AuditLog(tmp_path)
    for user in ("ann", "bob"):
        log.write({"user": user})
        assert [disk.durable(file) for file in files(tmp_path)] == [True]
    assert disk.durable(tmp_path)
