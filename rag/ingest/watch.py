"""A corpus kept in step with a folder: look, wait until nothing changes any more, bring in, look again.

Looking (sizes and times of all files) finds changes on every file system, network shares too; whoever learns of a
change earlier, from the operating system, sets `wake`. Each bringing in is an ordinary ingest: killed at any moment,
the next start goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sparewheel.rag.errors import NotFound
from sparewheel.rag.ingest.names import shown
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.ingest.walk import walk

NOTE = "watch"  # name of the note kept with the corpus
Seen = frozenset[tuple[str, int, int, int]]  # source, bytes, mtime_ns, ctime_ns of each file


@dataclass(frozen=True)
class WatchState:
    """What a watcher last did, for whoever shows the corpus. at: ISO 8601, UTC; every_s: it looks so often; trouble:
    why the last try did not succeed, "" for one that did."""

    folders: tuple[str, ...]
    at: str
    every_s: float
    documents: int = 0
    trouble: str = ""


def look(paths: Sequence[Path], *, follow_links: bool = False) -> Seen | None:
    """The files below the paths as they stand; None while one of the paths is not there."""
    try:
        found, _ = walk(paths, follow_links=follow_links)
    except NotFound:
        return None
    return frozenset((file.source, file.bytes, file.mtime_ns, file.ctime_ns) for file in found)


def watch(
    look: Callable[[], Seen | None],
    bring_in: Callable[[], bool],
    *,
    stop: threading.Event,
    wait: Callable[[float], object],
    clock: Callable[[], float],
    every_s: float = 30.0,
    settle_s: float = 2.0,
    most_settle_s: float = 60.0,
) -> None:
    """Until `stop`: brings in once at the start and after each change, when the files were the same for `settle_s` (a
    large copy is still being written), at the latest after `most_settle_s`. bring_in: whether it succeeded; if not, it
    is tried again after `every_s`. wait: returns after so many seconds, or earlier when something may have changed."""
    done: Seen | None = None
    while not stop.is_set():
        seen = look()
        if seen is not None and seen != done:
            began = clock()
            while not stop.is_set() and clock() - began < most_settle_s and done is not None:
                wait(settle_s)
                again = look()
                if again == seen:
                    break
                seen = again if again is not None else seen
            if not stop.is_set() and bring_in():
                done = seen
        if not stop.is_set():
            wait(every_s)


def write_state(store: CorpusStore, state: WatchState) -> None:
    """Kept beside the corpus, replaced whole."""
    store.keep_note(NOTE, asdict(state))


def read_state(store: CorpusStore) -> WatchState | None:
    """What a watcher of this corpus last did; None for a corpus that nobody watches."""
    kept = store.note(NOTE)
    try:
        return WatchState(**{**kept, "folders": tuple(kept["folders"])}) if kept is not None else None
    except (TypeError, KeyError):
        return None


def names_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """The folders as text."""
    return tuple(shown(path.absolute()) for path in paths)
