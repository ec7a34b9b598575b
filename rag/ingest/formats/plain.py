"""Plain text and Markdown, in the encodings people really have: UTF-8, UTF-16, GB18030, Latin-1 and its kin."""

from __future__ import annotations

import codecs
import re

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, clean
from sparewheel.rag.ingest.formats.tables import paragraphs, table_of
from sparewheel.rag.settings import Ingest

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 65536
_NEVER_IN_TEXT = bytes((*range(0x00, 0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))
_PAIR = re.compile(rb"[\xa1-\xfe][\xa1-\xfe]")
_COMMON_HAN = re.compile(
    "[的一是不了在人有我他这中大来上个国和地为以时要就出会可也对能而于说年其定法第条应当或者不得合同款规等]"
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]{1,80}(\S[^\n]{0,300}?)(?:[ \t]{1,80}#{1,80})?[ \t]{0,80}$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?=\S)([^\n]{1,120})\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,}+|~{3,}+)[^\n]*\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_STRUCK = re.compile(r"(?<![~\\])~~(?=\S)(?:(?!\n\s*\n)[^~])*?(?<=\S)~~(?!~)[ \t]?")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_GRID = re.compile(r"^\+[-=+:]{3,}\+[ \t]*\n(?:[|+][^\n]*[|+][ \t]*(?:\n|\Z)){2,}", re.MULTILINE)  # as pandoc draws it
_MARKUP_TABLE = re.compile(r"<table\b(?:(?!<table\b).)*?</table>", re.DOTALL | re.IGNORECASE)
_DELIMITERS = re.compile(r"^[ \t|:-]+$", re.MULTILINE)  # the line below the header of a pipe table


def parse_text(data: bytes, settings: Ingest) -> Parsed:
    """Plain text; metadata names the encoding."""
    text, encoding = decode(data)
    return Parsed(text, "text/plain", metadata={"encoding": encoding})


def parse_markdown(data: bytes, settings: Ingest) -> Parsed:
    """Markdown with its mark-up kept in the text, tables as `formats.tables` writes them, struck text left out; the
    facts of a front matter stand first. Headings are `#` lines and underlined lines outside code. notes: how many
    passages are struck."""
    text, encoding = decode(data)
    metadata = {"encoding": encoding}
    title = ""
    if front := _FRONT_MATTER.match(text):
        facts = _facts(front[1])
        title = facts.pop("title", "")
        head = "\n".join(f"{name}: {value}" for name, value in facts.items())
        text = head + ("\n\n" if head else "") + text[front.end() :].lstrip("\n")
    text, struck = _outside_code(text)
    code = [(found.start(), found.end()) for found in _FENCE.finditer(text)]
    headings = [(found.start(2), found.end(2), len(found[1])) for found in _HEADING.finditer(text)]
    headings += [
        (found.start(1), found.end(1), 1 if found[2][0] == "=" else 2)
        for found in _UNDERLINED.finditer(text)
        if not found[1].lstrip().startswith(("#", "|", "- ", "* ", ">"))
        and "\n" in (text[found.start() - 2 : found.start() - 1] or "\n")
    ]
    notes = (f"{struck} struck-out passage{'s' if struck > 1 else ''} left out",) if struck else ()
    outside = sorted(h for h in headings if not any(start <= h[0] < end for start, end in code))
    return Parsed(text, "text/markdown", title, headings=tuple(outside), metadata=metadata, notes=notes)


def _facts(front: str) -> dict[str, str]:
    """The plain "name: value" lines of a front matter, a list on one line."""
    facts: dict[str, str] = {}
    name = ""
    for line in front.split("\n"):
        if pair := re.match(r"([A-Za-z_\u4e00-\u9fff][\w .-]{0,60}?)[ \t]*:[ \t]*(.*)$", line):
            name = pair[1].replace("_", " ")
            facts[name] = pair[2].strip().strip("\"'")
        elif name and line.strip().startswith("- "):
            facts[name] = ", ".join(filter(None, (facts[name], line.strip()[2:].strip().strip("\"'"))))
    return {name: value for name, value in facts.items() if value}


def _outside_code(text: str) -> tuple[str, int]:
    """The text with its pipe tables as records and without struck passages, code as it is; and how many were struck."""
    parts: list[str] = []
    struck = place = 0
    for start, end in [*(found.span() for found in _FENCE.finditer(text)), (len(text), len(text))]:
        prose, count = _STRUCK.subn("", _COMMENT.sub("", text[place:start]))
        struck += count
        parts += [_with_tables(_with_markup_tables(_piped(prose))), text[start:end]]
        place = end
    return "".join(parts), struck


def _piped(text: str) -> str:
    """The text with its tables that are drawn with "+---+" as pipe tables; lines of one cell joined."""
    return _GRID.sub(lambda found: _as_pipes(found.group()), text) if "+-" in text else text


def _as_pipes(drawn: str) -> str:
    rows: list[list[str]] = [[]]
    header = False
    for line in drawn.rstrip("\n").split("\n"):
        if line.startswith("+"):
            header = header or (len(rows) == 2 and "=" in line)
            rows += [[]] if rows[-1] else []
            continue
        cells = [cell.strip() for cell in _pipe_cells(line)]
        rows[-1] = [" ".join(filter(None, pair)) for pair in zip(rows[-1], cells, strict=False)] if rows[-1] else cells
    rows = [row for row in rows if row]
    if not rows or len({len(row) for row in rows}) > 1:  # cells that span
        return drawn
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]) + "\n"


