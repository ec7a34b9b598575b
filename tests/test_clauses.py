"""A clause by its number."""

from __future__ import annotations

import pytest

from sparewheel.rag.clauses import asked, find

CONTRACT = """MASTER AGREEMENT

4. Payment ........ 3
5. Liability ...... 4

4. Payment
4.1 The Customer pays each month.
4.2 Late payment:
(a) bears interest; and
(b) entitles the Supplier to suspend the Services.

5. Liability
Neither party is liable for
7 days of delay.

ARTICLE IX. Assignment
Section 1. Neither party may assign.
"""
STATUTE = "第一条 总则。\n第二条 定金不得超过百分之二十。\n第十二条 不可抗力。\n"


def quoted(question: str, text: str) -> str:
    clause = asked(question)
    assert clause is not None
    span = find(text, clause)
    return text[slice(*span)] if span else ""


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("What does clause 4.2 say?", "4.2 Late payment:"),
        ("What does section 4.2(b) provide?", "(b) entitles the Supplier to suspend the Services."),
        ("Summarise § 5", "5. Liability\nNeither"),
        ("What is in Article 9?", "ARTICLE IX. Assignment\nSection 1."),
        ("What does section 4.1 of the employee handbook say?", "4.1 The Customer pays each month."),
        ("clause 7", ""),
        ("What does clause 14.3 say?", ""),
    ],
)
def test_english(question: str, begins: str) -> None:
    """The clause to its end, not a line of the table of contents, and nothing where there is no such number."""
    found = quoted(question, CONTRACT)
    assert found[: len(begins)] == begins
    assert bool(found) == bool(begins)


@pytest.mark.parametrize(
    ("question", "text"), [("第2条怎么规定的？", "第二条 定金不得超过百分之二十。"), ("第二十条", "")]
)
def test_chinese(question: str, text: str) -> None:
    """第2条 is 第二条 and not 第十二条."""
    assert quoted(question, STATUTE) == text


def test_whether_the_clause_alone_is_asked_for() -> None:
    """Then it is quoted whole; else the question is read on it."""
    for question, alone in (("What happens under clause 4.2(b)?", True), ("Under clause 4, when is rent due?", False)):
        clause = asked(question)
        assert clause is not None
        assert clause.alone == alone
    assert asked("Which clause deals with liability?") is None


@pytest.mark.parametrize(
    "question",
    [
        "《滨海市节水办法》第九条是怎么规定的？",
        "节水办法第九条的内容",
        "节水办法第九条怎么写的？",
        "节水办法第九条说的是什么",
        "What does clause 7.3 of the licence agreement say?",
        "read me section 3 of our NDA with Quorn Metals",
    ],
)
def test_the_name_of_the_document_asks_for_nothing_more(question: str) -> None:
    """The clause is quoted whole."""
    clause = asked(question)
    assert clause is not None
    assert clause.alone


def test_an_annex_has_numbers_of_its_own() -> None:
    """Clause 2 is the contract's, not the entry of its annex, however long that is."""
    text = (
        "1. Price\nTen euros.\n2. Term\nOne year.\n\nAnnex A\n2. A list of goods that nobody asked for, with parts.\n"
    )
    clause = asked("What does clause 2 say?")
    assert clause is not None
    span = find(text, clause)
    assert span is not None
    assert text[slice(*span)].startswith("2. Term")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("What does paragraph 2 of the Schedule say about parking?", "2. One car."),
        ("What does paragraph 2 of Schedule 2 provide?", "2. No cooking."),
        ("What does clause 2 say about the term?", "2. Term\nOne year."),
    ],
)
def test_a_number_in_the_annex_that_is_named(question: str, says: str) -> None:
    """A schedule begins at 1 again. What it says about something is asked, so a short one is quoted whole."""
    text = (
        "1. Price\nTen euros.\n2. Term\nOne year.\n\nSCHEDULE: HOUSE RULES\n1. Park in the bay.\n2. One car.\n\n"
        "Schedule 2\n1. No smoking.\n2. No cooking."
    )
    clause = asked(question)
    assert clause is not None
    assert clause.alone or clause.about
    span = find(text, clause)
    assert span is not None
    assert text[slice(*span)].strip().startswith(says)
