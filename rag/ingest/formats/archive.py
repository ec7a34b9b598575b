"""Zip files of documents: each under its name, within the limits of the sandbox."""

from __future__ import annotations

import zipfile

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.members import add_member, is_system_file
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.zipped import open_zip
from sparewheel.rag.settings import Ingest

_MOST_FILES = 500  # more belong into a folder, where each is a document of its own
_CURE = "unpack it and ingest the folder"


def parse_zip(data: bytes, settings: Ingest, depth: int = 0) -> Parsed:
    """The documents in the zip, one after the other, each under a heading with its path.

    Raises DocumentError for a bomb, a protected one, one of more than 500 files, and where none can be read.
    """
    archive = open_zip(data, "a zip", _CURE)
    entries = [each for each in archive.infolist() if not each.is_dir() and not is_system_file(each.filename)]
    if len(entries) > _MOST_FILES:
        raise DocumentError(f"{len(entries)} files in it, more than {_MOST_FILES}", cure=_CURE)
    builder = TextBuilder()
    notes: list[str] = []
    read = 0
    for entry in entries:
        try:
            inner = archive.read(entry)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            notes.append(f"{name_of(entry)} not read: {error}")
            continue
        read += add_member(builder, name_of(entry), inner, settings, depth + 1, notes)
    if not read:
        raise DocumentError(f"nothing in it could be read ({'; '.join(notes)[:300] or 'it is empty'})", cure=_CURE)
    return Parsed(builder.text, "application/zip", headings=tuple(builder.headings), notes=tuple(notes))


def name_of(entry: zipfile.ZipInfo) -> str:
    """The entry's name; where its encoding is not stated, as UTF-8 or as Chinese programs write it."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename
