"""One file to one `Document`, in this process. `ingest.sandbox` runs it inside limits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, clean
from sparewheel.rag.settings import Ingest
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Document

# suffix -> module and function of rag.ingest.formats that reads it
_PARSERS = {
    ".pdf": "pdf:parse_pdf",
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), "docx:parse_docx"),
    ".html": "html:parse_html",
    ".htm": "html:parse_html",
    ".xhtml": "html:parse_html",
    ".md": "plain:parse_markdown",
    ".markdown": "plain:parse_markdown",
    ".txt": "plain:parse_text",
    ".text": "plain:parse_text",
    ".xml": "xml:parse_xml",
    ".nxml": "xml:parse_xml",
    ".json": "records:parse_json",
    ".jsonl": "records:parse_json",
    ".log": "plain:parse_text",
}
SUFFIXES = frozenset(_PARSERS)

_NO_TITLE = re.compile(
    r"(?i)(untitled|unknown|none|title|document\d*|doc\d*|slide \d+|无标题|未命名.*|新建.*|文档\d*|microsoft word.*"
    r"|.*\.(docx?|pdf|txt|html?|rtf|xlsx?|pptx?|wpd|indd|tmp)|[\W\d_]*)"
)


def load(path: Path, id: str, settings: Ingest) -> Document:
    """The document in the file.

    Raises DocumentError, with the cure, when the file is none of `SUFFIXES`, too large, empty, damaged, protected,
    or holds no text.
    """
    path = Path(path)
    try:
        data = _read(path, settings)
        parsed = parser_of(path)(data, settings)
        if not parsed.text or parsed.text.isspace():
            raise DocumentError("no text in it", cure="check that it opens in its usual program")
    except DocumentError as error:
        raise DocumentError(f"{path.name}: {reason_of(error)}", cure=error.cure) from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged file makes a parser raise anything
        raise DocumentError(
            f"{path.name}: could not be read ({type(error).__name__}: {error})",
            cure="open it in its usual program and save it again",
        ) from error
    language = language_of(parsed.text)
    metadata = {"file": path.name, "format": path.suffix.lower().lstrip("."), "language": language, **parsed.metadata}
    if parsed.pages:
        metadata["pages"] = str(len(parsed.pages))
    if parsed.notes:
        metadata["notes"] = "; ".join(parsed.notes)
    return Document(
        id=id,
        text=parsed.text,
        title=_title(parsed, path),
        source=str(path.absolute()),
        media_type=parsed.media_type,
        language=language,
        sha256=hashlib.sha256(data).hexdigest(),
        pages=parsed.pages,
        layout=parsed.layout,
        metadata=metadata,
        headings=parsed.headings,
    )


def reason_of(error: DocumentError) -> str:
    """The message of the error without its cure."""
    return str(error).removesuffix(f"; {error.cure}")


def parser_of(path: Path) -> Callable[[bytes, Ingest], Parsed]:
    """The parser of the file's suffix. Raises DocumentError for a suffix that is not in `SUFFIXES`."""
    suffix = path.suffix.lower()
    if suffix not in _PARSERS:
        known = ", ".join(sorted(SUFFIXES))
        raise DocumentError(
            f"no parser for files named *{suffix}" if suffix else "no parser for a file without suffix",
            cure=f"convert it to one of {known}",
        )
    module, function = _PARSERS[suffix].split(":")
    parser: Callable[[bytes, Ingest], Parsed] = getattr(
        import_module(f"sparewheel.rag.ingest.formats.{module}"), function
    )
    return parser


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
    if parsed.headings and not parsed.pages:  # the largest print of a page may be an address
        start, end, _ = parsed.headings[0]
        return " ".join(parsed.text[start:end].split())[:200]
    return " ".join(re.sub(r"[_\s]+|%20", " ", clean(path.stem)).split()) or path.name
