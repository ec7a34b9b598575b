"""Marked-up text in reading order: what is a paragraph, a heading, an item, a table, a note, by the names that JATS,
Akoma Ntoso, USLM, SPL, CDA, DocBook and TEI give their elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.formulas import formula
from sparewheel.rag.ingest.formats.parsed import TextBuilder
from sparewheel.rag.ingest.formats.symbols import subscript, superscript
from sparewheel.rag.ingest.formats.tables import Cell, Table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def _names(*lines: str) -> frozenset[str]:
    return frozenset(name for line in lines for name in line.split())


_SKIPPED = _names(
    "ref-list xref-group object-id graphic tex-math permissions meta script style processing-meta notes-meta",
    "entry templateId typeId realmCode confidentialityCode setId versionNumber renderMultiMedia observationMedia",
    "identification lifecycle references",
)
_STRUCK = _names("del strike deletedText delete")
_HEADINGS = _names("title heading head docTitle subheading article-title longTitle")
_LABELS = _names("num label enum no number")
_NOTES = _names("fn footnote authorialNote note-ref")
_PIECES = _names("name addr address person-name publicationDate")  # given and family name belong on one line
_ITEMS = _names("list-item item li listitem point indent")
PARAGRAPHS = _names(
    "p para paragraph simpara td th li list-item item content text chapeau continuation intro wrapUp block title",
    "heading caption quote disp-quote verse-line def term speech",
)
_BLOCKS = (
    PARAGRAPHS
    | _ITEMS
    | _names(
        "list ul ol table table-wrap informaltable section sec subsection subparagraph clause subclause article",
        "chapter part div blockList disp-formula fig quotedContent quotedStructure",
    )
)
_NOT_BLOCKS_INLINE = frozenset(("term", "def", "quote", "text", "content", "title", "caption"))  # inline where text is
_APART = _BLOCKS - _NOT_BLOCKS_INLINE  # blocks even within text
_LEFT_OUT = _SKIPPED | _STRUCK | {""}
_HL7 = "{urn:hl7-org:v3}"
_SAID_OTHERWISE = _LEFT_OUT | {"math", "alternatives"}  # their text is not what they say
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_]+")


def name_of(element: Element) -> str:
    """The name without its namespace; "" for comments and processing instructions."""
    tag = element.tag
    if tag.__class__ is not str:
        return ""
    return tag.rpartition("}")[2] if tag[:1] == "{" else tag


def first(element: Element, *names: str) -> Element | None:
    """The first element of one of the names, the names in their order."""
    for name in names:
        if (found := next((e for e in element.iter() if name_of(e) == name), None)) is not None:
            return found
    return None


def text_of(element: Element | None) -> str:
    """All its text on one line, raised digits as such, without what is struck."""
    if element is None:
        return ""
    if len(element) == 0 and name_of(element) not in _SAID_OTHERWISE:
        return " ".join(element.text.split()) if element.text else ""
    return " ".join("".join(_inner(element, [])).split())


def plain_name(name: str) -> str:
    """ "dosageInstruction" as "dosage instruction"."""
    return _CAMEL.sub(" ", name).lower().strip()


def _inner(element: Element, notes: list[Element], before: str = "") -> Iterator[str]:
    """The text below the element; the notes in it are set aside."""
    name = name_of(element)
    if name in _LEFT_OUT:
        return
    if name == "math":
        yield f" {formula(element)} "
        return
    if name == "alternatives":  # the same formula or picture in several forms
        chosen = next((child for child in element if name_of(child) == "math"), None)
        chosen = chosen if chosen is not None else next(iter(element), None)
        if chosen is not None:
            yield from _inner(chosen, notes, before)
        return
    if name == "br":
        yield " "
    parts = element.text or ""
    yield parts
    for child in element:
        kind = name_of(child)
        if kind in _NOTES:
            notes.append(child)
            mark = child.get("marker") or child.get("symbol") or text_of(next(iter(_children(child, _LABELS)), None))
            piece = superscript(mark, parts, linked=True) if mark else ""
        elif kind in ("sup", "superscript"):
            linked = any(name_of(e) in ("xref", "a", "ref", "link") for e in child.iter())
            piece = superscript("".join(_inner(child, notes)), parts[-12:], linked=linked)
        elif kind in ("sub", "subscript"):
            piece = subscript("".join(_inner(child, notes)))
        else:
            piece = "".join(_inner(child, notes, parts[-12:]))
            if kind in _BLOCKS and kind not in _NOT_BLOCKS_INLINE:
                piece = f" {piece} "
        yield piece
        yield child.tail or ""
        parts += piece + (child.tail or "")


def _children(element: Element, names: frozenset[str]) -> Iterator[Element]:
    return (child for child in element if name_of(child) in names)


_DAY = re.compile(r"^((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?=$|[0-2]\d[0-5]\d)")  # as HL7 writes a time
_ROLES = {
    **{"recordTarget": "Patient", "subject": "Patient", "author": "Author", "legalAuthenticator": "Signed by"},
    **{"authenticator": "Signed by", "custodian": "Kept by", "informant": "Told by", "performer": "Performed by"},
    **{"dataEnterer": "Entered by", "informationRecipient": "Sent to"},
}  # element of a clinical document -> what its person is


class Writer:
    """Writes elements as blocks. level: of the next heading."""

    def __init__(self, builder: TextBuilder, level: int = 1) -> None:
        self.builder = builder
        self.level = level
        self._label = ""  # number that stands before the next paragraph or heading
        self._role = ""  # of the person whose name comes next
        self._struck = 0

    @property
    def notes(self) -> tuple[str, ...]:
        if not self._struck:
            return ()
        return (f"{self._struck} struck-out passage{'s' if self._struck > 1 else ''} left out",)

    def write(self, element: Element) -> None:
        """The element's blocks in reading order."""
        name = name_of(element)
        if not name or name in _SKIPPED:
            return
        if name in _STRUCK:
            self._struck += 1
        elif name in ("table", "informaltable", "table-wrap"):
            self._table(element)
        elif name in _LABELS and not any(True for _ in _children(element, _BLOCKS)):
            self._label = f"{self._label} {text_of(element)}".strip()
        elif name in _HEADINGS and not _has_block(element):
            self.builder.heading(self._labelled(text_of(element)), self.level)
        elif name == "alternatives":
            self._paragraph(element)
        elif _is_text(element):
            self._mixed(element) if _has_block(element) else self._paragraph(element)
        else:
            self._container(element)

    def _container(self, element: Element) -> None:
        """An element that only holds others; what stands under its heading is a level deeper."""
        if element.tag.startswith(_HL7) and len(element) == 0:
            self._value(element)
            return
        if name_of(element) in _PIECES and all(len(child) == 0 for child in element):
            said = " ".join(filter(None, (text_of(child) for child in element)))
            role = f"{self._role}: " if self._role and said else ""
            self._role = ""
            self.builder.add(self._labelled(f"{role}{said}"), tight=True)
            return
        self._role = _ROLES.get(name_of(element), self._role) if element.tag.startswith(_HL7) else ""
        level = self.level
        number = 1
        for child in element:
            kind = name_of(child)
            if kind in _ITEMS and _is_ordered(element) and not any(True for _ in _children(child, _LABELS)):
                self._label = f"{number}."
                number += 1
            self.write(child)
            if kind in _HEADINGS:
                self.level = min(level + 1, 9)
        if self._label:
            self._flush_label()
        self.level = level

    def _value(self, element: Element) -> None:
        """A fact of a clinical document or a drug label that stands in attributes."""
        shown = element.get("displayName") or " ".join(filter(None, (element.get("value"), element.get("unit"))))
        shown = _DAY.sub(r"\1-\2-\3", shown)
        if shown and not shown.startswith(("http", "urn:")) and element.get("value", "") != "0":
            self.builder.add(f"{plain_name(name_of(element))}: {shown}", tight=True)

    def _mixed(self, element: Element) -> None:
        """Text with blocks in it: the text around them as paragraphs of its own."""
        run = [element.text or ""]
        notes: list[Element] = []
        for child in element:
            if name_of(child) in _APART or _has_block(child):
                self._say("".join(run), notes)
                run, notes = [], []
                self.write(child)
            else:
                self._struck += name_of(child) in _STRUCK
                run += _inner(_alone(child), notes, run[-1] if run else "")
            run.append(child.tail or "")
        self._say("".join(run), notes)

    def _paragraph(self, element: Element) -> None:
        notes: list[Element] = []
        self._struck += sum(name_of(each) in _STRUCK for each in element.iter())
        tight = name_of(element) in _ITEMS or not _is_paragraph(element)
        self._say("".join(_inner(element, notes)), notes, tight=tight)

    def _say(self, text: str, notes: list[Element], *, tight: bool = False) -> None:
        text = " ".join(text.split())
        if text:
            self.builder.add(self._labelled(text), tight=tight)
        for note in notes:
            labels = [text_of(each) for each in _children(note, _LABELS)]
            mark = note.get("marker") or note.get("symbol") or (labels[0] if labels else "")
            said = " ".join(text_of(each) for each in note if name_of(each) not in _LABELS) or text_of(note)
            self.builder.add(f"{superscript(mark, '', linked=True)} {said}".strip() if mark else said)

    def _labelled(self, text: str) -> str:
        label, self._label = self._label, ""
        return f"{label} {text}".strip()

    def _flush_label(self) -> None:
        label, self._label = self._label, ""
        self.builder.add(label, tight=True)

    def _table(self, element: Element) -> None:
        """The table with its label and caption; what stands below it as paragraphs."""
        caption = []
        if name_of(element) == "table-wrap":
            caption = [text_of(each) for each in element if name_of(each) in ("label", "caption")]
        else:
            caption = [text_of(each) for each in element if name_of(each) in ("caption", "title")]
        inner = element if any(name_of(e) in ("tr", "row") for e in _near(element)) else None
        found = inner if inner is not None else first(element, "table")
        if found is not None:
            self.builder.table(table_of(found, " ".join(filter(None, [self._labelled(""), *caption]))))
        for foot in _children(element, frozenset(("table-wrap-foot", "tfoot-note"))):
            self._container(foot)


