"""The regression gate: the figures of a run of `samples` against those of the last release (`baseline.json`).

A figure fails when the released value lies on the better side of its 95 % interval: the loss is no chance of the draw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparewheel.rag.errors import NotFound

BASELINE = Path(__file__).with_name("baseline.json")

HIGHER_IS_BETTER = ("f1", "em", "label_accuracy", "right", "citation_hit", "evidence_recall", "mrr", "refusal_recall")
LOWER_IS_BETTER = ("failed_share", "aurc")


@dataclass(frozen=True)
class Check:
    """One figure: what was released, what it is now with its interval, and whether it holds."""

    measure: str
    released: float
    value: float
    low: float
    high: float
    holds: bool


def check(overall: Mapping[str, Mapping[str, Any]], released: Mapping[str, float]) -> list[Check]:
    """A row for each released figure; one that the run no longer has does not hold."""
    found = []
    for measure, before in released.items():
        now = overall.get(measure)
        if now is None:
            found.append(Check(measure, before, float("nan"), float("nan"), float("nan"), False))
            continue
        holds = before <= now["high"] if measure in HIGHER_IS_BETTER else before >= now["low"]
        found.append(Check(measure, before, now["value"], now["low"], now["high"], holds))
    return found


def released(path: Path = BASELINE) -> dict[str, float]:
    """The figures of the last release. Raises NotFound where none were kept."""
    if not path.exists():
        raise NotFound(f"no released figures in {path}; keep today's: sparewheel eval gate --update")
    values: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return values


def release(overall: Mapping[str, Mapping[str, Any]], path: Path = BASELINE) -> None:
    """Keeps the gated figures as those of the release."""
    kept = {name: overall[name]["value"] for name in (*HIGHER_IS_BETTER, *LOWER_IS_BETTER) if name in overall}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
