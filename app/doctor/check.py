"""One line of the doctor's report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """warn: it works, and will hurt one day; fail: it does not work, or is not safe. cure: "" for a pass. share: what
    was measured as one, 0..1, None where nothing is."""

    name: str
    status: Status
    what: str
    cure: str = ""
    share: float | None = None


def healthy(checks: Sequence[Check]) -> bool:
    """No check failed; warnings do not count."""
    return all(check.status != "fail" for check in checks)