def _near(element: Element) -> Iterator[Element]:
    """Its children and those of the groups of rows."""
    for child in element:
        yield child
        if name_of(child) in ("thead", "tbody", "tfoot", "tgroup"):
            yield from _near(child)


def table_of(element: Element, caption: str = "") -> Table:
    """A table of HTML's model (tr, td, th) or of CALS (row, entry)."""
    rows: list[tuple[Cell, ...]] = []
    header_rows = 0
    stated = (each for each in _near(element) if name_of(each) == "colspec")
    columns = {each.get("colname", ""): number for number, each in enumerate(stated)}
    for group, row in _rows(element, ""):
        rows.append(tuple(_cell(cell, columns) for cell in row if name_of(cell) in ("td", "th", "entry")))
        header_rows += group == "thead" and header_rows == len(rows) - 1
    return Table(tuple(rows), caption, header_rows or -1)


def _rows(element: Element, group: str) -> Iterator[tuple[str, Element]]:
    for child in element:
        name = name_of(child)
        if name in ("tr", "row"):
            yield group, child
        elif name in ("thead", "tbody", "tfoot", "tgroup"):
            yield from _rows(child, name if name == "thead" else group)


def _cell(cell: Element, columns: dict[str, int]) -> Cell:
    wide = tall = 1
    if cell.attrib:
        start, end = columns.get(cell.get("namest", "")), columns.get(cell.get("nameend", ""))
        wide = end - start + 1 if start is not None and end is not None else _whole(cell.get("colspan"), 1)
        tall = _whole(cell.get("morerows"), 0) + 1 if cell.get("morerows") else _whole(cell.get("rowspan"), 1)
    if len(cell) == 0:
        return Cell(text_of(cell), tall, max(wide, 1), name_of(cell) == "th")
    nested = tuple(table_of(each) for each in cell.iter() if name_of(each) == "table")
    text = "\n".join(text_of(child) for child in cell) if len(cell) and not _is_mixed(cell) else text_of(cell)
    return Cell(text if not nested else cell.text or "", tall, max(wide, 1), name_of(cell) == "th", nested)


