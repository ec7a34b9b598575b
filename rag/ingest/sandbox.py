"""Files to documents in limited processes: a file that is broken, hostile or endless costs only itself.

Each process is kept and reused for the next file; one that dies, hangs or grows too large is replaced.
"""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest import wire
from sparewheel.rag.ingest.names import shown
from sparewheel.rag.ingest.worker import MEMORY_CURE
from sparewheel.rag.settings import Ingest, cores
from sparewheel.rag.types import Document

Result = tuple[str, Document | DocumentError]
_START_S = 60.0  # for a process to start and import its parsers
_LOOK_S = 0.2  # how often a waiting reader looks whether it should stop
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TESSDATA_PREFIX")


def parse(files: Iterable[tuple[str, Path]], settings: Ingest) -> Iterator[Result]:
    """(id, document or the reason why not) of each (id, path), as they finish.

    At most `settings.workers` processes (0: one per core) run, no more than there are files; `files` is read only as
    fast as they are done. Closing the iterator ends the processes.
    """
    feed = _Feed(files)
    count = settings.workers or cores()
    results: queue.Queue[Result | BaseException | None] = queue.Queue(maxsize=2 * count)
    stop = threading.Event()
    threads = [threading.Thread(target=_serve, args=(feed, settings, results, stop), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    running = count
    try:
        while running:
            item = results.get()
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class _Feed:
    """The files, handed to several threads one by one."""

    def __init__(self, files: Iterable[tuple[str, Path]]) -> None:
        self._files = iter(files)
        self._lock = threading.Lock()

    def next(self) -> tuple[str, Path] | None:
        with self._lock:
            return next(self._files, None)


def _serve(
    feed: _Feed, settings: Ingest, results: queue.Queue[Result | BaseException | None], stop: threading.Event
) -> None:
    """One thread, one process at a time: takes files until there are none."""
    worker: _Worker | None = None
    try:
        while not stop.is_set() and (file := feed.next()) is not None:
            if worker is None or not worker.ready():
                worker = _Worker(settings, stop)
            _put(results, (file[0], worker.parse(*file)), stop)
        _put(results, None, stop)
    except _Stopped:
        pass
    except BaseException as error:
        _put(results, error, stop)
    finally:
        if worker is not None:
            worker.kill()


def _put(
    results: queue.Queue[Result | BaseException | None], item: Result | BaseException | None, stop: threading.Event
) -> None:
    while not stop.is_set():
        try:
            return results.put(item, timeout=_LOOK_S)
        except queue.Full:
            continue


class _Stopped(Exception):
    """Nobody waits for the results any more."""


class _Ended(Exception):
    """The process closed its output."""


class _Worker:
    """A parsing process (`ingest.worker`)."""

    def __init__(self, settings: Ingest, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        # No key or token of this process is handed on; -P: the working folder is not searched for modules.
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONUNBUFFERED")}
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(place) for place in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sparewheel.rag.ingest.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment,
            start_new_session=True,
            bufsize=0,
        )
        self.alive = True
        try:
            self._send(asdict(settings))
            self._read(1, time.monotonic() + _START_S)
        except (_Ended, TimeoutError) as error:
            self.kill()
            raise RuntimeError(f"the parsing process does not start{self._last_words()}") from error
        except BaseException:
            self.kill()
            raise

    def parse(self, id: str, path: Path) -> Document | DocumentError:
        """The document, or why there is none; never raises for the file's sake."""
        deadline = time.monotonic() + self._settings.parse_timeout_s
        try:
            self._send({"id": id, "path": str(path)})
            result = wire.unpack(lambda size: self._read(size, deadline))
        except TimeoutError:
            self.kill()
            return DocumentError(
                f"{shown(path.name)}: not read within {self._settings.parse_timeout_s:g} s",
                cure="split the file, or raise ingest.parse_timeout_s",
            )
        except _Ended:
            self.kill()
            return self._why_dead(shown(path.name))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.kill()
            return DocumentError(
                f"{shown(path.name)}: the parsing process answered nonsense ({error})", cure="check the file"
            )
        if isinstance(result, DocumentError) and result.cure == MEMORY_CURE:
            self.kill()
        return result

    def ready(self) -> bool:
        """Whether it can take a file; one that died between two files is cleared away."""
        if self.alive and self._process.poll() is not None:
            self.kill()
        return self.alive

    def kill(self) -> None:
        """Ends the process and whatever it started; safe to call twice."""
        if self.alive:
            self.alive = False
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()

    def _why_dead(self, name: str) -> DocumentError:
        code = self._process.returncode
        if code == -signal.SIGXCPU:
            return DocumentError(
                f"{name}: not read within {self._settings.parse_timeout_s:g} s of processor time",
                cure="split the file, or raise ingest.parse_timeout_s",
            )
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return DocumentError(
            f"{name}: its parser died ({how}) under the limit of {self._settings.parse_memory_mb} MB of memory"
            f"{self._last_words()}",
            cure="raise ingest.parse_memory_mb, or save the file again in its usual program",
        )

    def _last_words(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        return f": {lines[-1][:200]}" if lines else ""

    def _send(self, request: dict[str, object]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
        except BrokenPipeError as error:
            raise _Ended from error

    def _read(self, size: int, deadline: float) -> bytes:
        """Exactly `size` bytes. Raises TimeoutError after `deadline`, _Ended at end of file, _Stopped when told to."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        data = bytearray()
        while len(data) < size:
            left = deadline - time.monotonic()
            if self._stop.is_set():
                raise _Stopped
            if left <= 0:
                raise TimeoutError
            if not select.select([descriptor], [], [], min(left, _LOOK_S))[0]:
                continue
            piece = os.read(descriptor, min(size - len(data), 1 << 20))
            if not piece:
                raise _Ended
            data += piece
        return bytes(data)
