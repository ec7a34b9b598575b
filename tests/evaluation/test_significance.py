"""Bootstrap intervals and the permutation test, against theory and against counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sparewheel.eval.significance import interval, mean_interval, permutation_p


def test_the_interval_is_about_1_96_standard_errors() -> None:
    """400 normal values: mean ± 1.96 s / 20."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    half = 1.96 * values.std() / 20
    assert mean_interval(values) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)


def test_the_same_values_give_the_same_interval() -> None:
    """Seeded: bit by bit."""
    values = np.random.default_rng(1).random(50)
    assert mean_interval(values) == mean_interval(values)


def test_the_mean_is_drawn_in_blocks_as_it_is_one_by_one() -> None:
    """The quick way for means agrees with the general one."""
    values = np.random.default_rng(1).random(3000)  # more than one block
    assert mean_interval(values) == pytest.approx(interval(3000, lambda drawn: float(values[drawn].mean())))


def test_a_draw_without_a_value_is_left_out() -> None:
    """A statistic that is nan for some draws still has an interval; for all draws it has none."""
    low, high = interval(3, lambda drawn: 1.0 if 0 in drawn else float("nan"))
    assert (low, high) == (1.0, 1.0)
    assert np.isnan(interval(3, lambda drawn: float("nan"))).all()


def test_p_is_the_share_of_signings_as_far_from_zero() -> None:
    """Against all 2^8 signings counted out."""
    differences = np.array([0.3, -0.1, 0.4, 0.2, 0.25, -0.05, 0.1, 0.3])
    signings = np.array(list(itertools.product([-1, 1], repeat=8)))
    exact = (np.abs(signings @ differences) >= abs(differences.sum()) - 1e-9).mean()
    assert permutation_p(differences) == pytest.approx(exact, abs=0.005)


def test_no_difference_has_p_one() -> None:
    """All differences 0, and no differences at all."""
    assert (permutation_p(np.zeros(5)), permutation_p(np.zeros(0))) == (1.0, 1.0)


def test_p_is_never_zero() -> None:
    """Sixty differences of one sign: none of the drawn signings is as far, and still 1 of all of them is: their own."""
    assert 0 < permutation_p(np.ones(60)) < 0.001
