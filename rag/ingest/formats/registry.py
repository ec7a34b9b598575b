"""Which module reads which kind of file. A parser takes the bytes and the settings and returns `Parsed`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed
from sparewheel.rag.settings import Ingest

Parser = Callable[[bytes, Ingest], Parsed]

# module and function -> the suffixes it reads
_READ_BY = {
    "pdf:parse_pdf": ".pdf",
    "docx:parse_docx": ".docx .docm .dotx .dotm",
    "doc:parse_doc": ".doc .dot",
    "rtf:parse_rtf": ".rtf",
    "odf:parse_odf": ".odt .ott .ods .odp .fodt",
    "xlsx:parse_xlsx": ".xlsx .xlsm .xltx .xltm",
    "csv_text:parse_csv": ".csv .tsv",
    "pptx:parse_pptx": ".pptx .pptm .ppsx .potx",
    "html:parse_html": ".html .htm .xhtml",
    "plain:parse_markdown": ".md .markdown",
    "plain:parse_text": ".txt .text .log",
    "xml:parse_xml": ".xml .nxml .akn .fhir",
    "records:parse_json": ".json .jsonl",
    "epub:parse_epub": ".epub",
    "mail:parse_eml": ".eml .mht .mhtml",
    "mail:parse_msg": ".msg",
    "archive:parse_zip": ".zip",
    "picture:parse_picture": ".png .jpg .jpeg .tif .tiff .bmp .webp",
}
_PARSERS = {suffix: parser for parser, suffixes in _READ_BY.items() for suffix in suffixes.split()}
SUFFIXES = frozenset(_PARSERS)
PICTURES = frozenset(suffix for suffix, parser in _PARSERS.items() if parser.startswith("picture:"))

# Kinds that people have and that cannot be read here -> what to do
_CURES = {
    **dict.fromkeys((".wps", ".wpd", ".wri", ".pages", ".hwp"), "save it as .docx in its own program"),
    **dict.fromkeys((".xls", ".et", ".numbers", ".xlsb"), "save it as .xlsx in its own program"),
    **dict.fromkeys((".ppt", ".dps", ".key"), "save it as .pptx in its own program"),
    **dict.fromkeys((".mobi", ".azw3", ".djvu", ".xps", ".ofd", ".caj"), "save it as .pdf or .epub"),
    **dict.fromkeys((".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2"), "unpack it, or pack it as .zip"),
    **dict.fromkeys((".pst", ".ost", ".mbox"), "export its messages as .eml"),
    **dict.fromkeys((".heic", ".gif", ".svg"), "save it as .png or .jpg"),
    **dict.fromkeys((".mp3", ".wav", ".m4a", ".mp4", ".mov"), "have it transcribed as text"),
}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def cure_of(suffix: str) -> str:
    """What to do with a file of a kind that is not read."""
    return _CURES.get(suffix, "convert it to PDF, .docx or text if it is a document")


def parser_of(name: str, data: bytes = b"") -> Parser:
    """The parser of the kind that the first bytes show, or else of the file name's suffix. Raises DocumentError, with
    the cure, for a kind that is not read."""
    suffix = PurePath(name).suffix.lower()
    shown = kind_of(data)
    if shown and shown not in _alike(suffix):
        suffix = shown
    if not suffix and data:
        suffix = ".txt"
    if suffix not in _PARSERS:
        reason = f"no parser for files named *{suffix}" if suffix else "no parser for a file without suffix"
        raise DocumentError(reason, cure=cure_of(suffix) if suffix else "give it the suffix of its kind")
    module, function = _PARSERS[suffix].split(":")
    parser: Parser = getattr(import_module(f"sparewheel.rag.ingest.formats.{module}"), function)
    return parser


def kind_of(data: bytes) -> str:
    """The suffix of the kind that the bytes begin as, "" where they show none."""
    head = data[:4096]
    if head.startswith(b"%PDF-"):
        return ".pdf"
    if head.startswith(b"{\\rtf"):
        return ".rtf"
    if head.startswith(_OLE):
        return ".doc" if "WordDocument".encode("utf-16-le") in data else ".msg" if _is_mail(data) else ".ole"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")):
        return ".png"
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:300].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return ".html"
    return ".xml" if start.startswith(b"<?xml") else ""


def _is_mail(data: bytes) -> bool:
    return "__properties_version1.0".encode("utf-16-le") in data


def _zip_kind(data: bytes) -> str:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(data)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ".zip"
    for mark, suffix in (
        ("word/document.xml", ".docx"),
        ("xl/workbook.xml", ".xlsx"),
        ("ppt/presentation.xml", ".pptx"),
    ):
        if mark in names:
            return suffix
    if "META-INF/container.xml" in names:
        return ".epub"
    return ".odt" if {"content.xml", "META-INF/manifest.xml"} <= names else ".zip"


def _alike(suffix: str) -> tuple[str, ...]:
    """The kinds that the first bytes may show of a file with this suffix."""
    parser = _PARSERS.get(suffix, "")
    same = tuple(each for each, other in _PARSERS.items() if other == parser)
    if suffix in (".docx", ".docm", ".xlsx", ".pptx", ".odt", ".epub") or parser.startswith(("docx", "xlsx", "pptx")):
        return (*same, ".zip", ".ole")
    if suffix in (".md", ".txt", ".eml", ".text", ".log"):
        return (*same, ".html", ".xml")  # what people keep as text stays text
    if suffix in (".html", ".htm", ".xhtml", ".xml", ".nxml", ".akn", ".fhir", ".fodt"):
        return (*same, ".html", ".xml")
    return (*same, ".ole") if suffix in (".docx", ".doc") else same
