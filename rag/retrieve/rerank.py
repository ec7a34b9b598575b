"""A cross-encoder reads question and passage together and says how likely the passage answers it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from sparewheel.rag.retrieve.embed import open_graph, open_tokenizer, read_config, run_graph
from sparewheel.rag.retrieve.fuse import reciprocal_rank
from sparewheel.rag.settings import cores
from sparewheel.rag.text import encodable
from sparewheel.rag.threads import Threads, Wanted, stopped_by
from sparewheel.rag.types import Hit, SearchResult

_CONSTANT = 10
_AT_FIRST = 4  # passages are read at first; the others only where the best of these ...
_FAR_AHEAD = 3.0  # ... is not ahead of the third by so much, as a logit
_WEIGHTS = (1.0, 0.5)  # of the logits' order and of the order the hits came in, measured on three sets (docs/LOG.md)


class OnnxReranker:
    """A model folder: model.onnx (output `score`, a logit), tokenizer.json, config.json (max_tokens, platt a and b).

    One pair is one run of the graph, so a pair's score does not depend on what else was found.
    """

    name = "rerank"

    def __init__(self, folder: Path, threads: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        """threads: pairs read at once, 0 is one per core. clock: in seconds.

        Raises StoreError when the folder is incomplete.
        """
        self.folder = folder
        config = read_config(folder)
        platt = config.get("platt", {})
        self._a, self._b = float(platt.get("a", 1.0)), float(platt.get("b", 0.0))
        self._max_tokens = int(config["max_tokens"])
        self._clock = clock
        # one for all questions: however many are asked at once, no more pairs are read than there are cores
        self._pool = Threads(threads or cores(), "rerank")

    def rerank(self, query: str, hits: Sequence[Hit], k: int, within_s: float | None = None) -> SearchResult:
        """The best k of `hits`, best first: the order of the logits, which the order they came in may correct.

        score: the reciprocal ranks of both orders, summed. scores["relevance"]: the calibrated probability
        1 / (1 + exp(-(a * logit + b))) that the passage answers the query (Platt 1999); scores["rerank"]: the logit.

        Not all are read: the rest keeps its order behind those that are. Where the first few are enough, the rest is as
        relevant as the least of them; where `within_s` seconds were not, a note says so, and nobody knows.
        """
        ends = None if within_s is None else self._clock() + within_s
        logits = self._logits(query, hits[:_AT_FIRST], ends)
        enough = _is_decided(logits)
        if len(logits) == _AT_FIRST and not enough:
            logits |= self._logits(query, hits, ends, _AT_FIRST)
        if hits and not logits:
            return SearchResult(hits[:k], ("reranking left out: there was too little time for it",))
        ordered = self._ordered(hits, logits, k, enough)
        if enough or len(logits) == len(hits):
            return SearchResult(ordered)
        note = f"reranking cut short: {len(logits)} of {len(hits)} passages were read in time"
        return SearchResult(ordered, (note,))

    def _logits(self, query: str, hits: Sequence[Hit], ends: float | None, start: int = 0) -> dict[int, float]:
        """Index of the hit -> its logit, from `start` on, of those that are read by the moment `ends`. What is being
        read then is stopped, and none is begun."""
        wanted = Wanted()
        with stopped_by(wanted.give_up):
            works = {i: partial(self._in_time, query, hits[i], ends) for i in range(start, len(hits))}
            pairs = {i: self._pool.submit(wanted.do, work) for i, work in works.items()}
            logits: dict[int, float] = {}
            try:
                for i, pair in pairs.items():
                    with suppress(TimeoutError):
                        logits[i] = pair.result(None if ends is None else max(0.0, ends - self._clock()))
            finally:
                wanted.give_up()
                for pair in pairs.values():
                    pair.cancel()
        return logits

    def _in_time(self, query: str, hit: Hit, ends: float | None) -> float:
        """The logit. Raises TimeoutError where the pair's turn came too late."""
        if ends is not None and self._clock() >= ends:
            raise TimeoutError
        return self._score(query, hit)

    def _score(self, query: str, hit: Hit) -> float:
        pair = self._tokenizer.encode(encodable(query), encodable(hit.chunk.indexed_text))
        ids, types = np.array([pair.ids], np.int64), np.array([pair.type_ids], np.int64)
        return float(run_graph(self._session, ids, types).reshape(-1)[0])

    def _ordered(self, hits: Sequence[Hit], logits: Mapping[int, float], k: int, enough: bool) -> list[Hit]:
        """At most k hits, those with a logit first. enough: the others count as relevant as the least of these."""
        read = sorted(logits)
        relevance = {i: 1 / (1 + math.exp(-(self._a * logits[i] + self._b))) for i in read}
        orders = sorted(read, key=lambda i: -logits[i]), read
        best = [
            replace(
                hits[i],
                score=score,
                ranker=self.name,
                scores={**hits[i].scores, "rerank": logits[i], "relevance": relevance[i]},
            )
            for i, score in reciprocal_rank(orders, k, constant=_CONSTANT, weights=_WEIGHTS)
        ]
        least = {"relevance": min(relevance.values())} if enough else {}
        rest = [replace(hit, scores={**hit.scores, **least}) for i, hit in enumerate(hits) if i not in logits]
        return [replace(hit, rank=rank) for rank, hit in enumerate((*best, *rest)[:k], start=1)]

    @cached_property
    def _session(self) -> Any:
        return open_graph(self.folder)

    @cached_property
    def _tokenizer(self) -> Any:
        return open_tokenizer(self.folder, self._max_tokens)


def _is_decided(logits: Mapping[int, float]) -> bool:
    """Is the best so far ahead of the third that what the search found behind them will hardly pass it?"""
    best = sorted(logits.values(), reverse=True)
    return len(best) >= _AT_FIRST and best[0] - best[2] >= _FAR_AHEAD
