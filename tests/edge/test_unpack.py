"""A pack that somebody tampered with: refused with the reason, and nothing written outside its folder."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sparewheel.app.edge.unpack import unpack, verify
from sparewheel.rag.errors import NotFound, StoreError

SETTINGS = b"[models]\nthreads = 1\n"
GOOD = {
    "corpora/leases/CURRENT": b"1\n",
    "corpora/leases/corpus.json": b"{}",
    "corpora/leases/snapshots/00000001/manifest.json": b"{}",
    "models/reader-en/config.json": b"{}",
    "sparewheel.toml": SETTINGS,
}


def listing(files: dict[str, bytes], **changed: object) -> bytes:
    """edge.json for these files."""
    entries = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    values = {
        "corpus": "leases", "domain": "legal", "sensitivity": "normal", "documents": 1, "chunks": 1,
        "published": "2026", "profile": "small", "models": ["reader-en"], "made_by": "a test",
        "files": entries, "format": 1,
    }  # fmt: skip
    return json.dumps({**values, **changed}, ensure_ascii=False, indent=1, sort_keys=True).encode()


def write(file: Path, files: dict[str, bytes], raw: bytes, compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip file with edge.json and the files in the order of a pack."""
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("edge.json", raw)
        for name in sorted(files):
            archive.writestr(name, files[name])
    return file


def changed(file: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], **fields: object) -> Path:
    files = change(dict(GOOD))
    return write(file, files, listing(files, **fields))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hostile.edge"


def refused(file: Path, tmp_path: Path, why: str) -> None:
    """Both `verify` and `unpack` say why; nothing is left in the cache, nothing outside it."""
    cache = tmp_path / "deep" / "cache"
    for use in (verify, lambda path: unpack(path, cache)):
        with pytest.raises(StoreError, match=why) as caught:
            use(file)
        assert str(file) in str(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]


def test_a_sound_one_is_accepted(file: Path, tmp_path: Path) -> None:
    """The frame of these tests: unchanged, it is fine."""
    changed(file, lambda files: files)
    contents, folder = unpack(file, tmp_path / "cache")
    assert verify(file) == contents
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == GOOD


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/evil.txt",
        "corpora/leases/../../../evil.txt",
        "corpora/other/CURRENT",
        "models/reader-en/../../evil",
        "models/other/model.onnx",
        "models/reader-en/deeper/model.onnx",
        "corpora/leases/a\\..\\evil",
        "corpora/leases//x",
        "evil.sh",
        "C:/evil",
    ],
)
def test_no_way_out_of_the_folder(file: Path, tmp_path: Path, name: str) -> None:
    """A path that leads elsewhere, or that no pack holds, is refused before anything is written."""
    changed(file, lambda files: {**files, name: b"evil"})
    refused(file, tmp_path, "a pack holds no file")


@pytest.mark.parametrize("corpus", ["../other", "", ".", "a/b", 7, None, "x" * 65])
def test_no_corpus_name_leads_elsewhere(file: Path, tmp_path: Path, corpus: object) -> None:
    """The name becomes a folder."""
    changed(file, lambda files: files, corpus=corpus)
    refused(file, tmp_path, "no sound edge pack")


def test_a_bomb_is_refused(file: Path, tmp_path: Path) -> None:
    """Stored entries cannot unpack to more than the file is long, and compressed ones are not read."""
    files = {**GOOD, "corpora/leases/zeros": bytes(50_000_000)}
    write(file, files, listing(files), zipfile.ZIP_DEFLATED)
    assert file.stat().st_size < 100_000
    refused(file, tmp_path, "compressed or encrypted")


