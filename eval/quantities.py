"""The figures of a text, as a lawyer or a doctor compares them: 1.5 mg is not 15 mg, -20 is not 20, <5 is not >5.

    quantities("no more than eighteen (18) months")   -> 18 month, at most
    quantities("每日1.5毫克")                           -> 1.5 mg
    quantities("clause 10.1; 1 to 2 tablets; 5:1; 3 May 2026")  -> 10.1 §, 1~2 tablet, 5:1, 2026-05-03 date

Nothing of this is shared with the answerers: a measure must not make the mistakes of what it measures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_UNITS = {  # the unit, and every other spelling of it
    "%": "percent|per cent|pct",
    "‰": "",
    "kg": "kilogram|kilograms|kilogramme|kilogrammes|千克|公斤",
    "g": "gram|grams|gramme|grammes|克",
    "mg": "milligram|milligrams|毫克",
    "µg": "μg|ug|mcg|microgram|micrograms|微克",
    "ng": "nanogram|nanograms|纳克",
    "l": "litre|litres|liter|liters|升",
    "ml": "millilitre|millilitres|milliliter|milliliters|毫升",
    "mmol": "毫摩尔",
    "µmol": "μmol|umol|微摩尔",
    "iu": "international units|国际单位",
    "unit": "units|单位",
    "mmhg": "mm hg|毫米汞柱",
    "°c": "degrees celsius|degrees c|摄氏度|℃",
    "°f": "degrees fahrenheit|华氏度",
    "km": "kilometre|kilometres|kilometer|kilometers|公里|千米",
    "m": "metre|metres|meter|meters|米",
    "cm": "centimetre|centimetres|centimeter|centimeters|厘米",
    "mm": "millimetre|millimetres|毫米",
    "m^2": "m2|sqm|square metres|square meters|平方米|㎡",
    "second": "seconds|sec|秒|秒钟",
    "minute": "minutes|min|mins|分钟",
    "hour": "hours|h|hr|hrs|小时|个小时",
    "day": "days|天|日|自然日|个自然日|日历日",
    "business day": "business days|working day|working days|banking day|banking days|工作日|个工作日",
    "week": "weeks|周|星期|个星期",
    "month": "months|月|个月",
    "quarter": "quarters|季度|个季度",
    "year": "years|yr|yrs|年|周岁|岁",
    "usd": "$|us$|dollar|dollars|us dollars|美元",
    "eur": "€|euro|euros|欧元",
    "gbp": "£|pound|pounds|pounds sterling|英镑",
    "cny": "rmb|¥|yuan|元|人民币|人民币元",
    "tablet": "tablets|片",
    "capsule": "capsules|粒",
    "time": "times|次",
    "copy": "copies|份",
    "person": "persons|people|人|名",
    "piece": "pieces|件|台",
    "fold": "-fold|倍",
}
_SPELT = {
    spelling: unit for unit, others in _UNITS.items() for spelling in (unit, *(s for s in others.split("|") if s))
}
_TIME = frozenset({"hour", "day", "week", "month", "year", "time"})


def _any_of(spellings: list[str]) -> str:
    """Longest first; a Latin spelling ends where its word ends."""
    return "|".join(re.escape(s) + (r"(?![a-z])" if s[-1].isascii() and s[-1].isalpha() else "") for s in spellings)


_LONGEST_FIRST = sorted(_SPELT, key=len, reverse=True)
_UNIT = re.compile(
    rf"\s*[-\s]?(?:(?:calendar|consecutive|full|further|additional|clear|completed?)\s+)*({_any_of(_LONGEST_FIRST)})"
)
_PER = re.compile(rf"\s*(?:/|per\b|an?\b|each\b|every\b|每)\s*(?:kg\b)?\s*({_any_of(_LONGEST_FIRST)})")
_DAILY = re.compile(r"\s*(?:daily|weekly|monthly|yearly|annually)\b")
_CURRENCY = re.compile(r"(us\$|\$|usd|eur|€|gbp|£|cny|rmb|¥|人民币)\s*$")
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8}
_SCALE = re.compile(r"\s*(thousand\b|million\b|billion\b|百万|千万|千(?![克米])|万|亿)")

_NUMBER = r"(?:\d{1,3}(?:,\d{3}|[ ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)*(?:\^-?\d+)?)"
_AT = re.compile(rf"(?<![a-z\d.])(?P<sign>[-+±](?=\d)|minus |零下)?(?P<number>{_NUMBER})(?:st|nd|rd|th)?(?![a-z]?\d)")
_SECOND = re.compile(rf"\s*(?P<by>-|~|—|to\b|至|到|:|/)\s*(?P<sign>[-+])?(?P<number>{_NUMBER})")
_BETWEEN = re.compile(rf"\s*and\s+(?P<number>{_NUMBER})")

_SYMBOLS = {"<": "<", ">": ">", "≤": "≤", "≥": "≥", "<=": "≤", ">=": "≥"}
_BEFORE = {  # words before a figure; the longest that fits counts
    "≤": r"(?:no|not|never) (?:be )?(?:more|longer|later|greater|higher|larger) than"
    r"|(?:not|never) (?:to )?exceed(?:ing)?|cannot exceed|at most|up to|a maximum of|maximum(?: of)?|within"
    r"|不(?:得|应|可|能)?(?:超过|多于|高于|大于|晚于|迟于)|至多|最多|最长|最高",
    "≥": r"(?:no|not|never) (?:be )?(?:less|fewer|shorter|earlier|lower|smaller) than|at least"
    r"|a minimum of|minimum(?: of)?|不(?:得|应|可|能)?(?:少于|低于|小于|早于)|至少|最少|最低",
    "<": r"(?:less|fewer|shorter|lower|smaller|earlier) than|below|under|少于|低于|小于|不足|不满|未满",
    ">": r"(?:more|longer|greater|higher|larger|later) than|above|over|exceed(?:s|ing)?|in excess of"
    r"|超过|多于|高于|大于",
}
_WORDED = [(sign, re.compile(rf"(?:{words})\s*(?:about |the sum of |a )?$")) for sign, words in _BEFORE.items()]
_AFTER = re.compile(r"\s*(or more|or less|or fewer|or older|or over|or younger|or under|\(?含\)?以[上下内]|以[上下内])")
_AFTER_SIGN = {"more": "≥", "older": "≥", "over": "≥", "上": "≥"}

_REFERENCE = re.compile(
    r"(?:\b(?:sub-?)?(?:section|clause|article|paragraph|schedule|annex|appendix|exhibit|rule|part|chapter)s?\b|§+"
    r"|\b(?:sec|art|cl|para)\.)\s*(\d+(?:\.\d+)*(?:\([a-z0-9]{1,4}\))*)"
    r"|第(\d+(?:\.\d+)*)[条款章节项编]"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DATES = (  # groups: year, month, day; a missing one is None
    (re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)\s?日?"), (1, 2, 3)),
    (re.compile(rf"(?<![\d.])(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+)?(?:of\s+)?{_MONTH},?\s+(\d{{4}})"), (3, 2, 1)),
    (re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})"), (3, 1, 2)),
    (re.compile(rf"\b{_MONTH},?\s+((?:19|20)\d\d)(?![.,]?\d)"), (2, 1, None)),
    (re.compile(rf"(?<![\d.])(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?!may){_MONTH}"), (None, 2, 1)),
    (re.compile(rf"\b(?!may){_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?(?![.,]?\d)"), (None, 1, 2)),
    (re.compile(r"(?<!\d)(\d{4})年(\d{1,2})月(?!\d)"), (1, 2, None)),
    (re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})日"), (None, 1, 2)),
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure. value: canonical ("1.5", "-20", "1~2", "5:1", "10.1", "2026-05-03"); unit "" where none stands there.

    relation: <, ≤, >, ≥ or "" (as words say it, or as a symbol). start, end: where it stands in `folded(text)`.
    """

    value: str
    unit: str = ""
    per: str = ""
    relation: str = ""
    symbol: bool = False
    start: int = 0
    end: int = 0

    @property
    def token(self) -> str:
        """All of it in one word, without the relation in words, which stands beside it."""
        per = f"/{self.per}" if self.per and self.per not in _TIME else ""
        return f"{self.relation if self.symbol else ''}{self.value}{self.unit}{per}".replace(" ", "")


