"""The SQLite files of a snapshot, its segments, and how records become their rows and come back.

A connection sees all segments as one: views of the tables without the documents that a later segment removed.
The chunks of a document have consecutive ids, `first` .. `first + chunks - 1`, and ids are never used twice: sets of
chunks are made from ranges of documents, without a look at the chunks themselves. A document's text is compressed
(it is read whole); a chunk's text is plain (it is read alone, often, and must come at once).
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.ingest.several import values_of
from sparewheel.rag.types import Chunk, Document, Layout, Page

SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, source TEXT NOT NULL,
    media_type TEXT NOT NULL, language TEXT NOT NULL, sha256 TEXT NOT NULL, chars INTEGER NOT NULL,
    pages INTEGER NOT NULL, metadata TEXT NOT NULL, splitter TEXT NOT NULL, added TEXT NOT NULL,
    first INTEGER NOT NULL, chunks INTEGER NOT NULL
);
CREATE INDEX by_source ON documents (source);
CREATE TABLE contents (
    document INTEGER PRIMARY KEY, text BLOB NOT NULL, pages TEXT NOT NULL, headings TEXT NOT NULL, layout BLOB
);
CREATE TABLE metadata (key TEXT, value TEXT, document INTEGER, PRIMARY KEY (key, value, document)) WITHOUT ROWID;
CREATE INDEX metadata_of ON metadata (document);
CREATE TABLE files (
    source TEXT PRIMARY KEY, document INTEGER NOT NULL, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    checked_ns INTEGER NOT NULL
);
CREATE INDEX files_of ON files (document);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, document INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, page INTEGER,
    language TEXT NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE removed (document INTEGER PRIMARY KEY);
"""
_OF_DOCUMENTS = {"documents": "number", "contents": "document", "metadata": "document", "chunks": "document"}

_CHUNK = """
SELECT d.id, c.start, c."end", c.text, d.title, c.headings, c.page, c.language, c.id, d.metadata
FROM {0}.chunks c JOIN {0}.documents d ON d.number = c.document
WHERE c.id IN (SELECT value FROM json_each(?)) AND c.document NOT IN (SELECT document FROM temp.removed)
"""
_LAYOUT_PARTS = (("spans", np.int32, 2), ("pages", np.int32, 1), ("boxes", np.float32, 4), ("sizes", np.float32, 2))


class Rows(sqlite3.Connection):
    """All segments of a snapshot. segments: (name of its schema, smallest and largest id of its chunks)."""

    segments: list[tuple[str, int, int]]


def open_rows(paths: Sequence[Path]) -> Rows:
    """A read-only connection to the segments, the oldest first, which never change: no locks, no journal."""
    rows = sqlite3.connect("file::memory:", uri=True, check_same_thread=False, factory=Rows)
    try:
        _attach(rows, paths)
    except BaseException:
        rows.close()
        raise
    return rows


def _attach(rows: Rows, paths: Sequence[Path]) -> None:
    rows.execute("PRAGMA temp_store=MEMORY")
    rows.execute("CREATE TEMP TABLE removed (document INTEGER PRIMARY KEY)")
    rows.segments = []
    for number, path in enumerate(paths):
        schema = f"segment{number}"
        rows.execute(f"ATTACH ? AS {schema}", (f"{path.absolute().as_uri()}?mode=ro&immutable=1",))
        low, high = rows.execute(f"SELECT min(id), max(id) FROM {schema}.chunks").fetchone()  # noqa: S608
        rows.segments.append((schema, low or 0, high or -1))
        if rows.execute(f"SELECT 1 FROM {schema}.sqlite_master WHERE name = 'removed'").fetchone():  # noqa: S608
            rows.execute(f"INSERT OR IGNORE INTO temp.removed SELECT document FROM {schema}.removed")  # noqa: S608
    schemas = [schema for schema, _, _ in rows.segments]
    for table, column in _OF_DOCUMENTS.items():
        parts = " UNION ALL ".join(f"SELECT * FROM {schema}.{table} {_left(column)}" for schema in schemas)  # noqa: S608
        rows.execute(f"CREATE TEMP VIEW {table} AS {parts}")
    rows.commit()


def _left(column: str) -> str:
    return f"WHERE {column} NOT IN (SELECT document FROM temp.removed)"  # noqa: S608


