"""The documents of a snapshot as a question may name them, and which filters no document satisfies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sparewheel.rag.catalogue import Catalogue, quoted
from sparewheel.rag.clauses import asked
from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.types import Filter, Span
from tests.gathering import TEXTS, AnyWord, snapshot


@pytest.fixture
def papers(tmp_path: Path) -> Iterator[Snapshot]:
    opened = snapshot(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def catalogue(papers: Snapshot) -> Catalogue:
    return Catalogue(papers, AnyWord())


def test_which_documents_satisfy_a_filter(catalogue: Catalogue) -> None:
    """All of them without one, in order; a key that none has is the asker's mistake."""
    assert catalogue.ids() == ["a.txt", "b.txt", "c.txt"]
    assert catalogue.ids({"kind": "lease"}) == ["c.txt"]
    assert catalogue.ids({"kind": ["lease", "supply agreement"], "document": ["a.txt", "c.txt"]}) == ["a.txt", "c.txt"]
    with pytest.raises(UsageError):
        catalogue.ids({"colour": "red"})


def test_kinds_are_counted_most_first(catalogue: Catalogue) -> None:
    """Of the documents given only."""
    assert catalogue.kinds(catalogue.ids()) == [("supply agreement", 2), ("lease", 1)]
    assert catalogue.kinds(["c.txt"]) == [("lease", 1)]


def test_opening_and_parts(catalogue: Catalogue) -> None:
    """The first passage; all of them in order, or none where they are too many."""
    opening = catalogue.opening("a.txt")
    assert opening is not None
    assert (opening.text, catalogue.opening("x.txt")) == ("Supply Agreement", None)
    assert [chunk.text[:1] for chunk in catalogue.parts("a.txt", 3)] == ["S", "1", "2"]
    assert catalogue.parts("a.txt", 2) == []


def test_a_clause_is_a_passage_at_its_place(catalogue: Catalogue) -> None:
    """Its characters are those of the document; quoted, it is whole."""
    clause = asked("What does clause 1 say?")
    assert clause is not None
    hit = catalogue.clause("a.txt", clause)
    assert hit is not None
    assert hit.chunk.text == TEXTS["a.txt"][hit.chunk.start : hit.chunk.end] == "1. Term\nThe term is two years."
    assert quoted((hit,)) == (Span(0, 0, len(hit.chunk.text), 1.0),)
    other = asked("What does clause 8 say?")
    assert other is not None
    assert catalogue.clause("a.txt", other) is None


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        ({"kind": "Lease"}, "no document has kind=Lease; did you mean 'lease'?"),
        ({"kind": "leese"}, "no document has kind=leese; did you mean 'lease'?"),
        ({"document": ["x.txt"], "kind": "lease"}, "no document has document=x.txt"),
        ({"knd": "lease"}, "kind"),
    ],
)
def test_a_slip_in_a_filter_is_said(papers: Snapshot, filter: Filter, said: str) -> None:
    """Naming what was probably meant: a filter that fits nothing must not read like a finding."""
    with pytest.raises(UsageError) as error:
        papers.check_filter(filter)
    assert said in str(error.value)


def test_a_filter_that_one_value_fits_is_none(papers: Snapshot) -> None:
    """Any one of several values, and a key of the store's own."""
    papers.check_filter({"kind": ["lease", "will"], "language": "en"})
