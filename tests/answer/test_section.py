"""A section that is asked for by its heading."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.section import of_its_section
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit

LEAFLET = (
    "1. What Lumexal is and what it is used for\nLumexal lowers cholesterol.\n\n"
    "Do not take Lumexal\n- if you are allergic to it;\n- if you have liver disease.\n\n"
    "3. How to take Lumexal\nTake one tablet in the evening.\n\n"
    "If you forget to take Lumexal\nLeave it out.\n\n"
    "5. How to store Lumexal\nStore below 25 °C. Do not freeze."
)
REFUSED = Draft("", refused=True, confidence=0.1)


def told(question: str, language: str = "en") -> str:
    chunk = Chunk("d", 0, len(LEAFLET), LEAFLET, "Lumexal 20 mg tablets", metadata={"drug": "Lumexal"})
    request = AnswerRequest(question, (Hit(chunk, 1.0, 1, "words", {}),), "medical", language)
    return of_its_section(request, REFUSED).text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is Lumexal used for?", "Lumexal lowers cholesterol."),
        ("How should the medicine be stored?", "Store below 25 °C. Do not freeze."),
        ("How should I take Lumexal?", "Take one tablet in the evening."),
        ("What if I forget to take Lumexal?", "Leave it out."),
        ("What happens if I forget to take Lumexal?", "Leave it out."),
    ],
)
def test_what_stands_under_the_heading_is_quoted(question: str, said: str) -> None:
    """Where its words are those of the question."""
    assert told(question) == said


def test_what_is_forbidden_is_quoted_with_its_heading() -> None:
    """ "if you have liver disease" alone forbids nothing."""
    assert told("Who must not take Lumexal?").startswith("Do not take Lumexal\n- if you are allergic")


@pytest.mark.parametrize(
    "question", ["When should I take Lumexal?", "How much Lumexal should I take?", "May I store it?", "How?"]
)
def test_another_question_is_not_answered_by_a_section(question: str) -> None:
    """It has other words, asks yes or no, or asks nothing of its own."""
    assert told(question) == ""


def test_an_answer_stays() -> None:
    """Only what is refused is looked for under headings."""
    draft = Draft("x", confidence=0.9)
    chunk = Chunk("d", 0, len(LEAFLET), LEAFLET, "Lumexal 20 mg tablets")
    request = AnswerRequest("How is it stored?", (Hit(chunk, 1.0, 1, "words", {}),), "medical")
    assert of_its_section(request, draft) is draft
