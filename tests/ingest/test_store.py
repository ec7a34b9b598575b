"""A corpus on disk: what goes in comes out, old or new and never broken, one writer, many readers."""

import io
import json
import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from corpus_fakes import JsonWriter, document, lines, paged

from sparewheel.rag.errors import Locked, NotFound, StoreError, UsageError
from sparewheel.rag.ingest.lock import writing
from sparewheel.rag.ingest.store import CorpusConfig, Store, corpus_folder, corpus_names
from sparewheel.rag.types import Profile


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "contracts", CorpusConfig("contracts"))


def put(store, *documents, writers=None, behind=()):
    with store.write() as transaction:
        for each in documents:
            transaction.add(each, lines(each), splitter="lines 1")
        transaction.publish([JsonWriter()] if writers is None else writers, behind=behind)


def test_what_goes_in_comes_out(store):
    """A document comes back with pages, headings, metadata and word boxes, its chunks with ids in text order."""
    one = paged()
    two = document("b.txt", "甲方\n乙方", language="zh", metadata={"party": "甲"}, sha256="ab" * 32)
    put(store, one, two)
    with store.open() as snapshot:
        assert snapshot.document("p.pdf") == one
        assert snapshot.document("b.txt") == two
        for name in ("spans", "pages", "boxes", "sizes"):
            assert np.array_equal(getattr(snapshot.document("p.pdf").layout, name), getattr(one.layout, name))
        assert snapshot.document("p.pdf", layout=False).layout is None
        chunks = snapshot.chunks_of("b.txt")
        assert [(c.id, c.text, c.title, c.headings, c.language, c.metadata) for c in chunks] == [
            (2, "甲方", two.title, ("Part",), "zh", {"party": "甲"}),
            (3, "乙方", two.title, ("Part",), "zh", {"party": "甲"}),
        ]
        assert [c.id for c in snapshot.chunks([3, 1])] == [3, 1]


def test_an_updated_document_gets_new_chunk_ids_and_the_others_keep_theirs(store):
    """Ids are stable while a document is unchanged and never used twice."""
    put(store, document("a.txt", "x\ny"), document("b.txt", "z"))
    put(store, document("a.txt", "x\ny\nw"))
    with store.open() as snapshot:
        assert snapshot.ids().tolist() == [3, 4, 5, 6]
        assert JsonWriter.read(snapshot.segments("words")).keys() == {3, 4, 5, 6}
    with store.write() as transaction:
        assert transaction.remove("a.txt") is True
        assert transaction.remove("a.txt") is False
        transaction.publish([JsonWriter()])
    put(store, document("c.txt", "v"))
    with store.open() as snapshot:
        assert snapshot.ids().tolist() == [3, 7]


def test_a_filter_finds_the_chunks_of_the_documents_that_satisfy_every_key(store):
    """Fields and metadata, one value or several; a key nobody has is refused with a suggestion."""
    put(
        store,
        document("a.txt", "1\n2", metadata={"client": "Acme", "year": "2024"}),
        document("b.txt", "3", metadata={"client": "Acme", "year": "2025"}, language="zh"),
        document("c.txt", "4", metadata={"client": "Bolt"}),
    )
    with store.open() as snapshot:
        expect = {
            (): [1, 2, 3, 4],
            (("document", "b.txt"),): [3],
            (("client", "Acme"),): [1, 2, 3],
            (("client", "Acme"), ("year", ("2025", "2026"))): [3],
            (("document", ("c.txt", "a.txt")),): [1, 2, 4],
            (("language", "zh"),): [3],
            (("title", "Title of c.txt"),): [4],
            (("client", "' OR 1=1 --"),): [],
            (("client", ()),): [],
        }
        assert {key: snapshot.matching(dict(key)).tolist() for key in expect} == expect
        with pytest.raises(UsageError, match="'clinet'; did you mean 'client'"):
            snapshot.matching({"clinet": "Acme"})


