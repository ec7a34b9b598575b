"""A question that states a value: "Is the notice period 30 days?" asks whether the notice period is what it says.

It is read as the question for the value ("What is the notice period?"), and what is found is held against it: equal
figures or names are a yes, others a no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparewheel.rag.answer.figures import Quantity, quantities
from sparewheel.rag.answer.verdict import Label
from sparewheel.rag.text import simplified

_THAT = re.compile(
    r"^\W*(?:so )?is it (?:correct|true|right|so|the case) that (?P<what>(?:the |our |its |my )?[^?]{3,90}?)\s+"
    r"(?:is|are|was|amounts to|comes to|lasts?)\s+(?P<value>[^?]{1,60}?)\s*\??\s*$",
    re.IGNORECASE,
)
_IS = re.compile(
    r"^\W*(?:is|are|was) (?P<what>the [^?]{3,90}?)\s+(?P<value>(?:(?:only|just|really|about|at least|at most|up to"
    r"|more than|less than)\s+)?(?:[$€£¥]|EUR|USD|GBP)?\s?\d[^?]{0,40}?)\s*\??\s*$",
    re.IGNORECASE,
)
_ZH = re.compile(
    r"^(?P<what>[^？?，,]{2,30}?)(?:是不是|是否是|是否为|是|为)(?P<value>[^？?，,]{0,6}?[\d零一二三四五六七八九十百千万两][^？?，,]{0,14}?)"
    r"(?:吗|么|对吗|对不对)?[？?\s]*$"
)
_NAME = re.compile(r"[A-Z][\w’'-]*(?:\s+(?:of\s+)?[A-Z][\w’'-]*)*")


@dataclass(frozen=True, slots=True)
class Claim:
    """question: what asks for the value. value: what the asker says it is."""

    question: str
    value: str


def claimed(question: str, language: str) -> Claim | None:
    """The value that a yes/no question states, None where it states none that can be compared: a quantity with its
    unit, or a name."""
    if language == "zh":
        found = _ZH.match(simplified(question.strip()))
        if found is None or not any(q.unit for q in quantities(found["value"])):
            return None
        return Claim(f"{found['what']}是多少？", found["value"])
    found = _THAT.match(question) or _IS.match(question)
    if found is None:
        return None
    value = found["value"].strip()
    if not any(q.unit for q in quantities(value)) and not _NAME.fullmatch(value):
        return None
    return Claim(f"What is {found['what']}?", value)


def judged(claim: Claim, said: str) -> Label:
    """Whether what was found is the value; "" where it cannot be told."""
    wanted = next((q for q in quantities(claim.value) if q.unit), None)
    if wanted is not None:
        alike = [q for q in quantities(said) if q.unit == wanted.unit]
        if not alike:
            return ""
        return "yes" if any(_same(edge, wanted) for q in alike for edge in (q.low, q.high)) else "no"
    if claim.value.casefold() in said.casefold():
        return "yes"
    return "no" if _NAME.search(said[1:]) or _NAME.fullmatch(said) else ""


def _same(edge: float, wanted: Quantity) -> bool:
    """Whether a figure that was found is the one stated: "no longer than 235 days" allows 135, and is not 135."""
    return any(abs(edge - figure) <= 0.02 * max(1.0, abs(figure)) for figure in (wanted.low, wanted.high)
               if abs(figure) != float("inf"))  # fmt: skip
