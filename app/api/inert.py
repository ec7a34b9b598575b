"""Answers without markup that acts: chat pages render Markdown, and an image in it is fetched, which sends data away.

Backslashes are put before what would begin an image, a link with an address, the definition of a link or an HTML tag; a
page that renders Markdown shows the very same characters, and none of them does anything. Citation marks stay.
"""

from __future__ import annotations

import re

_ACTS = re.compile(r"!(?=\[)|(?<=\])[(:]|<(?=[a-z/!?])", re.IGNORECASE)
_MAY_BEGIN = ("!", "<")  # at the end of a piece: what comes next decides


def inert(text: str) -> str:
    """The text with its active markup escaped (CommonMark 0.31, section 2.4)."""
    return _ACTS.sub(lambda found: "\\" + found[0], text)


class Inert:
    """`inert` for a text that comes in pieces: what they add up to is the same."""

    def __init__(self) -> None:
        self._held = ""  # not given out yet
        self._last = ""  # the character before it

    def feed(self, piece: str) -> str:
        """What can be given out now."""
        whole = self._held + piece
        self._held = whole[-1:] if whole.endswith(_MAY_BEGIN) else ""
        return self._escaped(whole[: len(whole) - len(self._held)])

    def end(self) -> str:
        """The rest."""
        rest, self._held = self._held, ""
        return self._escaped(rest)

    def _escaped(self, ready: str) -> str:
        if not ready:
            return ""
        following = self._held[:1]
        shown = _ACTS.sub(lambda found: "\\" + found[0], self._last + ready + following)
        before, self._last = len(self._last), ready[-1]
        return shown[before : len(shown) - len(following)] if following else shown[before:]
