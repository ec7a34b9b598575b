"""What pipelines share, and that those of other settings do not disturb one another."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sparewheel.rag import assemble
from sparewheel.rag.errors import SettingsError, Unavailable
from sparewheel.rag.reliability.workers import Urgency, Workers
from sparewheel.rag.runtime import Runtime
from sparewheel.rag.settings import Answering, Endpoint, Settings
from sparewheel.rag.types import Profile


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime()
    yield runtime
    runtime.close()


def to(*names: str) -> Settings:
    return Settings(endpoint={name: Endpoint(url=f"http://127.0.0.1:1/{name}", key="k") for name in names})


def test_pipelines_of_other_settings_keep_their_breakers(runtime: Runtime) -> None:
    """Health and metrics show the endpoints of both; one that no settings name any more goes, and only it."""
    one = assemble.open_failover(to("a"), Profile(), runtime)
    two = assemble.open_failover(to("a", "b"), Profile(), runtime)
    assert sorted(runtime.hooks.breakers) == ["a", "b"]
    assert one.targets[0].breaker is two.targets[0].breaker is runtime.hooks.breakers["a"]
    assemble.reload(two, to("c"), Profile(), runtime)
    gc.collect()
    assert sorted(runtime.hooks.breakers) == ["a", "c"]


def test_runtimes_share_nothing(runtime: Runtime) -> None:
    """Neither breakers nor listeners."""
    other = Runtime()
    one, two = (assemble.open_failover(to("a"), Profile(), each) for each in (runtime, other))
    assert one.targets[0].breaker is not two.targets[0].breaker
    assert runtime.hooks.listeners is not other.hooks.listeners
    other.close()


def test_a_model_is_let_go_with_its_last_user(runtime: Runtime) -> None:
    """Shared while it is used, by its key; then made anew."""

    class Model:
        pass

    made: list[weakref.ref[Model]] = []

    def make() -> Model:
        model = Model()
        made.append(weakref.ref(model))
        return model

    one, same, other = (runtime.shared(("model", name), make) for name in ("m", "m", "n"))
    assert (one is same, one is other, len(made)) == (True, False, 2)
    del one, same
    assert [ref() is None for ref in made] == [True, False]
    assert runtime.shared(("model", "m"), make) is made[2]()


def test_an_answerer_that_does_not_exist_is_found_when_the_pipeline_is_opened(runtime: Runtime) -> None:
    """Not when the first question is asked."""
    settings = replace(to("deepseek"), answer=Answering(order=("deepsek",)))
    with pytest.raises(SettingsError, match="did you mean 'deepseek'"):
        assemble.open_failover(settings, Profile(), runtime)


async def test_searches_go_before_readings_and_instant_work_before_all() -> None:
    """One thread is busy: what waits is taken by urgency, in the order it came; what is instant does not wait."""
    workers, busy, go, done = Workers(1), threading.Event(), threading.Event(), list[str]()

    def hold() -> None:
        busy.set()
        go.wait()

    def note(name: str) -> None:
        done.append(name)

    first = asyncio.ensure_future(workers.run(Urgency.READ, hold))
    await asyncio.to_thread(busy.wait)
    waiting = [
        asyncio.ensure_future(workers.run(urgency, lambda name=name: note(name)))  # type: ignore[misc]
        for urgency, name in (
            (Urgency.READ, "read 1"),
            (Urgency.RERANK, "rerank"),
            (Urgency.READ, "read 2"),
            (Urgency.SEARCH, "search"),
        )
    ]
    await asyncio.sleep(0)
    await workers.run(Urgency.INSTANT, lambda: note("quote"))
    go.set()
    await asyncio.gather(first, *waiting)
    assert done == ["quote", "search", "read 1", "rerank", "read 2"]
    workers.close()
    with pytest.raises(Unavailable, match="closed"):
        await workers.run(Urgency.READ, hold)


async def test_a_result_that_nobody_waits_for_is_given_back() -> None:
    """What was opened for a question that is given up is closed."""
    workers, busy, go, back = Workers(1), threading.Event(), threading.Event(), threading.Event()

    def opened() -> str:
        busy.set()
        go.wait()
        return "a view"

    task = asyncio.ensure_future(workers.run(Urgency.SEARCH, opened, lambda view: back.set()))
    await asyncio.to_thread(busy.wait)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    go.set()
    assert await asyncio.to_thread(back.wait, 20)
    workers.close()
