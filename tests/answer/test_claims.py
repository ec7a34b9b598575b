"""A question that states a value is answered by the value that is found."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.claims import Claim, claimed, judged


@pytest.mark.parametrize(
    ("question", "language", "claim"),
    [
        ("Is it correct that the deposit in the lease is 900 euros?", "en",
         Claim("What is the deposit in the lease?", "900 euros")),
        ("Is the notice period 30 days?", "en", Claim("What is the notice period?", "30 days")),
        ("So is it true that the seat of the company is Malden?", "en",
         Claim("What is the seat of the company?", "Malden")),
        ("保修期是两年吗？", "zh", Claim("保修期是多少？", "两年")),
        ("Is the tenant allowed to keep 3 dogs?", "en", None),
        ("Is the lease valid?", "en", None),
        ("可以养狗吗？", "zh", None),
    ],
)  # fmt: skip
def test_the_value_that_a_question_states(question: str, language: str, claim: Claim | None) -> None:
    """What is asked for, and what the asker says it is."""
    assert claimed(question, language) == claim


@pytest.mark.parametrize(
    ("value", "said", "label"),
    [
        ("900 euros", "EUR 900", "yes"),
        ("135 days", "no longer than 210 days", "no"),
        ("210 days", "no longer than 210 days", "yes"),
        ("Malden", "The seat is Orwick.", "no"),
        ("Malden", "The seat of the company is Malden.", "yes"),
        ("3 weeks", "in writing", ""),
    ],
)
def test_what_is_found_says_yes_or_no(value: str, said: str, label: str) -> None:
    """Equal or not; a bound that allows the value does not say it."""
    assert judged(Claim("What is it?", value), said) == label
