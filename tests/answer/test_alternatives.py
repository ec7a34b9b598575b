"""Which of the figures beside each other is quoted."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.alternatives import of_the_asked
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

FEES = "The fee is 3.10 per cent a year for Series A and 4.20 per cent a year for Series B."
TRIPS = "补贴标准为：市内每日80元，市外每日160元，国外每日90美元。"
SHELF = "20毫克片18个月，40毫克片12个月。"
OVERTIME = (
    "工作日延长的，按百分之一百二十支付；周末加班又不能补休的，按百分之一百八十支付；节日的，按百分之二百五十支付。"
)
RENT = "第一年和第二年的租金为每月人民币7,200元；自第三年起，每年递增百分之三。"
DUES = "The dues are 3.20 crowns per gross ton, and 1.60 crowns for fishing vessels."
KIDNEYS = "用于2型糖尿病。肾功能轻度不全者无需调整;中度不全者减半;重度不全者禁用。1型糖尿病禁用。"
FAULTS = "Faults of severity 1 are answered within 2 hours, severity 2 within 8 hours, severity 3 within three days."
UNITS = "(A) 120 units in the first year (2011)\n(B) 240 units in the next (2012)\n(C) 310 units in the next (2013)"


def quoted(question: str, text: str, quote: str, language: str = "zh") -> str:
    start = text.index(quote)
    draft = Draft(quote, (Span(0, start, start + len(quote), 1.0),), confidence=0.9)
    hit = Hit(Chunk("d", 0, len(text), text), 1.0, 1, "words", {})
    return of_the_asked(AnswerRequest(question, (hit,), "legal", language), draft).text


@pytest.mark.parametrize(
    ("question", "text", "quote", "said"),
    [
        ("What is the fee on Series B?", FEES, "3.10 per cent", "4.20 per cent a year"),
        ("What is the fee on Series A?", FEES, "3.10 per cent", "3.10 per cent"),
        ("What is the fee?", FEES, "3.10 per cent", "3.10 per cent"),
        ("市外补贴一天多少？", TRIPS, "80元", "每日160元"),
        ("市内补贴一天多少？", TRIPS, "80元", "80元"),
        ("40毫克片能放几个月？", SHELF, "18个月", "12个月"),
        ("周末加班给多少？", OVERTIME, "百分之一百二十", "百分之一百八十"),
        ("第三年租金多少？", RENT, "人民币7,200元", "自第三年起，每年递增百分之三。"),
        ("第二年租金多少？", RENT, "人民币7,200元", "人民币7,200元"),
        ("How much do fishing vessels pay?", DUES, "3.20", "1.60"),
        ("How much does a ship pay a ton?", DUES, "3.20", "3.20"),
        ("肾功能中度不全怎么吃？", KIDNEYS, "轻度不全者无需调整", "中度不全者减半;"),
        ("肾功能重度不全怎么吃？", KIDNEYS, "无需调整", "重度不全者禁用。"),
        ("1型糖尿病可以用吗？", KIDNEYS, "2型糖尿病", "1型糖尿病禁用。"),
        ("3级患者怎么吃？", "1级患者减半。", "1级患者减半", ""),
        ("How fast is a severity 2 fault answered?", FAULTS, "within 2 hours", "severity 2 within 8 hours,"),
        ("How fast is a severity 1 fault answered?", FAULTS, "within 2 hours", "within 2 hours"),
        ("三级故障多久响应？", "一级故障1小时内响应,二级4小时内响应,三级次日响应。", "1小时内", "三级次日响应。"),
        ("开封前怎么放？", "开封前冷藏,开封后25℃以下保存。", "25℃以下", "开封前冷藏,"),
        ("转正后辞职要提前多久？", "试用期内辞职提前三日通知,转正后提前三十日通知。", "三日", "提前三十日"),
        ("How many units in 2012?", UNITS, "310 units", "(B) 240 units in the next (2012)"),
    ],
)  # fmt: skip
def test_the_part_that_the_question_names_is_quoted(question: str, text: str, quote: str, said: str) -> None:
    """And what is quoted stays where the question names no other part."""
    assert quoted(question, text, quote, "zh" if "\u3400" <= text[0] <= "\u9fff" else "en") == said


def test_years_and_days_are_no_alternatives() -> None:
    """Both are times; asked for one, the other is no answer."""
    text = "酒后驾车的，处十五日拘留，五年内不得重新取得驾驶证。"
    assert quoted("酒后驾车几年不能拿驾驶证？拘留", text, "五年") == "五年"
