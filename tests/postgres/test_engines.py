"""The folder and PostgreSQL keep the same promises, and find the same."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from engines import WORDS, Hashed, config, dense, made, put, split

from sparewheel.app.people.access import User, admitted, readable
from sparewheel.rag.assemble import keyword_writer, searches
from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.errors import Forbidden, NotFound, StoreError, UsageError
from sparewheel.rag.ingest import run
from sparewheel.rag.ingest.store import FolderPlace
from sparewheel.rag.ingest.stores import CorpusStore, Place
from sparewheel.rag.places import place_of
from sparewheel.rag.postgres import housekeeping, nearest
from sparewheel.rag.postgres.keywords import PostgresKeywords
from sparewheel.rag.postgres.snapshot import PostgresSnapshot
from sparewheel.rag.retrieve.words import IndexedWords
from sparewheel.rag.settings import Ingest, Settings
from sparewheel.rag.types import Document, Layout, Page, Profile


@pytest.fixture(params=["folder", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return FolderPlace(tmp_path)
    return place_of(Settings(store=request.getfixturevalue("database_url")))


@pytest.fixture
def store(place: Place) -> CorpusStore:
    return place.create(config())


@pytest.fixture
def both(tmp_path: Path, database_url: str) -> list[CorpusStore]:
    places: list[Place] = [FolderPlace(tmp_path), place_of(Settings(store=database_url))]
    return [each.create(config()) for each in places]


def paged() -> Document:
    text = "word0 word1 word2"
    spans = np.array([(0, 5), (6, 11), (12, 17)], np.int32)
    boxes = np.arange(12, dtype=np.float32).reshape(3, 4)
    layout = Layout(spans, np.array([1, 1, 2], np.int32), boxes, np.array([[595, 842], [842, 595]], np.float32))
    return Document("p.pdf", text, "P", "/in/p.pdf", "application/pdf", layout=layout, sha256="ab" * 32,
                    pages=(Page(1, 0, 11), Page(2, 12, 17)), headings=((0, 5, 1),))  # fmt: skip


def test_what_goes_in_comes_out(store: CorpusStore) -> None:
    """Pages, headings, metadata, word boxes; a text that a text column refuses; chunks with ids in text order."""
    odd = Document("o.txt", "zero \0 end\n乙方", "Odd \0", "/in/o.txt", metadata={"k": "v"})
    put(store, (paged(), split(paged())), (odd, split(odd)))
    with store.open() as snapshot:
        assert snapshot.document("p.pdf") == paged()
        for name in ("spans", "pages", "boxes", "sizes"):
            there, given = snapshot.document("p.pdf").layout, paged().layout
            assert np.array_equal(getattr(there, name), getattr(given, name))
        assert snapshot.document("p.pdf", layout=False).layout is None
        kept = next(info for info in snapshot.documents() if info.id != "p.pdf")
        assert snapshot.document(kept.id).text == odd.text
        assert [chunk.text for chunk in snapshot.chunks_of(kept.id)] == odd.text.split("\n")
        assert snapshot.ids().tolist() == [1, 2, 3]
        assert [chunk.id for chunk in snapshot.chunks([3, 1])] == [3, 1]
        snapshot.verify()


def test_a_replaced_document_has_new_ids_and_the_others_keep_theirs(store: CorpusStore) -> None:
    """Ids are never used twice; a reader of before keeps what it opened."""
    put(store, made(0, 2), made(1, 1))
    before = store.open()
    put(store, made(0, 3))
    assert store.open().ids().tolist() == [3, 4, 5, 6]
    assert [chunk.id for chunk in before.chunks_of("0000.txt")] == [1, 2]
    with store.write() as transaction:
        assert (transaction.remove("0000.txt"), transaction.remove("0000.txt")) == (True, False)
        transaction.publish([keyword_writer()])
    put(store, made(2, 1))
    assert store.open().ids().tolist() == [3, 7]
    assert before.ids().tolist() == [1, 2, 3]
    before.close()


def test_filters(store: CorpusStore) -> None:
    """Fields and metadata, one value or several, parts of a list of parties; a slip is said."""
    put(
        store,
        made(0, 2, metadata={"parties": "Acme; Bolt", "year": "2024"}),
        made(1, 1, metadata={"parties": "Acme", "year": "2025"}),
        made(4, 1, metadata={"parties": "Coil"}),
    )
    with store.open() as snapshot:
        expect: dict[Any, list[int]] = {
            (): [1, 2, 3, 4],
            (("document", "0001.txt"),): [3],
            (("parties", "Acme"),): [1, 2, 3],
            (("parties", "Acme; Bolt"),): [1, 2],
            (("parties", "Acme"), ("year", ("2025", "2026"))): [3],
            (("document", ("0004.txt", "0000.txt")),): [1, 2, 4],
            (("language", "zh"),): [4],
            (("year", "' OR 1=1 --"),): [],
            (("year", ()),): [],
            (("title", "Paper \0"),): [],
        }
        assert {key: snapshot.matching(dict(key)).tolist() for key in expect} == expect
        assert snapshot.document_ids({"parties": "Acme"}) == ["0000.txt", "0001.txt"]
        with pytest.raises(UsageError, match="'yaer'; did you mean 'year'"):
            snapshot.matching({"yaer": "2024"})
        with pytest.raises(UsageError, match="did you mean 'Coil'"):
            snapshot.check_filter({"parties": "coil"})
        with pytest.raises(NotFound, match=r"did you mean '0001\.txt'"):
            snapshot.document("001.txt")
        with pytest.raises(StoreError, match="99"):
            snapshot.chunks([99])


def test_vectors_come_behind_and_forget_at_once(store: CorpusStore) -> None:
    """Oldest first, `limit` at a time; a removed document leaves them; another model starts anew."""
    put(store, made(0), made(1))
    assert run.fill(store, [dense()], first_batch=2) == 6
    put(store, made(2), gone=["0000.txt"])
    with store.open() as snapshot:
        assert snapshot.share("dense") == 0.5
        _, near = searches(snapshot)
        found = near(Hashed()).find("lease notice", 10)[0].tolist()
        assert sorted(found) == [4, 5, 6]
        with pytest.raises(StoreError, match=r"hashed@1.*hashed@2.*reindex"):
            snapshot.check({"dense": "hashed@2"})
    with pytest.raises(StoreError, match="reindex"):
        run.fill(store, [dense("hashed@2")])
    assert run.fill(store, [dense("hashed@2")], rebuild=True) == 6
    assert store.open().share("dense") == 1.0


def test_a_failed_write_leaves_the_old_state(store: CorpusStore) -> None:
    """Nothing of it can be seen."""
    put(store, made(0))

    def fail() -> None:
        with store.write() as transaction:
            transaction.add(*made(1))
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert [info.id for info in store.open().documents()] == ["0000.txt"]


def test_an_emptied_corpus_still_opens(store: CorpusStore) -> None:
    put(store, made(0))
    put(store, gone=["0000.txt"])
    with store.open() as snapshot:
        assert (snapshot.documents(), snapshot.ids().tolist(), snapshot.manifest.chunks) == ([], [], 0)
        keywords, _ = searches(snapshot)
        assert keywords.search("notice", 5) == []


def test_files_are_brought_in_and_unchanged_ones_cost_nothing(store: CorpusStore, tmp_path: Path) -> None:
    """The ingest of a folder, a change, a removal, an edit."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text(f"The {name} lease. The notice period is {ord(name)} days.")
    given: dict[str, Any] = {"settings": Ingest(workers=1), "profile": Profile(), "writers": [keyword_writer()]}
    first = run.ingest(store, [folder], **given)
    assert [row.status for row in first.rows] == ["added"] * 3
    assert [row.status for row in run.ingest(store, [folder], **given).rows] == ["unchanged"] * 3
    (folder / "a.txt").write_text("The a lease was changed: ninety days of notice.")
    (folder / "b.txt").unlink()
    again = run.ingest(store, [folder], prune=True, **given)
    assert sorted((row.document_id, row.status) for row in again.rows) == [
        ("a.txt", "updated"), ("b.txt", "removed"), ("c.txt", "unchanged"),
    ]  # fmt: skip
    edited = run.edit(store, "c.txt", {"title": "Lease C"}, **given)
    with store.open() as snapshot:
        assert edited.title == snapshot.document("c.txt").title == "Lease C"
        keywords, _ = searches(snapshot)
        assert [hit.chunk.document_id for hit in keywords.search("ninety", 5)] == ["a.txt"]
        words = IndexedWords(keywords)
        assert (words.near("notise"), words.near("zebra"), words.phrase("notice period")) == (True, False, True)
        assert Catalogue(snapshot, words).ids() == ["a.txt", "c.txt"]


