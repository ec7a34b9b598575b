"""A corpus goes into a database and comes out of it whole; a copy of it answers while the database is away."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engines import Hashed, away, config, dense, made, put

from sparewheel.app.cli import main
from sparewheel.app.service.moving import move
from sparewheel.app.service.originals import originals_of
from sparewheel.rag import assemble
from sparewheel.rag.assemble import open_pipeline, searches
from sparewheel.rag.copying import checksum, copy_corpus, differing
from sparewheel.rag.errors import NotFound, StoreError, UsageError
from sparewheel.rag.ingest import run
from sparewheel.rag.ingest.store import FolderPlace
from sparewheel.rag.places import place_of
from sparewheel.rag.postgres.database import database_of
from sparewheel.rag.settings import Answering, Retrieve, Settings

LEASE = "The tenant shall give thirty days notice. The rent is 900 euros a month, due on the first day."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=str(tmp_path / "data"), retrieve=Retrieve(rerank="off"),
                    answer=Answering(speculative=False))  # fmt: skip


def test_there_and_back(settings: Settings, database_url: str) -> None:
    """Documents, vectors, rights and kept files are the same at each end; the old place is empty only then."""
    folder, database = place_of(settings), place_of(replace(settings, store=database_url))
    store = folder.create(replace(config(), readers=("anna",), sensitivity="high"))
    put(store, *(made(n) for n in range(30)))
    run.fill(store, [dense()])
    put(store, made(3, 5), gone=["0008.txt"])
    path = originals_of(store, settings).keep("0001.txt", io.BytesIO(b"as it was printed"), 1)
    kept = replace(made(1)[0], source=str(path), sha256=path.parent.name)
    put(store, (kept, made(1)[1]))
    store.keep_note("watch", {"folders": ["/in"]})
    before, hashed = checksum(store.open()), store.config
    near = searches(store.open())[1](Hashed()).find("lease notice rent", 10)[1].tolist()

    moved = move(settings, "papers", database)
    assert (moved.documents, moved.chunks, moved.questions > 80) == (29, 89, True)
    assert (folder.names(), database.names()) == ([], ["papers"])
    there = database.store("papers")
    assert (checksum(there.open()), there.config, there.note("watch")) == (before, hashed, {"folders": ["/in"]})
    assert there.open().share("dense") == 81 / 89
    found = searches(there.open())[1](Hashed()).find("lease notice rent", 10)[1].tolist()
    assert found == pytest.approx(near, abs=2e-3)
    original = originals_of(there, replace(settings, store=database_url)).original(kept)
    assert original is not None
    assert original.read_bytes() == b"as it was printed"

    back = move(replace(settings, store=database_url), "papers", folder)
    assert (back.documents, database.names(), folder.names()) == (29, [], ["papers"])
    assert checksum(folder.store("papers").open()) == before


def test_a_move_that_was_stopped_goes_on(settings: Settings, database_url: str) -> None:
    """What is there and unchanged is not copied again; a corpus of another origin is not overwritten."""
    folder, database = place_of(settings), place_of(replace(settings, store=database_url))
    store = folder.create(config())
    put(store, *(made(n) for n in range(6)))
    half = database.create(store.config)
    put(half, made(0), made(1, 9))
    first = half.open().documents()[0]
    copy_corpus(store, database)
    assert checksum(half.open()) == checksum(store.open()) or first.added != store.open().documents()[0].added
    assert differing((store.open(), searches(store.open())[0]), (half.open(), searches(half.open())[0])) == []
    other = database.create(replace(config("others")))
    put(other, made(1))
    put(folder.create(config("others")), made(1))
    with pytest.raises(UsageError, match="another corpus 'others'"):
        move(settings, "others", database)


def test_what_arrives_damaged_is_noticed(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are kept then."""
    store = place_of(settings).create(config())
    put(store, *(made(n) for n in range(4)))
    database = place_of(replace(settings, store=database_url))
    target = copy_corpus(store, database)
    with store.write() as transaction:
        document, chunks = made(2)
        transaction.add(replace(document, text=document.text.upper()), chunks, added=store.open().documents()[2].added)
        transaction.publish([assemble.keyword_writer()])
    monkeypatch.setattr("sparewheel.app.service.moving.copy_corpus", lambda *given: target)
    with pytest.raises(StoreError, match="is not what is in"):
        move(settings, "papers", database)
    assert place_of(settings).names() == database.names() == ["papers"]


def test_the_commands(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """move, list, pin and move back, as one types them."""
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", settings.data_folder)
    put(place_of(settings).create(config()), *(made(n) for n in range(4)))

    def say(*given: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(given))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    assert say("corpora", "move", "papers", "--to", "folder")[0] == 2
    code, said = say("corpora", "move", "papers", "--to", database_url)
    assert (code, "4 documents, 12 passages" in said, "12 questions find the same passages" in said) == (0, True, True)
    assert "papers" in say("--store", database_url, "corpora", "list")[1]
    code, said = say("--store", database_url, "corpora", "pin", "papers")
    assert (code, "4 documents, 12 passages copied to" in said) == (0, True)
    assert say("corpora", "pin", "papers") == (2, "sparewheel: the corpora are in a folder of this machine already; a copy is for those in a database\n")  # fmt: skip  # noqa: E501
    assert say("--store", database_url, "corpora", "move", "papers", "--to", "folder")[0] == 0
    assert "papers" in say("corpora", "list")[1]


def test_a_pinned_corpus_answers_while_the_database_is_away(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marked, and with nothing leaving the machine; with the database again, from the database again. Another corpus
    fails by name."""
    settings = replace(settings, store=database_url)
    place: Any = place_of(settings)
    for name in ("papers", "others"):
        store = place.create(config(name))
        document = made(0)[0]
        document = replace(document, text=LEASE)
        put(store, (document, [replace(made(0, 1)[1][0], text=LEASE, end=len(LEASE))]))
    assert isinstance(place.copies, FolderPlace)
    copy_corpus(place.store("papers"), place.copies)
    pipeline, other = open_pipeline("papers", settings), open_pipeline("others", settings)
    question = "How many days of notice shall the tenant give?"
    assert (pipeline.ask(question).outcome, pipeline.sensitivity) == ("answered", "normal")
    monkeypatch.setattr(database_of(settings), "_guarded", away(settings))
    answer = pipeline.ask(question)
    assert (answer.outcome, "thirty days" in answer.text, pipeline.sensitivity) == ("answered", True, "high")
    assert "answered from this machine's copy, which may be out of date" in answer.notes[0]
    failed = other.ask(question)
    assert (failed.outcome, "cannot be reached" in failed.notes[-1] or "left alone" in failed.notes[-1]) == (
        "failed",
        True,
    )
    assert open_pipeline("papers", settings).ask(question).outcome == "answered"
    monkeypatch.undo()
    again = pipeline.ask(question)
    assert (again.outcome, [note for note in again.notes if "copy" in note]) == ("answered", [])
    place.copies.store("papers").destroy()
    with pytest.raises(NotFound):
        place.copies.store("papers")
