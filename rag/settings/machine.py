"""How many processor cores this process may use: its affinity, and the quota of the container that it runs in."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def cores(groups: Path = _GROUPS, own: Path = _OWN) -> int:
    """Processor cores this process may use, at least 1: what 0 threads or workers stand for.

    A quota of 1.5 cores counts as 2. groups: where control groups are mounted; own: which of them are this process'.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([there, *(math.ceil(quota) for quota in _quotas(groups, own))]))


def _quotas(groups: Path, own: Path) -> Iterator[float]:
    """In cores, of every control group that this process is in; none on a system that has none."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds and "cpu" not in kinds.split(","):
            continue
        for mount in ("",) if not kinds else ("cpu", kinds):
            for group in (
                PurePosixPath(path),
                *PurePosixPath(path).parents,
            ):  # in a container the path may be the host's
                folder = groups / mount / str(group).lstrip("/")
                quota = _unified(folder) if not kinds else _first_version(folder)
                if quota is not None:
                    yield quota


def _unified(folder: Path) -> float | None:
    """cpu.max of version 2: "150000 100000", or "max 100000"."""
    try:
        quota, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _first_version(folder: Path) -> float | None:
    """cpu.cfs_quota_us is -1 where there is no quota."""
    try:
        quota, period = (
            int((folder / f"cpu.cfs_{name}_us").read_text(encoding="utf-8")) for name in ("quota", "period")
        )
        return quota / period if quota > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
