"""Where set-ups cost the same, and what moves the result."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.app.advise import break_even, cost, course, starting, tornado


def test_the_course_ends_where_the_years_do() -> None:
    """Month 12 n of the course is the cost after n years; month 0 is the purchase."""
    for option in ("local", "open_cloud", "hybrid"):
        months = course(option, starting().assume({"growth_per_year": 0.5}), 3)
        at = starting().assume({"growth_per_year": 0.5})
        assert len(months) == 37
        assert months[0] == cost(option, at, 1).purchase_usd
        assert [months[12 * n] for n in (1, 2, 3)] == pytest.approx([cost(option, at, n).total_usd for n in (1, 2, 3)])


def test_the_month_is_where_the_lines_cross() -> None:
    """A purchase of 1,200 that saves 100 a month is even after 12 months: 0 purchase + 200 against 1,200 + 100."""
    nothing = {"outage_usd_per_hour": 0, "power_usd_per_kwh": 0, "questions_per_day": 0}
    a = starting().assume(
        {
            **nothing,
            "open_cloud_purchase_usd": 0,
            "open_cloud_operation_usd_per_month": 200,
            "hybrid_purchase_usd": 1200,
            "hybrid_operation_usd_per_month": 100,
        }
    )
    assert break_even("hybrid", "open_cloud", a, 2).month == 12
    assert break_even("open_cloud", "hybrid", a, 2).month is None  # cheaper only at first
    assert break_even("open_cloud", "hybrid", a, 1).month == 0
    assert break_even("hybrid", "open_cloud", a, 1).month == 12


def test_the_load_is_the_least_at_which_it_pays() -> None:
    """At the load told the first costs no more; at one question less it does. Hand figure: 184,395 a day."""
    a = starting()
    found = break_even("hybrid", "open_cloud", a, 3)
    assert found.questions_per_day == 184_395
    for load, pays in ((found.questions_per_day, True), (found.questions_per_day - 1, False)):
        at = a.assume({"questions_per_day": load})
        assert (cost("hybrid", at, 3).total_usd <= cost("open_cloud", at, 3).total_usd) is pays


@settings(max_examples=20)
@given(st.floats(0, 1), st.floats(0.5, 5), st.integers(1, 5))
def test_the_outage_price_is_the_least_at_which_it_pays(peak: float, factor: float, years: int) -> None:
    """Whatever the figures, the two sides of the crossing differ."""
    a = starting().assume({"peak_share": peak, "hybrid_purchase_usd": 15_000 * factor})
    least = break_even("hybrid", "open_cloud", a, years).outage_usd_per_hour
    assert least is not None
    for price, pays in ((least, True), (least - 1, False)):
        at = a.assume({"outage_usd_per_hour": max(price, 0)})
        assert (cost("hybrid", at, years).total_usd <= cost("open_cloud", at, years).total_usd) is (pays or price < 0)


def test_no_crossing_is_told_as_none() -> None:
    """A local server never gets cheaper than tokens at today's prices: more load buys more servers."""
    assert break_even("local", "open_cloud", starting(), 3).questions_per_day is None


def test_the_tornado_is_widest_first_and_leaves_out_what_moves_nothing() -> None:
    """Its ends are the totals at low and high; the hybrid's purchase does not move the cost of local."""
    bars = tornado("local", starting(), 3)
    swings = [bar.swing_usd for bar in bars]
    assert swings == sorted(swings, reverse=True)
    assert min(swings) > 0
    keys = [bar.key for bar in bars]
    assert "local_purchase_usd" in keys
    assert "hybrid_purchase_usd" not in keys
    bought = next(bar for bar in bars if bar.key == "local_purchase_usd")
    assert bought.high_usd - bought.low_usd == pytest.approx(200_000)


def test_against_another_the_tornado_is_of_the_difference() -> None:
    """What both pay alike cancels out."""
    bars = {bar.key: bar for bar in tornado("hybrid", starting(), 1, against="open_cloud")}
    whole = {bar.key: bar for bar in tornado("hybrid", starting(), 1)}
    assert bars["hybrid_purchase_usd"].swing_usd == pytest.approx(whole["hybrid_purchase_usd"].swing_usd)
    a = starting().assume({"power_usd_per_kwh": 0.40})
    assert bars["power_usd_per_kwh"].high_usd == pytest.approx(
        cost("hybrid", a, 1).total_usd - cost("open_cloud", a, 1).total_usd
    )
