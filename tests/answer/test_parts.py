"""Two questions in one: each is answered, or the one that is not is named."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.parts import each_answered, parts_of
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

TEXT = "The deposit is 900 euros. It is paid back within 21 days."


@pytest.mark.parametrize(
    ("question", "language", "parts"),
    [
        ("How do I store it and how long does an open bottle keep?", "en",
         ("How do I store it?", "How long does an open bottle keep?")),
        ("Could you tell me what the deposit is, and when it is paid back?", "en",
         ("What the deposit is?", "When it is paid back?")),
        ("押金多少，退租后多少天退？", "zh", ("押金多少？", "退租后多少天退？")),
        ("能喂奶吗？停药多久能喂？", "zh", ("能喂奶吗？", "停药多久能喂？")),
        ("What is the cap and how much?", "en", ()),
        ("What rent does Frisk pay? What about the bakery?", "en", ()),
        ("Is there a cap and how much is it?", "en", ()),
        ("How much does the child get, and at what age?", "en",
         ("How much does the child get?", "At what age?")),
        ("If I am late, what must I pay?", "en", ()),
        ("What happens if it breaks, and what?", "en", ()),
        ("如果晚交货，怎么罚？", "zh", ()),
        ("孩子25公斤，一次喝多少？", "zh", ()),
        ("费用是四元还是五元？", "zh", ()),
    ],
)  # fmt: skip
def test_what_a_question_holds(question: str, language: str, parts: tuple[str, ...]) -> None:
    """A condition is no question, and one that says nothing of its own asks about the first one's thing."""
    assert parts_of(question, language) == parts


def request(language: str = "en") -> AnswerRequest:
    return AnswerRequest("?", (Hit(Chunk("d", 0, len(TEXT), TEXT), 1.0, 1, "words", {}),), "legal", language)


def draft(quote: str, label: str = "") -> Draft:
    if not quote:
        return Draft("", refused=True, confidence=0.1)
    start = TEXT.index(quote)
    return Draft(quote, (Span(0, start, start + len(quote), 0.9),), confidence=0.9, label=label)  # type: ignore[arg-type]


def test_each_part_is_answered_under_its_question() -> None:
    """With the quotes of both, and the confidence of the less sure one."""
    quotes = {"How much?": draft("900 euros"), "When?": draft("within 21 days", "no")}
    made = each_answered(request(), ("How much?", "When?"), lambda part: quotes[part.question])
    assert made.text == "How much? 900 euros\nWhen? No: within 21 days"
    assert (len(made.spans), made.lines, made.confidence) == (2, True, 0.9)


@pytest.mark.parametrize(("language", "said"), [("en", "When? (nothing found)"), ("zh", "When?（没有找到）")])
def test_the_part_without_an_answer_is_named(language: str, said: str) -> None:
    """It is not left out in silence."""
    quotes = {"How much?": draft("900 euros"), "When?": draft("")}
    made = each_answered(request(language), ("How much?", "When?"), lambda part: quotes[part.question])
    assert made.text.splitlines()[1] == said


def test_no_part_answered_is_a_refusal_and_one_place_one_quote() -> None:
    """Two questions that one place answers are no list."""
    assert each_answered(request(), ("A?", "B?"), lambda part: draft("")).refused
    assert each_answered(request(), ("A?", "B?"), lambda part: draft("900 euros")).text == "900 euros"
