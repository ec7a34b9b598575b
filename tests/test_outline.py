"""Which clause deals with something: its number and heading."""

from __future__ import annotations

import pytest

from sparewheel.rag.outline import about, at, outline, wanted

TEXT = """Supply Agreement

1. Notices
Notices are given in writing.

2. LIABILITY AND INSURANCE
2.1 The Supplier is liable for gross negligence only.

3. Term and Termination. Either party may terminate this agreement with notice.

4. The price is due within thirty days of the invoice, without any discount.

5. Liability
Liability ends after two years.
"""
TEXT_ZH = """采购合同

第一条 质量保证
质量保证期为一年。

第二条　违约责任：甲方逾期付款的，应当支付违约金。

第十二条 乙方应当按时交货，并承担运输费用。
"""


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Which clause deals with liability?", "liability"),
        ("What section of the agreement covers the notice period?", "notice period"),
        ("In which article is confidentiality dealt with?", "confidentiality"),
        ("Which clause governs termination in the agreement?", "termination"),
        ("Which clause lets the tenant end the lease early?", ""),
        ("Which law governs the agreement?", None),
        ("What does clause 9 say?", None),
        ("哪一条规定了违约责任？", "违约责任"),
        ("违约责任在合同第几条？", "违约责任"),
        ("关于保密义务的是哪条？", "保密义务"),
        ("第九条规定了什么？", None),
    ],
)
def test_what_the_clause_deals_with(question: str, topic: str | None) -> None:
    """Only where the clause itself is asked for."""
    assert wanted(question) == topic


@pytest.mark.parametrize(
    ("text", "topic", "label", "says"),
    [
        (TEXT, "liability", "Clause 5 (Liability)", "Liability ends after two years."),
        (TEXT, "insurance", "Clause 2 (LIABILITY AND INSURANCE)", "2.1 The Supplier is liable for gross negligence"),
        (TEXT, "termination", "Clause 3 (Term and Termination)", "Either party may terminate"),
        (TEXT_ZH, "违约责任", "第二条（违约责任）", "甲方逾期付款的"),
        (TEXT, "invoice discount", "Clause 4", "The price is due"),
        (TEXT_ZH, "运输费用", "第十二条", "乙方应当按时交货"),
        (TEXT_ZH, "质量保证期", "第一条（质量保证）", "质量保证期为一年。"),
    ],
)
def test_the_clause_whose_heading_names_it(text: str, topic: str, label: str, says: str) -> None:
    """Of several the one that names little else; without a heading, the clause that says it."""
    (entry,) = about(text, topic)
    assert entry.label == label
    assert text[entry.body : entry.end].startswith(says)


@pytest.mark.parametrize(
    ("text", "topic"), [(TEXT, "notice period"), (TEXT, "price"), (TEXT_ZH, "保密义务"), (TEXT, "")]
)
def test_no_clause_where_no_heading_names_it(text: str, topic: str) -> None:
    """Half of the words are not enough, nor is a word in passing."""
    assert about(text, topic) == []


def test_the_label_of_a_place() -> None:
    """Of the innermost clause; "" before the first."""
    assert at(TEXT, TEXT.index("gross")) == "Clause 2.1"
    assert at(TEXT_ZH, TEXT_ZH.index("运输")) == "第十二条"
    assert at(TEXT, 3) == ""


def test_a_table_of_contents_is_not_the_clause() -> None:
    """Of two labels alike the longer clause is meant."""
    text = "1. Term\n2. Rent\n\n1. Term\nIt runs for a year.\n\n2. Rent\nIt is 700 euros.\n"
    assert [text[e.body : e.end].strip() for e in about(text, "rent")] == ["It is 700 euros."]
    assert [e.heading for e in outline(text)] == ["Term", "Rent", "Term", "Rent"]