def _with_markup_tables(text: str) -> str:
    """The text with its tables that are written in HTML as lines of cells."""
    if "<table" not in text.lower():
        return text
    from sparewheel.rag.ingest.formats.html import parse_html

    return _MARKUP_TABLE.sub(lambda found: f"\n{parse_html(found.group().encode(), Ingest()).text}\n", text)


def _with_tables(text: str) -> str:
    """The text with its pipe tables as lines of cells."""
    parts: list[str] = []
    place = 0
    for found in _DELIMITERS.finditer(text):
        start = text.rfind("\n", 0, max(found.start() - 1, 0)) + 1
        header = text[start : max(found.start() - 1, start)]
        if start < place or "-" not in found.group() or "|" not in header:
            continue
        if len(_pipe_cells(header)) != len(_pipe_cells(found.group())):
            continue
        end = found.end()
        rows = [_pipe_cells(header)]
        while end < len(text):
            following = text[end + 1 : line_end if (line_end := text.find("\n", end + 1)) >= 0 else len(text)]
            if "|" not in following:
                break
            rows.append(_pipe_cells(following))
            end += 1 + len(following)
        width = len(rows[0])
        table = table_of([[*row[:width], *[""] * (width - len(row))] for row in rows], header_rows=1)
        written = "\n\n".join("\n".join(lines) for lines in paragraphs(table))
        parts += [text[place:start], written]
        place = end
    return "".join((*parts, text[place:]))


def _pipe_cells(line: str) -> list[str]:
    line = re.sub(r"^\s*\||(?<!\\)\|\s*$", "", line)
    return [
        re.sub(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2",
               re.sub(r"<br\s*/?>", " ", cell.replace("\\|", "|")).strip())
        for cell in re.split(r"(?<!\\)\|", line)
    ]  # fmt: skip


def decode(data: bytes) -> tuple[str, str]:
    """The cleaned text and the encoding it was read with. Raises DocumentError when the bytes are no text.

    A byte order mark decides; then NUL bytes at every other place (UTF-16), valid UTF-8, and last the better of
    GB18030 and Windows-1252 (or what charset-normalizer says).
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return clean(data.decode(encoding, errors="replace")), encoding
    sample = data[:_SAMPLE_BYTES]
    if wide := _utf16_without_mark(sample):
        return clean(data.decode(wide, errors="replace")), wide
    if len(sample.translate(None, _NEVER_IN_TEXT)) < 0.99 * len(sample):
        raise DocumentError(
            "not a text file: it is full of control characters",
            cure="save it as UTF-8 text, or give it the suffix of its format",
        )
    try:
        return clean(data.decode("utf-8")), "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and error.start > 0:  # cut inside its last character
            return clean(data.decode("utf-8", errors="ignore")), "utf-8"
    encoding = _eight_bit(sample)
    return clean(data.decode(encoding, errors="replace")), encoding


def _utf16_without_mark(sample: bytes) -> str:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half and odd > 0.4 * half and even < 0.02 * half:
        return "utf-16-le"
    if half and even > 0.4 * half and odd < 0.02 * half:
        return "utf-16-be"
    return ""


def _is_gb2312(sample: bytes) -> bool:
    """Whether nearly all pairs of high bytes are the Chinese characters of everyday use. Korean uses only the first of
    these rows, Big5 and Japanese others."""
    pairs = [found[0] for found in _PAIR.findall(sample)]
    leads = [lead for lead in pairs if lead not in (0xA1, 0xA3)]  # without punctuation and full-width letters
    everyday = sum(0xB0 <= lead <= 0xD7 for lead in leads)
    return (
        len(leads) > 3 and everyday >= 0.9 * len(leads) and sum(0xC9 <= lead <= 0xD7 for lead in leads) >= everyday / 8
    )


def _eight_bit(sample: bytes) -> str:
    """Which encoding fits bytes that are not UTF-8."""
    try:
        chinese = sample.decode("gb18030")
    except UnicodeDecodeError as error:
        chinese = sample[: error.start].decode("gb18030") if error.start >= len(sample) - 4 else ""
    han = sum("\u4e00" <= c <= "\u9fff" for c in chinese)
    if han and len(_COMMON_HAN.findall(chinese)) >= 0.08 * han and 3 * han >= sum(c > "\x7f" for c in chinese):
        return "gb18030"
    if chinese and _is_gb2312(sample):
        return "gb18030"
    western = sum(b in range(0x80, 0xA0) for b in sample)
    if sum(b >= 0x80 for b in sample) <= 0.3 * len(sample):  # letters with accents among plain ones
        return "cp1252" if western else "latin-1"
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"
