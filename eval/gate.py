"""The regression gate: a run of `samples` against the last release, question by question.

The measures are declared here, before anybody looks: `right` decides, the others are corrected for their number (Holm).
A measure fails when it is worse on the same questions beyond chance, or below its floor: the low end of the interval of
the best release so far. A release never lowers a floor, so that many small losses do not add up unseen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sparewheel.eval.score import Row, summary
from sparewheel.eval.significance import holm, permutation_p
from sparewheel.rag.errors import NotFound

BASELINE = Path(__file__).with_name("baseline.json")
CHANCE = 0.05
HIGHER_IS_BETTER = ("right", "numbers_right", "citation_hit", "evidence_recall", "mrr")
LOWER_IS_BETTER = ("wrong_given", "failed_share")


@dataclass(frozen=True)
class Check:
    """One measure: its value in the release and now over the questions of both, the p of the loss (1.0 where there is
    none), its floor, and whether it holds."""

    measure: str
    released: float
    value: float
    p: float
    floor: float
    questions: int
    holds: bool


def check(of: Sequence[Row], released: Mapping[str, Any]) -> list[Check]:
    """A row for each gated measure of the release; one that the run does not have does not hold."""
    today = {row.record["id"]: row.values for row in of}
    pairs = {name: _pairs(name, today, released["values"]) for name in released["floor"]}
    losses = {name: _loss(name, pair) for name, pair in pairs.items()}
    others = [name for name in losses if name != "right"]
    p = dict(zip(others, holm([losses[name] for name in others]), strict=True))
    if "right" in losses:
        p["right"] = losses["right"]
    found = []
    for name, pair in pairs.items():
        floor = float(released["floor"][name])
        if not len(pair):
            found.append(Check(name, math.nan, math.nan, 0.0, floor, 0, False))
            continue
        before, now = (float(mean) for mean in pair.mean(axis=0))
        above = now >= floor if name in HIGHER_IS_BETTER else now <= floor
        found.append(Check(name, before, now, p[name], floor, len(pair), above and p[name] >= CHANCE))
    return found


def _pairs(name: str, today: Mapping[str, Mapping[str, float]], before: Mapping[str, Mapping[str, float]]) -> Any:
    """float [questions, 2]: released and today, of the questions that have the measure in both."""
    shared = [key for key in sorted(before) if name in before[key] and name in today.get(key, {})]
    return np.array([(before[key][name], today[key][name]) for key in shared], float).reshape(-1, 2)


def _loss(name: str, pairs: Any) -> float:
    """p of the difference where it is a loss; 1.0 for a gain or none."""
    differences = pairs[:, 1] - pairs[:, 0] if name in HIGHER_IS_BETTER else pairs[:, 0] - pairs[:, 1]
    return permutation_p(differences) if len(differences) and differences.mean() < 0 else 1.0


def released(path: Path = BASELINE) -> dict[str, Any]:
    """floor and the values of each question in the last release. Raises NotFound where none were kept."""
    if not path.exists():
        raise NotFound(f"no released figures in {path}; keep today's: sparewheel eval gate --update")
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def release(of: Sequence[Row], path: Path = BASELINE) -> None:
    """Keeps the values of the gated measures, and raises the floors that today's interval lies above."""
    figures, names = summary(of, others=False), (*HIGHER_IS_BETTER, *LOWER_IS_BETTER)
    before = released(path)["floor"] if path.exists() else {}
    floor = {}
    for name in (name for name in names if name in figures):
        higher = name in HIGHER_IS_BETTER
        own = figures[name]["low" if higher else "high"]
        floor[name] = round(max(own, before.get(name, own)) if higher else min(own, before.get(name, own)), 4)
    values = {row.record["id"]: {n: round(row.values[n], 4) for n in names if n in row.values} for row in of}
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(values[key])}" for key in sorted(values))
    path.write_text(f'{{"floor": {json.dumps(floor)},\n "values": {{\n{lines}\n }}}}\n', encoding="utf-8")
