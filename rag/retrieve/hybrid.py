"""Keyword and dense search beside each other, fused."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from rag.errors import Unavailable, UsageError
from rag.retrieve.bm25 import Found
from rag.retrieve.fuse import reciprocal_rank
from rag.settings import Retrieve
from rag.types import Filter, Hit, Passages

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
        self, legs: Sequence[Leg], settings: Retrieve | None = None, *, weights: Sequence[float] | None = None
    ) -> None:
        """settings: how many candidates each leg gives, constant of the fusion; weights: one per leg, 1 by default."""
        self.legs = {leg.name: leg for leg in legs}
        if len(self.legs) < len(legs):
            raise UsageError(f"two searches have the same name: {', '.join(self.legs)} of {len(legs)}")
        self._passages = legs[0].passages
        self._settings = settings or Retrieve()
        self._weights = dict(zip(self.legs, weights or [1.0] * len(legs), strict=True))
        self._latest = threading.local()  # of each thread: what failed when it last searched
        self._pool = ThreadPoolExecutor(2 * max(1, len(legs)), thread_name_prefix="retrieve")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the answer must know: the legs that failed at the latest search of the calling thread."""
        failed: dict[str, str] = getattr(self._latest, "failed", {})
        return tuple(f"{leg} search failed: {why}" for leg, why in failed.items())

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """The best k chunks of all legs. Raises Unavailable when every leg failed, UsageError for a wrong filter."""
        found = self._find(query, max(k, self._settings.candidates_k), filter)
        rankings = {name: ids.tolist() for name, (ids, _) in found.items()}
        weights = [self._weights[name] for name in found]
        fused = reciprocal_rank(list(rankings.values()), k, constant=self._settings.rrf_k, weights=weights)
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

    def _find(self, query: str, k: int, filter: Filter | None) -> dict[str, Found]:
        """What each leg that works has found."""
        running = {name: self._pool.submit(leg.find, query, k, filter) for name, leg in self.legs.items()}
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
