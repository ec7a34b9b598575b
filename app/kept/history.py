"""Conversations, in a SQLite file or in the shared database: a user sees only his own. They outlive a refresh and a
restart."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparewheel.app.kept.rows import kept_by
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.records import plain, record
from sparewheel.rag.settings import Settings
from sparewheel.rag.sql import InFile, Rows, Tables
from sparewheel.rag.types import Answer

TITLE_CHARS = 80
_TABLES = """
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY, "user" TEXT NOT NULL, corpus TEXT NOT NULL, title TEXT NOT NULL,
  started TEXT NOT NULL, updated TEXT NOT NULL, shared INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS of_user ON conversations ("user", updated);
CREATE TABLE IF NOT EXISTS turns (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE, number INTEGER NOT NULL,
  at TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (conversation, number));
"""


_FIELDS = 'id, corpus, title, started, updated, shared, "user"'


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line of the list. Times are ISO 8601, UTC. shared: others who have its id may read it. owner: a user."""

    id: str
    corpus: str
    title: str
    started: str
    updated: str
    shared: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer; number counts from 1 within the conversation."""

    number: int
    at: str
    question: str
    answer: Answer


class History:
    """Safe to share between threads and processes. user "" is the local owner."""

    def __init__(self, kept: Path | Tables) -> None:
        """kept: a file, or where `kept_by` says."""
        self._kept: Tables = InFile(kept, _TABLES) if isinstance(kept, Path) else kept
        if isinstance(self._kept, InFile):
            with self._kept.transaction() as rows:
                if "shared" not in {column[1] for column in rows.execute("PRAGMA table_info(conversations)")}:  # 0.1.0
                    rows.execute("ALTER TABLE conversations ADD COLUMN shared INTEGER NOT NULL DEFAULT 0")

    @classmethod
    def of(cls, settings: Settings) -> History:
        """The conversations of this installation."""
        return cls(kept_by(settings, "history.sqlite", _TABLES))

    def list(self, user: str, most: int = 100, words: str = "") -> list[Conversation]:
        """The user's conversations, the newest first. words: only those whose title, questions or answers hold every
        one of them, in whatever case."""
        holds = (
            " AND (lower(title) LIKE ? ESCAPE '!' OR EXISTS (SELECT 1 FROM turns WHERE conversation = id AND"
            " (lower(question) LIKE ? ESCAPE '!' OR lower(answer ->> 'text') LIKE ? ESCAPE '!')))"
        )
        looked_for = [f"%{_unwild(word.lower())}%" for word in words.split() for _ in range(3)]
        with self._kept.transaction(write=False) as rows:
            found = rows.execute(
                f'SELECT {_FIELDS} FROM conversations WHERE "user" = ?'  # noqa: S608
                + holds * (len(looked_for) // 3)
                + " ORDER BY updated DESC, rowid DESC LIMIT ?",
                (user, *looked_for, most),
            )
            return [_conversation(row) for row in found.fetchall()]

    def start(self, user: str, corpus: str, title: str) -> Conversation:
        """A new conversation; title: its first question, cut."""
        at = now()
        made = Conversation(uuid.uuid4().hex, corpus, _title(title), at, at, owner=user)
        with self._kept.transaction() as rows:
            rows.execute(
                'INSERT INTO conversations (id, "user", corpus, title, started, updated) VALUES (?, ?, ?, ?, ?, ?)',
                (made.id, user, corpus, made.title, at, at),
            )
        return made

    def append(self, id: str, user: str, question: str, answer: Answer) -> int:
        """Keeps a turn at the end; its number. Raises NotFound."""
        at = now()
        with self._kept.transaction() as rows:
            self._owned(rows, id, user)
            rows.execute("UPDATE conversations SET updated = ? WHERE id = ?", (at, id))  # from here on alone
            (last,) = rows.execute(
                "SELECT coalesce(max(number), 0) FROM turns WHERE conversation = ?", (id,)
            ).fetchone()
            rows.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?)", (id, last + 1, at, question, _written(answer)))
            return int(last) + 1

    def settle(self, id: str, user: str, number: int, answer: Answer) -> None:
        """Another answer in the place of the turn's: what was begun is finished. Nothing happens if it was removed."""
        with self._kept.transaction() as rows:
            owned = 'SELECT id FROM conversations WHERE id = ? AND "user" = ?'
            rows.execute(
                f"UPDATE turns SET answer = ? WHERE number = ? AND conversation IN ({owned})",  # noqa: S608
                (_written(answer), number, id, user),
            )

    def load(self, id: str, user: str) -> tuple[Conversation, Sequence[Turn]]:
        """The conversation with its turns, oldest first. Raises NotFound, also for that of another user who does not
        share it."""
        with self._kept.transaction(write=False) as rows:
            conversation = self._owned(rows, id, user, or_shared=True)
            found = rows.execute(
                "SELECT number, at, question, answer FROM turns WHERE conversation = ? ORDER BY number", (id,)
            ).fetchall()
        return conversation, [
            Turn(n, at, question, record(Answer, json.loads(kept) if isinstance(kept, str) else kept))
            for n, at, question, kept in found
        ]

    def rename(self, id: str, user: str, title: str) -> None:
        """Raises NotFound; UsageError for a blank title."""
        if not title.strip():
            raise UsageError(f"the title is {title!r}; write a word at least")
        with self._kept.transaction() as rows:
            self._owned(rows, id, user)
            rows.execute("UPDATE conversations SET title = ? WHERE id = ?", (_title(title), id))

    def share(self, id: str, user: str, *, shared: bool) -> None:
        """Lets others read it by its id, or no longer. Raises NotFound."""
        with self._kept.transaction() as rows:
            self._owned(rows, id, user)
            rows.execute("UPDATE conversations SET shared = ? WHERE id = ?", (int(shared), id))

    def remove(self, id: str, user: str) -> None:
        """Raises NotFound."""
        with self._kept.transaction() as rows:
            self._owned(rows, id, user)
            rows.execute("DELETE FROM conversations WHERE id = ?", (id,))

    def _owned(self, rows: Rows, id: str, user: str, *, or_shared: bool = False) -> Conversation:
        row = rows.execute(f"SELECT {_FIELDS} FROM conversations WHERE id = ?", (id,)).fetchone()  # noqa: S608
        found = _conversation(row) if row else None
        if found is None or (found.owner != user and not (or_shared and found.shared)):
            raise NotFound(f"no conversation {id!r}; it was deleted, or belongs to somebody else")
        return found


def _conversation(row: Sequence[Any]) -> Conversation:
    id, corpus, title, started, updated, shared, owner = row
    return Conversation(id, corpus, title, started, updated, bool(shared), owner)


def _unwild(word: str) -> str:
    """The word for LIKE ... ESCAPE '!', its own % and _ as they are."""
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _title(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TITLE_CHARS else text[: TITLE_CHARS - 1].rstrip() + "…"


def _written(answer: Answer) -> str:
    return json.dumps(plain(answer), ensure_ascii=False).replace("\\u0000", "\\ufffd")  # PostgreSQL refuses it


def now() -> str:
    """This moment as it is kept: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
