"""The words of a PDF page with their boxes, in lines as pdfium finds them, cut where they stand far apart."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sparewheel.rag.ingest.formats.page_text import Line, Turn, Word
from sparewheel.rag.ingest.formats.parsed import clean
from sparewheel.rag.ingest.formats.symbols import superscript

# A word, or one Chinese, Japanese or Korean character: each of these gets a box of its own.
_WIDE = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_TOKEN = re.compile(rf"[{_WIDE}]|[^\s\x00-\x1f\x7f\ufffe{_WIDE}]+")
_HYPHENS = "\x02\ufffe"  # what pdfium puts where a word is divided at a line end
_PLAIN_GAPS = ("", " ", "\r\n")  # what stands between most words
_LATIN_END = "\u2e7f"  # wide characters come after it
_WIDE_GAP = 0.9  # times the height of the line; words further apart may stand in two columns
_RAISABLE = re.compile(r"[^\W_](?=.*\d)|\)(?=\d)")  # a digit behind a letter, a digit or a bracket may be raised
_EDGE = 2.0  # points beyond the page that still count as on it
_LEAST = 0.5  # points: less high is not read by anybody
_SMALLER = 0.82  # of the height of the characters before it, and above their foot: raised

Transform = Callable[[float, float, float, float], tuple[float, float, float, float]]


def raw_text(pdfium: Any, textpage: Any) -> str:
    """The characters of the page, one for each that pdfium counts."""
    raw: str = textpage.get_text_range()
    count = textpage.count_chars()
    if len(raw) != count:  # characters beyond U+FFFF, or some that pdfium leaves out of the range
        raw = "".join(map(_character, (pdfium.raw.FPDFText_GetUnicode(textpage, i) for i in range(count))))
    return raw


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def lines_of(pdfium: Any, textpage: Any, raw: str, place: Transform) -> list[Line]:
    """The lines; raised digits as such (10⁹), soft hyphens and ligatures as what they stand for."""
    rect = pdfium.raw.FS_RECTF()
    box, address, handle = pdfium.raw.FPDFText_GetLooseCharBox, ctypes.byref(rect), textpage.raw
    plain = raw.isascii()
    lines: list[Line] = []
    words: list[Word] = []
    gaps: list[str] = []
    end = 0
    for found in _TOKEN.finditer(raw):
        between, start = raw[end : found.start()], found.start()
        end = found.end()
        text = found.group()
        if not plain and not text.isascii() and not (text := clean(text.replace("\u00ad", "-"))):
            continue
        box(handle, start, address)
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        if end - start > 1:
            box(handle, end - 1, address)
            if not text.isalpha() and text[0] < _LATIN_END and _RAISABLE.search(text):
                text = _with_raised(box, handle, rect, start, found.group(), text)
                box(handle, end - 1, address)
            left, right = min(left, rect.left), max(right, rect.right)
            bottom, top = min(bottom, rect.bottom), max(top, rect.top)
        word = (text, *place(left, bottom, right, top))
        if words:
            last = words[-1]
            hyphen = between not in _PLAIN_GAPS and any(c in between for c in _HYPHENS)
            apart = word[1] - last[3] > _WIDE_GAP * (word[4] - word[2])
            if hyphen or apart or "\n" in between or _turns_back(last, word):
                lines.append(Line(tuple(words), tuple(gaps), hyphen))
                words, gaps = [word], []
                continue
            real = text > _LATIN_END and between != "" and not pdfium.raw.FPDFText_IsGenerated(handle, start - 1)
            gaps.append(_gap(last, word, between, real))
        words.append(word)
    if words:
        lines.append(Line(tuple(words), tuple(gaps)))
    return lines


def on_page(lines: Sequence[Line], width: float, height: float) -> tuple[list[Line], int]:
    """The lines without words that nobody sees, as they lie off the page or are too small; and how many those were."""

    right, foot = width + _EDGE, height + _EDGE

    def is_seen(word: Word) -> bool:
        _, x0, top, x1, bottom = word
        return x1 > -_EDGE and x0 < right and bottom > -_EDGE and top < foot and bottom - top > _LEAST

    kept, gone = list[Line](), 0
    if _is_beside(lines, width, height):
        return [*lines], 0
    for line in lines:
        inside = line.x0 > -_EDGE and line.x1 < right and line.top > -_EDGE and line.bottom < foot
        if inside and all(word[4] - word[2] > _LEAST for word in line.words):
            kept.append(line)
            continue
        seen = [i for i, word in enumerate(line.words) if is_seen(word)]
        gone += len(line.words) - len(seen)
        if len(seen) == len(line.words) and -width < line.x0 and line.x1 < 2 * width:
            kept.append(line)
        elif seen:
            gaps = tuple(line.gaps[i - 1] for i in seen[1:])
            words = tuple(_within(line.words[i], width, height) for i in seen)
            kept.append(replace(line, words=words, gaps=gaps))
    return kept, gone


def _is_beside(lines: Sequence[Line], width: float, height: float) -> bool:
    """Whether none of the text lies on the sheet and all of it would on one turned on its side: the program that wrote
    it stated the sheet's sides the wrong way round. PDF counts from the lower left corner."""

    def is_off(line: Line) -> bool:
        return line.x0 > width or line.top > height or line.x1 < 0 or line.bottom < 0

    def fits(line: Line) -> bool:
        return line.x0 >= 0 and line.x1 <= height and line.top >= height - width and line.bottom <= height

    return bool(lines) and all(is_off(line) and fits(line) for line in lines)


