"""Tables on a printed page: from the lines that rule them, or from cells that stand in columns without lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

from sparewheel.rag.ingest.formats.page_text import Line, Word, same_row
from sparewheel.rag.ingest.formats.pdf_rules import Rules
from sparewheel.rag.ingest.formats.tables import is_number

_NEAR = 2.5  # points; rules that lie closer are one
_COVERED = 0.6  # of a cell's side, for the rule to be its border
_GUTTER = 4.5  # points; columns without rules stand at least this far apart
_MOST_RULES = 4000  # of a page; a drawing has more
_WORDS_APART = 0.45  # times the height of the line; words of one cell stand closer
_PROSE_WORDS = 40  # a cell with more is prose
_LABEL = re.compile(r"(?:[(（]?\w{1,4}[)）.]|\d+(?:\.\d+)+\.?|[•●▪■□☐☒–—*·o-])")
_LEADERS = re.compile(r"[.·…]{4,}|(?:\. ){4,}")


@dataclass(frozen=True, slots=True)
class PageCell:
    """lines: what is written in it, top to bottom. rows, columns: how many of the grid it spans."""

    lines: tuple[Line, ...] = ()
    rows: int = 1
    columns: int = 1

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class PageTable:
    """rows: a spanning cell once, where it begins. edges: x of the columns' borders."""

    rows: tuple[tuple[PageCell, ...], ...]
    edges: tuple[float, ...]
    top: float
    bottom: float

    @property
    def text(self) -> str:
        return " ".join(cell.text for row in self.rows for cell in row)


def ruled_tables(lines: Sequence[Line], rules: Rules) -> tuple[list[PageTable], list[Line]]:
    """The tables that the rules draw, and the lines outside them."""
    if len(rules.horizontal) + len(rules.vertical) > _MOST_RULES:
        return [], list(lines)
    tables: list[PageTable] = []
    rest = list(lines)
    for xs, ys in _grids(rules):
        inside, outside = _within(rest, xs[0], ys[0], xs[-1], ys[-1])
        table = _filled(inside, xs, ys, rules) if inside else None
        if table is not None:
            tables.append(table)
            rest = outside
    return tables, rest


