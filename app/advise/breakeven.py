"""Where two set-ups cost the same, and which assumptions move the result."""

from __future__ import annotations

from dataclasses import dataclass

from sparewheel.app.advise.assumptions import Assumptions
from sparewheel.app.advise.cost import YEARS, Option, cost, of_year

MOST = {"questions_per_day": 10_000_000, "outage_usd_per_hour": 1_000_000}  # beyond it no crossing is looked for
_STEP = 1.1  # of the search: a crossing and its reverse within ten per cent of each other would be missed


@dataclass(frozen=True)
class BreakEven:
    """When `first` becomes the cheaper one of the two; None where it never does within the horizon.

    month: 1-based, 0 when it is cheaper from the start. questions_per_day, outage_usd_per_hour: the least whole
    value at which `first` costs no more over all years, all else as assumed.
    """

    first: Option
    second: Option
    month: int | None
    questions_per_day: int | None
    outage_usd_per_hour: int | None


@dataclass(frozen=True)
class Bar:
    """One line of a tornado chart: the total at the low and at the high value of an assumption."""

    key: str
    low_usd: float
    high_usd: float

    @property
    def swing_usd(self) -> float:
        return abs(self.high_usd - self.low_usd)


def course(option: Option, a: Assumptions, years: int = YEARS) -> list[float]:
    """Total cost after 0, 1, ... 12 * years months. Purchases fall on the first day of a year, the rest is even."""
    totals = [0.0]
    for year in range(1, years + 1):
        whole = of_year(option, a, year)
        before = cost(option, a, year - 1).total_usd if year > 1 else 0.0
        running = whole.total_usd - whole.purchase_usd
        if year == 1:
            totals[0] = whole.purchase_usd
        totals += [before + whole.purchase_usd + running * month / 12 for month in range(1, 13)]
    return totals


def break_even(first: Option, second: Option, a: Assumptions, years: int = YEARS) -> BreakEven:
    """The month, the load and the price of an outage from which `first` costs no more than `second`."""
    pairs = list(zip(course(first, a, years), course(second, a, years), strict=True))
    cheaper = [mine <= other for mine, other in pairs]
    month = None if not cheaper[-1] else max((m + 1 for m, is_so in enumerate(cheaper) if not is_so), default=0)
    load, outage = (_least(key, first, second, a, years) for key in ("questions_per_day", "outage_usd_per_hour"))
    return BreakEven(first, second, month, load, outage)


def _least(key: str, first: Option, second: Option, a: Assumptions, years: int) -> int | None:
    """The least whole value of an assumption, 0 to MOST, at which `first` costs no more than `second`."""

    def cheaper(value: int) -> bool:
        at = a.assume({key: value})
        return cost(first, at, years).total_usd <= cost(second, at, years).total_usd

    if cheaper(0):
        return 0
    low, high = 0, 1
    while not cheaper(high):
        if high >= MOST[key]:
            return None
        low, high = high, min(MOST[key], max(high + 1, int(high * _STEP)))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cheaper(middle) else (middle, high)
    return high


def tornado(option: Option, a: Assumptions, years: int = YEARS, against: Option | None = None) -> list[Bar]:
    """The total over the years with one assumption at its low, then at its high; the widest first.

    against: the difference option - against instead of the total. Assumptions that change nothing are left out.
    """

    def total(key: str, value: float) -> float:
        at = a.assume({key: value})
        other = cost(against, at, years).total_usd if against else 0.0
        return cost(option, at, years).total_usd - other

    bars = [Bar(key, total(key, row.low), total(key, row.high)) for key, row in a.rows.items()]
    return sorted((bar for bar in bars if bar.swing_usd > 0), key=lambda bar: -bar.swing_usd)
