"""The machine a figure was measured on, written beside it, and where results go."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from sparewheel.eval.runs import built_in_models

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "faiss-cpu", "onnxruntime", "tokenizers", "langchain-core", "bm25s", "rank-bm25", "torch")


def describe() -> dict[str, Any]:
    """Processor, cores this process may use, memory (GiB), system, Python and package versions, date (UTC), and the
    state of the code (`code_state`)."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "load_1min": round(os.getloadavg()[0], 1),  # others on the machine make a figure worse, never better
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "instructions": _instructions(),
        **code_state(),
    }


@functools.cache
def code_state() -> dict[str, Any]:
    """commit: of the checkout, short, "" outside one. dirty: whether tracked files differ from it. code: a name for
    both, the same as long as the code is."""
    commit = _git("rev-parse", "--short=12", "HEAD").strip()
    changes = _git("diff", "HEAD", "--", ".", ":!benchmarks/results", ":!*.md")
    state = f"{commit}-{hashlib.sha256(changes.encode()).hexdigest()[:8]}" if changes else commit
    return {"commit": commit, "dirty": bool(changes), "code": state or "unknown"}


def _git(*words: str) -> str:
    try:
        done = subprocess.run(("git", *words), cwd=RESULTS.parent.parent, capture_output=True, check=False)
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def _instructions() -> str:
    """The widest integer instructions that onnxruntime may use here: figures of int8 networks differ between them."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("flags")[2].split("\n")[0].split()
    except OSError:
        return ""
    return next((name for name in ("amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2") if name in flags), "")


def save(name: str, figures: Mapping[str, Any], *, models: bool = False) -> Path:
    """Write `figures` with the machine to `benchmarks/results/<name>.json`; the path.

    models: they rest on the built-in models, whose checksums are written with them. Such figures differ between the
    instructions of processors: those of others are kept beside them, as `<name>.<instructions>.json`.
    """
    RESULTS.mkdir(exist_ok=True)
    path, about = RESULTS / f"{name}.json", {"machine": describe()}
    if models:
        about["models"] = built_in_models()
        before = json.loads(path.read_text("utf-8"))["machine"].get("instructions") if path.exists() else None
        if before and before != about["machine"]["instructions"]:
            path.rename(RESULTS / f"{name}.{before}.json")
    path.write_text(json.dumps({**about, **figures}, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def rss_mb(peak: bool = False) -> float:
    """Resident memory of this process in MB, now or at its highest; 0 where /proc is not there."""
    key = "VmHWM:" if peak else "VmRSS:"
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(key)), 0.0)


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
