"""Foreign text made harmless, once, where it enters: an endpoint's answer, a document, the name of a file.

Kept: every letter of every script, line ends and tabs. Gone: terminal escapes, control characters, byte order marks,
characters without width, marks that turn the direction of writing, tag characters. Half a surrogate pair becomes
U+FFFD.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(  # ECMA-48: control sequences, strings up to their terminator, two-character escapes
    r"(?:\x1b\x07*\[|\x9b)[0-?\x07]*[ -/\x07]*[@-~]|\x1b[\]PX^_][^\x07\x1b]{0,400}(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\-~]"
)
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_GONE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ufdd0-\ufdef\ufffe\uffff\u115f\u1160\u3164\uffa0\U000e0000-\U000e007f]"
)
_UNSEEN = re.compile(_GONE.pattern.replace(r"\x00-\x08\x0b-\x1f\x7f-\x9f", r"\x00-\x06\x08\x0b-\x1a\x7f-\x9a"))
_LONE = re.compile(r"[\ud800-\udfff]")
_OPEN = re.compile(
    r"(?:\x1b\x07*(?:\[[0-?\x07]*[ -/\x07]*|[\]PX^_][^\x07\x1b]{0,400}\x1b?|[ -/]*)?|\r|[\ud800-\udbff])\Z"
)


def clean(text: str) -> str:
    """`text` without what nobody can see or what acts on a terminal; line ends are \\n."""
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_END.sub("\n", text)
    if "\x1b" in text or "\x9b" in text:  # an escape is one also with something unseen inside it
        text = _ESCAPE.sub("", _UNSEEN.sub("", text))
    text = _GONE.sub("", text)
    if _LONE.search(text):  # halves that belong together are joined, others are replaced
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
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
        text = _UNSEEN.sub("", self._held + piece)
        found = _OPEN.search(text)
        self._held = found[0] if found else ""
        return clean(text[: found.start()] if found else text)

    def rest(self) -> str:
        """What was held back, at the end of the text."""
        text, self._held = self._held, ""
        return clean(text)
