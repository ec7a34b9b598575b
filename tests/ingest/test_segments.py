"""What changed is written, nothing else; and however a corpus came to be, it is what a fresh one would be."""

import hashlib
import json
import random
import resource
import shutil
import sqlite3

import numpy as np
import pytest
from corpus_fakes import JsonWriter, document, lines

from sparewheel.rag.errors import StoreError
from sparewheel.rag.ingest.rows import SCHEMA
from sparewheel.rag.ingest.run import fill
from sparewheel.rag.ingest.segments import MOST, SHARE, Segment, first_to_merge
from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.retrieve.bm25 import Bm25Index
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense import DenseIndex
from sparewheel.rag.retrieve.dense_write import DenseWriter

WORDS = ["rent", "lease", "notice", "tenant", "fever", "dose", "clause", "payment", "interest", "court", "租金", "合同"]


class Numbers:
    """An embedder without a model: a text is where its words point."""

    name, dimension = "numbers@1", 16

    def embed(self, texts, *, query=False):
        rows = np.array([[text.count(word) + 0.01 * len(text) for word in (WORDS * 2)[:16]] for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "c", CorpusConfig("c"))


def written(chance, lines=12):
    """Lines of words as they come, some rarer."""
    return "\n".join(" ".join(chance.choices(WORDS, weights=range(12, 0, -1), k=9)) for _ in range(lines))


def put(store, *documents, remove=(), writers=(), **options):
    with store.write() as transaction:
        for id in remove:
            assert transaction.remove(id)
        for each in documents:
            transaction.add(each, lines(each), splitter="1", file=(1, 2, 3))
        transaction.publish(writers or [Bm25Writer(), DenseWriter(Numbers())], **options)


def new_bytes(store, *documents, **options):
    """Of the files that a change makes and the snapshot before has not, the manifest too."""
    before = store.manifest().files if store.current() else {}
    put(store, *documents, **options)
    manifest = store.folder / "snapshots" / f"{store.current():08d}" / "manifest.json"
    made = [state.bytes for name, state in store.manifest().files.items() if name not in before]
    return sum(made) + manifest.stat().st_size


@pytest.mark.parametrize("seed", range(4))
def test_a_corpus_that_changed_is_a_fresh_one_with_what_is_left(tmp_path, store, seed):
    """Documents, filters and rankings with their scores, after forty changes in random order."""
    chance, held = random.Random(seed), {}
    made = [document(f"{n}.txt", written(chance)) for n in range(80)]
    put(store, *made)
    held |= {each.id: each for each in made}
    for _ in range(25):
        gone = chance.sample(sorted(held), chance.choice([0, 0, 1, 2]))
        come = [document(f"{n}.txt", written(chance)) for n in chance.sample(range(99), chance.choice([0, 1, 1, 3]))]
        put(store, *come, remove=gone)
        held = {id: each for id, each in held.items() if id not in gone} | {each.id: each for each in come}
    with store.open() as snapshot:
        assert len(snapshot.manifest.rows) > 1
        snapshot.verify()
        ordered = sorted(held, key=lambda id: snapshot.chunks_of(id)[0].id)  # as they came
    fresh = Store.create(tmp_path / "fresh", CorpusConfig("fresh"))
    put(fresh, *(held[id] for id in ordered))
    with store.open() as one, fresh.open() as other:
        assert [info.id for info in one.documents()] == [info.id for info in other.documents()]
        assert (one.manifest.chunks, one.manifest.chars) == (other.manifest.chunks, other.manifest.chars)
        assert [one.document(id) for id in held] == list(held.values())
        assert one.sources() == other.sources()
        assert one.document_ids({"title": "Title of 3.txt"}) == other.document_ids({"title": "Title of 3.txt"})
        for query in (*WORDS, "rent of the lease", "fever dose 合同"):
            for filter in (None, {"document": ordered[::3]}):
                assert by_words(one, query, filter) == by_words(other, query, filter)
                assert_near(by_vectors(one, query, filter), by_vectors(other, query, filter))


def by_words(snapshot, query, filter):
    """(document, place in it, score), best first."""
    allowed = snapshot.selected(filter) if filter else None
    return named(snapshot, Bm25Index.open(*snapshot.segments("bm25")).search(query, 10, allowed))


def by_vectors(snapshot, query, filter):
    allowed = snapshot.selected(filter) if filter else None
    vector = Numbers().embed([query])[0]
    return named(snapshot, DenseIndex.open(*snapshot.segments("dense")).search(vector, 10, allowed))


def named(snapshot, found):
    ids, scores = found
    chunks = snapshot.chunks(ids.tolist())
    return [(c.document_id, c.start, float(score)) for c, score in zip(chunks, scores, strict=True)]


def assert_near(one, other):
    """The same up to rounding: what a sum of products is depends on where the rows lie."""
    np.testing.assert_allclose([score for *_, score in one], [score for *_, score in other], atol=1e-5)
    last = other[-1][-1] + 1e-5
    places = [{(id, start) for id, start, score in found if score > last} for found in (one, other)]
    assert places[0] == places[1]


@pytest.mark.parametrize("size", [30, 300])
def test_a_change_writes_what_changed(store, size):
    """The bytes of one document more, one changed and one less do not grow with the corpus."""
    chance = random.Random(0)
    first = new_bytes(store, *(document(f"{n}.txt", written(chance)) for n in range(size)))
    cost = [new_bytes(store, document(f"new-{n}.txt", written(chance))) for n in range(3)]
    cost += [new_bytes(store, document("3.txt", written(chance))), new_bytes(store, remove=["4.txt"])]
    assert max(cost) < 80_000, cost  # SQLite's empty tables are most of it
    assert size < 300 or first > 500_000
    with store.open() as snapshot:
        assert snapshot.manifest.documents == size + 2


def test_a_first_fill_writes_its_size_a_few_times(store, monkeypatch):
    """In growing batches, each of which can be searched; at most four times what is there in the end."""
    monkeypatch.setattr("sparewheel.rag.ingest.run.LARGEST_BATCH", 100)
    put(store, *(document(f"{n}.txt", "\n".join(["x"] * 500)) for n in range(10)), writers=[JsonWriter()])
    sizes = []

    class Light(JsonWriter):
        def _save(self, folder, content):
            sizes.append(len(content))
            super()._save(folder, content)

    dense = Light("dense")
    assert fill(store, [dense], first_batch=10) == 5000
    assert sum(sizes) <= 4 * 5000
    assert 15 < len(dense.calls) < 40
    with store.open() as snapshot:
        assert len(snapshot.segments("dense")) <= MOST
        assert snapshot.share("dense") == 1.0


def weights(*sizes):
    return [Segment(str(n), size) for n, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "more", "first"),
    [
        ((1000, 10), False, 1),
        ((1000, 100, 100, 51), False, 0),  # a quarter
        ((1000, 100, 100, 51), True, 3),  # more follow: not yet
        ((1000, 9, 9, 9, 9, 9, 9, 9), False, 7),
        ((1000, 9, 9, 9, 9, 9, 9, 9, 9), False, 1),  # too many
        ((1000, 90, 9, 9, 9, 9, 9, 1, 1), False, 7),  # the smallest of them suffice
        ((5,), False, 0),
    ],
)
def test_segments_are_merged_where_they_are_many_or_weigh(sizes, more, first):
    """From which one on."""
    assert first_to_merge(weights(*sizes), more=more) == first


