"""Where conversations, feedback and sign-ins are kept: a SQLite file, or the database that the servers share.

with kept.transaction() as rows:
    rows.execute("SELECT ... WHERE id = ?", (id,)).fetchone()      the same words for both
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from sparewheel.rag.settings import Settings

BUSY_S = 10.0  # how long a writer waits for another


class Found(Protocol):
    """What a query gave."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Rows(Protocol):
    """A transaction."""

    def execute(self, query: str, given: Sequence[Any] = ..., /) -> Found:
        """`?` stands for a value."""
        ...


class Kept(Protocol):
    """Where it is kept. Safe to share between threads and processes."""

    def transaction(self, *, write: bool = True) -> AbstractContextManager[Rows]:
        """Written when the block ends, undone when it raises; one writer at a time. write: False for one that only
        reads, and waits for nobody."""
        ...


class InFile:
    """One SQLite file, opened anew for every transaction."""

    def __init__(self, path: Path, schema: str) -> None:
        """schema: what makes the tables that are not there yet."""
        self.path = path
        self._schema = schema

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[sqlite3.Connection]:
        """As `Kept`. The file is made with the first, for the account that serves it alone."""
        new = not self.path.exists()
        if new:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
        with closing(sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)) as rows:
            rows.execute("PRAGMA journal_mode=WAL")
            rows.execute("PRAGMA foreign_keys=ON")
            rows.execute("PRAGMA secure_delete=ON")  # what is deleted is gone from the file
            rows.executescript(self._schema)
            rows.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield rows
            except BaseException:
                rows.execute("ROLLBACK")
                raise
            rows.execute("COMMIT")


def kept_by(settings: Settings, file: str, schema: str) -> Kept:
    """In the shared database where the settings name one, else in `file` of the data folder."""
    if settings.store:
        from sparewheel.rag.postgres.database import database_of
        from sparewheel.rag.postgres.shared import Shared

        return Shared(database_of(settings), file)
    return InFile(settings.corpora_folder / file, schema)
