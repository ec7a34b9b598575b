"""Characters that carry their meaning by a font or by their height: symbol fonts, exponents, footnote marks."""

from __future__ import annotations

import re

UNREADABLE = "\ufffd"  # stands for a sign whose font has no Unicode counterpart

_SYMBOL_LOW = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"  # 0x20 to 0x7E
)
_SYMBOL_HIGH = (
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪"
    "\ufffd〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
)  # 0xA0 to 0xFE
_SYMBOL = {0x20 + i: c for i, c in enumerate(_SYMBOL_LOW)} | {0xA0 + i: c for i, c in enumerate(_SYMBOL_HIGH)}
_WINGDINGS = {
    **dict(zip((0x28, 0x2A, 0x46, 0x4A, 0x4C, 0x6C, 0x6D, 0x6E, 0x76), "☎✉☞☺☹●❍■❖", strict=True)),
    **dict(zip((0x6F, 0x70, 0x71, 0x72, 0x78, 0xA8, 0xFB, 0xFC, 0xFD, 0xFE), "☐☐☐☐☒☐✗✓☒☑", strict=True)),
    **dict(zip((0xA1, 0xA7, 0xAB, 0xD8, 0xDF, 0xE0, 0xE1, 0xE2, 0xE8, 0xEF, 0xF0), "○▪★➢←→↑↓➔⇦⇨", strict=True)),
    **{0x80 + i: c for i, c in enumerate("⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿")},
}
_WINGDINGS_2 = dict(
    zip((0x2A, 0x4F, 0x50, 0x51, 0x52, 0x53, 0x54, 0xA3, 0x30), "☐✗✓☒☑☒☒☐☐", strict=True)
)  # ticks and boxes of forms
_WEBDINGS = dict(zip((0x61, 0x63, 0x72, 0x67), "✓☐✗■", strict=True))
_UNKNOWN = _SYMBOL | {each: _WINGDINGS[each] for each in (0x6E, 0x6F, 0x72, 0xA7, 0xA8, 0xD8, 0xFC, 0xFD, 0xFE)}
_FONTS = {
    "symbol": _SYMBOL,
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "webdings": _WEBDINGS,
    "wingdings 3": {},
}


def is_symbol_font(font: str) -> bool:
    return font.casefold() in _FONTS


def symbol(code: int, font: str) -> str:
    """The character that a symbol font draws for a code (0x20..0xFF, or the same at U+F000); `UNREADABLE` where
    Unicode has no such sign, the character itself for an ordinary font, and for an unknown one the commonest signs."""
    small = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
    table = _FONTS.get(font.casefold())
    if table is None:
        return chr(code) if small == code and 0x20 <= code < 0x110000 else _UNKNOWN.get(small, UNREADABLE)
    return table.get(small, chr(code) if small == code and code > 0xFF else UNREADABLE)


def in_font(text: str, font: str) -> str:
    """Text that is set in a font: what is seen, for the symbol fonts; others as they are."""
    return "".join(c if c.isspace() else symbol(ord(c), font) for c in text) if is_symbol_font(font) else text


def private() -> dict[int, str]:
    """What is read for each character of the private use area: signs and bullets of symbol fonts at U+F020..F0FF,
    `UNREADABLE` for what only its own font knows."""
    return {code: symbol(code, "") if 0xF020 <= code <= 0xF0FF else UNREADABLE for code in range(0xE000, 0xF900)}


_PLAIN = "0123456789+-−–=()nabcdefghijklmoprstuvwxyz"
_RAISED = str.maketrans(_PLAIN, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
_LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_NUMBER = re.compile(r"[+\-−–]?\d{1,3}")
_MARKS = re.compile(r"[*†‡§¶#‖]+")
_ORDINAL = re.compile(r"(?i)st|nd|rd|th|er|re|e|o|ème|nos?|®|tm|™|℠|sm")
_EXPONENT_UNIT = re.compile(r"(?:^|[^A-Za-z])(?:[fpnuµμmcdhkMG]?m|s|h|min|kg|ft|in|yd|Hz|d|L|mL|dL|mol|[a-zA-Z])$")


def superscript(text: str, before: str, *, linked: bool = False) -> str:
    """Raised text as it joins what stands before it: an exponent in Unicode's raised digits (10⁹, m²), a footnote
    mark in raised brackets (mg⁽¹⁾) so that it never becomes a digit of a number, an ordinal's letters as they are.

    before: the text it follows, its last few characters suffice; linked: it leads to a note.
    """
    lead, raised, trail = text[: len(text) - len(text.lstrip())], text.strip(), text[len(text.rstrip()) :]
    if not raised:
        return text
    if _ORDINAL.fullmatch(raised) and not linked:
        return text
    if linked or _is_mark(raised, before):
        inner = raised.strip("[]()")
        small = inner.translate(_RAISED)
        return f"{lead}⁽{small}⁾{trail}" if inner else text
    if all(c in _PLAIN for c in raised):
        return lead + raised.translate(_RAISED) + trail
    return f"{lead}^({raised}){trail}" if re.search(r"\w", raised) else text


def _is_mark(raised: str, before: str) -> bool:
    """Whether raised text refers to a note rather than being an exponent."""
    if _MARKS.fullmatch(raised) or re.fullmatch(r"[\[(]\w{1,3}[\])]|\d{1,2}([,–-]\d{1,2})+", raised):
        return True
    word = before[-12:]
    if _NUMBER.fullmatch(raised):
        if raised[0] in "+-−–" or word[-1:] in ")]}" or word[-1:].isdigit():
            return False
        return not _EXPONENT_UNIT.search(word.rstrip("\u2009\u200a"))
    return (
        len(raised) <= 2 and raised.isalpha() and word[-1:].isalnum() and raised.islower() and raised not in ("n", "x")
    )


def subscript(text: str) -> str:
    """Lowered digits in Unicode's (H₂O); letters as they are (Cmax)."""
    if re.fullmatch(r"[\d+\-−–=()]+", text.strip()):
        return text.translate(_LOWERED)
    return text
