"""Asks the questions of a suite or a file, and keeps every answer. A run is a folder:

    run.json        what was asked of what: suite, fingerprint of the questions, corpora with their checksums, settings
    records.jsonl   one line a question, as soon as it is answered and on the disk; `eval.score` reads it

Stopped at any moment, the same run goes on: what is answered is not asked again. A question that failed is asked again;
its last record counts.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from sparewheel.corpora import GoldSpan, Question, located
from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import NotFound, UsageError, suggest
from sparewheel.rag.ingest.stores import CorpusSnapshot
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer, Filter
from sparewheel.rag.weights import built_in

RECORDS, ABOUT = "records.jsonl", "run.json"
Record = dict[str, Any]


class Asks(Protocol):
    """What is asked: a pipeline, or one on a cluster (`eval.spread`)."""

    async def aask(
        self, question: str, *, filter: Filter | None = None, history: Sequence[tuple[str, str]] = ()
    ) -> Answer: ...


@dataclass(frozen=True)
class Batch:
    """Questions for one open corpus. relevant: question id -> ids of the chunks that hold its gold spans."""

    corpus: str
    questions: Sequence[Question]
    relevant: Mapping[str, tuple[int, ...]]
    within_document: bool = False
    checksum: str = ""


def prepare(
    corpus: str, questions: Iterable[Question], snapshot: CorpusSnapshot, *, within_document: bool = False
) -> Batch:
    """The questions with the place of their evidence in the corpus, and the chunks which hold it.

    Raises NotFound or UsageError for a document or evidence that the corpus does not have.
    """
    there = {document.id for document in snapshot.documents()}
    placed, relevant = [], {}
    for question in questions:
        if question.document_id and question.document_id not in there:
            near = suggest(question.document_id, sorted(there))
            told = f"question {question.id!r}, column document: {corpus!r} has no {question.document_id!r}{near}"
            raise NotFound(f"{told}; list them: sparewheel corpora info {corpus} --documents")
        if question.evidence and question.document_id and not question.gold:
            question = located(question, snapshot.document(question.document_id, layout=False))
        placed.append(question)
        relevant[question.id] = tuple(
            chunk.id
            for document in dict.fromkeys(span.document_id for span in question.gold)
            for chunk in snapshot.chunks_of(document)
            if any(s.document_id == document and s.start < chunk.end and chunk.start < s.end for s in question.gold)
        )
    return Batch(corpus, placed, relevant, within_document, checksum(snapshot))


def checksum(snapshot: CorpusSnapshot) -> str:
    """sha256 of what answers depend on: the documents, how they are split, and the versions of the indexes."""
    documents = [(d.id, d.sha256, d.chars, d.chunks, d.splitter) for d in snapshot.documents()]
    indexes = {name: (state.version, state.chunks) for name, state in snapshot.manifest.indexes.items()}
    return hashlib.sha256(json.dumps([documents, indexes], sort_keys=True).encode()).hexdigest()


def describe(name: str, batches: Sequence[Batch], settings: Settings, system: str = "sparewheel") -> dict[str, Any]:
    """run.json: equal for two runs that may be continued by one another. No key is in it."""
    asked = [asdict(question) for batch in batches for question in batch.questions]
    text = json.dumps(asked, ensure_ascii=False, sort_keys=True)
    in_force = asdict(replace(settings, data_folder="", public_data=""))
    for endpoint in in_force["endpoint"].values():
        endpoint["key"] = "***" if endpoint["key"] else ""
    return {
        "suite": name,
        "system": system,
        "questions": len(asked),
        "questions_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "corpora": {batch.corpus: batch.checksum for batch in batches},
        "models": built_in_models(),
        "settings": in_force,
        "versions": {"python": platform.python_version(), "sparewheel": version("sparewheel")},
    }


@functools.cache
def built_in_models() -> dict[str, str]:
    """sha256 of each built-in model's weights, by its name."""
    found = {}
    for model in built_in():
        if not model.trouble:
            found[model.name] = sha256_of(model.weights_file)
    return found


