"""The changes of one writer, made visible by one database transaction a publish. See `stores.CorpusTransaction`.

What is costly (counting terms, embedding) is done before the transaction, which then takes the corpus' row: two writers
at once both land, one after the other, and a document that both bring in is there once, as the later one read it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.ingest.rows import pack_layout
from sparewheel.rag.ingest.several import values_of
from sparewheel.rag.ingest.transaction import KnownFile
from sparewheel.rag.postgres import housekeeping
from sparewheel.rag.postgres.database import Database
from sparewheel.rag.postgres.lists import Lists
from sparewheel.rag.postgres.postings import MOST_CHUNKS, count
from sparewheel.rag.postgres.segments import copy_rows, store_segment
from sparewheel.rag.postgres.snapshot import Head, PostgresSnapshot, read_head, storable
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.types import Chunk, Document, Embedder, IndexWriter

if TYPE_CHECKING:
    from sparewheel.rag.postgres.database import Rows

_EMBEDDED_AT_ONCE = 256  # chunks; progress is told so often


@dataclass(frozen=True)
class _New:
    document: Document
    chunks: tuple[Chunk, ...]
    splitter: str
    file: tuple[int, int, int] | None
    added: str


class PostgresTransaction:
    """What was not published is forgotten with the object."""

    def __init__(self, database: Database, number: int, lists: Lists) -> None:
        self._database, self._number, self._lists = database, number, lists
        newest = PostgresSnapshot(database, number, lists)
        self._base = newest if newest.head.version else None
        self._forget()

    def _forget(self) -> None:
        self._added: dict[str, _New] = {}
        self._removed: set[str] = set()  # of the base, also where the document comes back
        self._touched: dict[str, tuple[int, int, int]] = {}

    @property
    def base(self) -> PostgresSnapshot | None:
        """The newest snapshot, None before the first."""
        return self._base

    @property
    def changed(self) -> bool:
        """Whether there is something to publish beside indexes that lag."""
        return bool(self._added or self._removed or self._touched)

    def lacking(self, writer: IndexWriter) -> int:
        """How many chunks of `base` the writer's index does not hold; all of them when another version built it."""
        if self._base is None:
            return 0
        head = self._base.head
        held = {"bm25": (head.tokeniser, head.chunks), "dense": (head.embedder, head.embedded)}[writer.name]
        return head.chunks - (held[1] if held[0] == writer.version else 0)

    def known_files(self) -> dict[str, KnownFile]:
        """By source path; of `base`."""
        if self._base is None:
            return {}
        table = self._base.table("documents")
        found = self._database.read(
            lambda rows: rows.execute(
                f"SELECT source, id, sha256, file_bytes, mtime_ns, checked_ns FROM {table}"
                " WHERE died IS NULL AND file_bytes IS NOT NULL ORDER BY document"
            ).fetchall()
        )
        return {source: KnownFile(*known) for source, *known in found}

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
        document = replace(document, id=storable(document.id))
        added = added or datetime.now(UTC).isoformat(timespec="seconds")
        self._added.pop(document.id, None)  # documents are numbered in the order they came
        self._added[document.id] = _New(document, tuple(chunks), splitter, file, added)
        self._removed.add(document.id)

    def remove(self, document_id: str) -> bool:
        """Whether the document was there."""
        document_id = storable(document_id)
        if document_id in self._added:
            del self._added[document_id]
            return True
        if document_id in self._removed or self._base is None or not self._base.document_ids({"document": document_id}):
            return False
        self._removed.add(document_id)
        return True

    def touch(self, source: str, file: tuple[int, int, int]) -> None:
        """Notes that the file was read again and has the content that is known."""
        self._touched[source] = file

    def publish(
        self,
        writers: Sequence[IndexWriter],
        *,
        behind: Sequence[IndexWriter] = (),
        limit: int | None = None,
        on_read: Callable[[int], None] | None = None,
        more: bool = False,
    ) -> PostgresSnapshot:
        """As the protocol. writers: of words and of vectors alone (`bm25`, `dense`)."""
        for writer in (*writers, *behind):
            if not isinstance(writer, Bm25Writer | DenseWriter):
                raise ValueError(f"an index {writer.name!r} is not kept in a database")
        words = next((writer for writer in writers if isinstance(writer, Bm25Writer)), None)
        dense = next((writer for writer in writers if isinstance(writer, DenseWriter)), None)
        later = next((writer for writer in behind if isinstance(writer, DenseWriter)), None)
        if words is not None and self._base is not None and self.lacking(words):
            housekeeping.count_again(self._database, self._number, words.version)
        if self.changed or (dense is None and later is None):
            self._write(words.version if words else "")
        if later is not None:
            self._forget_other_vectors(later.embedder)
        if dense is not None:
            self._embed(dense.embedder, limit, on_read)
        self._base = PostgresSnapshot(self._database, self._number, self._lists)
        housekeeping.tidy(self._database, self._number, self._lists)
        return self._base

    # ------------------------------------------------------------ documents

    def _write(self, tokeniser: str) -> None:
        news = [replace_ids(new) for new in self._added.values()]
        segments = [count(some, ids) for some, ids in _in_segments(news)]
        removed, touched = sorted(self._removed), self._touched

        def written(rows: Rows) -> int:
            head = read_head(rows, self._number, lock=True)
            version = head.version + 1
            gone = _die(rows, head, removed, version)
            for source, file in touched.items():
                rows.execute(
                    f"UPDATE documents_{head.number} SET file_bytes = %s, mtime_ns = %s, checked_ns = %s"
                    " WHERE source = %s AND died IS NULL AND file_bytes IS NOT NULL",
                    (*file, storable(source)),
                )
            lengths = np.concatenate([np.zeros(0, np.int64), *(segment.lengths for segment in segments)])
            _copy_documents(rows, head, version, news, lengths)
            for place, segment in enumerate(segments):
                ids = segment.ids + head.next_chunk
                store_segment(rows, head, head.next_segment + place, version, replace(segment, ids=ids))
            chunks, chars = len(lengths), sum(len(new.document.text) for new in news)
            rows.execute(
                "UPDATE corpora SET version = %s, published = now(), documents = documents + %s, chunks = chunks + %s,"
                " chars = chars + %s, terms = terms + %s, embedded = embedded - %s, next_document = next_document + %s,"
                " next_chunk = next_chunk + %s, next_segment = next_segment + %s,"
                " tokeniser = CASE WHEN %s <> '' THEN %s ELSE tokeniser END WHERE number = %s",
                (
                    *(version, len(news) - gone[0], chunks - gone[1], chars - gone[2], int(lengths.sum()) - gone[3]),
                    *(gone[4], len(news), chunks, len(segments), tokeniser, tokeniser, head.number),
                ),
            )
            return version

        self._database.seen[self._number] = self._database.write(written)
        self._forget()

    # ------------------------------------------------------------ vectors

    def _forget_other_vectors(self, embedder: Embedder) -> None:
        """Those of another model are of no use any more."""

        def forgotten(rows: Rows) -> None:
            head = read_head(rows, self._number, lock=True)
            if head.embedder in ("", embedder.name):
                return
            _start_vectors(rows, head, embedder)

        self._database.write(forgotten)

    def _embed(self, embedder: Embedder, limit: int | None, on_read: Callable[[int], None] | None) -> None:
        def begun(rows: Rows) -> list[tuple[int, int, int, int]]:
            head = read_head(rows, self._number, lock=True)
            if head.embedder != embedder.name:
                _start_vectors(rows, head, embedder)
            return list(
                rows.execute(
                    f"SELECT document, first, chunks, embedded FROM documents_{head.number}"
                    " WHERE died IS NULL AND embedded < chunks ORDER BY first LIMIT %s",
                    (None if limit is None else max(limit, 1),),
                ).fetchall()
            )

        todo = list(_missing(self._database.write(begun), limit))
        snapshot = PostgresSnapshot(self._database, self._number, self._lists)
        done = 0
        for some in _batches(todo, _EMBEDDED_AT_ONCE):
            ids = [chunk for _, chunk in some]
            texts = [chunk.indexed_text for chunk in snapshot.chunks(ids)]
            vectors = np.nan_to_num(embedder.embed(texts)).astype(np.float16)
            self._database.write(_vectors_in(snapshot.head, embedder.name, some, vectors))
            done += len(some)
            if on_read is not None:
                on_read(done)
        housekeeping.index_vectors(self._database, self._number)


