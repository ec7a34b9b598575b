"""A figure with its bound and its condition."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.bounds import whole, with_bounds
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span


@pytest.mark.parametrize(
    ("text", "quote", "said"),
    [
        ("The ward reopens 60 hours after the last case and after a clean.", "60 hours",
         "60 hours after the last case and after a clean"),
        ("Isolation ends after 40 hours without fever.", "40 hours", "after 40 hours without fever"),
        ("Do not use it below 35 mL/min.", "35 mL/min", "below 35 mL/min"),
        ("The dose is 4 mg twice a day.", "4 mg", "4 mg twice a day"),
        ("The rent is 900 euros, paid monthly.", "900 euros", "900 euros"),
        ("目标值为低于280微摩尔每升。", "280微摩尔每升", "低于280微摩尔每升"),
        ("处三万元以上三十万元以下罚款。", "三十万元以下", "三万元以上三十万元以下"),
        ("The tenant pays.", "tenant", "tenant"),
        ("Ward\t— Closed: 60 hours after all", "60 hours", "60 hours after all"),
    ],
)  # fmt: skip
def test_a_figure_is_quoted_with_what_bounds_it(text: str, quote: str, said: str) -> None:
    """48 hours without diarrhoea are no 48 hours."""
    start = text.index(quote)
    span = whole(Span(0, start, start + len(quote), 1.0), text)
    assert text[span.start : span.end] == said


def test_one_of_two_that_are_offered_stays_as_it_is() -> None:
    """ "6 or 9 weeks?" is answered "6 weeks"."""
    text = "Check the liver every 6 weeks."
    hit = Hit(Chunk("d", 0, len(text), text), 1.0, 1, "words", {})
    draft = Draft("6 weeks", (Span(0, text.index("6"), text.index("6") + 7, 1.0),), confidence=0.9)
    asked = AnswerRequest("Is the liver checked after 6 weeks or 9 weeks?", (hit,))
    assert with_bounds(asked, draft).text == "6 weeks"
    assert with_bounds(AnswerRequest("How often is the liver checked?", (hit,)), draft).text == "every 6 weeks"
