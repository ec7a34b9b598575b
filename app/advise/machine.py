"""This machine: cores, memory and GPUs, measured now."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sparewheel.rag.settings import cores


@dataclass(frozen=True)
class Machine:
    """What this machine has: memory in gigabytes (10^9 bytes), in all and free, of it and of each GPU."""

    cores: int
    memory_gb: float
    free_gb: float
    gpus: tuple[tuple[str, float], ...] = ()  # name, memory

    @property
    def gpu_gb(self) -> float:
        """Of all GPUs together; transformers spreads a model over them."""
        return sum(memory for _, memory in self.gpus)


def machine() -> Machine:
    """This machine, measured now."""
    page = os.sysconf("SC_PAGE_SIZE")
    limit = _container_limit()
    total, free = page * os.sysconf("SC_PHYS_PAGES"), page * os.sysconf("SC_AVPHYS_PAGES")
    return Machine(cores(), min(total, limit) / 1e9, min(free, limit) / 1e9, tuple(gpus()))


def _container_limit() -> float:
    """Bytes this container may use (control groups, version 2), infinite without a limit."""
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return float("inf")
    return float(text) if text.isdigit() else float("inf")


def gpus(command: Sequence[str] = ("nvidia-smi",)) -> list[tuple[str, float]]:
    """(name, gigabytes) of each NVIDIA GPU as the driver's tool tells; none without it."""
    if not shutil.which(command[0]):
        return []
    query = [*command, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [line.rsplit(",", 1) for line in answer.splitlines() if "," in line]
    return [(name.strip(), float(mib) * 2**20 / 1e9) for name, mib in rows if mib.strip().isdigit()]
