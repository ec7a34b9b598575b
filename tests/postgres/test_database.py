"""A database that fails is a named failure; no password is told; the schema is made once and kept up to date."""

from __future__ import annotations

import os
import threading
from typing import Any

import psycopg
import pytest
from engines import config, made, put

from sparewheel.app.cli.settings import hide_keys
from sparewheel.rag.errors import SettingsError, StoreError, Unavailable
from sparewheel.rag.places import place_of
from sparewheel.rag.postgres import migrate as migrations
from sparewheel.rag.postgres.database import CONNECTIONS, Database, database_of, shown
from sparewheel.rag.postgres.migrate import migrate
from sparewheel.rag.postgres.store import PostgresPlace
from sparewheel.rag.settings import Answering, Breaker, Settings

NOWHERE = "postgresql://anna:geheim@127.0.0.1:1/papers"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_no_password_is_ever_told() -> None:
    """In the settings shown, in the place named, in the failure."""
    for url in (NOWHERE, "postgresql://h/d?user=a&password=geheim&sslmode=require"):
        assert "geheim" not in shown(url) + str(hide_keys(Settings(store=url))["store"])
    assert shown("postgresql://h/d?user=a&password=geheim&sslmode=require") == "postgresql://h/d?user=a&sslmode=require"
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/papers cannot be reached") as failure:
        place_of(Settings(store=NOWHERE)).names()
    assert "geheim" not in str(failure.value)
    assert failure.value.reason == "store_unavailable"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://h/d", "is no address of a database; write postgresql://"),
        ("postgresql://a:p@ss%w@h/d", "every special character of the password as %XX"),
    ],
)
def test_an_address_that_is_none(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as error:
        place_of(Settings(store=url))
    assert "p@ss" not in str(error.value)


def test_a_database_that_is_down_is_left_alone_and_probed() -> None:
    """By the rules of every breaker: after a few failures it is not asked, then one question finds out."""
    clock = Clock()
    database = Database(NOWHERE, Settings(breaker=Breaker(consecutive_failures=3, cooldown_s=5.0)), clock=clock)
    asked = 0

    def count(pool: Any) -> Any:
        nonlocal asked
        asked += 1
        raise psycopg.OperationalError("connection refused")

    for _ in range(3):
        with pytest.raises(Unavailable, match="cannot be reached"), database._guarded():
            count(None)
    with pytest.raises(Unavailable, match=r"is left alone for [45] s") as left, database._guarded():
        count(None)
    assert (asked, left.value.retry_after_s is not None) == (3, True)
    clock.now = 6.0
    with pytest.raises(Unavailable, match="cannot be reached"), database._guarded():
        count(None)
    assert asked == 4
    clock.now = 20.0
    for _ in range(3):
        with database._guarded():
            pass
    assert database.breaker.state == "closed"


def test_a_statement_ends_within_the_time_of_a_question(database_url: str) -> None:
    """A quarter of it at most, and says so."""
    database = Database(database_url, Settings(answer=Answering(timeout_s=0.4)))
    with pytest.raises(Unavailable, match="took too long") as late:
        database.read(lambda rows: rows.execute("SELECT pg_sleep(60)"))
    assert late.value.reason == "store_timeout"
    assert database.read(lambda rows: rows.execute("SELECT 1").fetchone()) == (1,)
    database.close()


def test_a_lost_connection_costs_no_question(database_url: str) -> None:
    """The server ends every session: the next read and the next write open a new one."""
    place = place_of(Settings(store=database_url))
    store = place.create(config())
    put(store, made(0))
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sparewheel'"
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(cut)
        assert len(store.open().documents()) == 1
        other.execute(cut)
        put(store, made(1))
    assert len(store.open().documents()) == 2


def test_the_schema_is_made_once_however_many_begin(database_url: str) -> None:
    """Several processes at once; a newer schema is refused by an older program; an older server too."""
    databases = [Database(database_url, Settings()) for _ in range(4)]
    found: list[int] = []
    threads = [threading.Thread(target=lambda d=d: found.append(migrate(d))) for d in databases]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = migrations.migrations()[-1][0]
    assert found == [newest] * 4
    databases[0].write(lambda rows: rows.execute("INSERT INTO migrations (number) VALUES (9999)"))
    with pytest.raises(StoreError, match=f"version 9999, this program knows {newest}; use the newer program"):
        migrate(databases[1])
    for database in databases:
        database.close()


def test_an_old_server_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LEAST_SERVER", 990000)
    with pytest.raises(StoreError, match="15 or newer is needed"):
        PostgresPlace(Database(database_url, Settings())).names()


def test_a_forked_child_opens_its_own_connections(database_url: str) -> None:
    """The parent's go on."""
    settings = Settings(store=database_url)
    store = place_of(settings).create(config())
    put(store, made(0))
    child = os.fork()
    if not child:
        try:
            os._exit(0 if len(store.open().documents()) == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert len(store.open().documents()) == 1


def test_connections_are_limited_and_given_back(database_url: str) -> None:
    """Many threads at once share a few; a thread that failed gives its own back."""
    database = database_of(Settings(store=database_url))
    results: list[Any] = []

    def ask() -> None:
        for _ in range(5):
            results.append(database.read(lambda rows: rows.execute("SELECT pg_backend_pid()").fetchone()))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(results), len(set(results)) <= CONNECTIONS) == (200, True)
    with pytest.raises(psycopg.errors.DivisionByZero):
        database.read(lambda rows: rows.execute("SELECT 1 / 0"))
    assert database.read(lambda rows: rows.execute("SELECT 2").fetchone()) == (2,)
