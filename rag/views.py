"""A corpus that changes while it is asked: each question sees one snapshot, the newest of its beginning, to its end.

    with views.use() as view:
        hits, notes = view.search("Who pays?", 8)

A snapshot is open as long as somebody uses a view of it, and the newest one until there is a newer.
"""

from __future__ import annotations

import errno
import functools
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.errors import NotFound, Unavailable, UsageError
from sparewheel.rag.forking import keep_of_parent, renewed_after_fork
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.stores import CorpusSnapshot, CorpusStore
from sparewheel.rag.readable import Readable
from sparewheel.rag.rights import Rights
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Document, Filter, Reranker, Retriever, SearchResult


class Stored(Protocol):
    """The documents of a snapshot as they were stored."""

    def page_of(self, document_id: str, offset: int) -> int | None:
        """The page of a character, None where the format has no pages."""
        ...

    def text_at(self, document_id: str, start: int, end: int) -> str:
        """The characters [start, end) of a document, "" where there is none."""
        ...


@dataclass(frozen=True)
class View:
    """One snapshot of a corpus, open for search. notes: what the asker must know ("dense index 40 % built")."""

    retriever: Retriever
    rerankers: Mapping[str, Reranker] = field(default_factory=dict)  # by the language of the question
    stored: Stored | None = None
    notes: tuple[str, ...] = ()
    catalogue: Catalogue | None = None  # who the documents are; None where they have no identity
    narrow: Callable[[Rights], View | None] | None = None  # the view of somebody; None where they may read everything
    readable: Readable | None = None  # what may be read, where that is not everything

    def read_by(self, rights: Rights | None) -> View:
        """The view as somebody has it who may read what `rights` allow; None: the owner of the machine. What they may
        not read is not there."""
        narrowed = self.narrow(rights) if self.narrow is not None and rights is not None else None
        return narrowed or self

    def may_read(self, document_id: str) -> bool:
        """May who has this view read that document?"""
        return self.readable is None or self.readable.may_read(document_id)

    def search(self, query: str, k: int, filter: Filter | None = None, within_s: float | None = None) -> SearchResult:
        """(at most k hits, best first; notes of this very search). See `types.Retriever`."""
        return self.retriever.retrieve(query, k, filter, within_s)


class Holder(Protocol):
    """Who gives out views."""

    def use(self) -> AbstractContextManager[View]:
        """The newest view; what it stands on stays open inside."""
        ...


class StoredDocuments:
    """`Stored` over a snapshot."""

    def __init__(self, snapshot: CorpusSnapshot) -> None:
        # no bound method: a circle would keep the files of a closed snapshot open until the next garbage collection
        document = functools.partial(snapshot.document, layout=False)
        self._document = functools.lru_cache(maxsize=4)(document)  # the quotes of an answer are of few documents
        self._pages = functools.lru_cache(maxsize=256)(functools.partial(_pages_of, self._document))

    def page_of(self, document_id: str, offset: int) -> int | None:
        """As `Stored`; before the first page it is the first."""
        starts, numbers = self._pages(document_id)
        return numbers[max(bisect_right(starts, offset) - 1, 0)] if starts else None

    def text_at(self, document_id: str, start: int, end: int) -> str:
        """As `Stored`."""
        try:
            return self._document(document_id).text[max(start, 0) : max(end, 0)]
        except NotFound:
            return ""


def _pages_of(document: Callable[[str], Document], document_id: str) -> tuple[list[int], list[int]]:
    """Where each page starts, and its number."""
    pages = document(document_id).pages
    return [page.start for page in pages], [page.number for page in pages]


NO_MORE_FILES = (errno.EMFILE, errno.ENFILE)
Open = Callable[[CorpusSnapshot, CorpusConfig, Settings], View]


@dataclass(eq=False)
class _Held:
    """An open snapshot, and by how many it is used."""

    number: int
    snapshot: CorpusSnapshot
    view: View
    users: int = 0
    outdated: bool = False  # closed by the last who uses it