def same(reference: Quantity, given: Quantity) -> bool:
    """Does `given` say what `reference` says? A unit or relation that the reference does not name is free."""
    if reference.value != given.value or (reference.unit and reference.unit != given.unit):
        return False
    pers = {reference.per, given.per}
    if len(pers) > 1 and ("" not in pers or not pers - {""} <= _TIME):  # "5 mg" may be "5 mg a day", never "5 mg/kg"
        return False
    if reference.relation == given.relation:
        return True
    if not reference.relation or not given.relation:
        return not (reference.symbol or given.symbol)
    by_symbol = reference.symbol or given.symbol
    return not by_symbol and (reference.relation in "<≤") == (given.relation in "<≤")


def quantities(text: str) -> list[Quantity]:
    """The figures in the order of the text; number words are figures, and "eighteen (18)" is one."""
    return list(_quantities(text))


@lru_cache(maxsize=512)
def _quantities(text: str) -> tuple[Quantity, ...]:
    return tuple(_found(folded(text)))


@lru_cache(maxsize=512)
def folded(text: str) -> str:
    """Lower case, one width (NFKC), straight quotes and hyphens; number words of both languages in digits."""
    text = re.sub("[⁰¹²³⁴-⁹]+", lambda m: "^" + unicodedata.normalize("NFKC", m.group()), text)  # 10⁹ is not 109
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<!\d)\s*—\s*|\s*—\s*(?!\d)", ", ", text.translate(_PLAIN))  # a dash in a sentence is no minus
    text = _EN_WORDS.sub(_english, text)
    text = _ZH_WORDS.sub(_chinese, text)
    return re.sub(rf"({_NUMBER})\s?\(\1\)", r"\1", text)


