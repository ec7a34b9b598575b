"""The second look: a bigger network reads the likeliest window again where the reader is unsure of its answer.

A logistic model over what both networks say of it (`features`, fitted by `training.reader.second_fit`) tells how likely
the span that the bigger one found answers. What the reader is sure of, either way, is not read again: a window costs
five times as much here. Reading more than one window again gained nothing (docs/LOG.md).
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.answer.spans import Reading

if TYPE_CHECKING:
    from sparewheel.rag.answer.reader_network import Network

COLUMNS = ("first", "first_ahead", "margin", "margin_high", "agree", "agree_first", "legal", "medical", "constant")
_NOTHING = -12.0  # the margin of a window in which the bigger network finds no token


class SecondLook:
    """Over a weights folder (model.onnx, weights.npz, tokenizer.json, config.json), opened when it is first needed.
    Safe to share between threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._opening = threading.Lock()
        self._network: Network | None = None

    def unsure(self, likely: NDArray[np.float64], given: bool) -> bool:
        """Whether the probabilities of the reader's spans leave it open what answers. given: nothing was searched."""
        low, high = self.config["unsure_given" if given else "unsure"]
        return bool(low <= likely.max() < high)

    def look(self, question: str, domain: str, readings: Sequence[Reading], likely: NDArray[np.float64], given: bool
             ) -> tuple[list[Reading], NDArray[np.float64]]:  # fmt: skip
        """The readings with the likeliest one read again, and how likely each answers now: the others as much less
        likely than that one as before.
        """
        best = int(np.argmax(likely))
        again = self.read(question, readings[best])
        weights = self.config["joined_given" if given else "joined"]
        now = probability(features(domain, readings[best], again, likely), weights)
        return [*readings[:best], again, *readings[best + 1 :]], likely * (now / max(float(likely[best]), 1e-9))

    def read(self, question: str, first: Reading) -> Reading:
        """The window of a reading, read again; the reader's own span where the bigger network finds no token in it."""
        (again,) = self._opened().read(question, [first.window], np.zeros(1, np.float32))
        return again if again.spans else replace(first, spans=((*first.spans[0][:2], _NOTHING),))

    def _opened(self) -> Network:
        from sparewheel.rag.answer.reader_network import Network

        with self._opening:
            if self._network is None:
                self._network = Network(self._folder, self.config, threads=1)
            return self._network


def features(domain: str, first: Reading, again: Reading, likely: NDArray[np.float64]) -> NDArray[np.float64]:
    """[COLUMNS] of a window that both read; likely: the reader's probabilities of all windows, the best one's first or
    anywhere.
    """
    held = np.sort(np.clip(likely, 1e-6, 1 - 1e-6))[::-1]
    logits = np.log(held / (1 - held))
    ahead = min(float(logits[0] - logits[1]), 4.0) / 4 if len(logits) > 1 else 0.5
    margin = min(max(again.spans[0][2], -12.0), 12.0)
    agree = _shared(first.spans[0], again.spans[0])
    row = (logits[0], ahead, margin / 5, max(0.0, margin - 5) / 5, agree, agree * logits[0],
           float(domain == "legal"), float(domain == "medical"), 1.0)  # fmt: skip
    return np.asarray(row, np.float64)


def probability(row: NDArray[np.float64], weights: Mapping[str, float]) -> float:
    """0..1; weights: column -> weight, 0 where it is not named."""
    logit = float(row @ np.asarray([weights.get(name, 0.0) for name in COLUMNS]))
    return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))


def _shared(one: tuple[int, int, float], other: tuple[int, int, float]) -> float:
    """The share of the shorter span that both hold, 0..1."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, both) / max(1, min(one[1] - one[0], other[1] - other[0]))
