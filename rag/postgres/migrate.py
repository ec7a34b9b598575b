"""The schema of the database, brought up to this program's version by numbered files of plain SQL."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING
from weakref import WeakSet

from sparewheel.rag.errors import StoreError
from sparewheel.rag.postgres.database import SCHEMA, Database, driver

if TYPE_CHECKING:
    from sparewheel.rag.postgres.database import Rows

LEAST_SERVER = 150000
LEAST_VECTOR = (0, 8)
_LOCK = 0x5350_4152  # of the one who migrates


def migrations() -> list[tuple[int, str]]:
    """(number, SQL) in order."""
    found = [
        file for file in files("sparewheel.rag.postgres").joinpath("migrations").iterdir() if file.name[:4].isdigit()
    ]
    return sorted((int(file.name[:4]), file.read_text(encoding="utf-8")) for file in found)


_ready: WeakSet[Database] = WeakSet()


def ready(database: Database) -> None:
    """As `migrate`, looked at once by a process."""
    if database not in _ready:
        migrate(database)
        _ready.add(database)


def migrate(database: Database) -> int:
    """The version that the schema has now. Cheap where there is nothing to do.

    Raises StoreError for a server or an extension that is too old, and for a schema of a newer program.
    """
    todo = migrations()
    newest = todo[-1][0]
    version = database.read(_version, fresh=True)
    if version > newest:
        raise StoreError(
            f"the schema in {database.shown} has version {version}, this program knows {newest}; use the newer program"
        )
    if version < newest:
        with database.connection() as rows:
            rows.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            try:
                _check_server(rows, database.shown)
                for number, statements in todo:
                    if number > _version(rows):
                        with rows.transaction():
                            rows.execute(statements)
                            rows.execute("INSERT INTO migrations (number) VALUES (%s)", (number,))
            finally:
                rows.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
        database.close()  # what was opened before knows no vectors
    return newest


def _version(rows: Rows) -> int:
    if rows.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.migrations",)).fetchone() == (None,):
        return 0
    found = rows.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()
    return int(found[0]) if found else 0


def _check_server(rows: Rows, where: str) -> None:
    """The server is new enough, and has the extension and the schema."""
    if rows.info.server_version < LEAST_SERVER:
        raise StoreError(f"{where} is PostgreSQL {rows.info.server_version // 10000}; 15 or newer is needed")
    psycopg = driver()
    rows.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    try:
        rows.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    except (
        psycopg.errors.UndefinedFile,
        psycopg.errors.FeatureNotSupported,
        psycopg.errors.InsufficientPrivilege,
    ) as error:
        raise StoreError(
            f"{where} has no pgvector; let its administrator install it and run: CREATE EXTENSION vector"
        ) from error
    row = rows.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    version = str(row[0]) if row else "0"
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST_VECTOR:
        raise StoreError(f"{where} has pgvector {version}; 0.8 or newer is needed: ALTER EXTENSION vector UPDATE")
    rows.execute(
        "CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
    )
