"""Questions about many documents: how each is put to one, and one answer of the cells, complete and said so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "app"))
from api_setup import settings_in

from sparewheel.app.python.corpus import Corpus, open_corpus
from sparewheel.rag.across import Of, Plan, answered, counts_in, plan
from sparewheel.rag.places import cells_of
from sparewheel.rag.review.cell import Said, cell_of
from sparewheel.rag.types import Answer, Citation

LAW, END = "Which law governs the agreement?", "When does the initial term of the agreement end?"
KNOWN = [END, LAW, "合同适用哪里的法律？"]
STATES = ("Ohio", "Texas", "Ohio", "Maine", "Ohio")


@pytest.mark.parametrize(
    ("question", "put"),
    [
        ("Which contracts are governed by Delaware law?", Plan(LAW, "holds", ("Delaware",))),
        ("How many of the contracts are governed by Delaware law?", Plan(LAW, "holds", ("Delaware",), True)),
        ("List all governing laws.", Plan(LAW, "any")),
        ("Compare the notice periods of the contracts", Plan("What is the notice period?", "any")),
        ("What is the notice period of each contract?", Plan("What is the notice period?", "any")),
        ("Which contracts have a non-compete?", Plan("Does the agreement have a non-compete?", "yes")),
        ("Which leases end in 2026?", Plan("Does the agreement end in 2026?", "yes", ("2026",))),
        ("Which contracts may be assigned?", Plan("May the agreement be assigned?", "yes")),
        ("Which leases are furnished?", Plan("Is the agreement furnished?", "yes")),
        ("哪些合同有竞业限制？", Plan("合同有竞业限制吗？", "yes")),
        ("多少份合同有竞业限制？", Plan("合同有竞业限制吗？", "yes", (), True)),
    ],
)
def test_a_question_is_put_to_one_document(question: str, put: Plan) -> None:
    """A question that was asked before is taken where it is about the same."""
    assert plan(question, KNOWN) == put


@pytest.mark.parametrize(
    "question",
    [
        "Which contracts do not have a cap?", "Which contracts may be assigned without consent?",
        "Which leases run for more than five years?", "Which contract has the longest term?", "哪些合同没有竞业限制？",
        "哪些合同的质保期超过一年？", "Compare the Osprey and Northgate NDAs", "Who pays?",
        "How many agreements are there here?", "Which contracts do you have about pumps?",
    ],
)  # fmt: skip
def test_what_a_quote_of_one_document_cannot_tell_is_left_alone(question: str) -> None:
    """A denial, a comparison with a figure, a comparison of documents as a whole."""
    assert plan(question, KNOWN) is None


def cell(document: str, text: str, label: str = "", outcome: str = "answered", by: str = "reader"):
    cited = (Citation(1, document, "T", document, 0, len(text), text, verified=True),) if text else ()
    made = Answer(LAW, "c", text, outcome, cited, answered_by=by, label=label, confidence=0.7)  # type: ignore[arg-type]
    return cell_of(made, document, "s", "2026-11-29")


def test_which_cells_count() -> None:
    """Those with the values, or with a yes; a person's words count as they are."""
    holds, yes = Plan(LAW, "holds", ("Ohio",)), Plan("Does it?", "yes")
    assert counts_in(holds, cell("a", "the law of OHIO"))
    assert not counts_in(holds, cell("a", "the law of Maine"))
    assert not counts_in(holds, cell("a", "", outcome="refused"))
    assert [counts_in(yes, cell("a", "It does.", label)) for label in ("yes", "no", "maybe", "")] == [True] + [
        False
    ] * 3
    corrected = replace(cell("a", "It does.", "yes"), correction=Said("No, see the amendment", "ann", "2026"))
    assert not counts_in(yes, corrected)
    assert counts_in(yes, replace(corrected, correction=Said("Yes", "ann", "2026")))