def test_rights_and_configuration(place: Place, store: CorpusStore) -> None:
    """Two who change a corpus keep each other's change; rights are looked up where it is kept."""
    early = place.store("papers")
    store.configure(readers=("anna",))
    early.configure(sensitivity="high")
    config = place.config("papers")
    assert (config.readers, config.sensitivity, store.again().config) == (("anna",), "high", config)
    assert [c.name for c in readable(place, User("anna"))] == ["papers"]
    assert readable(place, User("ben")) == []
    with pytest.raises(Forbidden):
        admitted(place, "papers", User("ben"))
    with pytest.raises(NotFound, match="did you mean 'papers'"):
        place.store("paper")
    with pytest.raises(UsageError, match="up to 64 letters"):
        place.store("../papers")
    store.keep_note("watch", {"folders": ["合同"]})
    assert (store.note("watch"), store.note("other")) == ({"folders": ["合同"]}, None)
    assert place.create(replace(config, sensitivity="normal")).config.sensitivity == "high"
    store.destroy()
    assert place.names() == []
    with pytest.raises(NotFound):
        early.configure(sensitivity="normal")


def questions(chance: random.Random) -> list[str]:
    return [
        *(" ".join(chance.choices(WORDS[:10], k=3)) for _ in range(20)),
        *("押金通知 违约金", "书面通知乙方", "zebra", ""),
    ]  # fmt: skip


