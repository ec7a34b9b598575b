"""The changes of one writer, on top of the newest snapshot. See `store` for the layout they end in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.disk import sync, sync_tree
from sparewheel.rag.ingest.manifest import FileState, IndexState, Manifest, checksums
from sparewheel.rag.ingest.rows import (
    Rows,
    StoredChunks,
    delete_document,
    ids_in,
    insert_document,
    merge_rows,
    new_rows,
    open_rows,
    place_of,
)
from sparewheel.rag.ingest.segments import Segment, first_to_merge
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.ingest.sums import SUMS
from sparewheel.rag.types import Chunk, Document, IndexWriter

NEXT = "next"  # the folder of the snapshot being built
MERGED = "-merged"  # ends the name of a segment that was made of several


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
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Nothing changed since `base`."""
        base = self.base
        self._rows: sqlite3.Connection | None = None  # the segment that is filled; None while nothing changed
        self._removed: dict[
            int, tuple[int, int]
        ] = {}  # document of `base` that is gone -> its (first, count) of chunks
        self._number = base.manifest.number + 1 if base is not None else 1
        self._next_chunk = base.manifest.next_chunk if base is not None else 1
        self._next_document = base.manifest.next_document if base is not None else 1
        self._linked: dict[str, FileState] = {}  # files of `base` in the next snapshot

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
            documents = {n: (id, sha256) for n, id, sha256 in rows.execute("SELECT number, id, sha256 FROM documents")}
            found = {}
            for schema, _, _ in rows.segments:  # what a later one says of a file holds
                for source, document, *file in rows.execute(f"SELECT * FROM {schema}.files"):  # noqa: S608
                    if document in documents:
                        found[source] = KnownFile(*documents[document], *file)
        return found

    def add(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        splitter: str = "",
        file: tuple[int, int, int] | None = None,
        added: str = "",
    ) -> None:
        """Adds the document, or replaces the one with its id. file: bytes, mtime_ns and checked_ns of its source.
        added: when it came into the corpus, ISO 8601 UTC; "" is now."""
        self.remove(document.id)
        rows = self._changing()
        added = added or datetime.now(UTC).isoformat(timespec="seconds")
        with rows:
            insert_document(rows, document, chunks, splitter, added, self._next_document, self._next_chunk)
            if file is not None:
                entry = (document.source, self._next_document, *file)
                rows.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", entry)
        self._next_document += 1
        self._next_chunk += len(chunks)

    def remove(self, document_id: str) -> bool:
        """Whether the document was there."""
        if self._rows is not None and (found := place_of(self._rows, document_id)) is not None:
            with self._rows as rows:
                delete_document(rows, *found)
            return True
        if self.base is None:
            return False
        with self.base.rows() as before:
            found = place_of(before, document_id)
        if found is None or found[0] in self._removed:
            return False
        number, first, count = found
        with self._changing() as rows:
            rows.execute("INSERT INTO removed VALUES (?)", (number,))
        self._removed[number] = (first, count)
        return True

    def touch(self, source: str, file: tuple[int, int, int]) -> None:
        """Notes that the file, known in `base`, was read again and has the content that is known."""
        assert self.base is not None
        with self.base.rows() as before:
            document = next(
                number
                for schema, _, _ in reversed(before.segments)
                for (number,) in before.execute(f"SELECT document FROM {schema}.files WHERE source = ?", (source,))  # noqa: S608
            )
        with self._changing() as rows:
            rows.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", (source, document, *file))

    def publish(
        self,
        writers: Sequence[IndexWriter],
        *,
        behind: Sequence[IndexWriter] = (),
        limit: int | None = None,
        on_read: Callable[[int], None] | None = None,
        more: bool = False,
    ) -> Snapshot:
        """Makes everything so far the newest snapshot, and returns it; it is `base` from now on.

        writers: their indexes catch up with all chunks, or with the `limit` oldest missing ones. behind: their indexes
        only forget what was removed. An index built by another version of its writer is built anew. Other indexes stay
        as they are; raises ValueError where one of them would name removed chunks. on_read is told how many of its
        chunks a writer is done with. more: another publish follows soon (see `segments.first_to_merge`).
        """
        self._next.mkdir(exist_ok=True)
        segments = self._publish_rows(more)
        with closing(open_rows([self._next / segment.name for segment in segments])) as rows:
            indexes = self._write_indexes(rows, writers, behind, limit, on_read, more)
            manifest = self._describe(rows, segments, indexes)
        return self._finish(manifest)

    def close(self) -> None:
        """Forgets what was not published."""
        for resource in (self._rows, self.base):
            if resource is not None:
                resource.close()

    def _changing(self) -> sqlite3.Connection:
        """The segment of rows that is filled."""
        if self._rows is None:
            (self._next / "rows").mkdir(parents=True, exist_ok=True)
            self._rows = new_rows(self._next / f"rows/{folder_name(self._number)}.sqlite")
        return self._rows

    def _publish_rows(self, more: bool) -> tuple[Segment, ...]:
        """The segments of rows of the next snapshot, in its folder."""
        known = self.base.manifest.rows if self.base is not None else ()
        if self._rows is None and known:
            return tuple(self._link(segment) for segment in known)
        rows = self._changing()
        (chunks,) = rows.execute("SELECT coalesce(sum(chunks), 0) FROM documents").fetchone()
        rows.close()
        self._rows = None
        name = f"rows/{folder_name(self._number)}.sqlite"
        every = (*known, Segment(name, chunks, sum(count for _, count in self._removed.values())))
        first = first_to_merge(every, more=more)
        kept = [self._link(segment) for segment in every[:first]]
        if first < len(known):
            new, name = self._next / name, name.replace(".sqlite", f"{MERGED}.sqlite")
            merge_rows([*self._checked(known[first:]), new], self._next / name)
            new.unlink()
        return (*kept, _merged(every, first, name))

    def _write_indexes(
        self,
        rows: Rows,
        writers: Sequence[IndexWriter],
        behind: Sequence[IndexWriter],
        limit: int | None,
        on_read: Callable[[int], None] | None,
        more: bool,
    ) -> dict[str, IndexState]:
        removed = np.sort(ids_in([*self._removed.values()]))
        old = dict(self.base.manifest.indexes) if self.base is not None else {}
        plans: list[tuple[IndexWriter, int | None]] = [(w, limit) for w in writers] + [(w, 0) for w in behind]
        indexes: dict[str, IndexState] = {}
        for writer, most in plans:
            state = old.pop(writer.name, None)
            if state is None and most == 0:
                continue
            if state is None or state.version != writer.version:
                state = IndexState(writer.version, 0, 0)
            after = "SELECT first, chunks FROM documents WHERE first + chunks - 1 > ? ORDER BY first"
            ids = ids_in(rows.execute(after, (state.through,)).fetchall())
            missing = ids[ids > state.through][:most]
            gone = removed[removed <= state.through]
            indexes[writer.name] = self._write_index(writer, state, StoredChunks(rows, missing, on_read), gone, more)
        for name, state in old.items():
            if (removed <= state.through).any():
                raise ValueError(f"index {name!r} names chunks that are removed: publish with its writer in `behind`")
            indexes[name] = replace(state, segments=tuple(self._link(segment, name) for segment in state.segments))
        return indexes

    def _write_index(
        self, writer: IndexWriter, state: IndexState, added: StoredChunks, gone: NDArray[np.int64], more: bool
    ) -> IndexState:
        """The index with one segment more, and those merged that are to be."""
        known, kind = state.segments, writer.name
        if not len(added) and not len(gone):
            return replace(state, segments=tuple(self._link(segment, kind) for segment in known))
        name = f"{kind}/{folder_name(self._number)}"
        new = self._next / name
        new.mkdir(parents=True)
        if len(gone) and self.base is not None:
            with self.base.rows() as before:
                writer.write(new, added, StoredChunks(before, gone))
        else:
            writer.write(new, added, [])
        every = (*known, Segment(name, len(added), len(gone)))
        first = first_to_merge(every, more=more)
        kept = [self._link(segment, kind) for segment in every[:first]]
        if first < len(known):
            name += MERGED
            (self._next / name).mkdir()
            writer.merge([*self._checked(known[first:]), new], self._next / name)
            shutil.rmtree(new)
        through = int(added.ids[-1]) if len(added) else state.through
        chunks = state.chunks + len(added) - len(gone)
        return IndexState(state.version, through, chunks, (*kept, _merged(every, first, name)))

    def _link(self, segment: Segment, index: str = "") -> Segment:
        """The segment of `base` is in the next snapshot too, without a byte copied."""
        assert self.base is not None
        name = f"{index}/first" if segment.name == index else segment.name  # written before there were segments
        for file, state in self._files_of(segment).items():
            new = name + file.removeprefix(segment.name)
            (self._next / new).parent.mkdir(parents=True, exist_ok=True)
            (self._next / new).hardlink_to(self.base.folder / file)
            self._linked[new] = state
        return replace(segment, name=name)

    def _checked(self, segments: Sequence[Segment]) -> list[Path]:
        """Where segments of `base` lie that are what was written; raises StoreError for one that is not."""
        base = self.base
        if base is None:
            return []
        for segment in segments:
            SUMS.check(base.folder, SUMS.unchecked(base.folder, self._files_of(segment)))
        return [base.folder / segment.name for segment in segments]

    def _files_of(self, segment: Segment) -> dict[str, FileState]:
        assert self.base is not None
        within = f"{segment.name}/"
        files = self.base.manifest.files
        return {name: state for name, state in files.items() if name == segment.name or name.startswith(within)}

    def _describe(self, rows: Rows, segments: tuple[Segment, ...], indexes: dict[str, IndexState]) -> Manifest:
        documents, chunks, chars = rows.execute(
            "SELECT count(*), coalesce(sum(chunks), 0), coalesce(sum(chars), 0) FROM documents"
        ).fetchone()
        return Manifest(
            number=self._number,
            published=datetime.now(UTC).isoformat(timespec="seconds"),
            documents=documents,
            chunks=chunks,
            chars=chars,
            splitters=tuple(
                version for (version,) in rows.execute("SELECT DISTINCT splitter FROM documents ORDER BY 1")
            ),
            indexes=indexes,
            rows=segments,
            next_chunk=self._next_chunk,
            next_document=self._next_document,
            files=checksums(self._next, self._linked),
            corpus=self._corpus,
        )

    def _finish(self, manifest: Manifest) -> Snapshot:
        """Everything on the disk first, then its name, then CURRENT."""
        manifest.write(self._next)
        sync_tree(self._next, self._linked.keys())
        self._next.rename(self._next.with_name(folder_name(manifest.number)))
        sync(self._next.parent)
        before, self.base = self.base, self._make_current(manifest.number)
        self._begin_anew()
        if before is not None:
            before.close()
        return self.base


def _merged(every: Sequence[Segment], first: int, name: str) -> Segment:
    """The segments from `first` on as one; what it weighs is not known better than as the sum, unless it is all."""
    part = every[first:]
    chunks, gone = sum(segment.chunks for segment in part), sum(segment.gone for segment in part)
    return Segment(name, chunks - gone, 0) if first == 0 else Segment(name, chunks, gone)
