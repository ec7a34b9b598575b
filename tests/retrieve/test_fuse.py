"""Reciprocal rank fusion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.rag.retrieve.fuse import reciprocal_rank


def ids(fused):
    return [name for name, _ in fused]


def test_cormacks_sum():
    """1 / (60 + rank), summed over the rankings."""
    fused = reciprocal_rank([[1, 2, 3], [2, 4]], 4)
    assert ids(fused) == [2, 1, 4, 3]
    assert [score for _, score in fused] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62, 1 / 63])


def test_weights():
    """A ranking of twice the weight outvotes the other."""
    assert ids(reciprocal_rank([[1], [2]], 2, weights=[1, 2])) == [2, 1]


def test_ties_go_to_the_earlier_ranking():
    """Two firsts of disjoint rankings: the first ranking's comes first."""
    assert ids(reciprocal_rank([[5, 6], [1, 2]], 4)) == [5, 1, 6, 2]


def test_the_first_of_a_ranking_survives():
    """What one ranking puts first is never voted out by passages that both know."""
    assert ids(reciprocal_rank([[99, 1, 2, 3], [1, 2, 3]], 3)) == [1, 2, 99]


@given(st.lists(st.lists(st.integers(0, 30), unique=True), min_size=1, max_size=3), st.integers(1, 40))
def test_always_k_without_repetition(rankings, k):
    """As many as there are, at most k, none twice, best first, every first while there is room."""
    fused = reciprocal_rank(rankings, k)
    known = {name for ranking in rankings for name in ranking}
    firsts = {ranking[0] for ranking in rankings if ranking}
    assert len(set(ids(fused))) == len(fused) == min(k, len(known))
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)
    assert len(firsts & set(ids(fused))) == min(k, len(firsts))
