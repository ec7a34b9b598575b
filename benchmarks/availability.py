"""What is lost when endpoints fail: ours beside LangChain's fallbacks and LiteLLM's router, and what our core costs.

    python -m benchmarks.availability [--part compare] [--rivals-python PATH]

Parts: `faults` (every fault alone, 4 min), `outages` (6 min), `compare` (12 faults for three systems, 20 min),
`mixed` (3,120 questions over all faults and the asker's blameless 400s, over a
corpus published every second, from two processes; 2 min for each system), `long` (the same ten times as long, the
processes forked from one that has asked; 11 min for each system), `overhead` (1 min). Each part is kept in
`results/availability.json` beside what is there. Traffic stays on 127.0.0.1. The comparators are asked under
`--rivals-python`, an interpreter that has litellm, langchain-deepseek and langchain-openai; without them they are
reported as not installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from benchmarks import machine
from benchmarks.availability_overhead import overhead
from sparewheel.eval.availability.play import OURS, play, serving
from sparewheel.eval.availability.scenario import BUILT_IN, Scenario, load

RIVALS = {
    "LangChain with_fallbacks": ("benchmarks.availability_rivals:LangChain", "langchain_deepseek"),
    "LiteLLM Router, tuned": ("benchmarks.availability_rivals:LiteLLM", "litellm"),
}
RIVALS_PLAY = ("503 burst", "stall", "brown-out 40 %")  # of the outages
OVER_CORPUS = "benchmarks.availability_published:Published"
MIXED_BESIDE = ("LangChain with_fallbacks",)
PARTS = ("faults", "outages", "compare", "mixed", "long", "overhead")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append", help="this part only; repeatable")
    parser.add_argument("--rivals-python", default=sys.executable, help="interpreter that has the comparators")
    given = parser.parse_args()
    for part in given.part or PARTS:
        print(f"\n{part}\n{'scenario':<29}{'system':<26} right lost wrong hung   p50 s   p99 s   max s  calls/100")
        if part == "overhead":
            figures: Any = overhead()
            print(json.dumps(figures, indent=2))
        else:
            figures = by_system(part, given.rivals_python)
        keep(part, figures)


def by_system(part: str, rivals_python: str) -> dict[str, Any]:
    """System -> figures of every scenario, with totals."""
    scenarios = load(BUILT_IN / f"{part}.toml")
    unforked = [replace(scenario, forked=False) for scenario in scenarios]  # not what the others promise
    ours = OVER_CORPUS if part in ("mixed", "long") else OURS
    found = {"ours": summed(_play(scenarios, "ours", ours, sys.executable))}
    if part != "faults":
        mine = [s for s in unforked if part != "outages" or s.name in RIVALS_PLAY]
        for name, (system, module) in RIVALS.items():
            if part == "mixed" and name not in MIXED_BESIDE:
                continue
            if _has(rivals_python, module):
                found[name] = summed(_play(mine, name, system, rivals_python))
            else:
                found[name] = {"not installed": module}
                print(f"{name}: {module} is not installed for {rivals_python}")
    return found


def _play(scenarios: Iterable[Scenario], name: str, system: str, python: str) -> list[dict[str, Any]]:
    """Each scenario meets two fresh servers, so that no system inherits another's connections."""
    played = []
    for scenario in scenarios:
        with serving() as primary, serving() as backup:
            f = play(scenario, primary, backup, system=system, python=python, warm_up=5)
        played.append({**f, "load_1min": machine.describe()["load_1min"]})
        counts = f"{f['right']:6} {f['lost']:4} {f['wrong']:5} {f['hung']:4}"
        times = f"{f['p50_s']:7.3f} {f['p99_s']:7.3f} {f['max_s']:7.2f} {f['primary_calls_per_100']:10.1f}"
        print(f"{scenario.name:<29}{name:<26}{counts} {times}", flush=True)
        if scenario.window:
            print(
                f"    left after {f['time_to_open_s']} s; until it was well {f['calls_while_open']} calls and p99 "
                f"{f['p99_while_open_s']} s; taken up {f['time_to_recover_s']} s after it was well",
                flush=True,
            )
    return played


def summed(played: list[dict[str, Any]]) -> dict[str, Any]:
    """The totals over the scenarios, then the scenarios."""
    keys = ("questions", "right", "lost", "wrong", "hung", "sockets_busy", "tasks_left")
    return {**{key: sum(f[key] for f in played) for key in keys}, "scenarios": played}


def _has(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def keep(part: str, figures: Any) -> None:
    """Puts the part into the results file, beside the other parts; each part names the machine as it found it."""
    path = machine.RESULTS / "availability.json"
    before = json.loads(path.read_text("utf-8")) if path.exists() else {}
    before.pop("machine", None)
    when = {key: value for key, value in machine.describe().items() if key in ("date", "commit", "load_1min")}
    machine.save("availability", {**before, part: {**when, "figures": figures}})


if __name__ == "__main__":
    main()
