"""Reading and embedding on a cluster: with a Ray of our own that runs a task when it is asked for, and a real one."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparewheel.rag import cluster as module
from sparewheel.rag.cluster import Cluster
from sparewheel.rag.errors import DocumentError, Unavailable, UsageError
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Document

SETTINGS = Settings()
RULES = replace(SETTINGS.ingest, workers=1, max_file_mb=1)


class Task:
    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work


class OwnRay(types.ModuleType):
    """Runs a task when its result is asked for. lost: numbers of the tasks whose machine dies for good."""

    class RayError(Exception):
        pass

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = types.SimpleNamespace(RayError=self.RayError)
        self.begun: list[int] = []
        self.lost: set[int] = set()
        self.waiting = self.most_waiting = 0
        self.refused: Exception | None = None

    def init(self, **_: Any) -> None:
        if self.refused:
            raise self.refused

    def shutdown(self) -> None: ...

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0}

    def remote(self, **_: Any) -> Callable[[Callable[..., Any]], Any]:
        def wrapped(function: Callable[..., Any]) -> Any:
            def remote(*args: Any) -> Task:
                number = len(self.begun)
                copied = [list(arg) if isinstance(arg, list) else arg for arg in args]  # as what travels is
                self.begun.append(number)
                self.waiting += 1
                self.most_waiting = max(self.most_waiting, self.waiting)

                def work() -> Any:
                    self.waiting -= 1
                    if number in self.lost:
                        raise self.RayError("the machine died")
                    return function(*copied)

                return Task(work)

            return types.SimpleNamespace(remote=remote)

        return wrapped

    def wait(self, tasks: Sequence[Task], num_returns: int) -> tuple[list[Task], list[Task]]:
        return list(tasks[-num_returns:]), list(tasks[:-num_returns])  # the newest first: order must not matter

    def get(self, of: Any) -> Any:
        return [task.work() for task in of] if isinstance(of, list) else of.work()


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> OwnRay:
    own = OwnRay()
    monkeypatch.setitem(sys.modules, "ray", own)
    return own


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[str, Path]]:
    """Seven notes in two folders, two of the same name."""
    made = []
    for number in range(7):
        path = tmp_path / str(number % 2) / f"note {number // 2}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# Note {number}\n\nThe fee of note {number} is {number}00 euros.\n", encoding="utf-8")
        made.append((f"{path.parent.name}/{path.name}", path))
    return made


def read(cluster: Cluster, files: Sequence[tuple[str, Path]]) -> dict[str, Document | DocumentError]:
    return dict(cluster.parse(files, RULES))


def test_every_file_is_read_once_as_it_would_be_here(
    ray: OwnRay, files: list[tuple[str, Path]], monkeypatch: Any
) -> None:
    """Text, title, and the place where it lies here; several files travel together, and tasks wait in bounds."""
    monkeypatch.setattr(module, "TASK_FILES", 2)
    with Cluster("somewhere:1", SETTINGS) as cluster:
        found = read(cluster, files)
    assert sorted(found) == sorted(id for id, _ in files)
    for id, path in files:
        document = found[id]
        assert isinstance(document, Document)
        assert (document.source, "fee of note" in document.text) == (str(path.absolute()), True)
    assert (len(ray.begun), ray.most_waiting <= module.AHEAD * 2) == (4, True)


def test_what_is_in_flight_is_bounded_in_bytes(ray: OwnRay, files: list[tuple[str, Path]], monkeypatch: Any) -> None:
    """Large files are sent one after the other, however many processors there are."""
    monkeypatch.setattr(module, "TASK_FILES", 1)
    monkeypatch.setattr(module, "FLIGHT_BYTES", 1)
    with Cluster("somewhere:1", SETTINGS) as cluster:
        assert len(read(cluster, files)) == 7
    assert ray.most_waiting == 1


def test_a_machine_that_dies_for_good_costs_its_files_and_says_so(ray: OwnRay, files: Any, monkeypatch: Any) -> None:
    """The others are read; the cure is the same command again."""
    monkeypatch.setattr(module, "TASK_FILES", 2)
    ray.lost = {1}
    with Cluster("somewhere:1", SETTINGS) as cluster:
        found = read(cluster, files)
    failed = {id: one for id, one in found.items() if isinstance(one, DocumentError)}
    assert (len(found), sorted(failed)) == (7, sorted(id for id, _ in files[2:4]))
    assert "again" in next(iter(failed.values())).cure


def test_what_cannot_be_sent_is_refused_as_it_would_be_here(ray: OwnRay, tmp_path: Path) -> None:
    """Too large, a folder, gone: with the reason, and without a byte on the way."""
    large = tmp_path / "large.txt"
    large.write_bytes(b"x" * 1_000_001)
    with Cluster("somewhere:1", SETTINGS) as cluster:
        found = read(cluster, [("large", large), ("folder", tmp_path), ("gone", tmp_path / "gone.txt")])
    assert {id: type(one) for id, one in found.items()} == dict.fromkeys(("large", "folder", "gone"), DocumentError)
    assert ray.begun == []


class Lengths:
    """An embedder whose vector is the text's length."""

    name, dimension = "lengths@1", 1

    def embed(self, texts: Sequence[str], *, query: bool = False) -> Any:
        return np.array([[float(len(text))] for text in texts], np.float32)


def test_passages_are_embedded_in_pieces_and_in_order(ray: OwnRay, monkeypatch: Any) -> None:
    """Questions here; another model on the cluster, or a dead one, is told and never mixed in."""
    monkeypatch.setattr(module, "_models", {"lengths": Lengths()})
    texts = ["x" * number for number in range(200)]
    with Cluster("somewhere:1", SETTINGS) as cluster:
        spread = cluster.embedder("lengths", Lengths())
        assert spread.embed(texts)[:, 0].tolist() == [float(number) for number in range(200)]
        assert len(ray.begun) == 4
        assert spread.embed(["abc"], query=True).tolist() == [[3.0]]
        assert len(ray.begun) == 4
        other = Lengths()
        other.name = "lengths@2"
        with pytest.raises(ValueError, match="install the same version"):
            cluster.embedder("lengths", other).embed(["a"])
        ray.lost = {len(ray.begun)}
        with pytest.raises(Unavailable, match="goes on where it was"):
            spread.embed(["a"])


def test_a_cluster_that_is_not_there_is_told(ray: OwnRay, monkeypatch: Any) -> None:
    """By its address; without Ray the extra is named."""
    ray.refused = ConnectionError("refused")
    with pytest.raises(Unavailable, match="head:6379"):
        Cluster("head:6379", SETTINGS)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="'ray'"):
        Cluster("head:6379", SETTINGS)


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two raylets of one processor each; skipped where Ray is not installed or does not come up."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster as Nodes

    try:
        nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        nodes.add_node(num_cpus=1)
    except Exception as error:
        pytest.skip(f"Ray does not come up here: {error}")
    yield nodes
    nodes.shutdown()


def test_a_raylet_killed_in_the_middle_loses_nothing(
    real: Any, files: list[tuple[str, Path]], monkeypatch: Any
) -> None:
    """Its tasks are done again by the other one: every file once, none failed."""
    monkeypatch.setattr(module, "TASK_FILES", 1)
    second = next(node for node in real.list_all_nodes() if not node.head)
    with Cluster(real.address, SETTINGS) as cluster:
        found = {}
        for number, (id, result) in enumerate(cluster.parse(files, RULES)):
            found[id] = result
            if number == 1:
                real.remove_node(second, allow_graceful=False)
    assert sorted(found) == sorted(id for id, _ in files)
    assert [one for one in found.values() if not isinstance(one, Document)] == []
