"""Where the corpora of these settings are kept, in a folder or in PostgreSQL; and where what was answered from them."""

from __future__ import annotations

from pathlib import Path

from sparewheel.rag.ingest.store import FolderPlace, Store
from sparewheel.rag.ingest.stores import CorpusStore, Place
from sparewheel.rag.memory.store import FILE as MEMORY
from sparewheel.rag.memory.store import MemoryStore
from sparewheel.rag.review.store import FILE as CELLS
from sparewheel.rag.review.store import CellStore
from sparewheel.rag.settings import Settings
from sparewheel.rag.sql import Tables


def place_of(settings: Settings) -> Place:
    """The place that the setting `store` names; without one the data folder. Raises SettingsError for an address that
    is none, UsageError without the extra `postgres`."""
    if settings.store:
        from sparewheel.rag.pinned import FOLDER, PinnedPlace
        from sparewheel.rag.postgres.database import database_of
        from sparewheel.rag.postgres.store import PostgresPlace

        return PinnedPlace(PostgresPlace(database_of(settings)), FolderPlace(settings.corpora_folder / FOLDER))
    return FolderPlace(settings.corpora_folder)


def cells_of(store: CorpusStore) -> CellStore:
    """The cells and review tables of the corpus."""
    return CellStore(_beside(store, CELLS))


def memory_of(store: CorpusStore) -> MemoryStore:
    """Where answers of the corpus are kept for an outage."""
    return MemoryStore(_beside(store, MEMORY))


def _beside(store: CorpusStore, file: str) -> Path | Tables:
    """The file in the folder of the corpus, or what stands for it in the database that the corpus is in."""
    if isinstance(store, Store):
        return store.folder / file
    from sparewheel.rag.postgres.shared import OfCorpus
    from sparewheel.rag.postgres.store import PostgresStore

    if not isinstance(store, PostgresStore):
        raise TypeError(f"nothing is kept beside a {type(store).__name__}")
    return OfCorpus(store.database, store.number, file)
