"""A cross-encoder reads question and passage together and says how likely the passage answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sparewheel.rag.retrieve.embed import open_graph, open_tokenizer, read_config, run_graph
from sparewheel.rag.retrieve.fuse import reciprocal_rank
from sparewheel.rag.settings import cores
from sparewheel.rag.text import encodable
from sparewheel.rag.threads import Threads
from sparewheel.rag.types import Hit

_CONSTANT = 10
_WEIGHTS = (1.0, 0.5)  # of the logits' order and of the order the hits came in, measured on three sets (docs/LOG.md)


class OnnxReranker:
    """A model folder: model.onnx (output `score`, a logit), tokenizer.json, config.json (max_tokens, platt a and b).

    One pair is one run of the graph, so a pair's score does not depend on what else was found.
    """

    name = "rerank"

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """threads: pairs read at once, 0 is one per core. Raises StoreError when the folder is incomplete."""
        self.folder = folder
        config = read_config(folder)
        platt = config.get("platt", {})
        self._a, self._b = float(platt.get("a", 1.0)), float(platt.get("b", 0.0))
        self._max_tokens = int(config["max_tokens"])
        # one for all questions: however many are asked at once, no more pairs are read than there are cores
        self._pool = Threads(threads or cores(), "rerank")

    def rerank(self, query: str, hits: Sequence[Hit], k: int) -> list[Hit]:
        """The best k of `hits`, best first: the order of the logits, which the order they came in may correct.

        score: the reciprocal ranks of both orders, summed. scores["relevance"]: the calibrated probability
        1 / (1 + exp(-(a * logit + b))) that the passage answers the query (Platt 1999); scores["rerank"]: the logit.
        """
        if not hits:
            return []
        pairs = self._tokenizer.encode_batch([(encodable(query), encodable(hit.chunk.indexed_text)) for hit in hits])
        logits = np.array(list(self._pool.map(self._score, pairs)), np.float64)
        relevance = 1 / (1 + np.exp(-(self._a * logits + self._b)))
        orders = np.argsort(-logits, kind="stable").tolist(), range(len(hits))
        return [
            replace(
                hits[i],
                score=score,
                rank=rank,
                ranker=self.name,
                scores={**hits[i].scores, "rerank": float(logits[i]), "relevance": float(relevance[i])},
            )
            for rank, (i, score) in enumerate(reciprocal_rank(orders, k, constant=_CONSTANT, weights=_WEIGHTS), start=1)
        ]

    def _score(self, pair: Any) -> float:
        ids, types = np.array([pair.ids], np.int64), np.array([pair.type_ids], np.int64)
        return float(run_graph(self._session, ids, types).reshape(-1)[0])

    @cached_property
    def _session(self) -> Any:
        return open_graph(self.folder)

    @cached_property
    def _tokenizer(self) -> Any:
        return open_tokenizer(self.folder, self._max_tokens)
