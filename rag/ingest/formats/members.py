"""Documents within a document: attachments of a mail, files in a zip, chapters of a book."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import cast

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Member, Parsed, TextBuilder, clean
from sparewheel.rag.ingest.formats.registry import parser_of
from sparewheel.rag.ingest.formats.text_layer import unmapped
from sparewheel.rag.settings import Ingest

Container = Callable[[bytes, Ingest, int], Parsed]

_LONGEST_NAME = 200
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


class Members:
    """The documents found in a container, and what is to be told of those that could not be read."""

    def __init__(self, settings: Ingest, depth: int) -> None:
        """depth: how many files the container itself lies in."""
        self.found: list[Member] = []
        self.notes: list[str] = []
        self._settings = settings
        self._depth = depth
        self._names: Counter[str] = Counter()

    def read(self, name: str, data: bytes) -> None:
        """A file in it."""
        name = " ".join(clean(name).split())[-_LONGEST_NAME:] or "file"
        try:
            parsed = read_member(name, data, self._settings, self._depth + 1)
        except DocumentError as error:
            self.notes.append(f"{name} not read: {error}")
            return
        except (MemoryError, RecursionError):
            raise
        except Exception as error:  # a damaged file makes a parser raise anything
            self.notes.append(f"{name} not read: {type(error).__name__}: {error}")
            return
        self.add(name, hashlib.sha256(data).hexdigest(), parsed)

    def add(self, name: str, sha256: str, parsed: Parsed) -> None:
        """A document in it that was read."""
        if unmapped(parsed.text) or not parsed.text.strip():
            self.notes.append(f"{name} not read: no text in it")
            return
        self.notes += (f"{name}: {note}" for note in parsed.notes)
        self._names[name] += 1
        if (count := self._names[name]) > 1:
            name = f"{name} ({count})"
        self.found.append(Member(name, sha256, parsed))

    def write(self, builder: TextBuilder, word: str = "") -> None:
        """Their names, into the text of the container."""
        for member in self.found:
            builder.add(f"{word} {member.name}".strip(), tight=True)
        builder.gap()

    @property
    def told(self) -> tuple[str, ...]:
        """The notes, with how many were read."""
        count = len(self.found)
        read = (f"{count} file{'s' if count > 1 else ''} in it: read, each as a document of its own",) if count else ()
        return (*read, *self.notes)


def is_system_file(name: str) -> bool:
    """Whether an operating system or an office program put the file there for itself."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2].casefold()
    return (
        last in ("thumbs.db", "desktop.ini", ".ds_store", "ehthumbs.db", "icon\r", "$recycle.bin")
        or last.startswith(("~$", "._", ".~lock.", ".nfs", "~wrl"))
        or "__macosx/" in name.casefold()
    )
