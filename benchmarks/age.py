"""How old a result is: measured on which day and machine, with models and code that are still the same?

Every result is of a commit and, where it depends on them, of models by checksum (`benchmarks.machine.save`). "older
models": one of them has been changed since. "older code": of what the result describes (`ROOMS`) a quarter of the lines
or more have changed since the result was committed. A test asks for the mark from half of them on: it then comes with
the next making of the tables and not with anybody's commit.
"""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sparewheel.eval.runs import built_in_models

RESULTS = Path(__file__).parent / "results"
TOO_MUCH, FAR_TOO_MUCH = 0.25, 0.5  # share of the lines
_ANSWER = ("rag/answer", "rag/retrieve", "rag/chain.py", "rag/understand.py")
# result -> what it describes, from the root of the repository; one that is not here tells its models only
ROOMS: Mapping[str, tuple[str, ...]] = {
    "api_load": ("app/api",),
    "asked": _ANSWER,
    "asked_baseline": _ANSWER,
    "availability": ("rag/reliability",),
    "availability_fuzz": ("rag/reliability", "eval/availability"),
    "changes": ("rag/rights.py", "rag/readable.py", "app/people"),
    "cold_start": ("rag/assemble.py", "app/cli"),
    "crash": ("rag/ingest", "rag/disk.py"),
    "dense_others": ("rag/retrieve/dense.py", "rag/retrieve/dense_write.py"),
    "page_paint": ("app/ui",),
    "edge": ("rag/answer", "rag/retrieve"),
    "edge_profiles": ("rag/answer", "rag/retrieve"),
    "end_to_end": _ANSWER,
    "fidelity": ("rag/ingest/formats",),
    "follow_up": ("rag/follow_up.py", "rag/turns.py"),
    "fuzz": ("rag/ingest/formats", "rag/answer/endpoint.py"),
    "given": ("rag/answer",),
    "hostile": ("rag/ingest", "rag/clean.py", "rag/answer/orders.py", "app/api"),
    "ingest": ("rag/ingest",),
    "injection": ("rag/answer/orders.py", "rag/answer/claims.py"),
    "lookalikes": ("rag/understand.py", "rag/retrieve", "rag/ingest/identity.py"),
    "memory": ("rag/memory",),
    "mutants": ("benchmarks/mutants.toml",),
    "observe_overhead": ("rag/observe",),
    "page": ("app/ui",),
    "peers": (*_ANSWER, "benchmarks/peers_systems.py"),
    "ray_ingest": ("rag/cluster.py",),
    "reader": ("rag/answer/reader_network.py", "rag/answer/spans.py"),
    "recall": ("rag/retrieve",),
    "retrieval": ("rag/retrieve",),
    "review": ("rag/review",),
    "rolling": ("rag/reliability", "app/api"),
    "scale": ("rag/ingest", "rag/retrieve"),
    "scale_peers": ("rag/retrieve", "rag/postgres"),
    "scale_postgres": ("rag/postgres",),
    "search_speed": ("rag/retrieve",),
    "stampede": ("rag/reliability", "rag/answer"),
    "tables": ("rag/answer/cells.py", "rag/table_text.py", "rag/ingest/formats"),
    "throughput": _ANSWER,
    "workers": ("app/api", "rag/runtime.py"),
}


def read(path: Path) -> dict[str, Any]:
    """A result."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def measured(result: Any) -> Iterator[dict[str, Any]]:
    """Every description of a machine in a result: the parts of some are measured on their own."""
    if isinstance(result, dict):
        for name, value in result.items():
            if name == "machine":
                yield value
            yield from measured(value)


def models_of(result: Any) -> Iterator[dict[str, str]]:
    """Every record of models that a result holds."""
    if isinstance(result, dict):
        if isinstance(result.get("models"), dict):
            yield result["models"]
        for value in result.values():
            yield from models_of(value)


def older_models(result: Any, shipped: Mapping[str, str]) -> bool:
    """Was any part of it measured with another model than the shipped one of the same name?"""
    return any(shipped.get(name) != was for models in models_of(result) for name, was in models.items())


def older_code(path: Path, share: float = TOO_MUCH, root: Path = RESULTS.parent.parent) -> bool | None:
    """Has so much of what it describes changed since it was committed? None where git cannot tell."""
    rooms = ROOMS.get(path.stem.partition(".")[0])
    since = git(root, "log", "-1", "--format=%H", "--", str(path)).strip()
    if not rooms or not since or git(root, "rev-parse", "--is-shallow-repository").strip() != "false":
        return None
    if git(root, "status", "--porcelain", "--", str(path)):
        return False  # it is of now
    rows = [line.split("\t") for line in git(root, "diff", "--numstat", since, "HEAD", "--", *rooms).splitlines()]
    changed = sum(max(int(added), int(gone)) for added, gone, name in rows if name.endswith((".py", ".toml")))
    return changed >= share * max(1, sum(_lines(root / room) for room in rooms))


def _lines(path: Path) -> int:
    files = path.rglob("*.py") if path.is_dir() else [path]
    return sum(len(file.read_bytes().splitlines()) for file in files if file.is_file())


@functools.lru_cache(maxsize=256)
def git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(("git", *words), cwd=root, capture_output=True, check=False)
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def marks(path: Path, share: float = TOO_MUCH) -> list[str]:
    """ "older models", "older code": what a reader of the figures has to know."""
    if not path.exists():
        return []
    found = ["older models"] if older_models(read(path), built_in_models()) else []
    return found + (["older code"] if older_code(path, share) else [])


def table() -> str:
    """Markdown: a row for each result."""
    lines = ["| result | day | commit | machine | |", "|---|---|---|---|---|"]
    for path in sorted(RESULTS.glob("*.json")):
        result = read(path)
        parts = list(measured(result))
        days = sorted({part["date"] for part in parts})
        commits = sorted({part["commit"] + _changed(part) for part in parts if part.get("commit")})
        chips = sorted({part["instructions"] for part in parts if part.get("instructions")})
        day = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        cells = (f"`{path.name}`", day, ", ".join(commits) or "not kept", ", ".join(chips) or "not kept")
        lines.append(f"| {' | '.join(cells)} | {', '.join(marks(path))} |")
    return "\n".join(lines)


def _changed(machine: Mapping[str, Any]) -> str:
    return " with changes" if machine.get("dirty") else ""
