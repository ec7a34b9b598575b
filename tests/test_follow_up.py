"""A follow-up question becomes one that can be understood alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.rag.follow_up import MOST_CHARS, Whole, made_whole


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        ("What is the liability cap?", "Does it cover fines?", "Does it cover fines (liability cap)?"),
        ("What does the duty cover?", "How long does that last?", "How long does that last (duty cover)?"),
        (
            "How long is the notice period for tenants?", "And for landlords?",
            "How long is the notice period for landlords?",
        ),
        ("Can the tenant sublet?", "Why?", "Can the tenant sublet? Why?"),
        ("What is the penalty in the first year?", "And after two years?",
         "What is the penalty in the first year? And after two years?"),
        ("甲方的违约金是多少？", "乙方呢？", "乙方的违约金是多少？"),
        ("孩子8岁一次喝多少？", "那4岁呢？", "孩子4岁一次喝多少？"),
        ("成人一次喝多少？", "8岁的孩子呢？", "8岁的孩子一次喝多少？"),
        ("宿舍周六几点熄灯？", "周二呢？", "宿舍周二几点熄灯？"),
        ("成人的最大剂量是多少？", "儿童呢？", "儿童的最大剂量是多少？"),
        ("竞业限制补偿金是多少？", "它的期限是多久？", "它的期限是多久（竞业限制补偿金）？"),
        ("患者需要停药吗？", "为什么？", "患者需要停药吗？为什么？"),
    ],
)  # fmt: skip
def test_what_is_missing_comes_from_the_question_before(before: str, question: str, whole: str) -> None:
    """Pronouns get what was asked about; fragments the question they vary."""
    assert made_whole(question, [(before, "an answer")]) == Whole(whole, whole)


@pytest.mark.parametrize(
    ("before", "question", "search"),
    [
        (
            "How long does the Halvorsen and Brightwater NDA last?", "Can it be amended by an exchange of e-mails?",
            "Can it be amended by an exchange of e-mails (Halvorsen and Brightwater NDA)?",
        ),
        (
            "Is a deposit due under the lease of Unit 12?", "How often may they raise the service charge?",
            "How often may they raise the service charge (Unit 12)?",
        ),
        ("《数据保护条例》何时施行？", "它规定的最高罚款是多少？", "它规定的最高罚款是多少（《数据保护条例》）？"),
    ],
)  # fmt: skip
def test_a_question_with_words_of_its_own_is_searched_with_names(before: str, question: str, search: str) -> None:
    """The names tell one contract from another; the reader reads the question as it was asked."""
    assert made_whole(question, [(before, "an answer")]) == Whole(search, question)


@pytest.mark.parametrize(
    "question",
    [
        "What is the rent?", "Can this NDA be amended by e-mail?", "Is it allowed to sublet?",
        "Is there a right to break the lease?", "How long are other documents kept?",
        "房屋租赁合同的租金是多少？", "这份合同什么时候到期？", "其他费用由谁承担？",
    ],
)  # fmt: skip
def test_a_whole_question_takes_nothing(question: str) -> None:
    """A new subject is not mixed with the old one."""
    history = [("How long do back-ups stay at Nimbus?", "18 months"), ("Nimbus的备份保存多久？", "18个月")]
    assert made_whole(question, history) == Whole(question, question)


def test_a_chain_of_follow_ups_keeps_its_subject() -> None:
    """The second follow-up refers to the first one made whole."""
    history = [("How long is the notice period for tenants?", "a month"), ("And for landlords?", "three months")]
    assert made_whole("And for subtenants?", history).read == "How long is the notice period for subtenants?"


class Place:
    """Characters that name a document."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end


def test_a_name_behind_a_small_word_is_all_that_is_new() -> None:
    """ "for" holds an "or", which begins no question."""

    def named(question: str) -> list[Place]:
        return [Place(m.start(), m.end()) for m in re.finditer("Acme|Quill", question)]

    history = [("What is the interest on late payments in the Acme NDA?", "5 per cent")]
    whole = made_whole("And for Quill?", history, named)
    assert whole.read == "What is the interest on late payments in the Quill NDA?"


@pytest.mark.parametrize(
    ("before", "question", "read"),
    [
        ("What is the margin on tranche A?", "And for tranche B?", "What is the margin on tranche B?"),
        ("What does grade AX-3 cost?", "and grade AX-5?", "What does grade AX-5 cost?"),
        ("What is the starting dose of Acme?", "and in patients over 75?",
         "What is the starting dose of Acme in patients over 75?"),
        ("How much Acme can I take a day?", "and when pregnant?", "How much Acme can I take a day when pregnant?"),
        ("How long does Acme work?", "And if she is over 65, how much of it is due?",
         "If she is over 65, how much of it is due (Acme)?"),
        ("How long does the Acme lease run?", "and when is the rent due?", "When is the rent due (Acme lease)?"),
    ],
)  # fmt: skip
def test_a_sibling_or_a_case_changes_nothing_else(before: str, question: str, read: str) -> None:
    """What is asked stays; of what, or for whom, is new."""

    def named(text: str) -> list[Place]:
        return [Place(m.start(), m.end()) for m in re.finditer("Acme|Quill", text)]

    assert made_whole(question, [(before, "5")], named).read == read


def test_it_is_said_of_both_where_two_were_named() -> None:
    """Which one is meant is not guessed: both are asked about, each under its name."""

    def named(text: str) -> list[Place]:
        return [Place(m.start(), m.end()) for m in re.finditer("青岚|远山|Acme|Quill", text)]

    whole = made_whole("它的首付是多少？", [("青岚的合同和远山的合同哪个质保期长？", "")], named)
    assert whole.read == "青岚的合同和远山的合同的首付是多少？"
    whole = made_whole("Who signs it?", [("Is the Acme NDA or the Acme lease longer than the Quill lease?", "")], named)
    assert "Acme" in whole.read


def test_without_a_history_nothing_is_added() -> None:
    """A first question stays as it is, whatever its words."""
    assert made_whole("Does it cover fines?", []).search == "Does it cover fines?"


@given(st.text(max_size=300), st.lists(st.tuples(st.text(max_size=3000), st.text(max_size=10)), max_size=8))
def test_any_text_can_be_asked_after_any_other(question: str, history: list[tuple[str, str]]) -> None:
    """No input breaks the rules, and what is carried over is bounded."""
    assert len(made_whole(question, history).search) <= MOST_CHARS + 2 * len(question) + 10