_PLAIN = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’`´", "'"), **dict.fromkeys("‐‑‒–−", "-"),
                        "―": "—", "～": "~", "、": ","})  # fmt: skip


# ---------------------------------------------------------------- number words

_ONES = {
    word: number
    for number, word in enumerate(
        re.findall(
            r"\w+",
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen",
        )
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
_POWERS = {"hundred": 100, "thousand": 1000, "million": 10**6}
_WORD = "|".join(sorted((*_ONES, *_TENS), key=len, reverse=True))
_EN_WORDS = re.compile(
    rf"\b(?:{_WORD})(?:[-\s]+(?:(?:and\s+)?(?:{_WORD})|hundred|thousand|million)\b)*(?![a-z])(?!-(?:off|time|sided))"
)


def _english(found: re.Match[str]) -> str:
    """ "twenty-five" as 25; "one" alone is a number only before a unit or its digits."""
    text = found.group()
    if text in ("one", "zero") and not re.match(
        r"\s*\(\d|[-\s](?:" + _any_of(_LONGEST_FIRST) + ")", found.string[found.end() :]
    ):
        return text
    total, group = 0, 0
    for word in re.findall(r"[a-z]+", text):
        if word == "hundred":
            group = max(group, 1) * 100
        elif word in _POWERS:
            total, group = total + max(group, 1) * _POWERS[word], 0
        elif word != "and":
            group += _ONES.get(word, 0) + _TENS.get(word, 0)
    return str(total + group)


_ZH_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")}
_ZH_DIGITS |= {character: number for number, character in enumerate("壹贰叁肆伍陆柒捌玖", 1)} | {"〇": 0, "两": 2}
_ZH_POWERS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_ZH_CHARS = "".join((*_ZH_DIGITS, *_ZH_POWERS, "万亿"))
_ZH_UNITS = "|".join(s for s in _LONGEST_FIRST if not s[0].isascii() and s not in "µ€£¥℃㎡‰")
_ZH_WORDS = re.compile(
    rf"(?P<share>[百千]分之)(?P<part>[{_ZH_CHARS}点]+|\d+(?:\.\d+)?)|(?<=第)[{_ZH_CHARS}]+(?=[条款章节项编])"
    rf"|[{_ZH_CHARS}]+(?:点[{_ZH_CHARS}]+)?(?=\s?(?:\(\d|{_ZH_UNITS}|余|多[年月天日]))"
)


def _chinese(found: re.Match[str]) -> str:
    if found["share"]:
        return _zh_number(found["part"]) + ("%" if found["share"][0] == "百" else "‰")
    before = found.string[: found.start()][-1:]
    return found.group() if before.isdigit() or before == "." else _zh_number(found.group())


def _zh_number(text: str) -> str:
    """ "三千二百" as 3200, "十二点五" as 12.5, "二〇二六" as 2026, digits as they are."""
    if text[0].isdigit() and text[0].isascii():
        return text
    whole, _, after = text.partition("点")
    if not any(c in _ZH_POWERS or c in "万亿" for c in whole):
        number = "".join(str(_ZH_DIGITS[c]) for c in whole)
    else:
        total, group, digit = 0, 0, 0
        for c in whole:
            if c in "万亿":
                total = (total + group + digit) * (10**4 if c == "万" else 10**8)
                group, digit = 0, 0
            elif c in _ZH_POWERS:
                group, digit = group + (digit or 1) * _ZH_POWERS[c], 0
            else:
                digit = _ZH_DIGITS[c]
        number = str(total + group + digit)
    return number + ("." + "".join(str(_ZH_DIGITS.get(c, "")) for c in after) if after else "")


# ---------------------------------------------------------------- finding them


def _found(text: str) -> Iterator[Quantity]:
    """Dates and references first; what they cover is no other figure."""
    special: list[Quantity] = []
    for pattern, (year, month, day) in _DATES:
        for m in pattern.finditer(text):
            parts = [m[group] if group else None for group in (year, month, day)]
            if not _covered(special, m.start(), m.end()) and (value := _date(*parts)):
                special.append(Quantity(value, "date", start=m.start(), end=m.end()))
    for m in _REFERENCE.finditer(text):
        if not _covered(special, m.start(), m.end()):
            special.append(Quantity(m[1] or m[2], "§", start=m.start(), end=m.end()))
    special.sort(key=lambda q: q.start)
    at = 0
    for stop in (*special, None):
        end = stop.start if stop else len(text)
        while at < end and (found := _AT.search(text, at, end)):
            figure = _figure(text, found, end)
            yield figure
            at = figure.end
        if stop:
            yield stop
            at = stop.end


def _covered(known: list[Quantity], start: int, end: int) -> bool:
    return any(q.start < end and start < q.end for q in known)


def _date(year: str | None, month: str | None, day: str | None) -> str:
    """ISO 8601, "" where it is no date."""
    number = _MONTHS.index(month[:3]) + 1 if month and month[:3] in _MONTHS else int(month or 0)
    if not 1 <= number <= 12 or (day and not 1 <= int(day) <= 31):
        return ""
    return f"{year or '-'}-{number:02}" + (f"-{int(day):02}" if day else "")


def _figure(text: str, m: re.Match[str], end: int) -> Quantity:
    """The figure at `m` with what stands around it."""
    before = text[max(0, m.start() - 40) : m.start()]
    money = _CURRENCY.search(before)
    relation, symbol = _relation(before[: money.start()] if money else before)
    value, at = _signed(m), m.end()
    scale, at = _scaled(text, at, end)
    unit, at = _unit(text, at, end)
    second: re.Match[str] | None = _SECOND.match(text, at, end)
    if second is None and re.search(r"between\s+\S{0,4}$", before):
        second = _BETWEEN.match(text, at, end)
    if second:
        by = second.groupdict().get("by") or "~"
        scale, at = _scaled(text, second.end(), end)
        after, at = _unit(text, at, end)
        unit = after or unit
        first, last = (_canonical(number, unit, 0) for number in (value, _signed(second)))
        value = f"{first}{by if by in ':/' else '~'}{last}"
        value += f"e{scale}" if scale else ""
    if money and not unit:
        unit = _SPELT[money[1]]
    if not second:
        value = _canonical(value, unit, scale)
    per = ""
    if unit and (found := _PER.match(text, at, end)):
        per, at = _SPELT[found[1]], found.end()
    elif unit and (found := _DAILY.match(text, at, end)):
        word = found.group().strip()
        per, at = {"daily": "day", "weekly": "week", "monthly": "month"}.get(word, "year"), found.end()
    if not relation and (found := _AFTER.match(text, at, end)):
        word = found[1].split()[-1]
        relation, at = _AFTER_SIGN.get(word if word.isascii() else word[-1], "≤"), found.end()
    begun = m.start() - (len(before) - money.start() if money else 0)
    return Quantity(value, unit, per, relation, symbol, begun, at)


def _signed(m: re.Match[str]) -> str:
    sign = (m["sign"] or "").strip() if "sign" in m.groupdict() else ""
    return ("-" if sign in ("-", "minus", "零下") else "±" if sign == "±" else "") + m["number"]


def _canonical(value: str, unit: str, scale: int) -> str:
    """1,500.0 mg as 1500; without a unit the digits as they stand, for 1.10 may be a clause."""
    plain = value.replace(",", "").replace(" ", "")
    if (not unit and not scale) or plain.count(".") > 1 or not plain.lstrip("-").replace(".", "").isdigit():
        return plain
    number = Decimal(plain).scaleb(scale)
    return f"{number.normalize():f}"


def _scaled(text: str, at: int, end: int) -> tuple[int, int]:
    found = _SCALE.match(text, at, end)
    return (_SCALES[found[1]], found.end()) if found else (0, at)


def _unit(text: str, at: int, end: int) -> tuple[str, int]:
    found = _UNIT.match(text, at, end)
    return (_SPELT[found[1]], found.end()) if found else ("", at)


def _relation(before: str) -> tuple[str, bool]:
    """The relation in the text that ends before a figure, and whether a symbol says it."""
    if found := re.search(r"(<=|>=|[<>≤≥])\s*$", before):
        return _SYMBOLS[found[1]], True
    fits = [(found.start(), sign) for sign, words in _WORDED if (found := words.search(before))]
    return (min(fits)[1], False) if fits else ("", False)
