"""The machine a figure was measured on, written beside it, and where results go."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "faiss-cpu", "onnxruntime", "tokenizers", "langchain-core", "bm25s", "rank-bm25", "torch")


def describe() -> dict[str, Any]:
    """Processor, cores this process may use, memory (GiB), system, Python and package versions, date (UTC)."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "load_1min": round(os.getloadavg()[0], 1),  # others on the machine make a figure worse, never better
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def save(name: str, figures: Mapping[str, Any]) -> Path:
    """Write `figures` with the machine to `benchmarks/results/<name>.json`; the path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": describe(), **figures}, indent=2, ensure_ascii=False) + "\n", "utf-8")
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
