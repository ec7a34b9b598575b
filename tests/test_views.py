"""Who uses a snapshot holds it: the last one to let go of an outdated one closes it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from inline_work import Inline

from sparewheel.rag import assemble
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.runtime import Runtime
from sparewheel.rag.settings import Answering, Retrieve, Settings
from sparewheel.rag.types import Chunk, Document, Draft, Profile, Span
from sparewheel.rag.views import OpenViews, View, Views

NOTICE = "The notice period is thirty days."
SETTINGS = Settings(retrieve=Retrieve(rerank="off"), answer=Answering(speculative=False))


def publish(store: Store, name: str, text: str) -> None:
    with store.write() as transaction:
        transaction.add(Document(name, text, name, f"/{name}"), [Chunk(name, 0, len(text), text)])
        transaction.publish([assemble.keyword_writer()])


def corpus(folder: Path, name: str = "leases") -> Store:
    store = Store.create(corpus_folder(folder, name), CorpusConfig(name))
    publish(store, "a.txt", NOTICE)
    return store


class Slow:
    """An answering that waits before it quotes where the question is about the notice."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def stream(self, request: Any, deadline: Any = None) -> AsyncIterator[Any]:
        if "notice" in request.question:
            await self.go.wait()
        yield Finished(Draft("thirty days", (Span(0, 21, 32),), confidence=0.9), "cloud", False, ())

    async def warm(self, request: Any) -> None: ...


async def test_ten_publishes_under_one_slow_answer_lose_nothing(tmp_path: Path) -> None:
    """Each with a question of another asker; the slow one ends with the snapshot it began with, which then closes."""
    store, opened = corpus(tmp_path), list[Any]()

    def open_view(snapshot: Any, *given: Any) -> View:
        opened.append(snapshot)
        return assemble.open_view(snapshot, *given)

    views, slow = Views(store, SETTINGS, open_view), Slow()
    pipeline = Pipeline(
        corpus="leases", views=views, answering=slow, workers=Inline(), profile=Profile(), sensitivity=lambda: "normal",
        settings=SETTINGS,
    )  # fmt: skip
    asked = asyncio.ensure_future(pipeline.aask("What is the notice period?"))
    await asyncio.sleep(0.001)
    for number in range(10):
        publish(store, f"x{number}.txt", f"Fee number {number} is {number} euros in all of the cases.")
        assert (await pipeline.aask("What is the fee?")).outcome == "answered"
    still_open = [number for number, snapshot in enumerate(opened) if is_open(snapshot)]
    slow.go.set()
    answer = await asked
    assert (answer.outcome, answer.citations[0].quote, answer.citations[0].verified) == (
        "answered",
        "thirty days",
        True,
    )
    assert (still_open, [is_open(snapshot) for snapshot in opened]) == ([0, 10], [False] * 10 + [True])
    views.close()
    assert not is_open(opened[-1])


def is_open(snapshot: Any) -> bool:
    try:
        return bool(snapshot.documents())
    except ValueError:
        return False


def test_a_closed_pipeline_takes_no_question_and_loses_none(tmp_path: Path) -> None:
    """Who began before goes on."""
    views = Views(corpus(tmp_path), SETTINGS, assemble.open_view)
    with views.use() as view:
        views.close()
        assert view.search("notice", 1).hits[0].chunk.text == NOTICE
    with pytest.raises(UsageError, match="closed"), views.use():
        pass


def test_a_reload_is_for_the_next_question(tmp_path: Path) -> None:
    """The same snapshot, opened anew with other settings."""
    seen: list[Settings] = []

    def open_view(snapshot: Any, config: CorpusConfig, settings: Settings) -> View:
        seen.append(settings)
        return assemble.open_view(snapshot, config, settings)

    views = Views(corpus(tmp_path), SETTINGS, open_view)
    for settings in (SETTINGS, Settings()):
        views.reload(settings)
        for _ in range(2):
            with views.use():
                pass
    assert seen == [SETTINGS, Settings()]


def test_the_corpus_asked_longest_ago_is_closed_for_another(tmp_path: Path) -> None:
    """Of three corpora two are open; one in use never closes; each can be asked whenever it is its turn."""
    limit, opened = OpenViews(2), list[str]()

    def of(name: str) -> Views:
        def open_view(snapshot: Any, *given: Any) -> View:
            opened.append(name)
            return assemble.open_view(snapshot, *given)

        return Views(corpus(tmp_path, name), SETTINGS, open_view, limit)

    one, two, three = of("one"), of("two"), of("three")
    with one.use() as first:
        for views in (two, three, two):
            with views.use() as view:
                assert view.search("notice", 1).hits
        assert first.search("notice", 1).hits
    with one.use():
        pass
    assert opened == ["one", "two", "three", "two"]


def test_many_corpora_are_asked_with_few_open_files(tmp_path: Path) -> None:
    """Sixty corpora, four of them open at a time: the process never holds the files of more."""
    runtime = Runtime()
    runtime.open_views = OpenViews(4)
    settings = Settings(data_folder=str(tmp_path), retrieve=Retrieve(rerank="off"))
    for number in range(60):
        corpus(settings.corpora_folder, f"c{number}")
    before = open_files()
    pipelines = [assemble.open_pipeline(f"c{number}", settings, runtime) for number in range(60)]
    assert [len(pipeline.search("notice period")) for pipeline in pipelines] == [1] * 60
    assert open_files() - before <= 4 * 16
    runtime.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


def test_too_many_open_files_is_no_damaged_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are closed and it is tried again; where that does not help, the message names the limit."""
    store, left = corpus(tmp_path), [1]

    def open_view(snapshot: Any, *given: Any) -> View:
        if left[0]:
            left[0] -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return assemble.open_view(snapshot, *given)

    views = Views(store, SETTINGS, open_view, OpenViews(2))
    with views.use() as view:
        assert view.search("notice", 1).hits
    left[0] = 9
    views.reload(SETTINGS)
    with pytest.raises(Unavailable, match="ulimit -n"), views.use():
        pass
