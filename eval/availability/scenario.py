"""Scenarios: what the endpoints do, how many questions come how fast, and the budgets they are answered within.

A scenario file is TOML: keys at the top are defaults of every `[[scenario]]` in it. Example:

    per_second = 20
    [[scenario]]
    name = "outage"
    primary = { kind = "window", name = "503", start_s = 2, end_s = 12 }   # see schedule.py
    backup = "ok"                                                          # or a fault's name
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from sparewheel.eval.availability.schedule import read
from sparewheel.rag.errors import SettingsError, suggest

BUILT_IN = Path(__file__).parent / "scenarios"
UNREACHABLE = ("refused", "dns", "tls")  # no server answers at all: the address itself is wrong


@dataclass(frozen=True)
class Scenario:
    """One load under one pair of endpoint behaviours. Questions come at a fixed rate, answered or not (open loop)."""

    name: str
    primary: str | Mapping[str, Any] = "ok"
    backup: str | Mapping[str, Any] = "ok"
    about: str = ""
    questions: int = 60
    per_second: float = 20.0
    workers: int = 1  # processes that ask
    forked: bool = False  # the system is built and used once, then the workers are forked from it
    first_token_s: float = 1.0
    between_tokens_s: float = 1.0
    total_s: float = 10.0
    window: tuple[float, float] | None = None  # seconds of a window schedule: the measured stretch
    pace: Mapping[str, float] = field(default_factory=dict)  # played by both endpoints, see exchange.Pace
    breaker: Mapping[str, float] = field(default_factory=dict)  # figures that differ from the defaults

    def check(self) -> None:
        """Raises SettingsError for a fault or schedule that does not exist."""
        for behaviour in (self.primary, self.backup):
            if behaviour not in UNREACHABLE:
                read(behaviour)


def load(path: Path | str) -> list[Scenario]:
    """The scenarios of a file. Raises SettingsError naming what is wrong in it."""
    file = Path(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read scenario file {str(file)!r}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from error
    rows = table.pop("scenario", [])
    if not rows:
        raise SettingsError(f"{file}: no scenario in it; write [[scenario]] with a name and what the primary does")
    return [_one({**table, **row}, file) for row in rows]


def _one(row: dict[str, Any], file: Path) -> Scenario:
    known = {spec.name for spec in fields(Scenario)}
    for key in row:
        if key not in known:
            raise SettingsError(f"{file}: unknown key {key!r} in scenario {row.get('name')!r}{suggest(key, known)}")
    try:
        scenario = Scenario(**row)
        scenario.check()
    except (SettingsError, TypeError) as error:
        raise SettingsError(f"{file}: scenario {row.get('name')!r}: {error}") from error
    primary = scenario.primary
    if isinstance(primary, Mapping) and primary.get("kind") == "window":
        return replace(scenario, window=(primary["start_s"], primary["end_s"]))
    return scenario
