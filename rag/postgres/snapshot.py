"""One version of a corpus in the database: what was born up to it and had not died. See `stores.CorpusSnapshot`.

Documents are not changed but replaced, and what died is kept for an hour (`housekeeping.GRACE`): a question that began
with a version ends with it. Only what a question needs is read; what never changes is kept by the process.
"""

from __future__ import annotations

import functools
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import NotFound, StoreError, Unavailable
from sparewheel.rag.ingest.described import FIELDS, Described, DocumentInfo, name_of
from sparewheel.rag.ingest.manifest import IndexState, Manifest
from sparewheel.rag.ingest.rows import ids_in, unpack_document
from sparewheel.rag.postgres.database import Database
from sparewheel.rag.postgres.lists import Lists, Part
from sparewheel.rag.postgres.postings import in_ranges
from sparewheel.rag.rights import LABEL, Readers, labels_of
from sparewheel.rag.types import Chunk, Document, Filter, Selection

if TYPE_CHECKING:
    from sparewheel.rag.postgres.database import Rows

HEAD = (
    "number, name, parts, version, published, documents, chunks, chars, terms, embedded, tokeniser, embedder,"
    " dimension, next_document, next_chunk, next_segment"
)
T = TypeVar("T")
_BEHIND: Any = object()  # what a server that lacks the version gives
_FILTERS_KEPT = 32  # of a snapshot
_INFO = "id, title, source, media_type, language, sha256, chars, pages, chunks, added, splitter, metadata"


@dataclass(frozen=True)
class Head:
    """The row of a corpus: its newest version and what that holds."""

    number: int
    name: str
    parts: int
    version: int
    published: datetime | None
    documents: int
    chunks: int
    chars: int
    terms: int
    embedded: int
    tokeniser: str
    embedder: str
    dimension: int
    next_document: int
    next_chunk: int
    next_segment: int


@dataclass(frozen=True, eq=False)
class Ranges:
    """Documents by their numbers, each with the ids of its chunks: [first, first + size)."""

    documents: NDArray[np.int64]
    firsts: NDArray[np.int64]
    sizes: NDArray[np.int64]


def read_head(rows: Rows, number: int, *, lock: bool = False) -> Head:
    """Raises StoreError for a corpus that was removed."""
    row = rows.execute(
        f"SELECT {HEAD} FROM corpora WHERE number = %s{' FOR UPDATE' if lock else ''}",
        (number,),
    ).fetchone()
    if row is None:
        raise NotFound("the corpus was removed meanwhile; list what is there with: sparewheel corpora list")
    return Head(*row)


