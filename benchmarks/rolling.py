"""Questions lost while two API servers are restarted one after the other: `python -m benchmarks.rolling`.

Each plan of eval/availability/rolling.py in turn: a new server first (Kubernetes) or the old one's end first (one
server), clients that open a connection for each question, that keep them, and that keep them and ask once more when
one ends before a byte of the answer came. Everything is on 127.0.0.1. About 3 minutes.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from benchmarks.machine import save
from sparewheel.eval.availability.rolling import Plan, corpus, play

RATE = 6.0  # questions a second
PLANS = {
    "surge, new connections": Plan("surge", restarts=2, per_second=RATE),
    "in place, new connections": Plan("in place", restarts=2, per_second=RATE),
    "in place, kept connections": Plan("in place", restarts=2, per_second=RATE, keep=True),
    "in place, kept, one retry": Plan("in place", restarts=2, per_second=RATE, keep=True, retries=1),
    "in place, no notice": Plan("in place", restarts=2, per_second=RATE, shutdown_delay_s=0.0),
}
HEADER = f"{'plan':<28} restarts questions right extract lost seconds"


def main() -> None:
    results = {}
    print(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        corpus(Path(folder))
        for name, plan in PLANS.items():
            figures = results[name] = asyncio.run(play(plan, Path(folder)))
            counts = "{servers_restarted:8} {questions:9} {right:5} {extracts:7}".format(**figures)
            print(f"{name:<28} {counts} {sum(figures['lost'].values()):4} {figures['seconds']:7.1f}", flush=True)
            if figures["lost"]:
                print("  " + json.dumps(figures["lost"]))
    save("rolling", {"plans": results})


if __name__ == "__main__":
    main()
