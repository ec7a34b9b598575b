"""Cost of ownership of the three set-ups, in US dollars over 1 to 5 years.

local        a GPU server of your own runs an open model; nothing leaves the house
open_cloud   one cloud endpoint serves an open model, paid by the token; a small machine runs the rest
hybrid       two cloud endpoints of different providers, and a chat model on a workstation for what must stay local

In all three the built-in reader answers when nobody else can: such an hour is degraded, not lost. Outages of the
endpoints are taken as independent; what takes everything down at once is the availability of the site.
Nothing is discounted, and prices stay as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sparewheel.app.advise.assumptions import Assumptions
from sparewheel.rag.errors import UsageError

Option = Literal["local", "open_cloud", "hybrid"]
OPTIONS: tuple[Option, ...] = ("local", "open_cloud", "hybrid")
YEARS = 5
HOURS_A_YEAR = 8760.0
DAYS_A_YEAR = 365.0

_ANSWERERS: dict[Option, tuple[str, ...]] = {  # assumptions of those that answer in full
    "local": ("availability_local_server",),
    "open_cloud": ("availability_cloud",),
    "hybrid": ("availability_cloud", "availability_second_cloud", "availability_local_chat"),
}


@dataclass(frozen=True)
class Cost:
    """US dollars by kind."""

    purchase_usd: float = 0.0
    power_usd: float = 0.0
    operation_usd: float = 0.0
    tokens_usd: float = 0.0
    outage_usd: float = 0.0

    @property
    def spent_usd(self) -> float:
        """What is paid; lost work is not."""
        return self.purchase_usd + self.power_usd + self.operation_usd + self.tokens_usd

    @property
    def total_usd(self) -> float:
        return self.spent_usd + self.outage_usd

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.purchase_usd + other.purchase_usd,
            self.power_usd + other.power_usd,
            self.operation_usd + other.operation_usd,
            self.tokens_usd + other.tokens_usd,
            self.outage_usd + other.outage_usd,
        )


@dataclass(frozen=True)
class Hours:
    """Expected hours a year; the three add up to 8,760."""

    full_h: float  # a chat model answers
    degraded_h: float  # the built-in reader answers
    lost_h: float  # nobody answers

    @property
    def answered_share(self) -> float:
        """Availability of an answer, full or degraded, 0..1."""
        return 1.0 - self.lost_h / HOURS_A_YEAR


def compare(assumptions: Assumptions, years: int = YEARS) -> dict[Option, tuple[Cost, ...]]:
    """Cost of ownership after 1, 2, ... `years` years, by set-up."""
    return {option: tuple(cost(option, assumptions, year) for year in range(1, years + 1)) for option in OPTIONS}


def cost(option: Option, assumptions: Assumptions, years: int) -> Cost:
    """All of it over the first `years` years, 1 to 5. Raises UsageError for other years."""
    if not 1 <= years <= YEARS:
        raise UsageError(f"years = {years}: the cost of ownership is reckoned over 1 to {YEARS} years")
    return sum((of_year(option, assumptions, year) for year in range(1, years + 1)), Cost())


def of_year(option: Option, a: Assumptions, year: int) -> Cost:
    """What the year (1-based) costs. A server is bought at the start of the year whose load needs it."""
    machines = machines_in(option, a, year)
    lost = hours(option, a)
    hour_usd = a["outage_usd_per_hour"] * a["in_use_share"]
    return Cost(
        purchase_usd=(machines - machines_in(option, a, year - 1)) * a[f"{option}_purchase_usd"],
        power_usd=machines * a[f"{option}_power_kw"] * HOURS_A_YEAR * a["power_usd_per_kwh"],
        operation_usd=12 * a[f"{option}_operation_usd_per_month"],
        tokens_usd=DAYS_A_YEAR * questions_a_day(a, year) * cloud_share(option, a) * tokens_usd_per_question(a),
        outage_usd=hour_usd * (lost.lost_h + a["degraded_share"] * lost.degraded_h),
    )


def questions_a_day(a: Assumptions, year: int) -> float:
    """In the year (1-based), after the growth of the years before."""
    return a["questions_per_day"] * (1 + a["growth_per_year"]) ** (year - 1)


def machines_in(option: Option, a: Assumptions, year: int) -> int:
    """Machines owned in the year (1-based), 0 before the first. Only the local set-up buys more for more load."""
    if year < 1:
        return 0
    return max(1, math.ceil(questions_a_day(a, year) / a["local_capacity_per_day"])) if option == "local" else 1


def cloud_share(option: Option, a: Assumptions) -> float:
    """The share of the questions whose tokens are paid for, 0..1."""
    return {"local": 0.0, "open_cloud": 1.0, "hybrid": 1.0 - a["hybrid_local_share"]}[option]


def tokens_usd_per_question(a: Assumptions) -> float:
    """(hit + miss + output tokens, each times its price) times the mean of the peak and off-peak factors."""
    prompt = a["cache_hit_share"] * a["price_cache_hit"] + (1 - a["cache_hit_share"]) * a["price_cache_miss"]
    off_peak_usd = (a["prompt_tokens"] * prompt + a["answer_tokens"] * a["price_output"]) / 1e6
    return off_peak_usd * (1 + a["peak_share"] * (a["peak_factor"] - 1))


def hours(option: Option, a: Assumptions) -> Hours:
    """Expected hours of a year: nobody in full is the product of what each answerer is away, each by itself."""
    nobody = math.prod(1 - a[key] for key in _ANSWERERS[option])
    site, reader = a["availability_site"], a["availability_reader"]
    degraded_h = HOURS_A_YEAR * site * nobody * reader
    lost_h = HOURS_A_YEAR * (1 - site + site * nobody * (1 - reader))
    return Hours(HOURS_A_YEAR - degraded_h - lost_h, degraded_h, lost_h)


def downtime_minutes(availability: float) -> float:
    """Minutes a year without service: 52.6 at 0.9999, 5.3 at 0.99999."""
    return (1 - availability) * HOURS_A_YEAR * 60
