"""Corpora in a database, by the protocols of `rag.ingest.stores`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sparewheel.rag.errors import NotFound, StoreError, UsageError, no_corpus
from sparewheel.rag.ingest.corpus import CorpusConfig, checked_name, config_of
from sparewheel.rag.ingest.manifest import Manifest
from sparewheel.rag.postgres.database import Database
from sparewheel.rag.postgres.lists import Lists
from sparewheel.rag.postgres.migrate import ready
from sparewheel.rag.postgres.snapshot import PostgresSnapshot, storable
from sparewheel.rag.postgres.transaction import PostgresTransaction

if TYPE_CHECKING:
    from sparewheel.rag.postgres.database import Rows

PARTS = 4  # hash partitions of a corpus' chunks and contents
_WHOLE = ("documents", "facts", "segments", "postings", "vectors")  # vectors: a question walks one graph, not four
_CUT = ("contents", "chunks")
_lists: WeakKeyDictionary[Database, Lists] = WeakKeyDictionary()


class PostgresPlace:
    """A `Place`: one database. Its schema is made, or brought up to date, with the first call that needs it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def names(self) -> list[str]:
        """The corpora, sorted."""
        return [name for (name,) in self._read('SELECT name FROM corpora ORDER BY name COLLATE "C"')]

    def config(self, name: str) -> CorpusConfig:
        """What the corpus is."""
        return self._found(name)[1]

    def store(self, name: str) -> PostgresStore:
        """The corpus."""
        number, config = self._found(name)
        return PostgresStore(self, number, config)

    def create(self, config: CorpusConfig) -> PostgresStore:
        """The corpus, made with `config` unless it is there already."""
        checked_name(config.name)
        ready(self.database)

        def made(rows: Rows) -> None:
            row = rows.execute(
                "INSERT INTO corpora (name, config, parts) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING number",
                (config.name, config.to_json().decode(), PARTS),
            ).fetchone()
            if row is None:
                return
            for table in _WHOLE:
                rows.execute(f"CREATE TABLE {table}_{row[0]} PARTITION OF {table} FOR VALUES IN ({row[0]})")
            for table in _CUT:
                rows.execute(
                    f"CREATE TABLE {table}_{row[0]} PARTITION OF {table} FOR VALUES IN ({row[0]})"
                    " PARTITION BY HASH (document)"
                )
                for part in range(PARTS):
                    rows.execute(
                        f"CREATE TABLE {table}_{row[0]}_{part} PARTITION OF {table}_{row[0]}"
                        f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
                    )

        if not self._read("SELECT 1 FROM corpora WHERE name = %s", (config.name,)):
            self.database.write(made)
        return self.store(config.name)

    @property
    def lists(self) -> Lists:
        """What this process keeps of the keyword indexes."""
        return _lists.setdefault(self.database, Lists())

    def _found(self, name: str) -> tuple[int, CorpusConfig]:
        checked_name(name)
        rows = self._read("SELECT number, config::text FROM corpora WHERE name = %s", (name,))
        if not rows:
            raise NotFound(no_corpus(name, self.names()))
        try:
            return rows[0][0], config_of(rows[0][1])
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise StoreError(
                f"what corpus {name!r} is cannot be read from {self.database.shown} ({error}); mend its row in corpora"
            ) from error

    def _read(self, query: str, given: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        ready(self.database)
        # from the primary: rights count from the next question on
        return self.database.read(lambda rows: rows.execute(query, given).fetchall(), fresh=True)


class PostgresStore:
    """One corpus in the database."""

    def __init__(self, place: PostgresPlace, number: int, config: CorpusConfig) -> None:
        self._place, self.number, self.database = place, number, place.database
        self.config = config

    @property
    def where(self) -> str:
        """The database, without its password."""
        return self.database.shown

    def again(self) -> PostgresStore:
        """With its config read anew."""
        return self._place.store(self.config.name)

    def configure(self, **changes: Any) -> None:
        """Changes fields of the config as it is now in the database."""
        self.revise(lambda config: changes)

    def revise(self, change: Callable[[CorpusConfig], Mapping[str, Any]]) -> None:
        """As `configure`, with fields that depend on what is there."""

        def changed(rows: Rows) -> CorpusConfig:
            row = rows.execute(
                "SELECT config::text FROM corpora WHERE number = %s FOR UPDATE", (self.number,)
            ).fetchone()
            if row is None:
                raise NotFound(f"corpus {self.config.name!r} was removed; list what is there: sparewheel corpora list")
            config = config_of(row[0])
            config = replace(config, **change(config))
            rows.execute("UPDATE corpora SET config = %s WHERE number = %s", (config.to_json().decode(), self.number))
            return config

        self.config = self.database.write(changed)

    def current(self) -> int:
        """The number of the newest version, 0 before the first."""
        row = self.database.read(
            lambda rows: rows.execute("SELECT version FROM corpora WHERE number = %s", (self.number,)).fetchone()
        )
        if row is None:
            raise NotFound(f"no corpus {self.config.name!r}; it was removed")
        return max(int(row[0]), self.database.seen.get(self.number, 0))

    def manifest(self) -> Manifest | None:
        """Of the newest version; None before the first."""
        snapshot = PostgresSnapshot(self.database, self.number, self._place.lists)
        return snapshot.manifest if snapshot.head.version else None

    def bytes(self) -> int:
        """What the corpus takes in the database, indexes and what just died included."""
        tables = [f"{table}_{self.number}" for table in (*_WHOLE, *_CUT)]
        row = self.database.read(
            lambda rows: rows.execute(
                "SELECT coalesce(sum(pg_total_relation_size(t.relid)), 0)::bigint"
                " FROM unnest(%s::text[]) n, pg_partition_tree(n::regclass) t",
                (tables,),
            ).fetchone()
        )
        return int(row[0]) if row else 0

    def open(self, *, checked: bool = True) -> PostgresSnapshot:
        """The newest version. Raises NotFound before the first. checked: the database looks after its pages itself."""
        snapshot = PostgresSnapshot(self.database, self.number, self._place.lists)
        if not snapshot.head.version:
            name = self.config.name
            raise NotFound(f"corpus {name!r} has no documents yet; run: sparewheel ingest PATH --corpus {name}")
        return snapshot

    @contextmanager
    def write(self, *, wait: bool = False) -> Iterator[PostgresTransaction]:
        """A transaction. Nobody has to wait for another writer."""
        yield PostgresTransaction(self.database, self.number, self._place.lists)

    def destroy(self, *, wait: bool = False) -> None:
        """The corpus and all its rows are gone."""

        def gone(rows: Rows) -> None:
            rows.execute("DELETE FROM corpora WHERE number = %s", (self.number,))
            for table in (*_WHOLE, *_CUT):
                rows.execute(f"DROP TABLE IF EXISTS {table}_{self.number}")

        self.database.write(gone)
        self._place.lists.keep_only(self.number, set())

    def note(self, name: str) -> dict[str, Any] | None:
        """A small record kept with the corpus, None where there is none."""
        row = self.database.read(
            lambda rows: rows.execute(
                "SELECT value FROM notes WHERE corpus = %s AND name = %s", (self.number, name)
            ).fetchone()
        )
        return row[0] if row and isinstance(row[0], dict) else None

    def keep_note(self, name: str, value: Mapping[str, Any]) -> None:
        """Replaces that record."""
        kept = storable(json.dumps(value, ensure_ascii=False))
        self.database.write(
            lambda rows: rows.execute(
                "INSERT INTO notes VALUES (%s, %s, %s) ON CONFLICT (corpus, name) DO UPDATE SET value = excluded.value",
                (self.number, name, kept),
            )
        )
