"""A conversation at the terminal: what was asked and answered before, in memory or in a file of JSON lines."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import Answer

MOST_TURNS = 10  # of the conversation are taken into account, the newest
PRIVATE = 0o600  # questions and answers may be confidential


@dataclass
class Conversation:
    """Turns of one corpus. file: where they are kept, one JSON object a line; None: nowhere."""

    corpus: str
    file: Path | None = None
    turns: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def opened(cls, corpus: str, file: Path | None) -> Conversation:
        """With the turns of the file that were asked of this corpus; those of others stay where they are. Raises
        UsageError for a file that is no conversation."""
        found = cls(corpus, file)
        if file is None or not file.exists():
            return found
        try:
            for line in file.read_text(encoding="utf-8").splitlines():
                turn = json.loads(line)
                if turn["corpus"] == corpus:
                    found.turns.append((str(turn["question"]), str(turn["answer"])))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{file} is no conversation of `sparewheel ask --history` ({error!r}); name another file"
            ) from error
        return found

    @property
    def history(self) -> list[tuple[str, str]]:
        """What the next question is told."""
        return self.turns[-MOST_TURNS:]

    def add(self, answer: Answer) -> None:
        """One more turn, on the disk too. A question that failed is none."""
        if answer.outcome == "failed":
            return
        self.turns.append((answer.question, answer.text))
        if self.file is None:
            return
        turn = {"corpus": self.corpus, "question": answer.question, "answer": answer.text}
        told = json.dumps({**turn, "at": datetime.now(UTC).isoformat(timespec="seconds")}, ensure_ascii=False)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE), "a", encoding="utf-8"
        ) as out:
            out.write(told + "\n")

    def forget(self) -> None:
        """The next question begins anew; the file keeps what was said."""
        self.turns.clear()
