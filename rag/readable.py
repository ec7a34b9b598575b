"""A snapshot as somebody sees it who may not read all of it: what they may not read is not there, under no name and in
no count. Everything that shows documents to a person goes through it (`readable`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import NotFound, UsageError, suggest
from sparewheel.rag.ingest.described import FIELDS, DocumentInfo
from sparewheel.rag.ingest.manifest import Manifest
from sparewheel.rag.ingest.several import values_of
from sparewheel.rag.ingest.stores import CorpusSnapshot
from sparewheel.rag.rights import Readers, Rights
from sparewheel.rag.types import Chunk, Document, DocumentSet, Filter, Hit, Retriever, SearchResult

KEYWORDS = "bm25"


def readable(snapshot: CorpusSnapshot, rights: Rights | None, corpus: str) -> CorpusSnapshot:
    """The snapshot itself for who may read all of it (None: the owner of the machine), else their part of it."""
    if rights is None:
        return snapshot
    labels = snapshot.labels()
    if not labels and not any(rights.rules):
        return snapshot
    infos = snapshot.documents()
    ids = rights.among((info.id for info in infos), labels)
    return snapshot if len(ids) == len(infos) else Readable(snapshot, DocumentSet(ids), infos, corpus)


class Readable:
    """What some may read of a snapshot, with the snapshot's own face. Safe to share between threads."""

    def __init__(
        self, snapshot: CorpusSnapshot, allowed: DocumentSet, infos: Sequence[DocumentInfo], corpus: str
    ) -> None:
        """allowed: the documents that may be read. infos: of all. corpus: its name."""
        self._snapshot = snapshot
        self._corpus = corpus
        self._in_order = allowed
        self._allowed = frozenset(allowed)
        self._infos = [info for info in infos if info.id in self._allowed]

    @property
    def manifest(self) -> Manifest:
        """Of the whole snapshot: for the program, not to be shown."""
        return self._snapshot.manifest

    def only(self, filter: Filter | None) -> Filter:
        """The filter, narrowed to what may be read."""
        given = (filter or {}).get("document")
        if given is None:
            return {**(filter or {}), "document": self._in_order}
        asked = [given] if isinstance(given, str) else given
        return {**(filter or {}), "document": [id for id in asked if id in self._allowed]}

    def may_read(self, document_id: str) -> bool:
        """Is it there for this reader?"""
        return document_id in self._allowed

    def documents(self) -> list[DocumentInfo]:
        """By id."""
        return list(self._infos)

    def sources(self) -> dict[str, str]:
        """Of the documents that may be read."""
        return {info.id: info.source for info in self._infos}

    def labels(self) -> dict[str, Readers]:
        """Of the documents that may be read."""
        return {id: readers for id, readers in self._snapshot.labels().items() if id in self._allowed}

    def document_ids(self, filter: Filter) -> list[str]:
        """As the snapshot's."""
        self._known_keys(filter)
        return self._snapshot.document_ids(self.only(filter))

    def ids(self) -> NDArray[np.int64]:
        """As the snapshot's."""
        return self.matching({})

    def matching(self, filter: Filter) -> NDArray[np.int64]:
        """As the snapshot's."""
        self._known_keys(filter)
        return self._snapshot.matching(self.only(filter))

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """As the snapshot's, numbered anew: gaps would tell how much lies between. A passage that may not be read is
        never handed out, whoever names it."""
        return [self.numbered(chunk) for chunk in self._snapshot.chunks(ids) if chunk.document_id in self._allowed]

    def numbered(self, chunk: Chunk) -> Chunk:
        """The passage with its number among those that may be read."""
        return replace(chunk, id=int(self._numbers.searchsorted(chunk.id)) + 1)

    @cached_property
    def _numbers(self) -> NDArray[np.int64]:
        return self._snapshot.matching(self.only(None))

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """As the snapshot's."""
        self._known(document_id)
        return [self.numbered(chunk) for chunk in self._snapshot.chunks_of(document_id)]

    def document(self, id: str, *, layout: bool = True) -> Document:
        """As the snapshot's: one that may not be read is not found, in the same words as one that is not there."""
        self._known(id)
        return self._snapshot.document(id, layout=layout)

    def language(self) -> str:
        """Of most of the text that may be read."""
        chars: Counter[str] = Counter()
        for info in self._infos:
            chars[info.language] += info.chars
        return chars.most_common(1)[0][0] if chars else "en"

    def share(self, index: str) -> float:
        """Of the whole corpus: how far an index is."""
        return self._snapshot.share(index)

    def check_filter(self, filter: Filter) -> None:
        """As the snapshot's: keys and values of other documents are as unknown as those of none."""
        self._known_keys(filter)
        for key, value in filter.items():
            known, asked = self._values[key], [value] if isinstance(value, str) else list(value)
            if known and not set(asked) & known.keys():
                folded = {name.casefold(): name for name in known}
                same = next((folded[one.casefold()] for one in asked if one.casefold() in folded), "")
                near = f"; did you mean {same!r}?" if same else suggest(asked[0], known) if asked else ""
                raise UsageError(f"no document has {key}={', '.join(asked)}{near}")

    def check(self, versions: Mapping[str, str]) -> None:
        """As the snapshot's."""
        self._snapshot.check(versions)

    def verify(self) -> None:
        """As the snapshot's."""
        self._snapshot.verify()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """The snapshot's end."""
        self._snapshot.close()

    @cached_property
    def _values(self) -> dict[str, dict[str, None]]:
        """Filter key -> the values that documents have."""
        found: dict[str, dict[str, None]] = {key: {} for key in FIELDS}
        for info in self._infos:
            for key, column in FIELDS.items():
                found[key][str(getattr(info, column))] = None
            for key, value in info.metadata.items():
                for one in values_of(key, value):
                    found.setdefault(key, {})[one] = None
        return found

    def _known_keys(self, filter: Mapping[str, object]) -> None:
        for key in filter:
            if key not in self._values:
                every = [*FIELDS, *sorted(self._values.keys() - FIELDS.keys())]
                raise UsageError(f"no document has {key!r}{suggest(key, every)}; filter by {', '.join(every)}")

    def _known(self, id: str) -> None:
        if id not in self._allowed:
            cure = suggest(id, list(self._in_order))
            cure = cure or f"; list them with: sparewheel corpora info {self._corpus} --documents"
            raise NotFound(f"no document {id!r} in corpus {self._corpus!r}{cure}")


class ReadableSearch:
    """A `Retriever` that finds only what may be read."""

    def __init__(self, retriever: Retriever, snapshot: Readable) -> None:
        self._retriever = retriever
        self._snapshot = snapshot

    def retrieve(self, query: str, k: int, filter: Filter | None = None, within_s: float | None = None) -> SearchResult:
        """As `types.Retriever`; nothing where nothing may be read."""
        only = self._snapshot.only(filter)
        if not only["document"]:
            return SearchResult(())
        hits, notes = self._retriever.retrieve(query, k, only, within_s)
        return SearchResult([self._seen(hit) for hit in hits], notes)

    def _seen(self, hit: Hit) -> Hit:
        """Without the score of the keyword search, in which it shows how often a word is in all documents."""
        scores = {name: score for name, score in hit.scores.items() if name != KEYWORDS}
        return replace(hit, chunk=self._snapshot.numbered(hit.chunk), scores=scores)
