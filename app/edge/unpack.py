"""An edge pack checked, and laid out once in a cache folder, where its index is memory-mapped.

A pack comes from somewhere: its names, lengths and checksums are believed only after they were checked, and nothing is
written outside the folder it is unpacked to.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sparewheel.app.edge.contents import LIST, LIST_BYTES, SETTINGS, Contents, check_settings, damaged, read_contents
from sparewheel.rag.errors import NotFound, UsageError

_PIECE = 1 << 20
_END = struct.Struct("<4s4H2LH")  # the last record of a zip file without a comment


def verify(file: Path) -> Contents:
    """Reads the whole pack. Raises StoreError at the first thing that is not as listed, NotFound without the file."""
    with _opened(file) as (archive, contents):
        for name in contents.files:
            for _ in _pieces(archive, name, contents, str(file)):
                pass
    return contents


def unpack(file: Path, cache: Path) -> tuple[Contents, Path]:
    """The pack's folder below `cache`, made and checked when it is not there yet.

    Raises StoreError for a pack that is not sound, UsageError when it does not fit on the disk.
    """
    with _opened(file) as (archive, contents):
        folder = cache / f"{contents.corpus}-{contents.fingerprint[:16]}"
        if not folder.is_dir():
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            _fits(contents, cache)
            beside = cache / f".{folder.name}.{os.getpid()}.new"
            try:
                for name in contents.files:
                    _write(beside / name, _pieces(archive, name, contents, str(file)))
                _publish(beside, folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    return contents, folder


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Contents]]:
    """The archive and its list, which agree in names and lengths."""
    of = str(file)
    try:
        stream = file.open("rb")
    except OSError as error:
        raise NotFound(f"cannot read {of!r}: {error.strerror}") from error
    with stream:
        try:
            _check_directory(stream, of)
            with zipfile.ZipFile(stream) as archive:
                yield archive, _check_entries(archive, of)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, struct.error) as error:
            raise damaged(of, str(error)) from error


def _check_directory(stream: BinaryIO, of: str) -> None:
    """The directory of the zip file is read into memory at once: it must be small."""
    length = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, length - _END.size))
    end = stream.read(_END.size)
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise damaged(of, "it does not end as a zip file does")
    *_, directory_bytes, _, comment = _END.unpack(end)
    if directory_bytes > LIST_BYTES or comment:
        raise damaged(of, "its directory is too long")
    stream.seek(max(0, length - _END.size - 20))
    if length < 1 << 31 and stream.read(4) == b"PK\x06\x07":
        raise damaged(of, "it says it is longer than it is")


def _check_entries(archive: zipfile.ZipFile, of: str) -> Contents:
    entries = archive.infolist()
    if not entries or entries[0].filename != LIST or entries[0].file_size > LIST_BYTES:
        raise damaged(of, f"it does not begin with {LIST}")
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size or entry.flag_bits & 1:
            raise damaged(of, f"{entry.filename!r} is compressed or encrypted")
    contents = read_contents(archive.read(LIST), of)
    if [entry.filename for entry in entries[1:]] != list(contents.files):
        raise damaged(of, f"its files are not those of {LIST}")
    for entry in entries[1:]:
        if entry.file_size != contents.files[entry.filename].bytes:
            raise damaged(of, f"{entry.filename!r} has {entry.file_size} bytes, not those of {LIST}")
    if SETTINGS not in contents.files or contents.files[SETTINGS].bytes > LIST_BYTES:
        raise damaged(of, f"it has no {SETTINGS}")
    check_settings(archive.read(SETTINGS).decode("utf-8", errors="replace"), of)
    return contents


def _pieces(archive: zipfile.ZipFile, name: str, contents: Contents, of: str) -> Iterator[bytes]:
    """The file in pieces, its checksum compared after the last."""
    digest = hashlib.sha256()
    with archive.open(name) as read:
        while piece := read.read(_PIECE):
            digest.update(piece)
            yield piece
    if digest.hexdigest() != contents.files[name].sha256:
        raise damaged(of, f"{name!r} is not what was packed (sha256 differs)")


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("xb") as out:
        for piece in pieces:
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())


def _publish(beside: Path, folder: Path) -> None:
    """By one rename: a folder of this name is whole. Another process may have been quicker with the same bytes."""
    try:
        beside.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _fits(contents: Contents, cache: Path) -> None:
    free = shutil.disk_usage(cache).free
    if contents.total_bytes > free:
        wanted, there = contents.total_bytes / 1e6, free / 1e6
        raise UsageError(
            f"the pack needs {wanted:,.0f} MB, {str(cache)!r} has {there:,.0f} MB free; name another --cache"
        )
