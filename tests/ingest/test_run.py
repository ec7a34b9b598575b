"""Files into a corpus: only what changed is read, one bad file stops nothing, and what is killed goes on later."""

import os
import threading
from pathlib import Path

import pytest
from corpus_fakes import JsonWriter
from source_files import zipped

from sparewheel.rag.errors import DocumentError, Locked, NotFound, StoreError, UsageError
from sparewheel.rag.ingest.load import load
from sparewheel.rag.ingest.run import edit, fill, ingest, reindex, remove
from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Chunk, Document, Profile


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "corpora" / "c", CorpusConfig("c"))


@pytest.fixture
def folder(tmp_path):
    """Three contracts, long settled on the disk."""
    folder = tmp_path / "contracts"
    for name, text in {"a.txt": "Alpha pays.", "b.md": "# Beta\n\nBeta pays.", "sub/c.txt": "Gamma pays."}.items():
        put(folder / name, text)
    return folder


def put(path: Path, text: str | bytes, hours_ago: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - int(hours_ago * 3.6e12)))


class InProcess:
    """Parses here, and notes what it was asked to."""

    def __init__(self):
        self.ids = []

    def __call__(self, files, settings):
        for id, path in files:
            self.ids.append(id)
            try:
                yield id, load(path, id, settings)
            except DocumentError as error:
                yield id, error


def take(store, *paths, parse=None, writers=None, **options):
    """id -> status of an ingest."""
    report = run(store, *paths, parse=parse, writers=writers, **options)
    return {row.document_id or Path(row.source).name: row.status for row in report.rows}


def run(store, *paths, parse=None, writers=None, **options):
    return ingest(
        store,
        paths,
        settings=options.pop("settings", Ingest()),
        profile=Profile(),
        writers=[JsonWriter()] if writers is None else writers,
        parse=parse or InProcess(),
        **options,
    )


def texts(store, index="words"):
    with store.open() as snapshot:
        return sorted(JsonWriter.read(snapshot.segments(index)).values())


def test_a_folder_becomes_documents_named_by_their_path_in_it(store, folder):
    """Each file is a document, found by the index at once."""
    assert take(store, folder) == {"a.txt": "added", "b.md": "added", "sub/c.txt": "added"}
    with store.open() as snapshot:
        assert [info.id for info in snapshot.documents()] == ["a.txt", "b.md", "sub/c.txt"]
        assert snapshot.document("sub/c.txt").source == str(folder / "sub/c.txt")
        assert snapshot.share("words") == 1.0


def test_an_unchanged_folder_costs_nothing(store, folder):
    """No file is parsed, no snapshot is made."""
    run(store, folder)
    parse = InProcess()
    assert set(take(store, folder, parse=parse).values()) == {"unchanged"}
    assert (parse.ids, store.current()) == ([], 1)


def test_only_a_changed_file_is_read_again(store, folder):
    """Its chunks are replaced, the others keep their ids; a new time alone changes nothing."""
    run(store, folder)
    with store.open() as snapshot:
        kept = [chunk.id for chunk in snapshot.chunks_of("sub/c.txt")]
    put(folder / "a.txt", "Alpha owes.")
    put(folder / "b.md", "# Beta\n\nBeta pays.", hours_ago=0.5)
    parse, words = InProcess(), JsonWriter()
    assert take(store, folder, parse=parse, writers=[words]) == {
        "a.txt": "updated",
        "b.md": "unchanged",
        "sub/c.txt": "unchanged",
    }
    assert parse.ids == ["a.txt"]
    assert [(len(added), len(removed)) for added, removed in words.calls] == [(1, 1)]
    with store.open() as snapshot:
        assert snapshot.document("a.txt").text == "Alpha owes."
        assert [chunk.id for chunk in snapshot.chunks_of("sub/c.txt")] == kept


