"""Fits the check and chooses its thresholds: `python -m training.equivalence.fit`, some minutes on two cores.

A logistic regression for each language (L2, by Newton's method), fitted on two thirds of the kept questions. The
threshold is the lowest from which none of the other third's pairs that are not the same is taken for the same.
Writes rag/memory/equivalence.json and prints what the held-out third says.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.assemble import LanguageModels
from sparewheel.rag.memory.equivalence import WEIGHTS, Check, Measured
from sparewheel.rag.memory.memory import Memory
from sparewheel.rag.memory.store import SqliteMemory
from sparewheel.rag.runtime import default_runtime
from sparewheel.rag.settings import load_settings
from training.equivalence.pairs import WORDINGS, Pair, of_made, of_sets

NAMES = [f.name for f in fields(Measured)]
L2 = 1.0
MOST_OTHERS = 400  # questions of a set that are compared with the others of their document
MADE_WEIGHT = 0.3  # of a pair of made documents: their wordings are few


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
    memory = Memory(SqliteMemory(Path("nowhere")), models.embedder, models.reader, {})
    embedders = {language: e for language in ("en", "zh") if (e := models.embedder(language)) is not None}
    return [*of_sets(memory, embedders, WORDINGS, MOST_OTHERS), *of_made(memory, embedders, 6)]


def _read(file: Path) -> list[Pair]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Pair(**{**row, "measured": Measured(**row["measured"]) if row["measured"] else None}) for row in rows]


def fitted(pairs: Sequence[Pair]) -> Check:
    """The check of one language, with what it does on the pairs that were held out, printed."""
    usable = [p for p in pairs if p.measured is not None]
    held = np.array([_third(p.old) == 0 for p in usable])
    x = np.array([[getattr(p.measured, name) for name in NAMES] for p in usable])
    y = np.array([p.same for p in usable], float)
    weight = np.array([MADE_WEIGHT if " " not in p.source else 1.0 for p in usable])
    theta = _newton(x[~held], y[~held], weight[~held])
    scores = x @ theta[:-1] + theta[-1]
    likely = 1 / (1 + np.exp(-scores))
    threshold = _threshold(likely[held], y[held])
    near = float(np.quantile([p.cosine for p in usable if p.same], 0.02))
    lost = {g: sum(p.same and p.guarded == g for p in pairs) for g in sorted({p.guarded for p in pairs if p.same})}
    stopped = sum(bool(p.guarded) and not p.same for p in pairs) / max(1, sum(not p.same for p in pairs))
    print(f"{pairs[0].language}: {len(pairs)} pairs, {int(y.sum())} same; guarded {lost}, of others {stopped:.0%}")
    for source in sorted({p.source for p in usable}):
        mine = np.array([p.source == source for p in usable]) & held
        same, other, over = mine & (y == 1), mine & (y == 0), likely >= threshold
        print(f"  {source:22} held out: served {over[same].mean():.3f} of {same.sum()},"
              f" wrongly {over[other].sum()} of {other.sum()} (threshold {threshold:.3f})")  # fmt: skip
    print("  weights", {n: round(float(w), 2) for n, w in zip([*NAMES, "offset"], theta, strict=True)})
    weights = {name: round(float(w), 4) for name, w in zip(NAMES, theta, strict=False)}
    return Check(weights, round(float(theta[-1]), 4), round(threshold, 4), round(near - 0.02, 3))


def _third(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % 3


def _newton(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights [features + 1] of a logistic regression, offset last and not shrunk."""
    x = np.hstack([x, np.ones((len(x), 1))])
    theta = np.zeros(x.shape[1])
    shrink = np.diag([L2] * (x.shape[1] - 1) + [1e-6])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ theta, -30, 30)))
        gradient = x.T @ (weight * (p - y)) + shrink @ theta
        hessian = (x * (weight * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ x + shrink
        step = np.linalg.solve(hessian, gradient)
        theta -= step
        if np.abs(step).max() < 1e-8:
            break
    return theta


def _threshold(likely: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Halfway between the likeliest pair that is not the same and the next one that is, at least .5."""
    wrong = float(likely[y == 0].max(initial=0.5))
    above = likely[(y == 1) & (likely > wrong)]
    return max(0.5, (wrong + float(above.min(initial=1.0))) / 2)


if __name__ == "__main__":
    main()
