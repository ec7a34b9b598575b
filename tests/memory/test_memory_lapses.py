"""No answer outlives its passage or its reader's right, whatever happens to the corpus in between."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparewheel.app.people.access import User, admitted_rights
from sparewheel.app.service import Service, work
from sparewheel.rag import assemble
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import Forbidden
from sparewheel.rag.memory.kept import Asked
from sparewheel.rag.memory.memory import Memory
from sparewheel.rag.places import place_of
from sparewheel.rag.settings import Retrieve, Settings
from sparewheel.rag.types import Answer, Citation

LINES = {"notice": "The notice period is thirty days.", "rent": "The rent is 900 euros a month."}
FILLING = "Nothing else is agreed by the parties in this section of the lease. " * 20
QUESTIONS = {"notice": "What is the notice period?", "rent": "How much is the rent?"}
CHANGES = ("notice", "rent", "delete", "restore", "close", "open", "hide", "show", "high", "keep")


@contextmanager
def place() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory() as folder:
        yield Settings(data_folder=str(Path(folder) / "data"), retrieve=Retrieve(rerank="off"))


def write(here: Settings, lines: dict[str, str]) -> None:
    """The two documents of the corpus; without lines there is only the other one."""
    folder = Path(here.data_folder).parent / "files"
    folder.mkdir(exist_ok=True)
    (folder / "other.md").write_text("# Other\n\nThe weather was fine.\n", encoding="utf-8")
    lease = folder / "lease.md"
    lease.unlink(missing_ok=True)
    if lines:
        parts = (f"## {topic}\n\n{line}\n\n{FILLING}" for topic, line in lines.items())  # a passage each
        lease.write_text("# Lease\n\n" + "\n\n".join(parts), encoding="utf-8")
    store = work.make_corpus(here, "leases", "legal")
    work.read_in(store, [folder], here, prune=True)


def memory_of(here: Settings) -> Memory:
    memory = assemble.open_memory(work.make_corpus(here, "leases", "legal"), here)
    return memory


def keep(pipeline: Pipeline, here: Settings, topic: str) -> None:
    """As a cloud model would have answered; kept for whoever may read it."""
    found = pipeline.search(QUESTIONS[topic])
    hit = next((h for h in found if LINES[topic] in h.chunk.text), None)
    if hit is None:
        return
    start = hit.chunk.start + hit.chunk.text.index(LINES[topic])
    quote = Citation(1, hit.chunk.document_id, "", "", start, start + len(LINES[topic]), LINES[topic], verified=True)
    answer = Answer(QUESTIONS[topic], "leases", f"{LINES[topic]} [1]", "answered", (quote,), found, "deepseek")
    memory = memory_of(here)
    asked = Asked(QUESTIONS[topic], "en", hits=found, sensitivity=pipeline.sensitivity)
    memory.keep(asked, answer, "2026-11-28T09:00:00+00:00", local=False)


def walked(here: Settings, changes: list[str]) -> None:
    """After any changes: what the memory serves stands in the documents now, to somebody who may read them, and of a
    confidential corpus nothing that a cloud model wrote; what it may serve, it does. Nobody else is told that there was
    such a question."""
    lines, there, right, seen, high, kept = dict(LINES), True, True, True, False, set(LINES)
    write(here, lines)
    ann = User("ann", "viewer")
    with assemble.open_pipeline("leases", here) as pipeline, Service(here) as service:
        asking = pipeline.admitting(lambda: admitted_rights(place_of(here), "leases", ann))
        for topic in LINES:
            keep(pipeline, here, topic)
        for change in changes:
            store = work.make_corpus(here, "leases", "legal")
            if change in LINES and there:
                lines[change] = LINES[change] if lines[change] != LINES[change] else "Nothing is said of it."
                write(here, lines)
                kept -= {change} | (set(LINES) if change == "notice" else set())  # what stands behind is moved
            elif change in ("delete", "restore"):
                there = change == "restore"
                write(here, lines if there else {})
                kept = kept if there and kept else set()
            elif change in ("close", "open"):
                right = change == "open"
                store.configure(readers=() if right else ("bob",))
            elif change in ("hide", "show"):
                seen = change == "show"
                service.set_access("leases", "lease.md", ["ann", "bob"] if seen else ["bob"])
            elif change == "high":
                high = True
                store.configure(sensitivity="high")
                work.forget_lapsed(store, here)
                kept = set()
            elif change == "keep" and there:
                for topic in LINES:
                    keep(pipeline, here, topic)
                kept = set() if high else {topic for topic in LINES if lines[topic] == LINES[topic]}
        for topic, question in QUESTIONS.items():
            answer = None
            with suppress(Forbidden):
                answer = asking.ask(question)
            assert (answer is not None) == right
            if answer is None:
                continue
            if answer.answered_by == "memory":
                assert there
                assert seen
                assert lines[topic] == LINES[topic]
                assert not high
                assert all(citation.verified for citation in answer.citations)
            if not (there and seen) or high:
                assert answer.similar is None
            if topic in kept and there and seen:
                assert answer.answered_by == "memory"
    assert there or not memory_of(here).store.documents()


@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=6))
@settings(max_examples=12)
def test_no_answer_outlives_its_passage_or_its_readers_right(changes: list[str]) -> None:
    """In a folder; and of a deleted document nothing is left in the file."""
    with place() as here:
        walked(here, changes)
        raw = (here.corpora_folder / "leases" / "memory.sqlite").read_bytes()
        deleted = [change for change in changes if change in ("delete", "restore")]
        assert deleted[-1:] != ["delete"] or LINES["notice"].encode() not in raw


@given(st.lists(st.sampled_from(CHANGES), min_size=2, max_size=5))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nor_in_a_database(database_url: str, changes: list[str]) -> None:
    """Each walk in a corpus of its own."""
    with place() as folder:
        here = replace(folder, store=database_url)
        try:
            walked(here, changes)
        finally:
            place_of(here).store("leases").destroy()


def test_making_a_corpus_confidential_forgets_the_cloud(tmp_path: Path) -> None:
    """At once, and from the file."""
    here = Settings(data_folder=str(tmp_path / "data"), retrieve=replace(Retrieve(), rerank="off"))
    write(here, LINES)
    with assemble.open_pipeline("leases", here) as pipeline:
        keep(pipeline, here, "notice")
        memory = memory_of(here)
        assert len(memory.store.ids()) == 1
        store = work.make_corpus(here, "leases", "legal")
        store.configure(sensitivity="high")
        assert work.forget_lapsed(store, here) == 1
    assert memory.store.ids() == []


def test_a_kept_answer_is_for_who_may_read_its_passages(tmp_path: Path) -> None:
    """One document is closed to a reader: neither its kept answer nor that there was such a question reaches them."""
    here = Settings(data_folder=str(tmp_path / "data"), retrieve=replace(Retrieve(), rerank="off"))
    write(here, LINES)
    with Service(here) as service:
        keep(service.pipeline("leases"), here, "notice")
        ann, bob = User("ann", "viewer"), User("bob", "viewer")
        service.set_access("leases", "lease.md", ["ann"])
        mine, theirs = (service.pipeline("leases", user).ask(QUESTIONS["notice"]) for user in (ann, bob))
        near = service.pipeline("leases", bob).ask("What is the period of notice for the lease?")
    assert (mine.answered_by, mine.outcome) == ("memory", "answered")
    assert theirs.answered_by != "memory"
    assert (theirs.similar, near.similar, near.remembered) == (None, None, None)
    assert "thirty days" not in theirs.text + near.text
