"""Cells and their store: what is kept, what people say of it, and what goes with a document."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.review.cell import PERSON, Cell, cell_of, question_key, sha256_of_text, standing
from sparewheel.rag.review.store import FILE, CellStore
from sparewheel.rag.review.table import Column, Table, columns_of, tally
from sparewheel.rag.sql import Tables
from sparewheel.rag.types import Answer, Chunk, Citation, Hit

TEXT = "1 Term. This lease ends on 31 May 2027.\n2 Law. The law of Ohio governs."
AT, LATER = "2026-11-28T09:00:00.000+00:00", "2026-11-29T09:00:00.000+00:00"


def answered(question: str = "When does it end?", document: str = "lease.txt", by: str = "reader") -> Answer:
    hit = Hit(Chunk(document, 0, 39, TEXT[:39], id=4), 1.0, 1, "rrf")
    cited = Citation(1, document, "Lease", document, 27, 39, TEXT[27:39], verified=True)
    return Answer(question, "c", TEXT[27:39], "answered", (cited,), (hit,), by, confidence=0.8)


def cell(question: str = "When does it end?", document: str = "lease.txt", by: str = "reader") -> Cell:
    return cell_of(answered(question, document, by), document, "abc", AT)


@pytest.fixture
def store(beside: Callable[[str], Path | Tables]) -> CellStore:
    return CellStore(beside(FILE))


def test_a_cell_comes_back_as_it_was_kept(store: CellStore) -> None:
    kept = store.put(cell())
    assert store.get("when does it  END", "lease.txt") == kept
    assert kept.answer == replace(answered(), evidence=())
    assert [p.sha256 for p in kept.passages] == [sha256_of_text(TEXT[:39])]


def test_what_was_said_moves_with_its_corpus(store: CellStore, tmp_path: Path) -> None:
    """There and back: cells with what people said, tables, sets, the number of changes; what was there before goes."""
    store.put(cell())
    store.correct("When does it end?", "lease.txt", "31 May 2028", "ann", LATER, "abc")
    table = store.keep_table(Table("", "leases", columns_of(["Who pays?"]), at=AT))
    store.keep_set("mine", table.columns, "ann", AT)
    there = CellStore(tmp_path / "there.sqlite")
    there.put(cell(document="old.txt"))
    store.copy(there)
    store.keep_only([])
    there.copy(store)
    assert [(one.document_id, one.text) for one in store.cells()] == [("lease.txt", "31 May 2028")]
    assert (store.tables(), store.sets(), store.revision) == ([table], {"mine": table.columns}, 2)


def test_nothing_is_made_by_looking(store: CellStore, tmp_path: Path) -> None:
    assert (store.forget(["lease.txt"]), store.keep_only([])) == (0, 0)
    assert (store.cells(), store.tables(), store.sets(), store.revision) == ([], [], {}, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_cell_stands_as_long_as_its_passages_say_the_same() -> None:
    now = {"lease.txt": TEXT}
    passages = cell().passages
    assert standing(passages, lambda id, a, b: now.get(id, "")[a:b])
    now["lease.txt"] = TEXT.replace("2 Law", "9 Law")  # another passage
    assert standing(passages, lambda id, a, b: now.get(id, "")[a:b])
    now["lease.txt"] = TEXT.replace("2027", "2028")
    assert not standing(passages, lambda id, a, b: now.get(id, "")[a:b])
    assert not standing(passages, lambda id, a, b: "")


def test_a_person_s_answer_outlives_the_machine_s_next_one(store: CellStore) -> None:
    store.put(cell())
    store.comment("When does it end?", "lease.txt", "see the amendment", "bo", AT)
    store.correct("When does it end?", "lease.txt", "31 May 2028", "ann", LATER, "abc")
    store.approve("When does it end?", "lease.txt", "cy", LATER)
    again = store.put(cell(by="deepseek"))
    assert (again.text, again.answered_by, again.confidence) == ("31 May 2028", PERSON, 1.0)
    assert again.answer.answered_by == "deepseek"
    assert again.approval is not None
    assert [said.text for said in again.comments] == ["see the amendment"]
    back = store.correct("When does it end?", "lease.txt", None, "ann", LATER)
    assert (back.text, back.answered_by, back.approval) == ("31 May 2027.", "deepseek", None)


def test_an_approval_goes_with_the_text_that_was_approved(store: CellStore) -> None:
    store.put(cell())
    store.approve("When does it end?", "lease.txt", "cy", AT)
    assert store.put(cell(by="deepseek")).approval is not None  # the same words
    other = cell()
    assert store.put(replace(other, answer=replace(other.answer, text="2030"))).approval is None


def test_what_was_never_asked_cannot_be_corrected(store: CellStore) -> None:
    with pytest.raises(NotFound, match="fill the table first"):
        store.correct("Who pays?", "lease.txt", "the tenant", "ann", AT)
    store.put(cell())
    with pytest.raises(UsageError, match="empty"):
        store.comment("When does it end?", "lease.txt", "  ", "ann", AT)


def test_with_a_document_go_its_cells(store: CellStore) -> None:
    for document in ("lease.txt", "nda.txt"):
        store.put(cell(document=document))
    before = store.revision
    assert store.forget(["lease.txt"]) == 1
    assert [one.document_id for one in store.cells()] == ["nda.txt"]
    assert store.revision > before
    assert store.keep_only(["other.txt"]) == 1
    assert store.cells() == []


def test_changes_are_told_by_revision(store: CellStore) -> None:
    first = store.put(cell())
    store.put(cell("Which law governs?"))
    assert [one.question for one in store.since(first.revision)] == ["Which law governs?"]
    store.approve("When does it end?", "lease.txt", "cy", AT)
    assert [one.question for one in store.since(first.revision)] == ["Which law governs?", "When does it end?"]
    assert store.questions() == [("When does it end?", 1), ("Which law governs?", 1)]


def test_full_is_what_a_chat_model_or_a_person_answered(store: CellStore) -> None:
    assert not cell().is_full
    assert cell(by="deepseek").is_full
    store.put(cell())
    assert store.correct("When does it end?", "lease.txt", "", "ann", AT).is_full


def test_tables_and_sets_are_kept(store: CellStore) -> None:
    columns = columns_of(["Who pays the rent, and when?", ("Law", "Which law governs?")])
    table = store.keep_table(Table("", "leases", columns, ("*.txt",), owner="ann", at=AT))
    assert store.table(table.id) == store.table("leases") == table
    store.keep_set("mine", columns, "ann", AT)
    assert store.sets() == {"mine": columns}
    store.remove_set("mine")
    store.remove_table(table.id)
    assert (store.sets(), store.tables()) == ({}, [])
    with pytest.raises(NotFound, match="no review table"):
        store.table("leases")


def test_a_table_chooses_its_documents_by_pattern() -> None:
    ids = ["a/lease.txt", "a/nda.txt", "b.pdf"]
    columns = (Column("Law", "Which law governs?"),)
    assert Table("", "t", columns).chosen(ids) == ids
    assert Table("", "t", columns, ("*.txt",)).chosen(ids) == ids[:2]
    assert Table("", "t", columns, ("lease.txt", "b.pdf")).chosen(ids) == ["a/lease.txt", "b.pdf"]
    with pytest.raises(UsageError, match=r"no document fits '\*.doc'"):
        Table("", "t", columns, ("*.doc",)).chosen(ids)


def test_questions_become_columns() -> None:
    assert columns_of(["", "Who pays?"]) == (Column("Who pays?", "Who pays?"),)
    with pytest.raises(UsageError, match="no question"):
        columns_of([" "])
    with pytest.raises(UsageError, match="asked twice"):
        columns_of(["Who pays?", "who pays"])
    with pytest.raises(UsageError, match="201 questions"):
        columns_of([f"Question {i}?" for i in range(201)])


def test_a_table_is_counted() -> None:
    columns = columns_of(["When does it end?", "Which law governs?"])
    found = tally(columns, {"lease.txt": "abc", "nda.txt": "new"}, [cell(), cell(document="nda.txt"), cell("Other?")])
    assert (found.cells, found.asked, found.answered, found.outdated) == (4, 2, 2, 1)


@pytest.mark.parametrize(
    ("one", "other"), [("Who pays?", "who  pays"), ("谁付租金？", "谁付租金"), ("Ｗｈｏ pays ?", "Who pays?")]
)
def test_the_same_question_has_the_same_key(one: str, other: str) -> None:
    assert question_key(one) == question_key(other)
    assert question_key(one) != question_key("Who does not pay?")


def _put_for_ever(path: Path, ready: multiprocessing.synchronize.Event) -> None:
    store = CellStore(path)
    for number in range(10**9):
        store.put(cell(f"Question {number}?"))
        if number == 5:
            ready.set()


def test_a_killed_run_has_lost_no_cell_that_was_put(tmp_path: Path) -> None:
    ready = multiprocessing.get_context("fork").Event()
    process = multiprocessing.get_context("fork").Process(
        target=_put_for_ever, args=(tmp_path / "review.sqlite", ready)
    )
    process.start()
    assert process.pid is not None
    assert ready.wait(60)
    os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    found = CellStore(tmp_path / "review.sqlite").cells()
    assert {f"Question {number}?" for number in range(6)} <= {one.question for one in found}
    assert sorted(one.revision for one in found) == list(range(1, len(found) + 1))
