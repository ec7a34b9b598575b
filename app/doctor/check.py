"""One line of the doctor's report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """warn: it works, and will hurt one day; fail: it does not work, or is not safe. cure: "" for a pass."""

    name: str
    status: Status
    what: str
    cure: str = ""


def healthy(checks: Sequence[Check]) -> bool:
    """No check failed; warnings do not count."""
    return all(check.status != "fail" for check in checks)
