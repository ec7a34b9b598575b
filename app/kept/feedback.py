"""What users think of answers, in a SQLite file or in the shared database; only ever added to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sparewheel.app.kept.rows import kept_by
from sparewheel.rag.settings import Settings
from sparewheel.rag.sql import InFile, Tables
from sparewheel.rag.types import Answer

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    time TEXT NOT NULL, corpus TEXT NOT NULL, "user" TEXT NOT NULL, thumbs INTEGER NOT NULL, comment TEXT NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL, answered_by TEXT NOT NULL, evidence TEXT NOT NULL
)
"""
_NAMES = ("time", "corpus", "user", "thumbs", "comment", "question", "answer", "answered_by", "evidence")
_COLUMNS = ", ".join(f'"{name}"' for name in _NAMES)


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

    def __init__(self, kept: Path | Tables) -> None:
        """kept: a file, or where `kept_by` says."""
        self._kept: Tables = InFile(kept, _SCHEMA) if isinstance(kept, Path) else kept

    @classmethod
    def of(cls, settings: Settings) -> FeedbackLog:
        """That of this installation."""
        return cls(kept_by(settings, "feedback.sqlite", _SCHEMA))

    def add(self, feedback: Feedback, *, keep_text: bool = True) -> None:
        """keep_text False: question, answer and comment are left out; what is left names nobody's case."""
        if not keep_text:
            feedback = replace(feedback, question="", answer="", comment="")
        row = asdict(replace(feedback, time=feedback.time or datetime.now(UTC).isoformat(timespec="seconds")))
        row["evidence"] = json.dumps(feedback.evidence, ensure_ascii=False)
        with self._kept.transaction() as rows:
            marks = ", ".join("?" * len(_NAMES))
            rows.execute(
                f"INSERT INTO feedback ({_COLUMNS}) VALUES ({marks})",  # noqa: S608
                [row[name] for name in _NAMES],
            )

    def read(self, corpus: str | None = None) -> list[Feedback]:
        """Oldest first; of one corpus, or of all."""
        where, values = ("WHERE corpus = ?", [corpus]) if corpus is not None else ("", [])
        with self._kept.transaction(write=False) as rows:
            found = rows.execute(f"SELECT {_COLUMNS} FROM feedback {where} ORDER BY rowid", values).fetchall()  # noqa: S608
        records = [dict(zip(_NAMES, row, strict=True)) for row in found]
        return [Feedback(**{**record, "evidence": tuple(json.loads(record["evidence"]))}) for record in records]