def open_run(folder: Path, about: Mapping[str, Any]) -> set[str]:
    """Makes the folder ready, and returns the ids that are answered. Raises UsageError when it holds another run."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ABOUT
    if file.exists():
        before = json.loads(file.read_text(encoding="utf-8"))
        if changed := [key for key in about if before.get(key) != json.loads(json.dumps(about[key]))]:
            raise UsageError(f"{folder} holds a run with other {', '.join(changed)}; give another folder by --out")
    else:
        file.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _drop_torn_line(folder / RECORDS)
    return answered_ids(folder)


def answered_ids(folder: Path) -> set[str]:
    """Ids of the questions whose last record is an answer or a refusal."""
    return {record["id"] for record in iter_records(folder) if record["outcome"] != "failed"}


def read_records(folder: Path) -> list[Record]:
    """`iter_records` as a list: each record holds some 10 kB."""
    return list(iter_records(folder))


def iter_records(folder: Path) -> Iterator[Record]:
    """The last record of each question, by id, one in memory at a time; none before the first answer.

    A record that was being written when the run was killed is left out: its question is asked again (`torn`).
    Raises NotFound where no run is, and UsageError for a line that is no record.
    """
    if not (folder / ABOUT).is_file():
        raise NotFound(f"no run in {str(folder)!r}; make one: sparewheel eval run SUITE --out {folder}")
    file = folder / RECORDS
    if not file.exists():
        return
    places: dict[str, int] = {}
    with file.open("rb") as lines:
        at = 0
        for number, line in enumerate(lines, 1):
            if line.endswith(b"\n"):
                places[_record(line, file, number)["id"]] = at
            at += len(line)
        for name in sorted(places):
            lines.seek(places[name])
            yield json.loads(lines.readline())


def _record(line: bytes, file: Path, number: int) -> Record:
    try:
        record: Record = json.loads(line)
    except ValueError as error:
        raise UsageError(
            f"{file}, line {number}: no record ({error}); take the line out, its question is asked again"
        ) from None
    return record


def torn(folder: Path) -> bool:
    """Was the run killed while it wrote a record? The record is dropped when the run goes on."""
    file = folder / RECORDS
    if not file.exists() or not file.stat().st_size:
        return False
    with file.open("rb") as content:
        content.seek(-1, os.SEEK_END)
        return content.read() != b"\n"


def _drop_torn_line(path: Path) -> None:
    """A line without its end was being written when the run was killed."""
    if torn(path.parent):
        content = path.read_bytes()
        with path.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)


async def run(
    folder: Path,
    batch: Batch,
    pipeline: Asks,
    *,
    done: set[str],
    concurrency: int = 4,
    told: Callable[[Record], None] = lambda record: None,
) -> None:
    """Asks what is not in `done`, `concurrency` at a time, and appends each record. A failure is a record too."""
    waiting = (question for question in batch.questions if question.id not in done)
    with (folder / RECORDS).open("a", encoding="utf-8") as out:

        async def work(questions: Iterator[Question]) -> None:
            for question in questions:  # shared: the next free worker takes the next question
                record = await _ask(question, batch, pipeline)
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
                out.flush()
                await asyncio.to_thread(os.fsync, out.fileno())
                told(record)

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work(waiting))


async def _ask(question: Question, batch: Batch, pipeline: Asks) -> Record:
    filter: Filter | None = None
    if (batch.within_document or question.within) and question.document_id:
        filter = {"document": question.document_id}
    try:
        answer = await pipeline.aask(question.text, filter=filter, history=question.history)
        error = "" if answer.outcome != "failed" else "; ".join(answer.notes)
    except Exception as raised:  # one question must not end the others
        answer = Answer(question.text, batch.corpus, "", "failed")
        error = f"{type(raised).__name__}: {raised}"
    return record_of(question, answer, batch.relevant.get(question.id, ()), error, within_document=filter is not None)


def record_of(
    question: Question, answer: Answer, relevant: Sequence[int] = (), error: str = "", *, within_document: bool = False
) -> Record:
    """What is kept of an answer. Evidence is kept by place and score; its text is in the corpus."""
    return {
        "id": question.id,
        "corpus": answer.corpus,
        "question": asdict(question),
        "relevant": list(relevant),
        "within_document": within_document,
        "outcome": answer.outcome,
        "text": answer.text,
        "label": answer.label,
        "confidence": answer.confidence,
        "answered_by": answer.answered_by,
        "model": answer.model,
        "degraded": answer.degraded,
        "citations": [asdict(citation) for citation in answer.citations],
        "evidence": [
            {
                "chunk_id": hit.chunk.id,
                "document_id": hit.chunk.document_id,
                "start": hit.chunk.start,
                "end": hit.chunk.end,
                "score": float(hit.score),
            }
            for hit in answer.evidence
        ],
        "attempts": [asdict(attempt) for attempt in answer.attempts],
        "usage": asdict(answer.usage),
        "timings": dict(answer.timings),
        "notes": list(answer.notes),
        "error": error,
    }


def question_of(record: Record) -> Question:
    """The question as it was asked."""
    row = dict(record["question"])
    row["answers"] = tuple(row["answers"])
    row["gold"] = tuple(GoldSpan(**span) for span in row["gold"])
    row["passage"] = GoldSpan(**row["passage"]) if row["passage"] else None
    row["history"] = tuple((asked, said) for asked, said in row.get("history", ()))
    row["parts"], row["documents"] = tuple(row.get("parts", ())), tuple(row.get("documents", ()))
    return Question(**row)
