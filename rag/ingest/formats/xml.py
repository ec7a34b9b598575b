"""XML by defusedxml: JATS (papers of PubMed Central), MedQuAD (questions with answers), and others as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.settings import Ingest

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SKIPPED = frozenset(("ref-list", "xref-group", "object-id", "graphic", "tex-math", "alternatives", "permissions"))
_JATS_BLOCKS = frozenset(
    ("p", "list-item", "disp-quote", "def-item", "fn", "caption", "label", "disp-formula", "speech")
)
_MOST_DEPTH = 200


def parse_xml(data: bytes, settings: Ingest) -> Parsed:
    """Raises DocumentError for entity bombs and for XML that is not well formed."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data)
    except DefusedXmlException as error:
        raise DocumentError(
            f"refused: it declares entities or reaches outside itself ({type(error).__name__})",
            cure="remove the DOCTYPE declarations",
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise DocumentError(f"not well-formed XML: {error}", cure="correct it, or save it as text") from error
    _check_depth(root)
    if _name(root) == "Document" and root.find("QAPairs") is not None:
        return _medquad(root)
    article = root if _name(root) == "article" else next((e for e in root.iter() if _name(e) == "article"), None)
    if article is not None and any(_name(child) in ("front", "body") for child in article):
        return _jats(article)
    builder = TextBuilder()
    for element in root.iter():
        for part in (element.text, element.tail):
            if part and not part.isspace():
                builder.add(_one_line(part), tight=True)
    return Parsed(builder.text, "application/xml")


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _MOST_DEPTH:
            raise DocumentError(f"nested more than {_MOST_DEPTH} elements deep", cure="save it as text")
        level = [child for element in level for child in element]


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
    title = _text(_first(article, "article-title"))
    builder.heading(title, 1)
    for abstract in (e for e in article.iter() if _name(e) == "abstract"):
        if _first(abstract, "title") is None or _name(abstract[0]) != "title":
            builder.heading("Abstract", 2)
        _jats_blocks(abstract, builder, 2)
    for part in ("body", "back"):
        if (found := _first(article, part)) is not None:
            _jats_blocks(found, builder, 1)
    known = {name: _text(_first(article, tag)) for name, tag in (("journal", "journal-title"), ("year", "year"))}
    known |= {e.get("pub-id-type", "id"): _text(e) for e in article.iter() if _name(e) == "article-id"}
    return Parsed(
        builder.text,
        "application/jats+xml",
        title,
        headings=tuple(builder.headings),
        metadata={key: value for key, value in known.items() if value},
    )


def _jats_blocks(parent: Element, builder: TextBuilder, level: int) -> None:
    """Sections with their titles as headings, paragraphs, list items, captions, table rows."""
    label = ""
    for element in parent:
        name = _name(element)
        if name in _SKIPPED:
            continue
        if name == "label":
            label = _text(element)
        elif name == "title":
            builder.heading(f"{label} {_text(element)}".strip(), level)
        elif name == "tr":
            builder.add("\t".join(_text(cell) for cell in element), tight=True)
        elif name in ("p", "title", "disp-formula") and not any(
            _name(e) in ("list", "table-wrap", "fig") for e in element
        ):
            builder.add(_text(element))
        elif name == "p":
            builder.add(_one_line(element.text or ""))
            _jats_blocks(element, builder, level)
        else:
            _jats_blocks(element, builder, level + (name in ("sec", "app", "ack")))


def _first(element: Element, name: str) -> Element | None:
    return next((e for e in element.iter() if _name(e) == name), None)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Element | None) -> str:
    return _one_line("".join(_inner(element))) if element is not None else ""


def _inner(element: Element) -> Iterator[str]:
    if _name(element) not in _SKIPPED:
        yield element.text or ""
        for child in element:
            yield from _inner(child)
            yield child.tail or ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
