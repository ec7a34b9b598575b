"""Reading and embedding on the machines of a Ray cluster; one process, this one, writes.

    with Cluster("ray://head:10001", settings) as cluster:
        ingest(store, paths, ..., parse=cluster.parse)
        fill(store, [dense_writer(store, settings, cluster)])

Files travel as bytes, so the machines need no common file system, and are read there under the same limits as here
(`sandbox`). What is in flight is bounded, in tasks and in bytes. A task whose machine dies is done again elsewhere;
since this process alone writes, and knows by content what it has written, nothing is lost or doubled, and the same
command goes on where a killed one was. The machines need the same version of this program.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.errors import DocumentError, Unavailable, UsageError, install
from sparewheel.rag.ingest import sandbox, wire
from sparewheel.rag.settings import Ingest, Settings, cores
from sparewheel.rag.types import Document, Embedder
from sparewheel.rag.weights import weights

TASK_FILES = 16  # of small files that are read by one task: starting one costs more than reading them
TASK_BYTES = 4_000_000
FLIGHT_BYTES = 256_000_000  # of files that are on their way or being read
AHEAD = 2  # tasks for each processor: one runs, one waits
TRIES = 4  # a task whose machine died is begun so often
EMBEDDED_TOGETHER = 64  # texts of a task
LOCAL = "local"  # instead of an address: the processors of this machine

T = TypeVar("T")
Result = tuple[str, Document | DocumentError]


@dataclass
class _Task:
    """Files that are read together. known: id -> where it is here."""

    known: dict[str, Path] = field(default_factory=dict)
    data: list[tuple[str, str, bytes]] = field(default_factory=list)  # id, file name, content
    size: int = 0  # bytes

    def add(self, id: str, path: Path, content: bytes) -> None:
        self.known[id] = path
        self.data.append((id, path.name, content))
        self.size += len(content)

    def full(self) -> bool:
        return len(self.data) >= TASK_FILES or self.size >= TASK_BYTES


class Cluster:
    """A connection to a Ray cluster, until it is closed."""

    def __init__(self, address: str, settings: Settings) -> None:
        """address: "host:port", "ray://host:port", "auto", or "local". Raises UsageError without the extra `ray`,
        Unavailable where no cluster answers."""
        try:
            self._ray: Any = import_module("ray")
        except ModuleNotFoundError:
            raise UsageError(f"--ray needs the extra 'ray'; {install('ray')}") from None
        self._settings = settings
        where = {"include_dashboard": False, "num_cpus": cores()} if address == LOCAL else {"address": address}
        try:
            self._ray.init(**where, log_to_driver=False, logging_level="error", ignore_reinit_error=True)
        except Exception as error:  # Ray raises plain ones, too
            why = f"no Ray cluster answers at {address!r} ({error})"
            raise Unavailable(f"{why}; is it started, is the port open?") from error

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    @property
    def workers(self) -> int:
        """Processors of the cluster, now."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    @property
    def at_once(self) -> int:
        """Texts that are embedded together, so that every processor has work."""
        return EMBEDDED_TOGETHER * AHEAD * self.workers

    # ------------------------------------------------------------ reading

    def parse(self, files: Iterable[tuple[str, Path]], settings: Ingest) -> Iterator[Result]:
        """As `sandbox.parse`, on the cluster: (id, document or the reason why not), as they finish."""
        read = self._ray.remote(num_cpus=1, max_retries=TRIES - 1)(_read)
        running: dict[Any, _Task] = {}
        tasks = self._tasks(files, settings)
        more = True
        while more or running:
            while more and len(running) < AHEAD * self.workers and self._in_flight(running) < FLIGHT_BYTES:
                task = next(tasks, None)
                if task is None:
                    more = False
                elif isinstance(task, _Task):
                    running[read.remote(task.data, settings)] = task
                    task.data = []  # the cluster has it now
                else:
                    yield task
            if running:
                (done,), _ = self._ray.wait(list(running), num_returns=1)
                yield from self._results(done, running.pop(done))

    def _tasks(self, files: Iterable[tuple[str, Path]], settings: Ingest) -> Iterator[_Task | Result]:
        """The files in tasks; what cannot be sent is read (and refused) here."""
        task = _Task()
        for id, path in files:
            try:
                small = path.is_file() and path.stat().st_size <= settings.max_file_mb * 1_000_000
                content = path.read_bytes() if small else None
            except OSError:
                content = None
            if content is None:
                yield from sandbox.parse([(id, path)], settings)
                continue
            task.add(id, path, content)
            if task.full():
                yield task
                task = _Task()
        if task.data:
            yield task

    def _results(self, done: Any, task: _Task) -> Iterator[Result]:
        try:
            frames: list[tuple[str, bytes]] = self._ray.get(done)
        except self._ray.exceptions.RayError as error:
            why = f"could not be read on the cluster: {type(error).__name__}"
            for id in task.known:
                yield id, DocumentError(why, cure="run the same command again; without --ray it is read here")
            return
        for id, frame in frames:
            result = wire.unpack(io.BytesIO(frame).read)
            if isinstance(result, Document):
                result = replace(result, source=str(task.known[id].absolute()))
            yield id, result

    @staticmethod
    def _in_flight(running: dict[Any, _Task]) -> int:
        return sum(task.size for task in running.values())

    def submitting(self, function: Callable[..., T]) -> Callable[..., Future[T]]:
        """The function, done on a processor of the cluster; once more where its machine dies. Both its arguments and
        its result travel."""
        task = self._ray.remote(num_cpus=1, max_retries=TRIES - 1)(function)
        return lambda *given: task.remote(*given).future()

    # ------------------------------------------------------------ embedding

    def embedder(self, chosen: str, own: Embedder) -> Embedder:
        """The embedding model `chosen` on every processor of the cluster. own: the same model here, for questions."""
        return _Spread(self._ray, chosen, own, self._settings)


