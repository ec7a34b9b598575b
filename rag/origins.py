"""Which earlier turns may be shown to a cloud model: those answered here from a corpus that may use one.

A history comes with the question, from whoever asks, and says nothing of where it was answered: a chat that is switched
from a confidential corpus to another carries the confidential answers along.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

from sparewheel.rag.forking import renewed_after_fork

REMEMBERED = 100_000  # turns; an older one, or one of before a restart, stays on this machine

Turn = tuple[str, str]  # question, answer


class Origins:
    """Safe to share between threads. Only hashes are kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """Another thread may have held the lock."""
        self._lock = threading.Lock()

    def answered(self, question: str, answer: str) -> None:
        """A corpus of normal sensitivity gave this answer."""
        with self._lock:
            self._known[_hash(question, answer)] = None
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def shareable(self, history: Sequence[Turn]) -> tuple[Turn, ...]:
        """The turns that are known to come from such a corpus, in their order."""
        with self._lock:
            return tuple((question, answer) for question, answer in history if _hash(question, answer) in self._known)


def _hash(question: str, answer: str) -> bytes:
    parts = f"{len(question.strip())}:{question.strip()}{answer.strip()}"
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).digest()
