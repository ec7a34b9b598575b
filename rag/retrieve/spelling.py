"""Slips of the pen in an English question: "wihtout drviing" is "without driving".

A word that is none of the language, stands in no document and is no name is replaced by the one word a single slip away
that the documents have. Two that are as near leave it as it is; so do names, which are refused by name where they are
unknown.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable

SHORT = 3  # letters: of so few only the order is mended
_TOKEN = re.compile(r"(?<![\w'’-])[a-z]{3,16}(?![\w'’-])")
_SMALL = frozenset(
    re.findall(
        r"\S+",
        "the and for are can how who not you our its was has any all "
        "without within before after during until under about which what when where that this these those with from "
        "have does much many long must shall should would could can will there their they them into than then only "
        "also each every between against because while still until does your ours been being",
    )
)


def corrected(
    question: str, has: Callable[[str], bool], ordinary: Callable[[str], bool], is_name: Callable[[str], bool]
) -> str:
    """The question with such words replaced. has: whether a word stands in a document. ordinary: whether it is one of
    the language. is_name: whether it is, nearly, of the name of a document."""

    def mended(found: re.Match[str]) -> str:
        word = found[0]
        if word in _SMALL or ordinary(word) or has(word) or is_name(word):
            return word
        for near in (_swapped(word), _slips(word) if len(word) > SHORT else set[str]()):
            known = {other for other in near if ordinary(other) and (other in _SMALL or has(other))}
            if known:
                return known.pop() if len(known) == 1 else word
        return word

    return _TOKEN.sub(mended, question)


def _swapped(word: str) -> set[str]:
    """Two neighbouring letters in the wrong order: by far the commonest slip of a keyboard."""
    return {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)} - {word}


def _slips(word: str) -> set[str]:
    """One letter too many, too few or wrong."""
    cut = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    less = {a + b[1:] for a, b in cut if b}
    more = {a + c + b for a, b in cut for c in string.ascii_lowercase}
    other = {a + c + b[1:] for a, b in cut if b for c in string.ascii_lowercase}
    return (less | more | other) - {word}
