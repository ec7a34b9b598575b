"""Where kept answers lie: in a SQLite file beside the snapshots of their corpus, or in the database that it is in.

    store = MemoryStore(folder / FILE)
    store.put(kept, vector, "embed-en@1")      # the newer answer to the same question replaces the older
    store.rows(after=7)                        # what an index of them needs: `Row`s
    store.answers([3, 8])                      # the answers themselves
    store.forget([3])                          # gone from the file, too
    store.ask(...), store.questions(...)       # what people ask, for `sparewheel prepare`

Every call is one transaction: threads, processes and servers may share what is kept, and a process that is killed
leaves the state before or after. Nothing is created before something is kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.memory.kept import PERSON, Kept, Passage
from sparewheel.rag.sql import InFile, Rows, Tables, listed
from sparewheel.rag.types import Citation, Shape

FILE = "memory.sqlite"
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


class MemoryStore:
    """See the module."""

    def __init__(self, kept: Path | Tables) -> None:
        """kept: the file, or where else the tables are."""
        self._kept: Tables = InFile(kept, _TABLES, of_corpus=True) if isinstance(kept, Path) else kept

    def is_empty(self) -> bool:
        """Whether no answer is kept, and no question counted."""
        with self._kept.transaction(write=False) as rows:
            row = rows.execute("SELECT EXISTS (SELECT 1 FROM answers) OR EXISTS (SELECT 1 FROM questions)").fetchone()
        return not row[0]

    def state(self) -> tuple[int, int]:
        """(largest id of an answer, how often something was removed): unchanged, and so is what is kept."""
        with self._kept.transaction(write=False) as rows:
            found = rows.execute(
                "SELECT coalesce((SELECT max(id) FROM answers), 0),"
                " coalesce((SELECT value FROM meta WHERE name = 'removals'), 0)"
            ).fetchone()
        return int(found[0]), int(found[1])

    def put(self, kept: Kept, vector: NDArray[np.float32], embedder: str) -> int:
        """Keeps the answer; its id. It replaces that of the same key, unless that is a person's and this is not."""
        with self._kept.transaction() as rows:
            old = rows.execute("SELECT id, answered_by FROM answers WHERE key = ?", (kept.key,)).fetchone()
            if old is not None:
                if old[1] == PERSON and kept.answered_by != PERSON:
                    return int(old[0])
                self._remove(rows, [old[0]])
            values = (kept.key, *_written(kept), embedder, np.asarray(vector, np.float32).tobytes())
            made = rows.execute(
                f"INSERT INTO answers (key, {_ANSWER}, embedder, vector) VALUES ({_marks(values)}) RETURNING id", values
            )
            id = int(made.fetchone()[0])
            for document in dict.fromkeys((*(p.document_id for p in kept.passages), *kept.documents)):
                rows.execute("INSERT INTO rests_on (answer, document) VALUES (?, ?)", (id, document))
            return id

    def rows(self, after: int = 0) -> list[Row]:
        """Of the answers of a larger id, by id."""
        found = self._found(
            "SELECT id, key, language, documents, shape, local, embedder, vector FROM answers WHERE id > ? ORDER BY id",
            after,
        )
        return [
            Row(id, key, language, tuple(json.loads(documents)), shape, bool(local), embedder, _vector(vector))
            for id, key, language, documents, shape, local, embedder, vector in found
        ]

    def answers(self, ids: Sequence[int]) -> list[Kept]:
        """By id; one that is gone is left out."""
        if not ids:
            return []
        rows = self._found(f"SELECT id, {_ANSWER} FROM answers WHERE id IN ({_marks(ids)})", *map(int, ids))
        found = {row[0]: _read(row) for row in rows}
        return [found[id] for id in ids if id in found]

    def ids(self) -> list[int]:
        """Of all answers, the newest first."""
        return [id for (id,) in self._found("SELECT id FROM answers ORDER BY id DESC")]

    def documents(self) -> set[str]:
        """Those that any answer rests on."""
        return {document for (document,) in self._found("SELECT DISTINCT document FROM rests_on")}

    def resting_on(self, documents: Collection[str]) -> list[int]:
        """Ids of the answers that rest on any of them."""
        query = f"SELECT DISTINCT answer FROM rests_on WHERE document {self._kept.among} ORDER BY answer"
        return [id for (id,) in self._found(query, listed(documents))]

    def forget(self, ids: Collection[int]) -> int:
        """The answers are gone; how many there were."""
        if not ids:
            return 0
        with self._kept.transaction() as rows:
            return self._remove(rows, ids)

    def forget_cloud(self) -> int:
        """The answers of models beyond this machine are gone; how many there were."""
        return self.forget([id for (id,) in self._found("SELECT id FROM answers WHERE local = 0")])

    def ask(self, question: Question, key: str, day: str) -> None:
        """Counts a question that was asked. day: ISO 8601."""
        documents = _json(question.documents)
        with self._kept.transaction() as rows:
            counted = "UPDATE questions SET times = times + ? WHERE key = ? AND day = ?"
            if not rows.execute(counted, (question.times, key, day)).rowcount:
                rows.execute(
                    "INSERT INTO questions (key, day, question, language, documents, shape, times)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (key, day, question.question, question.language, documents, question.shape, question.times),
                )

    def questions(self, since: str, most: int) -> list[Question]:
        """What was asked since a day, most asked first."""
        found = self._found(
            "SELECT min(question), min(language), min(documents), min(shape), sum(times), max(day) FROM questions"
            " WHERE day >= ? GROUP BY key ORDER BY sum(times) DESC, max(day) DESC, key LIMIT ?",
            since,
            most,
        )
        return [
            Question(question, language, tuple(json.loads(documents)), shape, int(times), last)
            for question, language, documents, shape, times, last in found
        ]

    def forget_questions(self, before: str = "9999", documents: Collection[str] = ()) -> int:
        """The questions asked before a day, or those about any of the documents, are gone; how many rows."""
        if not documents:
            which, given = "day < ?", before
        else:
            asked, gone = self._found("SELECT DISTINCT key, documents FROM questions"), set(documents)
            about = [key for key, some in asked if gone.intersection(json.loads(some))]
            which, given = f"key {self._kept.among}", listed(about)
        if not self._found(f"SELECT 1 FROM questions WHERE {which} LIMIT 1", given):
            return 0
        with self._kept.transaction() as rows:
            return rows.execute(f"DELETE FROM questions WHERE {which}", (given,)).rowcount

    def copy(self, target: MemoryStore) -> None:
        """All of it, in the place of what `target` held; answers have new ids."""
        target.forget(target.ids())
        target.forget_questions()
        rows = {row.id: row for row in self.rows()}
        for kept in self.answers([*rows]):
            target.put(kept, rows[kept.id].vector, rows[kept.id].embedder)
        columns = "question, language, documents, shape, times, key, day"
        for question, language, documents, shape, times, key, day in self._found(f"SELECT {columns} FROM questions"):
            target.ask(Question(question, language, tuple(json.loads(documents)), shape, times, day), key, day)

    def _found(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        with self._kept.transaction(write=False) as rows:
            return rows.execute(query, given).fetchall()

    def _remove(self, rows: Rows, ids: Collection[int]) -> int:
        gone = rows.execute(f"DELETE FROM answers WHERE id IN ({_marks(ids)})", [*map(int, ids)])
        if not rows.execute("UPDATE meta SET value = value + 1 WHERE name = 'removals'").rowcount:
            rows.execute("INSERT INTO meta (name, value) VALUES ('removals', 1)")
        return gone.rowcount


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _written(kept: Kept) -> tuple[object, ...]:
    return (
        kept.question,
        kept.language,
        _json(kept.documents),
        kept.shape,
        _json(kept.names),
        kept.text,
        kept.label,
        _json([asdict(citation) for citation in kept.citations]),
        _json([asdict(passage) for passage in kept.passages]),
        _json(kept.read),
        kept.answered_by,
        kept.model,
        kept.at,
        kept.cost_usd,
        int(kept.local),
        kept.person,
        _json(kept.place),
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
