"""The documents of a snapshot as a question may name them: who they are, where each begins, what a clause says."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache, partial

from sparewheel.rag import outline, parties
from sparewheel.rag.clauses import Clause, find
from sparewheel.rag.errors import UsageError, suggest
from sparewheel.rag.ingest.stores import CorpusSnapshot
from sparewheel.rag.retrieve.scope import Scopes, Words
from sparewheel.rag.types import Chunk, Document, Filter, Hit, Span


class Catalogue:
    """Over one open snapshot. Nothing is read before the first question; safe to share between threads."""

    def __init__(
        self, snapshot: CorpusSnapshot, words: Words, ordinary: Callable[[str], bool] = lambda word: False
    ) -> None:
        """ordinary: whether a word of small letters is one of the language rather than a name."""
        self._snapshot = snapshot
        self._words = words
        self._ordinary = ordinary
        self._reading = threading.Lock()
        self._scopes: Scopes | None = None
        self._document = lru_cache(maxsize=16)(partial(snapshot.document, layout=False))

    @property
    def scopes(self) -> Scopes:
        """Which documents a question names."""
        with self._reading:
            if self._scopes is None:
                self._scopes = Scopes(self._snapshot.documents(), self._words, self._ordinary)
            return self._scopes

    def title(self, document_id: str) -> str:
        """How a reader knows the document."""
        return self.scopes.names.titles.get(document_id, document_id)

    def ids(self, filter: Filter | None = None) -> list[str]:
        """The documents that satisfy the filter, in order. Raises UsageError as a search with it."""
        if not filter:
            return list(self.scopes.names.titles)
        return self._snapshot.document_ids(filter)

    def check(self, filter: Filter | None) -> None:
        """Raises UsageError for a filter whose key or values no document has, that names a document that is not
        there, or that no document fits as a whole."""
        if not filter:
            return
        self._snapshot.check_filter(filter)
        if "document" in filter:
            known, asked = self.scopes.names.titles, filter["document"]
            for id in [asked] if isinstance(asked, str) else asked:
                if id not in known:
                    raise UsageError(f"no document has document={id}{suggest(id, known)}")
        if not self._snapshot.document_ids(filter):
            said = ", ".join(f"{k}={v if isinstance(v, str) else ' or '.join(v)}" for k, v in filter.items())
            raise UsageError(f"no document fits the whole filter ({said}); leave a part of it out")

    def sums(self) -> dict[str, str]:
        """Of each document the sha256 of its source bytes."""
        return {document.id: document.sha256 for document in self._snapshot.documents()}

    def kinds(self, document_ids: Collection[str]) -> list[tuple[str, int]]:
        """(kind, how many of it) of the documents, most first; "" where no kind is known."""
        wanted = set(document_ids)
        return Counter(i.metadata.get("kind", "") for i in self._snapshot.documents() if i.id in wanted).most_common()

    def languages(self) -> set[str]:
        """In which languages the documents are."""
        return {document.language for document in self._snapshot.documents()}

    def opening(self, document_id: str) -> Chunk | None:
        """The first passage of the document."""
        ids = self._snapshot.matching({"document": document_id})
        return self._snapshot.chunks([int(ids[0])])[0] if len(ids) else None

    def parts(self, document_id: str, most: int) -> list[Chunk]:
        """All passages of the document in its order; none where there are more than `most`."""
        ids = self._snapshot.matching({"document": document_id})
        return self._snapshot.chunks([int(id) for id in ids]) if len(ids) <= most else []

    def clause(self, document_id: str, clause: Clause) -> Hit | None:
        """The clause as a passage of its own, None where the document has no such one."""
        document = self._document(document_id)
        span = find(document.text, clause)
        if span is None:
            return None
        return _passage(document, *span)

    def with_parties(self, roles: Sequence[str], filter: Filter | None = None) -> list[str]:
        """The documents that satisfy the filter and whose identity says who has these roles; of several that name the
        same, the one with the fullest names."""
        wanted = {*self.ids(filter)}
        known = {i.id: parties.named(i.metadata, roles) for i in self._snapshot.documents() if i.id in wanted}
        return parties.apart({id: names for id, names in known.items() if names})

    def parties(self, document_id: str, roles: Sequence[str]) -> list[tuple[Hit, Span]]:
        """Where the document names those who have the roles, as passages of its opening; [] where it does not."""
        document = self._document(document_id)
        places = parties.places(document.text, parties.named(document.metadata, roles))
        return [(_passage(document, start, end), Span(0, 0, end - start, 1.0)) for start, end in places]

    def about(self, document_id: str, topic: str) -> list[tuple[Hit, Span]]:
        """The clauses whose headings name the topic, as passages under their labels; the span is what they say."""
        document = self._document(document_id)
        return [
            (_passage(document, e.start, e.end, e.label), Span(0, e.body - e.start, e.end - e.start, 1.0))
            for e in outline.about(document.text, topic)
        ]

    def label(self, document_id: str, place: int) -> str:
        """How the clause is called in which the character stands, "Clause 9 (Liability)"; "" where it is in none."""
        return outline.at(self._document(document_id).text, place)


def _passage(document: Document, start: int, end: int, *headings: str) -> Hit:
    """Characters [start, end) of the document as a passage of its own."""
    starts = [page.start for page in document.pages]
    page = document.pages[max(bisect_right(starts, start) - 1, 0)].number if starts else None
    text = document.text[start:end]
    chunk = Chunk(
        document.id, start, end, text, document.title, headings, page, document.language, -1, document.metadata
    )
    return Hit(chunk, 1.0, 1, "clause", {"relevance": 1.0})


def quoted(hits: tuple[Hit, ...]) -> tuple[Span, ...]:
    """The passages whole, as spans."""
    return tuple(Span(i, 0, len(hit.chunk.text), 1.0) for i, hit in enumerate(hits))
