"""Refusal, labels and confidence of many questions, by hand and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.eval.aggregates import aurc, calibration_error, macro_f1, precision, recall, reliability, risk_coverage


def test_refusal_by_hand() -> None:
    """3 refusals of which 2 are right, of 4 questions without an answer."""
    refused = np.array([True, True, True, False, False, False])
    without = np.array([True, True, False, True, True, False])
    assert (precision(refused, without), recall(refused, without)) == (pytest.approx(2 / 3), 0.5)


def test_no_refusal_has_no_precision() -> None:
    """nan, not 0 and not an error."""
    assert math.isnan(precision(np.zeros(2, bool), np.ones(2, bool)))


LABELS = st.lists(st.tuples(*[st.sampled_from(["yes", "no", "maybe"])] * 2), min_size=1, max_size=30)


@given(LABELS)
def test_macro_f1_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    """Over the labels that the gold has."""
    from sklearn.metrics import f1_score

    said, gold = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    theirs = f1_score(gold, said, labels=sorted(set(gold)), average="macro", zero_division=0)
    assert macro_f1(said, gold) == pytest.approx(theirs)


def test_aurc_by_hand() -> None:
    """Losses 0, 1, 0, 1 by falling confidence: risks 0, 1/2, 1/3, 1/2."""
    confidence, loss = np.array([0.9, 0.8, 0.7, 0.6]), np.array([0.0, 1.0, 0.0, 1.0])
    assert aurc(confidence, loss) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equal_confidence_makes_order_mean_nothing() -> None:
    """Four answers, all as sure: the risk is 1/2 at every coverage."""
    for loss in ([0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]):
        _, risk = risk_coverage(np.full(4, 0.5), np.array(loss))
        assert risk.tolist() == [0.5] * 4


def test_calibration_error_by_hand() -> None:
    """Bin (0.8, 0.9]: two answers, sure 0.85, half right; bin (0.1, 0.2]: one, sure 0.2, wrong."""
    confidence, right = np.array([0.9, 0.8 + 1e-9, 0.2]), np.array([1.0, 0.0, 0.0])
    assert calibration_error(confidence, right) == pytest.approx(2 / 3 * 0.35 + 1 / 3 * 0.2)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_every_answer_is_in_one_bin(rows: list[tuple[float, bool]]) -> None:
    """The bins hold all answers, 0 and 1 included; the error lies in 0..1."""
    confidence, right = np.array([c for c, _ in rows]), np.array([float(r) for _, r in rows])
    assert sum(n for n, _, _ in reliability(confidence, right)) == len(rows)
    assert 0 <= calibration_error(confidence, right) <= 1 + 1e-9


def test_recall_of_nothing_is_nan() -> None:
    """No question without an answer: nothing to refuse."""
    assert math.isnan(recall(np.ones(2, bool), np.zeros(2, bool)))
