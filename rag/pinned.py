"""A corpus of a database with a copy on this machine: while the database cannot be reached, the copy answers.

What was said of it meanwhile cannot be known: an answer from the copy says so, and nothing of it leaves the machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sparewheel.rag.errors import NotFound, Unavailable
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.store import FolderPlace
from sparewheel.rag.ingest.stores import CorpusStore, Place
from sparewheel.rag.rights import Rights
from sparewheel.rag.settings import Settings
from sparewheel.rag.views import View, Views

FOLDER = ".pinned"  # in the data folder


class PinnedPlace:
    """A `Place`: the database, and while that cannot be reached, the copies on this machine."""

    def __init__(self, place: Place, copies: FolderPlace) -> None:
        self.place = place
        self.copies = copies

    def names(self) -> list[str]:
        """The corpora of the database; those with a copy while it cannot be reached."""
        try:
            return self.place.names()
        except Unavailable:
            if not (names := self.copies.names()):
                raise
            return names

    def config(self, name: str) -> CorpusConfig:
        """What the corpus is; of the copy, nothing may leave the machine."""
        try:
            return self.place.config(name)
        except Unavailable:
            if name not in self.copies.names():
                raise
            return replace(self.copies.config(name), sensitivity="high")

    def store(self, name: str) -> CorpusStore:
        """The corpus in the database. Raises Unavailable while that cannot be reached: a copy is for reading."""
        return self.place.store(name)

    def create(self, config: CorpusConfig) -> CorpusStore:
        """In the database."""
        return self.place.create(config)


class PinnedViews:
    """A `Holder`: the views of the database, and while that cannot be reached, those of the copy."""

    def __init__(
        self, settings: Settings, newest: Callable[[Settings], Views], copy: Callable[[Settings], Views]
    ) -> None:
        """Each is opened when it is first needed. copy: raises NotFound where there is none."""
        self._settings = settings
        self._makers = (newest, copy)
        self._open: list[Views | None] = [None, None]
        self._opening = threading.Lock()

    @contextmanager
    def use(self) -> Iterator[View]:
        """As `Views.use`. Raises Unavailable where neither can be read."""
        try:
            use = self._views(0).use()
            view = use.__enter__()
        except Unavailable as error:
            if not error.reason.startswith("store_"):
                raise
            try:
                use = self._views(1).use()
            except NotFound:
                raise error from None
            view = stale(use.__enter__())
        try:
            yield view
        finally:
            use.__exit__(None, None, None)

    def reload(self, settings: Settings) -> None:
        """The next question opens what it needs anew, with these settings."""
        self._settings = settings
        for one in self._open:
            if one is not None:
                one.reload(settings)

    def close(self) -> None:
        """No question can begin with what is open now."""
        with self._opening:
            views, self._open = self._open, [None, None]
        for one in views:
            if one is not None:
                one.close()

    def _views(self, which: int) -> Views:
        with self._opening:
            found = self._open[which]
            if found is None:
                found = self._open[which] = self._makers[which](self._settings)
            return found


def stale(view: View) -> View:
    """The view, saying with every answer that it is of a copy."""
    note = "the database cannot be reached: answered from this machine's copy, which may be out of date"
    narrow = view.narrow

    def narrowed(rights: Rights) -> View | None:
        found = narrow(rights) if narrow is not None else None
        return None if found is None else replace(found, notes=(note, *found.notes))

    return replace(view, notes=(note, *view.notes), narrow=narrowed)
