"""Bytes to text, in the encodings people really have: UTF-8, UTF-16, GB18030, Latin-1 and its kin."""

from __future__ import annotations

import codecs
import re

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import clean

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
