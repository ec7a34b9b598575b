"""Where conversations, feedback and sign-ins are kept: a SQLite file, or the database that the servers share."""

from __future__ import annotations

from sparewheel.rag.settings import Settings
from sparewheel.rag.sql import InFile, Tables


def kept_by(settings: Settings, file: str, schema: str) -> Tables:
    """In the shared database where the settings name one, else in `file` of the data folder."""
    if settings.store:
        from sparewheel.rag.postgres.database import database_of
        from sparewheel.rag.postgres.shared import Shared

        return Shared(database_of(settings), file)
    return InFile(settings.corpora_folder / file, schema)
