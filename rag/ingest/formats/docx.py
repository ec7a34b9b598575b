"""Word documents as they read on the page: numbers of clauses, tables, notes, headers; only text that is in force.

.docx, .docm, .dotx and .dotm, transitional or strict (ECMA-376). The zip is checked first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.docx_numbers import Numbering
from sparewheel.rag.ingest.formats.docx_styles import Styles, W, is_on, value
from sparewheel.rag.ingest.formats.docx_text import Note, Reader
from sparewheel.rag.ingest.formats.formulas import formula, local
from sparewheel.rag.ingest.formats.opc import Package
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.symbols import superscript
from sparewheel.rag.ingest.formats.tables import Cell, Table
from sparewheel.rag.settings import Ingest

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_DAMAGED = "open it in a word processor and save it again as .docx"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_HOLDERS = frozenset(("customXml", "ins", "moveTo", "smartTag", "sdtContent"))  # hold blocks and say nothing themselves
_CLAUSE_CHARS = 40  # a numbered cell that is longer, or ends as a sentence does, is a clause, not the name of a row
_SENTENCE = re.compile(r"\w.*[.;:。；：]$", re.DOTALL)
_LONGEST_HEADING = 300
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass
class _Paragraph:
    text: str
    label: str = ""
    level: int = 0  # of a heading
    notes: list[Note] = field(default_factory=list)

    @property
    def full(self) -> str:
        return f"{self.label} {self.text}".strip()


@dataclass
class _Grid:
    """A table whose cells hold blocks. clauses: it only sets numbered clauses side by side."""

    table: Table
    cells: list[list[_Paragraph | _Grid]]
    clauses: bool
    notes: list[Note]


_Block = _Paragraph | _Grid


def parse_docx(data: bytes, settings: Ingest) -> Parsed:
    """Text in document order; metadata: author, created. What is not in force is left out and counted in the notes.

    Raises DocumentError for what is no DOCX, for a protected one, and for a zip that is a bomb or reaches outside.
    """
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise DocumentError(
            "an old .doc file or one protected by a password", cure="save it as .docx without a password"
        )
    package = Package(data, "a DOCX", _DAMAGED)
    document = _Document(package, settings)
    document.write()
    metadata, title = _stated(package)
    return Parsed(
        document.builder.text,
        MEDIA_TYPE,
        title,
        headings=tuple(document.builder.headings),
        metadata=metadata,
        notes=_notes(document.left),
    )


def _stated(package: Package) -> tuple[dict[str, str], str]:
    """Author, date and title as the file's own properties state them."""
    name = package.first("", "core-properties")
    if not name:
        return {}, ""
    stated = {local(each): (each.text or "").strip() for each in package.xml(name)}
    metadata = {"author": stated.get("creator", ""), "created": stated.get("created", "")}
    return {key: text for key, text in metadata.items() if text}, stated.get("title", "")


def _notes(left: Counter[str]) -> tuple[str, ...]:
    """What was not read, in words."""
    said = {
        "tracked": ("1 tracked change: read as accepted", "{} tracked changes: read as accepted"),
        "struck": ("1 struck-out passage left out", "{} struck-out passages left out"),
        "hidden": ("1 hidden passage left out", "{} hidden passages left out"),
    }
    return tuple(
        one if left[kind] == 1 else many.format(left[kind]) for kind, (one, many) in said.items() if left[kind]
    )


