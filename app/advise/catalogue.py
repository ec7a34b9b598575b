"""Open models to run on a machine of one's own, and which of them fit this one.

for model in catalogue(): model.memory_gb(4), fit(model, machine())
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from sparewheel.app.advise.machine import Machine
from sparewheel.rag.errors import NotFound, suggest
from sparewheel.rag.weights import BuiltIn, built_in

LIST = Path(__file__).with_name("catalogue.toml")
BITS = {16: 16.0, 8: 8.5, 4: 4.5}  # bits a weight really takes: blocks of 32 share a 16-bit scale
ROOM = 1.2  # for the attention cache of some thousand tokens, activations and the runtime


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
class Fit:
    """Where a model runs, "gpu", "cpu" or "" for nowhere, and with how many bits a weight (0 for nowhere)."""

    where: str
    bits: int


def catalogue() -> list[Open]:
    """The open models, smallest first."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return sorted((Open(name, **row) for name, row in rows["open"].items()), key=lambda model: model.parameters)


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
