"""Fits the check and chooses its thresholds: `python -m training.equivalence.fit`, some minutes on two cores.

A logistic regression for each language (L2, by Newton's method). The threshold is the lowest at which, in five-fold
cross-validation over the kept questions, no more than one in four hundred pairs that are not the same are taken for the
same, and no near miss is.
Writes rag/memory/equivalence.json and prints what the folds say.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.assemble import LanguageModels
from sparewheel.rag.memory.alike import Question, differ
from sparewheel.rag.memory.equivalence import WEIGHTS, Check, Measured, columns, squashed
from sparewheel.rag.memory.memory import Memory
from sparewheel.rag.memory.store import MemoryStore
from sparewheel.rag.runtime import default_runtime
from sparewheel.rag.settings import load_settings
from training.equivalence.pairs import MEASURED, NEAR, WORDINGS, Pair, of_made, of_sets

STRENGTHS = (1.0, 0.3, 0.05)  # of the L2 penalty that are tried
STOPPED_WEIGHTS = (0.0, 0.3, 1.0)  # of a pair that a guard stops already, which are tried
FOLDS = 5
WRONG = 0.0025  # of the pairs that are not the same, those that the guards stop included, may be taken for the same
MOST_OTHERS = 250  # questions of a set that are compared with the others of their document
MADE_WEIGHT = 0.3  # of a pair of made documents: their wordings are few
NEAR_WEIGHT = 3.0  # of a near miss: it is worse to serve one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, help="keep the measured pairs here; read from it where it is there")
    given = parser.parse_args()
    found = _read(given.pairs) if given.pairs and given.pairs.exists() else _measured()
    if given.pairs:
        given.pairs.write_text(
            "\n".join(json.dumps({**asdict(p), "measured": p.measured and asdict(p.measured)}, ensure_ascii=False)
                      for p in found), encoding="utf-8")  # fmt: skip
    checks = {language: asdict(fitted([p for p in found if p.language == language])) for language in ("en", "zh")}
    WEIGHTS.write_text(json.dumps({"checks": checks}, indent=1) + "\n", encoding="utf-8")


def _measured() -> list[Pair]:
    models = LanguageModels(load_settings(), default_runtime())
    memory = Memory(MemoryStore(Path("nowhere")), models.embedder, models.reader, {})
    embedders = {language: e for language in ("en", "zh") if (e := models.embedder(language)) is not None}
    return [*of_sets(memory, embedders, WORDINGS, MOST_OTHERS), *of_made(memory, embedders, 2)]


def _read(file: Path) -> list[Pair]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    made = [Pair(**{**row, "measured": Measured(**row["measured"]) if row["measured"] else None}) for row in rows]
    guarded = [replace(pair, guarded=_guard(pair)) for pair in made]
    return [pair if pair.guarded in MEASURED else replace(pair, measured=None) for pair in guarded]


def _guard(pair: Pair) -> str:
    """The guards of today over pairs that were measured before."""
    return pair.guarded or differ(Question(pair.new, pair.language), Question(pair.old, pair.language))


def fitted(pairs: Sequence[Pair]) -> Check:
    """The check of one language. What it does is measured by cross-validation over the kept questions, and printed."""
    usable = [p for p in pairs if p.measured is not None]
    x = np.array([list(columns(p.measured).values()) for p in usable if p.measured is not None])
    y = np.array([p.same for p in usable], float)
    stopped = np.array([bool(p.guarded) for p in usable])
    near_miss = np.array([p.source == NEAR for p in usable])
    natural = np.array([" " in p.source for p in usable]) & ~near_miss
    by_source = np.where(natural, 1.0, np.where(near_miss, NEAR_WEIGHT, MADE_WEIGHT))
    fold = np.array([hashlib.sha256(p.old.encode()).digest()[0] % FOLDS for p in usable])
    same, others = sum(p.same and " " in p.source for p in pairs), sum(not p.same and p.source != NEAR for p in pairs)
    best: tuple[float, float, float, float, NDArray[np.float64]] | None = None
    for l2, taught in product(STRENGTHS, STOPPED_WEIGHTS):
        weight = np.where(stopped, taught, 1.0) * by_source
        scores = np.zeros(len(usable))
        for n in range(FOLDS):
            theta = _newton(x[fold != n], y[fold != n], weight[fold != n], l2)
            scores[fold == n] = x[fold == n] @ theta[:-1] + theta[-1]
        scores[stopped] = -np.inf
        wrong = np.sort(scores[(y == 0) & ~near_miss])[::-1]
        threshold = max(float(wrong[int(WRONG * others)]), scores[near_miss].max(initial=-np.inf)) + 1e-6
        served = float((scores[(y == 1) & natural] > threshold).sum() / same)
        if best is None or served > best[0]:
            best = served, l2, taught, threshold, scores
    assert best is not None
    served, l2, taught, threshold, scores = best
    lost = Counter(p.guarded for p in pairs if p.same and p.guarded and " " in p.source)
    passed, missed = int((scores[y == 0] > threshold).sum()), sum(p.source == NEAR for p in pairs)
    print(
        f"{pairs[0].language}: {len(pairs)} pairs, {same} rewordings, {missed} near misses; L2 {l2}, stopped {taught}"
    )
    print(f"  wrongly {passed} of {others}")
    print(f"  served {served:.3f} of the rewordings; guards stop {dict(lost)} of them")
    theta = _newton(x, y, np.where(stopped, taught, 1.0) * by_source, l2)
    near = float(np.quantile([p.cosine for p in usable if p.same], 0.02))
    names = list(columns(usable[0].measured)) if usable[0].measured else []
    weights = {name: round(float(w), 4) for name, w in zip(names, theta, strict=False)}
    return Check(weights, round(float(theta[-1]), 4), round(squashed(threshold), 4), round(near - 0.02, 3))


def _newton(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], l2: float
) -> NDArray[np.float64]:
    """Weights [features + 1] of a logistic regression, offset last and not shrunk."""
    x = np.hstack([x, np.ones((len(x), 1))])
    theta = np.zeros(x.shape[1])
    shrink = np.diag([l2] * (x.shape[1] - 1) + [1e-6])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ theta, -30, 30)))
        gradient = x.T @ (weight * (p - y)) + shrink @ theta
        hessian = (x * (weight * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ x + shrink
        step = np.linalg.solve(hessian, gradient)
        theta -= step
        if np.abs(step).max() < 1e-8:
            break
    return theta


if __name__ == "__main__":
    main()
