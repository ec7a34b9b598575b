"""Who may write a corpus: one process at a time, and a second one learns who holds the lock."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sparewheel.rag.disk import FileHold
from sparewheel.rag.errors import Locked


@contextmanager
def writing(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Holds the writer's lock at `path`. Raises Locked, naming the holder, when it is taken and not `wait`."""
    try:
        hold = FileHold(path, shared=False, wait=wait, create=True)
    except BlockingIOError:
        raise Locked(
            f"corpus {path.parent.name!r} is being written by {_holder(path)}; wait for it, or pass --wait"
        ) from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        note = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since})
        os.ftruncate(hold.fd, 0)
        os.pwrite(hold.fd, note.encode(), 0)
        yield
    finally:
        hold.close()


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"process {note['pid']} on {note['host']} since {note['since']}"
    except (OSError, ValueError, KeyError):  # it is just writing its note
        return "another process"
