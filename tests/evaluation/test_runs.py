"""A batch: every question has a record, and a stopped run goes on without asking twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from fake_pipelines import FakePipeline

from sparewheel.corpora import GoldSpan, Question
from sparewheel.eval.runs import RECORDS, Batch, describe, open_run, prepare, question_of, read_records, run, torn
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.settings import Endpoint, Settings
from sparewheel.rag.types import Chunk, Document

QUESTIONS = [Question(str(i), text) for i, text in enumerate(["a?", "lost?", "nothing?", "busy?", "b?", "c?"])]


def answer(folder: Path, pipeline: FakePipeline, questions: list[Question] = QUESTIONS, concurrency: int = 2) -> None:
    batch = Batch("fakes", questions, {})
    done = open_run(folder, describe("test", [batch], Settings()))
    asyncio.run(run(folder, batch, pipeline, done=done, concurrency=concurrency))  # type: ignore[arg-type]


def test_a_question_that_fails_is_a_record_too(tmp_path: Path) -> None:
    """The others go on; the error is told."""
    answer(tmp_path, FakePipeline())
    outcomes = {record["id"]: (record["outcome"], record["error"]) for record in read_records(tmp_path)}
    assert outcomes == {
        "0": ("answered", ""),
        "1": ("failed", "StoreError: the index is gone; ingest again"),
        "2": ("refused", ""),
        "3": ("failed", "nobody was there"),
        "4": ("answered", ""),
        "5": ("answered", ""),
    }


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    """What is answered is not asked again; what failed is, and its last record counts."""
    with pytest.raises(BaseException) as stopped:
        answer(tmp_path, FakePipeline(stop_after=3), concurrency=1)
    assert stopped.group_contains(KeyboardInterrupt) if isinstance(stopped.value, BaseExceptionGroup) else True
    again = FakePipeline()
    answer(tmp_path, again)
    assert again.asked == ["lost?", "busy?", "b?", "c?"]
    assert [record["id"] for record in read_records(tmp_path)] == list("012345")


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    """A run killed in the middle of a line loses that line only."""
    answer(tmp_path, FakePipeline())
    whole = (tmp_path / RECORDS).read_bytes()
    lines = whole.splitlines(keepends=True)
    (tmp_path / RECORDS).write_bytes(b"".join(lines[:-1]) + lines[-1][:25])
    assert torn(tmp_path)
    assert len(read_records(tmp_path)) == len(QUESTIONS) - 1  # scored, reported and counted without it, too
    cut = json.loads(lines[-1])["question"]["text"]
    again = FakePipeline()
    answer(tmp_path, again)
    assert cut in again.asked
    assert not torn(tmp_path)
    assert len(read_records(tmp_path)) == len(QUESTIONS)


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    """With its number and the cure: it was not cut off, so somebody edited the file."""
    answer(tmp_path, FakePipeline())
    (tmp_path / RECORDS).write_bytes(b"oops\n" + (tmp_path / RECORDS).read_bytes())
    with pytest.raises(UsageError, match=r"records.jsonl, line 1: no record .*; take the line out"):
        read_records(tmp_path)


def test_another_run_is_not_mixed_in(tmp_path: Path) -> None:
    """Other questions in the same folder are refused, with what differs and the cure."""
    answer(tmp_path, FakePipeline())
    with pytest.raises(UsageError, match=r"other questions, questions_sha256; give another folder by --out"):
        answer(tmp_path, FakePipeline(), QUESTIONS[:2])


def test_no_run_is_told() -> None:
    """NotFound says how to make one."""
    with pytest.raises(NotFound, match="sparewheel eval run SUITE --out nowhere"):
        read_records(Path("nowhere"))


def test_no_key_is_written(tmp_path: Path) -> None:
    """run.json has the endpoint, not its key."""
    about = describe("test", [], Settings(endpoint={"primary": Endpoint(key="sk-secret")}))
    open_run(tmp_path, about)
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert ("api.deepseek.com" in text, "sk-secret" in text) == (True, False)


def test_a_question_comes_back_as_it_was_asked(tmp_path: Path) -> None:
    """With gold spans, references and label."""
    question = Question("q", "b?", ("A",), "x.txt", (GoldSpan("x.txt", 3, 9),), label="no", category="c", evidence="e")
    answer(tmp_path, FakePipeline(), [question])
    assert question_of(read_records(tmp_path)[0]) == question


class OneDocument:
    """A snapshot of x.txt: two chunks of 20 characters."""

    text = "The back-ups are kept for 18 months only"

    class manifest:
        indexes: dict[str, object] = {}

    def document(self, id: str, *, layout: bool) -> Document:
        return Document(id, self.text, "X", id)

    def chunks_of(self, document: str) -> list[Chunk]:
        return [Chunk(document, a, a + 20, self.text[a : a + 20], id=a) for a in (0, 20)]

    def documents(self) -> list[DocumentInfo]:
        return [DocumentInfo("x.txt", "X", "x.txt", "text/plain", "en", "", len(self.text), 0, 2, "", "", {})]


def test_evidence_is_found_and_its_chunks_are_relevant() -> None:
    """White space aside; only the chunks that the span touches."""
    asked = [Question("q", "How long?", ("18 months",), "x.txt", evidence="18\nmonths")]
    batch = prepare("fakes", asked, OneDocument())  # type: ignore[arg-type]
    assert (batch.questions[0].gold, batch.relevant) == ((GoldSpan("x.txt", 26, 35),), {"q": (20,)})


def test_evidence_that_is_not_there_is_told() -> None:
    """Before anything is asked."""
    asked = [Question("q", "How long?", ("A",), "x.txt", evidence="19 months")]
    with pytest.raises(UsageError, match=r"q: '19 months' is not in x\.txt"):
        prepare("fakes", asked, OneDocument())  # type: ignore[arg-type]


def test_a_document_that_the_corpus_does_not_have_is_told() -> None:
    """Before anything is asked, with the nearest name."""
    with pytest.raises(NotFound, match=r"question 'q', column document: .* has no 'X.txt'; did you mean 'x.txt'"):
        prepare("fakes", [Question("q", "How long?", document_id="X.txt")], OneDocument())  # type: ignore[arg-type]


def test_a_question_of_a_document_is_asked_within_it(tmp_path: Path) -> None:
    """Only where the suite says so."""
    pipeline, batch = FakePipeline(), Batch("fakes", [Question("q", "b?", document_id="x.txt")], {}, True)
    open_run(tmp_path, describe("test", [batch], Settings()))
    asyncio.run(run(tmp_path, batch, pipeline, done=set()))  # type: ignore[arg-type]
    assert pipeline.filters == [{"document": "x.txt"}]
