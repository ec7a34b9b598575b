"""Zip files that documents are packed in: opened only when they are harmless."""

from __future__ import annotations

import io
import stat
import zipfile

from sparewheel.rag.errors import DocumentError

_MOST_ENTRIES = 10_000
_MOST_RATIO = 200  # unpacked bytes for each packed one; real documents reach about 20
_MOST_UNPACKED = 1_000_000_000  # bytes


def open_zip(data: bytes, kind: str, cure: str) -> zipfile.ZipFile:
    """The zip, whose entries may be read.

    kind: what it should be ("a DOCX"). Raises DocumentError for what is no zip, for a protected one, for one that is a
    bomb or reaches outside itself.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DocumentError(f"not {kind}: {error}", cure=cure) from error
    if len(entries) > _MOST_ENTRIES:
        raise DocumentError(f"refused: {len(entries)} entries in its zip, more than {_MOST_ENTRIES}", cure=cure)
    unpacked = 0
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith("/") or stat.S_ISLNK(entry.external_attr >> 16):
            raise DocumentError(f"refused: its zip entry {entry.filename!r} reaches outside", cure=cure)
        if entry.flag_bits & 1:
            raise DocumentError("protected by a password", cure="save it without a password")
        unpacked += entry.file_size
        if entry.file_size > 1_000_000 and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1):
            raise DocumentError(
                f"refused: {entry.filename!r} unpacks to {entry.file_size / max(entry.compress_size, 1):.0f} times its"
                f" size (a zip bomb; at most {_MOST_RATIO})",
                cure=cure,
            )
    if unpacked > _MOST_UNPACKED:
        raise DocumentError(f"refused: it unpacks to {unpacked / 1e6:.0f} MB", cure=cure)
    return archive
