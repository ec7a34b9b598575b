"""rag/versions: which document changed or replaced which, and whose passages come first."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sparewheel.rag.types import Chunk, Hit
from sparewheel.rag.versions import changed_by, in_force, relations, without_before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "AMENDMENT No. 1 TO THE LEASE OF 12 QUAY STREET\n\nDated 1 May 2024",
            {"amends": "LEASE OF 12 QUAY STREET"},
        ),
        ("First Amendment to Supply Agreement dated 3 May 2021 between A and B", {"amends": "Supply Agreement"}),
        ("《房屋租赁合同》补充协议\n甲方：", {"amends": "房屋租赁合同"}),
        ("Leave policy\nVersion 2.1\nIt supersedes version 1 of this policy.", {"version": "2.1"}),
        ("LEASE\n\n1. Rent. No amendment to this lease is valid unless in writing.", {}),
    ],
)
def test_what_the_opening_says(text, found):
    """An amendment names what it amends; a contract that only speaks of amendments amends nothing."""
    said = relations(text, "")
    assert {key: said[key] for key in said if key != "supersedes"} == found


@dataclass(frozen=True)
class Described:
    id: str
    title: str
    metadata: dict[str, str]


def hit(id: str, rank: int, title: str, **metadata: str) -> Hit:
    return Hit(Chunk(id, 0, 1, "x", title, metadata=metadata), 1.0, rank, "bm25")


LEASE = hit("lease", 1, "Lease of 12 Quay Street", date="2022-03-01")
OTHER = hit("other", 2, "Lease of 3 Mill Road")
CHANGE = hit("change", 3, "Amendment No. 1", amends="Lease of 12 Quay Street", date="2024-03-01")


def test_the_amendment_comes_first_and_both_are_named():
    """Other documents keep their places. What was before the change is asked of the older alone."""
    hits, notes = in_force([LEASE, OTHER, CHANGE], "What is the rent?")
    assert [(each.chunk.document_id, each.rank) for each in hits] == [("change", 1), ("other", 2), ("lease", 3)]
    assert notes == ['"Lease of 12 Quay Street" (2022-03-01) is amended by "Amendment No. 1" (2024-03-01)']
    hits, _ = in_force([CHANGE, OTHER, LEASE], "What was the rent before the amendment?")
    assert [each.chunk.document_id for each in hits] == ["other", "lease"]
    hits, _ = in_force([CHANGE, OTHER, LEASE], "What was the rent originally?")
    assert [each.chunk.document_id for each in hits] == ["lease", "other", "change"]
    hits, _ = in_force([LEASE, CHANGE], "How many days before the end must notice be given?")
    assert [each.chunk.document_id for each in hits] == ["change", "lease"]


def test_the_higher_version_of_the_same_document_supersedes():
    """By number, not by letters; a document of another title is none of its versions."""
    old, new = hit("a", 1, "Leave policy", version="2"), hit("b", 2, "Leave policy", version="10")
    hits, notes = in_force([old, new], "How many days?")
    assert [each.chunk.document_id for each in hits] == ["b", "a"]
    assert notes == ['"Leave policy" (version 2) is superseded by "Leave policy" (version 10)']
    assert in_force([old, hit("c", 2, "Travel policy", version="3")], "x")[1] == []


def test_who_asks_for_a_contract_is_answered_from_its_amendment_too():
    """What changed a document, by its title, for every document; a change of another lease is none of it."""
    documents = [
        Described("lease", "Lease of 12 Quay Street", {}),
        Described("change", "Amendment No. 1", {"amends": "Lease of 12 Quay Street"}),
        Described("other", "Lease of 3 Mill Road", {}),
    ]
    assert changed_by(documents) == {"lease": frozenset({"change"})}


def test_the_older_document_is_asked_without_the_change():
    """It cannot say what came after it."""
    assert without_before("What was the rent before the amendment?") == "What was the rent?"
    assert without_before("How many days before the end of the term?") == "How many days before the end of the term?"
