"""Which fault a call meets, by the second since the scenario began and a seeded chance."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sparewheel.eval.availability.played import PLAYED
from sparewheel.rag.errors import SettingsError, suggest

LASTING = ("401", "402", "404")


class Schedule(Protocol):
    """The fault that a call at second `at_s` meets; "ok" is the healthy answer."""

    def fault(self, at_s: float) -> str: ...


@dataclass(frozen=True)
class Always:
    """One fault for every call."""

    name: str

    def fault(self, at_s: float) -> str:
        return self.name


@dataclass(frozen=True)
class Window:
    """`name` from `start_s` until `end_s`, healthy before and after."""

    name: str
    start_s: float
    end_s: float

    def fault(self, at_s: float) -> str:
        return self.name if self.start_s <= at_s < self.end_s else "ok"


@dataclass(frozen=True)
class Flapping:
    """`name` for `period_s`, healthy for `period_s`, and so on; starts failing."""

    name: str
    period_s: float

    def fault(self, at_s: float) -> str:
        return self.name if int(at_s / self.period_s) % 2 == 0 else "ok"


@dataclass(frozen=True)
class Mixed:
    """A share of the calls meets one of `names`, drawn evenly. The share goes linearly to `end_share` by `over_s`."""

    names: Sequence[str]
    share: float
    end_share: float | None = None
    over_s: float = 60.0
    seed: int = 0
    rng: random.Random = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rng", random.Random(self.seed))

    def fault(self, at_s: float) -> str:
        share = self.share
        if self.end_share is not None:
            share += (self.end_share - self.share) * min(1.0, at_s / self.over_s)
        return self.rng.choice(self.names) if self.rng.random() < share else "ok"


_KINDS = {"always": Always, "window": Window, "flapping": Flapping, "mixed": Mixed}


def read(value: str | Mapping[str, Any]) -> Schedule:
    """A schedule from a fault's name or a table {kind = "window", name = "503", start_s = 5, end_s = 20}.

    `names = "*"` of a mixed one stands for every passing fault, 400 and 422 among them: not the lasting 401, 402
    and 404, after which an endpoint is left alone for ten minutes.
    Raises SettingsError naming the wrong word.
    """
    table: dict[str, Any] = {"kind": "always", "name": value} if isinstance(value, str) else dict(value)
    kind = table.pop("kind", "always")
    if kind not in _KINDS:
        raise SettingsError(f"unknown schedule {kind!r}{suggest(str(kind), _KINDS)}")
    if table.get("names") == "*":
        table["names"] = [name for name in PLAYED if name not in ("ok", *LASTING)]
    for name in [*table.get("names", ()), *([table["name"]] if "name" in table else [])]:
        if name not in PLAYED:
            raise SettingsError(f"unknown fault {name!r}{suggest(str(name), PLAYED)}")
    try:
        schedule: Schedule = _KINDS[kind](**table)
    except TypeError as error:
        raise SettingsError(f"schedule {kind!r}: {error}") from error
    return schedule
