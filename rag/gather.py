"""Which passages a question needs, by the shape of its answer: the best, some of each document, one by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.types import Filter, Hit, Scope, Span
from sparewheel.rag.understand import Reading
from sparewheel.rag.views import View

MOST_DOCUMENTS = 60  # that are searched one by one
MOST_CLAUSES = 5  # documents whose clause of one number is quoted
OPENING_RANK = 5  # the first passage of a document stands at the latest here (0-based): so far the reader reads
FEW = 3  # documents of which more than two passages are read


@dataclass(frozen=True, slots=True)
class Gathered:
    """Passages found otherwise than by one search. quotes: those that answer as they stand."""

    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()
    quotes: tuple[Span, ...] = ()


def within(filter: Filter | None, scope: Scope) -> Filter | None:
    """The filter narrowed to the documents that the question names; where the two share none, the filter."""
    if not scope.documents:
        return filter
    given = (filter or {}).get("document")
    if given is None:
        return {**(filter or {}), "document": scope.documents}
    asked = [given] if isinstance(given, str) else list(given)
    both = [id for id in scope.documents if id in asked]
    return {**(filter or {}), "document": both} if both else filter


def of_each(view: View, catalogue: Catalogue, reading: Reading, filter: Filter | None, within_s: float) -> Gathered:
    """The best passages of every document in question, searched one by one."""
    ids = catalogue.ids(within(filter, reading.scope))
    notes: tuple[str, ...] = ()
    if len(ids) > MOST_DOCUMENTS:
        near = view.search(reading.search, 20 * MOST_DOCUMENTS, within(filter, reading.scope), within_s)
        best = dict.fromkeys(hit.chunk.document_id for hit in near.hits)
        notes = (f"read {min(len(best), MOST_DOCUMENTS)} of {len(ids)} documents, those nearest to the question",)
        ids = list(best)[:MOST_DOCUMENTS]
    each = 4 if len(ids) <= FEW else 2
    hits: list[Hit] = []
    for id in ids:
        hits += view.search(reading.search, each, {**(filter or {}), "document": id}, within_s).hits
    return Gathered(_ranked(hits), notes)


def of_parts(view: View, reading: Reading, filter: Filter | None, k: int, within_s: float) -> Gathered:
    """For a list or summary: the best passages in the order of the document, where it is of one."""
    found = view.search(reading.search, k, within(filter, reading.scope), within_s)
    hits = found.hits
    if len(reading.scope.documents) == 1:
        hits = sorted(hits, key=lambda hit: hit.chunk.start)
    return Gathered(_ranked(hits), tuple(found.notes))


def clauses(catalogue: Catalogue, reading: Reading, candidates: Sequence[str]) -> tuple[Hit, ...]:
    """The clause that the question names, of each of the documents that has it."""
    assert reading.clause is not None
    found = [hit for id in candidates if (hit := catalogue.clause(id, reading.clause)) is not None]
    return _ranked(found[:MOST_CLAUSES])


def with_opening(hits: Sequence[Hit], catalogue: Catalogue, document_id: str) -> tuple[Hit, ...]:
    """The hits with the first passage of the document among those that are read: it says who, what and since when."""
    opening = catalogue.opening(document_id)
    if opening is None or any(hit.chunk.id == opening.id for hit in hits[: OPENING_RANK + 1]):
        return tuple(hits)
    others = [hit for hit in hits if hit.chunk.id != opening.id]
    least = min((hit.scores["relevance"] for hit in others if "relevance" in hit.scores), default=None)
    scores = {} if least is None else {"relevance": least}
    place = min(OPENING_RANK, len(others))
    return _ranked(
        [*others[:place], Hit(opening, 0.0, 0, "opening", scores), *others[place : max(place, len(hits) - 1)]]
    )


def _ranked(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits, 1))