def _grids(rules: Rules) -> Iterator[tuple[list[float], list[float]]]:
    """Column and row borders of each group of rules that touch one another, with two columns and two rows at least."""
    horizontal = _merged(rules.horizontal)
    vertical = _merged(rules.vertical)
    parent = list(range(len(horizontal) + len(vertical)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, (y, x0, x1) in enumerate(horizontal):
        for j, (x, top, bottom) in enumerate(vertical, len(horizontal)):
            if x0 - _NEAR <= x <= x1 + _NEAR and top - _NEAR <= y <= bottom + _NEAR:
                parent[root(i)] = root(j)
    groups: dict[int, tuple[list[float], list[float]]] = {}
    for i in range(len(parent)):
        xs, ys = groups.setdefault(root(i), ([], []))
        if i < len(horizontal):
            ys.append(horizontal[i][0])
        else:
            xs.append(vertical[i - len(horizontal)][0])
    for xs, ys in groups.values():
        xs, ys = _positions(xs), _positions(ys)
        if len(xs) > 2 and len(ys) > 2:
            yield xs, ys


def _merged(rules: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Rules at one place that touch end to end as one."""
    merged: list[tuple[float, float, float]] = []
    for place, start, end in sorted(rules, key=lambda rule: (round(rule[0]), rule[1])):
        if merged and abs(merged[-1][0] - place) < 1.5 and start <= merged[-1][2] + _NEAR:
            merged[-1] = (merged[-1][0], merged[-1][1], max(merged[-1][2], end))
        else:
            merged.append((place, start, end))
    return merged


def _positions(values: Sequence[float]) -> list[float]:
    """The values in order, those nearer than `_NEAR` as one."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return found


def _within(lines: Sequence[Line], x0: float, top: float, x1: float, bottom: float) -> tuple[list[Line], list[Line]]:
    """The parts of the lines inside the rectangle, and those outside."""
    inside: list[Line] = []
    outside: list[Line] = []
    for line in lines:
        middle = (line.top + line.bottom) / 2
        if not top < middle < bottom or line.x1 < x0 or line.x0 > x1:
            outside.append(line)
            continue
        for is_in, part in _parts(line, lambda word: x0 - 1 < (word[1] + word[3]) / 2 < x1 + 1):
            (inside if is_in else outside).append(part)
    return inside, outside


def _parts(line: Line, key: object) -> Iterator[tuple[object, Line]]:
    """The line cut wherever the key of its words changes: (key, part)."""
    assert callable(key)
    keys = [key(word) for word in line.words]
    start = 0
    for end in range(1, len(keys) + 1):
        if end == len(keys) or keys[end] != keys[start]:
            hyphen = line.hyphen and end == len(keys)
            yield keys[start], Line(line.words[start:end], line.gaps[start : end - 1], hyphen)
            start = end


def _filled(lines: Sequence[Line], xs: list[float], ys: list[float], rules: Rules) -> PageTable | None:
    """The table with its text; None where the rules enclose no table."""
    columns, rows = len(xs) - 1, len(ys) - 1
    if columns * rows > 20_000:
        return None
    owner = _owners(xs, ys, rules)
    texts: dict[tuple[int, int], list[Line]] = {}
    for line in lines:
        r = _slot(ys, (line.top + line.bottom) / 2)
        for c, part in _parts(line, lambda word: _slot(xs, (word[1] + word[3]) / 2)):
            assert isinstance(c, int)
            texts.setdefault(owner[r, c], []).append(part)
    if len({place[1] for place in texts}) < 2 or len(texts) < 3:
        return None
    used = [c for c in range(columns) if any(p[1] == c for p in texts)]
    grid: list[tuple[PageCell, ...]] = []
    for r in range(rows):
        cells = []
        for c in range(columns):
            if owner[r, c] == (r, c):
                high = sum(owner[i, c] == (r, c) for i in range(r, rows))
                wide = sum(owner[r, j] == (r, c) for j in range(c, columns))
                cells.append(PageCell(tuple(_in_order(texts.get((r, c), []))), high, wide))
        grid.append(tuple(cells))
    return PageTable(tuple(grid), tuple(xs), ys[0], ys[-1]) if used else None


def _owners(xs: list[float], ys: list[float], rules: Rules) -> dict[tuple[int, int], tuple[int, int]]:
    """For each place of the grid the cell it belongs to: places without a rule between them are one cell."""
    columns, rows = len(xs) - 1, len(ys) - 1
    left: dict[int, list[tuple[float, float]]] = {}
    for x, a, b in rules.vertical:
        left.setdefault(_nearest(xs, x), []).append((a, b))
    above: dict[int, list[tuple[float, float]]] = {}
    for y, a, b in rules.horizontal:
        above.setdefault(_nearest(ys, y), []).append((a, b))
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for r in range(rows):
        for c in range(columns):
            if (r, c) in owner:
                continue
            wide = 1
            while (
                c + wide < columns
                and (r, c + wide) not in owner
                and not _covers(left.get(c + wide, ()), ys[r], ys[r + 1])
            ):
                wide += 1
            high = 1
            while r + high < rows and not any(
                _covers(above.get(r + high, ()), xs[j], xs[j + 1]) for j in range(c, c + wide)
            ):
                high += 1
            for i in range(r, r + high):
                for j in range(c, c + wide):
                    owner.setdefault((i, j), (r, c))
    return owner


def _covers(rules: Sequence[tuple[float, float]], start: float, end: float) -> bool:
    covered = sum(max(0.0, min(b, end) - max(a, start)) for a, b in _joined_spans(rules))
    return covered > _COVERED * (end - start)


def _joined_spans(spans: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    last: tuple[float, float] | None = None
    for a, b in sorted(spans):
        if last is not None and a <= last[1]:
            last = (last[0], max(last[1], b))
        else:
            if last is not None:
                yield last
            last = (a, b)
    if last is not None:
        yield last


def _nearest(places: Sequence[float], value: float) -> int:
    return min(range(len(places)), key=lambda i: abs(places[i] - value))


def _slot(edges: Sequence[float], value: float) -> int:
    """Between which edges the value lies, 0-based."""
    return min(max(sum(edge <= value for edge in edges) - 1, 0), len(edges) - 2)


def _in_order(lines: Sequence[Line]) -> list[Line]:
    """Lines of a cell from the top, those on one row left to right."""
    ordered: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        if ordered and same_row(ordered[-1][0], line):
            ordered[-1].append(line)
        else:
            ordered.append([line])
    return [line for row in ordered for line in sorted(row, key=lambda line: line.x0)]


def aligned_table(rows: Sequence[Sequence[Line]]) -> PageTable | None:
    """The rows, each with its pieces from left to right, as a table without rules; None where they are none."""
    several = [row for row in rows if len(row) > 1]
    if len(several) < 3 or len(several) < 0.5 * len(rows):
        return None
    rows = _cut(rows)
    edges = _column_edges(rows)
    columns = len(edges) - 1
    if columns < 2 or (columns == 2 and len(several) < 3):
        return None
    placed = [_placed(row, edges) for row in rows]
    merged = _unwrapped(placed)
    cells = [cell for row in merged for cell in row]
    if not _is_table(merged, columns) or any(len(cell.lines) > 8 for cell in cells):
        return None
    lines = [line for row in rows for line in row]
    top, bottom = min(line.top for line in lines), max(line.bottom for line in lines)
    return PageTable(tuple(tuple(row) for row in merged), tuple(edges), top, bottom)


def _column_edges(rows: Sequence[Sequence[Line]]) -> list[float]:
    """Borders of the columns: where the fewest rows write in each gap that hardly a row writes in."""
    left, depths = _cover(rows)
    most = max(1, len(rows) // 10) if len(rows) > 3 else 0
    right = max(line.x1 for row in rows for line in row)
    edges = [left]
    for start, end in _gaps(depths, most):
        least = min(depths[start:end])
        emptiest = [x for x in range(start, end) if depths[x] == least]
        edges.append(left + (emptiest[0] + emptiest[-1] + 1) / 2)
    return [*edges, right + 1]


def _cover(rows: Sequence[Sequence[Line]]) -> tuple[float, list[int]]:
    """Where the text begins, and over how many pieces each point from there on lies."""
    lines = [line for row in rows for line in row]
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    width = int(right - left) + 2
    steps = [0] * (width + 1)
    for line in lines:
        steps[int(line.x0 - left)] += 1
        steps[min(int(line.x1 - left) + 1, width)] -= 1
    return left, list(accumulate(steps[:width]))


def _gaps(depths: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """(start, end) of the places that at most so many pieces cover, wide enough for a gap between columns."""
    start = 0
    for x, depth in enumerate(depths):
        if depth <= most:
            start = start or x
        else:
            if start and x - start >= _GUTTER:
                yield start, x
            start = 0


def _cut(rows: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The rows with their pieces cut where a wide gap between words lies over a gap between columns."""
    left, depths = _cover(rows)
    most = max(1, len(rows) // 10) if len(rows) > 3 else 0
    gaps = [(left + start, left + end) for start, end in _gaps(depths, most)]
    return [[piece for line in row for piece in _cut_at(line, gaps)] for row in rows]


def _cut_at(line: Line, gaps: Sequence[tuple[float, float]]) -> Iterator[Line]:
    """The line in pieces: within each gap between columns at its widest gap between words, if that is wide enough."""
    least = _WORDS_APART * (line.bottom - line.top)
    places: set[int] = set()
    for low, high in gaps:
        inside = [
            (b[1] - a[3], i)
            for i, (a, b) in enumerate(pairwise(line.words), 1)
            if b[1] - a[3] > least and a[3] < high and b[1] > low
        ]
        if inside:
            places.add(max(inside)[1])

    start = 0
    for end in range(1, len(line.words) + 1):
        if end == len(line.words) or end in places:
            yield Line(line.words[start:end], line.gaps[start : end - 1], line.hyphen and end == len(line.words))
            start = end


def _placed(row: Sequence[Line], edges: Sequence[float]) -> list[PageCell]:
    """The cells of a row; a piece that lies over several columns spans them."""
    cells: list[PageCell] = []
    at = 0
    for line in row:
        first, last = _slot(edges, line.x0 + 1), _slot(edges, line.x1 - 1)
        first = (
            max(first, at - 1) if cells and cells[-1].lines and first < at else max(first, at) if last >= at else at - 1
        )
        if first < at:  # a second piece in the cell before
            cells[-1] = PageCell((*cells[-1].lines, line), 1, cells[-1].columns)
            continue
        cells += [PageCell()] * (first - at)
        cells.append(PageCell((line,), 1, last - first + 1))
        at = last + 1
    return [*cells, *[PageCell()] * (len(edges) - 1 - at)]


def _unwrapped(rows: list[list[PageCell]]) -> list[list[PageCell]]:
    """The rows with those that only go on with the cells above joined to them."""
    steps = [b - a for a, b in zip(map(_middle, rows), map(_middle, rows[1:]), strict=False)]
    usual = median(steps) if steps else 0.0
    merged: list[list[PageCell]] = []
    for i, row in enumerate(rows):
        filled = [j for j, cell in enumerate(row) if cell.lines]
        tight = i > 0 and steps[i - 1] < 0.8 * usual
        goes_on = (
            bool(merged)
            and bool(filled)
            and len(row) == len(merged[-1])
            and all(merged[-1][j].lines for j in filled)
            and not row[0].lines
            and not any(is_number(row[j].text) for j in filled)
            and (tight or all(row[j].text[:1].islower() or row[j].text[:1] in "(&" for j in filled))
        )
        if goes_on or (tight and bool(merged) and len(row) == len(merged[-1]) and len(filled) < len(row)
                       and all(merged[-1][j].lines for j in filled)):  # fmt: skip
            merged[-1] = [PageCell((*a.lines, *b.lines), 1, a.columns) for a, b in zip(merged[-1], row, strict=True)]
        else:
            merged.append(row)
    return merged


def _middle(row: Sequence[PageCell]) -> float:
    lines = [line for cell in row for line in cell.lines]
    return sum((line.top + line.bottom) / 2 for line in lines) / max(len(lines), 1)


def _is_table(rows: list[list[PageCell]], columns: int) -> bool:
    """Whether the cells are short, and not a numbered list, a table of contents, a form or columns of prose."""
    filled = [cell for row in rows for cell in row if cell.lines]
    words = [sum(len(line.words) for line in cell.lines) for cell in filled]
    if not filled or max(words) > _PROSE_WORDS or sum(words) > 7 * len(filled):
        return False
    first = [row[0].text for row in rows if row[0].lines]
    labels = sum(_LABEL.fullmatch(text) is not None for text in first)
    if not first or (labels > 0.6 * len(first) and columns < 4):
        return False
    if sum(cell.text.endswith((":", "：")) for cell in filled) > 0.25 * len(filled):
        return False
    text = " ".join(cell.text for cell in filled)
    if _LEADERS.search(text) or "___" in text:
        return False
    right = [cell.text for row in rows[1:] for cell in row[1:] if cell.lines]
    numbers = sum(is_number(text) for text in right)
    full = sum(sum(bool(cell.lines) for cell in row) * 2 > columns for row in rows)
    if columns == 2:
        return numbers > 0.6 * len(right) and full > 0.7 * len(rows)
    return full > 0.6 * len(rows) and (numbers > 0.3 * len(right) or _lines_up(rows, columns))


def _lines_up(rows: list[list[PageCell]], columns: int) -> bool:
    """Whether the cells of every column share an edge."""
    for c in range(columns):
        cells = [row[c] for row in rows if len(row) == columns and row[c].lines]
        for edge in ("x0", "x1"):
            places = [round(getattr(cell.lines[0], edge)) for cell in cells]
            if places and max(places.count(p) + places.count(p + 1) for p in set(places)) >= 0.7 * len(places):
                break
        else:
            return False
    return True


def words_of(cell: PageCell) -> tuple[list[Word], list[str]]:
    """The words of a cell and what stands between them, its lines joined."""
    words: list[Word] = []
    gaps: list[str] = []
    before: Line | None = None
    for line in cell.lines:
        if before is not None:
            last, first = words[-1][0][-1], line.words[0][0][0]
            wide = last > "\u2e7f" and first > "\u2e7f"
            gaps.append("" if wide or before.hyphen else " ")
        words += line.words
        gaps += line.gaps
        before = line
    return words, gaps
