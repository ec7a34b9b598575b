"""What holds for the age, the weight or the value that a question describes."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.cases import case_asked_for
from sparewheel.rag.types import AnswerRequest, Chunk, Hit

DOSES = (
    "The usual starting dose is 6 mg once a day.\n\nIn patients over 70 years the starting dose is 3 mg. In persons who"
    " weigh less than 45 kg the dose is 2 mg a day.\n\nThe dose is 30 mg, and 15 mg if creatinine clearance is below"
    " 50 mL/min."
)
DOSES_ZH = "推荐起始剂量为每次8毫克。65岁以上无需调整剂量，但80岁以上起始剂量为每日4毫克。"


def answered(question: str, text: str, language: str = "en", title: str = "") -> str:
    hit = Hit(Chunk("d", 0, len(text), text, title), 1.0, 1, "words", {})
    draft = case_asked_for(AnswerRequest(question, (hit,), "medical", language))
    return draft.text if draft else ""


@pytest.mark.parametrize(
    ("question", "language", "said"),
    [
        ("What is the starting dose for a woman of 82?", "en", "In patients over 70 years the starting dose is 3 mg."),
        ("starting dose for an 82 year old", "en", "In patients over 70 years the starting dose is 3 mg."),
        ("What dose for someone of 41 kg?", "en", "In persons who weigh less than 45 kg the dose is 2 mg a day."),
        ("Dose when creatinine clearance is 40?", "en", "15 mg if creatinine clearance is below 50 mL/min."),
        ("85岁老人起始剂量是多少？", "zh", "80岁以上起始剂量为每日4毫克"),
    ],
)
def test_the_sentence_for_the_case_is_quoted_whole(question: str, language: str, said: str) -> None:
    """Nobody reads a dose without seeing for whom it holds."""
    assert said in answered(question, DOSES_ZH if language == "zh" else DOSES, language)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What is the starting dose?", "en"),
        ("What is the starting dose for a man of 50?", "en"),
        ("Dose when creatinine clearance is 90?", "en"),
        ("May a man of 82 take it?", "en"),
        ("Who is older than 80?", "en"),
        ("70岁起始剂量是多少？", "zh"),
    ],
)
def test_no_sentence_is_taken_for_another_case(question: str, language: str) -> None:
    """Where no range holds it, no figure is asked for, or a range stands without a figure."""
    assert answered(question, DOSES_ZH if language == "zh" else DOSES, language) == ""


def test_another_thing_of_the_same_age_is_no_answer() -> None:
    """What else the question says must stand around the sentence."""
    assert answered("What is the fee for a passport for a man of 82 in euros and stamps?", DOSES) == ""


def test_a_dose_is_asked_by_how_much_of_a_medicine() -> None:
    """A range of bare years is an age behind "children"; how much of a medicine is no price."""
    text = "Adults and children over 12: 15 mL every 8 hours. Children 6 to 12: 5 mL every 8 hours."
    hit = Hit(Chunk("d", 0, len(text), text, metadata={"drug": "Tussamel"}), 1.0, 1, "words", {})
    found = case_asked_for(AnswerRequest("How much for a 9 year old?", (hit,), "medical"))
    assert found is not None
    assert found.text == "Children 6 to 12: 5 mL every 8 hours."
