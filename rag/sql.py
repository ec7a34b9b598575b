"""Small tables, in a SQLite file or in the database that the servers share; what is asked of them is said once.

with tables.transaction() as rows:
    rows.execute("SELECT ... WHERE id = ?", (id,)).fetchone()      the same words for both
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from sparewheel.rag.errors import NotFound, StoreError

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


class Tables(Protocol):
    """Where they are. Safe to share between threads and processes."""

    among: str  # after the name of a column: among the values `listed` as one `?`

    def transaction(self, *, write: bool = True) -> AbstractContextManager[Rows]:
        """Written when the block ends, undone when it raises; one writer at a time. write: False for one that only
        reads, and waits for nobody."""
        ...


class InFile:
    """One SQLite file, opened anew for every transaction. It is made with the first that writes, for the account that
    serves it alone; until then its tables are empty."""

    among = "IN (SELECT value FROM json_each(?))"

    def __init__(self, path: Path, schema: str, *, of_corpus: bool = False) -> None:
        """schema: what makes the tables that are not there yet. of_corpus: the file is nowhere without its folder, and
        what a crash of the machine took from it can be asked again."""
        self.path = path
        self._schema = schema
        self._of_corpus = of_corpus

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[sqlite3.Connection]:
        """As `Tables`. Raises StoreError for a damaged file, NotFound where the corpus was removed."""
        if write and not self.path.exists():
            self._make()
        path = self.path if self.path.exists() else ":memory:"
        with closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as rows:
            try:
                rows.execute("PRAGMA foreign_keys=ON")
                rows.execute("PRAGMA secure_delete=ON")  # what is deleted is gone from the file
                rows.execute(f"PRAGMA synchronous={'NORMAL' if self._of_corpus else 'FULL'}")
                rows.executescript(self._schema)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                raise StoreError(
                    f"{self.path} is damaged ({error}); bring it back from a backup, or remove it"
                ) from error
            rows.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield rows
            except BaseException:
                rows.execute("ROLLBACK")
                raise
            rows.execute("COMMIT")

    def _make(self) -> None:
        """The file is there, with its tables: nobody ever sees one without."""
        folder = self.path.parent
        if not self._of_corpus:
            folder.mkdir(parents=True, exist_ok=True)
        elif not folder.is_dir():
            raise NotFound(f"no corpus {folder.name!r}; it was removed meanwhile")
        new = folder / f".{self.path.name}.{secrets.token_hex(6)}"
        try:
            new.touch(mode=0o600)
            with closing(sqlite3.connect(new)) as rows:
                rows.execute("PRAGMA journal_mode=WAL")
                rows.executescript(self._schema)
            with suppress(FileExistsError):
                os.link(new, self.path)
        finally:
            new.unlink()


def listed(values: Iterable[Any]) -> str:
    """The values as one, for `Tables.among`."""
    return json.dumps(list(values), ensure_ascii=False)