def new_rows(path: Path) -> sqlite3.Connection:
    """A new segment, to be filled. It needs no journal on disk: a crash leaves it to the next writer's broom."""
    rows = sqlite3.connect(path)
    rows.executescript("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA cache_size=-64000;")
    rows.executescript(SCHEMA)
    return rows


def merge_rows(paths: Sequence[Path], new: Path) -> None:
    """Writes segments that follow each other, up to the newest, as one to `new`."""
    new_rows(new).close()
    rows = open_rows(paths)
    try:
        rows.execute("ATTACH ? AS merged", (f"{new.absolute().as_uri()}?mode=rw",))
        rows.executescript(
            "PRAGMA merged.journal_mode=OFF; PRAGMA merged.synchronous=OFF; PRAGMA merged.cache_size=-64000"
        )
        for schema, _, _ in rows.segments:  # ids ascend from one to the next
            for table, column in _OF_DOCUMENTS.items():
                rows.execute(f"INSERT INTO merged.{table} SELECT * FROM {schema}.{table} {_left(column)}")  # noqa: S608
            rows.execute(f"INSERT OR REPLACE INTO merged.files SELECT * FROM {schema}.files")  # noqa: S608
        rows.execute("DELETE FROM merged.files WHERE document IN (SELECT document FROM temp.removed)")
        inside = " UNION ALL ".join(f"SELECT number FROM {schema}.documents" for schema, _, _ in rows.segments)  # noqa: S608
        rows.execute(f"INSERT INTO merged.removed SELECT document FROM temp.removed WHERE document NOT IN ({inside})")  # noqa: S608
        rows.commit()
    finally:
        rows.close()


def insert_document(
    rows: sqlite3.Connection,
    document: Document,
    chunks: Sequence[Chunk],
    splitter: str,
    added: str,
    number: int,
    first: int,
) -> None:
    """Adds the document as `number`; its chunks get the ids from `first` on."""
    rows.execute(
        "INSERT INTO documents (number, id, title, source, media_type, language, sha256, chars, pages, metadata,"
        " splitter, added, first, chunks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(number, document.id, document.title, document.source, document.media_type, document.language),
            *(document.sha256, len(document.text), len(document.pages), _dump(dict(document.metadata))),
            *(splitter, added, first, len(chunks)),
        ),
    )
    rows.execute(
        "INSERT INTO contents VALUES (?, ?, ?, ?, ?)",
        (
            number,
            zlib.compress(document.text.encode("utf-8", "surrogatepass"), 1),
            _dump([(page.number, page.start, page.end) for page in document.pages]),
            _dump(document.headings),
            None if document.layout is None else pack_layout(document.layout),
        ),
    )
    rows.executemany(
        "INSERT OR IGNORE INTO metadata VALUES (?, ?, ?)",
        [(key, each, number) for key, value in document.metadata.items() for each in values_of(key, value)],
    )
    rows.executemany(
        "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (first + i, number, c.start, c.end, c.page, c.language, _dump(c.headings) if c.headings else "[]", c.text)
            for i, c in enumerate(chunks)
        ],
    )


def place_of(rows: sqlite3.Connection, id: str) -> tuple[int, int, int] | None:
    """(number, first chunk, chunks) of a document, None where there is none."""
    found: tuple[int, int, int] | None = rows.execute(
        "SELECT number, first, chunks FROM documents WHERE id = ?", (id,)
    ).fetchone()
    return found


def delete_document(rows: sqlite3.Connection, number: int, first: int, chunks: int) -> None:
    """Takes a document out of the segment that is being filled."""
    rows.execute("DELETE FROM documents WHERE number = ?", (number,))
    rows.execute("DELETE FROM chunks WHERE id >= ? AND id < ?", (first, first + chunks))
    for table in ("contents", "metadata", "files"):
        rows.execute(f"DELETE FROM {table} WHERE document = ?", (number,))  # noqa: S608


def read_document(rows: sqlite3.Connection, id: str, *, layout: bool = True) -> Document | None:
    """The document `id`, or None. Without `layout` it comes faster and knows no word boxes."""
    row = rows.execute(
        "SELECT number, title, source, media_type, language, sha256, metadata FROM documents WHERE id = ?", (id,)
    ).fetchone()
    if row is None:
        return None
    number, *about, metadata = row
    contents = rows.execute(
        f"SELECT text, pages, headings, {'layout' if layout else 'NULL'} FROM contents WHERE document = ?",  # noqa: S608
        (number,),
    ).fetchone()
    return unpack_document(id, about, json.loads(metadata), contents)


