"""What a process keeps of the keyword indexes in memory: segments and posting lists never change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEPT_BYTES = 64_000_000  # posting lists in memory, of all corpora of a database


@dataclass(frozen=True, eq=False)
class Part:
    """A segment without its postings. ids: int64 [N] ascending; lengths: int32 [N]."""

    number: int
    ids: NDArray[np.int64]
    lengths: NDArray[np.int32]


class Lists:
    """Posting lists and segments that were read before; the lists used longest ago are forgotten."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[tuple[int, int, str], bytes] = OrderedDict()
        self.segments: dict[tuple[int, int], Part] = {}
        self._lock = threading.Lock()

    def get(self, corpus: int, segments: Sequence[int], words: Sequence[str]) -> dict[tuple[int, str], bytes]:
        """Those that are known, by segment and term."""
        found = {}
        with self._lock:
            for segment in segments:
                for word in words:
                    if (data := self._kept.get((corpus, segment, word))) is not None:
                        self._kept.move_to_end((corpus, segment, word))
                        found[segment, word] = data
        return found

    def put(self, corpus: int, found: dict[tuple[int, str], bytes]) -> None:
        """Keeps them; b"" for a term that the segment has not."""
        with self._lock:
            for (segment, word), data in found.items():
                if (corpus, segment, word) not in self._kept:
                    self._kept[corpus, segment, word] = data
                    self._bytes += len(data) + 100
            while self._bytes > self._most:
                _, data = self._kept.popitem(last=False)
                self._bytes -= len(data) + 100

    def keep_only(self, corpus: int, segments: set[int]) -> None:
        """Segments of the corpus that are no longer among these are forgotten."""
        with self._lock:
            for key in [key for key in self.segments if key[0] == corpus and key[1] not in segments]:
                del self.segments[key]
