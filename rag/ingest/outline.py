"""Where the parts of a text begin: headings, clauses and sub-clauses, articles, exhibits. English and Chinese.

Marks come from two places: the headings a format marks itself (`Document.headings`, levels 1 to 9), and lines that
look like the opening of a part. A mark's rank says how deep it stands; a part ends where a mark of its own or a
lower rank begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.errors import UsageError
from rag.text import columns
from rag.types import Document, Profile

_CN = "[一二三四五六七八九十百千零〇两○0-9０-９]{1,7}"
_MARK = re.compile(
    rf"""\n[ \t\u3000]*(?:[*_]{{1,3}}|\#{{1,6}}[ ])?(?:
      (?P<exhibit>(?:EXHIBIT|Exhibit|SCHEDULE|Schedule|ANNEX|Annex|APPENDIX|Appendix|ATTACHMENT|ADDENDUM)
          \s{{1,3}}["“]?[A-Z0-9][A-Z0-9.\-]{{0,6}}["”]?(?=[\s:.,*–—-]|$) | 附(?:件|录|表){_CN}?(?=[\s：:（(]|$) )
    | (?P<part>(?:PART|Part|TITLE|Title|BOOK)\s(?:[IVXLC]{{1,7}}|\d{{1,3}}|[A-Z])(?=[\s:.–—-]|$)
          | 第{_CN}编 | 第{_CN}部分 )
    | (?P<subpart> 第{_CN}分编 )
    | (?P<chapter>(?:CHAPTER|Chapter)\s(?:[IVXLC]{{1,7}}|\d{{1,3}})(?=[\s:.–—-]|$) | 第{_CN}章 )
    | (?P<division> 第{_CN}节 )
    | (?P<article>(?:ARTICLE|Article)\s{{1,3}}
          (?:[IVXLC]{{1,7}}|\d{{1,3}}|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN)(?=[\s:.,–—-]|$) )
    | (?P<roman>[IVX]{{1,6}}\.(?=\s) )
    | (?P<enum> [一二三四五六七八九十]{{1,3}}[、．.] )
    | (?P<statute> 第{_CN}条(?:之[一二三四五六七八九十]{{1,3}})? | §{{1,2}}[ ]?\d[\w.\-]*(?:\(\w{{1,4}}\))* )
    | (?P<section>(?:SECTION|Section|Sec\.|SEC\.)\s{{1,3}}
          \d{{1,3}}(?:\.\d{{1,3}}){{0,4}}(?:\([a-z0-9]{{1,3}}\))*(?=[\s:.,–—-]|$) )
    | (?P<letter>[A-Z]\.(?=[ \t]+\S) )
    | (?P<number>\d{{1,3}}(?:[.．]\d{{1,3}}){{1,5}}[.)]?(?=[\s\u4e00-\u9fff“"])
          | \d{{1,3}}(?:[.)．、](?=[\s\u4e00-\u9fff“"])|\.(?=\s)) )
    | (?P<item>[(（](?:[a-z]{{1,2}}|[ivxl]{{1,6}}|[A-Z]|[IVX]{{1,5}}|\d{{1,3}}|{_CN})[)）] | [a-z][.)](?=\s) )
    | (?P<capitals>[A-Z][A-Z0-9 \t&,'’()/:;.\-–—]{{3,88}}(?:$|\r) )
    | (?P<paper>(?:Abstract|Introduction|Background|Methods?|Materials\ and\ [Mm]ethods|Results(?:\ and\ [Dd]iscussion)?
          |Discussion|Conclusions?|References|Acknowledge?ments|Recitals|Definitions|摘\ ?要|引\ ?言|前\ ?言|结\ ?论
          |参考文献)(?=[ \t]*[:：]?[ \t\r]*(?:\n|$)) )
    | (?P<lone>[A-Z\u4e00-\u9fff][^\n\t.;,。；，！]{{1,68}}(?=[ \t\r]*\n) )
    )""",
    re.MULTILINE | re.VERBOSE,
)
_RANK = {
    "exhibit": 10,
    "part": 20,
    "subpart": 25,
    "chapter": 30,
    "division": 40,
    "article": 50,
    "roman": 55,
    "capitals": 57,
    "paper": 57,
    "profile": 57,
    "enum": 58,
    "statute": 60,
    "section": 66,
    "letter": 68,
    "number": 70,  # and one more for each dot
    "lone": 79,  # below the numbered ones: a line that only looks like a heading must not become their parent
}
_FIRST_ITEM_RANK = 80  # (a), (i), (1), a): each kind nests in the order in which the text itself nests it
_ENDS_LINE = re.compile(
    r"(?:[.:;!?。：；！？”\")\]）】*_|]|[;,，；] ?(?:and|or|AND|OR)|\b(?:and|or)/(?:or|and)|[以及和或])\s*$"
)
_REFERRING = re.compile(
    r"\s*(?:of|and|or|to|in|above|below|hereof|herein|hereto|hereunder|shall|is|are|was|were|will|may|by|for|as|has"
    r"|through|thereof|with)\b|\s*[(（][a-z0-9]+[)）]\s*(?:of|above|below|hereof|and|or)\b"
    r"|[的所中和与及之或、，,]|(?:第.{1,6}[款项])|\s*(?:规定|之规定)"
)
_TITLE_END = re.compile(r"[.:](?=\s|$)|\s[–—-]{1,2}\s|\.?[–—](?=\S)")
_NEXT_LINE = re.compile(r"\s{0,6}([A-Z\u4e00-\u9fff\"“][^\n]{0,90})(?=\n|$)")
_HAN = re.compile("[\u4e00-\u9fff]")
_CN_TITLE = re.compile(r"[ \t\u3000]*[【〔\[]([^】〕\]\n]{1,40})[】〕\]]")
_TITLE_CHARS = 120
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
    if document.headings:
        marks = {**_outside(marks, document.headings), **_format_marks(document, marks)}
    return [marks[start] for start in sorted(marks)]


def _text_marks(text: str) -> Iterator[Mark]:
    item_rank: dict[str, int] = {}  # kind of list item -> rank, since the last mark that is no item
    last_item = ""
    taken = 0  # where the heading of the last mark ends; it may take the line below its label
    text = "\n" + text  # so that every line follows a line end, which the search for it is fastest with
    for found in _MARK.finditer(text):
        kind = found.lastgroup or ""
        start = found.start(kind)
        if start < taken or not _opens_part(text, found, kind):
            continue
        label = found[kind]
        if kind != "item":
            item_rank.clear()
            rank = _RANK[kind] + (_dots(label) if kind in ("section", "number") else 0)
            if kind == "section" and _dots(label):
                rank = _RANK["number"] + _dots(label)
        else:
            style = _item_style(label, last_item, item_rank)
            last_item = label
            rank = item_rank.setdefault(style, _FIRST_ITEM_RANK + len(item_rank))
            for other in [s for s, r in item_rank.items() if r > rank]:
                del item_rank[other]
        heading, taken = _heading(text, start, found.end(kind), kind)
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
    if width > (_GLUED_COLUMNS if glued else 70) or _MARK.match("\n" + body):
        return False
    return columns(body.split("\n")[0]) >= 60


def _dots(label: str) -> int:
    """Depth of "5.1.2": 2."""
    return label.rstrip(".) ．、").count(".") + label.rstrip(".) ．、").count("．")


def _item_style(label: str, last: str, open_styles: dict[str, int]) -> str:
    """The kind of list a label belongs to: "(i)" after "(h)" is a letter, else a Roman number."""
    inner = label.strip("(（)）.")
    bracket = label[0] if label[0] in "(（" else label[-1]
    if inner.isdigit():
        return bracket + "1"
    if not inner.isascii():
        return bracket + "一"
    case = "a" if inner.islower() else "A"
    follows = len(inner) == 1 and len(last.strip("(（)）.")) == 1 and ord(inner) - ord(last.strip("(（)）.")[0]) == 1
    is_roman = not inner.lower().strip("ivxl") and not (follows and bracket + case in open_styles)
    return bracket + case + ("i" if is_roman and inner.lower() not in ("l", "c", "d", "m") else "")


def _heading(text: str, start: int, label_end: int, kind: str) -> tuple[str, int]:
    """The heading that opens with the label at [start, label_end), and where it ends. "" for an untitled item."""
    line_end = text.find("\n", label_end, label_end + 400)
    line_end = line_end if line_end >= 0 else min(len(text), label_end + 400)
    if kind in ("capitals", "paper", "lone"):
        return _one_line(text[start:line_end]), line_end
    label, rest = text[start:label_end], text[label_end:line_end]
    title, taken = _title(rest)
    if not title and not rest.strip(" .:：*_") and kind in ("article", "chapter", "part", "exhibit", "section"):
        following = _NEXT_LINE.match(text, line_end)
        named = _title(following[1])[0] if following else ""
        if following and named and not _is_label(text, following.start(1)):
            return _one_line(f"{label} {named}"), following.end()
    if kind == "item" and not title:
        return "", label_end
    return _one_line(f"{label} {title}"), label_end + taken


def _is_label(text: str, place: int) -> bool:
    """Whether the line that `place` lies on opens a part of its own."""
    found = _MARK.match(text, text.rfind("\n", 0, place))
    return found is not None and found.lastgroup not in ("capitals", "lone", "paper")


def _title(rest: str) -> tuple[str, int]:
    """The title that follows a label on its line, and how many characters of `rest` it takes; ("", 0) if none."""
    if named := _CN_TITLE.match(rest):
        return named[1], named.end()
    if _HAN.search(rest):
        line = rest.strip()
        return (line, len(rest)) if len(line) <= 25 and not re.search("[。；，,！？：:]", line) else ("", 0)
    end = _TITLE_END.search(rest[: _TITLE_CHARS + 2], 2)
    if end and rest[end.end() :].strip() and _is_title(head := rest[: end.start()].strip(" \t*_.:")):
        return head, end.end()
    line = rest.strip(" \t\r*_.:")
    if 0 < len(line) <= _TITLE_CHARS and rest.rstrip()[-1:] not in ";," and _is_title(line):
        return line, len(rest)
    return "", 0


def _is_title(line: str) -> bool:
    """Few words, most of the long ones with a capital."""
    words = re.findall(r"[^\W\d_][^\s]*", line)
    long = [word for word in words if len(word) > 3] or words
    return 0 < len(words) <= 16 and sum(word[0].isupper() for word in long) >= 0.6 * len(long)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" *_#.:：、．")[:120]


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
        named = _one_line(text[start:end]) if end - start <= 120 else _one_line(found.group())
        yield Mark(start, _RANK["profile"], "profile", named, end if end - start <= 120 else found.end())


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
        mark = Mark(line_start, level, "heading", _one_line(document.text[start:end]), end)
        same = marks.get(line_start)
        found[line_start] = replace(mark, whole=True) if same is not None and same.whole else mark
    return found