class Views:
    """The views of a store. Safe to share between threads."""

    def __init__(
        self, store: CorpusStore, settings: Settings, open_view: Open, open_views: OpenViews | None = None
    ) -> None:
        """open_views: the limit of how many corpora are open at a time; none without it."""
        self._store = store
        self._settings = settings
        self._open = open_view
        self._limit = open_views
        self._closed = False
        self._newest: _Held | None = None
        self._lock = threading.Lock()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """A snapshot of the parent (its database connections) is not for the child: it opens its own."""
        self._lock = threading.Lock()
        keep_of_parent(self._newest)
        self._newest = None

    @contextmanager
    def use(self) -> Iterator[View]:
        """The newest view. Cheap when nothing was published: one small file is read.

        Raises UsageError after `close`, StoreError where the newest snapshot is damaged, Unavailable where the process
        may not open more files.
        """
        held = self._take()
        if self._limit is not None:
            self._limit.used(self)
        try:
            yield held.view
        finally:
            with self._lock:
                held.users -= 1
                self._close_if_unused(held)

    def reload(self, settings: Settings) -> None:
        """The next question opens the newest snapshot anew, with these settings."""
        with self._lock:
            self._settings = settings
            self._let_go()

    def close(self) -> None:
        """No question can begin any more; those in flight end with what they use."""
        with self._lock:
            self._closed = True
            self._let_go()
        if self._limit is not None:
            self._limit.forget(self)

    def rest(self) -> bool:
        """Closes the snapshot where nobody uses it, until the next question; False where somebody does."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._newest is not None and self._newest.users:
                return False
            self._let_go()
            return True
        finally:
            self._lock.release()

    def _take(self) -> _Held:
        with self._lock:
            if self._closed:
                raise UsageError("this pipeline is closed; open it again")
            number = self._store.current()
            if self._newest is None or self._newest.number != number:
                opened = self._opened(number)
                self._let_go()
                self._newest = opened
            self._newest.users += 1
            return self._newest

    def _opened(self, number: int) -> _Held:
        try:
            return self._open_newest(number)
        except OSError as error:
            if error.errno not in NO_MORE_FILES:
                raise
            if self._limit is not None:
                self._limit.close_idle()
        try:
            return self._open_newest(number)
        except OSError as error:
            if error.errno not in NO_MORE_FILES:
                raise
            raise Unavailable(
                "this process may not open more files; raise the limit (ulimit -n, LimitNOFILE of systemd)",
                reason="too_many_files",
            ) from error

    def _open_newest(self, number: int) -> _Held:
        self._store = self._store.again()  # the first fill writes the embedding model into corpus.json
        snapshot = self._store.open()
        try:
            return _Held(number, snapshot, self._open(snapshot, self._store.config, self._settings))
        except BaseException:
            snapshot.close()
            raise

    def _let_go(self) -> None:
        """The newest view is given to nobody any more."""
        held, self._newest = self._newest, None
        if held is not None:
            held.outdated = True
            self._close_if_unused(held)

    def _close_if_unused(self, held: _Held) -> None:
        if held.outdated and not held.users:
            held.snapshot.close()


class OpenViews:
    """How many corpora a process keeps open at a time: each takes a dozen of the files it may have open.

    One more, and the corpus that was asked longest ago is closed until it is asked again; never one in use.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._order: OrderedDict[Views, None] = OrderedDict()
        self._lock = threading.Lock()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """None is open in the child."""
        self._lock = threading.Lock()
        self._order = OrderedDict()

    def used(self, views: Views) -> None:
        """`views` is open and was used last."""
        with self._lock:
            self._order[views] = None
            self._order.move_to_end(views)
            for other in list(self._order):
                if len(self._order) <= self.most:
                    break
                if other.rest():
                    del self._order[other]

    def close_idle(self) -> None:
        """Closes every corpus that nobody asks just now."""
        with self._lock:
            for views in list(self._order):
                if views.rest():
                    del self._order[views]

    def forget(self, views: Views) -> None:
        """It is closed for good."""
        with self._lock:
            self._order.pop(views, None)


class OneView:
    """A `Holder` of one view that never changes."""

    def __init__(self, view: View) -> None:
        self._view = view

    @contextmanager
    def use(self) -> Iterator[View]:
        """That view."""
        yield self._view
