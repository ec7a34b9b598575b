"""Lines with boxes to text with offsets, for every format that has pages (PDF text, OCR).

Reading order, running headers and hyphens are settled on the lines; text, page spans and word boxes are then written
together in one pass, so the offsets are exact by construction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

import numpy as np

from sparewheel.rag.types import Layout, Page

Word = tuple[str, float, float, float, float]  # text without blanks, x0, top, x1, bottom
_PAGE_NUMBER = re.compile(
    r"(?i)[-–—\s]*(?:page\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[-–—\s]*|第\s*\d+\s*页.*"
)
_NUMBERS_PAGE = re.compile(r"(?i)\bpage\s*\d|[|/–—-]\s*\d+\s*$|^\s*\d+\s*[|/–—-]|第\s*\d+\s*页")
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_IS_CJK = re.compile(f"[{_CJK}]")
_LABEL = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]{1,7}[编章节条]|[(（][一二三四五六七八九十\d]|[一二三四五六七八九十]{1,3}、|\d{1,3}[.、．]"
)
_EDGE_LINES = 2  # lines at the top and at the bottom of a page among which running headers are looked for


@dataclass(frozen=True)
class Line:
    """Words on one baseline, left to right. gaps[i] stands between word i and i+1: "" or " ".
    hyphen: the line ends inside a word, at a hyphen that is not among the words."""

    words: tuple[Word, ...]
    gaps: tuple[str, ...]
    hyphen: bool = False

    @cached_property
    def text(self) -> str:
        return "".join(w[0] + g for w, g in zip(self.words, (*self.gaps, ""), strict=True))

    @cached_property
    def x0(self) -> float:
        return min(w[1] for w in self.words)

    @cached_property
    def x1(self) -> float:
        return max(w[3] for w in self.words)

    @cached_property
    def top(self) -> float:
        return min(w[2] for w in self.words)

    @cached_property
    def bottom(self) -> float:
        return max(w[4] for w in self.words)


def in_reading_order(lines: Sequence[Line], page_width: float) -> list[Line]:
    """The lines top to bottom, what stands on one row joined left to right.

    A page whose lines already run downwards, and one set in columns, stays as it is: a producer writes columns one
    after the other, which is their reading order.
    """
    tops = [line.top for line in lines]
    heights = [line.bottom - line.top for line in lines]
    backwards = sum(b < a - 0.5 * h for a, b, h in zip(tops, tops[1:], heights, strict=False))
    beside = sum(_same_row(a, b) for a, b in pairwise(lines))
    if not backwards and not beside:
        return list(lines)
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        if rows and _same_row(rows[-1][0], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    wide = sum(sum(line.x1 - line.x0 > 0.25 * page_width for line in row) > 1 for row in rows)
    if wide > max(3, 0.15 * len(rows)):
        return list(lines)
    return [_joined(sorted(row, key=lambda line: line.x0)) for row in rows]


def _same_row(a: Line, b: Line) -> bool:
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return shared > 0.6 * min(a.bottom - a.top, b.bottom - b.top) and (a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1)


def _joined(row: Sequence[Line]) -> Line:
    words = tuple(word for line in row for word in line.words)
    gaps: list[str] = []
    for line in row:
        gaps += [*line.gaps, " "]
    return Line(words, tuple(gaps[:-1]), row[-1].hyphen)


def without_running_heads(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without page numbers and without the headers and footers that most of them repeat.

    The first occurrence of a header stays, so no information is lost, unless it numbers the page ("Lease | Page 3 of
    9"). Other digits are compared: "SCHEDULE 2" is no header.
    """
    counts = Counter(key for lines in pages for key in {_running_key(line) for line in _edges(lines)})
    least = max(3, 0.4 * sum(bool(lines) for lines in pages))
    kept_once: set[str] = set()
    result = []
    for lines in pages:
        edges = {id(line) for line in _edges(lines)}
        kept = []
        for line in lines:
            key = _running_key(line) if len(pages) > 1 and id(line) in edges else ""
            if key and (_PAGE_NUMBER.fullmatch(line.text) or (key != line.text and counts[key] > 1)):
                continue
            if key and counts[key] >= least and key in kept_once:
                continue
            kept_once.add(key)
            kept.append(line)
        result.append(kept)
    return result


def _edges(lines: Sequence[Line]) -> Sequence[Line]:
    if len(lines) <= 2 * _EDGE_LINES:
        return lines
    return [*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:]]


def _running_key(line: Line) -> str:
    """Equal for two lines that are the same header; other than the text where the line numbers its page."""
    text = line.text
    return re.sub(r"\d+", "#", text) + "\0" if _NUMBERS_PAGE.search(text) else text


def write(
    pages: Sequence[Sequence[Line]], sizes: Sequence[tuple[float, float]]
) -> tuple[str, tuple[Page, ...], Layout]:
    """The text, where each page lies in it, and the box of each word."""
    vocabulary = _vocabulary(pages) if any(line.hyphen for lines in pages for line in lines) else frozenset()
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    boxes: list[tuple[float, float, float, float]] = []
    numbers: list[int] = []
    page_spans: list[Page] = []
    length = 0
    before: Line | None = None
    for number, lines in enumerate(pages, 1):
        pitch = _pitch(lines)
        right = max((line.x1 for line in lines), default=0.0)
        page_start = -1
        for index, line in enumerate(lines):
            if before is not None:
                gap = _between(before, line, pitch, right, vocabulary, new_page=index == 0)
                parts.append(gap)
                length += len(gap)
            page_start = length if page_start < 0 else page_start
            for word, gap in zip(line.words, (*line.gaps, ""), strict=True):
                spans.append((length, length + len(word[0])))
                boxes.append(word[1:])
                parts.append(word[0] + gap)
                length += len(word[0]) + len(gap)
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
    if a.hyphen:
        return _hyphen(a.words[-1][0], b.words[0][0], vocabulary)
    last, first = a.words[-1][0][-1], b.words[0][0][0]
    if new_page:
        runs_on = first.islower() or (_IS_CJK.match(first) and _IS_CJK.match(last) and last not in "。！？；：")
        return "\n" if runs_on else "\n\n"
    if pitch and not 0 < b.bottom - a.bottom <= 1.35 * max(pitch, b.bottom - b.top):
        return "\n\n"
    wrapped = a.x1 > right - 2.5 * (a.bottom - a.top) and not _LABEL.match(b.text[:10]) and last not in "。："
    return "" if wrapped and _is_set_tight(a.text, last, first) else "\n"


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