class _Spread:
    """An embedder whose passages are embedded on the cluster."""

    def __init__(self, ray: Any, chosen: str, own: Embedder, settings: Settings) -> None:
        self.name, self.dimension = own.name, own.dimension
        self._ray, self._chosen, self._own = ray, chosen, own
        self._settings = replace(settings, endpoint={})  # no key travels

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """As `rag.types.Embedder`. Raises Unavailable where the cluster does not embed, or with another model."""
        if query or not texts:
            return self._own.embed(texts, query=query)
        task = self._ray.remote(num_cpus=1, max_retries=TRIES - 1)(_embed)
        pieces = [list(texts[at : at + EMBEDDED_TOGETHER]) for at in range(0, len(texts), EMBEDDED_TOGETHER)]
        asked = [task.remote(self._chosen, self.name, self._settings, piece) for piece in pieces]
        try:
            return np.concatenate(self._ray.get(asked)).astype(np.float32, copy=False)
        except self._ray.exceptions.RayError as error:
            why = f"the cluster could not embed ({type(error).__name__})"
            raise Unavailable(f"{why}; the same command goes on where it was") from error


# ---------------------------------------------------------------- on the cluster's machines


def _read(files: list[tuple[str, str, bytes]], settings: Ingest) -> list[tuple[str, bytes]]:
    """(id, frame of the result) of each (id, file name, content)."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="sparewheel-") as folder:
        paths = []
        for number, (id, name, content) in enumerate(files):
            place = Path(folder) / str(number)
            place.mkdir()
            with contextlib.suppress(OSError, ValueError):  # a name that this machine cannot write
                (place / name).write_bytes(content)
            paths.append((id, place / name))
        found = sandbox.parse(paths, replace(settings, workers=1))
        return [(id, b"".join(wire.pack(result))) for id, result in found]


_models: dict[str, Embedder] = {}  # loaded once in each process of the cluster


def _embed(chosen: str, name: str, settings: Settings, texts: list[str]) -> NDArray[np.float32]:
    from sparewheel.rag.retrieve.embed import open_embedder

    if chosen not in _models:
        _models[chosen] = open_embedder(chosen, folder=weights(settings))
    if _models[chosen].name != name:
        raise ValueError(f"this machine has {_models[chosen].name!r}, not {name!r}; install the same version")
    return _models[chosen].embed(texts)