def replace_ids(new: _New) -> _New:
    """With what a text column refuses replaced in the names; the text itself is kept byte for byte."""
    document = new.document
    metadata = {storable(key): storable(str(value)) for key, value in document.metadata.items()}
    title, source = storable(document.title), storable(document.source)
    return replace(new, document=replace(document, title=title, source=source, metadata=metadata))


def _in_segments(news: Sequence[_New]) -> Iterator[tuple[list[Chunk], NDArray[np.int64]]]:
    """The chunks in runs that a segment holds, no document in two, with their ids counted from 0."""
    start, some = 0, list[Chunk]()
    for new in news:
        if some and len(some) + len(new.chunks) > MOST_CHUNKS:
            yield some, np.arange(start, start + len(some), dtype=np.int64)
            start, some = start + len(some), []
        # what is indexed names the document as it is stored
        some.extend(replace(c, title=new.document.title, metadata=new.document.metadata) for c in new.chunks)
    if some:
        yield some, np.arange(start, start + len(some), dtype=np.int64)


def _die(rows: Rows, head: Head, ids: Sequence[str], version: int) -> tuple[int, int, int, int, int]:
    """The documents die with the version; how many documents, chunks, characters, terms and vectors went."""
    found = rows.execute(
        f"UPDATE documents_{head.number} SET died = %s, died_at = now() WHERE id = ANY(%s) AND died IS NULL"
        " RETURNING chunks, chars, terms, embedded",
        (version, list(ids)),
    ).fetchall()
    chunks, chars, terms, embedded = (sum(column) for column in zip(*found, strict=True)) if found else (0, 0, 0, 0)
    return len(found), chunks, chars, terms, embedded


