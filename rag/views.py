"""A corpus that changes while it is asked: each question sees the newest snapshot, whole."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sparewheel.rag.chain import View
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Settings

Open = Callable[[Snapshot, CorpusConfig, Settings], View]


class Views:
    """The newest snapshot of a store, opened again when a writer has published another."""

    def __init__(self, store: Store, settings: Settings, open_view: Open) -> None:
        self._store = store
        self._settings = settings
        self._open = open_view
        self._lock = threading.Lock()
        self._number = 0
        self._snapshots: list[Snapshot] = []  # the newest last; older ones may still be read by a question in flight
        self._view: View | None = None

    def __call__(self) -> View:
        """Cheap when nothing was published: one small file is read."""
        with self._lock:
            number = self._store.current()
            if self._view is None or number != self._number:
                self._store = Store(self._store.folder)  # the first fill writes the embedding model into corpus.json
                snapshot = self._store.open()
                self._view = self._open(snapshot, self._store.config, self._settings)
                self._number = number
                self._snapshots.append(snapshot)
                while len(self._snapshots) > 2:
                    self._snapshots.pop(0).close()
            return self._view

    def reload(self, settings: Settings) -> None:
        """The next question opens the newest snapshot anew, with these settings."""
        with self._lock:
            self._settings = settings
            self._number = 0

    def close(self) -> None:
        """Closes the snapshots; no question may be in flight."""
        with self._lock:
            for snapshot in self._snapshots:
                snapshot.close()
            self._snapshots.clear()
            self._view = None
