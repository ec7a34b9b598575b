"""What the styles of a Word document say: heading levels, list numbers, text that is struck, hidden or raised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MOST_BASES = 20  # styles that a style is based on, one on the other
_BUILT_IN = ("heading ", "标题 ", "überschrift ", "titre ", "título ")


def value(element: Element | None) -> str:
    """Its w:val, "" for none."""
    return element.get(f"{W}val", "") if element is not None else ""


def is_on(element: Element | None) -> bool | None:
    """A toggle: None where it is not stated."""
    return None if element is None else value(element) not in ("0", "false", "off")


@dataclass(frozen=True)
class Style:
    """name: casefolded; base: id of the style it is based on."""

    name: str = ""
    base: str = ""
    paragraph: Element | None = field(default=None, compare=False)  # pPr
    run: Element | None = field(default=None, compare=False)  # rPr


_TINY = 4  # half points: nobody can read it
_RAISED = 4  # half points above or below the line: raised or lowered


@dataclass(frozen=True)
class Look:
    """raised: "superscript", "subscript" or neither."""

    struck: bool = False
    hidden: bool = False
    raised: str = ""
    font: str = ""


class Styles:
    """The styles by id."""

    def __init__(self, root: Element | None = None) -> None:
        self._styles: dict[str, Style] = {}
        self._default = ""
        self._levels: dict[str, int] = {}
        self._looks: dict[tuple[str, str], Look] = {}
        for each in root.iterfind(f"{W}style") if root is not None else ():
            id = each.get(f"{W}styleId", "")
            self._styles[id] = Style(
                value(each.find(f"{W}name")).casefold(),
                value(each.find(f"{W}basedOn")),
                each.find(f"{W}pPr"),
                each.find(f"{W}rPr"),
            )
            if each.get(f"{W}type") == "paragraph" and each.get(f"{W}default") in ("1", "true", "on"):
                self._default = id

    def chain(self, id: str, *, default: bool = False) -> Iterator[tuple[str, Style]]:
        """The style and those it is based on, nearest first. default: the default paragraph style for no id."""
        id = id or (self._default if default else "")
        for _ in range(_MOST_BASES):
            style = self._styles.get(id)
            if style is None:
                return
            yield id, style
            id = style.base

    def heading_level(self, paragraph: Element) -> int:
        """1 to 9 of a heading, by its own outline level or by its style; 0 for other paragraphs."""
        properties = paragraph.find(f"{W}pPr")
        stated = value(properties.find(f"{W}outlineLvl")) if properties is not None else ""
        if stated.isdigit():
            return int(stated) + 1 if int(stated) < 9 else 0
        id = style_of(paragraph)
        if id not in self._levels:
            self._levels[id] = self._level_of(id)
        return self._levels[id]

    def _level_of(self, id: str) -> int:
        for _, style in self.chain(id):
            if style.name == "title":
                return 1
            for word in _BUILT_IN:
                if style.name.startswith(word) and style.name[len(word) :].isdigit():
                    return min(int(style.name[len(word) :]), 9)
            stated = value(style.paragraph.find(f"{W}outlineLvl")) if style.paragraph is not None else ""
            if stated.isdigit():
                return int(stated) + 1 if int(stated) < 9 else 0
        return 0

    def look(self, run: Element | None, paragraph_style: str) -> Look:
        """How a run is set: by its own properties, else its character style's, else its paragraph style's."""
        key = (value(run.find(f"{W}rStyle")) if run is not None else "", paragraph_style)
        if key not in self._looks:
            look = Look()
            styles = [*self.chain(paragraph_style, default=True)][::-1] + [*self.chain(key[0])][::-1]
            for _, style in styles:
                look = _with(look, style.run)
            self._looks[key] = look
        return _with(self._looks[key], run) if run is not None and len(run) else self._looks[key]


def _with(look: Look, properties: Element | None) -> Look:
    """The look, changed by what the properties state."""
    stated: dict[str, Any] = {}
    for each in properties if properties is not None else ():
        name = each.tag[len(W) :]
        if name in ("strike", "dstrike"):
            stated["struck"] = bool(is_on(each)) or bool(stated.get("struck"))
        elif name == "vanish":
            stated["hidden"] = bool(is_on(each))
        elif name == "sz" and value(each).isdigit() and int(value(each)) <= _TINY:
            stated["hidden"] = True
        elif name == "vertAlign":
            stated["raised"] = value(each)
        elif name == "position" and value(each).lstrip("-").isdigit() and abs(int(value(each))) >= _RAISED:
            stated["raised"] = "subscript" if value(each).startswith("-") else "superscript"
        elif name == "rFonts":
            stated["font"] = each.get(f"{W}ascii") or each.get(f"{W}hAnsi") or ""
    return replace(look, **stated) if stated else look


def style_of(paragraph: Element) -> str:
    """The id of a paragraph's style, "" where it names none."""
    properties = paragraph.find(f"{W}pPr")
    return value(properties.find(f"{W}pStyle")) if properties is not None else ""
