"""The error tree. The caller's mistake and a dependency's failure are two families.

    SparewheelError
      UsageError        the caller can cure it; exit code 2, HTTP 422; never trips a breaker, never fails over
        SettingsError   a setting is unknown or its value is out of range
        NotFound        no such corpus, document or model; HTTP 404
          Forbidden     it is not for this user, who is told no more than that; HTTP 404
        NeedsRole       the user's role does not reach; HTTP 403
      Unavailable       a dependency failed; the next answerer is tried, or HTTP 503
        DeadlineExceeded  a wall-clock budget ran out
      DocumentError     one document could not be read; the others go on
      StoreError        the index on disk does not fit this program or these settings
        Locked          another process is writing the corpus

A message names the value and the cure.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sparewheel.rag.types import Attempt, Usage


class SparewheelError(Exception):
    """Anything this library raises on purpose."""


class UsageError(SparewheelError):
    """The caller's mistake."""


class SettingsError(UsageError):
    """A setting is unknown or its value is not allowed."""


class NotFound(UsageError):
    """What was named does not exist."""


class Forbidden(NotFound):
    """The user may not know of it: told in the words used where it does not exist."""


class NeedsRole(UsageError):
    """The user is known and may know of it, but may not do that to it."""


class Unavailable(SparewheelError):
    """A dependency failed. `reason`: a fault code of `reliability.faults`; `retry_after_s` where the server said so."""

    def __init__(self, message: str, *, reason: str = "unavailable", retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.attempts: tuple[Attempt, ...] = ()  # where several answerers were tried
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.usage: Usage | None = None  # tokens and cost all the same, where they were told


class DeadlineExceeded(Unavailable):
    """A wall-clock budget ran out. `budget` names it: connect, first_token, between_tokens, total."""

    def __init__(self, message: str, *, budget: str = "total") -> None:
        super().__init__(message, reason=f"{budget}_timeout")
        self.budget = budget


class DocumentError(SparewheelError):
    """One document could not be read. `cure` tells what the user can do about it."""

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(f"{message}; {cure}" if cure else message)
        self.cure = cure


class StoreError(SparewheelError):
    """The index on disk does not fit this program or these settings; the message says which command mends it."""


class Locked(StoreError):
    """Another process is writing the corpus; the message says who."""


def install(extra: str) -> str:
    """How to add an extra. The name is not on a public index yet, so it is installed from the checkout."""
    return f"in the checkout: pip install ./models '.[{extra}]'"


def suggest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?" for the nearest known word, or "" when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def no_corpus(name: str, known: Iterable[str]) -> str:
    """That there is none of this name: the nearest one, or how to make it. Not both: a cure that repeats a slip of the
    pen makes a corpus of it."""
    return f"no corpus {name!r}" + (suggest(name, known) or f"; make it with: sparewheel ingest PATH --corpus {name}")
