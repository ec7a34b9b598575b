"""The audit log of every server in the database that they share, beside the file that each writes.

A server writes its own chain into its own file first, on its disk at once, and then the same lines into the table
`audit`, which only grows. While the database cannot be reached, lines wait in memory, and in the file. All seal with
one key, kept in the database too.
"""

from __future__ import annotations

import logging
import secrets
import tempfile
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sparewheel.rag.errors import Unavailable
from sparewheel.rag.postgres.shared import Shared

MOST_WAITING = 100_000  # lines; the file has them all
Line = tuple[int, bytes]  # number and bytes of a record, with the line break


class SharedAudit:
    """The table, as one server writes it."""

    def __init__(self, shared: Shared, folder: Path) -> None:
        """folder: of the server's own file; what names the writer is kept in it."""
        self._shared = shared
        self._folder = folder
        self._waiting: deque[Line] = deque(maxlen=MOST_WAITING)

    @property
    def writer(self) -> str:
        """The name of this server's chain, made with its file."""
        named = self._folder / "writer"
        if not named.exists():
            named.write_text(uuid.uuid4().hex, encoding="utf-8")
        return named.read_text(encoding="utf-8")

    def put(self, lines: Sequence[Line]) -> None:
        """The lines are in the table, or wait for the next time."""
        self._waiting.extend(lines)
        try:
            with self._shared.transaction(in_turn=False) as rows:
                for number, line in self._waiting:
                    rows.execute(
                        "INSERT INTO audit (writer, number, line) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                        (self.writer, number, line),
                    )
        except Unavailable as error:
            told = "%d records of the audit log wait for the database: %s"
            logging.getLogger(__name__).warning(told, len(self._waiting), error)
        else:
            self._waiting.clear()

    @property
    def waiting(self) -> int:
        """Lines that are in the file alone."""
        return len(self._waiting)


def shared_key(shared: Shared) -> bytes:
    """The key that all servers seal with."""
    return bytes.fromhex(shared.secret("audit", secrets.token_hex(32)))


@contextmanager
def as_folders(shared: Shared) -> Iterator[list[Path]]:
    """The chain of each writer as a folder with the log's file, the one begun first first; removed afterwards."""
    with shared.transaction(write=False) as rows, tempfile.TemporaryDirectory(prefix="sparewheel-audit-") as scratch:
        found = rows.execute("SELECT writer FROM audit GROUP BY writer ORDER BY min(at)").fetchall()
        folders = []
        for (writer,) in found:
            folder = Path(scratch) / writer
            folder.mkdir()
            lines = rows.execute("SELECT line FROM audit WHERE writer = ? ORDER BY number", (writer,))
            with (folder / "audit-000001.jsonl").open("wb") as file:
                file.writelines(bytes(line) for (line,) in lines)
            folders.append(folder)
        yield folders
