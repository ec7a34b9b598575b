"""A quote holds whole figures: "个工作日内" out of "五个工作日内" would leave out the very thing that was asked."""

from __future__ import annotations

import re
from dataclasses import replace

from sparewheel.rag.types import Span

# a number in any script, with its sign, its decimals and thousands, a share or a ratio
_FIGURE = re.compile(
    r"[一二三四五六七八九十百千万]+分之[一二三四五六七八九十百]+"
    r"|[<>≤≥±+\-−]?\s?(?:\d(?:[\d.,:/×\-–]*\d)?\s?[%‰°℃]?|[零〇一二三四五六七八九十百千万萬亿億两兩半]+)"
    r"(?:(?:mg|µg|mcg|kg|ml|mL|g|mm|cm|h|U|IU)(?![A-Za-z]))?"
)


_TIMES = re.compile(r"[一二两三四五六七八九十\d]+次")
_EVERY = re.compile(r"每(?:日|天|周|月|年|晚|小时)[^，。；,;\n]{0,8}$")  # 每日评估一次
_COUNTED = re.compile(  # what a number counts, right behind it
    r"\s?(?:个?工作日|个月|学时|课时|学分|周岁|小时|分钟|平方米|公斤|千克|毫克|微克|毫升|[日天月年岁元片粒次倍份名人周％%℃])"
    r"|\s(?:(?:working|business|calendar) )?(?:days?|weeks?|months?|years?|hours?|minutes?|per ?cent|mg|mL|kg"
    r"|tablets?)\b"
)


def _only_counted(quoted: str) -> bool:
    """Whether a quote may be the thing that a number counts, alone: one or two small words without a figure."""
    return 0 < len(quoted.split()) <= 2 and quoted.islower() and not any(char.isdigit() for char in quoted)


def with_whole_figures(span: Span, text: str) -> Span:
    """The span, wider where it begins or ends inside a figure, or begins right behind one (between a number and what it
    counts)."""
    start, end = span.start, span.end
    for found in _FIGURE.finditer(text, max(0, start - 40), min(len(text), end + 40)):
        first, figure = found.start() + len(found[0]) - len(found[0].lstrip()), found[0].rstrip()
        if first < start <= found.end() and not text[start - 1].isspace():
            start = first
        elif (
            figure[-1:].isdigit()
            and text[found.start() + len(figure) : start] in (" ", "\u00a0")
            and _only_counted(text[start:end])
        ):
            start = first  # "florins" out of "100 florins"
        last = found.start() + len(figure)
        if found.start() < end < last:
            end = last
    for found in _FIGURE.finditer(text, max(0, end - 20), end):
        behind = _COUNTED.match(text, found.start() + len(found[0].rstrip()))
        if behind and behind.start() <= end < behind.end():
            end = behind.end()
    if _TIMES.fullmatch(text, start, end) and (every := _EVERY.search(text, max(0, start - 14), start)):
        start = every.start()
    return replace(span, start=start, end=end) if (start, end) != (span.start, span.end) else span