def test_a_filter_is_worked_out_once_a_snapshot(store):
    """Every search gets the same bitmap, however the filter is written; the last few filters are kept."""
    put(store, document("a.txt", "1\n2"), document("b.txt", "3"), document("c.txt", "4\n5"))
    with store.open() as snapshot:
        one = snapshot.selected({"document": ("c.txt", "a.txt"), "language": "en"})
        assert snapshot.selected({"language": ["en"], "document": ["a.txt", "c.txt"]}) is one
        assert (one.ids.tolist(), one.count, one.bits.tolist()) == ([1, 2, 4, 5], 4, [0b110110])
        assert one.places(np.array([2, 3, 5, 900])).tolist() == [True, False, True, False]
        for number in range(20):
            assert snapshot.selected({"title": f"Title {number}"}).ids.tolist() == []
        assert len(snapshot._selections) <= 8
        assert snapshot.selected({"document": "b.txt"}) is not one


def test_unchanged_files_are_shared_with_the_snapshot_before(store):
    """A publish that only fills one index copies nothing else."""
    put(store, document())
    first = store.open()
    put(store, writers=[JsonWriter("dense")])
    second = store.open()
    shared = ("rows/00000001.sqlite", "words/00000001/index.json")
    for name in shared:
        assert (first.folder / name).samefile(second.folder / name)
    assert second.manifest.files.keys() == {*shared, "dense/00000002/index.json"}
    first.close()
    second.close()


def test_a_reader_keeps_its_snapshot_until_it_closes_it(store):
    """What was opened still answers after two more publishes; then its folder goes."""
    put(store, document("a.txt", "old"))
    reader = store.open()
    put(store, document("a.txt", "new"))
    put(store, document("b.txt", "more"))
    assert [c.text for c in reader.chunks([1])] == ["old"]
    assert sorted(p.name for p in (store.folder / "snapshots").iterdir()) == ["00000001", "00000003"]
    reader.close()
    put(store, document("c.txt", "again"))
    assert [p.name for p in (store.folder / "snapshots").iterdir()] == ["00000004"]


def test_an_index_behind_forgets_at_once_and_learns_in_batches(store):
    """Dense lags: removed chunks leave it in the same publish, missing ones come oldest first, `limit` at a time."""
    words, dense = JsonWriter(), JsonWriter("dense")
    put(store, document("a.txt", "1\n2\n3"), document("b.txt", "4"), writers=[words], behind=[dense])
    assert store.open().share("dense") == 0.0
    with store.write() as transaction:
        snapshot = transaction.publish([dense], limit=2)
        assert snapshot.share("dense") == 0.5
        transaction.add(document("a.txt", "5"), lines(document("a.txt", "5")))
        transaction.publish([words], behind=[dense])
        transaction.publish([dense], limit=10)
    with store.open() as snapshot:
        assert snapshot.share("dense") == 1.0
        assert JsonWriter.read(snapshot.segments("dense")).keys() == {4, 5}
    assert dense.calls == [([1, 2], []), ([], [1, 2]), ([4, 5], [])]


def test_an_index_that_would_name_removed_chunks_is_not_published(store):
    """Forgetting a writer is an error, not a wrong answer later."""
    put(store, document(), writers=[JsonWriter(), JsonWriter("dense")])
    with store.write() as transaction:
        transaction.remove("a.txt")
        with pytest.raises(ValueError, match="'dense' names chunks that are removed"):
            transaction.publish([JsonWriter()])
    assert store.open().manifest.number == 1


def test_another_version_is_told_and_built_anew(store):
    """A changed model or tokeniser is an error that names both and the cure; publishing with it starts from nothing."""
    put(store, document("a.txt", "1\n2"))
    with store.open() as snapshot:
        snapshot.check({"words": "1", "dense": "x"})
        with pytest.raises(
            StoreError, match=r"built with '1'.* ask for '2'; run: sparewheel reindex --corpus contracts"
        ):
            snapshot.check({"words": "2"})
    newer = JsonWriter(version="2")
    put(store, writers=[newer])
    assert newer.calls == [([1, 2], [])]
    assert store.open().manifest.indexes["words"].version == "2"


def test_a_failed_write_leaves_the_old_state(store):
    """A writer that raises, and a body that ends without publishing, change nothing and leave nothing behind."""
    put(store, document("a.txt", "old"))
    with pytest.raises(OSError, match="disk full"):
        put(store, document("b.txt"), writers=[JsonWriter(fail=True)])
    with store.write() as transaction:
        transaction.add(document("c.txt"), lines(document("c.txt")))
    assert [info.id for info in store.open().documents()] == ["a.txt"]
    assert [p.name for p in (store.folder / "snapshots").iterdir()] == ["00000001"]


