"""Threads are as many as the container may use, not as the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sparewheel.rag.settings.machine import cores

THERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def system(folder: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    """Control groups as Linux shows them."""
    for name, content in files.items():
        (folder / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "groups" / name).write_text(content)
    (folder / "own").write_text(own)
    return folder / "groups", folder / "own"


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "100000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "20000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, THERE),
        ("0::/a/b\n", {"a/cpu.max": "100000 100000\n", "a/b/cpu.max": "max 100000\n"}, 1),  # the slice above is narrow
        ("0::/of/the/host\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, min(2, THERE)),
        ("0::/\n", {"cpu.max": "what\n"}, THERE),
        (
            "3:cpu,cpuacct:/x\n2:memory:/x\n",
            {"cpu/x/cpu.cfs_quota_us": "100000", "cpu/x/cpu.cfs_period_us": "100000"},
            1,
        ),
        ("3:cpu,cpuacct:/x\n", {"cpu/x/cpu.cfs_quota_us": "-1", "cpu/x/cpu.cfs_period_us": "100000"}, THERE),
        ("5:cpuset:/\n", {"cpu.max": "100000 100000\n"}, THERE),
    ],
)
def test_a_quota_counts(tmp_path: Path, own: str, files: dict[str, str], expected: int) -> None:
    """Both versions of control groups, of the process' own group and those above; rubbish is no quota."""
    assert cores(*system(tmp_path, own, files)) == expected


def test_without_control_groups_all_cores_count(tmp_path: Path) -> None:
    """Another system, or a container that hides them."""
    assert cores(tmp_path, tmp_path / "none") == THERE
