"""What of an HTML page is no plain text and yet is read: raised digits, symbol fonts, equations, filled-in forms; and
what its style sheets hide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.formulas import formula
from sparewheel.rag.ingest.formats.symbols import in_font, is_symbol_font, subscript, superscript

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import Tag

_RULE = re.compile(r"([^{}]{1,400})\{([^{}]{0,2000})\}")
HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0*\.?0*(?![.\d])"
    r"|font-size\s*:\s*(?:[01](?:\.\d+)?|0?\.\d+)(?:px|pt)?\s*(?:;|!|$)|font-size\s*:\s*0(?:\.0\d*)?(?:r?em|%|ex|vw)"
    r"|(?:left|right|top|bottom|margin|margin-left|margin-top|text-indent)\s*:\s*-\d{3,}"
    r"|clip(?:-path)?\s*:\s*(?:rect\(\s*0[^)]*\)|inset\(\s*(?:50|100)%)|transform\s*:\s*(?:scale\(\s*0|translate\w*\(\s*-\d{4})"
    r"|(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*;[^}]*overflow\s*:\s*hidden",
    re.IGNORECASE,
)
_STRUCK = re.compile(r"text-decoration[a-z-]*\s*:[^;]*line-through", re.IGNORECASE)
_SIMPLE = re.compile(r"(?:(\w+)?)(?:([.#])([\w-]+))?")  # tag, tag.class, .class, #id
_FONT = re.compile(r"font-family\s*:\s*[\"']?([\w ]+)", re.IGNORECASE)
_MOST_STYLE = 2000  # characters of a tag's style that are looked at for a stroke
_MOST_EQUATIONS = 2000


def hide(soup: BeautifulSoup) -> None:
    """Marks as hidden what a rule for a class or an id hides on every medium, and as deleted what is struck; a style of
    lists is written to the lists themselves. Rows and cells that are hidden are taken out of their tables."""
    rules: dict[tuple[str, str], str] = {}  # (".", class) or ("#", id) -> what its rules say of these matters
    for sheet in soup.find_all("style"):
        media = str(sheet.get("media") or "all")
        if media not in ("all", "screen", "print, screen", "screen, print"):
            continue
        text = re.sub(r"/\*.*?\*/", "", sheet.get_text(), flags=re.DOTALL)
        text = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", text)
        for selectors, said in _RULE.findall(text):
            if not (HIDES.search(said) or _STRUCK.search(said) or "list-style" in said):
                continue
            for selector in selectors.split(","):
                found = _SIMPLE.fullmatch(selector.strip())
                if found and found[2]:
                    rules[found[2], found[3]] = f"{rules.get((found[2], found[3]), '')};{said}"
    for tag in soup.find_all(True):
        if not tag.attrs:
            continue
        own = str(tag.get("style") or "")
        names = [(".", name) for name in tag.get("class") or ()] + [("#", str(tag.get("id") or ""))] if rules else []
        said = ";".join(rules[name] for name in names if name in rules)
        if said and HIDES.search(said):
            tag["hidden"] = ""
        elif _STRUCK.search(f"{said};{own}"[:_MOST_STYLE]):
            tag.name = "del"
        elif "list-style" in said:
            tag["style"] = f"{said};{own}"
    for tag in soup.find_all(["tr", "td", "th", "tbody"]):
        if tag.attrs and ("hidden" in tag.attrs or HIDES.search(str(tag.get("style") or ""))):
            tag.extract()


def settle(soup: BeautifulSoup) -> None:
    """Replaces such tags by the text they show."""
    for count, tag in enumerate(soup.find_all("math")):
        tag.replace_with(f" {_equation(tag)} " if count < _MOST_EQUATIONS else tag.get_text(" "))
    for tag in soup.find_all("input"):
        if (shown := _input(tag)) is not None:
            tag.replace_with(shown)
    for tag in soup.find_all("select"):
        chosen = [str(option.get_text(" ", strip=True)) for option in tag.find_all("option", selected=True)]
        if chosen:
            tag.replace_with(" ".join(chosen))
    for tag in soup.find_all(["font", "span"]):
        font = str(tag.get("face") or "") or (_FONT.search(str(tag.get("style") or "")) or ["", ""])[1]
        if font and is_symbol_font(font.strip()):
            tag.replace_with(in_font(tag.get_text(), font.strip()))
    for tag in soup.find_all(["sup", "sub"]):
        text = tag.get_text()
        if tag.name == "sub":
            tag.replace_with(subscript(text))
            continue
        before = tag.find_previous(string=True)
        linked = tag.find("a") is not None or (tag.parent is not None and tag.parent.name == "a")
        tag.replace_with(superscript(text, str(before or "")[-12:], linked=linked))


def _equation(tag: Tag) -> str:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return formula(fromstring(str(tag)))
    except (ParseError, DefusedXmlException, ValueError):
        return str(tag.get_text(" ", strip=True))


def _input(tag: Tag) -> str | None:
    """What a field of a form shows; None for one without a value."""
    kind = str(tag.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return "☒ " if tag.has_attr("checked") else "☐ "
    if kind in ("text", "number", "date", "email", "tel", "time", "month", "url") and tag.get("value"):
        return f" {tag['value']} "
    return None
