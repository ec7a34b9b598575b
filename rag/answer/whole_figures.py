"""A quote holds whole figures: "个工作日内" out of "五个工作日内" would leave out the very thing that was asked."""

from __future__ import annotations

import re
from dataclasses import replace

from sparewheel.rag.types import Span

# a number in any script, with its sign, its decimals and thousands, a share or a ratio
_FIGURE = re.compile(
    r"[<>≤≥±+\-−]?\s?(?:\d(?:[\d.,:/×\-–]*\d)?\s?[%‰°℃]?|[零〇一二三四五六七八九十百千万萬亿億两兩半]+)"
    r"(?:mg|µg|mcg|kg|ml|mL|g|mm|cm|h|U|IU)?"
)


def with_whole_figures(span: Span, text: str) -> Span:
    """The span, wider where it begins or ends inside a figure, or begins right behind one (between a number and what it
    counts)."""
    start, end = span.start, span.end
    for found in _FIGURE.finditer(text, max(0, start - 40), min(len(text), end + 40)):
        first = found.start() + len(found[0]) - len(found[0].lstrip())
        if first < start <= found.end() and not text[start - 1].isspace():
            start = first
        if found.start() < end < found.end():
            end = found.end()
    return replace(span, start=start, end=end) if (start, end) != (span.start, span.end) else span
