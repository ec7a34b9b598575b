"""Uploads into a corpus: one job at a time for each of a few threads, embedding behind, everything stoppable."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from sparewheel.app.advise.machine import machine
from sparewheel.app.service import work
from sparewheel.app.service.jobs import FileResult, Job
from sparewheel.app.service.originals import originals_of, safe_name
from sparewheel.app.service.shared_jobs import SharedJobs
from sparewheel.rag.disk import patiently
from sparewheel.rag.errors import DocumentError, NotFound, SparewheelError, UsageError
from sparewheel.rag.ingest.load import reason_of
from sparewheel.rag.ingest.report import Progress, Row
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.postgres.shared import shared_of
from sparewheel.rag.settings import Ingest, Settings, cores

Upload = tuple[str, BinaryIO]  # the name it goes by, and its bytes

JOBS_AT_ONCE = 2  # of different corpora; each starts its own parsing processes
JOBS_KEPT = 200
PARSERS_SHARE = 0.5  # of the memory of this machine or container, for all parsing processes together
LEAST_PARSER_MB = 512  # fewer parsers rather than less memory for each
LOCK_WITHIN_S = 3600.0  # an upload waits so long for another writer of its corpus

log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The service is closing."""


class Intake:
    """Owns the threads that write. settings: the ones in force, asked for anew with every job."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._to_embed: set[str] = set()
        self._readers = ThreadPoolExecutor(JOBS_AT_ONCE, thread_name_prefix="upload")
        self._embedder = ThreadPoolExecutor(1, thread_name_prefix="embed")

    def submit(self, store: CorpusStore, files: Sequence[Upload], owner: str, taken: Collection[str] = ()) -> Job:
        """Keeps the files and reads them in the background. taken: documents that the owner may not read, and so must
        not replace. Raises UsageError when there is no file."""
        if not files:
            raise UsageError("no file in the upload; send at least one")
        shared = self._shared()
        job = Job(secrets.token_urlsafe(9), store.config.name, owner, len(files))
        if shared is not None:
            job.on_change = shared.tell
            shared.tell(job)
        ids = self._keep(store, files, job, set(taken))
        with self._lock:
            self._jobs[job.id] = job
            for id in [id for id, old in self._jobs.items() if old.ended][: max(0, len(self._jobs) - JOBS_KEPT)]:
                del self._jobs[id]
        self._readers.submit(self._run, store, ids, job)
        return job

    def job(self, id: str) -> Job | None:
        """The job; of one that another server reads, how far it was when that last told."""
        found = self._jobs.get(id)
        if found is None and (shared := self._shared()) is not None:
            found = shared.find(id)
        return found

    def _shared(self) -> SharedJobs | None:
        """Where servers tell each other of their jobs; None where there is no such place."""
        shared = shared_of(self._settings())
        return SharedJobs(shared) if shared is not None else None

    def embed_soon(self, store: CorpusStore, *, rebuild: bool = False) -> None:
        """Fills the dense index in the background, once however often it was asked for meanwhile."""
        with self._lock:
            if self._stop.is_set() or (store.config.name in self._to_embed and not rebuild):
                return
            self._to_embed.add(store.config.name)
        self._embedder.submit(self._embed, store, rebuild)

    def close(self, within_s: float) -> None:
        """Jobs may end within so many seconds; what is then left stops at its next file or batch."""
        ends = time.monotonic() + within_s
        for job in list(self._jobs.values()):
            job.wait(max(0.0, ends - time.monotonic()))
        self._stop.set()
        for threads in (self._readers, self._embedder):
            threads.shutdown(wait=True, cancel_futures=True)

    def _keep(self, store: CorpusStore, files: Sequence[Upload], job: Job, taken: set[str]) -> dict[Path, str]:
        """Kept file -> the document it becomes. One that is too large is a failed result."""
        ids: dict[Path, str] = {}
        for name, content in files:
            try:
                free = _free(safe_name(name), taken)
                path = originals_of(store, self._settings()).keep(free, content, self._settings().ingest.max_file_mb)
            except DocumentError as error:
                job.tell(FileResult(name, "failed", reason=reason_of(error), cure=error.cure))
                continue
            if path in ids:
                job.tell(FileResult(name, "skipped", ids[path], "the same file twice in one upload"))
                continue
            ids[path] = _free(path.name, set(ids.values()))
        return ids

    def _run(self, store: CorpusStore, ids: dict[Path, str], job: Job) -> None:
        job.enter("running")
        try:
            if ids:
                patiently(lambda: self._read(store, ids, job), LOCK_WITHIN_S, self._stop)
            job.enter("done")
        except _Stopped:
            job.enter("stopped", UsageError("the service was stopped; upload the rest again"))
        except SparewheelError as error:
            job.enter("failed", error)
        except Exception as error:
            log.exception("an upload into corpus %r failed", job.corpus)
            job.enter("failed", error)
        self.embed_soon(store)

    def _read(self, store: CorpusStore, ids: dict[Path, str], job: Job) -> None:
        before = _sources(store)

        def told(row: Row) -> None:
            id = ids[Path(row.source)]
            job.tell(FileResult(id, row.status, row.document_id or id, row.reason, row.cure, row.chunks, row.bytes))

        settings = self._settings()
        settings = replace(settings, ingest=in_sum(settings.ingest, machine().memory_gb * 1000))
        report = work.read_in(store, list(ids), settings, ids=ids, on_progress=self._stoppable, on_row=told)
        kept = _sources(store)
        for row in report.rows:
            if row.status == "failed" and row.source not in kept.values():
                originals_of(store, self._settings()).discard(row.source)
            elif row.status == "updated" and (old := before.get(row.document_id)) and old not in kept.values():
                originals_of(store, self._settings()).discard(old)
        originals_of(store, self._settings()).sweep(set(kept.values()))

    def _embed(self, store: CorpusStore, rebuild: bool) -> None:
        with self._lock:
            self._to_embed.discard(store.config.name)  # what is uploaded from now on asks again
        try:
            work.embed(store, self._settings(), rebuild=rebuild, on_progress=self._stoppable)
        except _Stopped:
            pass
        except NotFound as error:  # no model on this machine, or the corpus was removed
            log.warning("corpus %r is found by its words alone: %s", store.config.name, error)
        except Exception:
            log.exception("embedding corpus %r stopped; the next upload or reindex goes on", store.config.name)

    def _stoppable(self, progress: Progress) -> None:
        if self._stop.is_set():
            raise _Stopped


def in_sum(rules: Ingest, memory_mb: float) -> Ingest:
    """The rules with so many parsers, and so much memory for each, that those of all jobs at once take at most half
    of this machine or container: hostile files must not push out the process that answers."""
    room = memory_mb * PARSERS_SHARE / JOBS_AT_ONCE
    workers = max(1, min(rules.workers or cores(), int(room // LEAST_PARSER_MB)))
    return replace(
        rules, workers=workers, parse_memory_mb=max(LEAST_PARSER_MB, min(rules.parse_memory_mb, int(room / workers)))
    )


def _sources(store: CorpusStore) -> dict[str, str]:
    """Document id -> source."""
    if not store.current():
        return {}
    with store.open() as snapshot:
        return {info.id: info.source for info in snapshot.documents()}


def _free(name: str, used: set[str]) -> str:
    """The name, numbered when another file of the same upload has it."""
    stem, dot, suffix = name.rpartition(".")
    choices = (name, *(f"{stem} ({n}){dot}{suffix}" for n in range(2, len(used) + 3)))
    return next(choice for choice in choices if choice not in used)
