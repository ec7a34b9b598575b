"""EPUB: the chapters in the order of the book's spine."""

from __future__ import annotations

import posixpath
import zipfile
from urllib.parse import unquote

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.html import parse_html
from sparewheel.rag.ingest.formats.opc import parse_part
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.xml_text import name_of
from sparewheel.rag.ingest.formats.zipped import open_zip
from sparewheel.rag.settings import Ingest

_CURE = "open it in a reader of books and export it again"


def parse_epub(data: bytes, settings: Ingest) -> Parsed:
    """Each chapter with its headings; title and author as the package states them."""
    archive = open_zip(data, "an EPUB", _CURE)
    try:
        container = parse_part(archive.read("META-INF/container.xml"), "container.xml", _CURE)
        place = next(each.get("full-path", "") for each in container.iter() if name_of(each) == "rootfile")
        package = parse_part(archive.read(place), place, _CURE)
    except (KeyError, StopIteration, zipfile.BadZipFile) as error:
        raise DocumentError("not an EPUB: it has no package", cure=_CURE) from error
    if "META-INF/encryption.xml" in archive.namelist() and "META-INF/rights.xml" in archive.namelist():
        raise DocumentError("protected against copying", cure="export a copy without protection")
    items = {each.get("id", ""): each.get("href", "") for each in package.iter() if name_of(each) == "item"}
    builder = TextBuilder()
    notes: list[str] = []
    for reference in (each for each in package.iter() if name_of(each) == "itemref"):
        name = posixpath.normpath(
            posixpath.join(posixpath.dirname(place), unquote(items.get(reference.get("idref", ""), "")))
        )
        if name not in archive.namelist():
            notes.append(f"chapter {name} is missing")
            continue
        chapter = parse_html(archive.read(name), settings)
        builder.embed(chapter.text, chapter.headings)
        notes += chapter.notes
    stated = {name_of(each): (each.text or "").strip() for each in reversed([*package.iter()])}
    return Parsed(
        builder.text,
        "application/epub+zip",
        stated.get("title", ""),
        headings=tuple(builder.headings),
        metadata={"author": stated["creator"]} if stated.get("creator") else {},
        notes=tuple(notes),
    )
