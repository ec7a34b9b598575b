"""What stands where on a printed page: tables apart from prose, columns one after the other; then tables as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from sparewheel.rag.ingest.formats.page_grid import PageCell, PageTable, aligned_table, ruled_tables, words_of
from sparewheel.rag.ingest.formats.page_text import Line, Word, in_columns, in_reading_order, rows_of, same_row
from sparewheel.rag.ingest.formats.page_vertical import vertical_columns
from sparewheel.rag.ingest.formats.pdf_rules import Rules
from sparewheel.rag.ingest.formats.tables import Cell, Place, Record, expand, read
from sparewheel.rag.table_text import EMPTY, MARK, VALUE

Block = Line | PageTable

_SAME_EDGE = 6.0  # points by which the columns of a table may be shifted on its next page
_PROSE_CHARS = 240
_STUB_CHARS = 15  # a column of prose has more in a line


def arrange(lines: Sequence[Line], rules: Rules | None, page_width: float) -> list[Block]:
    """The page from its top: tables, and the lines around them in reading order. Lines come cut at wide gaps."""
    if (columns := vertical_columns(lines)) is not None:
        return [*columns]
    tables: list[PageTable] = []
    if rules is not None and len(rules.horizontal) > 2 and len(rules.vertical) > 2:
        found, lines = ruled_tables(lines, rules)
        tables += found
    if not tables and not any(same_row(a, b) for a, b in pairwise(lines)):
        return list(in_reading_order(lines, page_width))
    if not tables and (columns := in_columns(lines)) is not None and not _has_stubs(lines):
        return list(columns)
    more, rest = _aligned(lines)
    tables = sorted(tables + more, key=lambda table: table.top)
    blocks: list[Block] = []
    for table in tables:
        above = [line for line in rest if (line.top + line.bottom) / 2 < table.top]
        rest = [line for line in rest if (line.top + line.bottom) / 2 >= table.top]
        blocks += [*in_reading_order(above, page_width), table]
    return [*blocks, *in_reading_order(rest, page_width)]


def _has_stubs(lines: Sequence[Line]) -> bool:
    """Whether rows of three pieces and more begin with a short one, which names the row: a table, its cells prose."""
    rows = rows_of(lines)
    first = [len(row[0].text) for row in rows if len(row) > 2]
    return len(first) > 2 and 4 * len(first) >= len(rows) and median(first) < _STUB_CHARS


def _aligned(lines: Sequence[Line]) -> tuple[list[PageTable], list[Line]]:
    """Tables without rules among the lines: neighbouring rows of several pieces; and the other lines."""
    rows = rows_of(lines)
    tables: list[PageTable] = []
    taken: set[int] = set()
    start = 0
    while start < len(rows):
        if len(rows[start]) < 2:
            start += 1
            continue
        end = start + 1
        while end < len(rows) and _goes_on(rows, start, end):
            end += 1
        while end > start and len(rows[end - 1]) < 2 and not _below_one(rows[end - 1], rows[start : end - 1]):
            end -= 1
        table = aligned_table(rows[start:end])
        if table is not None:
            tables.append(table)
            taken.update(id(line) for row in rows[start:end] for line in row)
        start = end
    return tables, [line for line in lines if id(line) not in taken]


def _goes_on(rows: Sequence[Sequence[Line]], start: int, end: int) -> bool:
    """Whether the row may be one more of a table that began at `start`: near, and in pieces or in one column of it."""
    above, row = rows[end - 1], rows[end]
    gap = min(line.top for line in row) - max(line.bottom for line in above)
    height = max(line.bottom - line.top for line in row)
    if gap > 2.2 * height:
        return False
    return len(row) > 1 or _below_one(row, rows[start:end])


def _below_one(row: Sequence[Line], rows: Sequence[Sequence[Line]]) -> bool:
    """Whether a row of one piece stands below one piece of a row in several, within its column."""
    if not rows:
        return False
    several = [other for other in rows if len(other) > 1][-1:]
    piece = row[0]
    for other in several:
        for i, line in enumerate(other):
            right = other[i + 1].x0 if i + 1 < len(other) else float("inf")
            if abs(line.x0 - piece.x0) < 3 and piece.x1 < right - 3:
                return True
    return False


def table_lines(pages: Sequence[Sequence[Block]]) -> list[list[Line]]:
    """The pages with each table as lines that stand alone: row, column, cell. A table that goes on over a page keeps
    the header it began with; one that repeats it is not read twice."""
    result: list[list[Line]] = []
    carried: tuple[PageTable, list[list[str]]] | None = None
    for blocks in pages:
        lines: list[Line] = []
        for i, block in enumerate(blocks):
            if isinstance(block, Line):
                lines.append(block)
                continue
            before = carried if carried is not None and (i == 0 or not _has_prose(blocks[:i])) else None
            written, header = _written(block, before)
            lines += written
            carried = (block, header)
        if blocks and isinstance(blocks[-1], Line):
            carried = carried if carried is not None and not _has_prose(_after_last_table(blocks)) else None
        result.append(lines)
    return result


def _after_last_table(blocks: Sequence[Block]) -> Sequence[Block]:
    last = max((i for i, block in enumerate(blocks) if isinstance(block, PageTable)), default=-1)
    return blocks[last + 1 :]


def _has_prose(blocks: Sequence[Block]) -> bool:
    """Whether more stands there than a line that tells of the next page ("continued")."""
    texts = [block.text for block in blocks if isinstance(block, Line)]
    return len(texts) > 2 or any(len(text) > 60 for text in texts) or any(isinstance(b, PageTable) for b in blocks)


def _written(table: PageTable, carried: tuple[PageTable, list[list[str]]] | None) -> tuple[list[Line], list[list[str]]]:
    """The lines of the table, and the texts of its header over each column, for its next page."""
    grid, cells = expand([[Cell("", cell.rows, cell.columns) for cell in row] for row in table.rows])
    content = _contents(table)
    texts = {place: " ".join(content[place].text.split()) if place in content else "" for place in cells}
    if _is_prose(table):
        return [line for cell in content.values() for line in cell.lines], []
    header: list[list[str]] = []
    if carried is not None and not carried[1] and _is_repeated(table, carried[0]):
        return _written(replace(table, rows=table.rows[1:]), None)[0], []
    if carried is not None and carried[1] and _continues(table, carried[0]):
        repeated = len(carried[1][0]) if _repeats(grid, texts, carried[1]) else 0
        header = carried[1]
        reading = read(grid, texts, repeated)
        if not repeated:  # names of the columns come from the page before: text without boxes
            return [
                line for record in reading.records for line in _record_lines(record, content, texts, header)
            ], header
    else:
        reading = read(grid, texts)
    lines: list[Line] = []
    if not (carried is not None and header):
        for row in reading.header:
            joined = _joined([content[place] for place in row])
            if joined is not None:
                lines.append(joined if not lines else _with(joined, start="\n"))
    for record in reading.records:
        lines += _record_lines(record, content, texts, [])
    top = 1 + max((place[0] for row in reading.header for place in row), default=-1)
    over = [[texts[p] for p in dict.fromkeys(row[c] for row in grid[:top]) if texts[p]] for c in range(len(grid[0]))]
    return lines, header or (over if top else [])


def _contents(table: PageTable) -> dict[Place, PageCell]:
    grid, _ = expand([[Cell("", cell.rows, cell.columns) for cell in row] for row in table.rows])
    places = dict.fromkeys(place for row in grid for place in row)
    cells = iter([cell for row in table.rows for cell in row])
    return {place: cell for place, cell in zip(sorted(places), cells, strict=False)}


def _continues(table: PageTable, before: PageTable) -> bool:
    return len(table.edges) == len(before.edges) and all(
        abs(a - b) < _SAME_EDGE for a, b in zip(table.edges[1:-1], before.edges[1:-1], strict=True)
    )


def _is_repeated(table: PageTable, before: PageTable) -> bool:
    """Whether the table begins with the row that it began with on the page before: a header after all."""
    first, other = ([cell.text for cell in each.rows[0]] for each in (table, before))
    return _continues(table, before) and len(table.rows) > 1 and first == other


def _repeats(grid: Sequence[Sequence[Place]], texts: dict[Place, str], header: list[list[str]]) -> bool:
    depth = max(map(len, header))
    if len(grid) < depth:
        return False
    here = [[texts[p] for p in dict.fromkeys(row[c] for row in grid[:depth]) if texts[p]] for c in range(len(grid[0]))]
    return here == header


def _is_prose(table: PageTable) -> bool:
    """Whether the table only places prose on the page."""
    filled = [cell for row in table.rows for cell in row if cell.lines]
    long = sum(len(cell.text) > _PROSE_CHARS for cell in filled)
    return long > 0.34 * len(filled)


def _record_lines(
    record: Record, content: dict[Place, PageCell], texts: dict[Place, str], header: list[list[str]]
) -> list[Line]:
    """A line for each cell of the row. header: names of the columns that stand on another page."""
    lines: list[Line] = []
    for headers, place in record.values:
        words: list[Word] = []
        gaps: list[str] = []
        lead = ""
        for part in record.name:
            for i, named in enumerate(part):
                if words:
                    gaps.append(" " if i else "\t")
                _extend(words, gaps, content[named])
        plain = ", ".join(header[place[1]]) + VALUE if header and place[1] < len(header) and header[place[1]] else ""
        mark = MARK if words else MARK.lstrip()
        if headers:
            for i, named in enumerate(headers):
                if words:
                    gaps.append(mark if not i else ", ")
                else:
                    lead = mark
                _extend(words, gaps, content[named])
            mark = VALUE
        mark += plain
        if texts[place]:
            if words:
                gaps.append(mark)
            else:
                lead = mark
            _extend(words, gaps, content[place])
            tail = ""
        else:
            tail = mark + EMPTY
        if words:
            lines.append(Line(tuple(words), tuple(gaps), lead=lead, tail=tail, start="\n" if lines else "\n\n"))
    if not record.values and record.name:
        joined = _joined([content[p] for part in record.name for p in part])
        return [_with(joined, start="\n\n")] if joined is not None else []
    return lines


def _extend(words: list[Word], gaps: list[str], cell: PageCell) -> None:
    more, between = words_of(cell)
    words += more
    gaps += between


def _joined(cells: Sequence[PageCell]) -> Line | None:
    """The cells on one line with tabs between them."""
    words: list[Word] = []
    gaps: list[str] = []
    for cell in cells:
        if cell.lines:
            if words:
                gaps.append("\t")
            _extend(words, gaps, cell)
    return Line(tuple(words), tuple(gaps)) if words else None


def _with(line: Line, *, start: str) -> Line:
    return Line(line.words, line.gaps, line.hyphen, line.lead, line.tail, start)
