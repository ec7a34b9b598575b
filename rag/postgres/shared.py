"""What servers share beside corpora, for code that says its SQL once: as SQLite reads it, with `?` for values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sparewheel.rag.postgres.database import Database, database_of
from sparewheel.rag.postgres.migrate import migrate
from sparewheel.rag.postgres.snapshot import storable
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from psycopg import Cursor

    from sparewheel.rag.postgres.database import Rows


class SharedRows:
    """A connection inside a transaction, with the face of SQLite's."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def execute(self, query: str, given: Sequence[Any] = ()) -> Cursor[tuple[Any, ...]]:
        """The query, its `?` filled in order."""
        values = [storable(value) if isinstance(value, str) else value for value in given]
        return self._rows.execute(query.replace("%", "%%").replace("?", "%s"), values)


class Shared:
    """The tables of what is shared. Its schema is made, or brought up to date, with the first call."""

    def __init__(self, database: Database, name: str = "shared") -> None:
        """name: of what is kept; its writers take turns."""
        self.database = database
        self._name = name
        self._ready = False

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[SharedRows]:
        """On the primary; written when the block ends, undone when it raises; one writer of this name at a time, among
        all servers. Raises Unavailable without a primary."""
        self._migrate()
        with self.database.connection() as rows, rows.transaction():
            if write:
                rows.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self._name,))
            yield SharedRows(rows)

    def stamp(self, name: str) -> int:
        """How often what is called so was changed, 0 for never. Cheap enough for every request."""
        self._migrate()
        row = self.database.read(
            lambda rows: rows.execute("SELECT version FROM stamps WHERE name = %s", (name,)).fetchone(), fresh=True
        )
        return int(row[0]) if row else 0

    def secret(self, name: str, new: str) -> str:
        """The secret of this name that all servers have; `new` where there is none yet."""
        with self.transaction() as rows:
            rows.execute("INSERT INTO secrets VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, new))
            row = rows.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else new

    def _migrate(self) -> None:
        if not self._ready:
            migrate(self.database)
            self._ready = True


def changed(rows: SharedRows, name: str) -> None:
    """Notes that what is called so was changed: whoever compares its stamp reads it again."""
    rows.execute(
        "INSERT INTO stamps VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET version = stamps.version + 1", (name,)
    )


def shared_of(settings: Settings) -> Shared | None:
    """Of the database that the settings name; None where the corpora are in a folder, and what is shared too."""
    return Shared(database_of(settings)) if settings.store else None
