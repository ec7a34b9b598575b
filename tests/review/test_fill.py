"""Filling a table: what is asked, what is asked again, and what stops it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sparewheel.rag.errors import Forbidden, UsageError
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.fill import Filling, How, Of, todo
from sparewheel.rag.review.store import CellStore
from sparewheel.rag.review.table import columns_of
from sparewheel.rag.types import Answer, Attempt, Usage

COLUMNS = columns_of(["Who pays?", "Which law?"])
DOCUMENTS = (Of("a.txt", "1"), Of("b.txt", "1"), Of("c.txt", "1"))
NIGHT = dt.datetime(2026, 11, 30, 2, 0, tzinfo=dt.UTC)


class Answers:
    """A pipeline whose answers are told beforehand: by default the document's name, for a tenth of a dollar."""

    def __init__(self, usd: float = 0.1, answered_by: str = "deepseek") -> None:
        self.asked: list[tuple[str, str]] = []
        self.usd, self.answered_by = usd, answered_by
        self.most = self._now = 0
        self.instead: dict[tuple[str, str], list[Answer | Exception]] = {}

    async def aask(self, question: str, *, filter: Mapping[str, str]) -> Answer:
        document = filter["document"]
        self.asked.append((document, question))
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        if told := self.instead.get((document, question)):
            given = told.pop(0)
            if isinstance(given, Exception):
                raise given
            return replace(given, question=question)
        cost = Usage(cost_usd=self.usd)
        return Answer(question, "c", f"{document} says so", "answered", answered_by=self.answered_by, usage=cost)


class Clock:
    """Time goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.at = NIGHT
        self.slept: list[float] = []

    def __call__(self) -> dt.datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += dt.timedelta(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def store(tmp_path: Path) -> CellStore:
    return CellStore(tmp_path / "review.sqlite")


def filling(store: CellStore, answers: Answers, how: How, documents: Sequence[Of] = DOCUMENTS) -> tuple[Filling, Clock]:
    clock = Clock()
    return Filling(COLUMNS, documents, store, answers, how, clock=clock, sleep=clock.sleep), clock


async def cells_of(made: Filling) -> list[Cell]:
    return [cell async for cell in made]


async def test_every_question_is_asked_of_every_document(store: CellStore) -> None:
    answers = Answers()
    made, _ = filling(store, answers, How(concurrency=2))
    found = await cells_of(made)
    assert (made.done, made.total, made.stopped, len(found)) == (6, 6, "", 6)
    assert sorted(answers.asked) == sorted((d.id, c.question) for d in DOCUMENTS for c in COLUMNS)
    assert {cell.text for cell in store.cells(documents=["a.txt"])} == {"a.txt says so"}
    assert made.spent_usd == pytest.approx(0.6)
    assert answers.most == 2


async def test_only_what_is_missing_or_changed_is_asked_again(store: CellStore) -> None:
    await cells_of(filling(store, Answers(), How())[0])
    answers = Answers()
    changed = (replace(DOCUMENTS[0], sha256="2"), *DOCUMENTS[1:], Of("d.txt", "1"))
    await cells_of(filling(store, answers, How(), changed)[0])
    assert {document for document, _ in answers.asked} == {"a.txt", "d.txt"}
    assert todo(COLUMNS, changed, store) == []


async def test_what_only_the_reader_answered_is_asked_again_where_that_is_wanted(store: CellStore) -> None:
    await cells_of(filling(store, Answers(answered_by="reader"), How())[0])
    store.correct("Who pays?", "a.txt", "the tenant", "ann", "2026-11-29")
    due = todo(COLUMNS, DOCUMENTS, store, "reader")
    assert [(document.id, column.question) for document, column in due] == [
        ("a.txt", "Which law?"), ("b.txt", "Who pays?"), ("b.txt", "Which law?"), ("c.txt", "Who pays?"),
        ("c.txt", "Which law?"),
    ]  # fmt: skip
    assert len(todo(COLUMNS, DOCUMENTS, store, "all")) == 6


async def test_a_failed_cell_is_asked_again(store: CellStore) -> None:
    answers = Answers()
    answers.instead["b.txt", "Who pays?"] = [Answer("", "c", "", "failed")]
    await cells_of(filling(store, answers, How())[0])
    assert [(document.id, column.question) for document, column in todo(COLUMNS, DOCUMENTS, store)] == [
        ("b.txt", "Who pays?")
    ]


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_the_budget_is_never_passed(store: CellStore, concurrency: int) -> None:
    answers = Answers()
    made, _ = filling(store, answers, How(concurrency, budget_usd=0.35, cell_usd=0.1))
    found = await cells_of(made)
    assert (made.stopped, len(found)) == ("budget", 3)
    assert made.spent_usd <= 0.35
    assert len(todo(COLUMNS, DOCUMENTS, store)) == 3


async def test_stopped_by_a_person_nothing_more_is_begun_and_what_runs_is_kept(store: CellStore) -> None:
    answers = Answers()
    made, _ = filling(store, answers, How(concurrency=2))
    async for _cell in made:
        made.stop()
    assert made.stopped == "person"
    assert len(store.cells()) == len(answers.asked) < 6


async def test_cheaper_hours_are_waited_for(store: CellStore) -> None:
    cheap = NIGHT + dt.timedelta(seconds=2.5)
    made, clock = filling(store, Answers(), How(wait_s=lambda now: max(0.0, (cheap - now).total_seconds())))
    assert len(await cells_of(made)) == 6
    assert sum(clock.slept) == pytest.approx(2.5)


async def test_an_endpoint_that_wants_fewer_calls_gets_fewer(store: CellStore) -> None:
    """The cell is asked again after a pause rather than left to the reader."""
    busy = Answer("", "c", "by the reader", "answered", answered_by="reader", degraded=True,
                  attempts=(Attempt("deepseek", "failed", "rate_limited"),))  # fmt: skip
    answers = Answers()
    answers.instead["a.txt", "Who pays?"] = [busy, busy]
    made, clock = filling(store, answers, How(concurrency=4))
    found = await cells_of(made)
    assert {cell.answered_by for cell in found} == {"deepseek"}
    assert clock.slept == [5.0, 10.0]
    assert answers.asked.count(("a.txt", "Who pays?")) == 3


async def test_a_document_that_is_gone_meanwhile_has_no_cell(store: CellStore) -> None:
    answers = Answers()
    answers.instead["b.txt", "Who pays?"] = [UsageError("no document has document=b.txt")]
    made, _ = filling(store, answers, How())
    assert len(await cells_of(made)) == 5
    assert made.done == 6


async def test_who_may_not_read_the_corpus_any_more_gets_no_further_cell(store: CellStore) -> None:
    answers = Answers()
    answers.instead["b.txt", "Who pays?"] = [Forbidden("no corpus 'c' for 'ann'")]
    made, _ = filling(store, answers, How(concurrency=1))
    with pytest.raises(Forbidden):
        await cells_of(made)
    assert len(store.cells()) == 2