def test_segments_stay_few_and_light(store):
    """Whatever comes; and a change is written a few times at most, merges included."""
    chance, sizes, total, written = random.Random(1), [1000], 0, 0
    for _ in range(2000):
        new = chance.choice([1, 1, 1, 5, 20])
        first = first_to_merge(weights(*sizes, new))
        total, written = total + new, written + sum((*sizes, new)[first:])
        sizes = [*sizes[:first], sum((*sizes, new)[first:])]
        assert len(sizes) <= MOST
        assert sum(sizes[1:]) <= SHARE * sizes[0]
    assert written < 12 * total


def test_removed_and_brought_back_in_one_go(store):
    """A document that is replaced twice before it is published counts once, and none of its former chunks stays."""
    put(store, document("a.txt", "one\ntwo"), document("b.txt", "three"), writers=[JsonWriter()])
    with store.write() as transaction:
        for text in ("four", "five\nsix"):
            transaction.add(document("a.txt", text), lines(document("a.txt", text)))
        assert transaction.remove("b.txt")
        assert not transaction.remove("b.txt")
        transaction.add(document("c.txt", "seven"), lines(document("c.txt", "seven")))
        assert transaction.remove("c.txt")
        transaction.publish([JsonWriter()])
    with store.open() as snapshot:
        assert [info.id for info in snapshot.documents()] == ["a.txt"]
        assert [chunk.text for chunk in snapshot.chunks_of("a.txt")] == ["five", "six"]
        assert JsonWriter.read(snapshot.segments("words")).keys() == set(snapshot.ids().tolist())
        with pytest.raises(StoreError, match="names chunk 1,"):
            snapshot.chunks([1])


