"""A question without the naming of its document: "质保金是多少？" for "青禾与恒岳的合同的质保金是多少？".

The names stand in a document's opening only. Once the search has kept to that document they are told of, and a network
that looks for them in each clause finds no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from sparewheel.rag.types import Hit

_MARK = "\ufffc"
_KEYS = ("parties", "drug", "matter", "aliases")
_LEAST_ZH = 3  # characters of a name that a question must hold
_NOUN_ZH = r"(?:合同|协议|协定|说明书|药品|病历|小结|条例|规范|指南)"
_NAMED_ZH = re.compile(
    rf"(?:按照|根据|依照|依据|在|跟|和|与|同|关于|对于?)?{_MARK}(?:(?:与|和|跟|同|、|及){_MARK})*"
    rf"(?:签订?|订立|之间)?的?(?:那|这)?份?(?:[^，,。{_MARK}]{{0,8}}?{_NOUN_ZH})?(?:里面?|中|内|上)?(?:写)?的?[，,：:]?\s*"
)
_LED_ZH = re.compile(rf"^[^，,。？?的是]{{2,16}}?{_NOUN_ZH}(?:里面?|中)?(?:的|，|,)(?=[^？?]{{3,}})")
_NOUN = (r"(?:nda|non-disclosure agreement|confidentiality agreement|agreement|contract|lease|leaflet|guideline|policy|"
         r"licence|license|deal|document)")  # fmt: skip
_NAMED = re.compile(
    rf",?\s*(?:(?:under|in|of|from|per|for|according to)\s+)?(?:the\s+)?{_MARK}(?:'s|’s)?"
    rf"(?:\s*(?:and|&|/|-|,)\s*{_MARK}(?:'s|’s)?)*"
    rf"\s+(?:(?:mutual|patient|package|supply|service|services|licence|license|loan|sub)\s+)?{_NOUN}\b,?",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"(?:,?\s*\b(?:Inc|Ltd|Limited|LLC|LLP|PLC|plc|GmbH|AG|S\.?A|Corp|Corporation|Co|Company|Oy|B\.?V)\b\.?)+$"
)


def without_document(question: str, language: str, hits: Sequence[Hit]) -> str:
    """The question without what only names the document of the first passage; as it is where nothing would be left."""
    if not hits:
        return question
    chunk = hits[0].chunk
    named = (part for key in _KEYS for part in chunk.metadata.get(key, "").split(";"))
    names = sorted({n for name in named if len(n := name.rpartition("=")[2].strip()) > 1}, key=len, reverse=True)
    left = _chinese(question, names) if language == "zh" else _english(question, names)
    left = left.strip(" ，,")
    return left[:1].upper() + left[1:] if len(left) >= (4 if language == "zh" else 12) else question


def _chinese(question: str, names: Sequence[str]) -> str:
    for name in names:
        match = SequenceMatcher(None, name, question, autojunk=False).find_longest_match()
        if match.size >= min(_LEAST_ZH, len(name)):
            end = match.b + match.size
            tail = re.match(r"(?:股份)?(?:有限)?(?:责任)?公司", question[end:])
            question = question[: match.b] + _MARK + question[end + (tail.end() if tail else 0) :]
    question = _NAMED_ZH.sub("", question)
    return _LED_ZH.sub("", question)


def _english(question: str, names: Sequence[str]) -> str:
    marked = question
    for name in names:
        core = _FORM.sub("", name).strip()
        for form in (name, core, core.partition(" ")[0]):
            if len(form) > 3:
                marked = re.sub(rf"\b{re.escape(form)}\b", _MARK, marked, flags=re.IGNORECASE)
    without = _NAMED.sub("", marked)
    return question if without == marked or _MARK in without else without
