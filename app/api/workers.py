"""`sparewheel serve --workers N`: several processes at one port.

The first process loads the models and is then only copied: what it has read lies in memory once, however many workers
there are. It asks nothing and answers nothing; it starts a worker that ended anew, and hands signals on.
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

from sparewheel.app.api.crew import Crew
from sparewheel.app.api.rates import Limits, SharedRates
from sparewheel.app.api.server import listen, serve, url_of
from sparewheel.app.api.who import check_open
from sparewheel.app.people.auth import Accounts, accounts_of
from sparewheel.app.service import Service
from sparewheel.rag import forking
from sparewheel.rag.errors import SparewheelError, UsageError
from sparewheel.rag.settings import Settings, cores

MOST_CORPORA = 8  # opened before the workers are; the models are the same for all
AGAIN_S = 1.0  # a worker that ended is started anew so long after it was started, at the earliest
MOST_ENDS = 5  # in a row, each within AT_ONCE_S: something is wrong for good
AT_ONCE_S = 5.0

log = logging.getLogger(__name__)


def run(settings: Settings, read: Callable[[], Settings], told: Callable[[str], None], count: int) -> int:
    """Serves with `count` workers until asked to stop; returns the exit code. As `server.run` otherwise.

    Raises UsageError where processes cannot be copied, and for a chat model in this process, which would be there once
    for each worker.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError("several workers need Linux; --workers 1 serves everywhere")
    if settings.local_chat.model:
        raise UsageError(
            "local_chat.model would be in memory once for each worker; serve it as an endpoint (vLLM, Ollama: "
            "sparewheel models detect), or take --workers 1"
        )
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads do not outlive a copy
    settings = _shared_out(settings, count)
    accounts = accounts_of(settings)
    check_open(settings, accounts)
    listener = listen(settings.api.host, settings.api.port)
    told(url_of(listener))
    service = Service(settings, lambda: _shared_out(read(), count))
    warm(service)
    gc.collect()
    gc.freeze()  # the collector touches nothing of this in a worker, so it stays shared
    folder = Path(tempfile.mkdtemp(prefix="sparewheel-"))
    try:
        return Foreman(service, accounts, listener, folder, count).work()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def warm(service: Service) -> None:
    """Models, word lists and libraries that questions to these corpora need are in memory when this returns."""
    for info in [info for info in service.corpora() if info.documents][:MOST_CORPORA]:
        try:
            pipeline = service.pipeline(info.name)
            for language in sorted({document.language for document in service.documents(info.name)}):
                pipeline.warm(language)
        except SparewheelError as error:  # a worker says so where somebody asks
            log.warning("corpus %r could not be opened beforehand: %s", info.name, error)


class Foreman:
    """Starts the workers, and knows which of them should be there."""

    def __init__(self, service: Service, accounts: Accounts, listener: socket.socket, folder: Path, count: int) -> None:
        self._service = service
        self._accounts = accounts
        self._listener = listener
        self._folder = folder
        self._count = count
        self._rates: Limits = SharedRates()
        self._own = [self._socket(number) for number in range(count)]
        self._there: dict[int, int] = {}  # process -> number
        self._since: dict[int, float] = {}  # number -> when it was started
        self._ends = 0
        self._stopping = False
        self._code = 0
        self._alive, self._watched = os.pipe()  # the writing end is this process' alone: it closes when that ends

    def work(self) -> int:
        """Until every worker has ended."""
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, self._hand_on)
        for number in range(self._count):
            self._start(number)
        while self._there:
            process, status = os.wait()
            number = self._there.pop(process, -1)
            if number >= 0:
                self._ended(number, os.waitstatus_to_exitcode(status))
        return self._code

    def _hand_on(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self._stopping = True
        for process in self._there:
            os.kill(process, signal.SIGTERM if number == signal.SIGINT else number)

    def _ended(self, number: int, code: int) -> None:
        if self._stopping:
            early = code == -signal.SIGTERM  # stopped before it listened for the signal: that is in order, too
            self._code = self._code or (0 if early else min(abs(code), 1))
            return
        lived_s = time.monotonic() - self._since[number]
        log.error("worker %d ended with %d after %.0f s; it is started anew", number, code, lived_s)
        self._ends = self._ends + 1 if lived_s < AT_ONCE_S else 0
        if self._ends >= MOST_ENDS:
            log.error("%d workers in a row ended at once; serving stops", self._ends)
            self._code = 1
            self._hand_on(signal.SIGTERM, None)
            return
        time.sleep(max(0.0, AGAIN_S - lived_s))
        self._start(number)

    def _start(self, number: int) -> None:
        with forking.models_stay():
            process = os.fork()
        if process:
            self._there[process] = number
            self._since[number] = time.monotonic()
            return
        code = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C reaches the first process alone, which hands it on
            os.close(self._watched)
            threading.Thread(target=self._end_with_the_first, daemon=True).start()
            self._serve(number)
            code = 0
        except BaseException:
            log.exception("worker %d", number)
        finally:
            os._exit(code)

    def _serve(self, number: int) -> None:
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)
        self._service.reload()  # one that is started later begins with the settings of that moment
        crew = Crew(self._folder, number, self._count)
        serve(self._service, self._accounts, [self._listener, self._own[number]], crew=crew, rates=self._rates)

    def _end_with_the_first(self) -> None:
        os.read(self._alive, 1)  # returns when the first process is gone, however it ended
        os.kill(os.getpid(), signal.SIGTERM)

    def _socket(self, number: int) -> socket.socket:
        own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        own.bind(str(Crew(self._folder, number, self._count).socket(number)))
        own.listen(256)
        return own


def _shared_out(settings: Settings, count: int) -> Settings:
    """A question takes its worker's share of the cores, where the settings leave that open."""
    threads = settings.models.threads or max(1, cores() // count)
    return replace(settings, models=replace(settings.models, threads=threads))
