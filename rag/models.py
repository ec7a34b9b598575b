"""The models: those that come with the package, checked against their sums, and open ones to run on a machine.

for model in built_in(): model.name, model.size_mb, model.trouble
for model in catalogue(): model.memory_gb(4), fit(model, machine())
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import NotFound, StoreError, suggest
from rag.settings import cores

WEIGHTS = Path(__file__).parent / "weights"
LIST = Path(__file__).with_name("models.toml")
FILES = ("config.json", "model.onnx", "tokenizer.json")  # of a built-in model, all with a checksum
BITS = {16: 16.0, 8: 8.5, 4: 4.5}  # bits a weight really takes: blocks of 32 share a 16-bit scale
ROOM = 1.2  # for the attention cache of some thousand tokens, activations and the runtime


@dataclass(frozen=True)
class BuiltIn:
    """A model of the package. trouble: what is wrong with its files, "" when complete (contents: see `verify`)."""

    name: str
    licence: str
    languages: str
    use: str
    folder: Path
    memory_mb: float = 0.0  # what a process grows by when it loads and runs it
    trouble: str = ""

    @property
    def size_mb(self) -> float:
        """Of its files on disk, in megabytes (10^6 bytes)."""
        return sum(file.stat().st_size for file in self.folder.glob("*") if file.is_file()) / 1e6


@dataclass(frozen=True)
class Open:
    """An open model. Parameters in billions; `active` go into one token, fewer than all in a mixture of experts."""

    name: str
    title: str
    hub: str
    parameters: float
    context: int  # tokens
    licence: str
    languages: str
    use: str
    active: float = 0.0

    def memory_gb(self, bits: int) -> float:
        """Gigabytes (10^9 bytes) to run it: parameters x bits a weight / 8 x 1.2. bits: 16, 8 or 4."""
        return self.parameters * BITS[bits] / 8 * ROOM


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


@dataclass(frozen=True)
class Fit:
    """Where a model runs, "gpu", "cpu" or "" for nowhere, and with how many bits a weight (0 for nowhere)."""

    where: str
    bits: int


def built_in(weights: Path = WEIGHTS) -> list[BuiltIn]:
    """The package's models by name, those whose files are missing too."""
    found = []
    for name, row in sorted(_list()["built_in"].items()):
        missing = [file for file in FILES if not (weights / name / file).is_file()]
        trouble = f"missing: {', '.join(missing)}" if missing else ""
        found.append(BuiltIn(name, folder=weights / name, trouble=trouble, **row))
    return found


def catalogue() -> list[Open]:
    """The open models, smallest first."""
    return sorted((Open(name, **row) for name, row in _list()["open"].items()), key=lambda model: model.parameters)


def find(name: str) -> BuiltIn | Open:
    """The model called `name`. Raises NotFound with the nearest name."""
    known: list[BuiltIn | Open] = [*built_in(), *catalogue()]
    models = {model.name: model for model in known}
    if name not in models:
        raise NotFound(f"no model {name!r}{suggest(name, models)}; see: sparewheel models list")
    return models[name]


def fit(model: Open, on: Machine) -> Fit:
    """The most bits a weight that fit on the GPUs; else in the machine's memory, at most 8 bits as a CPU is slow."""
    for where, room, choices in (("gpu", on.gpu_gb, (16, 8, 4)), ("cpu", on.memory_gb, (8, 4))):
        for bits in choices:
            if model.memory_gb(bits) <= room:
                return Fit(where, bits)
    return Fit("", 0)


def verify(weights: Path = WEIGHTS) -> dict[str, str]:
    """ "name/file" -> "" when its sha256 is the committed one, else what is wrong.

    Raises StoreError when the list of sums cannot be read.
    """
    try:
        sums: dict[str, str] = json.loads((weights / "checksums.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"no readable checksums.json in '{weights}' ({error}); reinstall sparewheel") from error
    present = {f"{file.parent.name}/{file.name}" for name in FILES for file in weights.glob(f"*/{name}")}
    return {name: _wrong(weights / name, sums.get(name, "")) for name in sorted(present | sums.keys())}


def _wrong(file: Path, expected: str) -> str:
    if not file.is_file():
        return "missing; reinstall sparewheel"
    if not expected:
        return "not in checksums.json; it is not a file of this release"
    found = sha256(file)
    return "" if found == expected else f"changed: sha256 {found[:12]}..., not {expected[:12]}...; reinstall sparewheel"


def sha256(file: Path) -> str:
    """Of the contents, 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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


def _list() -> dict[str, Any]:
    return tomllib.loads(LIST.read_text(encoding="utf-8"))
