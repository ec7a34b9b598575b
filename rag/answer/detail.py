"""The few words that a question for a figure, a date or a name asks for, within the words that a reader quoted.

A reader that learned to quote clauses quotes the whole of "The Tenant may end this lease by giving not less than nine
months' notice" where only "nine months" was asked for. Read again by themselves, the words show the best short span and
whether it says nearly as much; where it does not, the one quantity of the kind that is asked for is the detail.
"""

from __future__ import annotations

import re

from sparewheel.rag.answer.figures import Quantity, quantities

DETAIL_TOKENS = 14  # most of a detail
DETAIL_COST = 4.0  # how much less than the best span of the quoted words a detail may score (docs/LOG.md)

MONEY = frozenset({"USD", "EUR", "GBP", "CNY"})
DOSES = frozenset({"mg", "g", "µg", "mL", "kg", "mol/L", "tablet"})
_KINDS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), frozenset(units))
    for pattern, units in (
        (r"\bhow many (?:days|weeks|months|years|hours|minutes)\b|\bhow (?:long|soon|quickly|fast|late|early|often"
         r"|old)\b"
         r"|\bwhat (?:time|age|interval|period)\b|\bhow much (?:notice|time)\b|\bnotice period\b|\b(?:time limit"
         r"|deadline|duration)\b"
         r"|多久|多长时间|几天|几个?月|几年|多少[天日年]|多少个月|多少小时|几(?:个)?小时|期限|提前多少", {"day", "岁"}),
        (r"\b(?:percent\w*|rate|share|interest)\b|比例|利率|百分", {"%", "‰", "‱"}),
        (r"\b(?:dose|dosage)\b|\bmg\b|剂量|多少毫克|吃多少|喝多少|滴多少|几滴|用多少|服多少|服用多少|几片|几粒", DOSES),
        (r"\bhow much\b|\b(?:price|fee|cost|penalty|amount|cap|rent|deposit|sum|compensation|salary|fine|budget"
         r"|liable)\b"
         r"|多少钱|多少元|金额|价格|总价|报价|单价|价钱|工钱|薪|补贴|补助|补偿金|津贴|保额|保费|赔多少"
         r"|押金|租金|工资|费用|赔偿|奖金|违约金|定金|价款|罚款|罚金", MONEY),
        (r"温度|\btemperature\b", {"°C"}),
        (r"多少岁|几岁|多大年", {"岁", "day"}),
        (r"几次|多少次|\bhow many times\b", {"time"}),
    )
)  # fmt: skip
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)(?:uary|ruary|ch|il|ust|ember|ober)?"
DATE = re.compile(
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: day)?(?: of)? {_MONTHS},? \d{{4}}|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\d{{4}}-\d{{2}}-\d{{2}}"
    r"|\d{4}\s?年(?:\s?\d{1,2}\s?月)?(?:\s?\d{1,2}\s?日)?"
)
DAY = re.compile(  # of any year
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: day)?(?: of)? {_MONTHS}|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?\b"
    r"|\d{1,2}\s?月\s?\d{1,2}\s?日"
)
_ASKS_DATE = re.compile(
    r"(?:^|[,;:.]\s*|\b(?:to|by|from|since|until|on) )when\b|\b(?:what|which) (?:date|day)\b|\bdate\b|何时|什么时候"
    r"|哪天|哪一天|日期|几月|几号",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:\b(?:(?:no|not) (?:less|more|later|longer|fewer|earlier|sooner|greater) than|up to|at (?:least|most)|within"
    r"|once in (?:any|each|every)(?: period of)?|a (?:maximum|minimum) of"
    r"|more than|less than|about|every|once every|after|below|above|under|over|from)\s+(?:(?:the|a|an|about) )?"
    r"|(?:不少于|不低于|不超过|不高于|不得超过|不得少于|至少|最多|至多|提前|超过|低于|高于|每日|每天|每次|隔日|隔天"
    r"|每)(?:人民币)?|人民币)$",
    re.IGNORECASE,
)  # fmt: skip
_BEHIND = re.compile(
    r"\s?(?:(?:a|per|each|every|an) (?:(?:calendar|contract|financial|working|business) )?[a-z]+(?: [a-z]+ed)?"
    r"|or (?:more|less|over|older)|and (?:over|above|older)|of age"
    r"|old|prior|以上|以下|以内|之内|前|内|左右)"
    r"|\s?(?:每|/)[\u4e00-\u9fffA-Za-z]{1,3}",
)


_ANY_FIGURE = re.compile(r"\d|[零一二三四五六七八九十两百]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten"
                         r"|twelve|twenty|thirty|sixty|ninety|hundred|once|twice|daily|weekly|monthly|quarterly|yearly|annual\w*|every|each"
                         r"|until|as long as|during"
                         r"|perpetual\w*|indefinite\w*|immediately|promptly|forthwith|at once|always|never|all|none"
                         r"|no)\b|每|立即|随时|永久|终身|无|不限|直至|至", re.IGNORECASE)  # fmt: skip


def is_detail(short: tuple[int, int, float], whole: tuple[int, int, float], text: str) -> bool:
    """Whether the short span says nearly as much as the best one; both are (start, end, margin) in `text`."""
    return short[2] >= whole[2] - DETAIL_COST and any(c.isalnum() for c in text[short[0] : short[1]])


def figure_asked_for(question: str, text: str, near: int) -> tuple[int, int] | None:
    """(start, end) in `text` of the date or quantity of the kind that is asked for, with the words of its bound.

    Of several the one nearest to the character `near`; None where the question asks for no figure, or there is none.
    """
    if _ASKS_DATE.search(question) and (dates := [m.span() for m in DATE.finditer(text)]):
        return min(dates, key=lambda span: abs(span[0] - near))
    units = units_asked_for(question)
    if not units:
        return None
    repeated = {text[q.start : q.end].strip().lower() for q in quantities(question)}
    found = [q for q in quantities(text) if q.unit in units and text[q.start : q.end].strip().lower() not in repeated]
    if not found:
        return None
    best = min(range(len(found)), key=lambda i: abs(found[i].start - near))
    start, end = with_bound(text, found[best])
    if best + 1 < len(found) and found[best + 1].start == end:  # 五万元以上五十万元以下
        end = with_bound(text, found[best + 1])[1]
    return start, end


def units_asked_for(question: str) -> frozenset[str]:
    """Units of what is asked for; not those the question gives itself: the dose for a child of 24 kg is in no kg."""
    units = next((units for pattern, units in _KINDS if pattern.search(question)), frozenset[str]())
    return units - {q.unit for q in quantities(question)} or units


def with_bound(text: str, q: Quantity) -> tuple[int, int]:
    start, end = q.start, q.end
    while before := _BEFORE.search(text, max(0, start - 30), start):
        start = before.start()
    if behind := _BEHIND.match(text, end):
        end = behind.end()
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def fits(question: str, text: str) -> bool | None:
    """Whether the text can hold the figure or the date that the question asks for; None where it asks for none."""
    if _ASKS_DATE.search(question) or any(pattern.search(question) for pattern, _ in _KINDS):
        units = units_asked_for(question)
        said = {q.unit for q in quantities(text)} - {""}
        return not (units and said and not said & units) and bool(_ANY_FIGURE.search(text))
    return None
