"""Keyword and dense search beside each other, fused."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Protocol

from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.retrieve.bm25 import Found
from sparewheel.rag.retrieve.fuse import reciprocal_rank
from sparewheel.rag.settings import Retrieve
from sparewheel.rag.text import language_of
from sparewheel.rag.threads import Threads
from sparewheel.rag.types import Filter, Hit, Passages, SearchResult

log = logging.getLogger(__name__)


class Leg(Protocol):
    """A search that can tell ids before anything is read from the store."""

    name: str
    passages: Passages

    def find(self, query: str, k: int, filter: Filter | None = None) -> Found:
        """Chunk ids and scores, best first."""
        ...


class Hybrid:
    """A `Retriever`: asks every leg at once and fuses what they find; a note says which one failed."""

    name = "hybrid"

    def __init__(
        self,
        legs: Sequence[Leg],
        settings: Retrieve | None = None,
        *,
        weights: Mapping[str, Mapping[str, float]] | None = None,
        threads: Threads | None = None,
    ) -> None:
        """legs: the quickest first. settings: how many candidates each leg gives, constant of the fusion.

        threads: where the legs beyond the first are asked; shared with others, or its own.

        weights: language of the question -> leg -> its weight, 1 where not named; a leg of weight 0 is not asked.
        """
        self.legs = {leg.name: leg for leg in legs}
        if len(self.legs) < len(legs):
            raise UsageError(f"two searches have the same name: {', '.join(self.legs)} of {len(legs)}")
        self._passages = legs[0].passages
        self._settings = settings or Retrieve()
        self._weights = weights or {}
        self._threads = threads or Threads(2 * max(1, len(legs)), "retrieve")

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """The hits of `retrieve`, for who has no use for its notes."""
        return list(self.retrieve(query, k, filter).hits)

    def retrieve(self, query: str, k: int, filter: Filter | None = None, within_s: float | None = None) -> SearchResult:
        """The best k chunks of all legs that answer within `within_s` seconds; the first one is always waited for.

        Raises Unavailable when every leg failed, UsageError for a wrong filter.
        """
        weights = self._weights_for(query)
        found, notes = self._find(query, max(k, self._settings.candidates_k), filter, list(weights), within_s)
        rankings = {name: ids.tolist() for name, (ids, _) in found.items()}
        in_order = [weights[name] for name in found]
        fused = reciprocal_rank(list(rankings.values()), k, constant=self._settings.rrf_k, weights=in_order)
        scores: dict[int, dict[str, float]] = {name: {} for name, _ in fused}
        for leg, (_, leg_scores) in found.items():
            for name, score in zip(rankings[leg], leg_scores.tolist(), strict=True):
                if name in scores:
                    scores[name][leg] = score
        chunks = self._passages.chunks([name for name, _ in fused])
        hits = [
            Hit(chunk, score, rank, "rrf", {**scores[name], "rrf": score})
            for rank, (chunk, (name, score)) in enumerate(zip(chunks, fused, strict=True), start=1)
        ]
        return SearchResult(hits, notes)

    def _weights_for(self, query: str) -> dict[str, float]:
        """The legs to ask with their weights; all of them where every one has weight 0."""
        given = self._weights.get(language_of(query), {})
        weights = {name: given.get(name, 1.0) for name in self.legs}
        return {name: weight for name, weight in weights.items() if weight > 0} or dict.fromkeys(self.legs, 1.0)

    def _find(
        self, query: str, k: int, filter: Filter | None, asked: Sequence[str], within_s: float | None
    ) -> tuple[dict[str, Found], tuple[str, ...]]:
        """What each of the legs that works and is in time has found, and notes of those that are not."""
        ends = None if within_s is None else time.monotonic() + within_s
        first, others = asked[0], asked[1:] if within_s is None or within_s > 0 else ()
        running = {name: self._threads.submit(self.legs[name].find, query, k, filter) for name in others}
        calls: dict[str, Callable[[], Found]] = {first: lambda: self.legs[first].find(query, k, filter)}
        for name, future in running.items():
            calls[name] = functools.partial(_result, future, ends)
        found: dict[str, Found] = {}
        failed: dict[str, str] = {}
        late = [name for name in asked if name not in calls]
        for name, call in calls.items():
            try:
                found[name] = call()
            except UsageError:
                raise
            except TimeoutError:
                late.append(name)
            except Exception as error:  # whatever one leg suffers from, the other still answers
                log.warning("%s search failed: %s: %s", name, type(error).__name__, error)
                failed[name] = f"{type(error).__name__}: {error}"
        if not found:
            raise Unavailable(f"no search answered: {failed}")
        notes = [f"{name} search failed: {why}" for name, why in failed.items()]
        return found, (*notes, *(f"{name} search left out: there was too little time for it" for name in late))


def _result(future: Future[Found], ends: float | None) -> Found:
    """Raises TimeoutError at the moment `ends`; what has not begun by then never does."""
    try:
        return future.result(None if ends is None else max(0.0, ends - time.monotonic()))
    except TimeoutError:
        future.cancel()
        raise
