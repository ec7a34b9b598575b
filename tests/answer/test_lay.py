"""How people say it and how documents do."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.lay import in_their_words
from sparewheel.rag.types import Chunk, Hit


def hits(text: str) -> tuple[Hit, ...]:
    return (Hit(Chunk("a", 0, len(text), text), 1.0, 1, "given"),)


@pytest.mark.parametrize(
    ("question", "language", "text", "asked"),
    [
        ("Can I have a beer with it?", "en", "Avoid alcohol during treatment.", "Can I have a alcohol with it?"),
        ("Can I have a beer with it?", "en", "One beer a day is allowed.", "Can I have a beer with it?"),
        ("Can I have a beer with it?", "en", "Store in a dry place.", "Can I have a beer with it?"),
        ("这个药有什么副作用？", "zh", "常见不良反应：头痛。", "这个药有什么不良反应？"),
        ("合同的总金额是多少？", "zh", "合同总价為80万元。", "合同的合同总价是多少？"),
        ("Who is the DPO?", "en", "The data protection officer is Ada Holm.", "Who is the data protection officer?"),
        ("房租晚交怎么办？", "zh", "逾期支付租金的，支付违约金。", "租金逾期支付怎么办？"),
        ("Is my bike insured?", "en", "Bicycles are covered.", "Is my bicycle insured?"),
        ("Can I get my money back?", "en", "You get a full refund.", "Can I get my refund?"),
        ("孕妇能吃吗？", "zh", "妊娠期妇女禁用。", "妊娠期妇女能吃吗？"),
        ("拉肚子几天要去医院？", "zh", "腹泻超过48小时应就医。", "腹泻几天要去医院？"),
        ("保修期多长？", "zh", "质保期为一年。", "质保期多长？"),
    ],
)
def test_a_word_that_no_passage_has_is_asked_in_theirs(question: str, language: str, text: str, asked: str) -> None:
    """Only where a passage has the other word, and none has the asker's."""
    assert in_their_words(question, language, hits(text)) == asked