def test_both_rank_words_alike_after_every_change(both: list[CorpusStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding, replacing and removing, with segments merged and dead ones left: the same passages with the same scores,
    with a filter and without."""
    chance = random.Random(1)
    monkeypatch.setattr(housekeeping, "TOGETHER", 3)
    living: set[int] = set()
    for round in range(12):
        new = [*range(round * 6, round * 6 + 6), *chance.sample(sorted(living), min(len(living), 3))]
        old = chance.sample(sorted(living - set(new)), min(len(living - set(new)), 2))
        for store in both:
            put(store, *(made(n, 1 + (n + round) % 4) for n in new), gone=[f"{n:04d}.txt" for n in old])
        living = (living | set(new)) - set(old)
    snapshots = [store.open() for store in both]
    assert isinstance(snapshots[1], PostgresSnapshot)
    assert len(snapshots[1].parts) < 12
    assert snapshots[0].documents() == [replace(d, added=e.added) for d, e in zip(
        snapshots[1].documents(), snapshots[0].documents(), strict=True)]  # fmt: skip
    legs = [searches(snapshot)[0] for snapshot in snapshots]
    for filter in (None, {"lot": "1"}, {"document": [f"{n:04d}.txt" for n in sorted(living)[:5]]}):
        for question in questions(chance):
            (ids, scores), (other, others) = (leg.find(question, 10, filter) for leg in legs)
            assert ids.tolist() == other.tolist()
            assert scores == pytest.approx(others, rel=1e-6)
    for snapshot in snapshots:
        snapshot.verify()


def test_both_find_the_same_neighbours(both: list[CorpusStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared one by one, and by HNSW; without the dead, within the filter."""
    for store in both:
        put(store, *(made(n) for n in range(60)))
        run.fill(store, [dense()])
        put(store, made(3, 5), gone=["0007.txt"])
    exact, own = (searches(store.open())[1](Hashed()) for store in both)
    filters = (None, {"lot": "1"}, {"document": ["0001.txt", "0003.txt"]})

    def found(leg: Any, filter: Any) -> list[float]:
        return [round(float(score), 2) for question in questions(random.Random(2))[:20] if question
                for score in leg.find(question, 5, filter)[1]]  # fmt: skip

    for filter in filters:
        assert found(own, filter) == pytest.approx(found(exact, filter), abs=0.011)
    monkeypatch.setattr(nearest, "EXACT_UP_TO", 10)
    monkeypatch.setattr(housekeeping, "EXACT_UP_TO", 10)
    build = housekeeping._build

    def in_a_container(*given: Any, alone: bool = False) -> None:
        if not alone:
            raise psycopg.errors.DiskFull("could not resize shared memory segment")
        build(*given, alone=True)

    monkeypatch.setattr(housekeeping, "_build", in_a_container)
    run.fill(both[1], [dense()])
    run.fill(both[0], [dense()])
    snapshot = both[1].open()
    assert isinstance(snapshot, PostgresSnapshot)
    counted = "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%hnsw%' AND tablename LIKE 'vectors%'"
    plan = snapshot.database.read(lambda rows: rows.execute(counted).fetchone())
    assert plan == (1,)
    exact, own = (searches(store.open())[1](Hashed()) for store in both)
    for filter in filters:
        assert found(own, filter) == pytest.approx(found(exact, filter), abs=0.011)


def test_ranges_that_follow_each_other_are_one() -> None:
    """Documents beside each other are looked up together."""
    firsts, sizes = np.array([1, 4, 9, 12, 20]), np.array([3, 5, 2, 8, 1])
    assert nearest.together(firsts, sizes) == ([1, 12], [11, 21])
    assert nearest.together(firsts[:1], sizes[:1]) == ([1], [4])


def test_two_writers_at_once_both_land(both: list[CorpusStore]) -> None:
    """Each brings its own documents and one that both have, in many publishes: all are there, that one once."""
    store = both[1]
    failed: list[BaseException] = []

    def bring(first: int) -> None:
        try:
            for n in range(first, first + 6):
                put(store, made(n), made(999, 1 + first % 3))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=bring, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with store.open() as snapshot:
        expected = sorted([f"{n:04d}.txt" for first in (0, 100, 200) for n in range(first, first + 6)] + ["0999.txt"])
        assert [info.id for info in snapshot.documents()] == expected
        snapshot.verify()


def test_readers_never_see_half_a_document(both: list[CorpusStore]) -> None:
    """While a document is replaced again and again, every look finds all its chunks, of one version."""
    store = both[1]
    put(store, made(0, 4))
    done = threading.Event()

    def replace_it() -> None:
        for n in range(15):
            put(store, made(0, 3 + n % 3))
        done.set()

    writer = threading.Thread(target=replace_it)
    writer.start()
    looks = 0
    while not done.is_set() or not looks:
        with store.open() as snapshot:
            (info,) = snapshot.documents()
            chunks, text = snapshot.chunks_of(info.id), snapshot.document(info.id).text
            assert len(chunks) == info.chunks == snapshot.manifest.chunks
            assert [text[c.start : c.end] for c in chunks] == [c.text for c in chunks]
        looks += 1
    writer.join()


def test_what_died_is_purged_after_its_hour(both: list[CorpusStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, vectors, segments and postings: nothing is left of it."""
    store = both[1]
    put(store, *(made(n) for n in range(4)))
    run.fill(store, [dense()])
    monkeypatch.setattr(housekeeping, "GRACE", "0 seconds")
    put(store, made(0, 2), gone=["0001.txt", "0002.txt"])
    put(store, made(5))
    put(store, made(6))
    snapshot = store.open()
    assert isinstance(snapshot, PostgresSnapshot)

    def count(table: str) -> int:
        return snapshot.database.read(lambda rows: rows.execute(f"SELECT count(*) FROM {table}_1").fetchone()[0])  # type: ignore[index]

    live = len(snapshot.documents())
    assert (count("documents"), count("contents"), count("chunks")) == (live, live, snapshot.manifest.chunks)
    assert (count("vectors"), count("segments")) == (3, len(snapshot.parts))
    snapshot.verify()


def test_another_tokeniser_counts_everything_again(both: list[CorpusStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """From the stored passages, some documents at a time; until then it is refused."""
    store = both[1]
    put(store, made(0), made(1))
    put(store, made(2, 9), made(3, 0), made(5, 2))
    monkeypatch.setattr(housekeeping, "MOST_CHUNKS", 20)  # five of a run
    terms = "SELECT id, terms FROM documents WHERE died IS NULL ORDER BY id"
    counted = store.database.read(lambda rows: rows.execute(terms).fetchall())  # type: ignore[attr-defined]
    writer: Any = keyword_writer()
    writer.version = "tokeniser next"
    with pytest.raises(StoreError, match=r"tokeniser next.*reindex"):
        store.open().check({"bm25": writer.version})
    before = searches(store.open())[0].find("lease notice", 5)
    with store.write() as transaction:
        assert transaction.lacking(writer) == 18
        transaction.publish([writer])
    assert store.open().manifest.indexes["bm25"].version == "tokeniser next"
    snapshot = store.open()
    assert isinstance(snapshot, PostgresSnapshot)
    assert snapshot.database.read(lambda rows: rows.execute(terms).fetchall()) == counted
    assert [len(part.ids) for part in snapshot.parts] == [3, 3, 9, 3]
    after = PostgresKeywords(snapshot).find("lease notice", 5)
    assert [each.tolist() for each in after] == [each.tolist() for each in before]
