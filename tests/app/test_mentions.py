"""Documents named by an @ in a question."""

from __future__ import annotations

import pytest

from sparewheel.app.view.mentions import Mentions, mentioned

TITLES = {
    "lease-2024.pdf": "Foundry Yard Lease",
    "a/nda_vesper.docx": "Mutual Non-Disclosure Agreement",
    "b/nda-orrin.docx": "Mutual Non-Disclosure Agreement (b/nda-orrin.docx)",
    "房屋.pdf": "房屋租赁合同",
}


@pytest.mark.parametrize(
    ("question", "asked", "documents"),
    [
        ("May @Foundry Yard Lease be sublet?", "May Foundry Yard Lease be sublet?", ("lease-2024.pdf",)),
        ("@foundry who pays?", "foundry who pays?", ("lease-2024.pdf",)),
        ("Who signed @nda_vesper.docx?", "Who signed nda_vesper.docx?", ("a/nda_vesper.docx",)),
        ("Who signed @nda-vesper?", "Who signed nda-vesper?", ("a/nda_vesper.docx",)),
        ('Rent in @"foundry yard"?', 'Rent in "foundry yard"?', ("lease-2024.pdf",)),
        ("@lease-2024 or @nda-orrin?", "lease-2024 or nda-orrin?", ("lease-2024.pdf", "b/nda-orrin.docx")),
        ("@房屋租赁合同的押金是多少？", "房屋租赁合同的押金是多少？", ("房屋.pdf",)),
        ("请问@房屋租赁合同 何时到期", "请问房屋租赁合同 何时到期", ("房屋.pdf",)),
        ("Write to ann@foundry.example about it", "Write to ann@foundry.example about it", ()),
        ("What is the rent?", "What is the rent?", ()),
        ("Price @ 5 a piece?", "Price @ 5 a piece?", ()),
    ],
)  # fmt: skip
def test_what_is_named(question: str, asked: str, documents: tuple[str, ...]) -> None:
    """Title, file name or the beginning of one; the question keeps the words and loses the sign."""
    assert mentioned(question, TITLES) == Mentions(asked, documents)


def test_a_beginning_of_two_names_names_neither() -> None:
    """Which one is meant cannot be known; the nearest is offered."""
    found = mentioned("Who signed @nda?", TITLES)
    assert (found.documents, found.unknown) == ((), "nda")


def test_a_misspelt_name_is_told_with_the_nearest() -> None:
    """Nothing is searched under a name that no document has."""
    found = mentioned("Rent in @lease-2042?", TITLES)
    assert (found.unknown, found.nearest) == ("lease-2042", "Foundry Yard Lease")
