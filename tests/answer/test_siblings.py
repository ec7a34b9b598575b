"""What is asked of one thing is not answered of its sibling."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.siblings import without_siblings
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span


def answered(question: str, text: str, quote: str) -> bool:
    start = text.index(quote)
    hit = Hit(Chunk("d", 0, len(text), text), 1.0, 1, "words", {})
    draft = Draft(quote, (Span(0, start, start + len(quote), 1.0),), confidence=0.9)
    return not without_siblings(AnswerRequest(question, (hit,), "legal", "en"), draft).refused


@pytest.mark.parametrize(
    ("question", "text", "quote", "right"),
    [
        ("What does pump HX-12 weigh?", "Pump HX-14 weighs 80 kg.", "Pump HX-14 weighs 80 kg.", False),
        ("What does pump HX-14 weigh?", "Pump HX-14 weighs 80 kg.", "Pump HX-14 weighs 80 kg.", True),
        ("What does the pump weigh?", "Pump HX-14 weighs 80 kg.", "Pump HX-14 weighs 80 kg.", True),
        ("Is vitamin B6 included?", "Vitamin B12 is included.", "Vitamin B12 is included.", False),
        ("What happens within 14 days?", "Notice is given within 30 days.", "within 30 days", True),
        ("Who signs form T2?", "Forms T1 and T2 are signed by the treasurer.", "signed by the treasurer", True),
        ("What was paid in May 2024?", "In May 2025 nothing was paid.", "nothing was paid", True),
    ],
)  # fmt: skip
def test_a_code_is_of_one_thing(question: str, text: str, quote: str, right: bool) -> None:
    """Another number of the same family is another thing; plain numbers are no codes."""
    assert answered(question, text, quote) is right


TABLE = "Fees\n\nPartial hip scan\t\u2014 Price: 90\n\nPartial knee scan\t\u2014 Price: 70\n"


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("What is the price of a partial elbow scan?", False),
        ("What is the price of a partial knee scan?", True),
        ("How much is the knee scan?", True),
    ],
)
def test_a_row_is_of_one_thing(question: str, right: bool) -> None:
    """A word beside the row's words that nothing read holds names another row."""
    quote = "Partial knee scan\t\u2014 Price: 70" if right else "Partial hip scan\t\u2014 Price: 90"
    assert answered(question, TABLE, quote) is right


@pytest.mark.parametrize(
    ("question", "text", "quote", "right"),
    [
        ("What is the highest fee?", "The usual fee is 50 euros. No fee exceeds 90 euros.", "50 euros", False),
        ("What is the highest fee?", "The usual fee is 50 euros. No fee exceeds 90 euros.", "90 euros", True),
        ("What is the fee?", "The usual fee is 50 euros.", "50 euros", True),
        ("租金最高多少？", "租金通常为每月50元。", "每月50元", False),
        ("租金最高多少？", "租金每月不得超过90元。", "每月不得超过90元", True),
    ],
)
def test_a_limit_is_no_usual_figure(question: str, text: str, quote: str, right: bool) -> None:
    """Who asks for the most is not told what is common."""
    assert answered(question, text, quote) is right
