"""Keyword and dense search beside each other, fused."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.retrieve.bm25 import Found
from sparewheel.rag.retrieve.fuse import reciprocal_rank
from sparewheel.rag.settings import Retrieve
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Filter, Hit, Passages

log = logging.getLogger(__name__)


class Leg(Protocol):
    """A search that can tell ids before anything is read from the store."""

    name: str
    passages: Passages

    def find(self, query: str, k: int, filter: Filter | None = None) -> Found:
        """Chunk ids and scores, best first."""
        ...


class Hybrid:
    """Asks every leg at once and fuses what they find; a leg that fails is left out, and `notes` says so."""

    name = "hybrid"

    def __init__(
        self,
        legs: Sequence[Leg],
        settings: Retrieve | None = None,
        *,
        weights: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        """settings: how many candidates each leg gives, constant of the fusion.

        weights: language of the question -> leg -> its weight, 1 where not named; a leg of weight 0 is not asked.
        """
        self.legs = {leg.name: leg for leg in legs}
        if len(self.legs) < len(legs):
            raise UsageError(f"two searches have the same name: {', '.join(self.legs)} of {len(legs)}")
        self._passages = legs[0].passages
        self._settings = settings or Retrieve()
        self._weights = weights or {}
        self._latest = threading.local()  # of each thread: what failed when it last searched
        self._pool = ThreadPoolExecutor(2 * max(1, len(legs)), thread_name_prefix="retrieve")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the answer must know: the legs that failed at the latest search of the calling thread."""
        failed: dict[str, str] = getattr(self._latest, "failed", {})
        return tuple(f"{leg} search failed: {why}" for leg, why in failed.items())

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """The best k chunks of all legs. Raises Unavailable when every leg failed, UsageError for a wrong filter."""
        weights = self._weights_for(query)
        found = self._find(query, max(k, self._settings.candidates_k), filter, weights)
        rankings = {name: ids.tolist() for name, (ids, _) in found.items()}
        in_order = [weights[name] for name in found]
        fused = reciprocal_rank(list(rankings.values()), k, constant=self._settings.rrf_k, weights=in_order)
        scores: dict[int, dict[str, float]] = {name: {} for name, _ in fused}
        for leg, (_, leg_scores) in found.items():
            for name, score in zip(rankings[leg], leg_scores.tolist(), strict=True):
                if name in scores:
                    scores[name][leg] = score
        chunks = self._passages.chunks([name for name, _ in fused])
        return [
            Hit(chunk, score, rank, "rrf", {**scores[name], "rrf": score})
            for rank, (chunk, (name, score)) in enumerate(zip(chunks, fused, strict=True), start=1)
        ]

    def _weights_for(self, query: str) -> dict[str, float]:
        """The legs to ask with their weights; all of them where every one has weight 0."""
        given = self._weights.get(language_of(query), {})
        weights = {name: given.get(name, 1.0) for name in self.legs}
        return {name: weight for name, weight in weights.items() if weight > 0} or dict.fromkeys(self.legs, 1.0)

    def _find(self, query: str, k: int, filter: Filter | None, asked: Collection[str]) -> dict[str, Found]:
        """What each of the legs that works has found."""
        running = {name: self._pool.submit(self.legs[name].find, query, k, filter) for name in asked}
        found, failed = {}, {}
        for name, result in running.items():
            try:
                found[name] = result.result()
            except UsageError:
                raise
            except Exception as error:  # whatever ails one leg, the other still answers
                log.warning("%s search failed: %s: %s", name, type(error).__name__, error)
                failed[name] = f"{type(error).__name__}: {error}"
        self._latest.failed = failed
        if not found:
            raise Unavailable(f"no search answered: {failed}")
        return found
