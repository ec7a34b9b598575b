"""Where kept answers lie: one SQLite file beside the snapshots of their corpus, `<corpus>/memory.sqlite`.

    store = SqliteMemory(folder)
    store.put(kept, vector, "embed-en@1")      # the newer answer to the same question replaces the older
    store.rows(after=7)                        # what an index of them needs: `Row`s
    store.answers([3, 8])                      # the answers themselves
    store.forget([3])                          # gone from the file, too
    store.ask(...), store.questions(...)       # what people ask, for `sparewheel prepare`

Every call is one transaction on a connection of its own: threads and processes may share the file, and a process that
is killed leaves the state before or after. Nothing is created before something is kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import StoreError
from sparewheel.rag.memory.kept import PERSON, Kept, Passage
from sparewheel.rag.types import Citation, Shape

NAME = "memory.sqlite"
BUSY_S = 10.0  # how long a writer waits for another
VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, question TEXT NOT NULL, language TEXT NOT NULL,
  documents TEXT NOT NULL, shape TEXT NOT NULL, names TEXT NOT NULL, text TEXT NOT NULL, label TEXT NOT NULL,
  citations TEXT NOT NULL, passages TEXT NOT NULL, read TEXT NOT NULL, answered_by TEXT NOT NULL, model TEXT NOT NULL,
  at TEXT NOT NULL, cost_usd REAL NOT NULL, local INTEGER NOT NULL, person TEXT NOT NULL, place TEXT NOT NULL,
  embedder TEXT NOT NULL, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rests_on (
  answer INTEGER NOT NULL REFERENCES answers (id) ON DELETE CASCADE, document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS of_document ON rests_on (document);
CREATE INDEX IF NOT EXISTS of_answer ON rests_on (answer);
CREATE TABLE IF NOT EXISTS questions (
  key TEXT NOT NULL, day TEXT NOT NULL, question TEXT NOT NULL, language TEXT NOT NULL, documents TEXT NOT NULL,
  shape TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (key, day));
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO meta VALUES ('removals', 0);
"""
_ANSWER = (
    "question, language, documents, shape, names, text, label, citations, passages, read, answered_by, model, at,"
    " cost_usd, local, person, place"
)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What an index must know of an answer. vector: float32 [dimension] of the question, empty where there is none."""

    id: int
    key: str
    language: str
    documents: tuple[str, ...]
    shape: Shape
    local: bool
    embedder: str
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Question:
    """What people asked. times: how often, on the days that were looked at; last: the last of these, ISO 8601."""

    question: str
    language: str
    documents: tuple[str, ...]
    shape: Shape
    times: int
    last: str


class MemoryStore(Protocol):
    """Where answers are kept; another engine may share them between servers."""

    def is_empty(self) -> bool:
        """Whether nothing was ever kept."""
        ...

    def state(self) -> tuple[int, int]:
        """(largest id ever given, how often something was removed): unchanged, and so is what is kept."""
        ...

    def put(self, kept: Kept, vector: NDArray[np.float32], embedder: str) -> int:
        """Keeps the answer; its id. It replaces that of the same key, unless that is a person's and this is not."""
        ...

    def rows(self, after: int = 0) -> list[Row]:
        """Of the answers of a larger id, by id."""
        ...

    def answers(self, ids: Sequence[int]) -> list[Kept]:
        """By id; one that is gone is left out."""
        ...

    def ids(self) -> list[int]:
        """Of all answers, the newest first."""
        ...

    def documents(self) -> set[str]:
        """Those that any answer rests on."""
        ...

    def resting_on(self, documents: Collection[str]) -> list[int]:
        """Ids of the answers that rest on any of them."""
        ...

    def forget(self, ids: Collection[int]) -> int:
        """The answers are gone; how many there were."""
        ...

    def forget_cloud(self) -> int:
        """The answers of models beyond this machine are gone; how many there were."""
        ...

    def ask(self, question: Question, key: str, day: str) -> None:
        """Counts a question that was asked. day: ISO 8601."""
        ...

    def questions(self, since: str, most: int) -> list[Question]:
        """What was asked since a day, most asked first."""
        ...

    def forget_questions(self, before: str = "9999", documents: Collection[str] = ()) -> int:
        """The questions asked before a day, and those about any of the documents, are gone; how many rows."""
        ...


