"""When each API key was last used, in a small file of its own: the file of accounts is not written by who only asks."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

EVERY_S = 60.0  # a key that is used all the time is noted so often, by each process


class KeyUse:
    """Safe to share between threads and processes. clock: wall time, seconds."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._lock = threading.Lock()

    def used(self, prefix: str) -> None:
        """The key is used now. Where that cannot be written, the request goes on."""
        now = self._clock()
        with self._lock:
            if now - self._noted.get(prefix, float("-inf")) < EVERY_S:
                return
            self._noted[prefix] = now
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(0o600)
            with closing(sqlite3.connect(self._path, timeout=2.0, isolation_level=None)) as db:
                db.execute("CREATE TABLE IF NOT EXISTS used (prefix TEXT PRIMARY KEY, at REAL)")
                db.execute("INSERT OR REPLACE INTO used VALUES (?, ?)", (prefix, now))

    def last(self) -> dict[str, str]:
        """Prefix -> when it was last used, ISO 8601 UTC to the minute; {} before the first."""
        if not self._path.exists():
            return {}
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, timeout=2.0)) as db:
            rows = db.execute("SELECT prefix, at FROM used").fetchall()
            return {prefix: datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes") for prefix, at in rows}
        return {}
