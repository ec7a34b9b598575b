"""No yes or no from a heading, nor from a list of cases of which some are denied."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.verdict import verdict
from sparewheel.rag.types import AnswerRequest, Chunk, Hit


def quoted(question: str, text: str) -> tuple[str, str]:
    hit = Hit(Chunk("leaflet", 0, len(text), text, "说明书", language="zh"), 1.0, 1, "words", {})
    draft = ClauseQuoter().read(AnswerRequest(question, (hit,), "medical", "zh"))
    return draft.text, draft.label


@pytest.mark.parametrize(
    ("question", "text", "holds", "label"),
    [
        (
            "肾病患者能吃吗？",
            "开始时每日一片。\n肾病患者：轻度者照常服用；中度者减半；重度者禁用。\n饭后服用。",
            "重度者禁用",
            "",
        ),
        ("房屋可以转租吗？", "第五条 房屋转租：未经出租人书面同意不得转租。", "不得转租", ""),
        ("车位可以转让吗？", "第六条 车位转让：经物业登记后可以转让。", "可以转让", "yes"),
        ("儿童可以使用吗？", "儿童不得使用本品。成人每日一片。", "儿童不得使用", "no"),
    ],
)
def test_a_head_brings_what_it_heads(question: str, text: str, holds: str, label: str) -> None:
    """The quote says on what it depends; one plain rule still has its label."""
    said, found = quoted(question, text)
    assert (holds in said, found) == (True, label)


def test_what_only_the_heading_names_is_no_evidence() -> None:
    """The sentence below it is about something else: the drink and the grapefruit."""
    over = "Taking Norvexil with food, drink and alcohol"
    evidence = "Do not drink grapefruit juice during the treatment."
    assert verdict("Can I drink alcohol with it?", evidence, over, {}, "en") == ""
    told = "Do not drink alcohol during the treatment."
    assert verdict("Can I drink alcohol with it?", told, over, {}, "en") == "no"
