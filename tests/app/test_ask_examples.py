"""Questions to begin with: of the documents that are there, by their names and headings."""

from __future__ import annotations

from sparewheel.app.ui.ask.examples import MOST, called, sort_of, usual
from sparewheel.rag.ingest.described import DocumentInfo


def document(id: str, title: str, language: str = "en", **metadata: str) -> DocumentInfo:
    return DocumentInfo(id, title, id, "text/plain", language, "", 1, 0, 1, "2026-01-01", "1", metadata)


def asked(*held: tuple[DocumentInfo, list[str]], language: str = "en") -> list[str]:
    """held: documents with their headings."""
    return usual(called([one for one, _ in held]), {one.id: heads for one, heads in held}, language)


SUPPLY = document("a", "Supply Agreement", kind="supply agreement")
LEASE = document("b", "Lease")
LEAFLET = document("c", "Package leaflet: Corvasil 5 mg", kind="patient leaflet", drug="Corvasil; corvastatin")
RENTAL = document("d", "房屋租赁合同", "zh", kind="房屋租赁合同")
TABLETS = document("e", "瑞舒宁片说明书", "zh", kind="药品说明书", drug="瑞舒宁片; 瑞舒宁")
MINUTES = document("f", "Minutes of a meeting")


def test_a_contract_is_asked_of_a_clause_that_it_has() -> None:
    """Each question is another one, of another contract."""
    supply = (SUPPLY, ["1. Supply", "14.2 GOVERNING LAW", "9. Termination"])
    assert asked(supply, (LEASE, ["7. Insurance", "8. Termination"])) == [
        "Which law governs the Supply Agreement?",
        "Which insurance must be kept under the Lease?",
    ]


def test_a_leaflet_is_asked_by_the_name_of_its_drug() -> None:
    assert asked((LEAFLET, ["3. How to take Corvasil"])) == ["What is the usual dose of Corvasil?"]


def test_chinese_documents_are_asked_in_chinese() -> None:
    """Those in the language of the page come first."""
    held = (LEASE, ["Insurance"]), (RENTAL, ["第四条 押金"]), (TABLETS, ["用法用量"])
    chinese = ["房屋租赁合同的押金是多少？", "瑞舒宁片的用法用量是什么？"]
    english = ["Which insurance must be kept under the Lease?"]
    assert asked(*held, language="zh") == chinese + english
    assert asked(*held) == english + chinese


def test_contracts_of_one_title_are_told_apart_by_a_party() -> None:
    """A question that fits several documents is no good beginning; nor is one of a document that has no name."""
    of = [
        document(f"n{n}", "NDA", parties=f"Halvorsen AS; {other}") for n, other in enumerate(("Quill plc", "Orrin Ltd"))
    ]
    assert list(called([*of, document("x", "NDA"), LEASE])) == ["Lease", "NDA with Quill plc", "NDA with Orrin Ltd"]
    two = [document(f"z{n}", "合同", "zh", parties="海港食品有限公司") for n in range(2)]
    assert called(two) == {}
    assert list(called([two[0], document("y", "合同", "zh")])) == ["海港食品有限公司的合同"]


def test_no_more_than_a_few_and_none_without_such_clauses() -> None:
    """A long list helps nobody; a question that nobody can answer still less."""
    heads = ["Governing law", "Termination", "Assignment", "Liability", "Insurance", "Audit"]
    assert len(asked(*((document(f"c{n}", f"Contract {n}"), heads) for n in range(9)))) == MOST
    assert asked((MINUTES, ["Present", "Insurance"]), (SUPPLY, ["1. Supply"])) == []
    assert [sort_of(one) for one in (MINUTES, SUPPLY, LEAFLET, RENTAL, TABLETS)] == [
        "", "contract", "leaflet", "contract", "leaflet",
    ]  # fmt: skip


def test_a_name_that_is_too_long_for_a_question_is_left_out() -> None:
    assert called([document("l", "Agreement " * 20)]) == {}