class _Document:
    """Writes the parts of one document."""

    def __init__(self, package: Package, settings: Ingest) -> None:
        self.builder = TextBuilder()
        self.left: Counter[str] = Counter()
        self._package = package
        self._settings = settings
        main = package.main
        self._styles = Styles(self._part("styles"))
        self._numbering = Numbering(self._part("numbering"), self._styles)
        self._reader = Reader(self._styles, self.left)
        self._targets = package.related(main)
        self._note_parts: dict[str, dict[str, Element]] = {}
        self._merged = ""  # text of a paragraph whose mark is deleted: it runs on into the next

    def _part(self, kind: str) -> Element | None:
        name = self._package.first(self._package.main, kind)
        return self._package.xml(name) if name else None

    def write(self) -> None:
        """The body, then what stands on every page."""
        root = self._package.xml(self._package.main)
        body = root.find(f"{W}body")
        if body is None:
            raise DocumentError("a damaged DOCX (no body)", cure=_DAMAGED)
        for block in self._blocks(body):
            self._write(block)
        self._write_margins(root)

    def _write(self, block: _Block) -> None:
        if isinstance(block, _Grid):
            if block.clauses:
                for cell in block.cells:
                    for each in cell:
                        self._write(each)
            else:
                self.builder.table(block.table)
        elif block.level and len(block.text) <= _LONGEST_HEADING and block.text:
            self.builder.heading(block.full, block.level)
        elif block.text:
            self.builder.add(block.full, tight=block.label == "-")
        if not (isinstance(block, _Grid) and block.clauses):
            for note in block.notes:
                self._write_note(note)

    def _blocks(self, container: Element) -> Iterator[_Block]:
        """The paragraphs and tables of a body, cell, note or text box, in order."""
        for element in container:
            name = local(element)
            if name == "p":
                yield from self._paragraph(element)
            elif name == "tbl":
                yield self._table(element)
            elif name == "sdt":
                properties = element.find(f"{W}sdtPr")
                if properties is None or properties.find(f"{W}showingPlcHdr") is None:
                    yield from self._blocks(element)
            elif name in _HOLDERS:
                yield from self._blocks(element)
            elif name == "oMathPara":
                yield _Paragraph(formula(element))
            elif name == "altChunk":
                yield from self._chunk(element.get(_RELATION, ""))
            elif name == "AlternateContent":
                yield from next((found for choice in element if (found := [*self._blocks(choice)])), [])

    def _paragraph(self, element: Element) -> Iterator[_Block]:
        line = self._reader.read(element)
        text = " ".join((self._merged, line.text)).strip() if self._merged else line.text
        self._merged = ""
        properties = element.find(f"{W}pPr")
        mark = properties.find(f"{W}rPr") if properties is not None else None
        if mark is not None and (mark.find(f"{W}del") is not None or mark.find(f"{W}moveFrom") is not None):
            self.left["tracked"] += not line.gone
            self._merged = text
            return
        if mark is not None and is_on(mark.find(f"{W}vanish")) and not text:
            return
        label = "" if line.gone and not text and mark is not None and _is_gone(mark) else self._numbering.label(element)
        yield _Paragraph(text, label, self._styles.heading_level(element), line.notes)
        for box in line.boxes:
            yield from self._blocks(box)

    def _table(self, element: Element) -> _Grid:
        rows: list[tuple[Cell, ...]] = []
        filled: list[list[_Block]] = []
        notes: list[Note] = []
        header_rows = 0
        open_cells: dict[int, tuple[int, int]] = {}  # column -> (row, place in it) of a cell that spans rows
        grid: list[list[Cell]] = []
        for row in _inside(element, "tr"):
            properties = row.find(f"{W}trPr")
            if properties is not None and properties.find(f"{W}del") is not None:
                self.left["tracked"] += 1
                continue
            self.left["tracked"] += properties is not None and properties.find(f"{W}ins") is not None
            is_header = properties is not None and bool(is_on(properties.find(f"{W}tblHeader")))
            header_rows += is_header and header_rows == len(grid)
            cells: list[Cell] = []
            before = _count(properties.find(f"{W}gridBefore")) if properties is not None else 0
            cells += [Cell()] * before
            column = before
            for cell in _inside(row, "tc"):
                stated = cell.find(f"{W}tcPr")
                if stated is not None and stated.find(f"{W}cellDel") is not None:
                    self.left["tracked"] += 1
                    continue
                across = stated.find(f"{W}hMerge") if stated is not None else None
                if across is not None and value(across) != "restart" and cells:
                    cells[-1] = replace(cells[-1], columns=cells[-1].columns + 1)  # as older programs span columns
                    column += 1
                    continue
                columns = max(_count(stated.find(f"{W}gridSpan")), 1) if stated is not None else 1
                merge = stated.find(f"{W}vMerge") if stated is not None else None
                blocks = [*self._blocks(cell)]
                goes_on = merge is not None and value(merge) != "restart" and column in open_cells
                if goes_on and merge is not None:
                    r, place = open_cells[column]
                    above = grid[r][place]
                    grid[r][place] = Cell(above.text, len(grid) - r + 1, above.columns, above.header, above.inner)
                    cells.append(Cell("", -1, columns))  # covered: taken out below
                else:
                    open_cells.pop(column, None)
                    if merge is not None:
                        open_cells[column] = (len(grid), len(cells))
                    filled.append(blocks)
                    cells.append(_cell(blocks, columns, is_header))
                    notes += _notes_in(blocks)
                column += columns
            grid.append(cells)
        rows = [tuple(cell for cell in cells if cell.rows > 0) for cells in grid]
        clauses = sum(map(_is_clause, filled)) >= 2
        return _Grid(Table(tuple(rows), header_rows=header_rows or -1), filled, clauses, notes)

    def _chunk(self, relation: str) -> Iterator[_Block]:
        """A page that is embedded whole."""
        _, name = self._targets.get(relation, ("", ""))
        if not self._package.has(name):
            return
        data = self._package.bytes_of(name)
        if data[:2] == b"PK":
            inner = parse_docx(data, self._settings)
        else:
            from sparewheel.rag.ingest.formats.html import parse_html

            inner = parse_html(data, self._settings)
        for block in inner.text.split("\n\n"):
            yield _Paragraph(block)

    def _write_note(self, note: Note) -> None:
        """The text of a note, below the paragraph that refers to it."""
        content = self._notes_of(note.kind).get(note.id)
        if content is None:
            return
        text = _flat([*self._other(content)])
        if not text:
            return
        if note.kind == "comment":
            author = content.get(f"{W}author", "")
            word = "批注" if _HAN.search(text) else "Comment"
            self.builder.add(f"{word}{f' ({author})' if author else ''}: {text}")
        else:
            self.builder.add(f"{superscript(note.mark, '', linked=True)} {text}" if note.mark else text, tight=True)

    def _other(self, content: Element) -> Iterator[_Block]:
        """Blocks outside the body, whose fields and merged paragraphs are their own."""
        reader, merged = self._reader, self._merged
        self._reader, self._merged = Reader(self._styles, self.left), ""
        try:
            yield from self._blocks(content)
        finally:
            self._reader, self._merged = reader, merged

    def _notes_of(self, kind: str) -> dict[str, Element]:
        if kind not in self._note_parts:
            root = self._part(f"{kind}s")
            self._note_parts[kind] = {
                each.get(f"{W}id", ""): each
                for each in (root if root is not None else ())
                if each.get(f"{W}type", "normal") == "normal"
            }
        return self._note_parts[kind]

    def _write_margins(self, root: Element) -> None:
        """Headers and footers, each once however many sections have it."""
        said: set[str] = set()
        for kind in ("header", "footer"):
            for reference in root.iter(f"{W}{kind}Reference"):
                _, name = self._targets.get(reference.get(_RELATION, ""), ("", ""))
                if not self._package.has(name):
                    continue
                text = _flat([*self._other(self._package.xml(name))], "; ")
                if re.search(r"\w{2}", text) and text not in said:
                    said.add(text)
                    word = {"header": ("Header", "页眉"), "footer": ("Footer", "页脚")}[kind][bool(_HAN.search(text))]
                    self.builder.add(f"{word}: {text}")


