"""Does a text say yes or no to the same thing? "The Tenant may assign" and "The Tenant may not assign" share every word
that token F1 sees but one, and mean the opposite."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NEUTRAL = re.compile(  # "not" in these turns nothing round
    r"\b(?:no|not|never) (?:be )?"
    r"(?:more|less|fewer|longer|shorter|later|earlier|greater|higher|lower|larger|smaller) than\b"
    r"|\b(?:not|never|can not) (?:to )?exceed(?:ing)?\b|\bwhether or not\b|\bnot only\b|\bnot limited to\b|\bif not\b"
    r"|\bnon-disclosure\b|\bno\.(?=\s?\d)|\bnotwithstanding\b"
    r"|不(?:得|应|可|能)?(?:超过|多于|高于|大于|晚于|迟于|少于|低于|小于|早于)|不限于|不仅|不论|无论|不可抗力|不良|非处方|不动产|不同|无效"
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|prohibit(?:s|ed)?|forbid(?:s|den)?|refuses?|unable|fails?)\b"
    r"|不|未|无|没有?|非|勿|禁止|严禁|免于|莫"
)
_CONTRACTED = re.compile(r"\bcannot\b|\bcan't\b|\bwon't\b|n't\b")
_SKIPPED = frozenset(("be", "been", "being", "to", "any", "such", "itself", "is", "are", "it", "so"))


def spelt_out(text: str) -> str:
    """ "can't" and "cannot" as "can not", so that the negation is a word."""
    whole = {"cannot": "can not", "can't": "can not", "won't": "will not"}
    return _CONTRACTED.sub(lambda m: whole.get(m.group(), " not"), text)


def negations(text: str) -> int:
    """How many negations a folded text holds; "no more than" is a bound, and none."""
    return len(_NEGATION.findall(_NEUTRAL.sub(" ", spelt_out(text))))


def negated_before(tokens: Sequence[str], start: int) -> bool:
    """Does a negation stand right before tokens[start], small words aside ("may not be", 不得)?"""
    at = start - 1
    while at >= 0 and tokens[at] in _SKIPPED:
        at -= 1
    if at < 0:
        return False
    han = "\u3400" <= tokens[at] <= "\u9fff"
    return negations("".join(tokens[max(0, at - 1) : at + 1]) if han else tokens[at]) % 2 == 1
