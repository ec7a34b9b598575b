"""The share of lines and branches that the tests run, by room: `make coverage` (the suite, measured).

    python -m benchmarks.coverage FILE        FILE: what `coverage json` wrote

Figures of coverage.py: (lines run + branches taken) / (lines + branches). A line that is run is not yet tested: see
`benchmarks.mutants`. Writes benchmarks/results/coverage.json.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.machine import save


def rooms(report: dict[str, Any]) -> dict[str, float]:
    """Room ("rag/answer", "app/ui", ...) -> its share, 0..1; "all" last."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, file in report["files"].items():
        parts = [part for part in PurePosixPath(name).parts if part != "sparewheel"]
        figures = file["summary"]
        done = figures["covered_lines"] + figures.get("covered_branches", 0)
        of = figures["num_statements"] + figures.get("num_branches", 0)
        for room in ("/".join(parts[:2]) if len(parts) > 2 else parts[0], "all"):
            counts[room][0] += done
            counts[room][1] += of
    order = sorted(counts, key=lambda room: (room == "all", room))
    return {room: round(counts[room][0] / counts[room][1], 3) for room in order if counts[room][1]}


def main(file: str) -> None:
    shares = rooms(json.loads(Path(file).read_text(encoding="utf-8")))
    for room, share in shares.items():
        print(f"{room:28}{share:7.1%}")
    save("coverage", {"share_run": shares})


if __name__ == "__main__":
    main(sys.argv[1])
