"""Bringing a data set in: from a folder, and from a file server on this machine."""

import dataclasses
import functools
import hashlib
import http.server
import io
import json
import tarfile
import threading

import pytest

from sparewheel.corpora import dataset, entry, fetch
from sparewheel.corpora.fetching import bring
from sparewheel.corpora.public import Download
from sparewheel.rag.errors import NotFound, Unavailable, UsageError

CONTENT = json.dumps({"data": [{"title": "site.example", "paragraphs": [{"context": "We log.", "qas": []}]}]}).encode()


def sha256_of(files):
    """The checksum of a tree of PolicyQA, written out from its definition."""
    parts = (f"legal/policyqa/{path}".encode() + b"\0" + hashlib.sha256(data).digest() for path, data in files)
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.fixture
def registered():
    """PolicyQA's entry, with the checksum of CONTENT."""
    download = Download("https://invalid.example/archive.tar.gz", {"data/dev.json": "dev.json"})
    return dataclasses.replace(entry("policyqa"), sha256=sha256_of([("dev.json", CONTENT)]), download=download)


@pytest.fixture
def server(tmp_path_factory):
    """A file server on 127.0.0.1: (its folder, its URL)."""
    folder = tmp_path_factory.mktemp("served")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def archive(place, members):
    """A tar.gz as a code host makes it: everything below one folder named after repository and commit."""
    with tarfile.open(place, "w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(f"PolicyQA-775538bc/{name}")
            if data is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            member.size = len(data or b"")
            tar.addfile(member, io.BytesIO(data or b""))


def test_a_set_comes_from_its_folder(registered, tmp_path):
    """The folder that holds the set's files is copied, checked, and read by the loader."""
    source = tmp_path / "somewhere"
    source.mkdir()
    (source / "dev.json").write_bytes(CONTENT)
    source.chmod(0o555)  # a read-only source is copied too
    root = tmp_path / "data"
    assert bring(registered, root, source) == root / "legal" / "policyqa"
    assert [document.id for document in dataset("policyqa", root).documents()] == ["site.example"]


def test_a_set_comes_from_another_public_data_folder(registered, tmp_path):
    """A folder laid out as ours is understood too."""
    place = tmp_path / "other" / "legal" / "policyqa"
    place.mkdir(parents=True)
    (place / "dev.json").write_bytes(CONTENT)
    bring(registered, tmp_path / "data", tmp_path / "other")
    assert (tmp_path / "data" / "legal" / "policyqa" / "dev.json").read_bytes() == CONTENT


def test_a_set_comes_from_an_archive(registered, server, tmp_path):
    """Of the archive only the registered path is taken, and is put where the set wants it."""
    folder, url = server
    archive(folder / "a.tar.gz", {"README.md": b"no", "data/test.json": b"no", "data/dev.json": CONTENT})
    target = bring(registered, tmp_path, f"{url}/a.tar.gz")
    assert [(file.name, file.read_bytes()) for file in target.iterdir()] == [("dev.json", CONTENT)]


def test_a_set_that_is_there_is_left_alone(registered, server, tmp_path):
    """The second fetch needs no server."""
    folder, url = server
    archive(folder / "a.tar.gz", {"data/dev.json": CONTENT})
    target = bring(registered, tmp_path, f"{url}/a.tar.gz")
    assert bring(registered, tmp_path) == target


def test_another_content_is_refused_and_leaves_nothing(registered, server, tmp_path):
    """A wrong checksum names both sums, and neither the set nor a half of it stays behind."""
    folder, url = server
    archive(folder / "a.tar.gz", {"data/dev.json": CONTENT + b" "})
    with pytest.raises(UsageError, match=registered.sha256):
        bring(registered, tmp_path, f"{url}/a.tar.gz")
    assert list((tmp_path / "legal").iterdir()) == []


def test_a_link_in_an_archive_is_not_followed(registered, server, tmp_path):
    """An archive cannot bring in a file of this machine."""
    folder, url = server
    archive(folder / "a.tar.gz", {"data/dev.json": None})
    with pytest.raises(UsageError, match="sha256"):
        bring(registered, tmp_path, f"{url}/a.tar.gz")


def test_a_missing_archive_is_unavailable(registered, server, tmp_path):
    """The address, the status and the way without a network are told."""
    with pytest.raises(Unavailable, match=r"answered 404; .*--from DIR"):
        bring(registered, tmp_path, f"{server[1]}/absent.tar.gz")


def test_without_a_network_the_folder_is_the_way(registered, tmp_path):
    """A connection that is refused ends in a message with the cure."""
    with pytest.raises(Unavailable, match="sparewheel corpora fetch policyqa --from DIR"):
        bring(registered, tmp_path, "http://127.0.0.1:9/archive.tar.gz")


def test_what_is_no_archive_is_refused(registered, server, tmp_path):
    """A web page in place of the archive is told as such."""
    folder, url = server
    (folder / "page.tar.gz").write_text("<html>sign in</html>")
    with pytest.raises(UsageError, match="is not a tar archive"):
        bring(registered, tmp_path, f"{url}/page.tar.gz")


def test_a_set_from_several_sources_has_no_download(tmp_path):
    """Where nothing can be downloaded, that is said, and what to do."""
    with pytest.raises(NotFound, match="has no archive to download; give a folder"):
        fetch("cuad", tmp_path)


def test_a_changed_set_on_disk_is_told(registered, tmp_path):
    """A set that was altered is not silently used or overwritten."""
    place = tmp_path / "legal" / "policyqa"
    place.mkdir(parents=True)
    (place / "dev.json").write_bytes(b"{}")
    with pytest.raises(UsageError, match="remove it and fetch again"):
        bring(registered, tmp_path)
    assert (place / "dev.json").read_bytes() == b"{}"


def test_a_source_that_is_no_folder_is_told(registered, tmp_path):
    """A mistyped path is named."""
    with pytest.raises(NotFound, match="absent is not a folder"):
        bring(registered, tmp_path, tmp_path / "absent")
