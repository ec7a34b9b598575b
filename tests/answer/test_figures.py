"""The quantities of a text, and whether what is said agrees with what is asked."""

import math

import pytest

from sparewheel.rag.answer.figures import compared, quantities


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("up to two (2) days a week", -math.inf, 2, "day"),
        ("no later than twenty-four (24) hours after", -math.inf, 1, "day"),
        ("not less than thirty days' notice", 30, math.inf, "day"),
        ("EUR 40,000", 40_000, 40_000, "EUR"),
        ("shall not exceed £84,000", -math.inf, 84_000, "GBP"),
        ("two million dollars", 2e6, 2e6, "USD"),
        ("10 to 14.9 kg", 10, 14.9, "kg"),
        ("80岁以上", 80, math.inf, "岁"),
        ("不超过五个工作日", -math.inf, 5, "day"),
        ("百分之十", 10, 10, "%"),
        ("每日万分之六", 6, 6, "‱"),
        ("每次25毫克", 25, 25, "mg"),
    ],
)
def test_a_quantity_is_a_range_of_a_unit(text, low, high, unit):
    """Number words, digits in brackets, bounds before and behind; times in days."""
    (found,) = [q for q in quantities(text) if q.unit == unit]
    assert (found.low, found.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("asked", "said", "verdict"),
    [
        ("can i work remotely 3 days a week?", "up to two days a week", "differ"),
        ("Can I work remotely 2 days a week?", "up to two days a week", "agree"),
        ("Is 30 days' notice enough?", "not less than two months", "differ"),
        ("Is 90 days' notice enough?", "not less than two months", "agree"),
        ("Must he pay within 10 days?", "shall pay within ten (10) days", "agree"),
        ("Must he pay within 30 days?", "shall pay within ten (10) days", "differ"),
        ("Do they pay more than $3,000,000?", "liability is limited to $2,000,000", "differ"),
        ("能提前15天通知吗", "应当提前三十日书面通知", "differ"),
        ("Is a dose of 10 mg given?", "The dose is 5 mg.", "differ"),
        ("Is a dose of 10 mg given?", "It is given at night.", "unclear"),
        ("May the tenant sublet?", "within 10 days", ""),
    ],
)
def test_asked_and_said_agree_or_differ(asked, said, verdict):
    """As ranges: a bound is met or it is not."""
    assert compared(asked, said) == verdict
