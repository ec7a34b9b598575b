"""Which earlier turns may be shown to a cloud model: those answered here from a corpus that may use one, then and now.

A history comes with the question, from whoever asks, and says nothing of where it was answered: a chat that is switched
from a confidential corpus to another carries the confidential answers along.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from sparewheel.rag.forking import renewed_after_fork

REMEMBERED = 100_000  # turns; an older one, or one of before a restart, stays on this machine

Turn = tuple[str, str]  # question, answer


class Origins:
    """Safe to share between threads. Only hashes are kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, frozenset[str]] = OrderedDict()  # turn -> the corpora that gave it
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """Another thread may have held the lock."""
        self._lock = threading.Lock()

    def answered(self, corpus: str, question: str, answer: str) -> None:
        """A corpus of normal sensitivity gave this answer."""
        with self._lock:
            key = _hash(question, answer)
            self._known[key] = self._known.pop(key, frozenset()) | {corpus}
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def shareable(self, history: Sequence[Turn], is_normal: Callable[[str], bool]) -> tuple[Turn, ...]:
        """The turns that are known to come from such corpora, in their order. is_normal: is a corpus of normal
        sensitivity still? One that was made confidential since takes its turns back."""
        with self._lock:
            corpora = [self._known.get(_hash(question, answer)) for question, answer in history]
        normal = {corpus: is_normal(corpus) for known in corpora if known for corpus in known}
        return tuple(
            turn for turn, known in zip(history, corpora, strict=True) if known and all(normal[one] for one in known)
        )


def _hash(question: str, answer: str) -> bytes:
    parts = f"{len(question.strip())}:{question.strip()}{answer.strip()}"
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).digest()
