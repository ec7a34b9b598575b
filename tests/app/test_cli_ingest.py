"""`sparewheel ingest`, `reindex` and `corpora`, as a person at the terminal meets them."""

import json
import sqlite3

import pytest

from sparewheel.app.cli import main
from sparewheel.rag.ingest import sandbox


@pytest.fixture
def sparewheel(tmp_path, monkeypatch, capsys):
    """Runs the command on corpora of its own; returns (exit code, standard output, standard error)."""
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path / "corpora"))
    monkeypatch.setenv("SPAREWHEEL_INGEST__WORKERS", "1")
    monkeypatch.chdir(tmp_path)

    def run(*argv):
        with pytest.raises(SystemExit) as caught:
            main([str(each) for each in argv])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return run


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "lease.md").write_text("# Lease\n\n## 1. Rent\n\nThe rent is 900 euros.\n\n## 2. Notice\n\nThree months.")
    (folder / "nda.txt").write_text("This agreement lasts two years.")
    return folder


def test_a_folder_is_indexed_and_listed(sparewheel, folder):
    """Exit code 0, a line of counts; list and info tell the same."""
    code, out, _ = sparewheel("ingest", folder, "--corpus", "c", "--domain", "legal", "--no-dense")
    assert (code, out.startswith("2 added (")) == (0, True)
    code, listed, _ = sparewheel("corpora", "list", "--json")
    (row,) = json.loads(listed)
    assert (code, row["corpus"], row["domain"], row["documents"], row["chunks"] >= 2) == (0, "c", "legal", 2, True)
    assert out.splitlines()[-1] == f"c: 2 documents, {row['chunks']} chunks, 0% embedded"
    code, out, _ = sparewheel("corpora", "info", "c", "--json", "--verify")
    facts = json.loads(out)
    assert [each["id"] for each in facts["listed"]] == ["lease.md", "nda.txt"]
    assert facts["indexes"].keys() == {"bm25"}
    code, out, _ = sparewheel("corpora", "info", "c", "--documents", "--verify")
    assert (code, "lease.md" in out, "every file is as it was written" in out) == (0, True, True)


def test_the_dense_index_fills_behind(sparewheel, folder):
    """Without --no-dense all is embedded; a later ingest continues what was left out."""
    sparewheel("ingest", folder, "--corpus", "c", "--no-dense")
    _, out, _ = sparewheel("ingest", folder, "--corpus", "c")
    assert out.splitlines()[-1].endswith(" chunks, 100% embedded")
    (folder / "nda.txt").write_text("This agreement lasts three years.")
    _, out, _ = sparewheel("ingest", folder, "--corpus", "c")
    assert out.startswith("1 updated, 1 unchanged (")
    _, out, _ = sparewheel("corpora", "remove", "nda.txt", "--corpus", "c")
    _, out, _ = sparewheel("corpora", "info", "c", "--json")
    assert (json.loads(out)["documents"], json.loads(out)["embedded_share"]) == (1, 1.0)


def test_a_corrected_document_is_still_found_by_meaning(sparewheel, folder):
    """It is embedded again with its new title; a value that cannot be is refused with the cure."""
    sparewheel("ingest", folder, "--corpus", "c")
    edit = ("corpora", "edit", "lease.md", "--corpus", "c", "--set")
    assert sparewheel(*edit, "title=Quay lease")[:2] == (0, "Quay lease\n")
    (row,) = json.loads(sparewheel("corpora", "list", "--json")[1])
    assert row["embedded_share"] == 1.0
    code, _, err = sparewheel(*edit, "date=next May")
    assert (code, "'next May' is no date" in err) == (2, True)


def test_a_failed_file_is_shown_with_its_cure_and_exit_code_1(sparewheel, folder):
    """The others are in; the table fits 80 columns; --json lists every file."""
    (folder / "cut.pdf").write_bytes(b"%PDF-1.7 and no more")
    (folder / "film.mp4").write_bytes(b"mpeg")
    code, out, _ = sparewheel("ingest", folder, "--corpus", "c", "--no-dense")
    assert (code, out.startswith("2 added, 1 failed (")) == (1, True)
    assert out.count("cut.pdf") == 1
    assert "1 left out: .mp4: not a kind of document that is read (have it" in out
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = sparewheel("ingest", folder, "--corpus", "c", "--no-dense", "--json")
    rows = {row["source"].rsplit("/", 1)[-1]: row["status"] for row in json.loads(out)["report"]["rows"]}
    assert rows == {"lease.md": "unchanged", "nda.txt": "unchanged", "cut.pdf": "failed", "film.mp4": "skipped"}


def test_prune_and_remove(sparewheel, folder):
    """A deleted file is told and goes with --prune, a named document with remove, a corpus with --all."""
    sparewheel("ingest", folder, "--corpus", "c", "--no-dense")
    (folder / "nda.txt").unlink()
    _, out, _ = sparewheel("ingest", folder, "--corpus", "c", "--no-dense")
    assert out.splitlines()[1] == "1 in the corpus without a file any more (nda.txt): --prune removes them"
    _, out, _ = sparewheel("ingest", folder, "--corpus", "c", "--no-dense", "--prune")
    assert out.startswith("1 unchanged, 1 removed (")
    code, _, err = sparewheel("corpora", "remove", "leese.md", "--corpus", "c")
    assert (code, "did you mean 'lease.md'" in err) == (2, True)
    _, _, err = sparewheel("corpora", "remove", "x", "--corpus", "c")
    assert err == "sparewheel: no document 'x' in corpus 'c'; list them with: sparewheel corpora info c --documents\n"
    assert sparewheel("corpora", "remove", "lease.md", "--corpus", "c")[:2] == (0, "removed lease.md\n")
    assert sparewheel("corpora", "remove", "--corpus", "c")[0] == 2
    assert sparewheel("corpora", "remove", "--corpus", "c", "--all", "--yes")[:2] == (0, "removed corpus c\n")
    assert json.loads(sparewheel("corpora", "list", "--json")[1]) == []


