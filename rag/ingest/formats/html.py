"""HTML by BeautifulSoup over lxml: what a reader of the page sees, with its headings and title."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.decode import decode
from sparewheel.rag.ingest.formats.html_signs import HIDES, hide, settle
from sparewheel.rag.ingest.formats.html_tables import is_layout, labels, table_of_tag
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.settings import Ingest

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import PageElement, Tag

_UNSEEN = {
    *("script", "style", "noscript", "template", "svg", "iframe", "object", "head", "nav", "button", "select"),
    *("datalist", "rt", "rp", "del", "s", "strike"),
}
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
        "form header hr html li main ol p pre section summary table tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6",
    )
)
_HEADING_LEVEL = {f"h{n}": n for n in range(1, 7)}
_BLANKS = re.compile(r"[ \t\r\n]+")
_WHITE = re.compile(
    r"(?<![-\w])color\s*:\s*(?:white|transparent|#fff(?:fff)?(?![\da-f])|rgba?\(\s*255\s*,\s*255\s*,\s*255|hsl\([^)]*,\s*100%\s*\))",
    re.IGNORECASE,
)
_SEVEN_BITS = re.compile(r"(?i)iso-2022-\w+|hz(-gb-2312)?|utf-?7")  # say more than ASCII in bytes that are ASCII
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,80}encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
_CHARSET_PLACE = 4096  # bytes in which a page must state its encoding


def parse_html(data: bytes, settings: Ingest) -> Parsed:
    """Blocks with blank lines between them, a table as records, a list item behind its bullet or number.

    Left out: scripts, styles, navigation, struck-out text, and whatever the page or its style sheet hides.
    """
    from bs4 import BeautifulSoup

    text, encoding = _decode(data)
    soup = BeautifulSoup(text, "lxml")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    hide(soup)
    settle(soup)
    struck = sum(bool(tag.get_text(strip=True)) for tag in soup.find_all(["del", "s", "strike"]))
    builder = TextBuilder()
    _Writer(builder, labels(soup)).write(soup)
    notes = (f"{struck} struck-out passage{'s' if struck > 1 else ''} left out",) if struck else ()
    return Parsed(
        builder.text,
        "text/html",
        title,
        headings=tuple(builder.headings),
        metadata={"encoding": encoding, **_meta(text)},
        notes=notes,
    )


def _decode(data: bytes) -> tuple[str, str]:
    """As UTF-8 where the bytes are UTF-8, whatever the page states; else as it states, if they read so; else found as
    for plain text."""
    found = _CHARSET.search(data[:_CHARSET_PLACE])
    stated = (found[1] or found[2]).decode("ascii").lower() if found else ""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:_CHARSET_PLACE]
    if not wide and not _SEVEN_BITS.fullmatch(stated):
        try:
            return data.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError:
            pass
    if stated and not wide:
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


def _is_seen(tag: Tag) -> bool:
    if tag.name in _UNSEEN:
        return False
    if not tag.attrs:
        return True
    if "hidden" in tag.attrs or tag.get("aria-hidden") == "true":
        return False
    style = str(tag.get("style") or "")
    return not style or not (HIDES.search(style) or _is_white(tag, style))


def _is_white(tag: Tag, style: str) -> bool:
    """White letters where nothing says that they stand on another ground."""
    if not _WHITE.search(style):
        return False
    around = (tag, *tag.parents)
    return not any(each.get("bgcolor") or "background" in str(each.get("style") or "") for each in around if each.attrs)


def _nodes(root: Tag, *, leaves: bool = True) -> Iterator[tuple[PageElement, bool]]:
    """What is seen below `root`, in order and without recursion (a hostile page nests thousands of tags).

    Strings, and each block tag twice: (tag, False) where it begins and (tag, True) where it ends. With `leaves`, what
    is inside a leaf is left to whoever takes the leaf.
    """
    from bs4.element import NavigableString, PreformattedString, Tag

    stack: list[tuple[PageElement, bool]] = [(node, False) for node in reversed(root.contents)]
    while stack:
        node, closing = stack.pop()
        if closing:
            yield node, True
        elif isinstance(node, Tag):
            if not _is_seen(node):
                continue
            yield node, False
            if not (leaves and _is_leaf(node)):
                if node.name in _BLOCKS:
                    stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.contents))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            yield node, False


def _is_leaf(tag: Tag) -> bool:
    """Whether the walk takes the tag as one piece."""
    return tag.name == "pre" or tag.name in _HEADING_LEVEL or (tag.name == "table" and not is_layout(tag))


class _Writer:
    """Writes a block wherever a block tag begins or ends."""

    def __init__(self, builder: TextBuilder, labels: Mapping[int, str]) -> None:
        """labels: what stands before each list item, by its identity."""
        self.builder = builder
        self.labels = labels
        self.inline: list[str] = []  # text of the block that is being read
        self.prefix = ""  # bullet or number of the list item that begins with it

    def write(self, soup: BeautifulSoup) -> None:
        from bs4.element import Tag

        for node, closing in _nodes(soup):
            if not isinstance(node, Tag):
                self.inline.append(_BLANKS.sub(" ", str(node)))
            elif closing:
                self._flush()
                self.prefix = ""
            else:
                self._open(node)
        self._flush()

    def _open(self, tag: Tag) -> None:
        name = tag.name
        if name == "br":
            self.inline.append("\n")
            return
        if name in _BLOCKS:
            self._flush()
        if name in _HEADING_LEVEL:
            self.builder.heading(_text(tag), _HEADING_LEVEL[name])
        elif name == "pre":
            self.builder.add(_text(tag))
        elif name == "table" and _is_leaf(tag):
            self.builder.table(table_of_tag(tag, _text))
        elif name == "li":
            self.prefix = self.labels.get(id(tag), "- ")

    def _flush(self) -> None:
        text = re.sub(r" ?\n ?", "\n", re.sub(" {2,}", " ", "".join(self.inline))).strip()
        self.inline.clear()
        if text:
            self.builder.add(self.prefix + text, tight=bool(self.prefix))
            self.prefix = ""


def _text(tag: Tag) -> str:
    """The seen text of a tag that is read in one piece, blocks and line breaks in it as blanks."""
    from bs4.element import Tag

    return "".join(
        (" " if node.name == "br" or node.name in _BLOCKS else "") if isinstance(node, Tag) else str(node)
        for node, _ in _nodes(tag, leaves=False)
    )
