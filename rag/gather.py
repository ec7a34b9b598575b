"""Which passages a question needs, by the shape of its answer: the best, some of each document, one by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sparewheel.rag.catalogue import Catalogue, quoted
from sparewheel.rag.text import sentences
from sparewheel.rag.types import Filter, Hit, Scope, SearchResult, Span
from sparewheel.rag.understand import Reading
from sparewheel.rag.views import View

MOST_DOCUMENTS = 60  # that are searched one by one
MOST_CLAUSES = 5  # documents whose clause of one number is quoted
LONGEST_CLAUSE = 400  # characters that are quoted of a clause whose number is asked for
OPENING_RANK = 5  # the first passage of a document stands at the latest here (0-based): so far the reader reads
FEW = 3  # documents of which more than two passages are read


@dataclass(frozen=True, slots=True)
class Gathered:
    """Passages found otherwise than by one search. quotes: places that answer as they stand."""

    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()
    quotes: tuple[Span, ...] = ()
    without: tuple[str, ...] = ()  # the documents that do not have the clause asked for


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


def of_each(
    view: View, catalogue: Catalogue, reading: Reading, filter: Filter | None, within_s: Callable[[], float]
) -> Gathered:
    """The best passages of every document in question, searched one by one, each with the time that is left to it."""
    ids = catalogue.ids(within(filter, reading.scope))
    notes: tuple[str, ...] = ()
    if len(ids) > MOST_DOCUMENTS:
        near = view.search(reading.search, 20 * MOST_DOCUMENTS, within(filter, reading.scope), within_s())
        best = dict.fromkeys(hit.chunk.document_id for hit in near.hits)
        notes = (f"read {min(len(best), MOST_DOCUMENTS)} of {len(ids)} documents, those nearest to the question",)
        ids = list(best)[:MOST_DOCUMENTS]
    each = 4 if len(ids) <= FEW else 2
    hits: list[Hit] = []
    for id in ids:
        hits += view.search(reading.search, each, {**(filter or {}), "document": id}, within_s()).hits
    return Gathered(_ranked(hits), notes)


def of_parts(
    view: View, catalogue: Catalogue, reading: Reading, filter: Filter | None, k: int, within_s: Callable[[], float]
) -> Gathered:
    """For a list or summary: the best passages; of one document all, or the best in its order."""
    ids = catalogue.ids(within(filter, reading.scope))
    if len(ids) == 1 and (parts := catalogue.parts(ids[0], k)):
        return Gathered(_ranked([Hit(chunk, 1.0, 0, "order", {"order": 1.0}) for chunk in parts]))
    found = view.search(reading.search, k, within(filter, reading.scope), within_s())
    hits = sorted(found.hits, key=lambda hit: hit.chunk.start) if len(ids) == 1 else found.hits
    return Gathered(_ranked(hits), tuple(found.notes))


def of_clause(catalogue: Catalogue, reading: Reading, near: SearchResult) -> Gathered:
    """The clause that the question names by number, of each document that has it, and what else is near.

    Where none of the documents named, or of a handful in all, has it, that is told.
    """
    assert reading.clause is not None
    ids = catalogue.ids()
    candidates = reading.scope.documents or (
        tuple(ids) if len(ids) <= MOST_CLAUSES else tuple(dict.fromkeys(h.chunk.document_id for h in near.hits))
    )
    hits = [hit for id in candidates if (hit := catalogue.clause(id, reading.clause)) is not None]
    found = _ranked(hits[:MOST_CLAUSES])
    short = reading.clause.about and all(len(hit.chunk.text) <= LONGEST_CLAUSE for hit in found)
    if found and (reading.clause.alone or short):
        return Gathered(found, tuple(near.notes), quoted(found))
    if found:
        own = {hit.chunk.document_id for hit in found}
        rest = [hit for hit in near.hits if hit.chunk.document_id in own]
        return Gathered(_ranked([*found, *rest]), tuple(near.notes))
    certain = reading.scope.documents or len(ids) <= MOST_CLAUSES
    without = tuple(catalogue.title(id) for id in candidates) if certain else ()
    return Gathered(tuple(near.hits), tuple(near.notes), without=without)


def of_topic(catalogue: Catalogue, reading: Reading, near: SearchResult) -> Gathered:
    """The clauses whose headings name what the question asks the clause of; without any, nothing."""
    ids = reading.scope.documents or tuple(dict.fromkeys(hit.chunk.document_id for hit in near.hits))
    found = [pair for id in ids for pair in catalogue.about(id, reading.which or "")][:MOST_CLAUSES]
    quotes = tuple(
        replace(span, hit=i, end=_cut(hit.chunk.text, span.start, span.end)) for i, (hit, span) in enumerate(found)
    )
    return Gathered(_ranked([hit for hit, _ in found]), tuple(near.notes), quotes)


def of_roles(catalogue: Catalogue, reading: Reading, filter: Filter | None) -> Gathered:
    """Where each document in question names the parties asked for; nothing where that is not known of one of them."""
    ids = reading.scope.documents or catalogue.with_parties(reading.roles, filter)
    found = [(hit, span) for id in ids[:MOST_CLAUSES] for hit, span in catalogue.parties(id, reading.roles)]
    if len({hit.chunk.document_id for hit, _ in found}) < len(ids) or not found:
        return Gathered()
    return Gathered(
        _ranked([hit for hit, _ in found]), quotes=tuple(replace(span, hit=i) for i, (_, span) in enumerate(found))
    )


def _cut(text: str, start: int, end: int) -> int:
    """Where the quote ends: with the last sentence that is not too long, and with one at least."""
    ends = [start + stop for _, stop in sentences(text[start:end])]
    stop = max((e for e in ends if e - start <= LONGEST_CLAUSE), default=ends[0] if ends else end)
    return start + len(text[start:stop].rstrip())


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