def test_changed_rules_need_reindex_and_get_it(sparewheel, folder, monkeypatch):
    """Other chunk sizes are applied to the stored text, without the source files."""
    (folder / "nda.txt").write_text("One sentence here. " * 60)
    sparewheel("ingest", folder, "--corpus", "c", "--no-dense")
    before = json.loads(sparewheel("corpora", "info", "c", "--json")[1])["chunks"]
    (folder / "nda.txt").unlink()
    monkeypatch.setenv("SPAREWHEEL_INGEST__CHUNK_CHARS", "200")
    code, out, err = sparewheel("reindex", "--corpus", "c", "--no-dense")
    assert (code, err) == (0, "2 documents split again\n")
    assert int(out.split(", ")[1].split()[0]) > before


def test_a_cluster_embeds_for_ingest_and_reindex(sparewheel, folder, monkeypatch):
    """`--ray` of both commands: every passage goes through the cluster, which is given back."""
    clusters = []

    class Cluster:
        workers, at_once = 3, 64

        def __init__(self, address, settings):
            self.address, self.embedded = address, 0
            clusters.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.address = ""

        def parse(self, files, settings):
            return sandbox.parse(files, settings)

        def embedder(self, chosen, own):
            cluster = self

            class Counted:
                name, dimension = own.name, own.dimension

                def embed(self, texts, *, query=False):
                    cluster.embedded += len(texts)
                    return own.embed(texts, query=query)

            return Counted()

    monkeypatch.setattr("sparewheel.rag.cluster.Cluster", Cluster)
    sparewheel("ingest", folder, "--corpus", "c", "--no-dense")
    code, out, err = sparewheel("reindex", "--corpus", "c", "--ray", "head:1")
    chunks = int(out.splitlines()[-1].split(", ")[1].split()[0])
    assert (code, "3 processors of the cluster take part" in err) == (0, True)
    assert out.splitlines()[-1].endswith("100% embedded")
    (folder / "nda.txt").write_text("This agreement lasts three years.")
    assert sparewheel("ingest", folder, "--corpus", "c", "--ray", "head:1")[1].startswith("1 updated, 1 unchanged (")
    assert [(cluster.embedded, cluster.address) for cluster in clusters] == [(chunks, ""), (1, "")]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["ingest", "nowhere", "--corpus", "c"], "no file or folder 'nowhere'"),
        (["ingest", "contract", "--corpus", "c"], "no file or folder 'contract'; did you mean 'contracts'?"),
        (["ingest", "contracts", "--corpus", "../c"], "corpus name '../c'"),
        (["corpora", "info", "c"], "no corpus 'c'; make it with: sparewheel ingest PATH --corpus c"),
        (["reindex", "--corpus", "c"], "no corpus 'c'"),
    ],
)
def test_a_mistake_is_told_with_exit_code_2_and_leaves_nothing(sparewheel, folder, tmp_path, argv, told):
    """The message names the value; no empty corpus is made."""
    code, _, err = sparewheel(*argv)
    assert (code, told in err, (tmp_path / "corpora").exists()) == (2, True, False)


def test_a_corpus_keeps_its_domain(sparewheel, folder):
    """A second ingest may raise the sensitivity, but not turn a legal corpus into a medical one."""
    sparewheel("ingest", folder, "--corpus", "c", "--domain", "legal", "--no-dense")
    code, _, err = sparewheel("ingest", folder, "--corpus", "c", "--domain", "medical", "--no-dense")
    assert (code, "'c' is 'legal', not 'medical'" in err) == (2, True)
    sparewheel("ingest", folder, "--corpus", "c", "--sensitivity", "high", "--no-dense")
    assert json.loads(sparewheel("corpora", "info", "c", "--json")[1])["sensitivity"] == "high"


def test_nothing_to_read_makes_no_corpus(sparewheel, folder, tmp_path):
    """An empty folder, or one whose only file is broken: exit code 1, said why, and no corpus is left behind."""
    empty = tmp_path / "empty"
    empty.mkdir()
    code, _, err = sparewheel("ingest", empty, "--corpus", "e", "--no-dense")
    assert (code, "no document found, so there is no corpus 'e'" in err) == (1, True)
    (empty / "cut.pdf").write_bytes(b"%PDF-1.7 and no more")
    code, _, err = sparewheel("ingest", empty, "--corpus", "e", "--no-dense")
    assert (code, "nothing could be read, so there is no corpus 'e'" in err) == (1, True)
    _, out, _ = sparewheel("corpora", "list", "--json")
    assert json.loads(out) == []


def test_a_full_or_read_only_disk_ends_in_one_line(sparewheel, folder, monkeypatch):
    """Each with what to do; no traceback."""
    import errno

    from sparewheel.app.service import work

    for error, words in (
        (OSError(errno.ENOSPC, "No space left on device"), "the disk of the data folder is full"),
        (OSError(errno.EROFS, "Read-only file system", "/data/lock"), "the data folder cannot be written (/data/lock)"),
        (sqlite3.OperationalError("database or disk is full"), "what was read so far stays searchable"),
    ):

        def broken(*args, error=error, **options):
            raise error

        monkeypatch.setattr(work, "read_in", broken)
        code, _, err = sparewheel("ingest", folder, "--corpus", "c", "--no-dense")
        assert (code, words in err, err.count("\n")) == (1, True, 1)
