"""The memory in the whole house: a stand-in cloud answers, falls ill, and is answered for from what was kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag import assemble
from sparewheel.rag.events import Token
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import ingest
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.memory.store import FILE, MemoryStore
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Answering, Endpoint, Retrieve, Settings
from sparewheel.rag.types import Profile

LEASE = "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
QUESTION = "What is the notice period?"
SAID = "The notice period is thirty days [1]."


@pytest.fixture
def cloud() -> Iterator[FaultServer]:
    server = FaultServer(says=lambda prompt: SAID)
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


def place(folder: Path, cloud: FaultServer | None, mode: str = "when_down", sensitivity: str = "normal") -> Settings:
    settings = Settings(
        data_folder=str(folder / "data"),
        retrieve=Retrieve(rerank="off"),
        answer=Answering(speculative=False, memory=mode),  # type: ignore[arg-type]
        endpoint={"deepseek": Endpoint(url=cloud.url, key="k", first_token_s=30)} if cloud else {},
    )
    put(settings, folder, LEASE, sensitivity)
    return settings


def put(settings: Settings, folder: Path, text: str, sensitivity: str = "normal") -> None:
    (folder / "lease.md").write_text(text, encoding="utf-8")
    config = CorpusConfig("leases", "legal", sensitivity, profile=Profile("legal"))  # type: ignore[arg-type]
    store = Store.create(corpus_folder(settings.corpora_folder, "leases"), config)
    writers = [assemble.keyword_writer()]
    ingest(store, [folder / "lease.md"], settings=settings.ingest, profile=Profile("legal"), writers=writers)


def test_an_outage_is_answered_by_what_was_said_before(tmp_path: Path, cloud: FaultServer) -> None:
    """As what it is: by the memory, degraded, with whose answer it was, its citation where it stands now."""
    settings = place(tmp_path, cloud)
    with assemble.open_pipeline("leases", settings) as pipeline:
        well = pipeline.ask(QUESTION)
        cloud.play(Always("503"))
        events = [*pipeline.iterate("What's the notice period")]
        ill, other = events[-1].answer, pipeline.ask("How much is the rent?")  # type: ignore[union-attr]
    assert (well.answered_by, well.remembered) == ("deepseek", None)
    assert (ill.answered_by, ill.outcome, ill.degraded, ill.text) == ("memory", "answered", True, well.text)
    assert ill.remembered is not None
    assert (ill.remembered.answered_by, ill.remembered.question, ill.remembered.same) == ("deepseek", QUESTION, True)
    assert ill.usage.cost_usd == 0
    assert [(a.answerer, a.outcome) for a in ill.attempts] == [("deepseek", "failed"), ("memory", "answered")]
    assert [e.answerer for e in events if isinstance(e, Token)] == ["memory"]
    (citation,) = ill.citations
    assert (LEASE[citation.start : citation.end], citation.verified) == (citation.quote, True)
    assert other.answered_by == "reader"
    assert [(a.answerer, a.reason) for a in other.attempts][1:] == [("memory", "not_kept"), ("reader", "")]


def test_a_changed_document_is_read_anew(tmp_path: Path, cloud: FaultServer) -> None:
    """No answer outlives its passage: the reader says what stands there now."""
    settings = place(tmp_path, cloud)
    with assemble.open_pipeline("leases", settings) as pipeline:
        pipeline.ask(QUESTION)
        cloud.play(Always("503"))
        put(settings, tmp_path, LEASE.replace("thirty", "ninety"))
        answer = pipeline.ask(QUESTION)
    assert (answer.answered_by, "ninety days" in answer.text, answer.remembered) == ("reader", True, None)


def test_always_asks_nobody_what_is_known(tmp_path: Path, cloud: FaultServer) -> None:
    """answer.memory = "always": the second time costs no call, and is not degraded; "off" keeps nothing."""
    settings = place(tmp_path, cloud, "always")
    with assemble.open_pipeline("leases", settings) as pipeline:
        first, second = pipeline.ask(QUESTION), pipeline.ask(QUESTION)
    assert (first.answered_by, second.answered_by, second.degraded, cloud.calls) == ("deepseek", "memory", False, 1)
    memory = MemoryStore(corpus_folder(settings.corpora_folder, "leases") / FILE)
    memory.forget(memory.ids())
    with assemble.open_pipeline("leases", replace(settings, answer=Answering(memory="off"))) as pipeline:
        pipeline.ask(QUESTION)
        cloud.play(Always("503"))
        assert pipeline.ask(QUESTION).answered_by == "reader"
    assert memory.ids() == []


def test_without_a_cloud_what_was_kept_is_not_degraded(tmp_path: Path, cloud: FaultServer) -> None:
    """Nobody earlier in the order could have answered; the reader behind the memory is not degraded either."""
    settings = place(tmp_path, cloud)
    with assemble.open_pipeline("leases", settings) as pipeline:
        pipeline.ask(QUESTION)
    with assemble.open_pipeline("leases", replace(settings, endpoint={})) as pipeline:
        kept, read = pipeline.ask(QUESTION), pipeline.ask("How much is the rent?")
    assert [(a.answered_by, a.degraded) for a in (kept, read)] == [("memory", False), ("reader", False)]


def test_a_question_with_a_history_of_elsewhere_is_not_kept(tmp_path: Path, cloud: FaultServer) -> None:
    """What the answer took from it may be nobody else's business; a follow-up is never kept."""
    settings = place(tmp_path, cloud)
    history = [("How much is the rent?", "900 euros")]
    memory = MemoryStore(corpus_folder(settings.corpora_folder, "leases") / FILE)
    with assemble.open_pipeline("leases", settings) as pipeline:
        pipeline.ask(QUESTION, history=history)
        pipeline.ask("And the notice period?", history=history, history_is_ours=True)
        assert memory.is_empty()
        pipeline.ask(QUESTION, history=history, history_is_ours=True)
    assert len(memory.ids()) == 1


def test_nothing_is_made_by_asking_the_reader(tmp_path: Path) -> None:
    """No file, no attempt: who has no fuller answerer sees nothing of a memory."""
    settings = place(tmp_path, None)
    with assemble.open_pipeline("leases", settings) as pipeline:
        answer = pipeline.ask(QUESTION)
    assert [a.answerer for a in answer.attempts] == ["reader"]
    assert MemoryStore(corpus_folder(settings.corpora_folder, "leases") / FILE).is_empty()


def test_a_full_disk_costs_nobody_the_answer(tmp_path: Path, cloud: FaultServer) -> None:
    """What cannot be kept is answered all the same; what cannot be read is passed by."""
    settings = place(tmp_path, cloud)
    file = corpus_folder(settings.corpora_folder, "leases") / "memory.sqlite"
    file.write_bytes(b"this is no database, and long enough to be looked at as one" * 40)
    with assemble.open_pipeline("leases", settings) as pipeline:
        well = pipeline.ask(QUESTION)
        cloud.play(Always("503"))
        ill = pipeline.ask(QUESTION)
    assert (well.answered_by, ill.answered_by) == ("deepseek", "reader")
