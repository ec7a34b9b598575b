"""The changes of one writer, on top of the newest snapshot. See `store` for the layout they end in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sparewheel.rag.disk import link_tree, sync, sync_tree
from sparewheel.rag.ingest.manifest import IndexState, Manifest, checksums
from sparewheel.rag.ingest.rows import SCHEMA, StoredChunks, delete_document, ids_in, insert_document, open_rows
from sparewheel.rag.ingest.snapshot import ROWS, Snapshot
from sparewheel.rag.types import Chunk, Document, IndexWriter

NEXT = "next"  # the folder of the snapshot being built


def folder_name(number: int) -> str:
    return f"{number:08d}"


@dataclass(frozen=True)
class KnownFile:
    """What is known of a source file from the last time it was read."""

    document_id: str
    sha256: str
    bytes: int
    mtime_ns: int
    checked_ns: int  # when it was read, as mtime_ns counts

    @property
    def unsettled(self) -> bool:
        """It was changed so shortly before it was read that its time may not tell of another change."""
        return self.checked_ns - self.mtime_ns < 2_000_000_000


class Transaction:
    """Changes, made visible by `publish`, as often as one likes."""

    def __init__(
        self, snapshots: Path, base: Snapshot | None, make_current: Callable[[int], Snapshot], corpus: str = ""
    ) -> None:
        """base: the newest snapshot in the folder `snapshots`, None before the first. The transaction closes it.
        corpus: id of the corpus."""
        self.base = base
        self._corpus = corpus
        self._next = snapshots / NEXT
        self._make_current = make_current
        self._rows: sqlite3.Connection | None = None  # of the copy that changes; None while nothing changed
        self._removed: list[tuple[int, int]] = []  # (first, count) of chunks removed since `base`

    @property
    def changed(self) -> bool:
        """Whether there is something to publish beside indexes that lag."""
        return self._rows is not None

    def lacking(self, writer: IndexWriter) -> int:
        """How many chunks of `base` the writer's index does not hold; all of them when another version built it."""
        if self.base is None:
            return 0
        state = self.base.manifest.indexes.get(writer.name)
        held = state.chunks if state is not None and state.version == writer.version else 0
        return self.base.manifest.chunks - held

    def known_files(self) -> dict[str, KnownFile]:
        """By source path; of `base`."""
        if self.base is None:
            return {}
        with self.base.rows() as rows:
            found = rows.execute(
                "SELECT f.source, d.id, d.sha256, f.bytes, f.mtime_ns, f.checked_ns"
                " FROM files f JOIN documents d ON d.number = f.document"
            ).fetchall()
        return {source: KnownFile(*known) for source, *known in found}

    def add(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        splitter: str = "",
        file: tuple[int, int, int] | None = None,
    ) -> None:
        """Adds the document, or replaces the one with its id. file: bytes, mtime_ns and checked_ns of its source."""
        with self._begin() as rows:
            removed = delete_document(rows, document.id)
            added = datetime.now(UTC).isoformat(timespec="seconds")
            number = insert_document(rows, document, chunks, splitter, added)
            if file is not None:
                rows.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", (document.source, number, *file))
        if removed:
            self._removed.append(removed)

    def remove(self, document_id: str) -> bool:
        """Whether the document was there."""
        with self._begin() as rows:
            removed = delete_document(rows, document_id)
        if removed:
            self._removed.append(removed)
        return removed is not None

    def touch(self, source: str, file: tuple[int, int, int]) -> None:
        """Notes that the file was read again and has the content that is known."""
        with self._begin() as rows:
            rows.execute("UPDATE files SET bytes = ?, mtime_ns = ?, checked_ns = ? WHERE source = ?", (*file, source))

    def publish(
        self,
        writers: Sequence[IndexWriter],
        *,
        behind: Sequence[IndexWriter] = (),
        limit: int | None = None,
        on_read: Callable[[int], None] | None = None,
    ) -> Snapshot:
        """Makes everything so far the newest snapshot, and returns it; it is `base` from now on.

        writers: their indexes catch up with all chunks, or with the `limit` oldest missing ones. behind: their indexes
        only forget what was removed. An index built by another version of its writer is built anew. Other indexes stay
        as they are; raises ValueError where one of them would name removed chunks. on_read is told how many of its
        chunks a writer is done with.
        """
        if self._rows is None and self.base is not None:
            self._next.mkdir()
            (self._next / ROWS).hardlink_to(self.base.folder / ROWS)
        else:
            self._begin().close()
            self._rows = None
        rows = open_rows(self._next / ROWS)
        try:
            indexes = self._write_indexes(rows, writers, behind, limit, on_read)
            manifest = self._describe(rows, indexes)
        finally:
            rows.close()
        return self._finish(manifest)

    def close(self) -> None:
        """Forgets what was not published."""
        for resource in (self._rows, self.base):
            if resource is not None:
                resource.close()

    def _begin(self) -> sqlite3.Connection:
        """A private copy of the rows. It needs no journal on disk: a crash leaves it to the next writer's broom."""
        if self._rows is None:
            self._next.mkdir()
            path = self._next / ROWS
            if self.base is not None:
                shutil.copyfile(self.base.folder / ROWS, path)  # a published file never changes: its bytes are enough
            self._rows = sqlite3.connect(path)
            self._rows.executescript("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA cache_size=-64000;")
            if self.base is None:
                self._rows.executescript(SCHEMA)
        return self._rows

    def _write_indexes(
        self,
        rows: sqlite3.Connection,
        writers: Sequence[IndexWriter],
        behind: Sequence[IndexWriter],
        limit: int | None,
        on_read: Callable[[int], None] | None,
    ) -> dict[str, IndexState]:
        ids = ids_in(rows.execute("SELECT first, chunks FROM documents ORDER BY first").fetchall())
        removed = np.sort(ids_in(self._removed))
        old = dict(self.base.manifest.indexes) if self.base is not None else {}
        plans: list[tuple[IndexWriter, int | None]] = [(w, limit) for w in writers] + [(w, 0) for w in behind]
        indexes: dict[str, IndexState] = {}
        for writer, most in plans:
            state = old.pop(writer.name, None)
            if state is None and most == 0:
                continue
            before, through = None, 0
            if state is not None and state.version == writer.version and self.base is not None:
                before, through = self.base.folder / writer.name, state.through
            missing = ids[np.searchsorted(ids, through, side="right") :][:most]
            gone = removed[removed <= through]
            if before is not None and not len(missing) and not len(gone):
                link_tree(before, self._next / writer.name)
            else:
                (self._next / writer.name).mkdir()
                writer.write(before, self._next / writer.name, StoredChunks(rows, missing, on_read), gone.tolist())
            through = int(missing[-1]) if len(missing) else through
            indexes[writer.name] = IndexState(writer.version, through, int(np.searchsorted(ids, through, side="right")))
        for name, state in old.items():
            if (removed <= state.through).any():
                raise ValueError(f"index {name!r} names chunks that are removed: publish with its writer in `behind`")
            assert self.base is not None
            link_tree(self.base.folder / name, self._next / name)
            indexes[name] = state
        return indexes

    def _describe(self, rows: sqlite3.Connection, indexes: dict[str, IndexState]) -> Manifest:
        documents, chunks, chars = rows.execute(
            "SELECT count(*), coalesce(sum(chunks), 0), coalesce(sum(chars), 0) FROM documents"
        ).fetchone()
        base = self.base
        return Manifest(
            number=base.manifest.number + 1 if base is not None else 1,
            published=datetime.now(UTC).isoformat(timespec="seconds"),
            documents=documents,
            chunks=chunks,
            chars=chars,
            splitters=tuple(
                version for (version,) in rows.execute("SELECT DISTINCT splitter FROM documents ORDER BY 1")
            ),
            indexes=indexes,
            files=checksums(self._next, base.folder, base.manifest.files) if base else checksums(self._next, None, {}),
            corpus=self._corpus,
        )

    def _finish(self, manifest: Manifest) -> Snapshot:
        """Everything on the disk first, then its name, then CURRENT."""
        known = self.base.manifest.files if self.base is not None else {}
        manifest.write(self._next)
        sync_tree(self._next, {name for name, state in manifest.files.items() if state is known.get(name)})
        self._next.rename(self._next.with_name(folder_name(manifest.number)))
        sync(self._next.parent)
        before, self.base, self._removed = self.base, self._make_current(manifest.number), []
        if before is not None:
            before.close()
        return self.base
