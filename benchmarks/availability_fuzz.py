"""Ten thousand behaviours of an endpoint drawn from a seed, none of which may cost an answer.

    python -m benchmarks.availability_fuzz [--seed 0] [--behaviours 10000]

Writes benchmarks/results/availability_fuzz.json: how many were right, lost, raised, hung or wrong, and by which fault.
"""

from __future__ import annotations

import argparse
import asyncio

from benchmarks.machine import save
from sparewheel.eval.availability.fuzz import fuzz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--behaviours", type=int, default=10_000)
    asked = parser.parse_args()
    report = asyncio.run(fuzz(range(asked.behaviours), asked.seed))
    result = {
        "seed": asked.seed,
        "behaviours": report.played,
        "right": report.right,
        **{name: getattr(report, name)[:20] for name in ("lost", "raised", "hung", "wrong")},
        "kinds": dict(report.kinds.most_common()),
        "reasons": dict(report.reasons.most_common()),
        "seconds": round(report.seconds, 1),
    }
    save("availability_fuzz", result)
    print({key: value for key, value in result.items() if key != "kinds"})


if __name__ == "__main__":
    main()
