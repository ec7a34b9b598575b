"""OpenDocument texts, spreadsheets and presentations (ISO/IEC 26300), read from their content.xml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.formulas import local
from sparewheel.rag.ingest.formats.number_words import chinese, letters, roman
from sparewheel.rag.ingest.formats.opc import parse_part
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.symbols import in_font, subscript, superscript
from sparewheel.rag.ingest.formats.tables import Cell, Table
from sparewheel.rag.ingest.formats.zipped import open_zip
from sparewheel.rag.settings import Ingest

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DAMAGED = "open it in an office program and save it again as .odt"
_MOST_REPEATED = 200  # rows or cells that a spreadsheet repeats to fill its sheet
_OUTLINE = ""  # the style by which headings are numbered
_SKIPPED = ("tracked-changes", "sequence-decls", "forms", "script", "bookmark-ref-text", "page-number", "page-count")

_NUMBERS: dict[str, Callable[[int], str]] = {
    "a": letters,
    "A": lambda number: letters(number).upper(),
    "i": roman,
    "I": lambda number: roman(number).upper(),
    "一": chinese,
}


@dataclass(frozen=True)
class _Look:
    struck: bool = False
    hidden: bool = False
    raised: str = ""
    font: str = ""


def parse_odf(data: bytes, settings: Ingest) -> Parsed:
    """Text in order with its lists, tables and notes; struck-out and hidden text, deleted changes and hidden sheets
    are left out and counted."""
    styles: list[Element] = []
    meta: dict[str, str] = {}
    if data[:2] == b"PK":
        archive = open_zip(data, "an OpenDocument file", _DAMAGED)
        names = archive.namelist()
        if "content.xml" not in names:
            raise DocumentError("not an OpenDocument file: it has no content", cure=_DAMAGED)
        if b"encryption-data" in (archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""):
            raise DocumentError("protected by a password", cure="save it without a password")
        root = parse_part(archive.read("content.xml"), "content.xml", _DAMAGED)
        if "styles.xml" in names:
            styles.append(parse_part(archive.read("styles.xml"), "styles.xml", _DAMAGED))
        if "meta.xml" in names:
            meta = {local(e): (e.text or "").strip() for e in parse_part(archive.read("meta.xml"), "", _DAMAGED).iter()}
    else:
        root = parse_part(data, "document", _DAMAGED)
    reader = _Reader([*styles, root])
    body = next((each for each in root.iter() if local(each) == "body"), None)
    if body is None:
        raise DocumentError("not an OpenDocument file: it has no body", cure=_DAMAGED)
    reader.blocks(body)
    known = {"author": meta.get("initial-creator") or meta.get("creator", ""), "created": meta.get("creation-date", "")}
    return Parsed(
        reader.builder.text,
        "application/vnd.oasis.opendocument.text",
        meta.get("title", ""),
        headings=tuple(reader.builder.headings),
        metadata={key: value for key, value in known.items() if value},
        notes=reader.said(),
    )


def _get(element: Element, name: str, default: str = "") -> str:
    """An attribute by its name without the namespace."""
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), default)


class _Reader:
    def __init__(self, roots: list[Element]) -> None:
        self.builder = TextBuilder()
        self.left: Counter[str] = Counter()
        self._looks: dict[str, _Look] = {}
        self._lists: dict[str, dict[int, Element]] = {}  # style -> level -> its shape; the headings' own is _OUTLINE
        self._numbers: dict[tuple[str, int], int] = {}  # style and level -> the number counted last
        self._hidden: set[str] = set()
        for each in (element for root in roots for element in root.iter()):
            name = local(each)
            if name == "style":
                self._looks[_get(each, "name")] = self._look(each)
                if any(local(e) == "table-properties" and _get(e, "display") == "false" for e in each):
                    self._hidden.add(_get(each, "name"))
            elif name in ("list-style", "outline-style"):
                levels = {int(_get(e, "level") or 1): e for e in each if "level-style" in local(e)}
                self._lists[_get(each, "name") if name == "list-style" else _OUTLINE] = levels

    def said(self) -> tuple[str, ...]:
        changes = self.left.pop("tracked change", 0)
        notes = [f"{changes} tracked change{'s' if changes > 1 else ''}: read as accepted"] if changes else []
        return (*notes, *(f"{n} {kind}{'s' if n > 1 else ''} left out" for kind, n in self.left.items() if n))

    def _look(self, style: Element) -> _Look:
        base = self._looks.get(_get(style, "parent-style-name"), _Look())
        struck, hidden, raised, font = base.struck, base.hidden, base.raised, base.font
        for each in (e for e in style if local(e) == "text-properties"):
            line = _get(each, "text-line-through-style") or _get(each, "text-line-through-type")
            struck = line != "none" if line else struck
            hidden = _get(each, "display") == "none" or hidden
            font = _get(each, "font-name") or _get(each, "font-family").strip("'") or font
            place = _get(each, "text-position").split(" ")[0]
            if place:
                lowered = place == "sub" or place.startswith("-")
                raised = "" if place.startswith("0") else "subscript" if lowered else "superscript"
        return _Look(struck, hidden, raised, font)

    def blocks(self, container: Element) -> None:
        """Writes what a body, section, frame or sheet holds."""
        for element in container:
            name = local(element)
            if name == "tracked-changes":
                self.left["tracked change"] += len(element)
            elif name in _SKIPPED or (name == "section" and _get(element, "display") == "none"):
                continue
            elif name == "h":
                text, notes = self._line(element)
                level = int(_get(element, "outline-level", "1") or 1)
                self.builder.heading(f"{self._counted(level)} {text}" if text else "", level)
                self._write_notes(notes)
            elif name == "p":
                text, notes = self._line(element)
                self.builder.add(text)
                self._write_notes(notes)
            elif name == "list":
                self._list(element, "", 1)
            elif name == "table":
                self._table(element, container)
            elif name == "page":
                self.builder.heading(_get(element, "name") or "Slide", 1)
                self.blocks(element)
            elif name == "notes":
                said = " ".join(self._line(e)[0] for e in element.iter() if local(e) == "p")
                self.builder.add(f"Notes: {said}" if said.strip() else "")
            else:
                self.blocks(element)

    def _table(self, element: Element, container: Element) -> None:
        if _get(element, "style-name") in self._hidden:
            self.left["hidden sheet"] += 1
            return
        if local(container) == "spreadsheet":
            self.builder.heading(_get(element, "name"), 1)
        self.builder.table(self._grid(element))

    def _list(self, element: Element, style: str, level: int) -> None:
        style = _get(element, "style-name") or style
        shape = self._lists.get(style, {}).get(level)
        number = int(_get(shape, "start-value", "1") or 1) if shape is not None else 1
        if _get(element, "continue-numbering") == "true" or _get(element, "continue-list"):
            number = self._numbers.get((style, level), number - 1) + 1
        for item in element:
            stated = _get(item, "start-value")
            number = int(stated) if stated.isdigit() else number
            self._numbers[style, level] = number
            label = self._label(style, level) if local(item) == "list-item" else ""
            for child in item:
                if local(child) == "list":
                    self._list(child, style, level + 1)
                elif local(child) in ("p", "h"):
                    text, notes = self._line(child)
                    if text:
                        full = f"{label} {text}".strip()
                        if local(child) == "h":
                            self.builder.heading(full, int(_get(child, "outline-level", "1") or 1))
                        else:
                            self.builder.add(full, tight=label == "-")
                        self._write_notes(notes)
                        label = ""
            number += local(item) == "list-item"

    def _label(self, style: str, level: int) -> str:
        """What the page shows before an item, with the numbers of the levels above it where its style says so."""
        shapes = self._lists.get(style, {})
        shape = shapes.get(level)
        if shape is None or local(shape) not in ("list-level-style-number", "outline-level-style"):
            return "-"
        shown = int(_get(shape, "display-levels", "1") or 1) if _get(shape, "num-format") else 1
        above = range(max(level - shown + 1, 1), level)
        numbers = [_number(shapes.get(each), self._numbers.get((style, each), 1)) for each in (*above, level)]
        return f"{_get(shape, 'num-prefix')}{'.'.join(filter(None, numbers))}{_get(shape, 'num-suffix')}".strip()

    def _counted(self, level: int) -> str:
        """The number of a heading where headings are numbered; it is counted."""
        shape = self._lists.get(_OUTLINE, {}).get(level)
        if shape is None or not _get(shape, "num-format"):
            return ""
        start = int(_get(shape, "start-value", "1") or 1)
        self._numbers[_OUTLINE, level] = self._numbers.get((_OUTLINE, level), start - 1) + 1
        for deeper in range(level + 1, 11):
            self._numbers.pop((_OUTLINE, deeper), None)
        return self._label(_OUTLINE, level)

    def _line(self, element: Element) -> tuple[str, list[tuple[str, Element]]]:
        notes: list[tuple[str, Element]] = []
        look = self._looks.get(_get(element, "style-name"), _Look())
        text = ""
        for piece, each in self._pieces(element, look, notes):
            if each.raised == "superscript":
                text += superscript(piece, text[-12:])
            else:
                text += subscript(piece) if each.raised == "subscript" else in_font(piece, each.font)
        return text.strip(), notes

    def _pieces(self, element: Element, look: _Look, notes: list[tuple[str, Element]]) -> Iterator[tuple[str, _Look]]:
        if look.struck or look.hidden:
            if "".join(element.itertext()).strip():
                self.left["struck-out passage" if look.struck else "hidden passage"] += 1
            return
        yield element.text or "", look
        for child in element:
            name = local(child)
            if name in ("span", "a", "meta", "ruby-base", "ruby"):
                yield from self._pieces(child, self._looks.get(_get(child, "style-name"), look), notes)
            elif name == "s":
                yield " " * min(int(_get(child, "c", "1") or 1), 100), look
            elif name in ("tab", "line-break"):
                yield ("\t" if name == "tab" else "\n"), look
            elif name == "note":
                mark = next((e.text or "" for e in child if local(e) == "note-citation"), "")
                notes.append((mark, child))
                yield superscript(mark, "", linked=True), _Look()
            elif name == "annotation":
                notes.append(("", child))
            elif name in ("frame", "custom-shape", "text-box"):
                inner = " ".join(self._line(e)[0] for e in child.iter() if local(e) == "p")
                yield f" {inner} " if inner.strip() else "", look
            elif name == "hidden-text" or name in _SKIPPED:
                self.left["hidden passage"] += name == "hidden-text"
            elif not name.startswith(("bookmark", "reference-mark", "change", "annotation-end")):
                yield "".join(child.itertext()), look
            yield child.tail or "", look

    def _write_notes(self, notes: list[tuple[str, Element]]) -> None:
        for mark, note in notes:
            said = " ".join(self._line(e)[0] for e in note.iter() if local(e) == "p").strip()
            if not said:
                continue
            if mark:
                self.builder.add(f"{superscript(mark, '', linked=True)} {said}")
            else:
                author = next((e.text or "" for e in note if local(e) == "creator"), "")
                self.builder.add(f"Comment{f' ({author})' if author else ''}: {said}")

    def _grid(self, element: Element) -> Table:
        rows: list[tuple[Cell, ...]] = []
        header_rows = 0
        for row, is_header in _rows(element, False):
            if _get(row, "visibility") in ("collapse", "filter"):
                self.left["hidden row"] += 1
                continue
            cells: list[Cell] = []
            for cell in row:
                count = min(int(_get(cell, "number-columns-repeated", "1") or 1), _MOST_REPEATED)
                if local(cell) == "covered-table-cell":
                    continue
                if local(cell) == "table-cell":
                    lines = [self._line(e)[0] for e in _paragraphs(cell)]
                    inner = tuple(self._grid(e) for e in cell if local(e) == "table")
                    tall, wide = (int(_get(cell, f"number-{kind}-spanned", "1") or 1) for kind in ("rows", "columns"))
                    cells += [Cell("\n".join(filter(None, lines)), tall, wide, is_header, inner)] * count
            while cells and not cells[-1].text and not cells[-1].inner and cells[-1].columns == 1:
                cells.pop()
            repeated = min(int(_get(row, "number-rows-repeated", "1") or 1), _MOST_REPEATED) if cells else 1
            header_rows += is_header
            rows += [tuple(cells)] * repeated
        while rows and not rows[-1]:
            rows.pop()
        return Table(tuple(rows), header_rows=header_rows or -1)


def _rows(element: Element, header: bool) -> Iterator[tuple[Element, bool]]:
    for child in element:
        if local(child) == "table-row":
            yield child, header
        elif local(child) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(child, header or local(child) == "table-header-rows")


def _paragraphs(cell: Element) -> Iterator[Element]:
    """Those of the cell, also in its lists, without those of tables in it."""
    for child in cell:
        if local(child) in ("p", "h"):
            yield child
        elif local(child) not in ("table", "annotation"):
            yield from _paragraphs(child)


def _number(shape: Element | None, number: int) -> str:
    kind = _get(shape, "num-format") if shape is not None else ""
    return _NUMBERS.get(kind[:1], str)(number) if kind else ""
