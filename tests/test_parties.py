"""Who is party to a document: what is asked, and where its opening names them."""

from __future__ import annotations

import pytest

from sparewheel.rag.parties import ALL, apart, asked, named, places

DEED = (
    'DEED OF LEASE\n\nMade on 3 May 2021 between Orlop Mills plc, a company of Kent (the "Lessor"), and '
    'Tansy Bakers Ltd (the "Lessee").\n\n1. The Lessee pays rent to the Lessor.'
)
METADATA = {
    "parties": "Orlop Mills plc; Tansy Bakers Ltd",
    "aliases": "Lessor = Orlop Mills plc; Lessee = Tansy Bakers Ltd",
}


@pytest.mark.parametrize(
    ("question", "roles"),
    [
        ("Who are the parties to the agreement?", ALL),
        ("parties of the deed?", ALL),
        ("Between whom was the lease made?", ALL),
        ("Who is the lessor?", ("lessor",)),
        ("which company is the buyer under the agreement?", ("buyer",)),
        ("合同双方是谁？", ALL),
        ("买方和卖方分别是谁", ("买方", "卖方")),
        ("甲方是哪家公司？", ("甲方",)),
        ("What must the parties do after the term?", ()),
        ("Who is the landlord allowed to let in?", ()),
        ("Who is the seller's auditor?", ()),
        ("甲方应当支付多少？", ()),
        ("双方的义务是什么？", ()),
    ],
)
def test_which_parties_are_asked_for(question: str, roles: tuple[str, ...]) -> None:
    """Who they are, not what they do."""
    assert asked(question) == roles


def test_both_parties_are_quoted_with_what_they_are_called() -> None:
    """One stretch of the opening, from the first name to the last."""
    (span,) = places(DEED, named(METADATA, ALL))
    assert DEED[slice(*span)].startswith("Orlop Mills plc")
    assert DEED[slice(*span)].endswith('Tansy Bakers Ltd (the "Lessee")')


def test_one_role_is_quoted_with_its_sentence() -> None:
    """Who is the lessee, by the sentence that says so; a role that nobody has is not answered."""
    (span,) = places(DEED, named(METADATA, ("lessee",)))
    assert "Tansy Bakers Ltd" in DEED[slice(*span)]
    assert named(METADATA, ("guarantor",)) == []
    assert places(DEED, []) == []


def test_a_label_before_a_name_is_quoted_with_it() -> None:
    """出租方：某某."""
    text = "房屋租赁合同\n出租方（甲方）：林晚舟\n承租方（乙方）：春禾书店有限公司\n一、租金"
    metadata = {"parties": "林晚舟; 春禾书店有限公司"}
    (span,) = places(text, named(metadata, ALL))
    assert text[slice(*span)] == "出租方（甲方）：林晚舟\n承租方（乙方）：春禾书店有限公司"


def test_those_who_name_the_same_are_one() -> None:
    """The fullest name stays; another party is another; and who is named beside others is not the same."""
    same = {"a": ["Harbour"], "b": ["Harbour Foods Ltd"], "c": ["Harbour Foods"], "d": ["Harbourside"]}
    assert apart(same) == ["b", "d"]
    assert apart({"a": ["Acme"], "b": ["Acme", "Harbour"]}) == ["a", "b"]
