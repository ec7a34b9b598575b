"""Where the corpora of these settings are kept, in a folder or in PostgreSQL; and where what was answered from them."""

from __future__ import annotations

from sparewheel.rag.ingest.store import FolderPlace, Store
from sparewheel.rag.ingest.stores import CorpusStore, Place
from sparewheel.rag.memory.store import MemoryStore, SqliteMemory
from sparewheel.rag.review.store import CellStore, cell_store
from sparewheel.rag.settings import Settings


def place_of(settings: Settings) -> Place:
    """The place that the setting `store` names; without one the data folder. Raises SettingsError for an address that
    is none, UsageError without the extra `postgres`."""
    if settings.store:
        from sparewheel.rag.pinned import FOLDER, PinnedPlace
        from sparewheel.rag.postgres.database import database_of
        from sparewheel.rag.postgres.store import PostgresPlace

        return PinnedPlace(PostgresPlace(database_of(settings)), FolderPlace(settings.corpora_folder / FOLDER))
    return FolderPlace(settings.corpora_folder)


def cells_of(store: CorpusStore) -> CellStore | None:
    """The cells and review tables of the corpus; None where its engine keeps none."""
    return cell_store(store.folder) if isinstance(store, Store) else None


def memory_of(store: CorpusStore) -> MemoryStore | None:
    """Where answers of the corpus are kept for an outage; None where its engine keeps none."""
    return SqliteMemory(store.folder) if isinstance(store, Store) else None
