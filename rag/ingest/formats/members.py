"""Documents within a document: attachments of a mail, files in a zip, chapters of a book."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.registry import parser_of
from sparewheel.rag.settings import Ingest

Container = Callable[[bytes, Ingest, int], Parsed]

MOST_DEPTH = 3  # a zip in a mail in a zip
_CONTAINERS = ("parse_zip", "parse_eml", "parse_msg", "parse_pdf")


def read_member(name: str, data: bytes, settings: Ingest, depth: int) -> Parsed:
    """The file `name` that lies in another; depth: how many it lies in. Raises DocumentError as its parser does."""
    parser = parser_of(name, data)
    if getattr(parser, "__name__", "") in _CONTAINERS:
        if depth > MOST_DEPTH:
            raise DocumentError(f"packed more than {MOST_DEPTH} deep", cure="unpack it")
        return cast(Container, parser)(data, settings, depth)
    return parser(data, settings)


def add_member(
    builder: TextBuilder, name: str, data: bytes, settings: Ingest, depth: int, notes: list[str], word: str = ""
) -> bool:
    """Writes the file's text under a heading with its name; whether there was any. Why not, and what of it was left
    out, is added to the notes."""
    try:
        inner = read_member(name, data, settings, depth)
    except DocumentError as error:
        notes.append(f"{name} not read: {error}")
        return False
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a damaged file makes a parser raise anything
        notes.append(f"{name} not read: {type(error).__name__}: {error}")
        return False
    notes += [f"{name}: {note}" for note in inner.notes]
    if not inner.text.strip():
        notes.append(f"{name} not read: no text in it")
        return False
    builder.heading(f"{word} {name}".strip(), 1)
    builder.embed(inner.text, inner.headings)
    return True


def is_system_file(name: str) -> bool:
    """Whether an operating system or an office program put the file there for itself."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2].casefold()
    return (
        last in ("thumbs.db", "desktop.ini", ".ds_store", "ehthumbs.db", "icon\r", "$recycle.bin")
        or last.startswith(("~$", "._", ".~lock.", ".nfs", "~wrl"))
        or "__macosx/" in name.casefold()
    )
