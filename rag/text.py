"""What any step may ask of a text: its language, and where its sentences lie. English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_SAMPLE_CHARS = 8000
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "al. approx. art. arts. assn. ave. bros. cf. ch. cl. co. corp. dept. dr. e.g. ed. eds. eq. est. "
        "etc. ex. exh. fig. figs. gov. hon. i.e. inc. jr. llc. ltd. messrs. mr. mrs. ms. mt. no. nos. p. "
        "para. paras. pp. prof. pt. ref. refs. rev. sch. sec. secs. sr. st. sub. supp. tab. v. viz. vol. "
        "vols. vs. ",
    )
)

# Full stop, question or exclamation mark with what closes around it; or a line end, judged by its neighbours.
_BREAK = re.compile(r"[\n.!?。！？](?:(?<!\n)[.!?。！？]*[\"'”’」』）】》)\]»]*)?")
_BLANK_LINE = re.compile(r"[ \t\r\u3000]*(?:\n|$)")
_ITEM = re.compile(
    r"[ \t\u3000]*(?:[-*•·●▪◦‣–—○■□]\s|[(（][0-9A-Za-z一二三四五六七八九十]{1,4}[)）]|\d{1,3}(?:\.\d{1,3})*[.)、]?\s"
    r"|[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百千零〇\d]{1,7}[编章节条]|#{1,6}\s"
    r"|(?:ARTICLE|Article|SECTION|Section|EXHIBIT|Exhibit)\s+[\dIVXLC])"
)
_CELL = re.compile(r"[^\n\t]*\t(?:[^\n\t]*\t)*— ")  # a line of a table
_LABEL = re.compile(r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[)\]]?\.")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+")
_WIDE = re.compile(r"[\u2e80-\uffef]")
_SHORT_LINE = 45  # columns; a line that ends sooner was not wrapped


def encodable(text: str) -> str:
    """`text` as UTF-8 can hold it, character for character: half a character (a lone surrogate) becomes U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def language_of(text: str) -> str:
    """ "zh" when the text is mostly Chinese, else "en" (also for a text without letters).

    Counted on at most 8,000 characters taken evenly; one English word weighs as much as 1.5 Chinese characters, so a
    Chinese question about an English term is Chinese.
    """
    if len(text) > _SAMPLE_CHARS:
        step, size = len(text) // 8, _SAMPLE_CHARS // 8
        text = "\n".join(text[i * step : i * step + size] for i in range(8))
    han = len(_HAN.findall(text))
    return "zh" if han and han >= 1.5 * len(_LATIN_WORD.findall(text)) else "en"


def simplified(text: str) -> str:
    """The text with Traditional Chinese characters as Simplified ones, character for character as long (OpenCC)."""
    return text if text.isascii() else text.translate(_simplified())


@cache
def _simplified() -> dict[int, str]:
    """OpenCC's table of characters, the first reading of each."""
    import opencc

    file = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    rows = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {ord(old): new.split()[0] for old, new in rows if len(old) == 1 and len(new.split()[0]) == 1}


def sentences(text: str, abbreviations: Iterable[str] = ()) -> list[tuple[int, int]]:
    """Character spans of the sentences, in order, without the blanks around them; they cover all that is not blank.

    A blank line, an item of a list and a heading line end a sentence; the end of a wrapped line does not. The full stop
    of an abbreviation ("Inc."), of initials ("U.S.") or of a clause number ("5.1.") ends none; `abbreviations` are
    added to the built-in ones, case ignored.
    """
    keep = _ABBREVIATIONS.union(word.casefold() for word in abbreviations)
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _BREAK.finditer(text):
        if _ends_sentence(text, found, start, keep):
            _append_trimmed(spans, text, start, found.end())
            start = found.end()
    _append_trimmed(spans, text, start, len(text))
    return spans


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """[start, end) without the white space at both ends; start == end when nothing else is there."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _append_trimmed(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    start, end = trim(text, start, end)
    if start < end:
        spans.append((start, end))


def _ends_sentence(text: str, found: re.Match[str], start: int, keep: frozenset[str]) -> bool:
    mark = found.group()
    if mark == "\n":
        return _ends_line(text, start, found.start())
    if mark[0] in "。！？":
        return True
    if found.end() < len(text) and not text[found.end()].isspace():
        return False
    after = text[found.end() : found.end() + 8].lstrip()
    if after and after[0].islower():
        return False
    if mark[0] != ".":
        return True
    words = text[max(start, found.start() - 24) : found.start() + 1].split()
    word = words[-1].lstrip("(\"'“‘[").casefold() if words else ""
    if word in keep or _INITIALS.fullmatch(word):
        return False
    return not (_LABEL.fullmatch(word) and not text[start : found.start() + 1 - len(word)].strip("(\"'“‘[ \t\n"))


def _ends_line(text: str, start: int, newline: int) -> bool:
    """Whether the line end at `newline` ends the sentence that began at `start`."""
    if _BLANK_LINE.match(text, newline + 1) or _ITEM.match(text, newline + 1) or _CELL.match(text, newline + 1):
        return True
    line = text[max(start, text.rfind("\n", start, newline) + 1) : newline].strip()
    if _CELL.match(line):
        return True
    if columns(line) >= _SHORT_LINE:
        return False
    after = text[newline + 1 : newline + 40].lstrip()
    return bool(after) and not after[0].islower()


def columns(line: str) -> int:
    """Width of a line on a page in Latin letters: a Chinese character takes two."""
    return len(line) if line.isascii() else len(line) + len(_WIDE.findall(line))
