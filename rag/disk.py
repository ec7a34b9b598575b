"""The disk: advisory locks, durable writes and checksums. A leaf: any room may use it.

The kernel drops a `flock` lock when its process dies, so a lock left by a dead process is no obstacle. A forked child
closes its copy at once: a parser that outlives its parent must not keep the corpus locked.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
import time
import weakref
from collections.abc import Callable, Set
from pathlib import Path
from typing import TypeVar

from sparewheel.rag.errors import Locked, StoreError

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


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


LISTED = "checksums.json"  # beside folders of models: "folder/file" -> sha256
_genuine: set[tuple[int, int, int, int, str]] = set()


def check_listed(folder: Path, *names: str) -> None:
    """Raises StoreError where a file of the folder is not, byte for byte, the one that the list beside it names.

    Each is read once a process, as long as it is the same file (device, inode, size, time of change). A folder that no
    list names is its owner's own, and not checked.
    """
    distribution = folder.parent.name.replace("_", "-")
    try:
        sums = json.loads((folder.parent / LISTED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder.parent / LISTED} cannot be read ({error}); reinstall {distribution}") from error
    for name in names:
        expected = sums.get(f"{folder.name}/{name}")
        if expected is None or not (folder / name).exists():
            continue
        stat = (folder / name).stat()
        known = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_ctime_ns, expected)
        if known not in _genuine:
            if sha256_of(folder / name) != expected:
                was = f"{folder / name} was changed: it is not the file of this release"
                raise StoreError(f"{was}; reinstall {distribution}")
            _genuine.add(known)


def sync_tree(folder: Path, durable: Set[str]) -> None:
    """Every file and folder below `folder` is on the disk. `durable` names files that already were."""
    for path in [folder, *folder.rglob("*")]:
        if path.relative_to(folder).as_posix() not in durable:
            sync(path)


def sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_durably(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replaces the file at once: a reader sees the old content or the new, also after a power cut."""
    beside = path.with_name(f".{path.name}.new")
    with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)
