"""Foreign text made harmless, once, where it enters: an endpoint's answer, a document, the name of a file.

Kept: every letter of every script, line ends and tabs. Gone: terminal escapes, control characters, byte order marks,
characters without width, marks that turn the direction of writing, tag characters. Half a surrogate pair becomes
U+FFFD.
"""

from __future__ import annotations

import re
import unicodedata

_DEPTH = 8  # escapes within escapes: so many are taken apart, and so many are waited for
# ECMA-48, each up to where it still lacks its last character; a bell ends a string and means nothing in the others
_CONTROL = r"(?:\x1b\x07*\[|\x9b)[0-?\x07]{0,64}+[ -/\x07]{0,8}+"
_STRING = r"(?:\x1b\x07*[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9b-\x9f]{0,400}+"
_SHORT = r"\x1b\x07*[ -/]{0,8}+"
_ESCAPE = re.compile(rf"{_CONTROL}[@-~]|{_STRING}(?:\x07|\x1b\\|\x9c)|{_SHORT}[0-OQ-WYZ\\`-~]")
_BEGINS = re.compile(r"[\x1b\x90\x98\x9b\x9d-\x9f]")
_UNENDED = re.compile(r"\x1b\x07*[PX\]^_]")
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_GONE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ufdd0-\ufdef\ufffe\uffff\u115f\u1160\u3164\uffa0\U000e0000-\U000e007f]"
)
_UNSEEN = re.compile(  # what is gone and neither begins nor ends an escape or a line
    _GONE.pattern.replace(
        r"\x0b-\x1f\x7f-\x9f", r"\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x8f\x91-\x97\x99\x9a"
    ).replace(r"\x00-\x08", r"\x00-\x06\x08")
)
_LONE = re.compile(r"[\ud800-\udfff]")
_OPEN = re.compile(rf"(?:(?:{_CONTROL}|{_STRING}|{_SHORT}){{1,{_DEPTH}}}|\r|[\ud800-\udbff])\Z")


def clean(text: str) -> str:
    """`text` without what nobody can see or what acts on a terminal; line ends are \\n."""
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_END.sub("\n", text)
    text = _UNENDED.sub("", _without_escapes(text))
    text = _GONE.sub("", text)
    if _LONE.search(text):  # halves that belong together are joined, others are replaced
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _without_escapes(text: str) -> str:
    """An escape is one also with something unseen, or another escape, inside it."""
    if not _BEGINS.search(text):
        return text
    text = _UNSEEN.sub("", text)
    for _ in range(_DEPTH):
        text, found = _ESCAPE.subn("", text)
        if not found:
            break
    return text


def says_something(text: str) -> bool:
    """Whether a reader sees a letter or a figure: not only blanks, punctuation and signs."""
    return any(unicodedata.category(character)[0] in "LN" for character in clean(text))


class Cleaner:
    """`clean` for text that comes in pieces: what may be half of a pair or of an escape waits for the next piece."""

    def __init__(self) -> None:
        self._held = ""

    def __call__(self, piece: str) -> str:
        """What of the text so far is safe to show and was not given yet."""
        text = _without_escapes(self._held + piece)
        found = _OPEN.search(text)
        self._held = found[0] if found else ""
        return clean(text[: found.start()] if found else text)

    def rest(self) -> str:
        """What was held back, at the end of the text."""
        text, self._held = self._held, ""
        return clean(text)
