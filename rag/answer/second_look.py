"""A second look at the words that a reader quoted: the detail that a question asks for, or its yes or no.

A reader that learned to quote clauses quotes the whole of "The Tenant may end this lease by giving not less than nine
months' notice" where only "nine months" was asked for. Read again by themselves, the words show the best short span and
whether it says nearly as much; and a yes or no is told best from its evidence alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Label = Literal["yes", "no", "maybe", ""]

_ASKS_YES_OR_NO = re.compile(
    r"\s*(?:(?:so|but|and|then),?\s+)?(?:is|are|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|"
    r"has|have|had)\b",
    re.IGNORECASE,
)
_ASKS_FOR_A_DETAIL = re.compile(
    r"\bhow (?:much|many|long|often|fast|quickly|soon|old|far|high|large|big|late|early)\b"
    r"|(?:^|[,;:.]\s*|\b(?:to|by|from|with|for|until|since|in|on|under) )(?:when|who|whose|whom|where)\b"
    r"|\b(?:what|which)\b[^,;?]{0,40}?\b(?:date|day|time|year|age|amount|price|fee|rate|percent\w*|share|sum|cap|maximum|"
    r"minimum|number|penalty|majority|dose|law|state|country|court|name|temperature|interval|period)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(  # "not less than 30 days" denies nothing
    r"\b(?:(?:not|no)\b(?!\s+(?:less|fewer|more|later|earlier|sooner|longer|greater|only|limited)\b)|nor|neither|none|never|"
    r"cannot|non-\w+|prohibit\w*|forbid\w*|forbidden|barred|restrict\w*|refrain)\b",
    re.IGNORECASE,
)
DETAIL_TOKENS = 14  # most of a detail
DETAIL_COST = 4.0  # how much less than the best span of the quoted words a detail may score (docs/LOG.md)


def asks_yes_or_no(question: str) -> bool:
    """Whether an English question begins as one that is answered by yes or no."""
    return bool(_ASKS_YES_OR_NO.match(question))


def asks_for_a_detail(question: str) -> bool:
    """Whether an English question asks for a figure, a date, a name: something of a few words."""
    return bool(_ASKS_FOR_A_DETAIL.search(question))


def is_detail(short: tuple[int, int, float], whole: tuple[int, int, float], text: str) -> bool:
    """Whether the short span says nearly as much as the best one; both are (start, end, margin) in `text`."""
    return short[2] >= whole[2] - DETAIL_COST and any(c.isalnum() for c in text[short[0] : short[1]])


def label_of(labels: Mapping[str, float], question: str, evidence: str, alone: float, agreed: float) -> Label:
    """The network's label of the evidence, when it is at least `alone` probable; or at least `agreed` and the words
    agree: evidence that denies what is asked means no, other evidence yes. "" where neither holds.
    """
    likely = max(labels, key=labels.__getitem__)
    says = "no" if bool(_DENIES.search(question)) != bool(_DENIES.search(evidence)) else "yes"
    if labels[likely] < (agreed if likely == says else alone):
        return ""
    return "yes" if likely == "yes" else "no" if likely == "no" else "maybe"
