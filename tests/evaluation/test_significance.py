"""Bootstrap intervals and the permutation test, against theory and against counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sparewheel.eval.significance import difference_interval, holm, interval, mean_interval, permutation_p, wilson


def test_the_interval_is_about_1_96_standard_errors() -> None:
    """400 normal values: mean ± 1.96 s / 20."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    half = 1.96 * values.std() / 20
    assert mean_interval(values) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)


def test_the_same_values_give_the_same_interval() -> None:
    """Seeded: bit by bit."""
    values = np.random.default_rng(1).random(50)
    assert mean_interval(values) == mean_interval(values)


def test_a_share_keeps_its_width_at_the_ends() -> None:
    """Wilson: 3 of 3 is z² / (n + z²) below 1 wide; none of 20 likewise; never outside 0..1."""
    z2 = 1.959964**2
    assert mean_interval(np.ones(3)) == pytest.approx((3 / (3 + z2), 1.0), abs=1e-4)
    assert mean_interval(np.zeros(20)) == pytest.approx((0.0, z2 / (20 + z2)), abs=1e-4)
    assert mean_interval(np.array([1.0, 0, 1, 1])) == wilson(3, 4)


def test_questions_on_one_document_are_no_independent_draws() -> None:
    """Ten documents that are all right or all wrong, ten questions each: as wide as ten questions, not a hundred."""
    values = np.repeat([1.0, 0.0] * 5, 10)
    documents = [str(i // 10) for i in range(100)]
    low, high = mean_interval(values, documents)
    assert high - low > 2.5 * (mean_interval(values)[1] - mean_interval(values)[0])
    assert mean_interval(np.ones(100), documents) == wilson(10, 10)


def test_three_equal_differences_prove_little() -> None:
    """The interval of +1, +1, +1 is not a point, and p is 2 of 8 signings."""
    low, high = difference_interval(np.ones(3))
    assert (low < 0.5, high, permutation_p(np.ones(3))) == (True, 1.0, 0.25)
    assert difference_interval(np.zeros(4))[0] == -difference_interval(np.zeros(4))[1] < 0


def test_holm_by_hand() -> None:
    """.01 times 3, .02 times 2, .9 times 1, in order and never falling."""
    assert holm([0.02, 0.9, 0.01]) == pytest.approx([0.04, 0.9, 0.03])
    assert holm([0.04, 0.03]) == pytest.approx([0.06, 0.06])


def test_a_draw_without_a_value_is_left_out() -> None:
    """A statistic that is nan for some draws still has an interval; for all draws it has none."""
    low, high = interval(3, lambda drawn: 1.0 if 0 in drawn else float("nan"))
    assert (low, high) == wilson(3, 3)
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
