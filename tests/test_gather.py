"""Which passages a question needs: the best, some of each document, a whole document, one clause by its number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from inline_work import Inline

from sparewheel.rag import gather
from sparewheel.rag.answer.unread import is_foreign
from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.clauses import asked
from sparewheel.rag.gather import Gathered, of_clause, of_each, of_parts, of_topic, with_opening, within
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.settings import Retrieve, Settings
from sparewheel.rag.types import Answer, Draft, Profile, Scope, SearchResult, Span
from sparewheel.rag.understand import Reading
from sparewheel.rag.views import View
from tests.gathering import AnyWord, InOrder, snapshot

ALL = Reading("How long is the term?", "How long is the term?", Scope(), "How long is the term?", shape="each")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """snapshot, retriever, view and catalogue of the three papers."""
    papers: Snapshot = snapshot(tmp_path)
    retriever, catalogue = InOrder(papers), Catalogue(papers, AnyWord())
    yield SimpleNamespace(
        snapshot=papers, retriever=retriever, view=View(retriever, catalogue=catalogue), catalogue=catalogue
    )
    papers.close()


def a_second() -> float:
    return 1.0


def of(gathered: Gathered) -> list[str]:
    return [hit.chunk.document_id for hit in gathered.hits]


def test_a_filter_is_narrowed_to_what_the_question_names() -> None:
    """Only where the two share a document: an asker's own filter is never widened, and never emptied."""
    scope = Scope(("a", "b"))
    assert within(None, Scope()) is None
    assert within({"kind": "lease"}, scope) == {"kind": "lease", "document": ("a", "b")}
    assert within({"document": ["b", "c"]}, scope) == {"document": ["b"]}
    assert within({"document": "c"}, scope) == {"document": "c"}


