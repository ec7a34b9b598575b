"""What users think of answers: one SQLite file, only ever added to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sparewheel.rag.types import Answer

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    time TEXT NOT NULL, corpus TEXT NOT NULL, user TEXT NOT NULL, thumbs INTEGER NOT NULL, comment TEXT NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL, answered_by TEXT NOT NULL, evidence TEXT NOT NULL
)
"""
_COLUMNS = "time, corpus, user, thumbs, comment, question, answer, answered_by, evidence"


@dataclass(frozen=True)
class Feedback:
    """thumbs: +1 or -1. evidence: "document id:start-end" of each passage. time: ISO 8601 UTC; "" is now."""

    corpus: str
    question: str
    answer: str
    thumbs: Literal[1, -1]
    comment: str = ""
    evidence: tuple[str, ...] = ()
    answered_by: str = ""
    user: str = ""  # "" for the local owner
    time: str = ""

    @classmethod
    def of(cls, answer: Answer, thumbs: Literal[1, -1], comment: str = "") -> Feedback:
        """On an answer as it was shown."""
        evidence = tuple(f"{hit.chunk.document_id}:{hit.chunk.start}-{hit.chunk.end}" for hit in answer.evidence)
        return cls(answer.corpus, answer.question, answer.text, thumbs, comment, evidence, answer.answered_by)


class FeedbackLog:
    """Safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, feedback: Feedback, *, keep_text: bool = True) -> None:
        """keep_text False: question, answer and comment are left out; what is left names nobody's case."""
        if not keep_text:
            feedback = replace(feedback, question="", answer="", comment="")
        row = asdict(replace(feedback, time=feedback.time or datetime.now(UTC).isoformat(timespec="seconds")))
        row["evidence"] = json.dumps(feedback.evidence, ensure_ascii=False)
        with self._open() as rows:
            names = ", ".join(f":{name.strip()}" for name in _COLUMNS.split(","))
            rows.execute(f"INSERT INTO feedback ({_COLUMNS}) VALUES ({names})", row)  # noqa: S608

    def read(self, corpus: str | None = None) -> list[Feedback]:
        """Oldest first; of one corpus, or of all."""
        where, values = ("WHERE corpus = ?", [corpus]) if corpus is not None else ("", [])
        with self._open() as rows:
            found = rows.execute(f"SELECT {_COLUMNS} FROM feedback {where} ORDER BY rowid", values).fetchall()  # noqa: S608
        names = [name.strip() for name in _COLUMNS.split(",")]
        records = [dict(zip(names, row, strict=True)) for row in found]
        return [Feedback(**{**record, "evidence": tuple(json.loads(record["evidence"]))}) for record in records]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)  # questions and answers are for the account that serves them
        with closing(sqlite3.connect(self.path, timeout=10)) as rows, rows:
            rows.execute("PRAGMA journal_mode=WAL")
            rows.execute(_SCHEMA)
            yield rows
