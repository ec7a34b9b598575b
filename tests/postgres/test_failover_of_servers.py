"""The primary is killed and the replica becomes the primary: questions go on, none is lost; the ingest goes on too, and
brings nothing in twice; what is kept beside the documents is read all the while, and written again afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from engines import config, made, put
from servers import Server

from sparewheel.app.kept.history import History
from sparewheel.rag.assemble import searches
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.places import cells_of, place_of
from sparewheel.rag.postgres.database import database_of
from sparewheel.rag.review.cell import cell_of
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Server, Server]]:
    servers: list[Server] = []
    try:
        servers.append(Server.primary())
        servers.append(servers[0].replica())
    except Exception as error:
        for server in servers:
            server.stop()
        pytest.skip(f"no pair of servers could be started: {type(error).__name__}: {error}")
    yield servers[0], servers[1]
    for server in servers:
        server.stop()


def test_reads_ask_the_replica_and_see_what_was_written(pair: tuple[Server, Server]) -> None:
    """A replica that lags behind what this process has written is passed over; a paused one is not waited for."""
    primary, replica = pair
    settings = Settings(store=f"postgresql://postgres@/postgres?host={primary.where},{replica.where}")
    database = database_of(settings)
    store = place_of(settings).create(config("others"))
    put(store, made(0))
    with psycopg.connect(f"host={replica.where} user=postgres dbname=postgres", autocommit=True) as rows:
        while rows.execute("SELECT to_regclass('sparewheel.corpora')").fetchone() == (None,):
            pass
        on_replica = database.read(lambda rows: rows.execute("SELECT pg_is_in_recovery()").fetchone())
        rows.execute("SELECT pg_wal_replay_pause()")
        put(store, made(1))
        assert (on_replica, len(store.open().documents())) == ((True,), 2)
        rows.execute("SELECT pg_wal_replay_resume()")
    database.close()


def test_the_primary_dies_and_nothing_is_lost(pair: tuple[Server, Server]) -> None:
    primary, replica = pair
    settings = Settings(store=f"postgresql://postgres@/postgres?host={primary.where},{replica.where}")
    place = place_of(settings)
    store = place.create(config())
    put(store, *(made(n) for n in range(10)))
    with psycopg.connect(f"host={primary.where} user=postgres dbname=postgres", autocommit=True) as rows:
        rows.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")  # what was acknowledged is on the replica
        rows.execute("SELECT pg_reload_conf()")
    cells, history = cells_of(store), History.of(settings)
    cell = cell_of(Answer("Who pays?", "papers", "The tenant.", "answered"), "0001.txt", "abc", "2026-11-29T09:00:00")
    cells.put(cell)
    talk = history.start("anna", "papers", "Who pays?")
    stop, asked, failed = threading.Event(), list[int](), list[BaseException]()
    brought: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            try:
                with store.open() as snapshot:
                    keywords, _ = searches(snapshot)
                    asked.append(len(keywords.search("lease notice rent deposit tenant", 5)))
            except BaseException as error:
                failed.append(error)

    def bring() -> None:
        try:
            for n in range(100, 140):
                put(place.store("papers"), made(n))
                brought.append(n)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=ask), threading.Thread(target=ask), threading.Thread(target=bring)]
    for thread in threads:
        thread.start()
    while len(brought) < 8 and threads[2].is_alive():
        threads[2].join(0.01)
    primary.kill()
    before = len(asked)
    while len(asked) < before + 20 and not failed:  # questions while there is no primary at all
        threads[2].join(0.01)
    assert [kept.text for kept in cells.cells()] == ["The tenant."]
    assert history.list("anna")[0].id == talk.id
    with pytest.raises(Unavailable):
        cells.put(cell)
    replica.promote()
    with psycopg.connect(f"host={replica.where} user=postgres dbname=postgres", autocommit=True) as rows:
        rows.execute("ALTER SYSTEM SET synchronous_standby_names = ''")  # it has no replica now
        rows.execute("SELECT pg_reload_conf()")
    threads[2].join(60)
    stop.set()
    for thread in threads:
        thread.join()
    assert (failed, brought, set(asked)) == ([], list(range(100, 140)), {5})
    with store.open() as snapshot:
        expected = sorted(f"{n:04d}.txt" for n in (*range(10), *range(100, 140)))
        assert [info.id for info in snapshot.documents()] == expected
        snapshot.verify()
    cells.correct("Who pays?", "0001.txt", "The landlord.", "anna", "2026-11-29T10:00:00")
    assert [kept.text for kept in cells.cells()] == ["The landlord."]
    database_of(settings).close()
