"""Presentations (ECMA-376): each slide under its title, shapes in order, tables as tables, the speaker's notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.formulas import formula, local
from sparewheel.rag.ingest.formats.number_words import in_format
from sparewheel.rag.ingest.formats.opc import Package
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.symbols import in_font, subscript, superscript
from sparewheel.rag.ingest.formats.tables import Cell, Table
from sparewheel.rag.settings import Ingest

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DAMAGED = "open it in a presentation program and save it again as .pptx"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_AUTOMATIC = {  # ST_TextAutonumberScheme -> ST_NumberFormat
    **{"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman"},
    **{"ea1Ch": "chineseCounting", "circleNum": "decimalEnclosedCircle"},
}
_AROUND = {"ParenBoth": ("(", ")"), "ParenR": ("", ")"), "Period": ("", ".")}
_REPEATED = ("sldNum", "dt", "ftr", "hdr", "sldImg")  # placeholders that every slide has


def parse_pptx(data: bytes, settings: Ingest) -> Parsed:
    """Hidden slides and struck-out text are left out and counted."""
    package = Package(data, "a presentation", _DAMAGED)
    root = package.xml(package.main)
    targets = package.related(package.main)
    builder = TextBuilder()
    left: Counter[str] = Counter()
    slides = [each for each in root.iter() if local(each) == "sldId"]
    for number, each in enumerate(slides, 1):
        _, name = targets.get(each.get(f"{_RELATION}id", ""), ("", ""))
        if package.has(name):
            slide = package.xml(name)
            if slide.get("show") in ("0", "false"):
                left["hidden slide"] += 1
                continue
            _write_slide(package, name, slide, number, builder, left)
    properties = package.first("", "core-properties")
    stated = {local(each): (each.text or "").strip() for each in package.xml(properties)} if properties else {}
    metadata = {"author": stated.get("creator", ""), "created": stated.get("created", "")}
    return Parsed(
        builder.text,
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        stated.get("title", ""),
        headings=tuple(builder.headings),
        metadata={key: value for key, value in metadata.items() if value},
        notes=tuple(f"{count} {kind}{'s' if count > 1 else ''} left out" for kind, count in left.items() if count),
    )


def _write_slide(
    package: Package, name: str, slide: Element, number: int, builder: TextBuilder, left: Counter[str]
) -> None:
    shapes = [*_shapes(slide)]
    title = next((shape for shape in shapes if _placeholder(shape) in ("title", "ctrTitle")), None)
    said = " ".join(_paragraphs(title, left)) if title is not None else ""
    builder.heading(f"Slide {number}: {said}" if said else f"Slide {number}", 1)
    for shape in shapes:
        if shape is title or _placeholder(shape) in _REPEATED:
            continue
        if (table := next((each for each in shape.iter() if local(each) == "tbl"), None)) is not None:
            builder.table(_table(table, left))
        else:
            for text in _paragraphs(shape, left):
                builder.add(text, tight=True)
            builder.gap()
    for kind, target in package.related(name).values():
        if kind == "notesSlide" and package.has(target):
            spoken = [
                text
                for shape in _shapes(package.xml(target))
                if _placeholder(shape) not in _REPEATED
                for text in _paragraphs(shape, left)
            ]
            if spoken:
                builder.add("Notes: " + " ".join(spoken))
        elif kind == "diagramData" and package.has(target):
            for text in _paragraphs(package.xml(target), left):
                builder.add(text, tight=True)
            builder.gap()


def _shapes(element: Element) -> Iterator[Element]:
    """Shapes and frames in drawing order, those in groups too; of alternatives the first."""
    for child in element:
        name = local(child)
        if name in ("sp", "graphicFrame", "cxnSp"):
            if not any(local(e) == "cNvPr" and e.get("hidden") in ("1", "true") for e in child.iter()):
                yield child
        elif name == "AlternateContent":
            yield from next((found for choice in child if (found := [*_shapes(choice)])), [])
        elif name in ("cSld", "spTree", "grpSp"):
            yield from _shapes(child)


def _placeholder(shape: Element) -> str:
    found = next((each for each in shape.iter() if local(each) == "ph"), None)
    return found.get("type", "body") if found is not None else ""


def _paragraphs(element: Element, left: Counter[str]) -> list[str]:
    """The paragraphs of DrawingML below the element that say something."""
    said: list[str] = []
    counts: dict[int, tuple[str, int]] = {}
    for each in element.iter():
        if local(each) == "p" and "drawingml" in each.tag and (text := _text(each, left)):
            said.append(f"{_number(each, counts)} {text}".strip())
    return said


def _number(paragraph: Element, counts: dict[int, tuple[str, int]]) -> str:
    """The number that is shown before the paragraph, "" for none. counts: of each level, how it is numbered and the
    last number; a paragraph without one, or of a level further out, begins the count anew."""
    properties = next((each for each in paragraph if local(each) == "pPr"), None)
    level = _whole(properties.get("lvl"), 0) if properties is not None else 0
    for deeper in [each for each in counts if each > level]:
        del counts[deeper]
    automatic = (
        next((each for each in properties if local(each) == "buAutoNum"), None) if properties is not None else None
    )
    if automatic is None:
        counts.pop(level, None)
        return ""
    kind, start = automatic.get("type", "arabicPeriod"), _whole(automatic.get("startAt"))
    before, last = counts.get(level, ("", 0))
    number = last + 1 if before == f"{kind} {start}" else start
    counts[level] = f"{kind} {start}", number
    format = next((to for begins, to in _AUTOMATIC.items() if kind.startswith(begins)), "decimal")
    lead, trail = next((signs for ends, signs in _AROUND.items() if kind.endswith(ends)), ("", ""))
    return f"{lead}{in_format(number, format)}{trail}"


def _text(paragraph: Element, left: Counter[str]) -> str:
    text = ""
    for run in paragraph:
        kind = local(run)
        if kind == "br":
            text += "\n"
        elif kind in ("m", "AlternateContent", "oMath", "oMathPara"):
            maths = next((each for each in run.iter() if local(each) in ("oMath", "oMathPara")), None)
            text += f" {formula(maths)} " if maths is not None else ""
        elif kind in ("r", "fld"):
            properties = next((each for each in run if local(each) == "rPr"), None)
            own = "".join(each.text or "" for each in run if local(each) == "t")
            if properties is None:
                text += own
                continue
            if properties.get("strike", "noStrike") != "noStrike":
                left["struck-out passage"] += bool(own.strip())
                continue
            font = next((each.get("typeface", "") for each in properties if local(each) in ("sym", "latin")), "")
            own = in_font(own, font)
            raised = properties.get("baseline", "0").strip("%")
            if raised not in ("0", ""):
                own = subscript(own) if raised.startswith("-") else superscript(own, text[-12:])
            text += own
    return " ".join(text.split(" ")).strip()


def _table(element: Element, left: Counter[str]) -> Table:
    rows = []
    for row in (each for each in element if local(each) == "tr"):
        cells = []
        for cell in (each for each in row if local(each) == "tc"):
            if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                continue
            text = "\n".join(_paragraphs(cell, left))
            cells.append(Cell(text, _whole(cell.get("rowSpan")), _whole(cell.get("gridSpan"))))
        rows.append(tuple(cells))
    properties = next((each for each in element if local(each) == "tblPr"), None)
    named = properties is not None and properties.get("firstRow") in ("1", "true") and len(rows) > 1
    reaches = max((cell.rows for cell in rows[0]), default=1) if named else -1  # a header cell may reach further down
    return Table(tuple(rows), header_rows=reaches)


def _whole(stated: str | None, default: int = 1) -> int:
    return int(stated) if stated and stated.isdecimal() and len(stated) < 5 else default
