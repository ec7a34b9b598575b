"""A question before it is checked, and how it names its document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.types import named


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked about one document. text[start:end) of the document answers it; answers () and start == end where
    no document does. kind: clause, cell, number, date, definition, section, parties, chat, or absent something."""

    kind: str
    document_id: str
    language: str
    question: str
    answers: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    parts: tuple[str, ...] = ()
    within: bool = False  # no name tells the document from the others: only it is asked

    @property
    def answerable(self) -> bool:
        return self.end > self.start


@dataclass(frozen=True, slots=True)
class Name:
    """How a question calls a document. within: the name fits others too."""

    text: str
    within: bool = False


def names(documents: Sequence[DocumentInfo]) -> Mapping[str, Name]:
    """Document id -> its title where no other document has it, else with its parties or its drug."""
    titles = Counter(_folded(d.title or d.id) for d in documents)
    full = Counter(_folded(named(d.id, d.title, d.metadata)) for d in documents)
    found = {}
    for d in documents:
        own = d.title or d.id
        if titles[_folded(own)] > 1:
            own = named(d.id, d.title, d.metadata)
        found[d.id] = Name(" ".join(_written(own, d).split()), full[_folded(named(d.id, d.title, d.metadata))] > 1)
    return found


def _written(own: str, document: DocumentInfo) -> str:
    """The lease of Unit 12, but “Triage in the Emergency Department”: an article only before what says its kind."""
    if document.language == "zh":
        return f"《{own}》"
    kind = document.metadata.get("kind", "").casefold()
    if not kind or kind not in own.casefold() or ":" in own:
        return f"“{own}”"
    return own if own.casefold().startswith("the ") else f"the {own}"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