def test_a_file_that_was_read_again_keeps_what_was_said_last(store):
    """Its times are noted in a small segment, and hold through merges; a removed document's file is forgotten."""
    put(store, *(document(f"{n}.txt", "one\ntwo") for n in range(9)), writers=[JsonWriter()])
    with store.write() as transaction:
        transaction.touch("/in/3.txt", (1, 20, 30))
        transaction.publish([JsonWriter()])
    put(store, remove=["4.txt"], writers=[JsonWriter()])
    for _ in range(2):
        with store.write() as transaction:
            known = transaction.known_files()
            assert len(known) == 8
            assert (known["/in/3.txt"].mtime_ns, known["/in/3.txt"].checked_ns) == (20, 30)
            assert known["/in/5.txt"].mtime_ns == 2
        put(store, *(document(f"{n}.txt", "one\ntwo\nthree") for n in range(20, 40)), writers=[JsonWriter()])
        put(store, remove=[f"{n}.txt" for n in range(20, 40)], writers=[JsonWriter()])
    assert len(store.manifest().rows) == 1


def test_a_merge_does_not_carry_damage_on(store):
    """What is read to be merged is checked first; the corpus stays as it was."""
    put(store, document("a.txt", "one\ntwo"), writers=[JsonWriter()])
    file = next((store.folder / "snapshots").glob("*/words/*/index.json"))
    file.write_text(file.read_text().replace("one", "won"))
    with store.write() as transaction:
        transaction.add(document("b.txt", "x"), lines(document("b.txt", "x")))
        with pytest.raises(StoreError, match="sha256 differs"):
            transaction.publish([JsonWriter()])
    assert store.current() == 1


def test_a_corpus_from_before_segments_is_opened_and_goes_on(store):
    """Texts and vectors stay; the keyword index says what to run, and then all is as ever."""
    put(store, document("a.txt", "rent one\nlease two"), document("b.txt", "fever"))
    as_first_layout(store)
    with store.open() as snapshot:
        snapshot.verify()
        assert snapshot.document("a.txt").text == "rent one\nlease two"
        assert [chunk.id for chunk in snapshot.chunks_of("b.txt")] == [3]
        snapshot.check({"dense": Numbers.name})
        with pytest.raises(StoreError, match="run: sparewheel reindex --corpus c"):
            snapshot.check({"bm25": Bm25Writer.version})
        assert len(DenseIndex.open(*snapshot.segments("dense"))) == 3
    put(store, document("c.txt", "dose"), remove=["b.txt"])
    with store.open() as snapshot:
        assert snapshot.ids().tolist() == [1, 2, 4]
        assert DenseIndex.open(*snapshot.segments("dense")).ids.tolist() == [1, 2, 4]
        assert Bm25Index.open(*snapshot.segments("bm25")).search("dose lease", 5)[0].tolist() == [4, 2]


def as_first_layout(store):
    """The newest snapshot as the version before segments wrote it."""
    folder = store.folder / "snapshots" / f"{store.current():08d}"
    manifest = json.loads((folder / "manifest.json").read_text())
    old = sqlite3.connect(folder / "store.sqlite")
    old.executescript(SCHEMA + "DROP TABLE removed; CREATE TABLE next_chunk (id INTEGER NOT NULL);")
    old.execute("INSERT INTO next_chunk VALUES (?)", (manifest["next_chunk"],))
    old.execute("ATTACH ? AS new", (str(folder / manifest["rows"][0]["name"]),))
    for table in ("documents", "contents", "metadata", "chunks", "files"):
        old.execute(f"INSERT INTO {table} SELECT * FROM new.{table}")
    old.commit()
    old.close()
    shutil.rmtree(folder / "rows")
    (segment,) = (folder / "dense").iterdir()
    for path in segment.iterdir():
        path.rename(folder / "dense" / path.name)
    segment.rmdir()
    shutil.rmtree(folder / "bm25")
    (folder / "bm25").mkdir()
    (folder / "bm25" / "meta.json").write_text("{}")
    for state in manifest["indexes"].values():
        del state["segments"]
    manifest["indexes"]["bm25"]["version"] = "tokeniser 4"
    for key in ("rows", "next_chunk", "next_document", "files"):
        del manifest[key]
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    states = {path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size} for path in files}
    for name, state in states.items():
        state["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({**manifest, "layout": 1, "files": states}))


def test_too_many_open_files_are_not_told_as_damage(store):
    """SQLite only says that it cannot open a file; whoever asks is told why."""
    put(store, document("a.txt", "one\ntwo"), writers=[JsonWriter()])
    with store.open() as snapshot:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                snapshot.ids()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert snapshot.ids().tolist() == [1, 2]
