"""What names a part: the title behind its label, on the same line or on the next."""

from __future__ import annotations

import re

from sparewheel.rag.ingest.labels import LABEL

_TITLE_END = re.compile(r"[.:](?=\s|$)|\s[–—-]{1,2}\s|\.?[–—](?=\S)")
_NEXT_LINE = re.compile(r"\s{0,6}([A-Z\u4e00-\u9fff\"“][^\n]{0,90})(?=\n|$)")
_HAN = re.compile("[\u4e00-\u9fff]")
_CN_TITLE = re.compile(r"[ \t\u3000]*[【〔\[]([^】〕\]\n]{1,40})[】〕\]]")
_TITLE_CHARS = 120
LONE_COLUMNS = 70  # a longer line is no heading
_STANDING_COLUMNS = 60  # a longer line whose next line begins with a capital may be a wrapped paragraph


def heading_of(text: str, start: int, label_end: int, kind: str) -> tuple[str, int]:
    """The heading that opens with the label at [start, label_end), and where it ends. "" for an untitled item."""
    line_end = text.find("\n", label_end, label_end + 400)
    line_end = line_end if line_end >= 0 else min(len(text), label_end + 400)
    if kind in ("capitals", "paper", "lone"):
        return one_line(text[start:line_end]), line_end
    label, rest = text[start:label_end], text[label_end:line_end]
    title, taken = _title(rest)
    if not title and kind != "item" and _stands_alone(text, line_end, rest):
        title, taken = rest.strip(), len(rest)
    if not title and not rest.strip(" .:：*_") and kind in ("article", "chapter", "part", "exhibit", "section"):
        following = _NEXT_LINE.match(text, line_end)
        named = _title(following[1])[0] if following else ""
        if following and named and not _is_label(text, following.start(1)):
            return one_line(f"{label} {named}"), following.end()
    if kind == "item" and not title:
        return "", label_end
    return one_line(f"{label} {title}"), label_end + taken


def _stands_alone(text: str, line_end: int, rest: str) -> bool:
    """Whether the rest of a label's line is a title though it has few capitals: short, without a stop, and what
    follows begins anew."""
    line = rest.strip()
    if not line[:1].isupper() or len(line) > LONE_COLUMNS or line[-1] in ".;,:":
        return False
    after = text[line_end : line_end + 40]
    return after.strip(" \t\r")[:2] == "\n\n" or not (after.strip()[:1].islower() or len(line) > _STANDING_COLUMNS)


def _is_label(text: str, place: int) -> bool:
    """Whether the line that `place` lies on opens a part of its own."""
    found = LABEL.match(text, text.rfind("\n", 0, place))
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


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" *_#.:：、．")[:120].strip("【】")
