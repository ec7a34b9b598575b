"""What must agree for two questions to be one, whatever their likeness."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.rag.memory.alike import Question, differ
from sparewheel.rag.memory.equivalence import Measured, checks

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
    ("Which illness did she die of?", "What disease did she die of?", "en"),
    ("Who must insure the goods?", "By whom must the goods be insured?", "en"),
    ("Did Kent and Sussex sign?", "Did Sussex and Kent sign?", "en"),
    ("How do items get listed?", "How does an object get listed?", "en"),
    ("How many US plants are there?", "How many plants in the United States are there?", "en"),
    ("Who wrote the book?", "Who is the author of the book?", "en"),
    ("What did Gegeen appoint?", "What was appointed by Gegeen?", "en"),
    ("租金是多少？", "租金是多少钱？", "zh"),
    ("他驾驶车辆去了哪里？", "他开车去了哪里？", "zh"),
    ("除奥地利外，谁签订了这份条约？", "奥地利以外，谁签订了这份条约？", "zh"),
    ("When does the initial term end?", "What is the end date of the initial term?", "en"),
    (
        "May it be assigned without the consent of the other?",
        "May it be assigned without the other one's consent?",
        "en",
    ),
    ("Who may audit the books?", "Who is allowed to inspect the books?", "en"),
    ("赃款去向如何？", "赃款去了哪里？", "zh"),
    ("被告人许某何时被抓获？", "许某什么时候被抓？", "zh"),
    ("除了押金，承租人还要付什么？", "承租人付押金，另外要付什么？", "zh"),
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
    ("kind", "创办的原因是什么？", "创办的地点是什么？", "zh"),
    ("words", "How long are most eukaryotic genes?", "How long are most prokaryotic genes?", "en"),
    ("words", "What is sporulation?", "What is germination?", "en"),
    ("words", "他在哪所大学取得了硕士学位？", "他在哪所大学取得了博士学位？", "zh"),
    ("words", "训练地在哪里？", "比赛地在哪里？", "zh"),
    ("order", "What did Luther call the Pope?", "What did the Pope call Luther?", "en"),
    ("words", "What is the date of the agreement?", "On which date does the agreement cease?", "en"),
    ("opposites", "May it be assigned with consent?", "May it be assigned without consent?", "en"),
    ("kind", "Which insurance must a party keep?", "Who pays for the insurance that a party must keep?", "en"),
    ("opposites", "On which date does it take effect?", "On which date does it cease to have effect?", "en"),
    ("negation", "Who may end it for cause?", "Who may end it without cause?", "en"),
    ("order", "What town surrounds Ayr?", "What town is surrounded by Ayr?", "en"),
    ("order", "Who was the chairman of the House?", "Who did the chairman of the House write to?", "en"),
    ("order", "赵某帮助林某购买了什么？", "林某帮助赵某购买了什么？", "zh"),
    ("roles", "How much notice must Brightwater give?", "How much notice must the landlord give?", "en"),
    ("opposites", "To what gauge were the lines changed?", "From what gauge were the lines changed?", "en"),
    ("opposites", "被告借了多少？", "被告还了多少？", "zh"),
]  # fmt: skip


def named(question: str, name: str) -> tuple[tuple[str, int, int], ...]:
    """Where the question names it."""
    at = question.find(name)
    return ((name, at, at + len(name)),) if at >= 0 else ()


@pytest.mark.parametrize(("a", "b", "language"), AGREE)
def test_rewordings_pass(a: str, b: str, language: str) -> None:
    """No guard stops them, either way round."""
    one, two = Question(a, language), Question(b, language)
    assert (differ(one, two), differ(two, one)) == ("", "")


@pytest.mark.parametrize(("why", "a", "b", "language"), DIFFER)
def test_near_misses_do_not(why: str, a: str, b: str, language: str) -> None:
    """Each by the guard that is about it, either way round."""
    one, two = (Question(q, language, named(q, "Brightwater")) for q in (a, b))
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


@given(
    measured=st.builds(Measured, *(st.floats(0, 1) for _ in fields(Measured))), language=st.sampled_from(("en", "zh"))
)
def test_no_reading_gives_more_than_what_was_thought_possible(measured: Measured, language: str) -> None:
    """So a candidate that is not read, because nothing could make it the same, would not have been served."""
    check = checks()[language]
    assert check.probability(measured) <= check.at_best(measured) + 1e-9
