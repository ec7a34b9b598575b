"""How much the reranker reads, and what becomes of the rest; the network is a table of logits, the clock a number."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from sparewheel.rag.retrieve.rerank import OnnxReranker
from sparewheel.rag.types import Chunk, Hit

EVEN = [0.0, 1.0, 2.0, 1.5, 0.5, 2.5]  # none is 3 ahead of the third


class AtOnce:
    """A pool that does its work when it is given."""

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*given))
        except Exception as error:
            future.set_exception(error)
        return future


class Table(OnnxReranker):
    """Each pair takes a second. read: the ids in the order they were."""

    def __init__(self, folder: Path, logits: Sequence[float], broken: int = -1) -> None:
        (folder / "config.json").write_text(json.dumps({"max_tokens": 8, "platt": {"a": 1.0, "b": 0.0}}))
        super().__init__(folder, clock=lambda: float(len(self.read)))
        self._pool: Any = AtOnce()
        self.logits, self.broken = logits, broken
        self.read: list[int] = []

    def _score(self, query: str, hit: Hit) -> float:
        if hit.chunk.id == self.broken:
            raise RuntimeError("Non-zero status code")
        self.read.append(hit.chunk.id)
        return self.logits[hit.chunk.id]


def hits(count: int) -> list[Hit]:
    return [Hit(Chunk("d", 0, 1, "x", id=i), 1 / (i + 1), i + 1, "rrf", {"rrf": 1 / (i + 1)}) for i in range(count)]


def ids(found: Sequence[Hit]) -> list[int]:
    return [hit.chunk.id for hit in found]


def test_all_are_read_where_none_is_far_ahead(tmp_path: Path) -> None:
    """No note, ranks from 1, by both orders; the first of the search stays among the best."""
    reranker = Table(tmp_path, EVEN)
    best, notes = reranker.rerank("q", hits(6), 3)
    assert (reranker.read, notes) == ([0, 1, 2, 3, 4, 5], ())
    assert ([hit.rank for hit in best], ids(best), best[0].ranker) == ([1, 2, 3], [5, 2, 0], "rerank")


@pytest.mark.parametrize(("third", "read"), [(1.0, 4), (1.01, 6)])
def test_four_are_enough_where_one_is_three_ahead_of_the_third(tmp_path: Path, third: float, read: int) -> None:
    """The others stand behind in their order, as relevant as the least that was read: the floor still decides."""
    reranker = Table(tmp_path, [third, 3.0, 4.0, 0.0, -1.0, -2.0])
    best, notes = reranker.rerank("q", hits(6), 6)
    assert (len(reranker.read), notes, ids(best)[:2]) == (read, (), [2, 1])
    assert all("relevance" in hit.scores for hit in best)
    if read == 4:
        assert ids(best)[4:] == [4, 5]
        assert best[4].scores == {"rrf": 1 / 5, "relevance": 0.5}


@pytest.mark.parametrize(("within_s", "read"), [(5.0, 5), (4.5, 5), (2.0, 2)])
def test_the_time_ends_between_two_pairs(tmp_path: Path, within_s: float, read: int) -> None:
    """What was read is ordered; the rest keeps its order behind, of unknown relevance; a note says how much it was."""
    reranker = Table(tmp_path, EVEN)
    best, notes = reranker.rerank("q", hits(6), 6, within_s)
    assert reranker.read == list(range(read))
    assert notes == (f"reranking cut short: {read} of 6 passages were read in time",)
    assert ids(best)[read:] == list(range(read, 6))
    assert [hit.rank for hit in best] == [1, 2, 3, 4, 5, 6]
    assert ["relevance" in hit.scores for hit in best] == [True] * read + [False] * (6 - read)


def test_without_any_time_the_order_stays(tmp_path: Path) -> None:
    """Nothing is read, and a note says so."""
    reranker = Table(tmp_path, EVEN)
    assert reranker.rerank("q", hits(3), 2, 0.0) == (
        hits(3)[:2],
        ("reranking left out: there was too little time for it",),
    )
    assert reranker.read == []


def test_enough_time_changes_nothing(tmp_path: Path) -> None:
    """As without a limit."""
    assert Table(tmp_path, EVEN).rerank("q", hits(6), 6, 6.0) == Table(tmp_path, EVEN).rerank("q", hits(6), 6)


def test_who_waits_for_a_thread_is_let_go_in_time(tmp_path: Path) -> None:
    """The threads are busy with another question: nobody is kept, and what was not begun never is."""
    waiting: list[Future[Any]] = []

    class Busy:
        def submit(self, work: Any, *given: Any) -> Future[Any]:
            waiting.append(Future())
            return waiting[-1]

    reranker = Table(tmp_path, EVEN)
    reranker._clock = iter([0.0, *[9.0] * 9]).__next__
    reranker._pool = Busy()
    found, notes = reranker.rerank("q", hits(6), 6, 5.0)
    assert (ids(found), notes[0][:18]) == ([0, 1, 2, 3, 4, 5], "reranking left out")
    assert [future.cancelled() for future in waiting] == [True] * 4


def test_a_network_that_fails_is_raised(tmp_path: Path) -> None:
    """The pipeline goes on with the order of the search; half an order would be none."""
    with pytest.raises(RuntimeError, match="Non-zero"):
        Table(tmp_path, EVEN, broken=3).rerank("q", hits(6), 6)
