"""One file to one `Document`, in this process. `ingest.sandbox` runs it inside limits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, clean
from sparewheel.rag.ingest.formats.registry import parser_of
from sparewheel.rag.ingest.formats.symbols import UNREADABLE
from sparewheel.rag.ingest.formats.text_layer import unmapped
from sparewheel.rag.ingest.names import shown
from sparewheel.rag.rights import LABEL
from sparewheel.rag.settings import Ingest
from sparewheel.rag.text import language_of
from sparewheel.rag.types import WITHIN, Document

_NO_TITLE = re.compile(
    r"(?i)(\(?anonymous\)?|untitled|unknown( title)?"
    r"|none|title|document\d*|doc\d*|slide \d+|无标题|未命名.*|新建.*|文档\d*|microsoft word.*"
    r"|.*\.(docx?|pdf|txt|html?|rtf|xlsx?|pptx?|wpd|indd|tmp)|[\W\d_]*)"
)


def load(path: Path, id: str, settings: Ingest) -> Document:
    """The document in the file.

    Raises DocumentError, with the cure, when the file is of a kind that is not read, too large, empty, damaged,
    protected, or holds no text.
    """
    path = Path(path)
    try:
        data = _read(path, settings)
        parsed = parser_of(path.name, data)(data, settings)
        if not parsed.text or parsed.text.isspace():
            raise DocumentError("no text in it", cure="check that it opens in its usual program")
        if unmapped(parsed.text):
            raise DocumentError(
                "unreadable: most of its characters are private ones, which only its own font can show",
                cure="print it to a PDF from the program that made it",
            )
    except DocumentError as error:
        raise DocumentError(f"{shown(path.name)}: {reason_of(error)}", cure=error.cure) from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged file makes a parser raise anything
        raise DocumentError(
            f"{shown(path.name)}: could not be read ({type(error).__name__}: {error})",
            cure="open it in its usual program and save it again",
        ) from error
    document = _document(parsed, path, id, hashlib.sha256(data).hexdigest())
    return replace(document, source=shown(path.absolute()))


def _document(parsed: Parsed, path: Path, id: str, sha256: str) -> Document:
    """path: its name is the file's. The members are documents whose ids are their names."""
    language = language_of(parsed.text)
    metadata = {
        "file": shown(path.name),
        "format": path.suffix.lower().lstrip("."),
        "language": language,
        **parsed.metadata,
    }
    if parsed.pages:
        metadata["pages"] = str(len(parsed.pages))
    notes = list(parsed.notes)
    if lost := parsed.text.count(UNREADABLE):
        notes.append(f"{lost} sign{'s' if lost > 1 else ''} could not be read: shown as {UNREADABLE}")
    if notes:
        metadata["notes"] = "; ".join(notes)
    return Document(
        id=id,
        text=parsed.text,
        title=_title(parsed, path),
        source=id,
        media_type=parsed.media_type,
        language=language,
        sha256=sha256,
        pages=parsed.pages,
        layout=parsed.layout,
        metadata=metadata,
        headings=parsed.headings,
        members=tuple(_document(each.parsed, Path(each.name), each.name, each.sha256) for each in parsed.members),
    )


def with_members(document: Document) -> Iterator[Document]:
    """The document and those that lie in it, each with its id and source: "mail.eml › contract.docx". They are read by
    whom it says itself that it is read by."""
    yield replace(document, members=())
    label = {LABEL: document.metadata[LABEL]} if LABEL in document.metadata else {}
    for member in document.members:
        id, source = (f"{place}{WITHIN}{member.id}" for place in (document.id, document.source))
        yield from with_members(replace(member, id=id, source=source, metadata={**member.metadata, **label}))


def reason_of(error: DocumentError) -> str:
    """The message of the error without its cure."""
    return str(error).removesuffix(f"; {error.cure}")


def _read(path: Path, settings: Ingest) -> bytes:
    try:
        if path.is_dir():
            raise DocumentError("a folder, not a file", cure="name the files in it, or the folder itself")
        if path.exists() and not path.is_file():
            raise DocumentError("a device or a pipe, not a file", cure="copy its content to a file")
        size = path.stat().st_size
        if size > settings.max_file_mb * 1_000_000:
            raise DocumentError(
                f"{size / 1e6:.0f} MB is over the limit of {settings.max_file_mb} MB",
                cure="split it, or raise ingest.max_file_mb",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", cure="check that it exists and may be read") from error
    if not data:
        raise DocumentError("an empty file (0 bytes)", cure="copy it again from its source")
    return data


def _title(parsed: Parsed, path: Path) -> str:
    """The format's own title when it says something, else the first heading, else the file name made readable."""
    stated = " ".join(clean(parsed.title).split())
    if 3 <= len(stated) <= 200 and not _NO_TITLE.fullmatch(stated):
        return stated
    is_book = parsed.media_type.endswith("spreadsheetml.sheet")
    # The largest print of a page may be an address; the first heading of a workbook names only its first sheet.
    if parsed.headings and not parsed.pages and not is_book:
        start, end, _ = parsed.headings[0]
        return " ".join(parsed.text[start:end].split())[:200]
    return " ".join(re.sub(r"[_\s]+|%20", " ", clean(shown(path.stem))).split()) or shown(path.name)
