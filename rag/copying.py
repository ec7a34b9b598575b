"""A corpus copied from one place to another, with its vectors, and compared: documents by checksum, rankings by asking.

copied = copy_corpus(store, place)        what is there already and unchanged is not copied again
checksum(a.open()) == checksum(b.open())  every document, passage and name
differing(a.open(), b.open())             questions that the two rank differently
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError, UsageError
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.ingest.report import Progress
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.ingest.stores import CorpusSnapshot, CorpusStore, CorpusTransaction, Place
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.types import Chunk

if TYPE_CHECKING:
    from sparewheel.rag.retrieve.words import Keywords

QUESTIONS = 100  # that both must rank alike
TOP = 10
_LEAST_BATCH = 2000  # chunks of a publish
_AMORTISED = 4.0  # a publish that took t seconds is followed by at least so many t of copying


class Vectors(Protocol):
    """The stored vectors of a snapshot."""

    name: str  # of the embedder that made them
    dimension: int

    def of(self, ids: Sequence[int]) -> NDArray[np.float16]:
        """float16 [len(ids), dimension]."""
        ...


def copy_corpus(
    source: CorpusStore, place: Place, on_progress: Callable[[Progress], None] = lambda progress: None
) -> CorpusStore:
    """The copy, with the same id, rights and settings. Killed at any moment, the same call goes on.

    Raises UsageError where another corpus of that name is there, NotFound where the source is empty.
    """
    with source.open() as snapshot:
        target = place.create(source.config)
        if target.config.id != source.config.id:
            raise UsageError(
                f"there is another corpus {source.config.name!r} in {target.where}; remove or move that one first"
            )
        target.configure(**{name: value for name, value in vars(source.config).items() if name not in ("name", "id")})
        _copy_documents(source, snapshot, target, on_progress)
        _copy_vectors(snapshot, target, on_progress)
    if (note := source.note("watch")) is not None:
        target.keep_note("watch", note)
    return target


def _copy_documents(
    source: CorpusStore, snapshot: CorpusSnapshot, target: CorpusStore, on_progress: Callable[[Progress], None]
) -> None:
    wanted = {info.id: info for info in snapshot.documents()}
    with source.write(wait=True) as reading:
        files = {known.document_id: known for known in reading.known_files().values()}
    with target.write(wait=True) as transaction:
        there = {info.id: info for info in transaction.base.documents()} if transaction.base is not None else {}
        gone = [id for id in there if id not in wanted]
        new = [info for info in wanted.values() if _other(info, there.get(info.id))]
        first = {info.id: int(ids[0]) if len(ids := snapshot.matching({"document": info.id})) else -1 for info in new}
        new.sort(key=lambda info: first[info.id])  # in the order they came: ties are ranked by it
        for id in gone:
            transaction.remove(id)
        publish = _Publish(transaction)
        done, total = 0, sum(info.chunks for info in new)
        for info in new:
            on_progress(Progress("split", done, total, info.id))
            chunks = snapshot.chunks_of(info.id)
            known = files.get(info.id)
            file = (known.bytes, known.mtime_ns, known.checked_ns) if known is not None else None
            transaction.add(snapshot.document(info.id), chunks, splitter=info.splitter, file=file, added=info.added)
            done += len(chunks)
            publish.if_due(len(chunks))
        if transaction.changed or transaction.base is None:
            publish.now()


class _Publish:
    """Publishes now and then, so that a large corpus is neither held in memory nor written again and again."""

    def __init__(self, transaction: CorpusTransaction) -> None:
        self._transaction = transaction
        self._waiting = 0
        self._due = 0.0

    def if_due(self, chunks: int) -> None:
        self._waiting += chunks
        if self._waiting >= _LEAST_BATCH and time.monotonic() >= self._due:
            self.now()

    def now(self) -> None:
        began = time.monotonic()
        base = self._transaction.base
        behind = [DenseWriter(_Named(base))] if base is not None and base.share("dense") else []
        self._transaction.publish([Bm25Writer()], behind=behind)
        self._waiting = 0
        self._due = time.monotonic() + _AMORTISED * (time.monotonic() - began)


class _Named:
    """The embedder of a snapshot by name alone: for a writer that only forgets."""

    def __init__(self, snapshot: CorpusSnapshot) -> None:
        self.name = snapshot.manifest.indexes["dense"].version
        self.dimension = 0

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        raise StoreError(f"{len(texts)} passages have no vector to copy")


class _Kept:
    """An embedder that gives the vectors that another snapshot has of the same texts."""

    def __init__(self, snapshot: CorpusSnapshot, vectors: Vectors, ids: NDArray[np.int64]) -> None:
        self.name, self.dimension = vectors.name, vectors.dimension
        self._vectors = vectors
        self._places = {_digest(chunk): chunk.id for some in _pieces(ids) for chunk in snapshot.chunks(some.tolist())}

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        ids = [self._places.get(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]) for text in texts]
        if None in ids:
            raise StoreError("a passage of the copy has no vector in the original; finish that: sparewheel reindex")
        return self._vectors.of([id for id in ids if id is not None]).astype(np.float32)


def _copy_vectors(snapshot: CorpusSnapshot, target: CorpusStore, on_progress: Callable[[Progress], None]) -> None:
    vectors = stored_vectors(snapshot)
    if vectors is None:
        return
    embedded = snapshot.manifest.indexes["dense"].chunks
    writer = DenseWriter(_Kept(snapshot, vectors, snapshot.ids()[:embedded]))
    with target.write(wait=True) as transaction:
        lacking = transaction.lacking(writer) - (snapshot.manifest.chunks - embedded)
        if lacking > 0:

            def told(done: int) -> None:
                on_progress(Progress("fill", done, lacking, "dense"))

            transaction.publish([writer], limit=lacking, on_read=told)


def stored_vectors(snapshot: CorpusSnapshot) -> Vectors | None:
    """Those of the snapshot, None where it has none."""
    if not snapshot.share("dense"):
        return None
    if isinstance(snapshot, Snapshot):
        return _InFolder(snapshot)
    return _InDatabase(snapshot)


class _InFolder:
    def __init__(self, snapshot: Snapshot) -> None:
        from sparewheel.rag.retrieve.dense import DenseIndex

        index = DenseIndex.open(*snapshot.segments("dense"))
        self.name, self.dimension = index.embedder, index.dimension
        self._order = np.argsort(index.list_ids)
        self._ids, self._rows = index.list_ids[self._order], index.rows()  # once: it is put together from segments

    def of(self, ids: Sequence[int]) -> NDArray[np.float16]:
        places = self._order[self._ids.searchsorted(np.asarray(ids, np.int64))]
        found: NDArray[np.float16] = self._rows[places]
        return found


class _InDatabase:
    def __init__(self, snapshot: Any) -> None:
        self.name, self.dimension = snapshot.head.embedder, snapshot.head.dimension
        self._snapshot = snapshot

    def of(self, ids: Sequence[int]) -> NDArray[np.float16]:
        nearest = import_module("sparewheel.rag.postgres.nearest")
        found: NDArray[np.float16] = nearest.vectors(self._snapshot, ids)
        return found


# ---------------------------------------------------------------- comparing


def checksum(snapshot: CorpusSnapshot) -> str:
    """sha256 of every document: its names, text, pages, word boxes, metadata and passages. Ids of passages are left
    out: they are each store's own."""
    total = hashlib.sha256()
    for info in snapshot.documents():
        document = snapshot.document(info.id)
        layout = document.layout
        plain = asdict(replace(document, layout=None))
        total.update(json.dumps([asdict(info), plain], sort_keys=True).encode())
        if layout is not None:
            for part in (layout.spans, layout.pages, layout.boxes, layout.sizes):
                total.update(np.ascontiguousarray(part).tobytes())
        passages = [(c.start, c.end, c.text, c.headings, c.page, c.language) for c in snapshot.chunks_of(info.id)]
        total.update(json.dumps(passages).encode())
    return total.hexdigest()