def test_one_answer_of_all_cells_says_how_complete_it_is() -> None:
    documents = [Of(id, id.upper(), "s") for id in "abcd"]
    cells = {"a": cell("a", "Ohio"), "b": cell("b", "Maine"), "c": cell("c", "Ohio law", by="deepseek")}
    made = answered(
        Answer("Which?", "c", "", "failed"), Plan(LAW, "holds", ("Ohio",)), documents, cells, lambda *_: "Ohio"
    )
    assert made.text == ("A:\n- Ohio\nC:\n- Ohio law\n(3 of 4 documents read: 2 say so; 1 does not: B; not read: D)")
    assert [(c.marker, c.document_id) for c in made.citations] == [(1, "a"), (2, "c")]
    assert [hit.chunk.document_id for hit in made.evidence] == ["a", "c"]
    assert (made.outcome, made.confidence) == ("answered", 0.7)
    none = answered(Answer("哪些？", "c", "", "failed"), Plan(LAW, "holds", ("Iowa",)), documents, cells, lambda *_: "")
    assert (none.outcome, none.text) == ("refused", "（已读 4 份中的 3 份：0 份符合；3 份没有：A、B、C；未读取：D）")
    how_many = Answer("How many?", "c", "", "failed")
    two = answered(how_many, Plan(LAW, "holds", ("Ohio",), True), documents, cells, lambda *_: "Ohio")
    assert (two.outcome, two.text.splitlines()[0]) == ("answered", "2 of 3.")
    zero = answered(how_many, Plan(LAW, "holds", ("Iowa",), True), documents, cells, lambda *_: "")
    assert (zero.outcome, zero.text[:25]) == ("refused", "(3 of 4 documents read: 0")


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    """Five agreements under three laws."""
    with open_corpus("deals", create=True, domain="legal", settings=settings_in(tmp_path)) as corpus:
        texts = [
            f"# Supply Agreement {n}\n\n## 1. Law\n\nThis agreement is governed by the laws of {state}.\n\n"
            f"## 2. Notice\n\nThe notice period is {n + 3} months.\n"
            for n, state in enumerate(STATES)
        ]
        corpus.add_texts(texts, [{"source": f"{n}.md"} for n in range(len(STATES))])
        yield corpus


def documents_of(answer: Answer) -> list[str]:
    return sorted({citation.document_id for citation in answer.citations})


def test_missing_cells_are_filled_and_kept(corpus: Corpus) -> None:
    """Every document is read; what was answered is there for the next question, and for a table."""
    answer = corpus.ask("Compare the notice periods of the agreements")
    assert (answer.outcome, answer.answered_by) == ("answered", "reader")
    assert documents_of(answer) == [f"{n}.md" for n in range(5)]
    assert "5 of 5 documents read" in answer.text
    assert all(citation.verified for citation in answer.citations)
    store = cells_of(corpus._store)
    assert store is not None
    assert store.questions() == [("What is the notice period?", 5)]
    revision = store.revision
    assert corpus.ask("Compare the notice periods of the agreements").text == answer.text
    assert store.revision == revision


def test_cells_that_are_there_answer(corpus: Corpus) -> None:
    """Also as a person corrected them; a document that changed since is asked again."""
    list(corpus.review([LAW], local=True))
    answer = corpus.ask("Which agreements are governed by Ohio law?")
    assert documents_of(answer) == ["0.md", "2.md", "4.md"]
    assert "5 of 5 documents read: 3 say so" in answer.text
    store = cells_of(corpus._store)
    assert store is not None
    sha256 = {info.id: info.sha256 for info in corpus.documents()}["1.md"]
    store.correct(LAW, "1.md", "Ohio, by the amendment", "ann", "2026-11-29", sha256)
    corpus.add_texts(["# Supply Agreement 0\n\nThe laws of Iowa govern this agreement.\n"], [{"source": "0.md"}])
    again = corpus.ask("How many agreements are governed by Ohio law?")
    assert again.text.startswith("3 of 5.")
    assert "Ohio, by the amendment" in again.text
    assert "0.md" not in documents_of(again)


def test_a_few_documents_are_compared_by_their_passages(corpus: Corpus) -> None:
    """As before: a chat model may write that comparison."""
    store = cells_of(corpus._store)
    assert store is not None
    corpus.ask("Compare the notice periods of the agreements", filter={"document": ["0.md", "1.md"]})
    assert store.questions() == []
