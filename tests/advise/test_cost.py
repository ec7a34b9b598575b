"""The cost model: what it promises for any figures, and one year worked out by hand (docs/choosing.md)."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.app.advise import OPTIONS, Assumptions, Cost, compare, cost, downtime_minutes, hours, starting
from sparewheel.app.advise.assumptions import Assumption
from sparewheel.app.advise.cost import HOURS_A_YEAR, of_year, tokens_usd_per_question
from sparewheel.rag.answer.prices import PUBLISHED
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Endpoint

DOC = Path(__file__).parents[2] / "docs/choosing.md"
PRICES = [key for key, row in starting().rows.items() if row.unit.startswith("USD")]
LOADS = ["questions_per_day", "growth_per_year", "prompt_tokens", "answer_tokens"]


@st.composite
def any_assumptions(draw: st.DrawFn) -> Assumptions:
    """Every figure somewhere between its low and its high."""
    rows = starting().rows.values()
    return starting().assume({row.key: draw(st.floats(row.low, row.high)) for row in rows})


def parts(each: Cost) -> list[float]:
    return [each.purchase_usd, each.power_usd, each.operation_usd, each.tokens_usd, each.outage_usd]


@given(any_assumptions(), st.sampled_from(OPTIONS), st.integers(1, 5))
def test_nothing_is_negative_and_the_parts_are_the_whole(a: Assumptions, option, years: int) -> None:
    """Every part is 0 or more and finite; the total is their sum; what is spent leaves out lost work only."""
    whole = cost(option, a, years)
    assert all(0 <= part < math.inf for part in parts(whole))
    assert whole.total_usd == pytest.approx(sum(parts(whole)))
    assert whole.total_usd - whole.spent_usd == pytest.approx(whole.outage_usd)


@given(any_assumptions(), st.sampled_from(OPTIONS))
def test_years_add_up(a: Assumptions, option) -> None:
    """The cost after n years is that of n - 1 and of the n-th year."""
    after = compare(a, 5)[option]
    for n in range(1, 5):
        assert parts(after[n]) == pytest.approx(parts(after[n - 1] + of_year(option, a, n + 1)))


@given(any_assumptions(), st.sampled_from(OPTIONS), st.sampled_from(PRICES + LOADS), st.floats(1, 3))
def test_dearer_or_more_never_costs_less(a: Assumptions, option, key: str, factor: float) -> None:
    """Monotone in every price and in the load, also where one more server must be bought."""
    more = a.assume({key: a[key] * factor})
    assert cost(option, more, 5).total_usd >= cost(option, a, 5).total_usd * (1 - 1e-12)


@given(any_assumptions(), st.sampled_from(OPTIONS), st.floats(0, 1))
def test_more_available_never_costs_more(a: Assumptions, option, share: float) -> None:
    """Any answerer that is up more often saves lost work."""
    for key in (key for key in a if key.startswith("availability_")):
        better = a.assume({key: a[key] + share * (1 - a[key])})
        assert cost(option, better, 1).outage_usd <= cost(option, a, 1).outage_usd + 1e-9


@given(any_assumptions(), st.sampled_from(OPTIONS), st.floats(0.1, 10))
def test_money_scales_with_its_price(a: Assumptions, option, factor: float) -> None:
    """Units: in another currency every amount of money is multiplied alike."""
    other = a.assume({key: a[key] * factor for key in PRICES})
    assert parts(cost(option, other, 3)) == pytest.approx([part * factor for part in parts(cost(option, a, 3))])


@given(any_assumptions(), st.sampled_from(OPTIONS))
def test_hours_fill_the_year(a: Assumptions, option) -> None:
    """Full, degraded and lost hours are 8,760 together, none below 0."""
    each = hours(option, a)
    assert min(each.full_h, each.degraded_h, each.lost_h) >= -1e-9
    assert each.full_h + each.degraded_h + each.lost_h == pytest.approx(HOURS_A_YEAR)


def test_independent_endpoints_multiply() -> None:
    """Three answerers away 10 % each are all away 0.1 % of the time; the reader then answers."""
    a = starting().assume(
        {
            "availability_cloud": 0.9,
            "availability_second_cloud": 0.9,
            "availability_local_chat": 0.9,
            "availability_site": 1,
            "availability_reader": 1,
        }
    )
    each = hours("hybrid", a)
    assert (each.degraded_h, each.lost_h, each.answered_share) == (pytest.approx(8.76), 0.0, 1.0)


def test_a_year_by_hand() -> None:
    """Open model + cloud, first year, starting figures: the sum of docs/choosing.md."""
    year = cost("open_cloud", starting(), 1)
    assert tokens_usd_per_question(starting()) == pytest.approx(0.000599676)
    assert [round(part, 2) for part in parts(year)] == [5000.00, 131.40, 5868.60, 218.88, 1303.39]
    assert round(year.total_usd, 2) == 12522.27
    doc = DOC.read_text(encoding="utf-8")
    for figure in ("0.000599676", "131.40", "5,868.60", "218.88", "1,303.39", "12,522.27"):
        assert figure in doc


def test_the_owners_figures() -> None:
    """Purchase and fixed sum a month are what the project starts from: 200,000 + 5,000, 5,000 + 500, 15,000 + 1,000."""
    found = {}
    for option in OPTIONS:
        year = cost(option, starting(), 1)
        found[option] = (year.purchase_usd, round((year.power_usd + year.operation_usd) / 12, 2))
    assert found == {"local": (200_000, 5_000), "open_cloud": (5_000, 500), "hybrid": (15_000, 1_000)}


def test_token_prices_are_those_of_the_default_endpoint() -> None:
    """The meter and the cost model know one price list."""
    a = starting()
    assert (a["price_cache_hit"], a["price_cache_miss"], a["price_output"]) == PUBLISHED[Endpoint().model]


def test_load_beyond_a_server_buys_another() -> None:
    """120,000 questions a day need three servers of 50,000; growth buys the next in the year that needs it."""
    a = starting().assume({"questions_per_day": 120_000})
    assert cost("local", a, 1).purchase_usd == 600_000
    growing = starting().assume({"questions_per_day": 40_000, "growth_per_year": 0.5})
    assert [of_year("local", growing, year).purchase_usd for year in (1, 2, 3)] == [200_000, 200_000, 0]


def test_four_nines_are_52_minutes() -> None:
    """99.99 % is 52.6 minutes a year; the 5 that people expect are 99.999 %."""
    assert [round(downtime_minutes(share), 1) for share in (0.9999, 0.99999)] == [52.6, 5.3]


def test_every_assumption_has_range_source_and_date() -> None:
    """low <= value <= high, both languages, an ISO date."""
    for row in starting().rows.values():
        assert row.low <= row.value <= row.high <= row.most, row.key
        assert row.low < row.high, row.key
        assert all(row.label[language] and row.source[language] for language in ("en", "zh")), row.key
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.date), row.key


def line(row: Assumption) -> str:
    """The row of the table in docs/choosing.md."""
    figures = f"{row.value:,.12g} | {row.low:,.12g} .. {row.high:,.12g} | {row.unit}"
    return f"| `{row.key}` | {row.label['en']} | {figures} | {row.source['en']} | {row.date} |"


def test_the_page_lists_every_assumption() -> None:
    """The table of docs/choosing.md is assumptions.toml, line for line."""
    listed = [text for text in DOC.read_text(encoding="utf-8").splitlines() if text.startswith("| `")]
    assert listed == [line(row) for row in starting().rows.values()]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"questions_a_day": 3}, "did you mean 'questions_per_day'"),
        ({"peak_share": 1.5}, "peak_share = 1.5: give a number, 0 to 1 (share)"),
        ({"power_usd_per_kwh": "cheap"}, "power_usd_per_kwh = 'cheap': give a number, 0 or more (USD/kWh)"),
        ({"questions_per_day": "nan"}, "questions_per_day = 'nan'"),
        ({"questions_per_day": "inf"}, "questions_per_day = 'inf'"),
        ({"local_capacity_per_day": 0}, "give a number, 1 or more (questions/day)"),
    ],
)
def test_a_wrong_assumption_names_key_and_cure(changes, said: str) -> None:
    """The message is enough to mend the mistake."""
    with pytest.raises(UsageError, match=re.escape(said)):
        starting().assume(changes)


@pytest.mark.parametrize("years", [0, 6])
def test_only_one_to_five_years(years: int) -> None:
    """Beyond five years hardware would be bought anew, which is not reckoned."""
    with pytest.raises(UsageError, match="1 to 5"):
        cost("local", starting(), years)
