"""DOCX by python-docx: paragraphs, headings, numbered lists with their numbers, tables. The zip is checked first."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from typing import Any

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.docx_numbers import Numbering
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.settings import Ingest

_MOST_ENTRIES = 10_000
_MOST_RATIO = 200  # unpacked bytes for each packed one; real documents reach about 20
_MOST_UNPACKED = 1_000_000_000  # bytes
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DAMAGED = "open it in a word processor and save it again as .docx"


def parse_docx(data: bytes, settings: Ingest) -> Parsed:
    """Text in document order; metadata: author, created. Deleted text of tracked changes is left out.

    Raises DocumentError for what is no DOCX, for a protected one, and for a zip that is a bomb or reaches outside.
    """
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise DocumentError(
            "an old .doc file or one protected by a password", cure="save it as .docx without a password"
        )
    _check_zip(data)
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
    except Exception as error:  # python-docx raises whatever the broken part makes it raise
        raise DocumentError(f"a damaged DOCX ({type(error).__name__}: {error})", cure=_DAMAGED) from error
    builder = TextBuilder()
    numbering = Numbering(document)
    for block in document.element.body.iterchildren():
        _write(block, builder, numbering, document)
    stated = document.core_properties
    metadata = {"author": stated.author or "", "created": stated.created.isoformat() if stated.created else ""}
    return Parsed(
        builder.text,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        stated.title or "",
        headings=tuple(builder.headings),
        metadata={key: value for key, value in metadata.items() if value},
    )


def _check_zip(data: bytes) -> None:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DocumentError(f"not a DOCX: {error}", cure=_DAMAGED) from error
    if len(entries) > _MOST_ENTRIES:
        raise DocumentError(f"refused: {len(entries)} entries in its zip, more than {_MOST_ENTRIES}", cure=_DAMAGED)
    unpacked = 0
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith("/") or stat.S_ISLNK(entry.external_attr >> 16):
            raise DocumentError(f"refused: its zip entry {entry.filename!r} reaches outside", cure=_DAMAGED)
        if entry.flag_bits & 1:
            raise DocumentError("protected by a password", cure="save it without a password")
        unpacked += entry.file_size
        if entry.file_size > 1_000_000 and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1):
            raise DocumentError(
                f"refused: {entry.filename!r} unpacks to {entry.file_size / max(entry.compress_size, 1):.0f} times its"
                f" size (a zip bomb; at most {_MOST_RATIO})",
                cure=_DAMAGED,
            )
    if unpacked > _MOST_UNPACKED:
        raise DocumentError(f"refused: it unpacks to {unpacked / 1e6:.0f} MB", cure=_DAMAGED)
    if "[Content_Types].xml" not in {entry.filename for entry in entries}:
        raise DocumentError("not a DOCX: a zip without [Content_Types].xml", cure=_DAMAGED)


def _write(block: Any, builder: TextBuilder, numbering: Numbering, document: Any) -> None:
    """A paragraph, a table or a content control with such inside."""
    if block.tag == f"{_W}p":
        _write_paragraph(block, builder, numbering, document)
    elif block.tag == f"{_W}tbl":
        for row in block.iterchildren(f"{_W}tr"):
            builder.add("\t".join(_cells(row)), tight=True)
    elif block.tag == f"{_W}sdt":
        for content in block.iterchildren(f"{_W}sdtContent"):
            for inner in content.iterchildren():
                _write(inner, builder, numbering, document)


def _write_paragraph(block: Any, builder: TextBuilder, numbering: Numbering, document: Any) -> None:
    from docx.text.paragraph import Paragraph

    text = _text(block).strip()
    paragraph = Paragraph(block, document._body)
    style = paragraph.style
    label = numbering.label(paragraph) if text else ""
    level = _heading_level(style)
    full = f"{label} {text}" if label else text
    if level and len(text) <= 300:
        builder.heading(full, level)
    else:
        builder.add(full, tight=label == "-")


def _heading_level(style: Any) -> int:
    """1 to 9 for a heading style or one based on it, 0 for others."""
    for _ in range(10):
        if style is None:
            return 0
        name = (style.name or "").casefold()
        if name == "title":
            return 1
        for word in ("heading ", "标题 "):
            if name.startswith(word) and name[len(word) :].isdigit():
                return int(name[len(word) :])
        style = style.base_style
    return 0


def _text(block: Any) -> str:
    """Text of the runs as they stand, with insertions of tracked changes and without deletions."""
    return "".join(_pieces(block))


def _pieces(block: Any) -> Iterator[str]:
    for node in block.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if node.tag == f"{_W}t":
            yield node.text or ""
        elif node.getparent().tag == f"{_W}r":
            yield {"tab": "\t", "noBreakHyphen": "-"}.get(node.tag[len(_W) :], "\n")


def _cells(row: Any) -> list[str]:
    return [
        " ".join(" ".join(_text(p).split()) for p in cell.iter(f"{_W}p")).strip()
        for cell in row.iterchildren(f"{_W}tc")
    ]