def test_what_a_dead_writer_left_is_swept(store):
    """A half-built folder, and a finished one that CURRENT never named, are gone after the next write."""
    put(store, document("a.txt", "old"))
    snapshots = store.folder / "snapshots"
    (snapshots / "next").mkdir()
    (snapshots / "next" / "manifest.json").write_bytes(b"half")
    (snapshots / "00000002").mkdir()
    (snapshots / "00000002" / "manifest.json").write_text("{}")
    (snapshots / "00000000.trash").mkdir()
    assert [info.id for info in store.open().documents()] == ["a.txt"]
    put(store, document("b.txt", "new"))
    assert [p.name for p in snapshots.iterdir()] == ["00000002"]
    assert [info.id for info in store.open().documents()] == ["a.txt", "b.txt"]


def test_the_second_writer_is_told_who_writes(store):
    """Process, host and since when; readers are not disturbed."""
    put(store, document())
    with store.write():
        assert store.open().manifest.number == 1
        with (
            pytest.raises(Locked, match=rf"'contracts' is being written by process {os.getpid()} on .* since 20"),
            store.write(),
        ):
            pass


def test_a_waiting_writer_gets_its_turn(store):
    """With wait, the second writer goes on when the first is done, on top of what it wrote."""
    entered = threading.Event()

    def second():
        entered.set()
        with store.write(wait=True) as transaction:
            transaction.add(document("b.txt", "2"), lines(document("b.txt", "2")))
            transaction.publish([JsonWriter()])

    with store.write() as transaction:
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait()
        transaction.add(document("a.txt", "1"), lines(document("a.txt", "1")))
        transaction.publish([JsonWriter()])
    thread.join()
    assert [info.id for info in store.open().documents()] == ["a.txt", "b.txt"]


def test_the_lock_of_a_dead_process_is_no_obstacle(store):
    """A writer killed with SIGKILL, whose forked child lives on, keeps nobody out."""
    code = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from sparewheel.rag.ingest.store import Store\n"
        "with Store(Path(sys.argv[1])).write():\n"
        "    if os.fork() == 0:\n"
        "        print('ready', os.getpid(), flush=True); sys.stdin.read(); os._exit(0)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout.readline().startswith(b"ready")
    assert child.wait() == -9
    put(store, document())
    assert store.open().manifest.documents == 1
    child.stdin.close()
    child.stdout.close()


def test_damage_is_noticed(store):
    """A file cut short at opening; a flipped byte by verify; a manifest of a later layout by name."""
    put(store, document())
    snapshot = store.open()
    snapshot.verify()
    index = snapshot.segments("words")[0] / "index.json"
    good = index.read_text()
    index.write_text(good.replace("One", "Won"))
    with pytest.raises(StoreError, match="sha256 differs"):
        snapshot.verify()
    index.write_text(good[:-1])
    with pytest.raises(StoreError, match=r"index\.json is not \d+ bytes long"):
        store.open()
    index.unlink()
    with pytest.raises(StoreError, match="missing"):
        store.open()
    manifest = snapshot.folder / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "layout": 99}))
    with pytest.raises(StoreError, match="layout 99"):
        store.open()


def test_an_unknown_chunk_or_document_is_an_error_with_a_cure(store):
    """An index ahead of the store is told, and a mistyped document gets a suggestion."""
    put(store, document("lease.txt"))
    with store.open() as snapshot:
        with pytest.raises(StoreError, match="names chunk 99"):
            snapshot.chunks([1, 99])
        with pytest.raises(NotFound, match=r"'leese\.txt' in corpus 'contracts'; did you mean 'lease\.txt'"):
            snapshot.document("leese.txt")


