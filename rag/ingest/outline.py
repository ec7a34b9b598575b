"""Where the parts of a text begin: headings, clauses and sub-clauses, articles, exhibits. English and Chinese.

Marks come from two places: the headings a format marks itself (`Document.headings`, levels 1 to 9), and lines that
look like the opening of a part. A mark's rank says how deep it stands; a part ends where a mark of its own or a
lower rank begins.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.labels import FIRST_ITEM_RANK, LABEL, RANK, dots, item_style
from sparewheel.rag.ingest.titles import LONE_COLUMNS, heading_of, one_line
from sparewheel.rag.table_text import TableSpan, tables
from sparewheel.rag.text import columns
from sparewheel.rag.types import Document, Profile

_ENDS_LINE = re.compile(
    r"(?:[.:;!?。：；！？”\")\]）】*_|]|[;,，；] ?(?:and|or|AND|OR)|\b(?:and|or)/(?:or|and)|[以及和或])\s*$"
)
_REFERRING = re.compile(
    r"\s*(?:of|and|or|to|in|above|below|hereof|herein|hereto|hereunder|shall|is|are|was|were|will|may|by|for|as|has"
    r"|through|thereof|with)\b|\s*[(（][a-z0-9]+[)）]\s*(?:of|above|below|hereof|and|or)\b"
    r"|[的所中和与及之或、，,]|(?:第.{1,6}[款项])|之?规定"
)
_GLUED_COLUMNS = 45  # a longer line directly above another is its paragraph's first, not its heading
_FILING_LABEL_CHARS = 200  # an exhibit label this near to the beginning names the document, not a part of it


@dataclass(frozen=True, slots=True)
class Mark:
    """A part begins at `start`. heading: what names the part in a path ("" for an untitled list item);
    heading_end: where the heading ends and the part's own text begins; whole: the part is never packed with others."""

    start: int
    rank: int
    kind: str
    heading: str
    heading_end: int
    whole: bool = False


def outline(document: Document, profile: Profile) -> list[Mark]:
    """The marks of the document in text order, at most one at a place."""
    text = document.text
    marks = {mark.start: mark for mark in _text_marks(text)}
    for pattern in profile.heading_patterns:
        for mark in _profile_marks(text, pattern):
            marks[mark.start] = mark
    if marks and (found := tables(text)):  # "1. Parking" that names a row opens no part
        starts = [table.start for table in found]
        marks = {start: mark for start, mark in marks.items() if not _in_table(start, found, starts)}
    if document.headings:
        marks = {**_outside(marks, document.headings), **_format_marks(document, marks)}
    return [marks[start] for start in sorted(marks)]


def _in_table(start: int, found: list[TableSpan], starts: list[int]) -> bool:
    """Whether the line that begins here is a row or a line of column names; a caption may open a part."""
    at = bisect_right(starts, start) - 1
    return at >= 0 and start < found[at].end and (start > found[at].start or not found[at].caption)


def _text_marks(text: str) -> Iterator[Mark]:
    item_rank: dict[str, int] = {}  # kind of list item -> rank, since the last mark that is no item
    last_item = ""
    taken = 0  # where the heading of the last mark ends; it may take the line below its label
    text = "\n" + text  # so that every line follows a line end, which the search for it is fastest with
    for found in LABEL.finditer(text):
        kind = found.lastgroup or ""
        start = found.start(kind)
        if start < taken or not _opens_part(text, found, kind):
            continue
        label = found[kind]
        if kind != "item":
            item_rank.clear()
            rank = RANK[kind] + (dots(label) if kind in ("section", "number") else 0)
            if kind == "section" and dots(label):
                rank = RANK["number"] + dots(label)
        else:
            style = item_style(label, last_item, item_rank)
            last_item = label
            rank = item_rank.setdefault(style, FIRST_ITEM_RANK + len(item_rank))
            for other in [s for s, r in item_rank.items() if r > rank]:
                del item_rank[other]
        heading, taken = heading_of(text, start, found.end(kind), kind)
        yield Mark(found.start(), rank, kind, heading, taken - 1, kind == "statute" and label.startswith("第"))


