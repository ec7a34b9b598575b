"""Reciprocal rank fusion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieve.fuse import reciprocal_rank
from rag.types import Chunk, Hit


def ranking(name, *ids):
    return [
        Hit(Chunk("d", 0, 4, "same", id=id), 1 / rank, rank, name, {name: 1 / rank}) for rank, id in enumerate(ids, 1)
    ]


def ids(hits):
    return [hit.chunk.id for hit in hits]


def test_cormacks_sum():
    """1 / (60 + rank), summed over the rankings."""
    hits = reciprocal_rank([ranking("a", 1, 2, 3), ranking("b", 2, 4)], 4)
    assert ids(hits) == [2, 1, 4, 3]
    assert [hit.score for hit in hits] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62, 1 / 63])
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]


def test_every_rankers_score_is_kept():
    """A hit tells what each step said."""
    (hit,) = reciprocal_rank([ranking("a", 1), ranking("b", 1)], 1)
    assert hit.scores == {"a": 1.0, "b": 1.0, "rrf": pytest.approx(2 / 61)}
    assert hit.ranker == "rrf"


def test_weights():
    """A ranking of twice the weight outvotes the other."""
    assert ids(reciprocal_rank([ranking("a", 1), ranking("b", 2)], 2, weights=[1, 2])) == [2, 1]


def test_equal_texts_stay_two_passages():
    """The same clause in two contracts keeps both provenances."""
    assert ids(reciprocal_rank([ranking("a", 1, 2), ranking("b", 2, 1)], 5)) == [1, 2]


def test_the_first_keyword_hit_survives():
    """What one ranking puts first is never voted out by passages that both know."""
    keyword = ranking("bm25", 99, 1, 2, 3)
    assert ids(reciprocal_rank([keyword, ranking("dense", 1, 2, 3)], 3)) == [1, 2, 99]


@given(st.lists(st.lists(st.integers(0, 30), unique=True), min_size=1, max_size=3), st.integers(1, 40))
def test_always_k_without_repetition(found, k):
    """As many as there are, at most k, none twice, best first."""
    hits = reciprocal_rank([ranking(str(i), *one) for i, one in enumerate(found)], k)
    assert len(set(ids(hits))) == len(hits) == min(k, len({id for one in found for id in one}))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