def _copy_documents(rows: Rows, head: Head, version: int, news: Sequence[_New], lengths: NDArray[np.int64]) -> None:
    """Rows of documents, contents, facts and chunks, all with the numbers that come next."""
    ends = np.cumsum([0, *(len(new.chunks) for new in news)])
    terms = np.concatenate([[0], np.cumsum(lengths)])
    numbers = range(head.next_document, head.next_document + len(news))
    corpus = head.number
    copy_rows(
        rows,
        f"documents_{corpus} (corpus, document, id, title, source, media_type, language, sha256, chars, pages,"
        " metadata, splitter, added, first, chunks, terms, born, file_bytes, mtime_ns, checked_ns)",
        (
            (
                *(corpus, number, new.document.id, new.document.title, new.document.source),
                *(storable(new.document.media_type), storable(new.document.language), new.document.sha256),
                *(len(new.document.text), len(new.document.pages)),
                *(json.dumps(dict(new.document.metadata), ensure_ascii=False), new.splitter, new.added),
                *(head.next_chunk + int(first), len(new.chunks), int(terms[last] - terms[first]), version),
                *(new.file or (None, None, None)),
            )
            for number, new, first, last in zip(numbers, news, ends, ends[1:], strict=False)
        ),
    )
    copy_rows(
        rows,
        f"contents_{corpus} (corpus, document, text, pages, headings, layout)",
        ((corpus, number, *_content(new.document)) for number, new in zip(numbers, news, strict=True)),
    )
    facts = (
        (corpus, key, each, number)
        for number, new in zip(numbers, news, strict=True)
        for key, value in new.document.metadata.items()
        for each in values_of(key, value)
    )
    copy_rows(rows, f"facts_{corpus} (corpus, key, value, document)", facts)
    copy_rows(
        rows,
        f'chunks_{corpus} (corpus, document, chunk, start, "end", page, language, headings, text)',
        (
            (
                *(corpus, number, head.next_chunk + int(first) + place, chunk.start, chunk.end, chunk.page),
                *(chunk.language, _dump([storable(h) for h in chunk.headings])),
                chunk.text.encode("utf-8", "surrogatepass"),
            )
            for number, new, first in zip(numbers, news, ends, strict=False)
            for place, chunk in enumerate(new.chunks)
        ),
    )


