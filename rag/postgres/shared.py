"""What servers share beside the documents, for code that says its SQL once, by the protocol of `rag.sql`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sparewheel.rag.errors import NotFound
from sparewheel.rag.postgres.database import Database, database_of, driver
from sparewheel.rag.postgres.migrate import ready
from sparewheel.rag.postgres.snapshot import storable
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from psycopg import Cursor

    from sparewheel.rag.postgres.database import Rows


class SharedRows:
    """A connection inside a transaction, with the face of SQLite's: `rag.sql.Rows`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def execute(self, query: str, given: Sequence[Any] = ()) -> Cursor[tuple[Any, ...]]:
        """The query, its `?` filled in order."""
        values = [storable(value) if isinstance(value, str) else value for value in given]
        return self._rows.execute(query.replace("%", "%%").replace("?", "%s"), values)


class Shared:
    """The tables of what is shared. Its schema is made, or brought up to date, with the first call."""

    among = "= ANY (SELECT json_array_elements_text(replace(?, '\\u0000', '\\ufffd')::json))"

    def __init__(self, database: Database, name: str = "shared") -> None:
        """name: of what is kept; its writers take turns."""
        self.database = database
        self._name = name

    @contextmanager
    def transaction(self, *, write: bool = True, in_turn: bool = True) -> Iterator[SharedRows]:
        """Written when the block ends, undone when it raises; one writer of this name at a time, among all servers,
        unless `in_turn` is False. Raises Unavailable without a primary; one that only reads is content with a
        replica."""
        ready(self.database)
        with self.database.transaction(write=write) as rows:
            if write and in_turn:
                rows.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self._name,))
            yield SharedRows(rows)

    def stamp(self, name: str) -> int:
        """How often what is called so was changed, 0 for never. Cheap enough for every request."""
        ready(self.database)
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


class OfCorpus(Shared):
    """Tables of one corpus. Its statements see that corpus alone: the views of migration 6 are of the one that the
    transaction names."""

    def __init__(self, database: Database, number: int, name: str) -> None:
        super().__init__(database, f"{name} of {number}")
        self._number = number

    @contextmanager
    def transaction(self, *, write: bool = True, in_turn: bool = True) -> Iterator[SharedRows]:
        """As `Shared.transaction`. Raises NotFound where the corpus was removed."""
        try:
            with super().transaction(write=write, in_turn=in_turn) as rows:
                rows.execute("SELECT set_config('sparewheel.corpus', ?, true)", (str(self._number),))
                yield rows
        except driver().errors.ForeignKeyViolation as error:
            raise NotFound("the corpus was removed meanwhile") from error


def changed(rows: SharedRows, name: str) -> None:
    """Notes that what is called so was changed: whoever compares its stamp reads it again."""
    rows.execute(
        "INSERT INTO stamps VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET version = stamps.version + 1", (name,)
    )


def shared_of(settings: Settings) -> Shared | None:
    """Of the database that the settings name; None where the corpora are in a folder, and what is shared too."""
    return Shared(database_of(settings)) if settings.store else None
