"""What the snapshots of both engines say alike: how a document is described, and what is said of a slip of the pen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparewheel.rag.errors import NotFound, StoreError, UsageError, suggest
from sparewheel.rag.ingest.manifest import IndexState
from sparewheel.rag.types import DocumentSet, Filter

FIELDS = {  # filter key -> column
    "document": "id",
    "title": "title",
    "source": "source",
    "language": "language",
    "media_type": "media_type",
}


@dataclass(frozen=True)
class DocumentInfo:
    """What a list of documents shows."""

    id: str
    title: str
    source: str
    media_type: str
    language: str
    sha256: str  # of the source bytes
    chars: int
    pages: int  # 0 where the format has none
    chunks: int
    added: str  # ISO 8601, UTC
    splitter: str  # version its chunks were split by
    metadata: Mapping[str, str]


class Described(ABC):
    """A snapshot, by what its engine can look up."""

    @property
    @abstractmethod
    def _corpus(self) -> str:
        """The name of its corpus."""

    @property
    @abstractmethod
    def _held(self) -> int:
        """Its chunks."""

    @property
    @abstractmethod
    def _indexes(self) -> Mapping[str, IndexState]:
        """By name."""

    @abstractmethod
    def _values(self, key: str) -> list[str]:
        """What documents have for a field, or a key of their metadata."""

    @abstractmethod
    def _has(self, id: str) -> bool:
        """Whether the document is there."""

    @abstractmethod
    def _has_key(self, key: str) -> bool:
        """Whether any document has the key among its metadata."""

    @abstractmethod
    def _keys(self) -> list[str]:
        """Of the metadata of all documents."""

    @abstractmethod
    def _ids(self) -> list[str]:
        """Of all documents."""

    def share(self, index: str) -> float:
        """How much of the corpus the index holds, 0..1 of the chunks; 0.0 when there is no such index."""
        state = self._indexes.get(index)
        if state is None:
            return 0.0
        return state.chunks / self._held if self._held else 1.0

    def check(self, versions: Mapping[str, str]) -> None:
        """Raises StoreError when an index was built by another version (index name -> version) than these."""
        for name, version in versions.items():
            state = self._indexes.get(name)
            if state is not None and state.version != version:
                raise StoreError(
                    f"the {name} index was built with {state.version!r}, these settings ask for {version!r}; "
                    f"run: sparewheel reindex --corpus {self._corpus}"
                )

    def check_filter(self, filter: Filter) -> None:
        """Raises UsageError for a key whose values no document has: a slip of the pen must not read like a finding."""
        for key, value in filter.items():
            self._known_key(key)
            asked = [value] if isinstance(value, str) else list(value)
            known = self._values(key)
            if known and not set(asked) & set(known):
                folded = {name.casefold(): name for name in known}
                same = next((folded[one.casefold()] for one in asked if one.casefold() in folded), "")
                near = f"; did you mean {same!r}?" if same else suggest(asked[0], known) if asked else ""
                raise UsageError(f"no document has {key}={', '.join(asked)}{near}")

    def _known_key(self, key: str) -> None:
        """Raises UsageError for a key of a filter that no document has."""
        if key not in FIELDS and not self._has_key(key):
            every = list(dict.fromkeys([*FIELDS, *self._keys()]))
            raise UsageError(f"no document has {key!r}{suggest(key, every)}; filter by {', '.join(every)}")

    def _known(self, id: str) -> None:
        """Raises NotFound for a document that is not there."""
        if not self._has(id):
            cure = suggest(id, self._ids()) or f"; list them with: sparewheel corpora info {self._corpus} --documents"
            raise NotFound(f"no document {id!r} in corpus {self._corpus!r}{cure}")


def name_of(value: str | Sequence[str]) -> object:
    """What tells a value of a filter from others: itself, or the short name of a long set of documents."""
    if isinstance(value, DocumentSet):
        return {"set": value.name}
    return [value] if isinstance(value, str) else sorted(value)