def unpack_document(
    id: str, about: Iterable[str], metadata: Mapping[str, str], contents: tuple[bytes, str, str, bytes | None]
) -> Document:
    """A document out of what is stored of it. about: title, source, media type, language, sha256; contents: its text,
    deflated, pages and headings as JSON, and its layout."""
    title, source, media_type, language, sha256 = about
    text, pages, headings, packed = contents
    return Document(
        id=id,
        text=zlib.decompress(text).decode("utf-8", "surrogatepass"),
        title=title,
        source=source,
        media_type=media_type,
        language=language,
        sha256=sha256,
        pages=tuple(Page(*page) for page in json.loads(pages)),
        layout=None if packed is None else unpack_layout(packed),
        metadata=metadata,
        headings=tuple((start, end, level) for start, end, level in json.loads(headings)),
    )


def read_chunks(rows: Rows, ids: Sequence[int]) -> Iterator[Chunk]:
    """The chunks that exist of `ids`, in no promised order."""
    for schema, low, high in rows.segments:
        inside = [id for id in ids if low <= id <= high]
        if not inside:
            continue
        for document, start, end, text, title, headings, page, language, id, metadata in rows.execute(
            _CHUNK.format(schema), (json.dumps(inside),)
        ):
            path = tuple(json.loads(headings)) if headings != "[]" else ()
            known = json.loads(metadata) if metadata != "{}" else {}
            yield Chunk(document, start, end, text, title, path, page, language, id, known)


def ids_in(ranges: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """All ids of (first, count) ranges, in their order."""
    if not ranges:
        return np.empty(0, np.int64)
    first, count = np.array(ranges, np.int64).T
    ends = np.cumsum(count)
    ids: NDArray[np.int64] = np.arange(ends[-1], dtype=np.int64) + np.repeat(first - (ends - count), count)
    return ids


class StoredChunks(Sequence[Chunk]):
    """Chunks by their sorted ids, read from the file a page at a time, so that a whole corpus need not be in memory."""

    PAGE = 2000

    def __init__(self, rows: Rows, ids: NDArray[np.int64], on_read: Callable[[int], None] | None = None) -> None:
        """on_read is told the position of every chunk or slice that is asked for: those before it are done with."""
        self._rows = rows
        self._on_read = on_read
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Chunk: ...
    @overload
    def __getitem__(self, index: slice) -> list[Chunk]: ...
    def __getitem__(self, index: int | slice) -> Chunk | list[Chunk]:
        wanted = (self.ids[index] if isinstance(index, slice) else self.ids[[index]]).tolist()
        found = {chunk.id: chunk for chunk in read_chunks(self._rows, wanted)}
        chunks = [found[id] for id in wanted]
        if self._on_read is not None:
            self._on_read(index.indices(len(self))[0] if isinstance(index, slice) else index)
        return chunks if isinstance(index, slice) else chunks[0]

    def __iter__(self) -> Iterator[Chunk]:
        for start in range(0, len(self), self.PAGE):
            yield from self[start : start + self.PAGE]


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pack_layout(layout: Layout) -> bytes:
    """The number of words and of pages, then every array column by column (neighbours alike compress better)."""
    head = np.array([len(layout.spans), len(layout.sizes)], np.int32).tobytes()
    columns = (np.ascontiguousarray(np.asarray(getattr(layout, name), kind).T) for name, kind, _ in _LAYOUT_PARTS)
    return zlib.compress(head + b"".join(column.tobytes() for column in columns), 1)


def unpack_layout(packed: bytes) -> Layout:
    raw = zlib.decompress(packed)
    words, pages = (int(n) for n in np.frombuffer(raw, np.int32, 2))
    arrays: dict[str, Any] = {}
    at = 8
    for name, kind, width in _LAYOUT_PARTS:
        rows = pages if name == "sizes" else words
        array = np.frombuffer(raw, kind, rows * width, at)
        at += array.nbytes
        arrays[name] = np.ascontiguousarray(array.reshape(width, rows).T) if width > 1 else array
    return Layout(**arrays)
