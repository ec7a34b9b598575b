"""Two runs on the same questions: the difference of each measure, its interval, and how likely chance alone made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sparewheel.eval.score import MEANS, Row
from sparewheel.eval.significance import difference_interval, holm, permutation_p
from sparewheel.rag.errors import UsageError


def compare(ours: Sequence[Row], theirs: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Measure -> {a, b, difference, low, high, p, p_holm, n}: b minus a over the questions where both have the measure.

    p_holm: corrected for the number of measures (Holm), but for `right`, which is looked at first.
    Paired: differences of the same question, so that a hard question is hard for both.
    Raises UsageError when the runs have no question in common, or ask the same id otherwise.
    """
    first, second = ({row.record["id"]: row for row in run} for run in (ours, theirs))
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise UsageError("the runs have no question in common; compare two runs of one suite")
    for name in shared:
        if first[name].question.text != second[name].question.text:
            raise UsageError(f"question {name!r} is another one in the second run; compare two runs of one suite")
    found = {}
    for measure in MEANS:
        pairs = [
            (first[name].values[measure], second[name].values[measure])
            for name in shared
            if measure in first[name].values and measure in second[name].values
        ]
        if pairs:
            found[measure] = _difference(np.array(pairs, float))
    others = [
        measure for measure in found if measure != "right"
    ]  # declared beforehand: the one that needs no correction
    corrected = dict(zip(others, holm([found[measure]["p"] for measure in others]), strict=True))
    return {name: {**values, "p_holm": round(corrected.get(name, values["p"]), 6)} for name, values in found.items()}


def _difference(pairs: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    differences = pairs[:, 1] - pairs[:, 0]
    low, high = difference_interval(differences)
    values = {
        "a": pairs[:, 0].mean(),
        "b": pairs[:, 1].mean(),
        "difference": differences.mean(),
        "low": low,
        "high": high,
        "p": permutation_p(differences),
    }
    return {**{name: round(float(value), 6) for name, value in values.items()}, "n": len(pairs)}
