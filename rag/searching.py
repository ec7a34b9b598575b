"""Step 1: the passages that a question needs, searched, ordered and completed by the shape of its answer."""

from __future__ import annotations

import asyncio

from sparewheel.rag.gather import Gathered, of_clause, of_each, of_parts, of_roles, of_topic, with_opening
from sparewheel.rag.gather import within as narrowed
from sparewheel.rag.reliability.workers import Urgency
from sparewheel.rag.settings import Retrieve
from sparewheel.rag.text import language_of
from sparewheel.rag.types import EVERYWHERE, Scope, SearchResult
from sparewheel.rag.understand import Reading
from sparewheel.rag.versions import in_force
from sparewheel.rag.views import View
from sparewheel.rag.walk import STEP_SHARE, Walk, explained

READ_SHARE = 0.8  # of a step's time, for the reranker to read in: it ends by itself, what it has read by then counts


async def gathered_for(walk: Walk, view: View, reading: Reading, settings: Retrieve) -> Gathered:
    """The passages that the answer needs, by its shape."""
    filter, catalogue = walk.filter, view.catalogue
    if catalogue is not None and reading.roles:

        def named() -> Gathered:
            return of_roles(catalogue, reading, filter)

        if (found := await walk.work("retrieve", named)).quotes:
            return found
    if catalogue is not None and reading.clause is None and reading.shape != "one":
        k = max(settings.rerank_k, walk.options.get("k") or 0)

        def several() -> Gathered:
            if reading.shape == "each":
                return of_each(view, catalogue, reading, filter, walk.search_s)
            return of_parts(view, catalogue, reading, filter, k, walk.search_s)

        return await walk.work("retrieve", several)
    hits, notes = await found_for(walk, view, reading.bare, settings, reading.search, reading.scope)
    hits, changed = in_force(hits, reading.question)
    notes = (*notes, *changed)
    if catalogue is None:
        return Gathered(tuple(hits), tuple(notes))

    def completed() -> Gathered:
        if reading.clause is not None:
            return of_clause(catalogue, reading, SearchResult(hits, notes))
        if reading.which and (found := of_topic(catalogue, reading, SearchResult(hits, notes))).quotes:
            return found
        of = {hit.chunk.document_id for hit in hits}
        return Gathered(with_opening(hits, catalogue, of.pop()) if len(of) == 1 else tuple(hits), tuple(notes))

    return await walk.work("retrieve", completed)


async def found_for(
    walk: Walk, view: View, question: str, settings: Retrieve, search: str = "", scope: Scope = EVERYWHERE
) -> SearchResult:
    """At most k hits, best first; their `scores["relevance"]` is a probability when a reranker gave it.

    search: what to search for where it is more than the question (see `follow_up`).

    The less time there is, the less is done: no dense search, no reranking or of the first passages only; the notes
    say so.
    """
    k = walk.options.get("k") or settings.evidence_k
    reranker = view.rerankers.get(language_of(question))
    filter = narrowed(walk.filter, scope)

    def searched() -> SearchResult:
        wanted = max(k, settings.rerank_k) if reranker else k
        return view.search(search or question, wanted, filter, walk.search_s())

    hits, notes = await walk.work("retrieve", searched)
    if reranker is None or not hits:
        return SearchResult(hits[:k], notes)
    spare_s = walk.spare_s() * STEP_SHARE
    if walk.is_late() or walk.workers.begins_s(Urgency.RERANK) >= spare_s:
        return SearchResult(hits[:k], (*notes, "reranking left out: there was too little time for it"))
    ends_s = walk.deadline.remaining() - spare_s * READ_SHARE  # before the deadline

    def reordered() -> SearchResult:
        return reranker.rerank(question, hits, k, max(0.0, walk.deadline.remaining() - ends_s))

    try:
        async with walk.timed("rerank"), asyncio.timeout(spare_s):
            ordered, cut = await walk.workers.run(Urgency.RERANK, reordered)
    except Exception as error:  # the fused order is good enough to answer from
        return SearchResult(hits[:k], (*notes, f"reranking left out: {explained(error)}"))
    return SearchResult(ordered[:k], (*notes, *cut))
