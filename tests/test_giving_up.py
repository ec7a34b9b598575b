"""Work that nobody waits for ends at its next part, and who comes is told how long work takes. No real clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.reliability.service_time import GIVEN_UP_TIMES, HALF_LIFE_S, MOST_TIMES, WEIGHT, ServiceTime
from sparewheel.rag.reliability.workers import Urgency, Workers
from sparewheel.rag.retrieve.embed import run_graph
from sparewheel.rag.threads import GivenUp, Threads, Wanted, stopped_by
from sparewheel.rag.types import AnswerRequest, Chunk, Hit
from sparewheel.rag.weights import WEIGHTS


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_mean_follows_what_was_measured_without_the_first_and_the_wildest() -> None:
    """The first opens models; one that took for ever counts as a few."""
    times = ServiceTime(Clock())
    times.took(9.0)
    assert times.expected_s() == 0.0
    times.took(1.0)
    times.took(2.0)
    assert times.expected_s() == pytest.approx(1.0 + WEIGHT)
    times.took(1000.0)
    assert times.expected_s() == pytest.approx((1.0 + WEIGHT) * (1 + WEIGHT * (MOST_TIMES - 1)))


def test_what_was_slow_is_tried_again_after_a_while() -> None:
    """Without a new measurement, less and less is expected."""
    clock = Clock()
    times = ServiceTime(clock)
    times.took(1.0)
    times.took(1.0)
    clock.now += 3 * HALF_LIFE_S
    assert times.expected_s() == pytest.approx(1 / 8)


def test_what_was_given_up_would_have_taken_longer() -> None:
    """More is expected then than it took until then; what was given up early says nothing."""
    times = ServiceTime(Clock())
    times.given_up_after(2.0)
    assert times.expected_s() == pytest.approx(GIVEN_UP_TIMES * 2.0)
    times.given_up_after(0.1)
    assert times.expected_s() == pytest.approx(GIVEN_UP_TIMES * 2.0)


def test_a_part_that_runs_is_stopped_and_none_is_begun_after_it() -> None:
    """The error of what was stopped is no error of the work."""
    wanted, stopped = Wanted(), list[str]()

    def work() -> None:
        with stopped_by(lambda: stopped.append("a")):
            wanted.give_up()
            raise RuntimeError("terminated")

    with pytest.raises(GivenUp):
        wanted.do(work)
    with pytest.raises(GivenUp):
        wanted.do(work)
    assert stopped == ["a"]


def test_an_error_of_work_that_is_wanted_stays_what_it_is() -> None:
    """And what has ended is not stopped any more."""
    wanted, stopped = Wanted(), list[str]()

    def work() -> None:
        with stopped_by(lambda: stopped.append("a")):
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        wanted.do(work)
    wanted.give_up()
    assert stopped == []


def test_threads_work_in_the_context_of_who_gives_them_work() -> None:
    """So their parts end with the work that they are parts of."""
    wanted, threads = Wanted(), Threads(1, "parts")

    def part(n: int) -> int:
        with stopped_by(lambda: None):
            if n == 1:
                wanted.give_up()
            return n

    with pytest.raises(GivenUp):
        wanted.do(lambda: [*threads.map(part, range(9))])
    assert [*threads.map(part, range(3))] == [0, 1, 2]


def test_a_graph_is_stopped_while_it_runs() -> None:
    """onnxruntime is told so through its options; without anybody to give it up it just runs."""
    wanted = Wanted()

    def run(_: object, given: dict[str, object], options: SimpleNamespace) -> list[int]:
        assert [*given] == ["input_ids"]
        assert not options.terminate
        wanted.give_up()
        if options.terminate:
            raise RuntimeError("Exiting due to terminate flag being set to true.")
        return [7]

    session = SimpleNamespace(run=run, get_inputs=lambda: [SimpleNamespace(name="input_ids")])
    ids = np.ones((1, 2), np.int64)
    with pytest.raises(GivenUp):
        wanted.do(lambda: run_graph(session, ids, ids))
    assert run_graph(session, ids, ids) == 7


def test_a_reading_that_was_given_up_reads_no_further_window() -> None:
    """No window of the many costs another anything: an error of one is mended, but this is none."""
    reader, wanted, read = Reader(WEIGHTS / "reader-en", threads=1), Wanted(), list[object]()
    session = reader._network._session

    def run(*given: object) -> object:
        read.append(given)
        wanted.give_up()
        return session.run(*given)

    reader._network._session = SimpleNamespace(run=run)
    hits = tuple(Hit(Chunk(f"d{n}", 0, 30, "The notice period is 30 days."), 1.0, n, "test") for n in range(4))
    with pytest.raises(GivenUp):
        wanted.do(lambda: reader.read(AnswerRequest("How long is the notice period?", hits, "legal")))
    assert len(read) == 1


async def held(workers: Workers, urgency: Urgency, work: Callable[[], object]) -> tuple[asyncio.Task[object], object]:
    """A task of work that has begun, and what lets it go on."""
    begun, go = threading.Event(), threading.Event()

    def hold() -> object:
        begun.set()
        go.wait()
        return work()

    task = asyncio.ensure_future(workers.run(urgency, hold))
    await asyncio.to_thread(begun.wait)
    return task, go


async def test_a_question_given_up_stops_its_work() -> None:
    """What has begun ends at its next part, and its thread is free."""
    workers, ended = Workers(1), list[str]()

    def parts() -> None:
        for _ in range(9):
            with stopped_by(lambda: None):
                ended.append("part")

    task, go = await held(workers, Urgency.READ, parts)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    go.set()  # type: ignore[attr-defined]
    await workers.run(Urgency.READ, lambda: None)
    assert ended == []
    workers.close()


async def test_the_wait_is_known_from_what_waits_and_how_long_such_work_takes() -> None:
    """One thread: half of what runs and all that waits before it; what is given up while it waits does not count."""
    clock = Clock()
    workers = Workers(1, clock)

    def takes(seconds: float) -> None:
        clock.now += seconds

    for _ in range(2):
        await workers.run(Urgency.READ, lambda: takes(2.0))
        await workers.run(Urgency.SEARCH, lambda: takes(0.5))
    with pytest.raises(ValueError):
        await workers.run(Urgency.READ, lambda: int("no measure"))
    clock.now -= clock.now - 100.0 - 5.0 + 0.5  # the moment of the last reading
    assert (workers.takes_s(Urgency.READ), workers.begins_s(Urgency.READ)) == (pytest.approx(2.0), 0.0)
    running, go = await held(workers, Urgency.READ, lambda: None)
    waiting = [asyncio.ensure_future(workers.run(Urgency.READ, lambda: None)) for _ in range(3)]
    await asyncio.sleep(0)
    assert workers.begins_s(Urgency.READ) == pytest.approx(7.0)
    assert workers.begins_s(Urgency.SEARCH) == pytest.approx(1.0)  # goes before what waits
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    assert workers.begins_s(Urgency.RERANK) == pytest.approx(5.0)
    go.set()  # type: ignore[attr-defined]
    await asyncio.gather(running, *waiting[1:])
    workers.close()
