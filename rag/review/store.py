"""The cells and tables of a corpus, in a SQLite file beside its snapshots, or in the database that it is in. Every cell
is kept at once, so that a run that is killed has lost none; the same run goes on with what is missing.

    store = CellStore(corpus_folder / FILE)
    store.put(cell)                              # a machine's answer; what people said of the cell stays
    store.correct(question, document_id, "90 days", by="ann", at=now, document_sha256=sha)
    store.cells(questions=..., documents=...)    # [Cell]
    store.since(revision)                        # what changed: for whoever keeps an index of its own
    store.forget(["lease.pdf"])                  # with a document go its cells

Safe to share between threads and processes: every call is one transaction.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sparewheel.rag.errors import NotFound, UsageError, suggest
from sparewheel.rag.records import plain, record
from sparewheel.rag.review.cell import Approval, Cell, Passage, Said, question_key
from sparewheel.rag.review.table import Column, Table
from sparewheel.rag.sql import InFile, Rows, Tables, listed
from sparewheel.rag.types import Answer

FILE = "review.sqlite"
LONGEST_WORDS = 4000  # characters of a correction or comment
_TABLES = """
CREATE TABLE IF NOT EXISTS cells (
  key TEXT NOT NULL, document TEXT NOT NULL, question TEXT NOT NULL, at TEXT NOT NULL, document_sha256 TEXT NOT NULL,
  answer TEXT NOT NULL, passages TEXT NOT NULL, correction TEXT, approval TEXT, comments TEXT NOT NULL,
  revision INTEGER NOT NULL, PRIMARY KEY (key, document));
