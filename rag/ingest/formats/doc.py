"""Old Word documents (.doc, Word 97 to 2003) by their piece table. Source: [MS-DOC], sections 2.5 and 2.8.35."""

from __future__ import annotations

import io
import re
import struct

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.tables import table_of
from sparewheel.rag.settings import Ingest

_CURE = "save it as .docx without a password"
_NOTE = (
    "an old .doc file: automatic clause numbers, tracked changes and struck-out text are not told apart; save it as"
    " .docx where they matter"
)
_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*(?:\x14|(?=\x15))")
_MOST_PIECES = 1_000_000


def parse_doc(data: bytes, settings: Ingest) -> Parsed:
    """The text of the body with its tables, then footnotes and headers; what cannot be seen in it is said in the notes.

    Raises DocumentError for what is no such file and for one protected by a password.
    """
    import olefile

    try:
        ole = olefile.OleFileIO(io.BytesIO(data))
        main = ole.openstream("WordDocument").read()
        flags = struct.unpack_from("<H", main, 0x0A)[0]
        if flags & 0x0100:
            raise DocumentError("an old .doc file protected by a password", cure=_CURE)
        table = ole.openstream("1Table" if flags & 0x0200 else "0Table").read()
        text = _text(main, table)
        # body, footnotes, headers, (unused), comments, end notes
        counts = [max(n, 0) for n in struct.unpack_from("<6i", main, 0x4C)]
        stated = ole.get_metadata()
    except (OSError, struct.error, IndexError) as error:
        raise DocumentError("an old .doc file or one protected by a password", cure=_CURE) from error
    builder = TextBuilder()
    _write(builder, text[: counts[0]])
    rest = text[counts[0] : counts[0] + counts[1]] + text[sum(counts[:4]) : sum(counts[:6])]
    for line in re.split("[\r\x02]", rest):
        builder.add(_plain(line))
    author = stated.author if isinstance(stated.author, bytes) else b""
    title = stated.title if isinstance(stated.title, bytes) else b""
    codepage = stated.codepage or 0
    encoding = "utf-8" if codepage == 65001 else f"cp{codepage}" if codepage > 0 else "cp1252"
    return Parsed(
        builder.text,
        "application/msword",
        _decoded(title, encoding),
        metadata={"author": _decoded(author, encoding)} if author.strip(b"\0 ") else {},
        notes=(_NOTE,),
    )


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding, "replace").strip("\0 ")
    except LookupError:
        return raw.decode("cp1252", "replace").strip("\0 ")


def _text(main: bytes, table: bytes) -> str:
    """All characters in order: each piece is eight-bit or UTF-16."""
    at, size = struct.unpack_from("<II", main, 0x01A2)
    clx = table[at : at + size]
    place = 0
    while place < len(clx) and clx[place] == 1:  # property modifiers before the table of pieces
        place += 3 + struct.unpack_from("<H", clx, place + 1)[0]
    if place >= len(clx) or clx[place] != 2:
        raise OSError("no table of pieces")
    length = struct.unpack_from("<I", clx, place + 1)[0]
    pieces = clx[place + 5 : place + 5 + length]
    count = min((len(pieces) - 4) // 12, _MOST_PIECES)
    ends = struct.unpack_from(f"<{count + 1}I", pieces, 0)
    parts = []
    for n in range(count):
        chars = ends[n + 1] - ends[n]
        offset = struct.unpack_from("<I", pieces, 4 * (count + 1) + 8 * n + 2)[0]
        if offset & 0x40000000:
            start = (offset & 0x3FFFFFFF) // 2
            parts.append(main[start : start + chars].decode("cp1252", "replace"))
        else:
            parts.append(main[offset : offset + 2 * chars].decode("utf-16-le", "replace"))
    return "".join(parts)


def _write(builder: TextBuilder, text: str) -> None:
    """Paragraphs, and rows whose cells end with \\x07 and that end with one more."""
    rows: list[list[str]] = []
    for part in re.split(r"(?<=\x07\x07)|(?<=[\r\x0c])", text):
        cells = part.split("\x07")
        if len(cells) > 2 and part.endswith("\x07\x07"):
            rows.append([_plain(cell) for cell in cells[:-2]])
            continue
        if rows and part.strip("\r\x0c \x07"):
            builder.table(table_of(rows))
            rows = []
        builder.add(_plain(part))
    if rows:
        builder.table(table_of(rows))


def _plain(text: str) -> str:
    """Without the marks of fields, pictures and notes; field results stay."""
    for _ in range(5):
        text = _FIELD_CODE.sub("", text)
    text = re.sub("[\x01-\x06\x07\x08\x13\x14\x15]", "", text)
    return text.replace("\x0b", "\n").replace("\x1e", "-").replace("\x1f", "").replace("\r", "\n").strip()
