"""XML by defusedxml, in reading order: papers (JATS), statutes (Akoma Ntoso, USLM), drug labels (SPL), clinical
documents (CDA), FHIR, MedQuAD, and others by what their elements hold."""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.decode import decode
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.records import is_data, records_of, write_fhir, write_records
from sparewheel.rag.ingest.formats.tables import Cell, Table
from sparewheel.rag.ingest.formats.xml_text import Writer, first, name_of, text_of
from sparewheel.rag.settings import Ingest

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST_DEPTH = 200
_DECLARED = re.compile(r"<\?xml([^>]{0,200}?)\s+encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_OF_XML = frozenset(("lt", "gt", "amp", "quot", "apos"))
_FHIR = "{http://hl7.org/fhir}"
_WORKBOOK = "{urn:schemas-microsoft-com:office:spreadsheet}"
_MOST_COLUMNS = 500  # empty cells that a row may skip at once


def parse_xml(data: bytes, settings: Ingest) -> Parsed:
    """Raises DocumentError for entity bombs and for XML that is not well formed."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException

    try:
        root = _tree(_text(data))
    except DefusedXmlException as error:
        raise DocumentError(
            f"refused: it declares entities or reaches outside itself ({type(error).__name__})",
            cure="remove the DOCTYPE declarations",
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise DocumentError(f"not well-formed XML: {error}", cure="correct it, or save it as text") from error
    _check_depth(root)
    if root.tag == f"{_WORKBOOK}Workbook":
        return _workbook(root)
    if name_of(root) == "Document" and root.find("QAPairs") is not None:
        return _medquad(root)
    if root.tag.startswith(_FHIR):
        builder = TextBuilder()
        write_fhir(builder, records_of(root), name_of(root))
        return Parsed(builder.text, "application/fhir+xml", headings=tuple(builder.headings))
    article = root if name_of(root) == "article" else first(root, "article")
    if article is not None and any(name_of(child) in ("front", "body") for child in article):
        return _jats(article)
    if is_data(root):
        builder = TextBuilder()
        write_records(builder, {name_of(root): records_of(root)})
        return Parsed(builder.text, "application/xml", headings=tuple(builder.headings))
    writer = Writer(TextBuilder())
    writer.write(root)
    return Parsed(
        writer.builder.text,
        "application/xml",
        text_of(first(root, "docTitle", "title")),
        headings=tuple(writer.builder.headings),
        notes=writer.notes,
    )


def _tree(text: str) -> Element:
    """Its elements. defusedxml refuses entities, at the price of a parser in Python; a text that declares none gives it
    nothing to refuse (the parser fetches no DTD) and is read by the parser in C. NUL would have it guess UTF-16."""
    raw = text.encode("utf-8", "replace")
    if "<!ENTITY" in text or "\0" in text:
        from defusedxml.ElementTree import fromstring

        root: Element = fromstring(raw)
        return root
    from xml.etree.ElementTree import XML, XMLParser

    return XML(raw, XMLParser(encoding="utf-8"))  # noqa: S314


def _text(data: bytes) -> str:
    """The characters: UTF-8 where the bytes are UTF-8, else as the declaration states, else as for plain text; with
    HTML's named characters resolved, which external DTDs define."""
    found = _DECLARED.match(data[:400].decode("latin-1").lstrip("ï»¿ \n\r\t"))
    stated = found[2].lower() if found else ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode({"gb2312": "gb18030", "gbk": "gb18030"}.get(stated, stated or "utf-8"))
        except (UnicodeDecodeError, LookupError):
            text = decode(data)[0]
    text = _DECLARED.sub(r"<?xml\1", text.lstrip("\ufeff \n\r\t"), count=1)
    if "&" not in text:
        return text
    return _NAMED.sub(lambda m: m[0] if m[1] in _OF_XML else html5.get(f"{m[1]};", m[0]), text)


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _MOST_DEPTH:
            raise DocumentError(f"nested more than {_MOST_DEPTH} elements deep", cure="save it as text")
        level = [child for element in level for child in element]


def _workbook(root: Element) -> Parsed:
    """A workbook as Excel 2003 and many exports write it: a sheet a heading, its cells a table."""
    builder = TextBuilder()
    for sheet in root.iterfind(f"{_WORKBOOK}Worksheet"):
        rows = [_workbook_row(row) for row in sheet.iterfind(f"{_WORKBOOK}Table/{_WORKBOOK}Row")]
        builder.heading(sheet.get(f"{_WORKBOOK}Name", ""), 1)
        builder.table(Table(tuple(row for row in rows if any(cell.text for cell in row))))
    return Parsed(builder.text, "application/vnd.ms-excel", headings=tuple(builder.headings))


def _workbook_row(row: Element) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for each in row.iterfind(f"{_WORKBOOK}Cell"):
        place, across = each.get(f"{_WORKBOOK}Index", ""), each.get(f"{_WORKBOOK}MergeAcross", "0")
        if place.isdigit():
            cells += [Cell()] * min(int(place) - 1 - len(cells), _MOST_COLUMNS)
        cells.append(Cell(text_of(each.find(f"{_WORKBOOK}Data")), 1, 1 + int(across) if across.isdigit() else 1))
    return tuple(cells)


def _medquad(root: Element) -> Parsed:
    """Each question is a heading and its answer the text below it."""
    focus = _one_line(root.findtext("Focus") or "")
    builder = TextBuilder()
    for pair in root.iter("QAPair"):
        answer = (pair.findtext("Answer") or "").strip()
        question = re.sub(r"[\s?]+\?", "?", _one_line(pair.findtext("Question") or ""))
        if answer:
            builder.heading(question, 1)
            builder.add(_answer(answer))
    known = {"source": root.get("source"), "url": root.get("url"), "focus": focus, "medquad_id": root.get("id")}
    return Parsed(
        builder.text,
        "application/xml",
        focus,
        headings=tuple(builder.headings),
        metadata={key: value for key, value in known.items() if value},
    )


def _answer(text: str) -> str:
    """The answer with its paragraphs apart and each item of a list on a line of its own."""
    text = re.sub(r"[ \t]*\n\s*\n\s*", "\n\n", text)
    text = re.sub(r"[ \t]{2,}-[ \t]+|[ \t]*\n[ \t]*-[ \t]+", "\n- ", text)
    return re.sub(r"[ \t]*\n[ \t]*(?=\S)", "\n", re.sub(r"[ \t]{2,}", "  ", text))


def _jats(article: Element) -> Parsed:
    builder = TextBuilder()
    named: dict[str, list[Element]] = {}  # in one walk, because articles are long
    for each in article.iter():
        named.setdefault(name_of(each), []).append(each)

    def text_of_first(name: str) -> str:
        return text_of(named[name][0]) if name in named else ""

    title = text_of_first("article-title")
    builder.heading(title, 1)
    writer = Writer(builder, level=2)
    for abstract in named.get("abstract", ()):
        if first(abstract, "title") is None or name_of(abstract[0]) != "title":
            builder.heading("Abstract", 2)
        writer.level = 3
        writer.write(abstract)
        writer.level = 2
    for part in ("body", "back"):
        for found in named.get(part, ())[:1]:
            writer.write(found)
    known = {name: text_of_first(tag) for name, tag in (("journal", "journal-title"), ("year", "year"))}
    known |= {e.get("pub-id-type", "id"): text_of(e) for e in named.get("article-id", ())}
    return Parsed(
        builder.text,
        "application/jats+xml",
        title,
        headings=tuple(builder.headings),
        metadata={key: value for key, value in known.items() if value},
        notes=writer.notes,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