def test_a_change_of_same_size_right_after_reading_is_seen(store, tmp_path):
    """A file younger than its own clock can tell is compared by content."""
    path = tmp_path / "x.txt"
    put(path, "one", hours_ago=0)
    stat = path.stat()
    run(store, path)
    path.write_text("two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert take(store, path) == {"x.txt": "updated"}


def test_one_bad_file_stops_nothing(store, folder):
    """It is reported with reason and cure, and tried again next time."""
    put(folder / "bad.pdf", b"%PDF-1.4 cut")
    put(folder / "empty.txt", b"")
    (folder / "folder.pdf").mkdir()
    report = run(store, folder)
    failed = {row.document_id: (bool(row.reason), bool(row.cure)) for row in report.of("failed")}
    assert failed == {"bad.pdf": (True, True), "empty.txt": (True, True)}
    assert len(report.of("added")) == 3
    put(folder / "empty.txt", "Now it has text.")
    assert take(store, folder)["empty.txt"] == "added"


def test_a_file_that_breaks_the_splitter_is_a_failed_row(store, folder, monkeypatch):
    """A bug met on one file is told as such; the others go in."""
    import sparewheel.rag.ingest.run as module

    def fragile(document, settings, profile, split=module.split):
        if document.id == "b.md":
            raise IndexError("list index out of range")
        return split(document, settings, profile)

    monkeypatch.setattr(module, "split", fragile)
    report = run(store, folder)
    assert [(row.document_id, row.cure) for row in report.of("failed")] == [
        ("b.md", "please report this file as a bug")
    ]
    assert len(texts(store)) == 2


def test_a_file_that_became_unreadable_keeps_its_old_text(store, folder):
    """An update that fails loses nothing, and says so."""
    run(store, folder)
    put(folder / "a.txt", b"")
    report = run(store, folder)
    assert [row.reason.endswith("stays searchable)") for row in report.of("failed")] == [True]
    assert "Alpha pays." in " ".join(texts(store))


def test_prune_removes_what_is_gone_and_only_there(store, folder, tmp_path):
    """Without --prune a deleted file stays; with it, it goes, and documents from elsewhere stay."""
    put(tmp_path / "other" / "d.txt", "Delta pays.")
    run(store, folder, tmp_path / "other")
    (folder / "a.txt").unlink()
    (tmp_path / "other" / "d.txt").unlink()
    assert "a.txt" not in take(store, folder)
    assert take(store, folder, prune=True) == {"a.txt": "removed", "b.md": "unchanged", "sub/c.txt": "unchanged"}
    with store.open() as snapshot:
        assert [info.id for info in snapshot.documents()] == ["b.md", "d.txt", "sub/c.txt"]


def test_two_folders_with_the_same_names_do_not_overwrite_each_other(store, folder, tmp_path):
    """The second a.txt gets its folder's name in front, for good; a moved folder keeps its ids."""
    put(tmp_path / "other" / "a.txt", "Another alpha.")
    run(store, folder)
    assert take(store, tmp_path / "other") == {"other/a.txt": "added"}
    assert take(store, tmp_path / "other") == {"other/a.txt": "unchanged"}
    folder.rename(tmp_path / "moved")
    assert take(store, tmp_path / "moved") == {"a.txt": "updated", "b.md": "updated", "sub/c.txt": "updated"}


def test_what_is_no_document_is_left_out_and_told(store, folder):
    """Hidden files, other suffixes, links in a circle, broken links and pipes; linked files and folders are read."""
    put(folder / ".git" / "config.txt", "hidden")
    put(folder / "film.mp4", "mpeg")
    put(folder / "~$lease.docx", "lock file of Word")
    put(folder / "Thumbs.db", "of Windows")
    put(folder.parent / "out.txt", "elsewhere")
    (folder / "out.txt").symlink_to(folder.parent / "out.txt")
    (folder / "circle").symlink_to(folder)
    (folder / "broken.txt").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.txt")
    report = run(store, folder)
    assert {Path(row.source).name: row.reason for row in report.of("skipped")} == {
        ".git": "hidden",
        "film.mp4": ".mp4: not a kind of document that is read",
        "out.txt": "a link that leads out of the folder",
        "circle": "a link to a folder it lies in",
        "broken.txt": "a broken link",
        "pipe.txt": "not a regular file",
    }
    assert len(report.of("added")) == 3
    assert len(run(store, folder, follow_links=True).of("added")) == 1


def test_prune_of_an_empty_folder_asks_first(store, folder):
    """A share that is not mounted looks like a folder without files: nothing is removed until it is said twice."""
    run(store, folder)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.unlink()
    with pytest.raises(UsageError, match=r"3 documents came from there; is it mounted\? --prune --yes"):
        run(store, folder, prune=True)
    assert len(run(store, folder, prune=True, prune_all=True).of("removed")) == 3


def test_other_content_of_the_same_size_and_time_is_found(store, folder):
    """A copy may keep size and modification time; the time of the change of the file itself tells of it."""
    path = folder / "a.txt"
    put(path, "Rent 900.")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    run(store, folder)
    path.write_text("Rent 950.")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert [Path(row.source).name for row in run(store, folder).of("updated")] == ["a.txt"]


def test_a_name_in_other_bytes_than_utf8(store, folder):
    """Chinese names in GBK are read as such, others escaped; both are found again and pruned as any other."""
    raw = os.fsencode(folder)
    for name, text in (("合同.txt".encode("gbk"), "甲方"), (b"inv\xff\xfe.txt", "The fee is 100 euros.")):
        Path(os.fsdecode(raw + b"/" + name)).write_text(text)
    rows = {row.document_id: row.status for row in run(store, folder).rows}
    assert {rows["合同.txt"], rows["inv\\xff\\xfe.txt"]} == {"added"}
    assert {row.status for row in run(store, folder).rows} == {"unchanged"}


def test_a_path_that_is_not_there_is_told_before_anything_starts(store, folder):
    """With the nearest name that is."""
    with pytest.raises(NotFound, match=r"contract'; did you mean 'contracts'"):
        run(store, folder.parent / "contract")


def test_documents_can_be_found_while_others_are_read(store, folder):
    """The first publish comes with the first document after a second, the next ones at growing intervals."""
    now, published = [0.0], []

    def slow(files, settings):
        for item in InProcess()(files, settings):
            now[0] += 1.5
            published.append(store.current())
            yield item

    report = run(store, folder, parse=slow, clock=lambda: now[0])
    assert published == [0, 1, 2]
    assert (report.searchable_s, report.seconds, store.current()) == (1.5, 4.5, 3)


def test_a_costly_publish_is_followed_by_more_reading(store, folder):
    """Writing an index that took 3 s is paid off by 12 s of reading before it is written again."""
    now, published = [0.0], []
    for n in range(9):
        put(folder / f"{n}.txt", f"Clause {n}.")

    class Costly(JsonWriter):
        def write(self, *arguments):
            now[0] += 3
            super().write(*arguments)

    def slow(files, settings):
        for item in InProcess()(files, settings):
            now[0] += 2
            yield item
            published.append(store.current())

    run(store, folder, parse=slow, writers=[Costly()], clock=lambda: now[0])
    assert published == [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert store.current() == 3


def test_an_interrupted_ingest_keeps_what_was_published_and_goes_on(store, folder):
    """Only the files that were not published are read again."""
    now = [0.0]

    def killed(files, settings):
        for item in InProcess()(files, settings):
            now[0] += 1.5
            yield item
            if item[0] == "b.md":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, folder, parse=killed, clock=lambda: now[0])
    parse = InProcess()
    run(store, folder, parse=parse)
    assert parse.ids == ["sub/c.txt"]
    assert len(texts(store)) == 3


def test_the_slow_index_fills_in_growing_batches_that_can_be_asked(store, folder):
    """Each batch is published with its share; progress counts chunks; the lock is free between batches."""
    for n in range(7):
        put(folder / f"{n}.txt", f"Clause number {n}.")
    dense = JsonWriter("dense")
    run(store, folder, behind=[dense])
    seen = []
    assert fill(store, [dense], first_batch=2, on_progress=lambda p: seen.append((p.done, p.total))) == 10
    assert [len(added) for added, _ in dense.calls] == [2, 4, 4]
    assert (seen[0], seen[-1]) == ((0, 10), (6, 10))
    assert texts(store, "dense") == texts(store)
    assert fill(store, [dense]) == 0
    assert store.current() == 4


def test_a_waiting_ingest_takes_its_turn_between_batches(store, folder, tmp_path):
    """It does not wait for the whole fill, and the fill goes on with what it brought."""
    run(store, folder)
    put(tmp_path / "late.txt", "Late clause.")
    begun = threading.Event()

    def second():
        begun.set()
        run(store, tmp_path / "late.txt", wait=True, behind=[JsonWriter("dense")])

    class Watched(JsonWriter):
        def write(self, *arguments):
            if not self.calls:
                late.start()
                begun.wait()
            super().write(*arguments)

    dense, late = Watched("dense"), threading.Thread(target=second)
    assert fill(store, [dense], first_batch=1) == 4
    late.join()
    assert texts(store, "dense") == texts(store)
    assert len(texts(store)) == 4


def test_a_document_that_never_was_a_file_is_not_overwritten(store, folder):
    """Its id stays its own; the file of that name gets its folder's name in front."""
    own = Document(id="a.txt", text="From a program.", title="", source="a.txt")
    with store.write() as transaction:
        transaction.add(own, [Chunk("a.txt", 0, 15, own.text)])
        transaction.publish([JsonWriter()])
    assert take(store, folder)["contracts/a.txt"] == "added"
    assert take(store, folder, prune=True)["contracts/a.txt"] == "unchanged"
    with store.open() as snapshot:
        assert snapshot.document("a.txt").text == "From a program."


def test_a_fill_that_was_interrupted_goes_on(store, folder):
    """What was published is not done again."""
    run(store, folder)
    with pytest.raises(OSError, match="disk full"):
        fill(store, [JsonWriter("dense", fail=True)])
    with store.write() as transaction:
        transaction.publish([JsonWriter("dense")], limit=1)
    dense = JsonWriter("dense")
    assert fill(store, [dense]) == 2
    assert texts(store, "dense") == texts(store)


def test_an_update_reaches_the_slow_index_too(store, folder):
    """Removed chunks leave it at once, new ones come with the fill."""
    dense = JsonWriter("dense")
    run(store, folder, behind=[dense])
    fill(store, [dense])
    put(folder / "a.txt", "Alpha owes.")
    run(store, folder, behind=[dense])
    assert len(texts(store, "dense")) == 2
    fill(store, [dense])
    assert texts(store, "dense") == texts(store)


def test_a_removed_document_is_gone_from_every_index(store, folder):
    """All or none; an unknown name gets a suggestion."""
    dense = JsonWriter("dense")
    run(store, folder, behind=[dense])
    fill(store, [dense])
    with pytest.raises(NotFound, match=r"'b\.mt' in corpus 'c'; did you mean 'b\.md'"):
        remove(store, ["a.txt", "b.mt"], writers=[JsonWriter()], behind=[dense])
    remove(store, ["a.txt", "b.md"], writers=[JsonWriter()], behind=[dense])
    assert [text.split("\n")[-1] for text in texts(store)] == ["Gamma pays."]
    assert texts(store, "dense") == texts(store)


def test_another_model_is_refused_until_reindex(store, folder):
    """Ingest and fill say what to run; reindex builds anew without the source files."""
    run(store, folder)
    fill(store, [JsonWriter("dense")])
    words, dense = JsonWriter(version="2"), JsonWriter("dense", version="2")
    with pytest.raises(StoreError, match="reindex --corpus c"):
        run(store, folder, writers=[words])
    with pytest.raises(StoreError, match="reindex --corpus c"):
        fill(store, [dense])
    for path in folder.glob("*.*"):
        path.unlink()
    options = {"settings": Ingest(), "profile": Profile(), "writers": [words], "behind": [dense]}
    assert reindex(store, **options) == 0
    with store.open() as snapshot:
        assert (snapshot.share("words"), snapshot.share("dense")) == (1.0, 0.0)
    assert fill(store, [dense], rebuild=True) == 3
    run(store, folder / "sub", writers=[words], behind=[dense])


def test_reindex_splits_again_when_the_rules_changed(store, tmp_path):
    """From the stored text; the files stay unchanged in the eyes of the next ingest."""
    put(tmp_path / "long.txt", "Sentence here. " * 100)
    run(store, tmp_path / "long.txt")
    before = len(texts(store))
    settings = Ingest(chunk_chars=300)
    assert reindex(store, settings=settings, profile=Profile(), writers=[JsonWriter()]) == 1
    assert len(texts(store)) > before
    assert reindex(store, settings=settings, profile=Profile(), writers=[JsonWriter()]) == 0
    assert take(store, tmp_path / "long.txt") == {"long.txt": "unchanged"}


def test_a_second_ingest_is_told_who_holds_the_lock(store, folder):
    """And changes nothing."""
    with store.write(), pytest.raises(Locked, match=f"process {os.getpid()}"):
        run(store, folder)
    assert store.current() == 0


def test_nothing_readable_makes_no_snapshot(store, folder):
    """A corpus whose every file failed has no documents yet."""
    put(folder / "only" / "bad.txt", b"")
    assert take(store, folder / "only") == {"bad.txt": "failed"}
    assert store.current() == 0


def test_the_sandbox_is_the_parser_unless_told_otherwise(store, folder):
    """The real subprocesses, end to end."""
    report = ingest(store, [folder], settings=Ingest(workers=1), profile=Profile(), writers=[JsonWriter()])
    assert [row.status for row in report.rows] == ["added"] * 3


def test_what_lies_in_a_file_is_a_document_of_its_own(store, tmp_path):
    """A zip's files are found under its name, come and go with it, and keep what a person said of them."""
    bundle = tmp_path / "in" / "deal.zip"
    put(bundle, zipped({"lease.txt": b"The rent is 900.", "nda.txt": b"The law is French."}))
    assert take(store, tmp_path / "in") == {"deal.zip": "added"}
    lease, nda = "deal.zip › lease.txt", "deal.zip › nda.txt"
    with store.open() as snapshot:
        assert [info.id for info in snapshot.documents()] == ["deal.zip", lease, nda]
        assert snapshot.document(lease).text == "The rent is 900."
        assert snapshot.document(lease).source == f"{bundle} › lease.txt"
    edit(store, lease, {"title": "Quay"}, settings=Ingest(), profile=Profile(), writers=[JsonWriter()])
    assert take(store, tmp_path / "in") == {"deal.zip": "unchanged"}
    put(bundle, zipped({"lease.txt": b"The rent is 1,000."}))
    assert take(store, tmp_path / "in") == {"deal.zip": "updated"}
    with store.open() as snapshot:
        assert [(info.id, info.title) for info in snapshot.documents()] == [("deal.zip", "deal"), (lease, "Quay")]
    remove(store, ["deal.zip"], writers=[JsonWriter()])
    with store.open() as snapshot:
        assert snapshot.documents() == []


def test_a_file_that_is_gone_takes_what_lay_in_it(store, tmp_path, folder):
    """Also by pruning."""
    put(folder / "deal.zip", zipped({"lease.txt": b"The rent is 900."}))
    run(store, folder)
    (folder / "deal.zip").unlink()
    run(store, folder, prune=True)
    with store.open() as snapshot:
        assert [info.id for info in snapshot.documents()] == ["a.txt", "b.md", "sub/c.txt"]
