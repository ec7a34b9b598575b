"""The numbers a word processor shows before numbered paragraphs; the file keeps only how to count them.

Without them nobody could ask for clause 5.2. Source: ECMA-376 part 1, section 17.9 (numbering).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.docx_styles import Styles, W, is_on, style_of, value
from sparewheel.rag.ingest.formats.number_words import in_format
from sparewheel.rag.ingest.formats.symbols import in_font

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@dataclass(frozen=True)
class _Level:
    kind: str  # of ST_NumberFormat
    text: str  # with %1..%9
    start: int = 1
    legal: bool = False  # all numbers of the label decimal
    restart: int = -1  # begins anew after a level so deep (1-based); 0 never; -1 after any higher one
    style: str = ""  # paragraphs of this style are on this level


@dataclass(frozen=True)
class _List:
    """A w:num: levels, the counters it shares, and where it begins anew when it is first used."""

    counters: str
    levels: dict[int, _Level]
    starts: dict[int, int]


class Numbering:
    """Counts through the document: `label` is to be asked for its paragraphs in order."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)  # shared counters -> level -> last number
        self._lists: dict[str, _List] = {}
        self._begun: set[str] = set()
        if root is None:
            return
        abstracts = {each.get(f"{W}abstractNumId", ""): each for each in root.iterfind(f"{W}abstractNum")}
        by_style = {
            style: id for id, each in abstracts.items() if (style := value(each.find(f"{W}styleLink")))
        }  # a list style is defined once and linked to
        for number in root.iterfind(f"{W}num"):
            id = value(number.find(f"{W}abstractNumId"))
            linked = value(abstracts[id].find(f"{W}numStyleLink")) if id in abstracts else ""
            id = by_style.get(linked, id)
            if id in abstracts:
                self._lists[number.get(f"{W}numId", "")] = _list(number, id, abstracts[id])

    def label(self, paragraph: Element) -> str:
        """ "5.2", "(a)", "-" for a bullet, or "" for a paragraph without number. The paragraph is counted."""
        id, depth = self._list_of(paragraph)
        found = self._lists.get(id)
        level = found.levels.get(depth) if found else None
        if found is None or level is None:
            return ""
        if level.kind == "bullet":
            return level.text if level.text in "☐☑☒✓" and level.text else "-"
        counts = self._counts[found.counters]
        if id not in self._begun:
            self._begun.add(id)
            for each, start in found.starts.items():
                counts[each] = start - 1
                _forget(counts, found.levels, each)
        counts[depth] = counts.get(depth, level.start - 1) + 1
        _forget(counts, found.levels, depth)

        def number(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            other = found.levels.get(place, _Level("decimal", ""))
            count = counts.setdefault(place, other.start)
            return in_format(count, "decimal" if level.legal and other.kind != "none" else other.kind)

        return re.sub(r"%([1-9])", number, level.text).strip()

    def _list_of(self, paragraph: Element) -> tuple[str, int]:
        """List id and level: from the paragraph, or from its style and those that is based on; "" for none."""
        own = paragraph.find(f"{W}pPr/{W}numPr")
        id = value(own.find(f"{W}numId")) if own is not None else ""
        depth = value(own.find(f"{W}ilvl")) if own is not None else ""
        if id:
            return (id, int(depth) if depth.isdigit() else 0) if id != "0" else ("", 0)
        for name, style in self._styles.chain(style_of(paragraph), default=True):
            stated = style.paragraph.find(f"{W}numPr") if style.paragraph is not None else None
            if stated is None:
                continue
            depth = depth or value(stated.find(f"{W}ilvl"))
            id = value(stated.find(f"{W}numId"))
            if id:
                if not depth and id in self._lists:
                    levels = self._lists[id].levels.items()
                    return id, next((n for n, level in levels if level.style == name), 0)
                return (id, int(depth) if depth.isdigit() else 0) if id != "0" else ("", 0)
        return "", 0


def _list(number: Element, counters: str, abstract: Element) -> _List:
    levels = {_depth(each): _level(each) for each in abstract.iterfind(f"{W}lvl")}
    starts = {}
    for override in number.iterfind(f"{W}lvlOverride"):
        depth = _depth(override)
        if (own := override.find(f"{W}lvl")) is not None:
            levels[depth] = _level(own)
        start = value(override.find(f"{W}startOverride"))
        if start.isdigit():
            starts[depth] = int(start)
            levels[depth] = replace(levels.get(depth, _Level("decimal", f"%{depth + 1}.")), start=int(start))
    return _List(counters, levels, starts)


def _forget(counts: dict[int, int], levels: dict[int, _Level], depth: int) -> None:
    """The deeper levels that begin anew once this one has counted."""
    for deeper in [n for n in counts if n > depth]:
        restart = levels[deeper].restart if deeper in levels else -1
        if restart < 0 or depth + 1 <= restart:
            del counts[deeper]


def _depth(element: Element) -> int:
    stated = element.get(f"{W}ilvl", "0")
    return int(stated) if stated.isdigit() else 0


def _level(element: Element) -> _Level:
    start, restart = value(element.find(f"{W}start")), value(element.find(f"{W}lvlRestart"))
    text = value(element.find(f"{W}lvlText"))
    fonts = element.find(f"{W}rPr/{W}rFonts")
    if fonts is not None:
        text = in_font(text, fonts.get(f"{W}ascii", "")) if "%" not in text else text
    return _Level(
        value(element.find(f"{W}numFmt")) or _alternative(element) or "decimal",
        text,
        int(start) if start.isdigit() else 0 if start.startswith("-") else 1,
        bool(is_on(element.find(f"{W}isLgl"))),
        int(restart) if restart.isdigit() else -1,
        value(element.find(f"{W}pStyle")),
    )


def _alternative(element: Element) -> str:
    """The number format that newer programs wrap in mc:AlternateContent ("001, 002"), for those who know it."""
    found = element.find(f".//{W}numFmt")
    return "decimalZero" if found is not None and value(found) == "custom" else value(found)