CREATE INDEX IF NOT EXISTS of_document ON cells (document);
CREATE INDEX IF NOT EXISTS of_revision ON cells (revision);
CREATE TABLE IF NOT EXISTS tables (id TEXT PRIMARY KEY, at TEXT NOT NULL, kept TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sets (name TEXT PRIMARY KEY, by TEXT NOT NULL, at TEXT NOT NULL, columns TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL);
"""
_SELECT = ("SELECT question, document, answer, passages, document_sha256, at, correction, approval, comments, revision"
           " FROM cells")  # fmt: skip
_COLUMNS = {
    "cells": "key, document, question, at, document_sha256, answer, passages, correction, approval, comments, revision",
    "tables": "id, at, kept",
    "sets": "name, by, at, columns",
    "counter": "one, revision",
}


class CellStore:
    """See the module. `by` is the name of a user, "" the local owner; `at` is ISO 8601, UTC."""

    def __init__(self, kept: Path | Tables) -> None:
        """kept: the file, or where else the tables are."""
        self._kept: Tables = InFile(kept, _TABLES, of_corpus=True) if isinstance(kept, Path) else kept

    # ------------------------------------------------------------ cells

    def put(self, cell: Cell) -> Cell:
        """Keeps what was answered, in the place of an earlier answer; the cell as it is kept.

        A correction stays. An approval stays only where the text is the one that was approved.
        """
        with self._kept.transaction() as rows:
            known = _read(rows, cell.key, cell.document_id)
            if known is not None:
                same = known.text == replace(cell, correction=known.correction).text
                approval = known.approval if same else None
                cell = replace(cell, correction=known.correction, approval=approval, comments=known.comments)
            return _write_cell(rows, cell)

    def get(self, question: str, document_id: str) -> Cell | None:
        """The cell of this question, in whatever case it is written."""
        with self._kept.transaction(write=False) as rows:
            return _read(rows, question_key(question), document_id)

    def cells(self, questions: Iterable[str] | None = None, documents: Iterable[str] | None = None) -> list[Cell]:
        """Of these questions and documents, by question and document; None: of all."""
        limits = {
            "key": None if questions is None else listed(question_key(q) for q in questions),
            "document": None if documents is None else listed(documents),
        }
        given = {column: values for column, values in limits.items() if values is not None}
        where = " AND ".join(f"{column} {self._kept.among}" for column in given) or "1 = 1"
        with self._kept.transaction(write=False) as rows:
            found = rows.execute(f"{_SELECT} WHERE {where} ORDER BY key, document", [*given.values()]).fetchall()
        return [_cell(row) for row in found]

    def since(self, revision: int) -> list[Cell]:
        """The cells that changed after this revision, the oldest change first. What was forgotten is not told."""
        with self._kept.transaction(write=False) as rows:
            found = rows.execute(f"{_SELECT} WHERE revision > ? ORDER BY revision", (revision,)).fetchall()
        return [_cell(row) for row in found]

    @property
    def revision(self) -> int:
        """Of the last change, a forgetting included; 0 before the first."""
        with self._kept.transaction(write=False) as rows:
            row = rows.execute("SELECT revision FROM counter").fetchone()
        return int(row[0]) if row else 0

    def questions(self) -> list[tuple[str, int]]:
        """The questions there are cells of, as they were first written, with the number of documents, most first."""
        with self._kept.transaction(write=False) as rows:
            found = rows.execute(
                "SELECT min(question), count(*) FROM cells GROUP BY key ORDER BY count(*) DESC, min(question)"
            ).fetchall()
        return [(question, count) for question, count in found]

    def forget(self, documents: Iterable[str]) -> int:
        """How many cells went with these documents."""
        of_these, given = f"FROM cells WHERE document {self._kept.among}", (listed(documents),)
        with self._kept.transaction(write=False) as rows:
            if rows.execute(f"SELECT 1 {of_these} LIMIT 1", given).fetchone() is None:
                return 0
        with self._kept.transaction() as rows:
            gone = rows.execute(f"DELETE {of_these}", given).rowcount
            _next_revision(rows)
        return gone

    def keep_only(self, documents: Iterable[str]) -> int:
        """How many cells were of other documents than these, and went."""
        with self._kept.transaction(write=False) as rows:
            there = {document for (document,) in rows.execute("SELECT DISTINCT document FROM cells").fetchall()}
        return self.forget(there - set(documents))

    # ------------------------------------------------------------ what people say of a cell

    def correct(
        self, question: str, document_id: str, text: str | None, by: str, at: str, document_sha256: str = ""
    ) -> Cell:
        """A person's answer in the place of the machine's; "" says that the document does not say; None takes an
        earlier correction back. Raises NotFound where the cell was never asked."""
        with self._kept.transaction() as rows:
            cell = self._known(rows, question, document_id)
            said = None if text is None else Said(_words(text, "correction"), by, at, document_sha256)
            return _write_cell(rows, replace(cell, correction=said, approval=None))

    def approve(self, question: str, document_id: str, by: str, at: str, *, approved: bool = True) -> Cell:
        """Somebody vouches for the cell as it stands, or does so no longer. Raises NotFound."""
        with self._kept.transaction() as rows:
            cell = self._known(rows, question, document_id)
            return _write_cell(rows, replace(cell, approval=Approval(by, at) if approved else None))

    def comment(self, question: str, document_id: str, text: str, by: str, at: str) -> Cell:
        """One more comment. Raises NotFound; UsageError for an empty one."""
        if not text.strip():
            raise UsageError("the comment is empty; write a word at least")
        with self._kept.transaction() as rows:
            cell = self._known(rows, question, document_id)
            return _write_cell(rows, replace(cell, comments=(*cell.comments, Said(_words(text, "comment"), by, at))))

    def _known(self, rows: Rows, question: str, document_id: str) -> Cell:
        cell = _read(rows, question_key(question), document_id)
        if cell is None:
            raise NotFound(f"{question!r} has not been asked about {document_id!r} yet; fill the table first")
        return cell

    # ------------------------------------------------------------ tables and sets

    def keep_table(self, table: Table) -> Table:
        """The table as it is kept: one without an id gets one."""
        table = table if table.id else replace(table, id=secrets.token_hex(6))
        with self._kept.transaction() as rows:
            kept = json.dumps(plain(table), ensure_ascii=False)
            rows.execute("DELETE FROM tables WHERE id = ?", (table.id,))
            rows.execute("INSERT INTO tables (id, at, kept) VALUES (?, ?, ?)", (table.id, table.at, kept))
        return table

    def tables(self) -> list[Table]:
        """The newest first."""
        with self._kept.transaction(write=False) as rows:
            found = rows.execute("SELECT kept FROM tables ORDER BY at DESC, rowid DESC").fetchall()
        return [record(Table, json.loads(kept)) for (kept,) in found]

    def table(self, id: str) -> Table:
        """By its id, or its name where that is one table's only. Raises NotFound."""
        return one_of(self.tables(), id)

    def remove_table(self, id: str) -> None:
        """The table is gone; its cells are kept, for other tables and questions. Raises NotFound."""
        with self._kept.transaction() as rows:
            if not rows.execute("DELETE FROM tables WHERE id = ?", (id,)).rowcount:
                raise NotFound(f"no review table {id!r}; it was removed already, or is of another corpus")

    def keep_set(self, name: str, columns: Sequence[Column], by: str, at: str) -> None:
        """A set of questions of this corpus' own, in the place of an earlier one of that name."""
        if not name.strip():
            raise UsageError("the set has no name; give it one")
        kept = json.dumps(plain(list(columns)), ensure_ascii=False)
        with self._kept.transaction() as rows:
            rows.execute("DELETE FROM sets WHERE name = ?", (name.strip(),))
            rows.execute("INSERT INTO sets (name, by, at, columns) VALUES (?, ?, ?, ?)", (name.strip(), by, at, kept))

    def sets(self) -> dict[str, tuple[Column, ...]]:
        """The corpus' own sets of questions, by name."""
        with self._kept.transaction(write=False) as rows:
            found = rows.execute("SELECT name, columns FROM sets ORDER BY name").fetchall()
        return {name: tuple(record(Column, one) for one in json.loads(kept)) for name, kept in found}

    def remove_set(self, name: str) -> None:
        """Raises NotFound."""
        with self._kept.transaction() as rows:
            if not rows.execute("DELETE FROM sets WHERE name = ?", (name,)).rowcount:
                raise NotFound(f"no set {name!r} of this corpus' own")

    # ------------------------------------------------------------ moved

    def copy(self, target: CellStore) -> None:
        """All of it, in the place of what `target` held."""
        with self._kept.transaction(write=False) as rows:
            found = {
                name: rows.execute(f"SELECT {columns} FROM {name}").fetchall() for name, columns in _COLUMNS.items()
            }
        if not any(found.values()):
            return
        with target._kept.transaction() as rows:
            for name, columns in _COLUMNS.items():
                rows.execute(f"DELETE FROM {name}")
                marks = ", ".join("?" * len(columns.split(", ")))
                for row in found[name]:
                    rows.execute(f"INSERT INTO {name} ({columns}) VALUES ({marks})", row)


def one_of(known: Sequence[Table], id: str) -> Table:
    """The table of that id, or name where that is one table's only. Raises NotFound."""
    found = [table for table in known if table.id == id] or [table for table in known if table.name == id]
    if len(found) != 1:
        near = suggest(id, [table.name for table in known])
        raise NotFound(f"{len(found) or 'no'} review table{'s' * bool(found)} {id!r}{near}; give its id")
    return found[0]


def _words(text: str, what: str) -> str:
    if len(text) > LONGEST_WORDS:
        raise UsageError(f"the {what} has {len(text)} characters, at most {LONGEST_WORDS} are kept")
    return text.strip()


def _next_revision(rows: Rows) -> int:
    row = rows.execute("UPDATE counter SET revision = revision + 1 RETURNING revision").fetchone()
    if row is None:
        rows.execute("INSERT INTO counter (one, revision) VALUES (1, 1)")
    return int(row[0]) if row else 1


def _write_cell(rows: Rows, cell: Cell) -> Cell:
    cell = replace(cell, revision=_next_revision(rows))
    answer, passages, comments = (
        json.dumps(plain(value), ensure_ascii=False)
        for value in (replace(cell.answer, evidence=()), cell.passages, cell.comments)
    )
    correction, approval = (
        None if value is None else json.dumps(plain(value), ensure_ascii=False)
        for value in (cell.correction, cell.approval)
    )
    rows.execute("DELETE FROM cells WHERE key = ? AND document = ?", (cell.key, cell.document_id))
    rows.execute(
        f"INSERT INTO cells ({_COLUMNS['cells']}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (cell.key, cell.document_id, cell.question, cell.at, cell.document_sha256, answer, passages, correction,
         approval, comments, cell.revision),
    )  # fmt: skip
    return cell


def _read(rows: Rows, key: str, document_id: str) -> Cell | None:
    row = rows.execute(f"{_SELECT} WHERE key = ? AND document = ?", (key, document_id)).fetchone()
    return None if row is None else _cell(row)


def _cell(row: Sequence[object]) -> Cell:
    question, document, answer, passages, sha256, at, correction, approval, comments, revision = row
    return Cell(
        question=str(question),
        document_id=str(document),
        answer=record(Answer, json.loads(str(answer))),
        passages=tuple(record(Passage, one) for one in json.loads(str(passages))),
        document_sha256=str(sha256),
        at=str(at),
        correction=None if correction is None else record(Said, json.loads(str(correction))),
        approval=None if approval is None else record(Approval, json.loads(str(approval))),
        comments=tuple(record(Said, one) for one in json.loads(str(comments))),
        revision=int(str(revision)),
    )
