"""Foreign text on its way to a terminal: names of files, answers of models, titles of documents."""

from __future__ import annotations

import unicodedata

SIGN = "\ufffd"  # stands where something was left out
# bidirectional marks, which turn the reading round, and tag characters, which hide text
_HIDDEN = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, *range(0xE0000, 0xE0080)}


def printable(text: str) -> str:
    """The text without what would command the terminal or mislead its reader: controls but line break and tab, half
    surrogate pairs, bidirectional marks, tag characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(SIGN if _commands(char) else char for char in text)


def _commands(char: str) -> bool:
    return (char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs")) or ord(char) in _HIDDEN
