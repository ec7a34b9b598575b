"""The one model of a table, for every format: a grid of cells, read as records.

A table becomes lines that each stand alone: the row's name, the column's name, the cell.

    Amoril	— 6-12 years: 250 mg

A row is a paragraph of such lines, so whoever cuts or quotes the text at lines and paragraphs keeps a value with its
row and its column. An empty cell is written as `EMPTY`, so that its neighbour never takes its place. A table whose
cells hold prose only places it on the page, and is written as prose.

`read` finds which cells name what, by place in the grid; `paragraphs` writes it for formats that have text alone, and
`formats.pdf_tables` for those whose words have boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sparewheel.rag.table_text import EMPTY, MARK, VALUE

_NUMBER = re.compile(r"[\s(\[<>≤≥~≈±+\-–—€$£¥￥%]*\d[\d\s.,:/%()\-–+×x*^]*(?:[^\W\d]{0,4}\W{0,2}){0,2}\s*")
_BARE = re.compile(r"[#№]?\d[\w./-]{0,9}|[A-Z]{0,3}[-.]?\d{1,5}[A-Za-z]?|[A-Z]|[IVX]{1,5}")  # says nothing by itself
_PROSE_CHARS = 240  # a longer cell is prose
_NAME_CHARS = 100  # a longer first cell names no row
_HEADER_CHARS = 120
_MOST_STUBS = 3
_MOST_HEADER_ROWS = 4
_MOST_SPAN = 1000  # a hostile page states a million
_MOST_CELLS = 400_000  # of an expanded grid
_TOTAL = re.compile(r"(?i)\s*(?:sub-?)?total|sum\b|合计|小计|总计")

_COUNTER = re.compile(r"(?i)(?:no|nr|item no|s/?no|lfd\.? ?nr|ref)?[.:]?|#|№|序号|编号|號|号")
_RANGE = re.compile(r"\d\s?[-–~至]\s?\d|[<>≤≥]\s?\d")
_MONEY = re.compile(r"[€$£¥￥%元]|(?i:\b(?:eur|usd|gbp|rmb|cny|chf)\b)")

Place = tuple[int, int]  # row and column in the grid


@dataclass(frozen=True, slots=True)
class Cell:
    """text: without the tables inside it, which are `inner`. rows and columns: how many of the grid it spans."""

    text: str = ""
    rows: int = 1
    columns: int = 1
    header: bool = False  # the format itself marks it as one (th, a repeated heading row)
    inner: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """rows: as the format gives them, a spanning cell once, where it begins. header_rows: how many of the first rows
    name the columns; -1 where the format does not say."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    header_rows: int = -1


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it is read. name: the cells that name it, each with its column's header before it where it says nothing
    alone; values: (headers from the outermost, cell)."""

    row: int
    name: tuple[tuple[Place, ...], ...]
    values: tuple[tuple[tuple[Place, ...], Place], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """header: the cells of the header rows, left to right, row by row; each spanning one once."""

    header: tuple[tuple[Place, ...], ...]
    records: tuple[Record, ...]


Grid = list[list[Place]]  # which cell (where it begins) lies at each place


def table_of(rows: Sequence[Sequence[str]], caption: str = "", header_rows: int = -1) -> Table:
    """A table without spans."""
    return Table(tuple(tuple(Cell(text) for text in row) for row in rows), caption, header_rows)


def expand(rows: Sequence[Sequence[Cell]]) -> tuple[Grid, dict[Place, Cell]]:
    """The rectangle that the cells fill with their spans, and the cell at each place where one begins. Missing cells
    are empty ones."""
    owner: dict[Place, Place] = {}
    cells: dict[Place, Cell] = {}
    width = 0
    for r, row in enumerate(rows):
        c = 0
        for cell in row:
            while (r, c) in owner:
                c += 1
            cells[r, c] = cell
            if cell.rows == cell.columns == 1:
                owner[r, c] = r, c
            else:
                for i in range(min(cell.rows, _MOST_SPAN, len(rows) - r) or 1):
                    for j in range(min(max(cell.columns, 1), _MOST_SPAN)):
                        owner.setdefault((r + i, c + j), (r, c))
            if len(owner) > _MOST_CELLS:
                break
            c += max(cell.columns, 1) if cell.columns <= _MOST_SPAN else _MOST_SPAN
            width = max(width, c)
    grid = [[owner.get((r, c), (r, c)) for c in range(width)] for r in range(len(rows))]
    for places in grid:
        for place in places:
            if place not in cells:
                cells[place] = Cell()
    return grid, cells


def read(grid: Grid, texts: dict[Place, str], header_rows: int = -1) -> Reading:
    """Which cells name what. texts: of each cell, on one line."""
    said = [[texts[place] for place in row] for row in grid]
    top = min(header_rows if header_rows >= 0 else _header_rows(grid, said), max(len(grid) - 1, 0))
    header = tuple(tuple(dict.fromkeys(place for place in row if texts[place])) for row in grid[:top])
    paths = [_path(grid[:top], texts, c) for c in range(len(grid[0]) if grid else 0)]
    names = _stubs(grid, said, top)
    shapes = _shapes_beside(said[top:])
    records: list[Record] = []
    group: tuple[Place, ...] = ()
    above: list[Place] = []
    for r in range(top, len(grid)):
        row = grid[r]
        filled = list(dict.fromkeys(place for place in row if texts[place]))
        if not filled:
            continue
        if len(filled) == 1 and len(row) > 1 and _is_group(row, r):
            group = (filled[0],)
            continue
        stubs = [above[c] if above and _is_ditto(said[r], c, shapes) else row[c] for c in range(names)]
        above = [*stubs, *row[names:]]
        parts = [group] if group else []
        for c, place in enumerate(dict.fromkeys(stubs)):
            if texts[place]:
                bare = _BARE.fullmatch(texts[place]) is not None and len(paths[c]) > 0
                parts.append((*(paths[c] if bare else ()), place))
        total = next((place for place in filled if _TOTAL.match(texts[place])), None)
        if not parts and total is not None:
            parts.append((total,))
        values = tuple((paths[c], place) for c, place in _values(row, names) if parts != [(place,)])
        records.append(Record(r, tuple(parts), values))
    return Reading(header, tuple(records))


def paragraphs(table: Table) -> Iterator[list[str]]:
    """The table as paragraphs of lines: the caption and the header, then each row; inner tables below their row."""
    grid, cells = expand(table.rows)
    texts = {place: _one_line(cell.text) for place, cell in cells.items()}
    if _is_layout(grid, cells):
        yield from _prose(grid, cells, table.caption)
        return
    marked = table.header_rows if table.header_rows >= 0 else _marked(grid, cells)
    if not table.caption and len(grid) > 2 and _is_group(grid[0], 0) and 0 < len(texts[grid[0][0]]) <= _HEADER_CHARS:
        yield from paragraphs(Table(table.rows[1:], texts[grid[0][0]], max(marked - 1, 0) if marked > 0 else -1))
        return
    found = read(grid, texts, marked)
    first = [_one_line(table.caption)] if table.caption else []
    first += ["\t".join(texts[place] for place in row) for row in found.header if len(row) > 1 or not found.records]
    if first:
        yield first
    for record in found.records:
        yield list(_lines(record, texts))
        for _, place in record.values:
            for inner in cells[place].inner:
                title = " ".join(texts[p] for part in record.name for p in part)
                yield from paragraphs(Table(inner.rows, inner.caption or title, inner.header_rows))


def _lines(record: Record, texts: dict[Place, str]) -> Iterator[str]:
    name = "\t".join(" ".join(texts[place] for place in part) for part in record.name)
    for headers, place in record.values:
        if name or texts[place]:
            header = ", ".join(texts[p] for p in headers)
            yield f"{name}{MARK if name else MARK.lstrip()}{header + VALUE if header else ''}{texts[place] or EMPTY}"
    if not record.values:
        yield name


def _values(row: Sequence[Place], names: int) -> Iterator[tuple[int, Place]]:
    """(column, cell) of the cells right of the names; one that spans several columns for the first of them."""
    for c in range(names, len(row)):
        if c == names or row[c] != row[c - 1]:
            yield c, row[c]


def _path(header: Grid, texts: dict[Place, str], column: int) -> tuple[Place, ...]:
    """The header cells over a column from the top, without empty ones and without one twice."""
    path: list[Place] = []
    for row in header:
        place = row[column]
        if texts[place] and texts[place] not in [texts[p] for p in path]:
            path.append(place)
    return tuple(path)


def _marked(grid: Grid, cells: dict[Place, Cell]) -> int:
    """How many of the first rows the format marks as header; -1 where it marks none."""
    count = 0
    for row in grid[:_MOST_HEADER_ROWS]:
        filled = [cells[place] for place in dict.fromkeys(row) if cells[place].text.strip()]
        if not filled or not all(cell.header for cell in filled):
            break
        count += 1
    return count or -1


def _header_rows(grid: Grid, said: list[list[str]]) -> int:
    """How many of the first rows name the columns, judged by what they hold."""
    if len(grid) < 2 or len(said[0]) < 2:
        return 0
    first = [text for text in said[0] if text]
    if (len(first) < 2 and len(set(grid[0])) > 1) or any(len(text) > _HEADER_CHARS for text in first):
        return 0
    if len(said[0]) == 2:  # a list of names and values has no header, so only a column of numbers proves one
        values = [row[1] for row in said[1:] if row[1]]
        alike = 2 * len(set(map(_shape, values))) <= len(values) and all(map(is_number, values))
        return int(alike and not any(map(is_number, said[0])))
    if said[0][0].endswith((":", "：")) or _is_data(said):
        return 0
    count = 1
    while count < min(_MOST_HEADER_ROWS, len(grid) - 1) and _goes_on(grid, said, count):
        count += 1
    return count


def _is_data(said: list[list[str]]) -> bool:
    """Whether the first row is written as the rows below it are: an amount over amounts."""
    first = said[0]
    plain = [int(text) for text in first[1:] if text.isdecimal()]
    if plain and len(plain) == len(first) - 1 and plain == list(range(plain[0], plain[0] + len(plain))):
        return False  # 1 2 3, or years
    return any(
        text.isdecimal() or _shape(text) in {_shape(row[c]) for row in said[1:]}
        for c, text in enumerate(first)
        if is_number(text) and not _is_year(text)
    )


def _shape(text: str) -> str:
    """Equal for "125 mg" and "1,250 mg"."""
    return re.sub(r"[^\W\d]+", "a", re.sub(r"\d[\d,.]*", "9", text))


def _goes_on(grid: Grid, said: list[list[str]], row: int) -> bool:
    """Whether the row is one more of the header: a cell above spans its columns or reaches into it."""
    spanned = any(a == b for a, b in zip(grid[row - 1], grid[row - 1][1:], strict=False))
    reaches = any(place[0] < row for place in grid[row])
    below = [text for text, place in zip(said[row], grid[row], strict=True) if text and place[0] == row]
    return (spanned or reaches) and bool(below) and not _is_data(said[row:])


def _stubs(grid: Grid, said: list[list[str]], top: int) -> int:
    """How many of the first columns name the rows: the fewest that tell them apart."""
    rows = [r for r in range(top, len(grid)) if any(said[r]) and not _is_group(grid[r], r)]
    body = [said[r] for r in rows]
    width = len(grid[0]) if grid else 0
    if width < 2 or not body or not any(row[0] for row in body):
        return 0
    if any(len(row[0]) > _NAME_CHARS for row in body):
        return 0
    shapes = _shapes_beside(body)
    for count in range(1, min(_MOST_STUBS, width - 1)):
        keys = [tuple(row[:count]) for row in body]
        shared = any(grid[r][count - 1][0] < r for r in rows)  # a cell that spans rows names none of them alone
        ditto = any(_is_ditto(row, count - 1, shapes) for row in body)
        counted = count == 1 and top > 0 and _COUNTER.fullmatch(said[top - 1][0]) is not None
        repeated = len(set(keys)) < len(keys)
        following = [row[count] for row in body]
        if max(map(len, following)) > _NAME_CHARS or not any(following):
            return count
        if not (shared or ditto or ((repeated or counted) and not any(map(is_number, following)))):
            return count
    return min(_MOST_STUBS, width - 1)


def _is_ditto(row: list[str], column: int, shapes: Sequence[set[str]]) -> bool:
    """Whether an empty cell stands for the one above it: what follows it names the row, as it does in other rows."""
    if row[column] or column + 1 >= len(row) or len(row) < 3:
        return False
    following = row[column + 1]
    if not following or _TOTAL.match(following) or _MONEY.search(following):
        return False
    if _RANGE.search(following):
        return True
    if not any(c.isalpha() for c in following):
        return False
    return _shape(following) in shapes[column] or not is_number(following)


def _shapes_beside(said: list[list[str]]) -> list[set[str]]:
    """For each column that may name rows: the shapes of the cells right of one that is filled."""
    width = len(said[0]) if said else 0
    return [{_shape(row[c + 1]) for row in said if row[c]} for c in range(min(_MOST_STUBS, width - 1))]


def _is_group(row: Sequence[Place], r: int) -> bool:
    """Whether one cell spans the whole row: a title over the rows below it."""
    return len(row) > 1 and len(set(row)) == 1 and row[0][0] == r


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _is_year(text: str) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d(?:年|/\d\d)?", text) is not None


def _is_layout(grid: Grid, cells: dict[Place, Cell]) -> bool:
    """Whether the table only places prose on the page: one column or row, or a good part of its cells is prose."""
    filled = [cell for cell in cells.values() if cell.text.strip() or cell.inner]
    if not grid or len(grid[0]) < 2:
        return True
    prose = sum("\n\n" in cell.text.strip() or len(cell.text) > _PROSE_CHARS for cell in filled)
    if len(grid) == 1:
        return prose > 0 or any(cell.inner for cell in filled) or len(filled) < 2
    return prose > 0.34 * max(len(filled), 1)


def _prose(grid: Grid, cells: dict[Place, Cell], caption: str) -> Iterator[list[str]]:
    """Each cell as paragraphs, row by row."""
    if caption:
        yield [_one_line(caption)]
    for place in dict.fromkeys(place for row in grid for place in row):
        cell = cells[place]
        title = _one_line(cell.text) if len(cell.inner) == 1 and len(cell.text) <= _HEADER_CHARS else ""
        for paragraph in re.split(r"\n\s*\n", cell.text if not title else ""):
            if lines := [line.strip() for line in paragraph.split("\n") if line.strip()]:
                yield lines
        for inner in cell.inner:
            yield from paragraphs(Table(inner.rows, inner.caption or title, inner.header_rows))


def _one_line(text: str) -> str:
    return " ".join(text.split())
