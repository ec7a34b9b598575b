"""What is told apart by a number, a letter, a degree or a side: 第三年, "in 2003", "Tranche B", 中度, 2型, 开封前.

What holds for one of them does not hold for another; a reader takes them for alike.
"""

from __future__ import annotations

import re

CLASSES = frozenset({"度", "型", "级", "风险", "类"})  # degrees and kinds; the other families are dates and counts
_NUMBERED = re.compile(
    r"第(?P<zh>[一二三四五六七八九十\d]+)(?P<of>年|个月|月|期|级|次|季度|阶段|天)"
    r"|(?P<class>[轻中重高低]|(?<![第\d])[一二三四五甲乙丙ⅠⅡⅢⅣ\d])(?P<sort>度(?![\d过])|型|级|风险|类)"
    r"|(?P<deed>开封|开瓶|拆封|服药|用药|餐|饭|手术|输血|入院|出院|入职|离职|转正|交付|验收|到期|签约)(?P<side>[前后])"
    r"|\b(?P<year>(?:19|20)\d\d)\b"
    r"|\b(?P<noun>tranche|severity|stage|phase|category|grade|level|step|class|type|tier|year|month|week|visit)s? "
    r"(?P<name>(?-i:[A-Z])\b|\d+\b)",
    re.IGNORECASE,
)


def told_apart(text: str) -> dict[str, set[str]]:
    """Family -> the numbers, letters or degrees of it that the text names: {"tranche": {"B"}, "度": {"中"}}."""
    found: dict[str, set[str]] = {}
    for one in _NUMBERED.finditer(text):
        family = one["of"] or one["sort"] or one["deed"] or (one["noun"] or "year in figures").lower()
        found.setdefault(family, set()).add(one["zh"] or one["class"] or one["side"] or one["year"] or one["name"])
    return found


def of_others(question: str, evidence: str) -> set[str]:
    """The families of which the evidence names others than the question does."""
    asked, told = told_apart(question), told_apart(evidence)
    return {family for family, names in asked.items() if told.get(family) and not names & told[family]}