def _within(word: Word, width: float, height: float) -> Word:
    """The word with its box cut at the edges of the page: a broken font makes boxes of any size."""
    text, x0, top, x1, bottom = word
    return text, max(x0, -_EDGE), max(top, -_EDGE), min(x1, width + _EDGE), min(bottom, height + _EDGE)


def _with_raised(box: Any, handle: Any, rect: Any, start: int, shown: str, text: str) -> str:
    """The word with the digits that stand raised in it written so."""
    if len(shown) != len(text) or len(shown) > 40:
        return text
    feet: list[float] = []
    heights: list[float] = []
    for i in range(len(shown)):
        box(handle, start + i, ctypes.byref(rect))
        feet.append(min(rect.bottom, rect.top))
        heights.append(abs(rect.top - rect.bottom))
    tallest = max(heights)
    foot = min(f for f, h in zip(feet, heights, strict=True) if h == tallest)
    raised = [h < _SMALLER * tallest and f > foot + 0.12 * tallest for f, h in zip(feet, heights, strict=True)]
    if not any(raised) or all(raised):
        return text
    pieces: list[str] = []
    for is_raised, group in groupby(zip(raised, text, strict=True), key=lambda pair: pair[0]):
        piece = "".join(c for _, c in group)
        pieces.append(superscript(piece, "".join(pieces)) if is_raised and pieces else piece)
    return "".join(pieces)


def _turns_back(last: Word, word: Word) -> bool:
    """Whether a word that pdfium puts on the same line stands clearly below or above it."""
    return word[2] > last[4] or word[4] < last[2]


def _gap(last: Word, word: Word, between: str, real: bool) -> str:
    """ "" inside a run of characters and between Chinese characters that only look spaced (no real blank), else " "."""
    if not between:
        return ""
    wide = last[0][-1] > _LATIN_END and word[0][0] > _LATIN_END
    return "" if wide and not real and word[1] - last[3] < 0.35 * (last[4] - last[2]) else " "


def upright_of(pdfium: Any, page: Any, textpage: Any, raw: str) -> int:
    """The rotation, degrees clockwise, at which most of the page's text is upright."""
    sample = [i for i in range(0, len(raw), max(1, len(raw) // 40)) if not raw[i].isspace()][:40]
    angles = Counter(round(math.degrees(pdfium.raw.FPDFText_GetCharAngle(textpage.raw, i)) / 90) % 4 for i in sample)
    quarter, count = angles.most_common(1)[0] if angles else (0, 0)
    return -int(quarter) * 90 % 360 if 2 * count > len(sample) else int(page.get_rotation())


def to_screen(page: Any, rotation: int) -> Transform:
    """From PDF user space to points from the top left of the page as it is shown at this rotation."""
    left, bottom, right, top = page.get_bbox()
    if rotation == 90:
        return lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left)
    if rotation == 180:
        return lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom)
    if rotation == 270:
        return lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0)
    return lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0)


def turn_of(page: Any, upright: int) -> Turn:
    """From points of the page turned upright to points of the page as it is shown."""
    left, bottom, right, top = page.get_bbox()
    shown = to_screen(page, page.get_rotation())
    if upright == 90:
        return lambda x0, y0, x1, y1: shown(y0 + left, x0 + bottom, y1 + left, x1 + bottom)
    if upright == 180:
        return lambda x0, y0, x1, y1: shown(right - x1, y0 + bottom, right - x0, y1 + bottom)
    if upright == 270:
        return lambda x0, y0, x1, y1: shown(right - y1, top - x1, right - y0, top - x0)
    return lambda x0, y0, x1, y1: shown(x0 + left, top - y1, x1 + left, top - y0)
