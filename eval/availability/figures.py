"""What the outcomes of a scenario amount to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sparewheel.eval.availability.scenario import Scenario

GAP_S = 1.0  # so long without a primary call: it is left alone


def figures(
    scenario: Scenario,
    outcomes: Sequence[Mapping[str, Any]],
    primary: Mapping[str, Any],
    backup: Mapping[str, Any],
    tasks_left: int,
) -> dict[str, Any]:
    """Counts; seconds p50, p99, max; and where the primary fails in one stretch: when it was left and taken up again.

    time_to_open_s: from the stretch's start to the last primary call before it is left alone. time_to_recover_s: from
    its end until a second in which the primary gets at least half of the questions. calls_while_open: primary calls
    between the two. sockets_busy: connections at the servers with a call still under way after everything ended.
    """
    verdicts = Counter(str(o["verdict"]) for o in outcomes)
    seconds = sorted(float(o["seconds"]) for o in outcomes)
    found = {
        "name": scenario.name,
        "questions": len(outcomes),
        **{verdict: verdicts[verdict] for verdict in ("right", "lost", "wrong", "hung")},
        "not_right_at_most": upper_bound(len(outcomes) - verdicts["right"], len(outcomes)),
        "p50_s": quantile(seconds, 0.50),
        "p99_s": quantile(seconds, 0.99),
        "max_s": seconds[-1],
        "primary_calls": primary["calls"],
        "primary_calls_per_100": round(100 * primary["calls"] / len(outcomes), 1),
        "answered_by": dict(Counter(str(o["answered_by"]) for o in outcomes if o["answered_by"])),
        "degraded": sum(bool(o["degraded"]) for o in outcomes),
        "sockets_busy": primary["busy"] + backup["busy"],
        "tasks_left": tasks_left,
        "errors": dict(Counter(str(o["error"])[:80] for o in outcomes if o["error"]).most_common(3)),
    }
    if scenario.window:
        found |= _stretch(scenario, outcomes, [float(at) for at, _ in primary["call_times"]])
    return found


def _stretch(scenario: Scenario, outcomes: Sequence[Mapping[str, Any]], calls: Sequence[float]) -> dict[str, Any]:
    assert scenario.window is not None
    start, end = scenario.window
    inside = [at for at in calls if start <= at < end]
    opened = next((a for a, b in zip(inside, [*inside[1:], end], strict=True) if b - a > GAP_S), None)
    enough = scenario.per_second * GAP_S / 2
    recovered = next((at for at in calls if at >= end and sum(at <= c < at + GAP_S for c in calls) >= enough), None)
    ends = max(calls, default=0.0)
    in_window = [
        o for o in outcomes if opened is not None and opened + scenario.first_token_s < o["at_s"] < end - GAP_S
    ]
    return {
        "time_to_open_s": None if opened is None else round(opened - start, 3),
        "calls_while_open": None if opened is None else sum(opened < at < end for at in inside),
        "time_to_recover_s": None if recovered is None or recovered + GAP_S > ends + 1 else round(recovered - end, 3),
        "p99_while_open_s": quantile(sorted(float(o["seconds"]) for o in in_window), 0.99) if in_window else None,
    }


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the sorted values do not exceed (nearest rank)."""
    return round(values[max(0, math.ceil(share * len(values)) - 1)], 4)


def upper_bound(bad: int, total: int) -> float:
    """One-sided 95 % upper bound of a share, `bad` of `total` seen (Clopper and Pearson 1934)."""
    low, high = bad / total, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(bad, total, middle) > 0.05 else (low, middle)
    return high


def _at_most(bad: int, total: int, share: float) -> float:
    """The chance of at most `bad` of `total` when each is bad with probability `share`."""
    if share >= 1.0:
        return float(bad >= total)
    return math.fsum(
        math.exp(
            math.lgamma(total + 1) - math.lgamma(i + 1) - math.lgamma(total - i + 1)
            + i * math.log(share) + (total - i) * math.log1p(-share)
        )
        for i in range(bad + 1)
    )  # fmt: skip
