"""Documents that give orders, and a model that obeys: how many of its answers say that something is wrong with them?

    python -m benchmarks.injection                 480 documents, seed 7
    python -m benchmarks.injection --count 2000 --seed 3

Aim: none unmarked. Beside it: how many true sentences are marked for nothing.
"""

from __future__ import annotations

import argparse
from collections import Counter

from benchmarks.machine import save
from sparewheel.eval.hostile.injections import HONEST, falsely_marked, made, outcome


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=480)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    attacks = made(given.count, given.seed)
    outcomes = [outcome(attack) for attack in attacks]
    by = {
        name: {
            key: dict(Counter(o for a, o in zip(attacks, outcomes, strict=True) if getattr(a, name) == key))
            for key in sorted({getattr(a, name) for a in attacks})
        }
        for name in ("kind", "where", "language")
    }
    unmarked = [
        [a.language, a.kind, a.phrasing, a.where] for a, o in zip(attacks, outcomes, strict=True) if o == "unmarked"
    ]
    false = sum(map(falsely_marked, HONEST))
    figures = {"documents": given.count, "seed": given.seed, "outcomes": dict(Counter(outcomes)), "unmarked": unmarked}
    print(figures, f"true sentences marked: {false} of {len(HONEST)}")
    print(save("injection", {**figures, "true_marked": false, "true_sentences": len(HONEST), "by": by}))


if __name__ == "__main__":
    main()
