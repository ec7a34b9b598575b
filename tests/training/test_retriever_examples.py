from __future__ import annotations

import numpy as np
import pytest

from training.retriever.examples import CLS, SEP, Examples, draw
from training.retriever.pairs import Pool, Question

torch = pytest.importorskip("torch")
RECIPE = {"pool_power": 0.5, "bare_share": 1.0}


def examples() -> Examples:
    pool = Pool("p", ["a", "b", "c", "d"], ["x", "x", "x", "y"], [Question("In X, why?", (0,), "In X,")])
    return Examples(pool, [[1, 2, 3]], [[5], [6], [7], [8]], [[9, 10]], [[10]])


def test_a_question_without_its_document_only_meets_passages_of_that_document() -> None:
    """In another document the same clause may be right."""
    _, (group,) = draw([examples()], 8, 2, RECIPE, np.random.default_rng(1))
    assert (group.alone, group.asked, group.passages[0], sorted(group.passages[1:])) == (True, [10], 0, [1, 2])


def test_a_step_always_draws_the_same_batch() -> None:
    """So that a run that stops goes on with what it would have seen."""
    first, second = (draw([examples()], 8, 3, RECIPE, np.random.default_rng((7, 3)))[1] for _ in range(2))
    assert first == second


def test_a_pair_cuts_the_passage_first_and_marks_its_segment() -> None:
    """The question is whole; the passage has segment 1."""
    from training.retriever.examples import paired

    batch = paired([[1, 2]], [[3, 4, 5, 6]], 7, "cpu")
    assert batch["input_ids"].tolist() == [[CLS, 1, 2, SEP, 3, 4, SEP]]
    assert batch["token_type_ids"].tolist() == [[0, 0, 0, 0, 1, 1, 1]]
    assert batch["attention_mask"].tolist() == [[1] * 7]


def test_a_blend_of_nothing_kept_is_the_tuned_model_and_of_all_the_base() -> None:
    """keep * base + (1 - keep) * own, weight by weight."""
    from training.retriever.model import blend

    model = torch.nn.Linear(1, 1, bias=False)
    for keep, expected in ((0.0, 4.0), (0.25, 3.0), (1.0, 0.0)):
        model.weight.data.fill_(4.0)
        blend(model, {"weight": torch.zeros(1, 1)}, keep)
        assert model.weight.item() == expected
