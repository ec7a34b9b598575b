"""Tables and numbered lists of HTML: which cells there are, and what stands before each item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.number_words import chinese, roman, spread_letters
from sparewheel.rag.ingest.formats.tables import Cell, Table

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import Tag

_MOST_LOOKED_AT = 20_000  # tags of a table that are looked at to tell data from layout
_HEADINGS = frozenset(f"h{n}" for n in range(1, 7))
_MOST_NESTED = 6  # tables within tables that are read as such
_BLOCK_CHARS = 200  # a cell with several paragraphs longer than this holds prose
_STYLE_TYPE = re.compile(r"list-style(?:-type)?\s*:\s*([\w-]+)", re.IGNORECASE)
_STYLES = {
    "lower-alpha": "a",
    "lower-latin": "a",
    "upper-alpha": "A",
    "upper-latin": "A",
    "lower-roman": "i",
    "upper-roman": "I",
    "cjk-ideographic": "一",
    "simp-chinese-informal": "一",
    "trad-chinese-informal": "一",
    "cjk-decimal": "一",
    "none": "",
    "disc": "-",
    "circle": "-",
    "square": "-",
}


def is_layout(table: Tag) -> bool:
    """Whether a table only places blocks on the page, as old pages do, and holds no rows of data."""
    if table.get("role") in ("presentation", "none"):
        return True
    rows = [*_rows(table)]
    cells = [cell for row in rows for cell in _cells(row)]
    if len(cells) < 2 or max(sum(1 for _ in _cells(row)) for row in rows) < 2:
        return table.find("caption") is None or len(cells) < 2
    looked, blocks = 0, 0
    for cell in cells:
        paragraphs = 0
        holds = False
        for tag in below(cell):
            looked += 1
            if looked > _MOST_LOOKED_AT:
                return True
            paragraphs += tag.name == "p"
            if tag.name in _HEADINGS:
                return True
            holds = holds or tag.name in ("ul", "ol") or (tag.name == "table" and len(rows) == 1)
        long = paragraphs > 1 and len(rows) == 1
        if holds or long or (paragraphs > 1 and len(cell.get_text()) > _BLOCK_CHARS):
            blocks += 1
    return 3 * blocks > len(cells)


def table_of_tag(table: Tag, text_of: Callable[[Tag], str], depth: int = 0) -> Table:
    """The table with its spans. text_of: the seen text of a cell, without what is taken out of it here."""
    caption = next(children(table, "caption"), None)
    rows: list[tuple[Cell, ...]] = []
    header_rows, in_header = 0, True
    for row in _rows(table):
        cells = [*_cells(row)]
        in_header = in_header and row.parent is not None and row.parent.name == "thead"
        header_rows += in_header and bool(cells)
        rows.append(tuple(_cell(cell, text_of, depth) for cell in cells))
    said = " ".join(text_of(caption).split()) if caption is not None else ""
    return Table(tuple(rows), said, header_rows or -1)


def _cell(cell: Tag, text_of: Callable[[Tag], str], depth: int) -> Cell:
    inner: tuple[Table, ...] = ()
    if depth < _MOST_NESTED:
        tables = [each for each in below(cell) if each.name == "table"]
        nested = [each for each in tables if each.find_parent(["td", "th"]) is cell]
        inner = tuple(table_of_tag(each.extract(), text_of, depth + 1) for each in nested)
    return Cell(
        text_of(cell).strip(),
        _span(cell, "rowspan") or 1_000_000,  # 0: to the end of the table
        max(_span(cell, "colspan"), 1),
        cell.name == "th" and cell.get("scope") not in ("row", "rowgroup"),
        inner,
    )


def _rows(table: Tag) -> Iterator[Tag]:
    """Its own rows, those of thead first and those of tfoot last, as browsers show them."""
    groups = [*children(table, "thead", "tbody", "tfoot", "tr")]
    for kinds in (("thead",), ("tbody", "tr"), ("tfoot",)):
        for group in (each for each in groups if each.name in kinds):
            if group.name == "tr":
                yield group
            else:
                yield from children(group, "tr")


def _cells(row: Tag) -> Iterator[Tag]:
    return children(row, "td", "th")


def children(tag: Tag, *names: str) -> Iterator[Tag]:
    """The tags of these names directly in it; ten times as fast as `find_all(recursive=False)`."""
    from bs4.element import Tag

    return (child for child in tag.contents if isinstance(child, Tag) and child.name in names)


def below(tag: Tag) -> Iterator[Tag]:
    """All tags in it, in order."""
    from bs4.element import Tag

    return (child for child in tag.descendants if isinstance(child, Tag))


def _span(cell: Tag, name: str) -> int:
    stated = str(cell.get(name) or "1").strip()
    return int(stated) if stated.isdigit() and len(stated) < 7 else 1


def labels(soup: BeautifulSoup) -> dict[int, str]:
    """What the page shows before each item of its numbered lists, by the identity of the item's tag."""
    found: dict[int, str] = {}
    sheets = "".join(sheet.get_text() for sheet in soup.find_all("style"))
    for listed in soup.find_all("ol"):
        items = [*children(listed, "li")]
        step = -1 if listed.has_attr("reversed") else 1
        start = _whole(listed.get("start"))
        number = start if start is not None else len(items) if step < 0 else 1
        for item in items:
            stated = _whole(item.get("value"))
            number = stated if stated is not None else number
            style = _style_of(item) or _style_of(listed) or "1"
            if style != "none":
                found[id(item)] = _label(number, style)
            elif "counters(" in sheets:  # the style sheet writes "4.1" itself
                above = found.get(id(listed.find_parent("li")), "").rstrip(". ")
                found[id(item)] = f"{above}.{number} " if above else f"{number}. "
            else:
                found[id(item)] = f"{number}. " if "counter(" in sheets else ""
            number += step
    return found


def _whole(stated: object) -> int | None:
    text = str(stated).strip() if stated is not None else ""
    return int(text) if re.fullmatch(r"[+-]?\d{1,9}", text) else None


def _style_of(tag: Tag) -> str:
    """ "1", "a", "A", "i", "I", "一", "-" or "none"; "" where the tag states none."""
    if found := _STYLE_TYPE.findall(str(tag.get("style") or "")):  # the last one holds
        return _STYLES.get(found[-1].lower(), "1") or "none"
    return str(tag.get("type") or "")[:1]


def _label(number: int, style: str) -> str:
    """ "4. ", "(c) ", "(iv) ", "四、"."""
    if style == "-":
        return "- "
    if style in "aA" and number > 0:
        text = spread_letters(number)
        return f"({text if style == 'a' else text.upper()}) "
    if style in "iI" and 0 < number < 4000:
        return f"({roman(number)}) " if style == "i" else f"{roman(number).upper()}. "
    return f"{chinese(number)}、" if style == "一" else f"{number}. "
