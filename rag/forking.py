"""What must be made anew in a forked process (gunicorn --preload, Celery, multiprocessing): threads are not copied, and
a lock that another thread held at that moment is never released there.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Renewed(Protocol):
    """An object with threads, locks, or connections."""

    def after_fork(self) -> None:
        """Called in the child, which has one thread: make anew what cannot be used there."""
        ...


_kept: list[object] = []
_all: weakref.WeakSet[Renewed] = weakref.WeakSet()


def renewed_after_fork(one: Renewed) -> None:
    """From now on `one.after_fork()` is called in every forked child, as long as it is used by somebody."""
    _all.add(one)


def keep_of_parent(one: object) -> None:
    """`one` is never destroyed in this child: it came with the fork, and what it holds open is the parent's."""
    _kept.append(one)


_models_stay = False


@contextmanager
def models_stay() -> Iterator[None]:
    """A fork inside keeps the models that are open: no thread was using one, and the child may read them where they
    lie, in memory that both share as long as nobody writes to it."""
    global _models_stay
    _models_stay = True
    try:
        yield
    finally:
        _models_stay = False


def keeps_models() -> bool:
    """Asked in `after_fork`."""
    return _models_stay


def _renew() -> None:
    for one in list(_all):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
