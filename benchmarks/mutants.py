"""Would the tests notice? Faults put into the core rooms, one at a time, and the tests that should fail on them.

    make mutants                              all of them
    python -m benchmarks.mutants ROOM …       those of some rooms; the other rooms' figures stay as they were measured

benchmarks/mutants.toml lists them: a file, a text that stands in it exactly once, what takes its place, and the tests
of the room. Each is put into a copy of the checkout, where the tests run until the first one fails. A mutant is

    killed      a test failed, or hung until its time was up
    survived    all tests passed: the fault would go unseen
    stale       the text is not in the file any more, or more than once: it counts for nothing until somebody mends it

The tests must pass without any mutant first. A list written by hand is no sample: read the share as "of faults that we
thought worth guarding against". Writes benchmarks/results/mutants.json; ends with status 1 below `AIM`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.machine import RESULTS, save

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".toml")
AIM = 0.9  # of the mutants that are not stale
AT_ONCE = 2
LEAST_S, PATIENCE = 60.0, 5.0  # a run that takes longer than so many times the sound one is a hang
# only the plugins that these tests need: loading all of them takes longer than most of the tests
OPTIONS = (
    "-q",
    "-x",
    "-o",
    "addopts=",
    "-p",
    "pytest_asyncio.plugin",
    "-p",
    "pytest_timeout",
    "-p",
    "no:cacheprovider",
)
NEEDED = ("app", "corpora", "eval", "rag", "sparewheel", "tests", "training", "pyproject.toml")

Fate = Literal["killed", "survived", "stale"]


@dataclass(frozen=True)
class Mutant:
    """`before` of `file` becomes `after`; `tests` (files, or pytest's node ids) should notice."""

    room: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.file}: {' '.join(self.after.split()) or 'deleted: ' + ' '.join(self.before.split())}"[:140]

    def put_into(self, root: Path) -> bool:
        """Whether it could be put in: its text stands in the file exactly once."""
        path = root / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(self.before) != 1:
            return False
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")
        return True

    def take_out(self, root: Path) -> None:
        shutil.copyfile(ROOT / self.file, root / self.file)


def mutants(table: Path = TABLE) -> list[Mutant]:
    """All of the table, in its order."""
    rooms: dict[str, Any] = tomllib.loads(table.read_text(encoding="utf-8"))
    return [
        Mutant(name, one.get("file", room["file"]), one["before"], one["after"], tuple(one.get("tests", room["tests"])))
        for name, room in rooms.items()
        for one in room["mutants"]
    ]


def copied(folder: Path) -> Path:
    """A copy of what the tests need of the checkout; weights and settings are the checkout's own."""
    hidden = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=hidden)
        else:
            shutil.copyfile(source, folder / name)
    for name in ("models", "deploy", "docs", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def passes(root: Path, tests: Sequence[str], within_s: float | None = None) -> bool:
    """Whether the tests pass, in time, on the code in `root`, which is imported instead of the installed one."""
    command = [sys.executable, "-m", "pytest", *OPTIONS, *tests]
    alone = {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment = {**os.environ, **alone}
    try:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=within_s, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1, 2):  # 2: an import failed, which is a failure too
        raise RuntimeError(f"pytest ended with {done.returncode}: {done.stdout.decode()[-2000:]}")
    return done.returncode == 0


def fates(wanted: Sequence[Mutant], within_s: float) -> Iterable[tuple[Mutant, Fate]]:
    """What became of each, in the order given. Every worker has a copy of its own."""
    own = threading.local()
    with tempfile.TemporaryDirectory(prefix="sparewheel-mutants-") as folder:

        def fate(mutant: Mutant) -> tuple[Mutant, Fate]:
            if not hasattr(own, "root"):
                own.root = copied(Path(tempfile.mkdtemp(dir=folder)))
            if not mutant.put_into(own.root):
                return mutant, "stale"
            try:
                return mutant, "survived" if passes(own.root, mutant.tests, within_s) else "killed"
            finally:
                mutant.take_out(own.root)

        with ThreadPoolExecutor(AT_ONCE) as workers:
            yield from workers.map(fate, wanted)


def sound(wanted: Sequence[Mutant]) -> bool:
    """Whether all the tests pass as the code stands."""
    with tempfile.TemporaryDirectory(prefix="sparewheel-mutants-") as folder:
        return passes(copied(Path(folder)), sorted({test for mutant in wanted for test in mutant.tests}))


def figures(found: Sequence[tuple[Mutant, Fate]]) -> dict[str, dict[str, Any]]:
    """Room -> how many were killed, survived and are stale, the share killed of those not stale, and which were not."""
    rooms: dict[str, dict[str, Any]] = {}
    for mutant, fate in found:
        row = rooms.setdefault(mutant.room, {"killed": 0, "survived": 0, "stale": 0, "not_killed": []})
        row[fate] += 1
        if fate != "killed":
            row["not_killed"].append(f"{fate}: {mutant.label}")
    return {room: {**row, "share_killed": share([row])} for room, row in rooms.items()}


def share(rows: Iterable[dict[str, Any]]) -> float | None:
    """killed / (killed + survived) of these rooms together; None where there is none."""
    counts = [(row["killed"], row["survived"]) for row in rows]
    killed, tried = sum(k for k, _ in counts), sum(k + s for k, s in counts)
    return round(killed / tried, 3) if tried else None


def before() -> dict[str, dict[str, Any]]:
    """The rooms' figures of the last runs."""
    path = RESULTS / "mutants.json"
    kept: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rooms"] if path.exists() else {}
    return kept


def main(rooms: Sequence[str]) -> int:
    """The exit status: 1 where fewer than AIM were killed, 2 where the tests fail without any mutant."""
    listed = mutants()
    wanted = [mutant for mutant in listed if not rooms or mutant.room in rooms]
    began = time.monotonic()
    if not sound(wanted):
        print("the tests fail without any mutant: mend them first")
        return 2
    within_s = max(LEAST_S, PATIENCE * (time.monotonic() - began))
    found = []
    for mutant, fate in fates(wanted, within_s):
        found.append((mutant, fate))
        print(f"{fate:9}{mutant.room:14}{mutant.label}", flush=True)
    rows = {**before(), **figures(found)}
    rows = {room: rows[room] for room in dict.fromkeys(mutant.room for mutant in listed) if room in rows}
    print(f"\n{'room':16}{'killed':>8}{'survived':>10}{'stale':>7}{'share':>7}")
    for room, row in rows.items():
        print(f"{room:16}{row['killed']:8}{row['survived']:10}{row['stale']:7}{row['share_killed'] or 0:7.2f}")
    total = share(rows.values())
    print(f"all: {total}")
    save("mutants", {"share_killed": total, "rooms": rows})
    return int((total or 0) < AIM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
