"""A small published corpus for the tests of what is gathered from it: two agreements and one lease, with clauses."""

from __future__ import annotations

from pathlib import Path

from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.types import Chunk, Document, Filter, Hit, SearchResult

KINDS = {"a.txt": "supply agreement", "b.txt": "supply agreement", "c.txt": "lease"}
TEXTS = {
    "a.txt": "Supply Agreement\n\n1. Term\nThe term is two years.\n\n2. Price\nThe price is 90 euros.",
    "b.txt": "Supply Agreement\n\n1. Term\nThe term is five years.",
    "c.txt": "Lease\n\n1. Rent\nThe rent is 700 euros.",
}


class AnyWord:
    """The words of a corpus that holds all words."""

    def near(self, word: str) -> bool:
        return True

    def has(self, word: str) -> bool:
        return True

    def phrase(self, text: str) -> bool:
        return True

    def elsewhere(self, word: str, documents: frozenset[str]) -> bool:
        return False


def pieces(document: Document) -> list[Chunk]:
    """A passage for each paragraph."""
    chunks, start = [], 0
    for text in document.text.split("\n\n"):
        chunks.append(Chunk(document.id, start, start + len(text), text, document.title, metadata=document.metadata))
        start += len(text) + 2
    return chunks


def snapshot(folder: Path) -> Snapshot:
    """Opened; the caller closes it."""
    store = Store.create(corpus_folder(folder, "papers"), CorpusConfig("papers"))
    with store.write() as transaction:
        for id, text in TEXTS.items():
            document = Document(id, text, text.split("\n")[0], f"/in/{id}", metadata={"kind": KINDS[id]})
            transaction.add(document, pieces(document))
        transaction.publish([])
    return store.open()


class InOrder:
    """A retriever that finds every passage of the filter, in the order of the documents. `asked` notes the filters."""

    def __init__(self, opened: Snapshot) -> None:
        self.opened = opened
        self.asked: list[Filter | None] = []

    def retrieve(self, query: str, k: int, filter: Filter | None = None, within_s: float | None = None) -> SearchResult:
        self.asked.append(filter)
        found = self.opened.chunks(self.opened.matching(filter or {}).tolist())[:k]
        return SearchResult([Hit(chunk, 1.0 / n, n, "order", {"relevance": 0.5}) for n, chunk in enumerate(found, 1)])