class PostgresSnapshot(Described):
    """Safe to share between threads. Closing it costs and frees nothing: it holds no connection."""

    def __init__(self, database: Database, number: int, lists: Lists) -> None:
        """The newest version of the corpus, as the database that answers reads sees it."""
        self.database = database
        self.lists = lists

        def opened(rows: Rows) -> None:
            with rows.transaction():
                rows.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                self.head = read_head(rows, number)
                self._read_dead(rows)

        try:
            database.read(opened)
        except (NotFound, StoreError):
            if not database.several:
                raise
            database.read(opened, fresh=True)  # a replica may not know yet of a corpus that was just made
        if self.head.version < database.seen.get(number, 0):  # a replica that lags behind what this process has seen
            with suppress(Unavailable):  # without a primary, what the replica has is all there is
                database.read(opened, fresh=True)
                database.seen[number] = self.head.version
        database.seen[number] = max(self.head.version, database.seen.get(number, 0))
        self._filters: OrderedDict[str, tuple[Ranges, Selection]] = OrderedDict()

    def table(self, name: str) -> str:
        """The part of a table that is of this corpus alone."""
        return f"{name}_{self.head.number}"

    @property
    def manifest(self) -> Manifest:
        """How much it holds and how its indexes were built."""
        head = self.head
        splitters = self._all(
            f"SELECT DISTINCT splitter FROM {self.table('documents')} WHERE {self._living} ORDER BY 1"
        )
        return Manifest(
            number=head.version,
            published=head.published.isoformat(timespec="seconds") if head.published else "",
            documents=head.documents,
            chunks=head.chunks,
            chars=head.chars,
            splitters=tuple(splitter for (splitter,) in splitters),
            indexes=dict(self._indexes),
        )

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The chunks in the order of `ids`. Raises StoreError for an id the store does not know."""
        wanted = [int(id) for id in ids]
        found = self._all(
            f'SELECT d.id, c.start, c."end", c.text, d.title, c.headings, c.page, c.language, c.chunk, d.metadata'
            f" FROM {self.table('chunks')} c JOIN {self.table('documents')} d USING (document)"
            " WHERE c.chunk = ANY(%s)",
            (wanted,),
        )
        by_id = {row[8]: _chunk(row) for row in found}
        if missing := [id for id in wanted if id not in by_id]:
            raise StoreError(
                f"an index names chunk {missing[0]}, which {self.head.name!r} does not hold; "
                f"run: sparewheel reindex --corpus {self.head.name}"
            )
        return [by_id[id] for id in wanted]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """The chunks of one document in text order. Raises NotFound."""
        self._known(document_id)
        return self.chunks(self.matching({"document": document_id}).tolist())

    def ids(self) -> NDArray[np.int64]:
        """Sorted ids of all chunks."""
        return self.matching({})

    def matching(self, filter: Filter) -> NDArray[np.int64]:
        """Sorted ids of the chunks whose document satisfies every key of the filter. Raises UsageError for a key that
        no document has."""
        found = self.ranges(filter)
        return ids_in(list(zip(found.firsts.tolist(), found.sizes.tolist(), strict=True)))

    def ranges(self, filter: Filter) -> Ranges:
        """The documents that satisfy the filter. Raises as `matching`."""
        return self._filtered(filter)[0]

    def selected(self, filter: Filter) -> Selection:
        """What `matching` finds, as one bitmap for all searches; those of the last few filters are kept."""
        return self._filtered(filter)[1]

    def document_ids(self, filter: Filter) -> list[str]:
        """The documents that satisfy the filter, by id. Raises as `matching`."""
        conditions, given = self._conditions(filter)
        found = self._all(
            f'SELECT id FROM {self.table("documents")} d WHERE {conditions} ORDER BY id COLLATE "C"', given
        )
        return [id for (id,) in found]

    def document(self, id: str, *, layout: bool = True) -> Document:
        """The document with its text, and with the boxes of its words unless `layout` is False. Raises NotFound."""
        found = self._all(
            "SELECT d.title, d.source, d.media_type, d.language, d.sha256, d.metadata, c.text, c.pages, c.headings,"
            f" {'c.layout' if layout else 'NULL'} FROM {self.table('documents')} d"
            f" JOIN {self.table('contents')} c USING (document) WHERE d.id = %s AND {self._living}",
            (storable(id),),
        )
        if not found:
            self._known(id)
            raise StoreError(f"the text of {id!r} is gone from {self.head.name!r}; ingest it again")
        title, source, media_type, language, sha256, metadata, text, pages, headings, packed = found[0]
        about = (title, source, media_type, language, sha256)
        return unpack_document(id, about, metadata, (text, pages, headings, packed))

    def documents(self) -> list[DocumentInfo]:
        """All documents, by id."""
        found = self._all(f'SELECT {_INFO} FROM {self.table("documents")} WHERE {self._living} ORDER BY id COLLATE "C"')
        return [DocumentInfo(*row) for row in found]

    def sources(self) -> dict[str, str]:
        """Document id -> where it came from."""
        return dict(self._all(f"SELECT id, source FROM {self.table('documents')} WHERE {self._living}"))

    def labels(self) -> dict[str, Readers]:
        """Of the documents that carry access labels: id -> who may read it (`rights.LABEL` among their metadata)."""
        found = self._all(
            f"SELECT d.id, f.value FROM {self.table('facts')} f JOIN {self.table('documents')} d USING (document)"
            f" WHERE f.key = %s AND {self._living}",
            (LABEL,),
        )
        return {id: labels_of(value) for id, value in found}

    def language(self) -> str:
        """The language of most of the text: "en" or "zh"."""
        found = self._all(
            f"SELECT language FROM {self.table('documents')} WHERE {self._living}"
            " GROUP BY language ORDER BY sum(chars) DESC LIMIT 1"
        )
        return str(found[0][0]) if found else "en"

    def verify(self) -> None:
        """Reads every document and chunk again. Raises StoreError where one is not the other's text, or is missing."""
        cure = f"restore the database, or ingest {self.head.name!r} again"
        total = 0
        for info in self.documents():
            document = self.document(info.id)
            chunks = self.chunks_of(info.id)
            total += len(chunks)
            if len(document.text) != info.chars or len(chunks) != info.chunks:
                raise StoreError(f"{info.id!r} is not as long as it was written; {cure}")
            for chunk in chunks:
                if document.text[chunk.start : chunk.end] != chunk.text:
                    raise StoreError(f"passage {chunk.id} of {info.id!r} is not in its document; {cure}")
        firsts, sizes = self.dead
        living = sum(int((~in_ranges(part.ids, firsts, sizes)).sum()) for part in self.parts)
        if total != self.head.chunks or (self.head.tokeniser and living != total):
            raise StoreError(f"{self.head.name!r} has {total} passages, its keyword index {living}; {cure}")

    def close(self) -> None:
        """Nobody asks it any more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ------------------------------------------------------------ reading

    @property
    def _living(self) -> str:
        version = self.head.version
        return f"born <= {version} AND (died IS NULL OR died > {version})"

    def read(self, work: Callable[[Rows], T]) -> T:
        """What `work` read, from a server that has this version: another replica may lag behind the one that it was
        opened from."""
        if not self.database.several:
            return self.database.read(work)

        def checked(rows: Rows) -> T | None:
            row = rows.execute("SELECT version FROM corpora WHERE number = %s", (self.head.number,)).fetchone()
            return work(rows) if row is not None and row[0] >= self.head.version else _BEHIND

        found = self.database.read(checked)
        if found is _BEHIND:
            found = self.database.read(checked, fresh=True)
        if found is _BEHIND:
            raise Unavailable("the servers that answer are behind; ask again in a moment", reason="store_unavailable")
        return cast(T, found)

    def _all(self, query: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.read(lambda rows: rows.execute(query, given or None).fetchall())

    def _read_dead(self, rows: Rows) -> None:
        """dead: (firsts, sizes) of the chunks that segments still name; dead_documents: those with vectors."""
        found = rows.execute(
            f"SELECT document, first, chunks, purged, unindexed FROM {self.table('documents')}"
            " WHERE died <= %s AND NOT (purged AND unindexed)",
            (self.head.version,),
        ).fetchall()
        named = [(first, size) for _, first, size, _, unindexed in found if not unindexed]
        firsts, sizes = np.array(named, np.int64).reshape(-1, 2).T
        self.dead = firsts, sizes
        self.dead_documents = [document for document, _, _, purged, _ in found if not purged]

    @functools.cached_property
    def parts(self) -> list[Part]:
        """The segments of this version; those read before from memory."""
        corpus, known, segments = self.head.number, self.lists.segments, self.table("segments")
        numbers = [n for (n,) in self._all(f"SELECT segment FROM {segments} WHERE {self._living} ORDER BY segment")]
        found = {number: part for number in numbers if (part := known.get((corpus, number))) is not None}
        if missing := [number for number in numbers if number not in found]:
            query = f"SELECT segment, ids, lengths FROM {segments} WHERE segment = ANY(%s)"
            for number, ids, lengths in self.read(lambda rows: rows.execute(query, (missing,), binary=True).fetchall()):
                found[number] = known[corpus, number] = Part(
                    number, np.frombuffer(ids, "<i8").astype(np.int64), np.frombuffer(lengths, "<i4").astype(np.int32)
                )
        self.lists.keep_only(corpus, set(numbers))
        return [found[number] for number in numbers]

    def _filtered(self, filter: Filter) -> tuple[Ranges, Selection]:
        """Worked out once for a filter, then kept."""
        key = json.dumps(sorted((k, name_of(v)) for k, v in filter.items()))
        found = self._filters.get(key)
        if found is None:
            conditions, given = self._conditions(filter)
            rows = self._all(
                f"SELECT document, first, chunks FROM {self.table('documents')} d WHERE {conditions} ORDER BY first",
                given,
            )
            documents, firsts, sizes = np.array(rows, np.int64).reshape(-1, 3).T
            ids = ids_in(list(zip(firsts.tolist(), sizes.tolist(), strict=True)))
            found = self._filters[key] = Ranges(documents, firsts, sizes), Selection.of(ids)
            while len(self._filters) > _FILTERS_KEPT:
                self._filters.popitem(last=False)
        return found

    def _conditions(self, filter: Filter) -> tuple[str, list[Any]]:
        conditions, given = [self._living], list[Any]()
        for key, value in filter.items():
            values = [storable(one) for one in ([value] if isinstance(value, str) else value)]
            if key in FIELDS:
                conditions.append(f"d.{FIELDS[key]} = ANY(%s)")
                given.append(values)
            else:
                self._known_key(key)
                has = f"SELECT f.document FROM {self.table('facts')} f WHERE f.key = %s AND f.value = ANY(%s)"
                conditions.append(f"d.document IN ({has})")
                given += [storable(key), values]
        return " AND ".join(conditions), given

    # ------------------------------------------------------------ `Described`

    @property
    def _corpus(self) -> str:
        return self.head.name

    @property
    def _held(self) -> int:
        return self.head.chunks

    @property
    def _indexes(self) -> Mapping[str, IndexState]:
        head = self.head
        built = {"bm25": (head.tokeniser, head.chunks), "dense": (head.embedder, head.embedded)}
        return {
            name: IndexState(version, head.next_chunk - 1, held) for name, (version, held) in built.items() if version
        }

    def _values(self, key: str) -> list[str]:
        documents = self.table("documents")
        if key in FIELDS:
            return self._column(f"SELECT DISTINCT {FIELDS[key]} FROM {documents} WHERE {self._living}")
        facts = f"{self.table('facts')} f JOIN {documents} d USING (document)"
        return self._column(f"SELECT DISTINCT f.value FROM {facts} WHERE f.key = %s AND {self._living}", key)

    def _has(self, id: str) -> bool:
        return bool(self._column(f"SELECT 1 FROM {self.table('documents')} WHERE id = %s AND {self._living}", id))

    def _has_key(self, key: str) -> bool:
        return bool(self._column(f"SELECT 1 FROM {self.table('facts')} WHERE key = %s LIMIT 1", key))

    def _keys(self) -> list[str]:
        return self._column(f"SELECT DISTINCT key FROM {self.table('facts')} ORDER BY 1")

    def _ids(self) -> list[str]:
        return self._column(f"SELECT id FROM {self.table('documents')} WHERE {self._living}")

    def _column(self, query: str, *given: str) -> list[str]:
        return [value for (value,) in self._all(query, [storable(one) for one in given])]


def _chunk(row: tuple[Any, ...]) -> Chunk:
    document, start, end, text, title, headings, page, language, id, metadata = row
    path = tuple(json.loads(headings)) if headings != "[]" else ()
    return Chunk(
        document, start, end, bytes(text).decode("utf-8", "surrogatepass"), title, path, page, language, id, metadata
    )


def storable(text: str) -> str:
    """The text without what PostgreSQL's text refuses: NUL and lone surrogates become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8") if _odd(text) else text


def _odd(text: str) -> bool:
    return "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
