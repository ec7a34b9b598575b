"""How sure a figure is: intervals that keep their width at the ends, and a paired permutation test. Seeded: the same
data, the same figures. The statistics are scipy's."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
PERMUTATIONS = 10_000
SEED = 20260101
FEW = 10  # below so many questions (or documents) an interval says little: figures are marked
_CELLS = 2_000_000  # drawn values held at once

Floats = NDArray[np.float64]


def interval(rows: int, statistic: Callable[[NDArray[np.int64]], float]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of `statistic`, which is given row numbers drawn with replacement.

    Draws for which the statistic is nan are left out; (nan, nan) where none is left. Where every draw gives 0, or every
    draw gives 1, the end that the draws cannot reach is Wilson's for as many questions.
    Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
    """
    if rows == 0:
        return math.nan, math.nan
    random = np.random.default_rng(SEED)
    drawn = np.array([statistic(random.integers(0, rows, rows)) for _ in range(RESAMPLES)])
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return math.nan, math.nan
    if np.ptp(drawn) == 0 and drawn[0] in (0.0, 1.0):
        return wilson(int(drawn[0]) * rows, rows)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share, never of no width: 3 of 3 is .44 to 1. Source: Wilson 1927, by scipy."""
    from scipy.stats import binomtest

    found = binomtest(hits, rows).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def mean_interval(values: Floats, groups: Sequence[Hashable] | None = None) -> tuple[float, float]:
    """The 95 % interval of the mean, (nan, nan) without values.

    groups: the document of each value; where some share one, documents are drawn and not values (cluster bootstrap,
    Field & Welsh 2007). Otherwise shares (0 or 1) have Wilson's interval, other values the bias-corrected and
    accelerated bootstrap (BCa, Efron 1987, by scipy). Values that are all equal leave a bootstrap without width: 0 or 1
    have Wilson's (of as many documents), others none, which `FEW` marks.
    """
    if len(values) == 0:
        return math.nan, math.nan
    labels = np.unique(np.array([str(g) for g in groups]), return_inverse=True)[1] if groups else np.arange(len(values))
    clusters = int(labels.max()) + 1
    if np.ptp(values) == 0:
        ends = values[0] in (0.0, 1.0)
        return wilson(int(values[0]) * clusters, clusters) if ends else (float(values[0]), float(values[0]))
    if clusters == len(values):
        return wilson(int(values.sum()), len(values)) if np.isin(values, (0.0, 1.0)).all() else _bca(values)
    sums, counts = np.bincount(labels, values), np.bincount(labels).astype(float)
    means = sums / counts
    if clusters < 3 or np.ptp(means) == 0:  # too few documents to draw from: their questions, then
        return mean_interval(values)
    random = np.random.default_rng(SEED)
    drawn = random.integers(0, clusters, (RESAMPLES, clusters))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def difference_interval(differences: Floats) -> tuple[float, float]:
    """The 95 % interval of the mean of paired differences in -1..1. Where all are equal, as wide as Wilson's at an end:
    three gains of 1 do not prove that the next is one."""
    if len(differences) == 0 or np.ptp(differences) > 0:
        return mean_interval(differences)
    width = 1 - wilson(len(differences), len(differences))[0]
    return max(-1.0, float(differences[0]) - width), min(1.0, float(differences[0]) + width)


def _bca(values: Floats) -> tuple[float, float]:
    from scipy.stats import bootstrap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # degenerate: the plain percentiles are taken
        found = bootstrap(
            (values,),
            np.mean,
            n_resamples=RESAMPLES,
            batch=max(1, _CELLS // len(values)),
            rng=np.random.default_rng(SEED),
        ).confidence_interval
    if math.isnan(found.low) or math.isnan(found.high):
        return interval(len(values), lambda drawn: float(values[drawn].mean()))
    return float(found.low), float(found.high)


def permutation_p(differences: Floats) -> float:
    """Two-sided p of the paired differences under "either sign is as likely": how often the mean of randomly signed
    differences is as far from 0 as theirs; 1.0 without rows. Exact where 10,000 draws would be more than there are.

    Source: Phipson & Smyth 2010; Dror et al. 2018, "The Hitchhiker's Guide to Testing Statistical Significance in NLP",
    section 3; by scipy.
    """
    if len(differences) == 0 or not differences.any():
        return 1.0
    from scipy.stats import permutation_test

    return float(
        permutation_test(
            (differences, np.zeros_like(differences)),
            lambda x, y, axis: np.mean(x - y, axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=PERMUTATIONS,
            batch=max(1, _CELLS // len(differences)),
            rng=np.random.default_rng(SEED),
        ).pvalue
    )


def holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for how many were looked at, in their order, each at most 1. Source: Holm 1979."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    found, highest = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[i]))
        found[i] = highest
    return found
