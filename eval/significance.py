"""How sure a figure is: bootstrap intervals, and a paired permutation test. Seeded: the same data, the same figures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
PERMUTATIONS = 10_000
SEED = 20260101
_CELLS = 2_000_000  # drawn values held at once


def interval(rows: int, statistic: Callable[[NDArray[np.int64]], float]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of `statistic`, which is given row numbers drawn with replacement.

    Draws for which the statistic is nan are left out; (nan, nan) where none is left.
    Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
    """
    if rows == 0:
        return float("nan"), float("nan")
    random = np.random.default_rng(SEED)
    drawn = np.array([statistic(random.integers(0, rows, rows)) for _ in range(RESAMPLES)])
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean, (nan, nan) without values."""
    rows = len(values)
    if rows == 0:
        return float("nan"), float("nan")
    random = np.random.default_rng(SEED)
    block = max(1, _CELLS // rows)
    counts = [min(block, RESAMPLES - begun) for begun in range(0, RESAMPLES, block)]
    means = np.concatenate([values[random.integers(0, rows, (count, rows))].mean(axis=1) for count in counts])
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def permutation_p(differences: NDArray[np.float64]) -> float:
    """Two-sided p of the paired differences under "either sign is as likely": how often the mean of randomly signed
    differences is as far from 0 as theirs. (b + 1) / (m + 1) over m = 10,000 draws; 1.0 without rows.

    Source: Phipson & Smyth 2010 (the + 1); Dror et al. 2018, "The Hitchhiker's Guide to Testing Statistical
    Significance in NLP", section 3.
    """
    rows = len(differences)
    if rows == 0:
        return 1.0
    random = np.random.default_rng(SEED)
    observed = abs(float(differences.sum())) - 1e-9
    extreme, left = 0, PERMUTATIONS
    while left:
        draws = min(left, max(1, _CELLS // rows))
        signs = random.integers(0, 2, (draws, rows), dtype=np.int8) * 2 - 1
        extreme += int((np.abs(signs @ differences) >= observed).sum())
        left -= draws
    return (extreme + 1) / (PERMUTATIONS + 1)
