"""Measures at their edges."""

from __future__ import annotations

import numpy as np
import pytest

from sparewheel.corpora import GoldSpan
from sparewheel.eval.measures import merged, normalise, token_f1
from sparewheel.eval.significance import interval


def test_chinese_is_compared_without_symbols() -> None:
    """Currency signs, plus and equal signs go with the punctuation, full width or not."""
    assert normalise("￥５＋３＝8 元。", "zh") == "538元"
    assert token_f1("¥500", "500", "zh") == 1.0


def test_spans_that_touch_are_one() -> None:
    """The end of one is the start of the next: the same characters as one span."""
    assert merged([GoldSpan("a", 5, 9), GoldSpan("a", 0, 5)]) == [GoldSpan("a", 0, 9)]
    assert merged([GoldSpan("a", 0, 5), GoldSpan("a", 6, 9)]) == [GoldSpan("a", 0, 5), GoldSpan("a", 6, 9)]


def test_the_interval_of_any_statistic_is_a_95_percent_one() -> None:
    """Of a mean it is 1.96 standard errors to each side, not 1.64."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    low, high = interval(400, lambda drawn: float(values[drawn].mean()))
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.08)
