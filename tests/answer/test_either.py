"""A question that offers two names: the one that is there."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.either import chosen
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.types import Chunk, Hit


def hits(*texts: str) -> tuple[Hit, ...]:
    return tuple(Hit(Chunk("a", 0, len(t), t), 1.0, i + 1, "given") for i, t in enumerate(texts))


@pytest.mark.parametrize(
    ("question", "language", "texts", "name"),
    [
        ("Is the seat of the arbitration Malden or Orwick?", "en", ("The seat of arbitration is Orwick.",), "Orwick"),
        ("Is the seat of the arbitration Malden or Orwick?", "en", ("Orwick and Malden share the seat.",), ""),
        ("Is the seat of the arbitration Malden or Orwick?", "en", ("The seat is Trevan.",), ""),
        ("Is the seat of the arbitration Malden or Orwick?", "en", ("Orwick Dairy sells milk.",), ""),
        ("争议由东湖市还是西岭市的法院管辖？", "zh", ("因本合同发生的争议由西岭市人民法院管辖。",), "西岭市"),
        ("爭議由東湖市還是西嶺市的法院管轄？", "zh", ("因本合同发生的争议由西岭市人民法院管辖。",), "西岭市"),
    ],
)
def test_the_one_of_two_names_that_is_found(question: str, language: str, texts: tuple[str, ...], name: str) -> None:
    """Neither, both, or one in a sentence about something else: no choice."""
    found = chosen(question, language, hits(*texts))
    assert (texts[found.hit][found.start : found.end] if found else "") == name


def test_two_names_offered_are_no_yes_or_no_question() -> None:
    """ "Dutch or Belgian?" wants one of them."""
    asked = form_of("Is the governing law of the agreement Dutch or Belgian?", "en")
    assert (asked.form, asked.either) == ("other", True)
    assert form_of("Is Dutch law or custom excluded?", "en").form == "yes-no"
