"""The figures that the cost of ownership is reckoned from: each with unit, range, source and date."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sparewheel.rag.errors import UsageError, suggest

FILE = Path(__file__).with_name("assumptions.toml")
_UP_TO_ONE = ("share", "availability")  # units whose values are 0..1; all others are 0 or more


@dataclass(frozen=True)
class Assumption:
    """One figure. low and high are what a sensitivity analysis tries; label and source go from "en", "zh" to text."""

    key: str
    value: float
    unit: str
    low: float
    high: float
    label: Mapping[str, str]
    source: Mapping[str, str]
    date: str  # ISO 8601, when the figure was set down or read

    @property
    def most(self) -> float:
        """The largest value that makes sense."""
        return 1.0 if self.unit in _UP_TO_ONE else math.inf

    def at(self, value: float | str) -> Assumption:
        """The same assumption with another value. Raises UsageError that names key, value, range and unit."""
        bounds = f"0 to {self.most:g}" if self.most < math.inf else "0 or more"
        try:
            number = float(str(value).replace(",", "").replace("_", ""))
        except ValueError:
            number = math.nan
        least = 1.0 if self.key == "local_capacity_per_day" else 0.0  # a server that answers nothing: no cost
        if not least <= number <= self.most or math.isinf(number):
            wanted = f"a number, {bounds}" if least == 0 else "a number, 1 or more"
            raise UsageError(f"assumption {self.key} = {value!r}: give {wanted} ({self.unit}), such as {self.value:g}")
        return replace(self, value=number)


class Assumptions(Mapping[str, float]):
    """Key to value; `rows` has all that is known of each. Never changed: `assume` gives another."""

    def __init__(self, rows: Mapping[str, Assumption]) -> None:
        self.rows = dict(rows)

    def __getitem__(self, key: str) -> float:
        return self.rows[key].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def assume(self, changes: Mapping[str, float | str]) -> Assumptions:
        """With these values instead. Raises UsageError for an unknown key or a value that makes no sense."""
        for key in changes:
            if key not in self.rows:
                raise UsageError(
                    f"no assumption {key!r}{suggest(key, self.rows)}; list them with: sparewheel advise --assumptions"
                )
        return Assumptions({**self.rows, **{key: self.rows[key].at(value) for key, value in changes.items()}})


@cache
def starting() -> Assumptions:
    """The assumptions as they come with the package."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Assumptions({key: Assumption(key, **row) for key, row in raw.items()})


def read_changes(texts: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE texts as changes for `assume`. Raises UsageError for a text without "="."""
    changes = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key.strip() and equals):
            raise UsageError(f"{text!r} is not KEY=VALUE; for example questions_per_day=5000")
        changes[key.strip()] = value.strip()
    return changes
