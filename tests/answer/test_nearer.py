"""A quote from the sentence that says most of what is asked."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.nearer import by_share, of_the_nearest
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

DUTIES = (
    "Major changes are notified 40 days in advance. The Carrier notifies the Sender of a loss of goods within 36 hours."
    " Invoices are due in 21 days. The Carrier insures the goods."
)
AUDIT = (
    "Records may be inspected on ten days' notice. If an inspection shows overcharges, the Carrier bears the cost of"
    " the inspection. Each party bears its own postage."
)
RENT = "Rent is paid on 1 January and 1 July. If rent is unpaid ten days after it is due, interest is paid."


def request(question: str, text: str) -> AnswerRequest:
    return AnswerRequest(question, (Hit(Chunk("d", 0, len(text), text), 1.0, 1, "words", {}),), "legal")


def quoted(question: str, text: str, quote: str, sure: float = 0.5) -> str:
    start = text.index(quote)
    draft = Draft(quote, (Span(0, start, start + len(quote), sure),), confidence=sure)
    return of_the_nearest(request(question, text), draft).text


@pytest.mark.parametrize(
    ("question", "text", "quote", "said"),
    [
        ("How soon must the Carrier notify the Sender of a loss?", DUTIES, "40 days", "within 36 hours"),
        ("How long before are major changes notified?", DUTIES, "40 days", "40 days"),
        ("When does the Carrier bear the cost of an inspection?", AUDIT, "ten days' notice",
         "If an inspection shows overcharges, the Carrier bears the cost of the inspection."),
        ("When is rent due?", RENT, "1 January and 1 July", "1 January and 1 July"),
        ("How much notice is there?", AUDIT, "ten days' notice", "ten days' notice"),
    ],
)  # fmt: skip
def test_the_figure_of_the_sentence_that_is_meant_is_quoted(question: str, text: str, quote: str, said: str) -> None:
    """And what is quoted stays where no other sentence holds far more of the question."""
    assert quoted(question, text, quote) == said


def test_who_is_sure_keeps_the_quote() -> None:
    """The words of a sentence tell less than a network that is all but certain."""
    assert quoted("How soon must the Carrier notify the Sender of a loss?", DUTIES, "40 days", 0.95) == "40 days"


def test_a_question_of_one_word_says_too_little() -> None:
    """Every sentence that holds the word would be as near."""
    assert by_share(request("When is notice given?", DUTIES), "d") == []