def differing(
    first: tuple[CorpusSnapshot, Keywords], second: tuple[CorpusSnapshot, Keywords], most: int = QUESTIONS
) -> list[str]:
    """Of questions made of words of the documents, those whose best passages are not the same in the same order."""
    found = []
    for question in questions(first[0], most):
        rankings = [
            [(hit.chunk.document_id, hit.chunk.start) for hit in keywords.search(question, TOP)]
            for _, keywords in (first, second)
        ]
        if rankings[0] != rankings[1]:
            found.append(question)
    return found


def questions(snapshot: CorpusSnapshot, most: int) -> list[str]:
    """The first words of passages spread evenly over the corpus."""
    ids = snapshot.ids()
    places = np.unique(np.linspace(0, len(ids) - 1, num=most).astype(np.int64)) if len(ids) else np.zeros(0, np.int64)
    chunks = snapshot.chunks(ids[places].tolist())
    return [question for chunk in chunks if (question := _opening(chunk.text))]


def _opening(text: str) -> str:
    """A dozen words, or as many characters of Chinese."""
    words = re.findall(r"[\u3400-\u9fff]+|\w+", text)[:12]
    return " ".join(words)[:80]


def _other(info: DocumentInfo, there: DocumentInfo | None) -> bool:
    return there is None or info != there


def _digest(chunk: Chunk) -> bytes:
    return hashlib.sha256(chunk.indexed_text.encode("utf-8", "surrogatepass")).digest()[:16]


def _pieces(ids: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(ids), _LEAST_BATCH):
        yield ids[start : start + _LEAST_BATCH]
