"""Are the files of a snapshot, byte for byte, what was written? Each file is read once a process, then remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import StoreError
from sparewheel.rag.ingest.manifest import FileState

CURE = "remove the corpus folder and ingest again"
AT_ONCE_BYTES = (
    128_000_000  # read before a snapshot opens (a tenth of a second); more is read beside the first questions
)
REMEMBERED = 10_000  # files


class Sums:
    """What this process has checked. A file is known by device, inode, size and time of change: a snapshot that links
    the files of the one before it costs nothing."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, int, int, int], str] = OrderedDict()
        self._lock = threading.Lock()

    def unchecked(self, folder: Path, files: Mapping[str, FileState]) -> dict[str, FileState]:
        """Those that were not found right yet. Raises StoreError for one whose length is wrong, FileNotFoundError."""
        left = {}
        for name, state in files.items():
            if (folder / name).stat().st_size != state.bytes:
                raise StoreError(f"{folder / name} is not {state.bytes} bytes long as written; {CURE}")
            with self._lock:
                if self._known.get(_identity(folder / name)) != state.sha256:
                    left[name] = state
        return left

    def check(self, folder: Path, files: Mapping[str, FileState]) -> None:
        """Raises StoreError for the first file whose sha256 is not that of what was written."""
        for name, state in files.items():
            identity = _identity(folder / name)
            if sha256_of(folder / name) != state.sha256:
                raise StoreError(f"{folder / name} is not what was written (sha256 differs); {CURE}")
            with self._lock:
                self._known[identity] = state.sha256
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)


SUMS = Sums()  # a fact about the disk, so one for the process


def _identity(path: Path) -> tuple[int, int, int, int]:
    stat = path.stat()
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
