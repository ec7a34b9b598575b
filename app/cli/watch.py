"""`sparewheel watch`: a corpus kept in step with folders until it is stopped."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.common import console, settings_of
from sparewheel.rag.errors import NotFound, SparewheelError, UsageError, install
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from sparewheel.rag.ingest.stores import CorpusStore


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER...")
@click.option("--corpus", required=True, help="Name of the corpus; created if it does not exist.")
@click.option(
    "--domain", type=click.Choice(["legal", "medical", "general"]), help="Domain of a new corpus (default: general)."
)
@click.option("--keep", is_flag=True, help="Keep documents whose files are deleted.")
@click.option("--every", "every_s", default=30.0, show_default=True, help="Seconds between two looks.")
@click.option("--settle", "settle_s", default=2.0, show_default=True, help="Seconds without a change before reading.")
@click.option("--no-dense", is_flag=True, help="Skip embedding.")
@click.pass_context
def watch(
    ctx: click.Context,
    paths: tuple[Path, ...],
    corpus: str,
    domain: str | None,
    keep: bool,
    every_s: float,
    settle_s: float,
    no_dense: bool,
) -> int:
    """Keep a corpus in step with folders: new, changed and deleted files, until stopped.

    Looks at the folders every few seconds, which works on network shares too; with the extra 'watch' the operating
    system also tells of changes at once. A folder that is suddenly empty is taken for one that is not mounted: nothing
    is removed. Stopped or killed at any moment, the same command goes on where it was.
    """
    from sparewheel.app.cli.ingest import open_corpus
    from sparewheel.rag.ingest.watch import look
    from sparewheel.rag.ingest.watch import watch as keep_watching

    if every_s <= 0 or settle_s < 0:
        raise UsageError("--every must be more than 0 and --settle at least 0 seconds")
    settings = settings_of(ctx)
    store = open_corpus(settings, corpus, domain, None, paths)
    stop, wake = threading.Event(), threading.Event()

    def ended(*_: object) -> None:
        stop.set()
        wake.set()

    def wait(seconds: float) -> None:
        wake.wait(seconds)
        wake.clear()

    keeper = Keeper(store, paths, settings, every_s=every_s, prune=not keep, dense=not no_dense)
    before = {each: signal.signal(each, ended) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        with told_by_system(paths, wake):
            keep_watching(
                lambda: look(paths),
                keeper.bring_in,
                stop=stop,
                wait=wait,
                clock=time.monotonic,
                every_s=every_s,
                settle_s=settle_s,
            )
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    console(err=True).print("stopped; the same command goes on from here")
    return 0


class Keeper:
    """Brings a corpus into step, says in one line what changed, and keeps the state for the page."""

    def __init__(
        self, store: CorpusStore, paths: Sequence[Path], settings: Settings, *, every_s: float, prune: bool, dense: bool
    ) -> None:
        self._store = store
        self._paths = paths
        self._settings = settings
        self._every_s = every_s
        self._prune = prune
        self._dense = dense

    def bring_in(self) -> bool:
        """Whether it succeeded; trouble is reported and tried again later."""
        from sparewheel.app.service.work import embed, read_in

        try:
            report = read_in(self._store, self._paths, self._settings, prune=self._prune, wait=True)
            counts = Counter(row.status for row in report.rows if row.status not in ("unchanged", "skipped"))
            if counts:
                self._say(", ".join(f"{count} {status}" for status, count in counts.items()))
            for row in report.of("failed"):
                self._say(f"failed: {row.document_id or row.source}: {row.reason}; {row.cure}")
            if self._dense:
                try:
                    embed(self._store, self._settings)
                except NotFound as error:
                    self._say(f"not embedded: {error}")
            self._keep("")
        except (SparewheelError, OSError, sqlite3.Error) as error:
            self._say(f"not brought in, tried again in {self._every_s:g} s: {error}")
            self._keep(str(error))
            return False
        return True

    def _say(self, text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        console().print(f"{now} {self._store.config.name}: {text}", markup=False, highlight=False, soft_wrap=True)

    def _keep(self, trouble: str) -> None:
        from sparewheel.rag.ingest.watch import WatchState, names_of, write_state

        documents = 0
        if self._store.current():
            with self._store.open() as snapshot:
                documents = snapshot.manifest.documents
        now = datetime.now(UTC).isoformat(timespec="seconds")
        state = WatchState(names_of(self._paths), now, self._every_s, documents, trouble)
        try:
            write_state(self._store, state)
        except OSError as error:
            self._say(f"its state cannot be kept: {error}")


@contextmanager
def told_by_system(paths: Sequence[Path], wake: threading.Event) -> Iterator[None]:
    """Sets `wake` when the operating system tells of a change below the paths; without the extra, nothing does."""
    if not find_spec("watchdog"):
        console(err=True).print(f"changes are found by looking; at once with the extra 'watch' ({install('watch')})")
        yield
        return
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers import Observer

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.event_type not in ("opened", "closed_no_write"):
                wake.set()

    observer = Observer()
    for path in paths:
        _tried(partial(observer.schedule, Handler(), str(path), recursive=True))
    _tried(observer.start)
    try:
        yield
    finally:
        if observer.is_alive():
            observer.stop()
            observer.join()


def _tried(start: Callable[[], object]) -> None:
    """Too many folders for the system's limit, or a share that tells nothing: looking still finds the changes."""
    try:
        start()
    except OSError as error:
        console(err=True).print(f"the operating system does not tell of changes ({error}); they are found by looking")