class SqliteMemory:
    """`MemoryStore` in one file of the corpus' folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def is_empty(self) -> bool:
        """As `MemoryStore`."""
        return not self.path.exists()

    def state(self) -> tuple[int, int]:
        """As `MemoryStore`; (0, 0) before anything was kept."""
        if not self.path.exists():
            return 0, 0
        with self._open() as rows:
            found = rows.execute(
                "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'answers'), 0),"
                " (SELECT value FROM meta WHERE name = 'removals')"
            ).fetchone()
        return int(found[0]), int(found[1])

    def put(self, kept: Kept, vector: NDArray[np.float32], embedder: str) -> int:
        """As `MemoryStore`."""
        with self._open(create=True) as rows:
            old = rows.execute("SELECT id, answered_by FROM answers WHERE key = ?", (kept.key,)).fetchone()
            if old is not None:
                if old[1] == PERSON and kept.answered_by != PERSON:
                    return int(old[0])
                self._remove(rows, [old[0]])
            values = (kept.key, *_written(kept), embedder, np.asarray(vector, np.float32).tobytes())
            places = ", ".join("?" * len(values))
            made = rows.execute(f"INSERT INTO answers (key, {_ANSWER}, embedder, vector) VALUES ({places})", values)  # noqa: S608
            id = int(made.lastrowid or 0)
            documents = dict.fromkeys((*(p.document_id for p in kept.passages), *kept.documents))
            rows.executemany("INSERT INTO rests_on VALUES (?, ?)", [(id, document) for document in documents])
            return id

    def rows(self, after: int = 0) -> list[Row]:
        """As `MemoryStore`."""
        if not self.path.exists():
            return []
        with self._open() as rows:
            found = rows.execute(
                "SELECT id, key, language, documents, shape, local, embedder, vector FROM answers WHERE id > ?"
                " ORDER BY id",
                (after,),
            ).fetchall()
        return [
            Row(id, key, language, tuple(json.loads(documents)), shape, bool(local), embedder, _vector(vector))
            for id, key, language, documents, shape, local, embedder, vector in found
        ]

    def answers(self, ids: Sequence[int]) -> list[Kept]:
        """As `MemoryStore`."""
        if not ids or not self.path.exists():
            return []
        with self._open() as rows:
            query = f"SELECT id, {_ANSWER} FROM answers WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608
            found = {row[0]: _read(row) for row in rows.execute(query, (json.dumps([*map(int, ids)]),))}
        return [found[id] for id in ids if id in found]

    def ids(self) -> list[int]:
        """As `MemoryStore`."""
        return self._ids("SELECT id FROM answers ORDER BY id DESC")

    def documents(self) -> set[str]:
        """As `MemoryStore`."""
        if not self.path.exists():
            return set()
        with self._open() as rows:
            return {document for (document,) in rows.execute("SELECT DISTINCT document FROM rests_on")}

    def resting_on(self, documents: Collection[str]) -> list[int]:
        """As `MemoryStore`."""
        listed = json.dumps([*documents], ensure_ascii=False)
        return self._ids(
            "SELECT DISTINCT answer FROM rests_on WHERE document IN (SELECT value FROM json_each(?)) ORDER BY answer",
            listed,
        )

    def forget(self, ids: Collection[int]) -> int:
        """As `MemoryStore`."""
        if not ids or not self.path.exists():
            return 0
        with self._open() as rows:
            return self._remove(rows, [*map(int, ids)])

    def forget_cloud(self) -> int:
        """As `MemoryStore`."""
        return self.forget(self._ids("SELECT id FROM answers WHERE NOT local"))

    def ask(self, question: Question, key: str, day: str) -> None:
        """As `MemoryStore`."""
        with self._open(create=True) as rows:
            rows.execute(
                "INSERT INTO questions VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key, day) DO UPDATE SET times = times + excluded.times",
                (
                    key,
                    day,
                    question.question,
                    question.language,
                    json.dumps(question.documents, ensure_ascii=False),
                    question.shape,
                    question.times,
                ),
            )

    def questions(self, since: str, most: int) -> list[Question]:
        """As `MemoryStore`."""
        if not self.path.exists():
            return []
        with self._open() as rows:
            found = rows.execute(
                "SELECT question, language, documents, shape, sum(times), max(day) FROM questions WHERE day >= ?"
                " GROUP BY key ORDER BY sum(times) DESC, max(day) DESC, key LIMIT ?",
                (since, most),
            ).fetchall()
        return [Question(q, language, tuple(json.loads(d)), shape, n, last) for q, language, d, shape, n, last in found]

    def forget_questions(self, before: str = "9999", documents: Collection[str] = ()) -> int:
        """As `MemoryStore`."""
        if not self.path.exists():
            return 0
        about = "EXISTS (SELECT 1 FROM json_each(questions.documents) WHERE value IN (SELECT value FROM json_each(?)))"
        with self._open() as rows:
            if documents:
                listed = json.dumps([*documents], ensure_ascii=False)
                return rows.execute(f"DELETE FROM questions WHERE {about}", (listed,)).rowcount  # noqa: S608
            return rows.execute("DELETE FROM questions WHERE day < ?", (before,)).rowcount

    def _ids(self, query: str, *given: str) -> list[int]:
        if not self.path.exists():
            return []
        with self._open() as rows:
            return [int(id) for (id,) in rows.execute(query, given)]

    def _remove(self, rows: sqlite3.Connection, ids: Sequence[int]) -> int:
        gone = rows.execute("DELETE FROM answers WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        rows.execute("UPDATE meta SET value = value + 1 WHERE name = 'removals'")
        return gone.rowcount

    @contextmanager
    def _open(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction: written when the block ends, undone when it raises. Raises StoreError for a damaged file."""
        new = create and not self.path.exists()
        if new:
            self.path.touch(mode=0o600)  # as private as the documents
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_S)) as rows:
                rows.execute("PRAGMA foreign_keys=ON")
                rows.execute("PRAGMA secure_delete=ON")  # what is forgotten is gone from the file
                if create or rows.execute("PRAGMA user_version").fetchone()[0] == 0:
                    rows.execute("PRAGMA journal_mode=WAL")
                    rows.executescript(_TABLES)
                    rows.execute(f"PRAGMA user_version={VERSION}")
                with rows:
                    yield rows
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise StoreError(
                f"{self.path} is damaged ({error}); remove it: answers are kept anew as they are given"
            ) from error