def test_of_each_document_its_best_passages(opened: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two each, four where there are few documents; ranks count through."""
    found = of_each(opened.view, opened.catalogue, ALL, None, a_second)
    assert of(found) == ["a.txt"] * 3 + ["b.txt"] * 2 + ["c.txt"] * 2
    assert [hit.rank for hit in found.hits] == [1, 2, 3, 4, 5, 6, 7]
    monkeypatch.setattr(gather, "FEW", 2)
    assert (
        of(of_each(opened.view, opened.catalogue, ALL, None, a_second)) == ["a.txt"] * 2 + ["b.txt"] * 2 + ["c.txt"] * 2
    )


def test_too_many_documents_are_read_in_part_and_it_is_said(
    opened: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those nearest to the question, with a note of how many."""
    monkeypatch.setattr(gather, "MOST_DOCUMENTS", 2)
    found = of_each(opened.view, opened.catalogue, ALL, None, a_second)
    assert set(of(found)) == {"a.txt", "b.txt"}
    assert found.notes == ("read 2 of 3 documents, those nearest to the question",)


def test_a_list_of_one_document_reads_all_of_it(opened: SimpleNamespace) -> None:
    """In its order, without a search; where it is too long, or there are several, what a search finds."""
    one = replace(ALL, scope=Scope(("a.txt",)), shape="several")
    assert [hit.chunk.text[:2] for hit in of_parts(opened.view, opened.catalogue, one, None, 5, a_second).hits] == [
        "Su",
        "1.",
        "2.",
    ]
    assert opened.retriever.asked == []
    assert len(of_parts(opened.view, opened.catalogue, one, None, 2, a_second).hits) == 2
    assert opened.retriever.asked == [{"document": ("a.txt",)}]
    assert len(of_parts(opened.view, opened.catalogue, replace(one, scope=Scope()), None, 5, a_second).hits) == 5


@pytest.mark.parametrize(
    ("question", "scope", "quoted", "without"),
    [
        ("What does clause 2 say?", Scope(), ["2. Price\nThe price is 90 euros."], ()),
        ("What does clause 1 say?", Scope(("b.txt",)), ["1. Term\nThe term is five years."], ()),
        ("What does clause 7 say?", Scope(("b.txt",)), [], ("Supply Agreement",)),
    ],
)
def test_a_clause_by_its_number(
    opened: SimpleNamespace, question: str, scope: Scope, quoted: list[str], without: tuple[str, ...]
) -> None:
    """Quoted whole of every document that has it; that none has it is known by the documents' titles."""
    reading = replace(ALL, scope=scope, clause=asked(question))
    found = of_clause(opened.catalogue, reading, SearchResult([]))
    assert [found.hits[s.hit].chunk.text[s.start : s.end] for s in found.quotes] == quoted
    assert found.without == without


def test_a_clause_by_what_it_deals_with(opened: SimpleNamespace) -> None:
    """Under its label, what it says is quoted up to a sentence's end; [] where no heading names it."""
    near = opened.retriever.retrieve("", 9)
    found = of_topic(opened.catalogue, replace(ALL, which="term"), near)
    assert [(hit.chunk.document_id, hit.chunk.headings) for hit in found.hits] == [
        ("a.txt", ("Clause 1 (Term)",)),
        ("b.txt", ("Clause 1 (Term)",)),
    ]
    assert [found.hits[s.hit].chunk.text[s.start : s.end] for s in found.quotes] == [
        "The term is two years.",
        "The term is five years.",
    ]
    assert of_topic(opened.catalogue, replace(ALL, which="insurance"), near) == Gathered()
    assert of_topic(opened.catalogue, replace(ALL, which="term", scope=Scope(("c.txt",))), near) == Gathered()


def test_what_else_is_asked_of_a_clause_is_read(opened: SimpleNamespace) -> None:
    """The clause first, then the nearest passages of the same document; no quote stands for the answer."""
    reading = replace(ALL, clause=asked("How many euros are paid under clause 2?"))
    near = opened.retriever.retrieve("", 9)
    found = of_clause(opened.catalogue, reading, near)
    assert (found.quotes, of(found)) == ((), ["a.txt"] * 4)
    assert found.hits[0].chunk.text == "2. Price\nThe price is 90 euros."


def test_the_opening_is_among_what_is_read(opened: SimpleNamespace) -> None:
    """Put in no later than the sixth place, with the least relevance, and once only; the number of hits stays."""
    hits = opened.retriever.retrieve("", 3, {"document": "a.txt"}).hits
    assert with_opening(hits, opened.catalogue, "a.txt") == tuple(hits)
    later = hits[1:]
    found = with_opening(later, opened.catalogue, "a.txt")
    assert sorted(hit.chunk.text[:2] for hit in found) == ["1.", "2.", "Su"]
    assert [(hit.rank, hit.scores["relevance"]) for hit in found] == [(1, 0.5), (2, 0.5), (3, 0.5)]
    many = [replace(later[i % 2], rank=i + 1) for i in range(9)]
    found = with_opening(many, opened.catalogue, "a.txt")
    assert (len(found), found[gather.OPENING_RANK].ranker) == (9, "opening")


class Points:
    """An answering that points at a word of the first passage."""

    def __init__(self, word: str) -> None:
        self.word = word

    async def stream(self, request: Any, deadline: Any = None) -> AsyncIterator[Any]:
        at = next((i, t.find(self.word)) for i, h in enumerate(request.hits) if self.word in (t := h.chunk.text))
        yield Finished(Draft(self.word, (Span(*at, at[1] + len(self.word)),), confidence=0.9), "reader", False, ())

    async def warm(self, request: Any) -> None: ...


async def test_a_clause_that_no_heading_names_is_given_by_its_label(opened: SimpleNamespace) -> None:
    """The sentence in which the answer stands, under the number and heading of its clause; otherwise as it was
    read. A clause without a word of what was asked for is not given."""
    pipeline = Pipeline(
        corpus="papers", views=Always(opened.view), answering=Points("700"), workers=Inline(), profile=Profile(),
        sensitivity=lambda: "normal", settings=Settings(retrieve=Retrieve(rerank="off")),
    )  # fmt: skip
    which = await pipeline.aask("Which clause says how many euros are paid a month?")
    assert (which.text, which.citations[0].quote) == (
        "Clause 1 (Rent): The rent is 700 euros.",
        "The rent is 700 euros.",
    )
    assert (await pipeline.aask("How many euros are paid a month?")).text == "700"
    assert (await pipeline.aask("Which clause deals with compound interest?")).outcome == "refused"


class Refuses:
    """An answering that finds no answer. name: of the answerer."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def stream(self, request: Any, deadline: Any = None) -> AsyncIterator[Any]:
        yield Finished(Draft("", refused=True), self.name, False, ())

    async def warm(self, request: Any) -> None: ...


@pytest.mark.parametrize(
    ("question", "answerer", "reason"),
    [
        ("租金是多少？", "reader", "language"),
        ("租金是多少？", "deepseek", ""),
        ("How much is the insurance?", "reader", ""),
    ],
)
async def test_a_question_in_another_language_than_the_documents(
    opened: SimpleNamespace, question: str, answerer: str, reason: str
) -> None:
    """The built-in reader knows one language at a time: that is the reason, and what helps is said in the asker's
    language. A chat model knows both, and its refusal is one."""
    pipeline = Pipeline(
        corpus="papers", views=Always(opened.view), answering=Refuses(answerer), workers=Inline(), profile=Profile(),
        sensitivity=lambda: "normal", settings=Settings(retrieve=Retrieve(rerank="off")),
    )  # fmt: skip
    answer = await pipeline.aask(question)
    assert (answer.outcome, answer.reason, "请用英文提问" in answer.text) == ("refused", reason, reason == "language")


def test_without_any_passage_the_documents_tell_the_language() -> None:
    """One in the language of the question among them is enough to say nothing."""
    asked = Answer("租金是多少？", "papers", "", "refused")
    assert (is_foreign(asked, {"en"}), is_foreign(asked, {"en", "zh"}), is_foreign(asked, ())) == (True, False, False)


class Always:
    """Who gives out one view."""

    def __init__(self, view: View) -> None:
        self.view = view

    @contextmanager
    def use(self) -> Iterator[View]:
        yield self.view