def _whole(stated: str | None, default: int) -> int:
    return int(stated) if stated and stated.isdigit() and len(stated) < 7 else default


def _is_ordered(element: Element) -> bool:
    kind = element.get("list-type") or element.get("listType") or element.get("type") or ""
    return name_of(element) == "ol" or kind in ("order", "ordered", "arabic", "number")


def _is_mixed(element: Element) -> bool:
    if element.text and not element.text.isspace():
        return True
    return any(child.tail and not child.tail.isspace() for child in element)


def _is_paragraph(element: Element) -> bool:
    return name_of(element) in PARAGRAPHS


def _is_text(element: Element) -> bool:
    """Whether the element holds text rather than only other elements."""
    return _is_mixed(element) or (_is_paragraph(element) and len(element) > 0 and not _has_block(element))


def _has_block(element: Element) -> bool:
    """Whether a block stands among its children, or deeper in those that are inline."""
    if len(element) == 0:
        return False
    names = _APART if _is_mixed(element) else _BLOCKS
    for child in element:
        name = name_of(child)
        if name not in _NOTES and (name in names or _has_block(child)):
            return True
    return False


def _alone(element: Element) -> Element:
    """The element as the only child of a span, so that what it is called counts and its tail does not."""
    from xml.etree.ElementTree import Element as Made

    span = Made("span")
    copy = Made(element.tag, element.attrib)
    copy.text = element.text
    copy.extend(list(element))
    span.append(copy)
    return span
