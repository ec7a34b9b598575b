"""Zip files of documents: each under its name, within the limits of the sandbox."""

from __future__ import annotations

import zipfile

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.members import Members, is_system_file
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.zipped import open_zip
from sparewheel.rag.settings import Ingest

_MOST_FILES = 500  # more belong into a folder, where each is a document of its own
_CURE = "unpack it and ingest the folder"


def parse_zip(data: bytes, settings: Ingest, depth: int = 0) -> Parsed:
    """The documents in the zip, each by its path; its own text is their names.

    Raises DocumentError for a bomb, a protected one, one of more than 500 files, and where none can be read.
    """
    archive = open_zip(data, "a zip", _CURE)
    entries = [each for each in archive.infolist() if not each.is_dir() and not is_system_file(each.filename)]
    if len(entries) > _MOST_FILES:
        raise DocumentError(f"{len(entries)} files in it, more than {_MOST_FILES}", cure=_CURE)
    members = Members(settings, depth)
    for entry in entries:
        try:
            inner = archive.read(entry)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            members.notes.append(f"{name_of(entry)} not read: {error}")
            continue
        members.read(name_of(entry), inner)
    if not members.found:
        why = "; ".join(members.notes)[:300] or "it is empty"
        raise DocumentError(f"nothing in it could be read ({why})", cure=_CURE)
    builder = TextBuilder()
    builder.add("Files in it:", tight=True)
    members.write(builder)
    return Parsed(builder.text, "application/zip", notes=members.told, members=tuple(members.found))


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
