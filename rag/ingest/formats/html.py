"""HTML by BeautifulSoup over lxml: what a reader of the page sees, with its headings and title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.ingest.formats.parsed import Parsed, TextBuilder
from rag.ingest.formats.plain import decode
from rag.settings import Ingest

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import PageElement, Tag

_UNSEEN = re.compile("script|style|noscript|template|svg|math|iframe|object|head|nav|button|select|textarea")
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
        "form header hr html li main ol p pre section summary table tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6",
    )
)
_HEADING_LEVEL = {f"h{n}": n for n in range(1, 7)}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,80}encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
_CHARSET_PLACE = 4096  # bytes in which a page must state its encoding


def parse_html(data: bytes, settings: Ingest) -> Parsed:
    """Blocks with blank lines between them, a table row on one line with tabs, a list item behind its bullet or number.

    Left out: scripts, styles, navigation, forms and whatever the page hides.
    """
    from bs4 import BeautifulSoup

    text, encoding = _decode(data)
    soup = BeautifulSoup(text, "lxml")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    for tag in soup(lambda tag: bool(_UNSEEN.fullmatch(tag.name))):
        tag.decompose()
    for tag in soup(_is_hidden):
        tag.decompose()
    builder = TextBuilder()
    _Writer(builder).write(soup)
    return Parsed(
        builder.text,
        "text/html",
        title,
        headings=tuple(builder.headings),
        metadata={"encoding": encoding, **_meta(text)},
    )


def _decode(data: bytes) -> tuple[str, str]:
    """As the page states its encoding, if its bytes really read so; else found as for plain text."""
    if found := _CHARSET.search(data[:_CHARSET_PLACE]):
        stated = (found[1] or found[2]).decode("ascii").lower()
        stated = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "latin-1": "cp1252"}.get(
            stated, stated
        )
        try:
            return data.decode(stated), stated
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def _meta(text: str) -> dict[str, str]:
    author = re.search(r"<meta\s+name=[\"']author[\"']\s+content=[\"']([^\"']{1,200})", text[:20000], re.IGNORECASE)
    return {"author": author[1]} if author else {}


def _is_hidden(tag: Tag) -> bool:
    return (
        tag.has_attr("hidden") or tag.get("aria-hidden") == "true" or bool(_HIDDEN.search(str(tag.get("style") or "")))
    )


class _Writer:
    """Walks the tree without recursion (a hostile page nests thousands of tags); a block tag begins a block."""

    def __init__(self, builder: TextBuilder) -> None:
        self.builder = builder
        self.inline: list[str] = []  # text of the block that is being read
        self.prefix = ""  # bullet or number of the list item that begins with it

    def write(self, soup: BeautifulSoup) -> None:
        from bs4.element import NavigableString, PreformattedString, Tag

        stack: list[tuple[PageElement, bool]] = [(soup, False)]
        while stack:
            node, closing = stack.pop()
            if isinstance(node, Tag):
                if closing:
                    self._close()
                    continue
                self._open(node)
                if node.name == "pre" or node.name in _HEADING_LEVEL or (node.name == "tr" and not _is_layout(node)):
                    continue
                if node.name in _BLOCKS:
                    stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.contents))
            elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
                self.inline.append(re.sub(r"[ \t\r\n]+", " ", str(node)))
        self._flush()

    def _open(self, tag: Tag) -> None:
        name = tag.name
        if name == "br":
            self.inline.append("\n")
        elif name in _HEADING_LEVEL:
            self._flush()
            self.builder.heading(tag.get_text(" "), _HEADING_LEVEL[name])
        elif name == "tr" and not _is_layout(tag):
            self._flush()
            cells = (" ".join(cell.get_text(" ").split()) for cell in tag.find_all(["td", "th"], recursive=False))
            self.builder.add("\t".join(cells), tight=True)
        elif name == "pre":
            self._flush()
            self.builder.add(tag.get_text())
        elif name in _BLOCKS:
            self._flush()
            if name == "li":
                self.prefix = _bullet(tag)

    def _close(self) -> None:
        self._flush()
        self.prefix = ""

    def _flush(self) -> None:
        text = re.sub(r" ?\n ?", "\n", "".join(self.inline)).strip()
        self.inline.clear()
        if text:
            self.builder.add(self.prefix + text, tight=bool(self.prefix))
            self.prefix = ""


def _is_layout(row: Tag) -> bool:
    """Whether a table row only places blocks on the page, as old pages do, and is no row of data."""
    return row.find(["table", "ul", "ol", *_HEADING_LEVEL]) is not None or any(
        len(cell.find_all("p")) > 1 for cell in row.find_all("td", recursive=False)
    )


def _bullet(item: Tag) -> str:
    """ "- ", or the item's number as the page shows it."""
    parent = item.parent
    if parent is None or parent.name != "ol":
        return "- "
    number = 1 + len(item.find_previous_siblings("li"))
    start = str(parent.get("start") or "1")
    number += int(start) - 1 if start.lstrip("-").isdigit() else 0
    style = str(parent.get("type") or "1")
    if style in "aA" and 1 <= number <= 26:
        letter = chr(ord(style) + number - 1)
        return f"({letter}) "
    return f"{number}. "
