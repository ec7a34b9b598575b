"""Measures of many questions at once: refusal, labels, confidence. Arrays have one row a question."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.str_]

BINS = 10


def precision(said: Bools, true: Bools) -> float:
    """Share of what was said that is true: |said and true| / |said|; nan where nothing was said."""
    return float(true[said].mean()) if said.any() else float("nan")


def recall(said: Bools, true: Bools) -> float:
    """Share of what is true that was said: |said and true| / |true|; nan where nothing is true."""
    return float(said[true].mean()) if true.any() else float("nan")


def macro_f1(said: Labels, gold: Labels) -> float:
    """Mean over the labels in `gold` of 2PR / (P + R), 0 for a label never hit; 0..1, nan without rows.

    Source: the second measure of PubMedQA (Jin et al. 2019, arXiv 1909.06146).
    An answer without a label ("") is a miss.
    """
    scores = []
    for label in np.unique(gold):
        hits = int(((said == label) & (gold == label)).sum())
        scores.append(2 * hits / (int((said == label).sum()) + int((gold == label).sum())))
    return float(np.mean(scores)) if scores else float("nan")


def risk_coverage(confidence: Floats, loss: Floats) -> tuple[Floats, Floats]:
    """(coverage, risk): at coverage i / n the mean loss of the i most confident answers, i = 1 .. n.

    Answers of equal confidence share the mean of their losses, so that their order means nothing.
    Source: El-Yaniv & Wiener 2010, "On the Foundations of Noise-free Selective Classification", section 2.
    """
    order = np.argsort(-confidence, kind="stable")
    _, group = np.unique(-confidence[order], return_inverse=True)
    shared = (np.bincount(group, loss[order]) / np.maximum(np.bincount(group), 1))[group]
    count = np.arange(1, len(loss) + 1)
    return count / max(len(loss), 1), np.cumsum(shared) / count


def aurc(confidence: Floats, loss: Floats) -> float:
    """Area under the risk-coverage curve: the mean of its risks; 0 is best, nan without rows.

    Source: Geifman, Uziel & El-Yaniv 2019 (arXiv 1805.08206), equation 2.
    """
    return float(risk_coverage(confidence, loss)[1].mean()) if len(loss) else float("nan")


def reliability(confidence: Floats, right: Floats) -> list[tuple[int, float, float]]:
    """(answers, mean confidence, share right) of each of the equal bins (0, 0.1], (0.1, 0.2] ... that has answers."""
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    found = []
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            found.append((int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean())))
    return found


def calibration_error(confidence: Floats, right: Floats) -> float:
    """Expected calibration error: sum over the bins of |bin| / n * |share right - mean confidence|.

    0..1, nan without rows.

    Source: Guo et al. 2017 (arXiv 1706.04599), equation 3, with 10 bins.
    """
    if not len(right):
        return float("nan")
    return sum(n * abs(share - mean) for n, mean, share in reliability(confidence, right)) / len(right)