def _opens_part(text: str, found: re.Match[str], kind: str) -> bool:
    """Whether the label opens a part, rather than being a reference that a wrapped line happens to begin with."""
    line_start = found.start() + 1
    after = text[found.end() : found.end() + 40]
    if kind == "capitals":
        return _is_capital_heading(text, found)
    if kind == "lone":
        return _is_lone_heading(text, found)
    if kind == "exhibit" and line_start < _FILING_LABEL_CHARS:
        return False
    if kind == "bracket":
        return True
    if kind != "item" and _REFERRING.match(after):
        return False
    if kind in ("number", "section", "article") and after.lstrip(" \t.):")[:1].islower():
        return False
    return not _continues(text, line_start, kind)


def _continues(text: str, line_start: int, kind: str) -> bool:
    """Whether the line before runs on into this one: neither blank, nor short, nor ended by a stop."""
    if line_start < 2:
        return False
    before = text[max(0, line_start - 200, text.rfind("\n", 0, line_start - 1) + 1) : line_start - 1].rstrip()
    if not before or _ENDS_LINE.search(before) or (kind == "item" and before[-1] in ",，"):
        return False
    return columns(before) >= 50


def _is_capital_heading(text: str, found: re.Match[str]) -> bool:
    """A line in capitals of at most 12 words, with a real word, that is no part of a paragraph in capitals."""
    line = found["capitals"].strip()
    words = line.split()
    letters = sum(c.isalpha() for c in line)
    if len(words) > 12 or letters < 0.6 * len(line) or line[-1] in ",;-" or not re.search("[A-Z]{4}", line):
        return False
    line_start = found.start() + 1
    before = text[max(0, line_start - 160) : line_start].rstrip(" \t\r").split("\n")
    after = text[found.end() : found.end() + 160].lstrip("\r").split("\n")
    neighbours = (before[-2] if len(before) > 1 else "", after[1] if len(after) > 1 else "")
    return not any(len(n.strip()) > 50 and n.isupper() for n in neighbours) and not _continues(
        text, line_start, "capitals"
    )


def _is_lone_heading(text: str, found: re.Match[str]) -> bool:
    """A short line between a blank line and a long one, as leaflets and policies have them above their sections."""
    line_start = found.start() + 1
    if line_start > 1 and text[max(0, line_start - 40) : line_start - 1].rstrip(" \t\r\u3000")[-1:] not in ("\n", ""):
        return False
    after = text[found.end() : found.end() + 120].lstrip(" \t\r")
    body = after.lstrip()
    glued = after[1:2].strip() != ""
    width = columns(found["lone"])
    if width > (_GLUED_COLUMNS if glued else LONE_COLUMNS) or LABEL.match("\n" + body):
        return False
    return columns(body.split("\n")[0]) >= 60


def _profile_marks(text: str, pattern: str) -> Iterator[Mark]:
    try:
        lines = re.compile(rf"^[ \t]*(?:{pattern})", re.MULTILINE)
    except re.error as error:
        raise UsageError(
            f"heading pattern {pattern!r} is no regular expression: {error}; correct the profile"
        ) from error
    for found in lines.finditer(text):
        if not found.group().strip():
            continue
        end = text.find("\n", found.end())
        end = end if end >= 0 else len(text)
        start = found.start()
        named = one_line(text[start:end]) if end - start <= 120 else one_line(found.group())
        yield Mark(start, RANK["profile"], "profile", named, end if end - start <= 120 else found.end())


def _outside(marks: dict[int, Mark], headings: tuple[tuple[int, int, int], ...]) -> dict[int, Mark]:
    """The marks that do not begin on a line of a heading which the format marks itself."""
    kept, position = {}, 0
    for start in sorted(marks):
        while position < len(headings) and headings[position][1] <= start:
            position += 1
        if (
            position == len(headings)
            or marks[start].heading_end <= headings[position][0]
            or start < headings[position][0] - 8
        ):
            kept[start] = marks[start]
    return kept


def _format_marks(document: Document, marks: dict[int, Mark]) -> dict[int, Mark]:
    """Marks of the format's headings. One that reads "第五条 …" stays whole as an article does."""
    found = {}
    for start, end, level in document.headings:
        line_start = document.text.rfind("\n", 0, start) + 1
        mark = Mark(line_start, level, "heading", one_line(document.text[start:end]), end)
        same = marks.get(line_start)
        found[line_start] = replace(mark, whole=True) if same is not None and same.whole else mark
    return found
