"""Who may write a corpus, and who still reads a snapshot: advisory `flock` locks.

The kernel drops such a lock when its process dies, so a lock left by a dead process is no obstacle. A forked child
closes its copy at once: a parser that outlives its parent must not keep the corpus locked.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rag.errors import Locked

T = TypeVar("T")
_LOOK_S = 0.05  # how often a patient writer tries again


class FileHold:
    """An open file with a lock on it, shared or exclusive; `close` gives both back."""

    fd = -1  # of one that could not be opened

    def __init__(self, path: Path, *, shared: bool, wait: bool, create: bool = False) -> None:
        """Raises BlockingIOError when the lock is taken and not `wait`, FileNotFoundError when there is no file."""
        flags = os.O_RDONLY if shared else os.O_RDWR  # NFS gives the one lock to readers, the other to writers only
        flags |= os.O_CREAT if create else 0
        self.fd = os.open(path, flags | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self.fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BaseException:
            self.close()
            raise
        _held.add(self)

    def close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    __del__ = close


_held: weakref.WeakSet[FileHold] = weakref.WeakSet()


def _drop_in_child() -> None:
    for hold in list(_held):
        hold.close()


os.register_at_fork(after_in_child=_drop_in_child)


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


def patiently(work: Callable[[], T], within_s: float, stop: threading.Event | None = None) -> T:
    """The result of `work`, tried again while it raises Locked; raised after within_s seconds, or once `stop` is set.

    Unlike waiting in the kernel it can be given up.
    """
    ends = time.monotonic() + within_s
    stop = stop or threading.Event()
    while True:
        try:
            return work()
        except Locked:
            if time.monotonic() >= ends or stop.wait(_LOOK_S):
                raise


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"process {note['pid']} on {note['host']} since {note['since']}"
    except (OSError, ValueError, KeyError):  # it is just writing its note
        return "another process"
