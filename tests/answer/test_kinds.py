"""A quote that can hold what is asked for."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.kinds import of_the_asked_kind
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

LEAFLET = "肌酐清除率低于20毫升/分钟的，不推荐使用。可增至每日80毫克，此为最大剂量。"
CASES = "可增至每日80毫克，此为最大剂量。肝功能不全：中度者每日不超过40毫克。"
PACK = "Packs are sold by pharmacists. Each pack holds 28 tablets."
LEVEL = "The target is below 1.8 mmol/L after six weeks."
RACE = "The car is a GT-3 R8. The driver is Ada Holm."


def answered(question: str, text: str, quote: str, language: str) -> str:
    start = text.index(quote)
    draft = Draft(quote, (Span(0, start, start + len(quote), 1.0),), confidence=0.9)
    hit = Hit(Chunk("d", 0, len(text), text), 1.0, 1, "words", {})
    return of_the_asked_kind(AnswerRequest(question, (hit,), "medical", language), draft).text


@pytest.mark.parametrize(
    ("question", "text", "quote", "said"),
    [
        ("最大剂量是多少？", LEAFLET, "20毫升", "可增至每日80毫克，此为最大剂量。"),
        ("起始剂量是多少？", LEAFLET, "20毫升", ""),
        ("最大剂量是多少？", LEAFLET, "80毫克", "80毫克"),
        ("一天最多吃多少？", CASES, "40毫克", "可增至每日80毫克，此为最大剂量。"),
        ("中度肝功能不全一天最多吃多少？", CASES, "40毫克", "40毫克"),
        ("What does a pack of 28 cost?", PACK, "28 tablets", ""),
        ("How many patients took part?", PACK, "Packs are sold", ""),
        ("漏服剂量后多久补服？", LEAFLET, "20毫升", "20毫升"),
        ("What is the target?", LEVEL, "mmol/L", "1.8 mmol/L"),
        ("Who drives the car?", RACE, "GT-3 R8", ""),
        ("Who drives the car?", RACE, "Ada Holm", "Ada Holm"),
        ("Who is the licensor?", "The licensor is Grünwald Ärztehaus.", "Grünwald Ärztehaus", "Grünwald Ärztehaus"),
        ("赔几倍？", LEAFLET, "不推荐使用", ""),
    ],
)  # fmt: skip
def test_a_quote_holds_what_is_asked_for(question: str, text: str, quote: str, said: str) -> None:
    """A rate is no dose, a machine nobody, a unit no value."""
    assert answered(question, text, quote, "zh" if text in (LEAFLET, CASES) else "en") == said