def _content(document: Document) -> tuple[bytes, str, str, bytes | None]:
    return (
        zlib.compress(document.text.encode("utf-8", "surrogatepass"), 1),
        _dump([(page.number, page.start, page.end) for page in document.pages]),
        _dump(document.headings),
        None if document.layout is None else pack_layout(document.layout),
    )


def _start_vectors(rows: Rows, head: Head, embedder: Embedder) -> None:
    """The corpus has no vectors, and will have this model's."""
    rows.execute(f"DROP INDEX IF EXISTS vectors_{head.number}_hnsw")
    rows.execute(f"TRUNCATE vectors_{head.number}")
    rows.execute(f"UPDATE documents_{head.number} SET embedded = 0 WHERE embedded > 0")
    rows.execute(
        "UPDATE corpora SET version = version + 1, published = now(), embedded = 0, embedder = %s, dimension = %s"
        " WHERE number = %s",
        (embedder.name, embedder.dimension, head.number),
    )


def _missing(rows: Iterable[tuple[int, int, int, int]], limit: int | None) -> Iterator[tuple[int, int]]:
    """(document, chunk) of what has no vector, in order; at most `limit`."""
    told = 0
    for document, first, chunks, embedded in rows:
        for chunk in range(first + embedded, first + chunks):
            if limit is not None and told >= limit:
                return
            yield document, chunk
            told += 1


def _vectors_in(
    head: Head, embedder: str, places: Sequence[tuple[int, int]], vectors: NDArray[np.float16]
) -> Callable[[Any], None]:
    """Work that brings the vectors of these (document, chunk) in; what another writer brought in meanwhile stays, and
    what died or changed its model meanwhile is left out."""

    def work(rows: Rows) -> None:
        from pgvector import HalfVector

        now = read_head(rows, head.number, lock=True)
        if now.embedder != embedder:
            return
        living: dict[int, int] = dict(
            rows.execute(
                f"SELECT document, embedded FROM documents_{head.number} WHERE died IS NULL AND document = ANY(%s)",
                (list({document for document, _ in places}),),
            ).fetchall()
        )
        rows.execute(f"CREATE TEMPORARY TABLE fresh (LIKE vectors_{head.number}) ON COMMIT DROP")
        with rows.cursor().copy("COPY fresh (corpus, document, chunk, embedding) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "int8", "int8", "halfvec"])
            for (document, chunk), vector in zip(places, vectors, strict=True):
                if document in living:
                    copy.write_row((head.number, document, chunk, HalfVector(vector)))
        rows.execute(f"INSERT INTO vectors_{head.number} SELECT * FROM fresh ON CONFLICT DO NOTHING")
        counted = rows.execute(
            f"WITH held AS (SELECT document, max(chunk) AS last FROM fresh GROUP BY document),"
            f" grown AS (UPDATE documents_{head.number} d SET embedded = greatest(d.embedded, held.last - d.first + 1)"
            " FROM held WHERE d.document = held.document RETURNING d.document, d.embedded)"
            " SELECT document, embedded FROM grown"
        ).fetchall()
        more = sum(embedded - living[document] for document, embedded in counted)
        rows.execute(
            "UPDATE corpora SET version = version + 1, published = now(), embedded = embedded + %s WHERE number = %s",
            (more, head.number),
        )

    return work


def _batches(items: Sequence[tuple[int, int]], size: int) -> Iterator[Sequence[tuple[int, int]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