def _is_gone(mark: Element) -> bool:
    return any(mark.find(f"{W}{name}") is not None for name in ("del", "moveFrom", "vanish"))


def _inside(element: Element, name: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, also those in content controls and custom XML."""
    for child in element:
        if local(child) == name:
            yield child
        elif local(child) in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "bookmarkStart"):
            yield from _inside(child, name)


def _cell(blocks: list[_Block], columns: int, header: bool) -> Cell:
    """Short lines of a cell are one text; numbered or long ones are paragraphs of their own."""
    paragraphs = [block for block in blocks if isinstance(block, _Paragraph) and block.full]
    long = any(block.label not in ("", "-") or len(block.text) > 120 for block in paragraphs)
    text = ("\n\n" if long else "\n").join(block.full for block in paragraphs)
    inner = tuple(block.table for block in blocks if isinstance(block, _Grid))
    return Cell(text, 1, columns, header, inner)


def _is_clause(blocks: list[_Block]) -> bool:
    paragraphs = [block for block in blocks if isinstance(block, _Paragraph) and block.label not in ("", "-")]
    return any(len(each.text) > _CLAUSE_CHARS or _SENTENCE.match(each.text) for each in paragraphs)


def _notes_in(blocks: list[_Block]) -> list[Note]:
    return [note for block in blocks for note in block.notes]


def _flat(blocks: list[_Block], joint: str = " ") -> str:
    """Blocks on one line."""
    parts: list[str] = []
    for block in blocks:
        if isinstance(block, _Paragraph):
            parts.append(" ".join(block.full.split()))
        else:
            parts += (_flat(cell) for cell in block.cells)
    return joint.join(part for part in parts if part)


def _count(element: Element | None) -> int:
    stated = value(element)
    return min(int(stated), 1000) if stated.isdigit() else 0
