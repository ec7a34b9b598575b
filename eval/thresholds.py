"""Floors that a run must reach: `--fail-under right=0.8`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparewheel.eval.meanings import MEANINGS
from sparewheel.rag.errors import UsageError, suggest

LOWER_IS_BETTER = frozenset(
    ("wrong_given", "partly", "refused_though_there", "failed_share", "degraded_share", "aurc", "calibration_error")
)


def thresholds(given: Sequence[str]) -> dict[str, float]:
    """Measure -> value. Raises UsageError for an unknown measure, or a value outside 0..1."""
    found = {}
    for text in given:
        name, _, value = text.partition("=")
        name = name.strip().replace(" ", "_").replace("-", "_")
        if name not in MEANINGS:
            raise UsageError(
                f"--fail-under {text}: no measure {name!r}{suggest(name, MEANINGS)}; known: {', '.join(MEANINGS)}"
            )
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"--fail-under {text}: {value!r} is no number; write {name}=0.8") from None
        if not 0 <= found[name] <= 1:
            raise UsageError(f"--fail-under {text}: measures lie between 0 and 1; write {name}=0.8")
    return found


def missed(overall: Mapping[str, Mapping[str, Any]], floors: Mapping[str, float]) -> list[str]:
    """A line for each floor that is not reached; where lower is better the value is a ceiling. A measure that no
    question has is missed, too: a file without answers must not pass."""
    lines = []
    for name, floor in floors.items():
        if name not in overall:
            lines.append(f"{name}: no question has it, {floor:g} is wanted")
            continue
        value, lower = overall[name]["value"], name in LOWER_IS_BETTER
        if value > floor if lower else value < floor:
            lines.append(f"{name}: {value:.3f}, {'at most' if lower else 'at least'} {floor:g} is wanted")
    return lines
