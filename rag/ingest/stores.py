"""What a corpus is kept in, whichever engine keeps it: a folder (`rag.ingest.store`) or PostgreSQL (`rag.postgres`).

place.store(name)          a corpus, changed by one transaction per batch of documents
  .open()                  its newest snapshot: passages, documents, filters; never half a document
  .write()                 a transaction: add, remove, publish
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, Self

from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.manifest import Manifest
from sparewheel.rag.rights import Readers
from sparewheel.rag.types import Chunk, Document, Filter, IndexWriter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sparewheel.rag.ingest.described import DocumentInfo
    from sparewheel.rag.ingest.transaction import KnownFile


class CorpusSnapshot(Protocol):
    """One published state of a corpus, open for reading. It never changes. Safe to share between threads."""

    @property
    def manifest(self) -> Manifest:
        """How much it holds and how its indexes were built."""
        ...

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The chunks in the order of `ids`. Raises StoreError for an id the store does not know."""
        ...

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """The chunks of one document in text order. Raises NotFound."""
        ...

    def ids(self) -> NDArray[np.int64]:
        """Sorted ids of all chunks."""
        ...

    def matching(self, filter: Filter) -> NDArray[np.int64]:
        """Sorted ids of the chunks whose document satisfies every key of the filter (any one value of several).
        Raises UsageError for a key that no document has."""
        ...

    def document_ids(self, filter: Filter) -> list[str]:
        """The documents that satisfy the filter, by id. Raises as `matching`."""
        ...

    def check_filter(self, filter: Filter) -> None:
        """Raises UsageError for a key whose values no document has."""
        ...

    def document(self, id: str, *, layout: bool = True) -> Document:
        """The document with its text, and with the boxes of its words unless `layout` is False. Raises NotFound."""
        ...

    def documents(self) -> list[DocumentInfo]:
        """All documents, by id."""
        ...

    def sources(self) -> Mapping[str, str]:
        """Document id -> where it came from."""
        ...

    def labels(self) -> Mapping[str, Readers]:
        """Of the documents that carry access labels: id -> who may read it (`rights.LABEL` among their metadata)."""
        ...

    def language(self) -> str:
        """The language of most of the text: "en" or "zh"."""
        ...

    def share(self, index: str) -> float:
        """How much of the corpus the index holds, 0..1 of the chunks; 0.0 when there is no such index."""
        ...

    def check(self, versions: Mapping[str, str]) -> None:
        """Raises StoreError when an index was built by another version (index name -> version) than these."""
        ...

    def verify(self) -> None:
        """Reads everything again. Raises StoreError when something is not what was written."""
        ...

    def close(self) -> None:
        """Nobody asks it any more."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...


class CorpusTransaction(Protocol):
    """The changes of one writer, made visible by `publish`, as often as one likes."""

    @property
    def base(self) -> CorpusSnapshot | None:
        """The newest snapshot, None before the first."""
        ...

    @property
    def changed(self) -> bool:
        """Whether there is something to publish beside indexes that lag."""
        ...

    def lacking(self, writer: IndexWriter) -> int:
        """How many chunks of `base` the writer's index does not hold; all of them when another version built it."""
        ...

    def known_files(self) -> dict[str, KnownFile]:
        """By source path; of `base`."""
        ...

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
        ...

    def remove(self, document_id: str) -> bool:
        """Whether the document was there."""
        ...

    def touch(self, source: str, file: tuple[int, int, int]) -> None:
        """Notes that the file was read again and has the content that is known."""
        ...

    def publish(
        self,
        writers: Sequence[IndexWriter],
        *,
        behind: Sequence[IndexWriter] = (),
        limit: int | None = None,
        on_read: Callable[[int], None] | None = None,
        more: bool = False,
    ) -> CorpusSnapshot:
        """Makes everything so far the newest snapshot, and returns it; it is `base` from now on.

        writers: their indexes catch up with all chunks, or with the `limit` oldest missing ones. behind: their indexes
        only forget what was removed. An index built by another version of its writer is built anew. on_read is told
        how many of its chunks a writer is done with. more: another publish follows soon; tidying up can wait for it.
        """
        ...


class CorpusStore(Protocol):
    """One corpus."""

    @property
    def config(self) -> CorpusConfig:
        """What it is, as it was when this object was made or `configure` was last called."""
        ...

    @property
    def where(self) -> str:
        """As a person is told: its folder, or its database without the password."""
        ...

    def again(self) -> CorpusStore:
        """The same corpus, its config read anew. Raises NotFound when it was removed."""
        ...

    def configure(self, **changes: Any) -> None:
        """Changes fields of the config as it is now: another process may have changed others of it."""
        ...

    def revise(self, change: Callable[[CorpusConfig], Mapping[str, Any]]) -> None:
        """As `configure`, with fields that depend on what is there; nobody changes it meanwhile."""
        ...

    def current(self) -> int:
        """The number of the newest snapshot, 0 before the first. Cheap enough to compare before each question."""
        ...

    def manifest(self) -> Manifest | None:
        """Of the newest snapshot, without opening that; None before the first. Raises as `open` does."""
        ...

    def bytes(self) -> int:
        """What the newest snapshot takes on the disk."""
        ...

    def open(self, *, checked: bool = True) -> CorpusSnapshot:
        """The newest snapshot. Raises NotFound before the first, StoreError when it is damaged. checked: False looks
        for damage no closer than a list of corpora needs."""
        ...

    def write(self, *, wait: bool = False) -> AbstractContextManager[CorpusTransaction]:
        """A transaction. What it does not publish is forgotten."""
        ...

    def destroy(self, *, wait: bool = False) -> None:
        """The corpus and all that was kept with it are gone."""
        ...

    def note(self, name: str) -> dict[str, Any] | None:
        """A small record kept beside the corpus ("watch": what a watcher last did); None where there is none."""
        ...

    def keep_note(self, name: str, value: Mapping[str, Any]) -> None:
        """Replaces that record."""
        ...


class Place(Protocol):
    """Where corpora are kept."""

    def names(self) -> list[str]:
        """The corpora, sorted."""
        ...

    def config(self, name: str) -> CorpusConfig:
        """What the corpus is. Raises NotFound, StoreError when it cannot be read, UsageError for a name that no corpus
        can have."""
        ...

    def store(self, name: str) -> CorpusStore:
        """The corpus. Raises as `config`."""
        ...

    def create(self, config: CorpusConfig) -> CorpusStore:
        """The corpus of that name, made with `config` unless it is there already."""
        ...
