"""A corpus on disk, and the only way it changes.

    <corpus>/corpus.json        what it is (corpus.py)
    <corpus>/lock               held by the one process that writes (lock.py)
    <corpus>/CURRENT            the number of the newest snapshot, one line
    <corpus>/snapshots/00000012/manifest.json         its segments, and the checksum of every file
                                rows/00000009.sqlite  documents and chunks: a segment is named after the snapshot ...
                                bm25/00000009/        ... that first had it, and is a hard link in those that follow
                                dense/00000011/

A writer builds the next snapshot beside the others, has every byte of it on the disk, and then replaces CURRENT by a
rename: killed at any moment, the corpus is the old one or the new one. It writes what changed (see `segments`). A
reader holds the snapshot it opened until it closes it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparewheel.rag.disk import FileHold, write_durably
from sparewheel.rag.errors import NotFound, StoreError
from sparewheel.rag.ingest.corpus import NAME as CONFIG
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder, corpus_names, read_config
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.ingest.lock import writing
from sparewheel.rag.ingest.manifest import NAME as MANIFEST
from sparewheel.rag.ingest.manifest import Manifest, read_manifest
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.ingest.sums import CURE
from sparewheel.rag.ingest.transaction import KnownFile, Transaction, folder_name

__all__ = [
    "CorpusConfig",
    "DocumentInfo",
    "FolderPlace",
    "KnownFile",
    "Snapshot",
    "Store",
    "Transaction",
    "corpus_folder",
    "corpus_names",
]


class Store:
    """The corpus kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Raises NotFound when there is none."""
        self.folder = folder
        self.config = read_config(folder)

    @classmethod
    def create(cls, folder: Path, config: CorpusConfig) -> Store:
        """The corpus in `folder`, made with `config` unless it is there already."""
        if not (folder / CONFIG).exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # documents are for the account that serves them
            config.write(folder)
        return cls(folder)

    @property
    def where(self) -> str:
        """Its folder."""
        return str(self.folder)

    def again(self) -> Store:
        """With its config read anew."""
        return Store(self.folder)

    def configure(self, **changes: Any) -> None:
        """Changes fields of the config as it is now on the disk: another process may have changed others of it."""
        self.revise(lambda config: changes)

    def revise(self, change: Callable[[CorpusConfig], Mapping[str, Any]]) -> None:
        """As `configure`, with fields that depend on what is there."""
        read_config(self.folder)  # removed meanwhile: NotFound
        with writing(self.folder / "config.lock", wait=True):
            config = read_config(self.folder)
            self.config = replace(config, **change(config))
            self.config.write(self.folder)

    def current(self) -> int:
        """The number of the newest snapshot, 0 before the first. Cheap enough to compare before each question."""
        file = self.folder / "CURRENT"
        try:
            return int(file.read_bytes())
        except FileNotFoundError:
            return 0
        except ValueError as error:
            raise StoreError(f"{file} does not name a snapshot ({error}); {CURE}") from error

    def manifest(self) -> Manifest | None:
        """Of the newest snapshot, without opening that; None before the first. Raises as `open` does."""
        number = self.current()
        return read_manifest(self._snapshot(number)) if number else None

    def bytes(self) -> int:
        """What the newest snapshot takes on the disk."""
        manifest = self.manifest()
        return sum(state.bytes for state in manifest.files.values()) if manifest is not None else 0

    def open(self, *, checked: bool = True) -> Snapshot:
        """The newest snapshot. Raises NotFound before the first, StoreError when it is damaged. checked: see there."""
        while number := self.current():
            try:
                return self._of_this_corpus(Snapshot(self._snapshot(number), checked=checked))
            except FileNotFoundError as error:
                if self.current() == number:  # not just replaced while we looked
                    raise StoreError(f"{error.filename} is missing; {CURE}") from error
        raise NotFound(
            f"corpus {self.config.name!r} has no documents yet; run: sparewheel ingest PATH --corpus {self.config.name}"
        )

    @contextmanager
    def write(self, *, wait: bool = False) -> Iterator[Transaction]:
        """The one writer. What it does not publish is forgotten. Raises Locked when another writes and not `wait`."""
        read_config(self.folder)  # removed meanwhile, now or while it waits: NotFound
        with writing(self.folder / "lock", wait=wait):
            read_config(self.folder)
            snapshots = self.folder / "snapshots"
            snapshots.mkdir(exist_ok=True)
            self._clean()
            transaction = Transaction(
                snapshots,
                self.open(checked=False) if self.current() else None,
                self._make_current,
                self.config.id,
            )
            try:
                yield transaction
            finally:
                transaction.close()
                self._clean()

    def destroy(self, *, wait: bool = False) -> None:
        """The corpus and its folder are gone. Raises Locked when another process writes and not `wait`."""
        with writing(self.folder / "lock", wait=wait), writing(self.folder / "config.lock", wait=True):
            (self.folder / CONFIG).unlink()  # first: what is left by a crash is no corpus
            removed = self.folder.with_name(f".{self.folder.name}.removed")
            shutil.rmtree(removed, ignore_errors=True)
            self.folder.rename(removed)  # who waits for a lock in it makes no new file there
            shutil.rmtree(removed)

    def note(self, name: str) -> dict[str, Any] | None:
        """A small record kept beside the corpus, None where there is none or it cannot be read."""
        try:
            kept = json.loads((self.folder / f"{name}.json").read_text("utf-8"))
            return kept if isinstance(kept, dict) else None
        except (OSError, ValueError):
            return None

    def keep_note(self, name: str, value: Mapping[str, Any]) -> None:
        """Replaces that record at once."""
        write_durably(self.folder / f"{name}.json", json.dumps(value, ensure_ascii=False).encode("utf-8"))

    def _of_this_corpus(self, snapshot: Snapshot) -> Snapshot:
        """Raises StoreError for a snapshot that was put here from another corpus: other rights would hold for it."""
        if snapshot.manifest.corpus not in ("", self.config.id):
            snapshot.close()
            raise StoreError(f"{snapshot.folder} belongs to another corpus than {self.config.name!r}; {CURE}")
        return snapshot

    def _make_current(self, number: int) -> Snapshot:
        """Its folder is whole and on the disk; from here on readers open it."""
        write_durably(self.folder / "CURRENT", f"{number}\n".encode())
        return self.open(checked=False)

    def _snapshot(self, number: int) -> Path:
        return self.folder / "snapshots" / folder_name(number)

    def _clean(self) -> None:
        """Removes what a dead writer left, and old snapshots that nobody reads. Only for the one who holds the lock."""
        keep = self._snapshot(self.current())
        for path in (self.folder / "snapshots").iterdir():
            if path == keep:
                continue
            if path.name.isdigit() and (path / MANIFEST).exists():
                try:
                    hold = FileHold(path / MANIFEST, shared=False, wait=False)
                except BlockingIOError:
                    continue
                trash = path.with_name(f"{path.name}.trash")  # half removed, it must not look like a snapshot
                path.rename(trash)
                hold.close()
                path = trash
            shutil.rmtree(path)


class FolderPlace:
    """A `Place`: a folder with one sub-folder per corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """The corpora kept in the folder, sorted; [] when it is absent."""
        return corpus_names(self.folder)

    def config(self, name: str) -> CorpusConfig:
        """What the corpus is."""
        return read_config(corpus_folder(self.folder, name))

    def store(self, name: str) -> Store:
        """The corpus."""
        return Store(corpus_folder(self.folder, name))

    def create(self, config: CorpusConfig) -> Store:
        """The corpus, made with `config` unless it is there already."""
        return Store.create(corpus_folder(self.folder, config.name), config)
