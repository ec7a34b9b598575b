"""The margin becomes a probability on questions with and without their answer."""

import numpy as np
import pytest

pytest.importorskip("torch")
from training.reader.calibrate import cases, fitted, logistic
from training.reader.data import Example


def lease(number, answer):
    text = f"Lease {number}. The rent is {answer}."
    at = text.index(answer)
    return Example("cuad", f"Rent of {number}?", text, ((at, at + len(answer)),), group=str(number // 4))


def test_every_question_is_asked_with_and_without_its_passage():
    """With it, exactly one passage holds the answer; without it none does; neighbours come from the same document."""
    examples = [lease(n, f"{n}00 euros") for n in range(1, 9)]
    made = list(cases(examples, passages=3, most=4, seed=1))
    assert len(made) == 8
    for answered, empty in zip(made[::2], made[1::2], strict=True):
        assert sum(answered.golds[0] in p for p in answered.passages) == 1
        assert (empty.golds, len(empty.passages)) == ((), 3)
        assert not any(answered.golds[0] in p for p in empty.passages)


def test_a_passage_made_to_lack_the_answer_comes_first():
    """It is the hardest to refuse."""
    emptied = Example("cuad-negative", "Rent of 4?", "Lease 4. Of the rent nothing is said.", group="1")
    made = list(cases([lease(4, "400 euros"), lease(5, "500 euros"), emptied], passages=2, most=2, seed=1))
    assert made[1].passages[0] == emptied.passage


def test_the_curve_is_the_one_the_margins_were_drawn_from():
    """20,000 draws give slope and offset back to a twentieth."""
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, 20_000)
    y = (rng.random(20_000) < 1 / (1 + np.exp(-(0.7 * x - 1.2)))).astype(float)
    assert logistic(x, y) == pytest.approx((0.7, -1.2), abs=0.05)


def test_the_threshold_costs_the_share_that_was_allowed():
    """5 % of the right answers are refused, and most of the wrong ones, here far below."""
    found = fitted([*range(100), *range(-200, -100)], [True] * 100 + [False] * 100, lost=0.05)
    assert (found["lost"], found["refused"]) == (0.05, 1.0)
    assert 0 <= found["refuse_below"] <= 1
