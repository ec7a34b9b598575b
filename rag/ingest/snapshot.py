"""A snapshot: one published state of a corpus, open for reading. It never changes; `Store.open` gives the newest."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.disk import FileHold
from sparewheel.rag.errors import StoreError
from sparewheel.rag.ingest.described import FIELDS, Described, DocumentInfo, name_of
from sparewheel.rag.ingest.manifest import NAME, IndexState, Manifest, read_manifest
from sparewheel.rag.ingest.rows import Rows, ids_in, open_rows, read_chunks, read_document
from sparewheel.rag.ingest.sums import AT_ONCE_BYTES, CURE, SUMS
from sparewheel.rag.rights import LABEL, Readers, labels_of
from sparewheel.rag.types import Chunk, Document, Filter, Selection

SELECTIONS = 8  # kept a snapshot, one byte a chunk each


class Snapshot(Described):
    """Implements `types.Passages`. Safe to share between threads. While it is open its folder is not removed."""

    def __init__(self, folder: Path, *, checked: bool = True) -> None:
        """Raises FileNotFoundError when the snapshot is gone, StoreError when a file of it is missing or was changed.
        A large snapshot is checked beside the first questions; what is found then, the next one raises.

        checked: whether every byte is compared with what was written; else only the lengths are, for the writer of the
        next one, who checks what it reads through, and for who asks no more than what a corpus is.
        """
        self.folder = folder
        self._damage: StoreError | None = None
        self._hold = FileHold(folder / NAME, shared=True, wait=True)
        self._idle: list[Rows] = []
        self._selecting = threading.Lock()
        self._selections: OrderedDict[str, Selection] = OrderedDict()
        try:
            self.manifest: Manifest = read_manifest(folder)
            self._check_files(every_byte=checked)
        except BaseException:
            self._hold.close()
            raise

    @contextmanager
    def rows(self) -> Iterator[Rows]:
        """A connection nobody else uses meanwhile. There are as many as were ever needed at once."""
        if self._hold.fd < 0:
            raise ValueError(f"snapshot {self.folder} is closed")
        if self._damage is not None:
            raise self._damage
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connected()
        try:
            yield connection
        except (sqlite3.DatabaseError, zlib.error) as error:
            raise StoreError(f"the documents in {self.folder} are damaged ({error}); {CURE}") from error
        finally:
            self._idle.append(connection)
            if self._hold.fd < 0:
                self._close_idle()

    def _connected(self) -> Rows:
        """Raises OSError where this process may not open more files, StoreError where the rows are damaged."""
        try:
            return open_rows([self.folder / segment.name for segment in self.manifest.rows])
        except sqlite3.DatabaseError as error:
            (self.folder / NAME).open("rb").close()  # SQLite does not say why it cannot open a file
            raise StoreError(f"the documents in {self.folder} cannot be opened ({error}); {CURE}") from error

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The chunks in the order of `ids`. Raises StoreError for an id the store does not know."""
        wanted = [int(id) for id in ids]
        with self.rows() as rows:
            found = {chunk.id: chunk for chunk in read_chunks(rows, wanted)}
        if missing := [id for id in wanted if id not in found]:
            raise StoreError(f"an index names chunk {missing[0]}, which {self.folder} does not hold; {CURE}")
        return [found[id] for id in wanted]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """The chunks of one document in text order. Raises NotFound."""
        self._known(document_id)
        return self.chunks(self.matching({"document": document_id}).tolist())

    def ids(self) -> NDArray[np.int64]:
        """Sorted ids of all chunks."""
        return self.matching({})

    def matching(self, filter: Filter) -> NDArray[np.int64]:
        """Sorted ids of the chunks whose document satisfies every key of the filter (any one value of several).

        Keys: document (its id), title, source, language, media_type, and any key of the documents' metadata (the loader
        gives every one its format: pdf, docx, ...).
        Raises UsageError for a key that no document has.
        """
        conditions, parameters = self._conditions(filter)
        query = f"SELECT first, chunks FROM documents WHERE {conditions} ORDER BY first"  # noqa: S608
        with self.rows() as rows:
            return ids_in(rows.execute(query, parameters).fetchall())

    def selected(self, filter: Filter) -> Selection:
        """What `matching` finds, as one bitmap for all searches; those of the last few filters are kept."""
        key = json.dumps(sorted((k, name_of(v)) for k, v in filter.items()))
        with self._selecting:
            if key in self._selections:
                self._selections.move_to_end(key)
                return self._selections[key]
        found = Selection.of(self.matching(filter))
        with self._selecting:
            self._selections[key] = found
            while len(self._selections) > SELECTIONS:
                self._selections.popitem(last=False)
        return found

    def document_ids(self, filter: Filter) -> list[str]:
        """The documents that satisfy the filter, by id. Raises as `matching`."""
        conditions, parameters = self._conditions(filter)
        with self.rows() as rows:
            found = rows.execute(f"SELECT id FROM documents WHERE {conditions} ORDER BY id", parameters)  # noqa: S608
            return [id for (id,) in found]

    def _conditions(self, filter: Filter) -> tuple[str, list[str]]:
        conditions, parameters = ["1"], list[str]()
        for key, value in filter.items():
            values = json.dumps([value] if isinstance(value, str) else list(value), ensure_ascii=False)
            listed = "IN (SELECT value FROM json_each(?))"
            if key in FIELDS:
                conditions.append(f"{FIELDS[key]} {listed}")
                parameters.append(values)
            else:
                self._known_key(key)
                has = f"SELECT document FROM metadata WHERE key = ? AND value {listed}"  # noqa: S608
                conditions.append(f"number IN ({has})")
                parameters += [key, values]
        return " AND ".join(conditions), parameters

    def document(self, id: str, *, layout: bool = True) -> Document:
        """The document with its text, and with the boxes of its words unless `layout` is False. Raises NotFound."""
        with self.rows() as rows:
            document = read_document(rows, id, layout=layout)
        if document is None:
            self._known(id)
        assert document is not None
        return document

    def documents(self) -> list[DocumentInfo]:
        """All documents, by id."""
        with self.rows() as rows:
            found = rows.execute(
                "SELECT id, title, source, media_type, language, sha256, chars, pages, chunks, added, splitter,"
                " metadata FROM documents ORDER BY id"
            ).fetchall()
        return [DocumentInfo(*(*row[:-1], json.loads(row[-1]))) for row in found]

    def labels(self) -> dict[str, Readers]:
        """Of the documents that carry access labels: id -> who may read it (`rights.LABEL` among their metadata)."""
        with self.rows() as rows:
            found = rows.execute(
                "SELECT d.id, m.value FROM metadata m JOIN documents d ON d.number = m.document WHERE m.key = ?",
                (LABEL,),
            ).fetchall()
        return {id: labels_of(value) for id, value in found}

    def language(self) -> str:
        """The language of most of the text: "en" or "zh"."""
        with self.rows() as rows:
            row = rows.execute(
                "SELECT language FROM documents GROUP BY language ORDER BY sum(chars) DESC LIMIT 1"
            ).fetchone()
        return row[0] if row else "en"

    def sources(self) -> dict[str, str]:
        """Document id -> its source."""
        with self.rows() as rows:
            return dict(rows.execute("SELECT id, source FROM documents").fetchall())

    def segments(self, index: str) -> list[Path]:
        """The folders of an index, the oldest first; none where there is no such index."""
        state = self.manifest.indexes.get(index)
        return [] if state is None else [self.folder / segment.name for segment in state.segments]

    def verify(self) -> None:
        """Reads every file again. Raises StoreError when one is not, byte for byte, what was written."""
        SUMS.check(self.folder, self.manifest.files)
        with self.rows() as rows:
            for (schema, _, _), segment in zip(rows.segments, self.manifest.rows, strict=True):
                (said,) = rows.execute(f"PRAGMA {schema}.quick_check").fetchone()
                if said != "ok":
                    raise StoreError(f"{self.folder / segment.name}: {said}; {CURE}")

    def close(self) -> None:
        """A question in flight still gets its answer; the next one raises ValueError."""
        self._hold.close()
        self._close_idle()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _check_files(self, *, every_byte: bool) -> None:
        """Raises StoreError when a file is not what was written; a large snapshot is checked in the background."""
        left = SUMS.unchecked(self.folder, self.manifest.files)
        if not every_byte:
            return
        if sum(state.bytes for state in left.values()) <= AT_ONCE_BYTES:
            SUMS.check(self.folder, left)
            return

        def scrub() -> None:
            try:
                SUMS.check(self.folder, left)
            except StoreError as error:
                self._damage = error
            except FileNotFoundError:
                pass  # closed and cleaned away meanwhile: nobody asks it any more

        threading.Thread(target=scrub, name="check-snapshot", daemon=True).start()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    # ------------------------------------------------------------ `Described`

    @property
    def _corpus(self) -> str:
        return self.folder.parents[1].name

    @property
    def _held(self) -> int:
        return self.manifest.chunks

    @property
    def _indexes(self) -> Mapping[str, IndexState]:
        return self.manifest.indexes

    def _values(self, key: str) -> list[str]:
        if key in FIELDS:
            return self._column(f"SELECT DISTINCT {FIELDS[key]} FROM documents")  # noqa: S608
        return self._column("SELECT DISTINCT value FROM metadata WHERE key = ?", key)

    def _has(self, id: str) -> bool:
        return bool(self._column("SELECT 1 FROM documents WHERE id = ?", id))

    def _has_key(self, key: str) -> bool:
        return bool(self._column("SELECT 1 FROM metadata WHERE key = ? LIMIT 1", key))

    def _keys(self) -> list[str]:
        return self._column("SELECT DISTINCT key FROM metadata")

    def _ids(self) -> list[str]:
        return self._column("SELECT id FROM documents")

    def _column(self, query: str, *given: str) -> list[str]:
        with self.rows() as rows:
            return [value for (value,) in rows.execute(query, given)]
