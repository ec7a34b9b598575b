"""The retry budget: what it starts with, what it saves, and that it saves no more than its burst."""

from sparewheel.rag.reliability.retry import RetryBudget


def taken(budget: RetryBudget) -> int:
    """How many extra calls it allows now."""
    return next(calls for calls in range(10_000) if not budget.take())


def test_every_question_pays_in_its_share():
    """Empty, then ten questions at .25: two calls, and the half of a token that is left is none."""
    budget = RetryBudget(share=0.25, burst=3)
    assert taken(budget) == 3
    for _ in range(10):
        budget.pay_in()
    assert (taken(budget), budget.tokens) == (2, 0.5)


def test_a_quiet_week_saves_up_no_storm():
    """However many questions came, at most `burst` extra calls fall on the cloud at once."""
    budget = RetryBudget(share=0.5, burst=3)
    for _ in range(1000):
        budget.pay_in()
    assert taken(budget) == 3
