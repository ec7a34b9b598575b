"""Plain text and Markdown, in the encodings people really have: UTF-8, UTF-16, GB18030, Latin-1 and its kin."""

from __future__ import annotations

import codecs
import re

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, clean
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
_COMMON_HAN = re.compile(
    "[的一是不了在人有我他这中大来上个国和地为以时要就出会可也对能而于说年其定法第条应当或者不得合同款规等]"
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]{1,80}(\S[^\n]{0,300}?)(?:[ \t]{1,80}#{1,80})?[ \t]{0,80}$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?=\S)([^\n]{1,120})\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*$\n?", re.MULTILINE | re.DOTALL)


def parse_text(data: bytes, settings: Ingest) -> Parsed:
    """Plain text; metadata names the encoding."""
    text, encoding = decode(data)
    return Parsed(text, "text/plain", metadata={"encoding": encoding})


def parse_markdown(data: bytes, settings: Ingest) -> Parsed:
    """Markdown with its mark-up kept in the text; headings are `#` lines and underlined lines outside code."""
    text, encoding = decode(data)
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
    code = [(found.start(), found.end()) for found in _FENCE.finditer(text)]
    headings = [(found.start(2), found.end(2), len(found[1])) for found in _HEADING.finditer(text)]
    headings += [
        (found.start(1), found.end(1), 1 if found[2][0] == "=" else 2)
        for found in _UNDERLINED.finditer(text)
        if not found[1].lstrip().startswith(("#", "|", "- ", "* ", ">"))
        and "\n" in (text[found.start() - 2 : found.start() - 1] or "\n")
    ]
    outside = sorted(h for h in headings if not any(start <= h[0] < end for start, end in code))
    return Parsed(text, "text/markdown", headings=tuple(outside), metadata={"encoding": encoding})


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


def _eight_bit(sample: bytes) -> str:
    """Which encoding fits bytes that are not UTF-8."""
    try:
        chinese = sample.decode("gb18030")
    except UnicodeDecodeError as error:
        chinese = sample[: error.start].decode("gb18030") if error.start >= len(sample) - 4 else ""
    han = sum("\u4e00" <= c <= "\u9fff" for c in chinese)
    if han and len(_COMMON_HAN.findall(chinese)) >= 0.08 * han and 3 * han >= sum(c > "\x7f" for c in chinese):
        return "gb18030"
    western = sum(b in range(0x80, 0xA0) for b in sample)
    if sum(b >= 0x80 for b in sample) <= 0.3 * len(sample):  # letters with accents among plain ones
        return "cp1252" if western else "latin-1"
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"
