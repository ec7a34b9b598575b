"""Whether the text that a PDF states for its letters is really what they show.

A font may come without a map from its glyphs to characters (private use, control characters) or with a wrong one, which
looks like text. Wrong text is told by what every language that is written in Latin letters has: small words, and pairs
of letters that are common in all of them.
"""

from __future__ import annotations

import re

_SAMPLE_CHARS = 800  # in the middle of a longer text
_UNMAPPED = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\ue000-\uf8ff\ufffd]")
_NOT_SHOWN = re.compile(r"[\s\x02\ufffe]")
_LEAST_WORDS = 12
_UNMAPPED_SHARE = 0.3  # of the characters that show something
_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_SMALL_WORDS = frozenset(
    re.findall(
        r"\S+",
        "the of and to in is that for it as was with be by on not he his but at are this have from or had an they "
        "which you were all we any shall such will may no if der die und den von zu das mit sich des auf für ist im "
        "dem nicht ein eine als auch es er so dass le la les de du et un une en est que qui dans pour par sur au aux "
        "ce il ne pas el los las del una por con para se su al lo como di che per non gli della een het van niet op "
        "aan dat zijn te voor o a os da do em um uma não na och att det som på av för med till i w z się nie że jest "
        "og til ",
    )
)
_PAIRS = frozenset(
    re.findall(
        r"\S+",
        "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri "
        "ro ic ne ea ra ce li ch ll be ma si om ur el la ta us ec ns ei ge ie un em qu ue ss tr ac di il ai na ag lo "
        "pe ",
    )
)
_FEW = (
    0.30  # pairs and half as much again of small words; measured: English .60 and more, Polish .40, ciphers below .29
)


def unmapped(raw: str) -> bool:
    """Whether much of what is shown has no character: private use, control characters, replacement characters."""
    lost = len(_UNMAPPED.findall(raw))
    return lost > 0 and lost > _UNMAPPED_SHARE * (len(raw) - len(_NOT_SHOWN.findall(raw)))


def garbled(raw: str) -> bool:
    """Whether the text is in Latin letters and in no language. False for little text and for other scripts."""
    middle = max(0, (len(raw) - _SAMPLE_CHARS) // 2)
    raw = raw[middle : middle + _SAMPLE_CHARS]
    words = [word for word in _WORD.findall(raw) if not word.isupper()]
    latin = [word.lower() for word in words if _LATIN.fullmatch(word)]
    if len(latin) < _LEAST_WORDS or 2 * len(latin) < len(words):
        return False
    small = sum(word in _SMALL_WORDS for word in latin) / len(latin)
    if 1.5 * small >= _FEW:
        return False
    pairs = [word[i : i + 2] for word in latin for i in range(len(word) - 1)]
    return sum(pair in _PAIRS for pair in pairs) / len(pairs) + 1.5 * small < _FEW
