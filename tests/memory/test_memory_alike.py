"""What must agree for two questions to be one, whatever their likeness."""

from __future__ import annotations

import pytest

from sparewheel.rag.memory.alike import Question, differ

AGREE = [
    ("How much notice must the tenant give?", "How long before leaving must the tenant give notice?", "en"),
    ("What venue in Britain was sold out?", "Which British venue was sold out?", "en"),
    ("What was ABC's revenue in 1962?", "How much revenue did ABC have in 1962?", "en"),
    (
        "When imperialism changes a state, what is it called?",
        "What do you call imperialism that changes a state?",
        "en",
    ),
    ("What is the total number of votes?", "How many votes are there in total?", "en"),
    ("她哪一年去世的？", "她什么时候去世的？", "zh"),
    ("谁第一个发表了它？", "它最先由谁发表？", "zh"),
]
DIFFER = [
    ("form", "Is the rent 900 euros?", "How much is the rent?", "en"),
    ("figures", "What is due after 30 days?", "What is due after 60 days?", "en"),
    ("figures", "What does clause 4.2 say?", "What does clause 4.3 say?", "en"),
    ("figures", "第三条规定了什么？", "第四条规定了什么？", "zh"),
    ("negation", "May the tenant sublet?", "May the tenant not sublet?", "en"),
    ("negation", "哪些费用由甲方承担？", "哪些费用不由甲方承担？", "zh"),
    ("roles", "What must the tenant repair?", "What must the landlord repair?", "en"),
    ("roles", "甲方应当何时付款？", "乙方应当何时付款？", "zh"),
    ("opposites", "What is the minimum dose?", "What is the maximum dose?", "en"),
    ("opposites", "起始剂量是多少？", "最大剂量是多少？", "zh"),
    ("names", "How much of it speaks English at home?", "How much of it speaks French at home?", "en"),
    ("names", "原作中“刚”是什么意思？", "原作中“金”是什么意思？", "zh"),
    ("for whom", "What is the starting dose?", "What is the starting dose for the elderly?", "en"),
    ("for whom", "起始剂量是多少？", "老年人的起始剂量是多少？", "zh"),
    ("kind", "When did Sumner teach?", "What did Sumner teach?", "en"),
    ("kind", "他为什么辞职？", "他什么时候辞职？", "zh"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "language"), AGREE)
def test_rewordings_pass(a: str, b: str, language: str) -> None:
    """No guard stops them, either way round."""
    one, two = Question(a, language), Question(b, language)
    assert (differ(one, two), differ(two, one)) == ("", "")


@pytest.mark.parametrize(("why", "a", "b", "language"), DIFFER)
def test_near_misses_do_not(why: str, a: str, b: str, language: str) -> None:
    """Each by the guard that is about it, either way round."""
    one, two = Question(a, language), Question(b, language)
    assert (differ(one, two), differ(two, one)) == (why, why)


def test_the_naming_of_the_document_is_no_part_of_the_question() -> None:
    """But a party of which something is asked is."""
    whole = "What must Brightwater pay under the Halvorsen NDA?"
    names = tuple((n, whole.index(n), whole.index(n) + len(n)) for n in ("Brightwater", "Halvorsen"))
    asked = Question(whole, "en", names)
    assert (asked.text.strip(), asked.subjects) == ("What must Brightwater pay ?", {"brightwater"})
    other = "What must Halvorsen pay?"
    assert differ(asked, Question(other, "en", (("Halvorsen", 10, 19),))) == "names"
    contract = "青禾与恒岳的合同的质保金是多少？"
    assert Question(contract, "zh", (("青禾", 0, 2), ("恒岳", 3, 5))).text == "质保金是多少？"