def _written(kept: Kept) -> tuple[object, ...]:
    def listed(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    return (
        kept.question,
        kept.language,
        listed(kept.documents),
        kept.shape,
        listed(kept.names),
        kept.text,
        kept.label,
        listed([asdict(citation) for citation in kept.citations]),
        listed([asdict(passage) for passage in kept.passages]),
        listed(kept.read),
        kept.answered_by,
        kept.model,
        kept.at,
        kept.cost_usd,
        int(kept.local),
        kept.person,
        listed(kept.place),
    )


def _read(row: tuple[object, ...]) -> Kept:
    id, question, language, documents, shape, names, text, label, citations, passages, read, *rest = row
    answered_by, model, at, cost_usd, local, person, place = rest
    at_place = json.loads(str(place))
    cited = [Citation(**{**one, "headings": tuple(one["headings"])}) for one in json.loads(str(citations))]
    return Kept(
        str(question),
        str(language),
        tuple(json.loads(str(documents))),
        shape,  # type: ignore[arg-type]
        tuple((str(name), int(start), int(end)) for name, start, end in json.loads(str(names))),
        str(text),
        label,  # type: ignore[arg-type]
        tuple(cited),
        tuple(Passage(**one) for one in json.loads(str(passages))),
        tuple(json.loads(str(read))),
        str(answered_by),
        str(model),
        str(at),
        float(str(cost_usd)),
        bool(local),
        str(person),
        (int(at_place[0]), int(at_place[1])) if at_place else None,
        int(str(id)),
    )


def _vector(raw: bytes) -> NDArray[np.float32]:
    return np.frombuffer(raw, np.float32)
