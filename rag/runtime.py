"""What the pipelines of a process share: threads, models, breakers, and how many corpora are open.

A model or breaker is there as long as somebody uses it. Pipelines of other settings beside each other share what is the
same and nothing else; after a reload, what only the old settings named is let go with its last question.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sparewheel.rag.forking import keep_of_parent, keeps_models, renewed_after_fork
from sparewheel.rag.observe.hooks import Hooks, shared
from sparewheel.rag.origins import Origins
from sparewheel.rag.reliability.workers import Workers
from sparewheel.rag.threads import Threads
from sparewheel.rag.views import OpenViews

T = TypeVar("T")
FILES_OF_A_VIEW = 24  # open files of a corpus: one a segment, of its keyword index and of each database connection
FILES_SHARE = 0.5  # of those a process may have, at most, are for corpora


class Runtime:
    """Close it when no pipeline uses it any more."""

    def __init__(self, threads: int = 0, hooks: Hooks | None = None) -> None:
        """threads: of the work of questions; 0: one per core. hooks: by default its own."""
        self.hooks = hooks or Hooks()
        self.workers = Workers(threads)
        self.searching = Threads(2 * self.workers.threads, "retrieve")
        self.open_views = OpenViews(_most_views())
        self.origins = Origins()
        self._shared: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
        self._opening = threading.RLock()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """Models are opened anew: another thread may have been using one, and held its locks. Where it is known that
        none was, they stay."""
        keep_of_parent(list(self._shared.values()))
        if not keeps_models():
            self._shared = WeakValueDictionary()
        self._opening = threading.RLock()

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` made for this key, as long as it is used; then made anew. One call at a time."""
        with self._opening:
            found: T | None = self._shared.get(key)
            if found is None:
                found = self._shared[key] = make()
            return found

    def close(self) -> None:
        """Its threads end; questions asked after it fail."""
        self.workers.close()


@functools.cache
def default_runtime() -> Runtime:
    """The one of this process, for pipelines that are given no other; it ends with the process."""
    return Runtime(hooks=shared)


def _most_views() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 32
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 1024 if soft == resource.RLIM_INFINITY else soft
    return max(4, min(1000, int(FILES_SHARE * most / FILES_OF_A_VIEW)))
