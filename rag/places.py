"""Where the corpora of these settings are kept: in a folder, or in PostgreSQL."""

from __future__ import annotations

from sparewheel.rag.errors import SettingsError
from sparewheel.rag.ingest.store import FolderPlace
from sparewheel.rag.ingest.stores import Place
from sparewheel.rag.settings import Settings


def place_of(settings: Settings) -> Place:
    """The place that the setting `store` names; without one the data folder."""
    if settings.store:
        raise SettingsError(
            f"store = {settings.store.partition('://')[0]!r}: this version keeps corpora in folders only"
        )
    return FolderPlace(settings.corpora_folder)
