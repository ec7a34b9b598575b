from __future__ import annotations

import numpy as np
import pytest

from training.retriever.negatives import Bm25, bare, barred, best, lexical
from training.retriever.pairs import Pool, Question

PASSAGES = [
    "Acme lease\nThe rent is due on the first day of the month.",
    "Acme lease\nRent paid late bears interest.",
    "Acme lease\nPets are not allowed.",
    "Acme lease\nThe rent deposit is two months' rent.",
    "Bolt lease\nThe rent is due on the last day of the month.",
]


def pool() -> Pool:
    question = Question("Consider the Acme lease; When is the rent due?", (0,), "Consider the Acme lease")
    return Pool("leases", PASSAGES, ["acme"] * 4 + ["bolt"], [question])


def test_the_gold_passage_and_its_neighbours_are_never_negatives() -> None:
    """A clause that was cut goes on in the next passage."""
    assert barred(Question("q", (0, 3)), 5) == [0, 1, 2, 3, 4]
    assert barred(Question("q", (4,)), 5) == [3, 4]


def test_negatives_come_from_the_same_document_and_from_others() -> None:
    """Inside: asked without the document's name; outside: with it."""
    assert lexical(pool(), inside=1, outside=1) == [[3, 4]]


def test_the_bare_question_does_not_name_its_document() -> None:
    """What is left asks the same of any document."""
    assert bare(pool().questions[0]).strip(" ;") == "When is the rent due?"


def test_bm25_scores_are_those_of_the_formula() -> None:
    """One word in one of two passages of equal length: idf log(1 + 1.5 / 1.5) times a saturated tf of one."""
    scores = Bm25(["red fox", "blue fox"]).scores(["red", "none"])
    assert scores.tolist() == [[pytest.approx(np.log(2)), 0.0], [0.0, 0.0]]


def test_fewer_than_k_are_given_when_fewer_share_a_word() -> None:
    """A passage without a word of the question is no hard negative."""
    scores = np.array([0.0, 2.0, 0.0, 1.0], np.float32)
    assert best(scores, Question("q", ()), 3) == [1, 3]


def test_dense_negatives_are_near_but_not_as_near_as_the_answer() -> None:
    """A passage nearer than 95 % of the gold's own cosine may be another answer."""
    torch = pytest.importorskip("torch")
    from training.retriever.negatives import dense

    passages = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.99, 0.14], [0.8, 0.6]])
    asked = torch.tensor([[1.0, 0.0]])
    assert dense(passages, asked, [Question("q", (0,))], k=2) == [[3]]
