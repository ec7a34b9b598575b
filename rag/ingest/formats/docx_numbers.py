"""The numbers a word processor shows before numbered paragraphs; the file keeps only how to count them.

Without them nobody could ask for clause 5.2. Source: ECMA-376 part 1, section 17.9 (numbering).
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CN_DIGITS = "零一二三四五六七八九"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_SMALL = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_Level = tuple[str, str, int]  # number format, text with %1..%9, start


class Numbering:
    """Counts through the document: `label` is to be asked for its paragraphs in order."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)  # abstract list -> level -> last number
        self._abstract: dict[str, str] = {}  # list -> abstract list
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return
        for abstract in root.iterchildren(f"{_W}abstractNum"):
            levels = {int(lvl.get(f"{_W}ilvl", 0)): _level(lvl) for lvl in abstract.iterchildren(f"{_W}lvl")}
            self._levels[abstract.get(f"{_W}abstractNumId")] = levels
        for num in root.iterchildren(f"{_W}num"):
            self._abstract[num.get(f"{_W}numId")] = _value(num.find(f"{_W}abstractNumId"))

    def label(self, paragraph: Any) -> str:
        """ "5.2", "(a)", "-" for a bullet, or "" for a paragraph without number."""
        number, level = _list_of(paragraph)
        abstract = self._abstract.get(number, "")
        levels = self._levels.get(abstract)
        if not levels or level not in levels:
            return ""
        kind, text, start = levels[level]
        if kind == "none":
            return ""
        if kind == "bullet":
            return "-"
        counts = self._counts[abstract]
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [n for n in counts if n > level]:
            del counts[deeper]
        return re.sub(r"%([1-9])", lambda m: self._number(counts, levels, int(m[1]) - 1, legal=kind == "legal"), text)

    @staticmethod
    def _number(counts: dict[int, int], levels: dict[int, _Level], level: int, *, legal: bool) -> str:
        kind, _, start = levels.get(level, ("decimal", "", 1))
        value = counts.setdefault(level, start)
        return _formatted(value, "decimal" if legal else kind)


def _list_of(paragraph: Any) -> tuple[str, int]:
    """List id and level, from the paragraph or from its style and the styles that is based on."""
    number, level = "", -1
    properties = paragraph._p.pPr
    style = paragraph.style
    for _ in range(10):
        found = properties.find(f"{_W}numPr") if properties is not None else None
        if found is not None:
            number = number or _value(found.find(f"{_W}numId"))
            stated = _value(found.find(f"{_W}ilvl"))
            level = int(stated) if level < 0 and stated.isdigit() else level
        if number or style is None:
            break
        properties, style = style.element.find(f"{_W}pPr"), style.base_style
    return number, max(level, 0)


def _level(element: Any) -> _Level:
    start = _value(element.find(f"{_W}start"))
    kind = _value(element.find(f"{_W}numFmt")) or "decimal"
    return kind, _value(element.find(f"{_W}lvlText")), int(start) if start.isdigit() else 1


def _value(element: Any) -> str:
    return str(element.get(f"{_W}val", "")) if element is not None else ""


def _formatted(value: int, kind: str) -> str:
    """The number in one of the formats of ST_NumberFormat; decimal for the rarer ones."""
    if kind in ("lowerLetter", "upperLetter") and value > 0:
        letter = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter if kind == "lowerLetter" else letter.upper()
    if kind in ("lowerRoman", "upperRoman") and 0 < value < 4000:
        text = ""
        for size, sign in (*_ROMAN, *_ROMAN_SMALL):
            text += sign * (value // size)
            value %= size
        return text if kind == "lowerRoman" else text.upper()
    if (
        kind.startswith(("chinese", "japaneseCounting", "taiwaneseCounting", "ideographTraditional"))
        and 0 < value < 100
    ):
        tens, ones = divmod(value, 10)
        return ("" if tens == 0 else "十" if tens == 1 else _CN_DIGITS[tens] + "十") + (
            _CN_DIGITS[ones] if ones else ""
        )
    return f"{value:02d}" if kind == "decimalZero" else str(value)
