"""Lines with boxes to text with offsets, for every format that has pages (PDF text, OCR).

Reading order, running headers and hyphens are settled on the lines; text, page spans and word boxes are then written
together in one pass, so the offsets are exact by construction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from statistics import median
from typing import Any, TypeVar

import numpy as np

from sparewheel.rag.ingest.formats.parsed import clean
from sparewheel.rag.text import columns
from sparewheel.rag.types import Layout, Page

Word = tuple[str, float, float, float, float]  # text without blanks, x0, top, x1, bottom
Turn = Callable[[float, float, float, float], tuple[float, float, float, float]]
_PAGE_NUMBER = re.compile(
    r"(?i)[-–—\s]*(?:page\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[-–—\s]*|第\s*\d+\s*页.*"
)
_NUMBERS_PAGE = re.compile(r"(?i)\bpage\s*\d|[|/–—-]\s*\d+\s*$|^\s*\d+\s*[|/–—-]|第\s*\d+\s*页")
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_IS_CJK = re.compile(f"[{_CJK}]")
_LABEL = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]{1,7}[编章节条]|[(（][一二三四五六七八九十\d]|[一二三四五六七八九十]{1,3}、|\d{1,3}[.、．]"
)
_COLUMN_LINES = 4  # a column of prose has at least so many,
_COLUMN_CHARS = 15  # and so many characters in most of them
_GUTTER = 6  # points between two columns, at least
_EDGE_LINES = 2  # lines at the top and at the bottom of a page among which running headers are looked for


@dataclass(frozen=True)
class Line:
    """Words on one baseline, left to right. gaps[i] stands between word i and i+1: "" or " ".
    hyphen: the line ends inside a word, at a hyphen that is not among the words. Of a cell's line: lead and tail stand
    before the first and after the last word, and start between the line before and this one."""

    words: tuple[Word, ...]
    gaps: tuple[str, ...]
    hyphen: bool = False
    lead: str = ""
    tail: str = ""
    start: str = ""

    x0: float = field(init=False, compare=False)
    top: float = field(init=False, compare=False)
    x1: float = field(init=False, compare=False)
    bottom: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _, x0, top, x1, bottom = zip(*self.words, strict=True)
        for name, value in (("x0", min(x0)), ("top", min(top)), ("x1", max(x1)), ("bottom", max(bottom))):
            object.__setattr__(self, name, value)

    @cached_property
    def text(self) -> str:
        return "".join(w[0] + g for w, g in zip(self.words, (*self.gaps, ""), strict=True))


def spread(text: str, x0: float, top: float, x1: float, bottom: float) -> Line | None:
    """A line of which only the whole box is known: each word gets its share of the width by its columns."""
    words = clean(text).split()
    if not words:
        return None
    unit = (x1 - x0) / max(columns(" ".join(words)), 1)
    placed: list[Word] = []
    left = x0
    for word in words:
        right = left + columns(word) * unit
        placed.append((word, left, top, right, bottom))
        left = right + unit
    return Line(tuple(placed), (" ",) * (len(words) - 1))


def is_wide(text: str) -> bool:
    """Whether it is one Chinese, Japanese or full-width character."""
    return len(text) == 1 and _IS_CJK.match(text) is not None


_Block = TypeVar("_Block")


def in_reading_order(lines: Sequence[Line], page_width: float) -> list[Line]:
    """The lines top to bottom, what stands on one row joined left to right.

    Columns of prose are read one after the other. A page whose lines already run downwards stays as it is, and so does
    one that seems set in columns without being clearly so: a producer writes columns one after the other.
    """
    tops = [line.top for line in lines]
    heights = [line.bottom - line.top for line in lines]
    backwards = sum(b < a - 0.5 * h for a, b, h in zip(tops, tops[1:], heights, strict=False))
    beside = sum(same_row(a, b) for a, b in pairwise(lines))
    if not backwards and not beside:
        return list(lines)
    if (columns := in_columns(lines)) is not None:
        return columns
    rows = rows_of(lines)
    wide = sum(sum(line.x1 - line.x0 > 0.25 * page_width for line in row) > 1 for row in rows)
    if wide > max(3, 0.15 * len(rows)):
        return list(lines)
    return [_joined(row) for row in rows]


def rows_of(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines from the top, those that stand beside one another as one row, left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        if rows and all(same_row(other, line) for other in rows[-1]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.x0) for row in rows]


def in_columns(lines: Sequence[Line]) -> list[Line] | None:
    """The lines of a page that is set in columns, one column after the other; None where it is not.

    A line across the columns (a heading) parts what is above it from what is below. Columns are of prose: what is short
    everywhere is a table or a form.
    """
    if len(lines) < 2 * _COLUMN_LINES:
        return None
    gutter = _gutter(lines)
    if gutter is None:
        return None
    left_end, right_start = gutter
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        if line.x0 < left_end and line.x1 > right_start:
            ordered += _band(band, right_start)
            band = []
            ordered.append(line)
        else:
            band.append(line)
    return [*ordered, *_band(band, right_start)]


def _band(lines: Sequence[Line], right_start: float) -> list[Line]:
    """Lines between two that cross the gutter: the left column, then the right one, which may be columns again."""
    left = [line for line in lines if line.x1 <= right_start]
    right = [line for line in lines if line.x1 > right_start]
    result: list[Line] = []
    for side in (left, right):
        deeper = in_columns(side)
        result += deeper if deeper is not None else [_joined(row) for row in rows_of(side)]
    return result


def _gutter(lines: Sequence[Line]) -> tuple[float, float] | None:
    """(end of the left column, beginning of the right one), where both sides are prose; None without such a place."""
    place = _emptiest(lines)
    if place is None:
        return None
    begin, end = place
    beside = [line for line in lines if line.x1 <= end + 1], [line for line in lines if line.x0 >= begin - 1]
    if not all(_is_column(side) for side in beside):
        return None
    lowest_top = max(min(line.top for line in side) for side in beside)
    return (begin, end) if min(max(line.bottom for line in side) for side in beside) > lowest_top else None


def _emptiest(lines: Sequence[Line]) -> tuple[float, float] | None:
    """From where to where across the page the fewest lines write, at most a fifth of them."""
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    width = int(right - left) + 2
    steps = [0] * (width + 1)
    for line in lines:
        steps[int(line.x0 - left)] += 1
        steps[min(int(line.x1 - left) + 1, width)] -= 1
    depths = list(accumulate(steps[:width]))
    best: tuple[int, int, int] | None = None  # lines that cross it, its width as a negative number, where it begins
    start = -1
    for x, depth in enumerate(depths):
        low = depth <= 0.2 * len(lines) and 0.12 * width < x < 0.88 * width
        if low and start < 0:
            start = x
        elif not low and start >= 0:
            if x - start >= _GUTTER:
                candidate = (min(depths[start:x]), start - x, start)
                best = min(best, candidate) if best is not None else candidate
            start = -1
    return (left + best[2], left + best[2] - best[1]) if best is not None else None


def _is_column(lines: Sequence[Line]) -> bool:
    """Whether the lines are prose set in a column: several, of several words, most of them full."""
    rows = rows_of(lines)
    if len(rows) < _COLUMN_LINES:
        return False
    wide = max(row[-1].x1 for row in rows) - min(row[0].x0 for row in rows)
    texts = [" ".join(line.text for line in row) for row in rows]
    full = sum(row[-1].x1 - row[0].x0 > 0.62 * wide for row in rows)
    chars = median(len(text) + len(_IS_CJK.findall(text)) for text in texts)
    spoken = sum(sum(c.isalpha() for c in text) > 0.6 * len(text.replace(" ", "")) for text in texts)
    return full >= 0.5 * len(rows) and chars >= _COLUMN_CHARS and spoken > 0.7 * len(rows)


def same_row(a: Line, b: Line) -> bool:
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return shared > 0.6 * min(a.bottom - a.top, b.bottom - b.top) and (a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1)


def _joined(row: Sequence[Line]) -> Line:
    words = tuple(word for line in row for word in line.words)
    gaps = [*row[0].gaps]
    for before, line in pairwise(row):
        touching = line.x0 - before.x1 < 0.08 * (line.bottom - line.top)  # pdfium breaks the line behind a raised digit
        gaps += ["" if touching else " ", *line.gaps]
    return Line(words, tuple(gaps), row[-1].hyphen)


def without_running_heads(pages: Sequence[Sequence[_Block]]) -> list[list[_Block]]:
    """The pages without page numbers and without the headers and footers that most of them repeat; tables stay.

    The first occurrence of a header stays, so no information is lost, without the number of the page that it may hold
    ("Lease | Page 3 of 9"). Other digits are compared: "SCHEDULE 2" is no header.
    """
    counts = Counter(key for lines in pages for key in {_running_key(line) for line in _edges(lines)})
    least = max(3, 0.4 * sum(bool(lines) for lines in pages))
    kept_once: set[str] = set()
    result = []
    for lines in pages:
        edges = {id(line) for line in _edges(lines)}
        kept: list[Any] = []  # blocks; mypy does not see that a line is one
        for line in lines:
            key = _running_key(line) if isinstance(line, Line) and len(pages) > 1 and id(line) in edges else ""
            if isinstance(line, Line) and key and key != line.text and counts[key] > 1:
                kept += _without_number(line) if key not in kept_once else []
                kept_once.add(key)
                continue
            if isinstance(line, Line) and key and _PAGE_NUMBER.fullmatch(line.text):
                continue
            if key and counts[key] >= least and key in kept_once:
                continue
            kept_once.add(key)
            kept.append(line)
        result.append(kept)
    return result


def _without_number(line: Line) -> list[Line]:
    """A running header without the number of its page; nothing where it says nothing else."""
    found = _NUMBERS_PAGE.search(line.text)
    assert found is not None
    end = re.match(r"(?:\s*(?:of|/|共)\s*\d+(?:\s*页)?)?", line.text[found.end() :])
    gone = range(found.start(), found.end() + (end.end() if end else 0))
    place, kept = 0, list[int]()
    for i, word in enumerate(line.words):
        if not (set(range(place, place + len(word[0]))) & set(gone)):
            kept.append(i)
        place += len(word[0]) + len((*line.gaps, "")[i])
    words = tuple(line.words[i] for i in kept)
    if not re.search(r"[^\W\d]{2}", "".join(word[0] for word in words)):
        return []
    return [Line(words, tuple(line.gaps[i - 1] for i in kept[1:]))]


def _edges(blocks: Sequence[object]) -> list[Line]:
    outer = blocks if len(blocks) <= 2 * _EDGE_LINES else [*blocks[:_EDGE_LINES], *blocks[-_EDGE_LINES:]]
    return [block for block in outer if isinstance(block, Line)]


def _running_key(line: Line) -> str:
    """Equal for two lines that are the same header; other than the text where the line numbers its page."""
    text = line.text
    return re.sub(r"\d+", "#", text) + "\0" if _NUMBERS_PAGE.search(text) else text


def write(
    pages: Sequence[Sequence[Line]], sizes: Sequence[tuple[float, float]], turns: Mapping[int, Turn] | None = None
) -> tuple[str, tuple[Page, ...], Layout]:
    """The text, where each page lies in it, and the box of each word. turns: for a page (0-based) whose lines were laid
    out turned upright, from there to the page as it is shown."""
    vocabulary = _vocabulary(pages) if any(line.hyphen for lines in pages for line in lines) else frozenset()
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    boxes: list[tuple[float, float, float, float]] = []
    numbers: list[int] = []
    page_spans: list[Page] = []
    length = 0
    before: Line | None = None
    for number, lines in enumerate(pages, 1):
        turn = turns.get(number - 1) if turns else None
        pitch = _pitch(lines)
        right = max((line.x1 for line in lines), default=0.0)
        page_start = -1
        for index, line in enumerate(lines):
            if before is not None:
                gap = _between(before, line, pitch, right, vocabulary, new_page=index == 0)
                parts.append(gap)
                length += len(gap)
            page_start = length if page_start < 0 else page_start
            parts.append(line.lead)
            length += len(line.lead)
            for word, gap in zip(line.words, (*line.gaps, ""), strict=True):
                end = length + len(word[0])
                spans.append((length, end))
                parts += (word[0], gap)
                length = end + len(gap)
            boxes += [turn(*word[1:]) for word in line.words] if turn else [word[1:] for word in line.words]
            parts.append(line.tail)
            length += len(line.tail)
            numbers += [number] * len(line.words)
            before = line
        page_spans.append(Page(number, length if page_start < 0 else page_start, length))
    layout = Layout(
        spans=np.array(spans, np.int32).reshape(-1, 2),
        pages=np.array(numbers, np.int32),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        sizes=np.array(sizes, np.float32).reshape(-1, 2),
    )
    return "".join(parts), tuple(page_spans), layout


def _pitch(lines: Sequence[Line]) -> float:
    """Usual distance between the baselines of the page, points."""
    steps = [b.bottom - a.bottom for a, b in pairwise(lines) if b.bottom > a.bottom + 1]
    return median(steps) if steps else 0.0


def _between(a: Line, b: Line, pitch: float, right: float, vocabulary: frozenset[str], *, new_page: bool) -> str:
    """What stands between two lines: nothing or a hyphen inside a word, a line end, or a blank line."""
    if a.start or b.start:
        return b.start or "\n\n"
    if a.hyphen:
        return _hyphen(a.words[-1][0], b.words[0][0], vocabulary)
    last, first = a.words[-1][0][-1], b.words[0][0][0]
    if _is_vertical(a) and _is_vertical(b):
        return "" if last not in "。！？" else "\n"
    if new_page:
        runs_on = first.islower() or (_IS_CJK.match(first) and _IS_CJK.match(last) and last not in "。！？；：")
        return "\n" if runs_on else "\n\n"
    if pitch and not 0 < b.bottom - a.bottom <= 1.35 * max(pitch, b.bottom - b.top):
        return "\n\n"
    wrapped = a.x1 > right - 2.5 * (a.bottom - a.top) and not _LABEL.match(b.text[:10]) and last not in "。："
    return "" if wrapped and _is_set_tight(a.text, last, first) else "\n"


def _is_vertical(line: Line) -> bool:
    return len(line.words) > 1 and line.bottom - line.top > 2 * (line.x1 - line.x0)


def _is_set_tight(line: str, last: str, first: str) -> bool:
    """Whether the line is Chinese, which wraps inside words and numbers, and not between two Latin words."""
    if last.isascii() and first.isascii() and (last.isalpha() or first.isalpha()):
        return False
    return 2 * len(_IS_CJK.findall(line)) > len(line)


def _hyphen(left: str, right: str, vocabulary: frozenset[str]) -> str:
    """ "" where the hyphen only marked the line end, "-" where the word is written with one."""
    head, tail = left.strip("\"'“‘(").casefold(), re.split(r"[^\w]", right.casefold())[0]
    if f"{head}-{tail}" in vocabulary or not tail[:1].islower():
        return "-"
    if head + tail in vocabulary:
        return ""
    return "-" if len(tail) > 3 and tail in vocabulary else ""


def _vocabulary(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    """The words of the document, with inner hyphens, without the halves at hyphenated line ends."""
    found: set[str] = set()
    cut = False
    for line in (line for lines in pages for line in lines):
        words = line.words[int(cut) : len(line.words) - int(line.hyphen)]
        found.update(word[0].casefold().strip("\"'“”‘’().,;:?!") for word in words)
        cut = line.hyphen
    return frozenset(found)