def test_entries_that_share_bytes_are_refused(file: Path, tmp_path: Path) -> None:
    """Many names over the same bytes would unpack to more than the file is long."""
    files = {**GOOD, **{f"corpora/leases/part-{i}": bytes(1000) for i in range(9)}}
    write(file, files, listing(files))
    content = bytearray(file.read_bytes())
    (directory,) = struct.unpack_from("<L", content, len(content) - 6)
    offsets = []
    while content[directory : directory + 4] == b"PK\x01\x02":
        name, extra, comment = struct.unpack_from("<3H", content, directory + 28)
        offsets.append(directory + 42)
        directory += 46 + name + extra + comment
    first = content[offsets[5] : offsets[5] + 4]
    for at in offsets[6:9]:
        content[at : at + 4] = first
    file.write_bytes(bytes(content))
    refused(file, tmp_path, "no sound edge pack")


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_changed_byte_is_found(file: Path, tmp_path: Path, name: str) -> None:
    """In any file, by its checksum."""
    other = {"sparewheel.toml": SETTINGS.replace(b"1", b"2")}.get(name, bytes([GOOD[name][0] ^ 1]) + GOOD[name][1:])
    files = {**GOOD, name: other}
    write(file, files, listing(GOOD))
    refused(file, tmp_path, "sha256 differs")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (b'[endpoint.evil]\nurl = "https://evil.example"\n', "endpoint"),
        (b'data_folder = "/"\n', "data_folder"),
        (b'[local_chat]\nmodel = "/tmp/evil"\n', "local_chat"),
        (b'[retrieve]\nembedding = "/tmp/evil"\n', "retrieve.embedding"),
        (b'[models]\nfolder = "/tmp/evil"\n', "models.folder"),
        (b"models = 3\n", "models"),
        (b"[models\n", "not TOML"),
        (b"\xff\xfe", "not TOML"),
    ],
)
def test_settings_can_only_make_it_smaller(file: Path, tmp_path: Path, settings: bytes, said: str) -> None:
    """Above all no endpoint: a question must not be sent to who made the pack."""
    changed(file, lambda files: {**files, "sparewheel.toml": settings})
    refused(file, tmp_path, said)


def test_missing_and_extra_files_are_refused(file: Path, tmp_path: Path) -> None:
    """The list and the archive hold the same."""
    write(file, {name: data for name, data in GOOD.items() if "CURRENT" not in name}, listing(GOOD))
    refused(file, tmp_path, "its files are not those of edge.json")
    write(file, {**GOOD, "corpora/leases/more": b"x"}, listing(GOOD))
    refused(file, tmp_path, "its files are not those of edge.json")
    write(file, {**GOOD, "corpora/leases/CURRENT": b"12\n"}, listing(GOOD))
    refused(file, tmp_path, "has 3 bytes")


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b"\xff", b'{"format": 2}', b'{"format": 1}', b'{"format": 1, "files": 3}', b"[" * 100_000],
)
def test_a_list_that_is_none(file: Path, tmp_path: Path, raw: bytes) -> None:
    """Whatever stands in edge.json, an error says so."""
    write(file, GOOD, raw)
    refused(file, tmp_path, "cannot be read|format 2")


def test_a_list_written_otherwise_is_refused(file: Path, tmp_path: Path) -> None:
    """One content has one fingerprint: another spacing or another key is not accepted."""
    write(file, GOOD, listing(GOOD) + b" ")
    refused(file, tmp_path, "not as it is written")
    write(file, GOOD, listing(GOOD, surprise=1))
    refused(file, tmp_path, "cannot be read")


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"no zip file at all, but long enough to have an end record", bytes(500)]
)
def test_what_is_no_zip_file(file: Path, tmp_path: Path, content: bytes) -> None:
    """Told as such."""
    file.write_bytes(content)
    refused(file, tmp_path, "does not end as a zip file does")


def test_a_pack_cut_short_anywhere_is_refused(file: Path) -> None:
    """A copy that broke off is told, wherever."""
    whole = changed(file, lambda files: files).read_bytes()
    for length in range(0, len(whole), 37):
        file.write_bytes(whole[:length])
        with pytest.raises(StoreError, match="no sound edge pack"):
            verify(file)


def test_any_flipped_byte_is_refused_or_without_effect(file: Path) -> None:
    """No byte of the content can change unnoticed; header bytes that nobody reads may."""
    whole = changed(file, lambda files: files).read_bytes()
    contents = verify(file)
    for at in range(0, len(whole), 11):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            assert verify(file) == contents
        except StoreError as error:
            assert "no sound edge pack" in str(error) or "has format" in str(error)  # noqa: PT017


def test_a_directory_of_millions_is_not_read(file: Path, tmp_path: Path) -> None:
    """The end record says how long the directory is; a long one would fill the memory."""
    whole = bytearray(changed(file, lambda files: files).read_bytes())
    struct.pack_into("<L", whole, len(whole) - 10, 1 << 30)
    file.write_bytes(bytes(whole))
    refused(file, tmp_path, "its directory is too long")


def test_no_file_is_told(tmp_path: Path) -> None:
    """As any file that cannot be read."""
    with pytest.raises(NotFound, match="No such file"):
        verify(tmp_path / "none.edge")
    with pytest.raises(NotFound, match="Is a directory"):
        verify(tmp_path)