def test_one_snapshot_serves_many_threads(store):
    """Each reads through a connection of its own while it reads; threads that ended leave none behind."""
    put(store, document("a.txt", "\n".join(map(str, range(200)))))
    seen = []
    with store.open() as snapshot:
        threads = [
            threading.Thread(target=lambda: seen.append([c.text for c in snapshot.chunks(range(200, 0, -1))]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 1 <= len(snapshot._idle) <= 8
    assert seen == [[str(i) for i in range(199, -1, -1)]] * 8
    assert snapshot._idle == []
    with pytest.raises(ValueError, match="is closed"):
        snapshot.chunks([1])


def test_an_empty_corpus_and_no_corpus_are_told_apart(store, tmp_path):
    """Both name the command that cures it; a near name is suggested."""
    with pytest.raises(NotFound, match="no documents yet; run: sparewheel ingest"):
        store.open()
    with pytest.raises(NotFound, match="no corpus 'contract'; did you mean 'contracts'"):
        Store(tmp_path / "contract")
    with pytest.raises(UsageError, match=r"corpus name '\.\./x'"):
        corpus_folder(tmp_path, "../x")
    assert corpus_names(tmp_path) == ["contracts"]


def test_a_corpus_is_complete_by_itself(tmp_path):
    """Its domain's profile, sensitivity and model are in its folder."""
    profile = Profile("legal", ("Inc.",), role={"zh": "律师"}, floor={"en": 0.2})
    config = CorpusConfig("c", "legal", "high", "embed-en", profile=profile)
    Store.create(tmp_path / "c", config)
    assert Store(tmp_path / "c").config == config
    assert Store.create(tmp_path / "c", CorpusConfig("c")).config == config


def test_an_emptied_corpus_still_opens(store):
    """No document left is a state like any other."""
    put(store, document())
    with store.write() as transaction:
        transaction.remove("a.txt")
        transaction.publish([JsonWriter()])
    with store.open() as snapshot:
        assert (snapshot.ids().tolist(), snapshot.language()) == ([], "en")
        assert (snapshot.share("words"), snapshot.share("dense")) == (1.0, 0.0)
        assert snapshot.matching({}).tolist() == []


def test_a_destroyed_corpus_is_gone(store, tmp_path):
    """Folder and all; its name is free again."""
    put(store, document())
    with store.write(), pytest.raises(Locked):
        store.destroy()
    store.destroy()
    assert corpus_names(tmp_path) == []
    assert Store.create(store.folder, CorpusConfig("contracts")).current() == 0


def test_killed_at_any_step_the_corpus_is_the_old_one_or_the_new_one(store):
    """The process dies before the n-th step that touches the disk, for every n until it gets through."""
    put(store, document("a.txt", "old"), document("b.txt", "kept"))
    states = []
    for step in range(1, 100):
        child = os.fork()
        if child == 0:
            die_at(step)
            put(store, document("a.txt", "new"))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        with store.open() as snapshot:
            snapshot.verify()
            assert JsonWriter.read(snapshot.segments("words")).keys() == set(snapshot.ids().tolist())
            assert snapshot.document("b.txt").text == "kept"
            states.append(snapshot.document("a.txt").text)
        if os.waitstatus_to_exitcode(status) == 0:
            break
        with store.write() as transaction:
            transaction.add(document("a.txt", "old"), lines(document("a.txt", "old")))
            transaction.publish([JsonWriter()])
    assert status == 0
    assert states.count("old") > 8
    assert states == sorted(states, reverse=True)


def die_at(step: int) -> None:
    """From now on the step-th rename, link, removal, copy, sync or open ends this process instead."""
    left = [step]

    def deadly(act):
        def run(*arguments, **options):
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)
            return act(*arguments, **options)

        return run

    for name in ("fsync", "rename", "replace", "link", "unlink", "rmdir", "mkdir", "ftruncate"):
        setattr(os, name, deadly(getattr(os, name)))
    shutil.copyfile = deadly(shutil.copyfile)
    io.open = deadly(io.open)


def test_two_who_change_a_corpus_keep_each_others_change(tmp_path):
    """A store that was opened before another made the corpus sensitive does not undo that."""
    early = Store.create(tmp_path / "c", CorpusConfig("c"))
    Store(tmp_path / "c").configure(sensitivity="high")
    early.configure(embedding="model")
    assert (early.config.sensitivity, early.config.embedding) == ("high", "model")
    assert Store(tmp_path / "c").config == early.config


def test_a_corpus_that_was_removed_is_told_to_who_would_write_it(tmp_path):
    """Whether the writer comes later or has waited for the lock; nothing is left of the corpus."""
    store = Store.create(tmp_path / "c", CorpusConfig("c"))
    told, begun = [], threading.Event()

    def write():
        begun.set()
        try:
            with Store.write(late, wait=True):
                told.append("wrote")
        except NotFound:
            told.append("not found")

    late = Store(tmp_path / "c")
    with writing(tmp_path / "c" / "lock"):
        waiting = threading.Thread(target=write)
        waiting.start()
        begun.wait()
        (tmp_path / "c" / "corpus.json").unlink()
    waiting.join()
    for change in (lambda: store.configure(sensitivity="high"), lambda: store.write().__enter__()):
        with pytest.raises(NotFound):
            change()
    assert told == ["not found"]
    Store.create(tmp_path / "d", CorpusConfig("d")).destroy()
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_corpus_that_does_not_say_how_sensitive_it_is_stays_on_the_machine(tmp_path):
    """A lost line must not open the way to the cloud; a word that is neither is an error that names it."""
    store = Store.create(tmp_path / "c", CorpusConfig("c"))
    file = store.folder / "corpus.json"
    raw = json.loads(file.read_text())
    del raw["sensitivity"]
    file.write_text(json.dumps(raw))
    assert Store(tmp_path / "c").config.sensitivity == "high"
    file.write_text(json.dumps({**raw, "sensitivity": "none"}))
    with pytest.raises(StoreError, match="sensitivity is 'none'"):
        _ = Store(tmp_path / "c").config


def test_a_changed_file_of_the_same_size_is_found_when_it_is_opened(store):
    """A figure edited in the database: nothing is answered from it, also by whoever opens it in another process."""
    put(store, document("a", "The notice period is 45 days."))
    file = store.folder / "snapshots" / "00000001" / "rows" / "00000001.sqlite"
    stat = file.stat()
    data = bytearray(file.read_bytes())
    data[-100] ^= 0xFF
    file.write_bytes(data)
    assert file.stat().st_size == stat.st_size
    with pytest.raises(StoreError, match="not what was written"):
        store.open()


def test_a_large_snapshot_is_checked_beside_the_first_questions(store, monkeypatch):
    """It opens at once; what the check finds, the next question raises."""
    put(store, document("a", "The notice period is 45 days."))
    file = store.folder / "snapshots" / "00000001" / "rows" / "00000001.sqlite"
    data = bytearray(file.read_bytes())
    data[-100] ^= 0xFF
    file.write_bytes(data)
    monkeypatch.setattr("sparewheel.rag.ingest.snapshot.AT_ONCE_BYTES", 0)
    with store.open() as snapshot:
        for thread in threading.enumerate():
            if thread.name == "check-snapshot":
                thread.join()
        with pytest.raises(StoreError, match="not what was written"):
            snapshot.chunks([])


def test_what_is_damaged_is_told_as_damage(store):
    """CURRENT with rubbish in it, a manifest that is no text: one kind of error, with the cure."""
    put(store, document("a", "Text."))
    current, manifest = store.folder / "CURRENT", store.folder / "snapshots" / "00000001" / "manifest.json"
    for file, rubbish in ((current, b""), (current, b"x\n"), (current, b"\xff\xfe"), (manifest, b"\xff\xfe{")):
        good = file.read_bytes()
        file.write_bytes(rubbish)
        with pytest.raises(StoreError, match="ingest again"):
            store.open()
        file.write_bytes(good)
    store.open().close()


def test_a_snapshot_of_another_corpus_is_not_answered_from(store, tmp_path):
    """Copied between folders it would be read under the wrong rights and sensitivity."""
    other = Store.create(tmp_path / "other", CorpusConfig("other"))
    for each in (store, other):
        put(each, document("a", f"Text of {each.config.name}."))
    shutil.rmtree(store.folder / "snapshots" / "00000001")
    shutil.copytree(other.folder / "snapshots" / "00000001", store.folder / "snapshots" / "00000001")
    with pytest.raises(StoreError, match="belongs to another corpus"):
        store.open()
