"""The quantities that a text names, as ranges of a unit, and whether two texts agree on them. English and Chinese.

"up to two (2) days" is at most 2 days, "not less than 30 days" at least 30, "10至12分" 10 to
12 points, "EUR 3,000" 3,000 EUR.
Times of all units compare in days; money only within one currency.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_WORDS: dict[str, float] = {word: value for value, word in enumerate(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
     "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"])}  # fmt: skip
_WORDS |= {"a": 1, "an": 1, "twice": 2, "half": 0.5}
_TENS = {word: 10 * value for value, word in enumerate(
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)}  # fmt: skip
_HAN = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000, "亿": 100_000_000}
_SCALE = {"hundred": 100, "thousand": 1000, "million": 1e6, "billion": 1e9, "万": 1e4, "萬": 1e4, "亿": 1e8}
_DAYS = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.4, "year": 365.0}
_UNITS: tuple[tuple[str, str], ...] = (  # pattern behind the number -> unit
    *((rf"(?:(?:working|business|calendar|consecutive|full|clear|vacation|holiday|sick|paid|remote|training|more) )?"
       rf"{name}s?\b", name) for name in _DAYS),
    (r"mins?\b|分钟|分鐘", "minute"), (r"hrs?\b|个?小时|個?小時", "hour"), (r"秒", "second"), (r"周岁|岁|歲", "岁"),
    (r"个?工作日|個?工作日|日历天|天|日(?!元)", "day"), (r"个?星期|周|週|個星期", "week"), (r"个?月|個月", "month"),
    (r"年", "year"),
    (r"%|％|per ?cent\b|percent\b", "%"),
    (r"(?:US )?dollars?\b|美元", "USD"), (r"euros?\b|欧元", "EUR"), (r"pounds? sterling\b|英镑", "GBP"),
    (r"元|块钱?|圆", "CNY"),
    (r"mcg\b|µg\b|μg\b|micrograms?\b|微克", "µg"), (r"m[lL]/min\b|毫升/分钟?", "mL/min"),
    (r"mg\b|milligrams?\b|毫克", "mg"),
    (r"kg\b|kilograms?\b|kilos?\b|公斤|千克", "kg"), (r"g\b(?!/)|grams?\b|克", "g"), (r"m[lL]\b|millilit(?:er|re)s?\b"
     r"|毫升", "mL"),
    (r"[°º]\s?C\b|摄氏度|℃", "°C"), (r"(?:m|µ|n|p)?mol/L", "mol/L"),
    (r"km\b|公里", "km"), (r"cm\b|厘米", "cm"), (r"m\b(?!g|L|l|m)|met(?:er|re)s\b|米", "m"),
    (r"times\b|次", "time"), (r"平方米|㎡", "m²"), (r"分(?!之|公|部|别|期|析|为)", "point"), (r"片|粒", "tablet"),
)  # fmt: skip
_UNIT = re.compile("|".join(f"(?P<u{i}>{pattern})" for i, (pattern, _) in enumerate(_UNITS)), re.IGNORECASE)
_CURRENCY = {"$": "USD", "us$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP", "¥": "CNY",
             "￥": "CNY", "rmb": "CNY", "cny": "CNY", "人民币": "CNY"}  # fmt: skip
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_ONES = "|".join(w for w, v in _WORDS.items() if 0 < v < 10 and len(w) > 2)
_SPELLED = (rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{_ONES}))?"
            rf"|{'|'.join(sorted((w for w in _WORDS if len(w) > 2), key=len, reverse=True))})")  # fmt: skip
_NUMBER = re.compile(
    rf"(?P<money>US\$|USD|EUR|GBP|RMB|CNY|人民币|[$€£¥￥])?\s?"
    rf"(?P<first>(?<![\w.])(?<!\d,)(?:{_DIGITS})(?![.,]?\d)|(?<![A-Za-z0-9.,])(?:{_DIGITS})"
    rf"|\b{_SPELLED}\b(?: \((?:{_DIGITS})\))?|[百千万]分之[零〇一二两三四五六七八九十百]+"
    rf"|[零〇一二两兩三四五六七八九十百千]+)"
    rf"(?P<scale>\s?(?:hundred|thousand|million|billion)\b|\s?[万萬亿])?"
    rf"(?:\s?(?P<to>to|and|or|[-–~～至到])\s?(?P<second>{_DIGITS}|{_SPELLED}(?: \((?:{_DIGITS})\))?"
    rf"|[一二两三四五六七八九十百]+))?[\s-]?",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:up to|at most|(?:no|not)\b[^.;]{0,30}?\b(?:more|later|longer|greater|higher) than"
    r"|not\b[^.;]{0,20}?\bexceed(?:ing)?"
    r"|never exceeds?|within|max(?:imum|\.)?(?: of)?|less than|under|below|fewer than|younger than|not above"
    r"|limited to|capped at"
    r"|cap of"
    r"|不超过|不得超过|不超過|最多|至多|最长|不高于|低于|少于|小于|[不未]满|不足|不迟于|不晚于|最高)[^.;。；\d]{0,14}$",
    re.IGNORECASE,
)  # fmt: skip
_AT_LEAST = re.compile(
    r"(?:at least|(?:no|not)\b[^.;]{0,30}?\b(?:less|fewer|earlier|sooner|shorter|lower) than|min(?:imum|\.)?(?: of)?"
    r"|more than|over|above|exceed(?:s|ing)?|greater than|longer than|older than|beyond"
    r"|不少于|不得少于|至少|最少|不低于|不得低于|超过|高于|大于|多于|(?<![不未])满|提前)[^.;。；\d]{0,14}$",
    re.IGNORECASE,
)  # fmt: skip
_MORE_BEHIND = re.compile(
    r"\s?(?:\w+ )?(?:or (?:more|over|above|older|longer)|and (?:over|above|older|later)|以上|及以上|或以上)"
)
_LESS_BEHIND = re.compile(
    r"\s?(?:\w+ )?(?:or (?:less|under|fewer|below|younger)|and (?:under|below)|以下|以内|之内|及以下)"
)
_BEFORE = 44  # characters in which words of a bound stand before the number


@dataclass(frozen=True, slots=True)
class Quantity:
    """From `low` to `high` of a unit, times in days; characters [start, end) of the text. `bound`: said as one."""

    low: float
    high: float
    unit: str
    start: int
    end: int
    bound: bool = False


def quantities(text: str) -> list[Quantity]:
    """The quantities of the text in their order; a bare number has the unit ""."""
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        first = _value(match["first"])
        if first is None:
            continue
        scale = _SCALE.get((match["scale"] or "").strip().lower(), 1.0)
        at, end = match.end(), match.end()
        second = _value(match["second"]) if match["second"] else None
        if match["to"] in ("and", "or") and second is not None and not re.search(r"between\s*$", text[: match.start()]):
            second, at, end = None, match.start("to") - 1, match.start("to") - 1
            found_unit = _unit(text, match.end())
        else:
            found_unit = _unit(text, at)
        unit, behind = found_unit
        if match["first"][1:3] == "分之":
            unit, behind = {"百": "%", "千": "‰", "万": "‱"}[match["first"][0]], at
        if match["money"]:
            unit, behind = _CURRENCY[match["money"].strip().lower()], behind if unit in _CURRENCY.values() else at
        if not unit and not re.match(r"\d", match["first"]):
            continue  # "one of the parties", 一般: no quantity without a unit
        end = max(behind, len(text[:end].rstrip(" -")))
        factor = scale * _DAYS.get(unit, 1.0)
        low, high = first * factor, (second if second is not None else first) * factor
        start = match.start() + (match[0][:1].isspace())
        found.append(
            _bounded(text, Quantity(min(low, high), max(low, high), "day" if unit in _DAYS else unit, start, end))
        )
    return found


def compared(asked: str, said: str) -> Literal["agree", "differ", "unclear", ""]:
    """Whether what is said agrees with the quantities asked about: "agree" where one range holds the other, "differ"
    where they are apart, "unclear" where they overlap in part or nothing of that unit is said; "" where none is asked.
    """
    wanted = [q for q in quantities(re.sub("提前", "", asked)) if q.unit]  # asked, it is the number that is meant
    if not wanted:
        return ""
    verdicts = {_compare(q, [s for s in quantities(said) if s.unit == q.unit]) for q in wanted}
    return "differ" if "differ" in verdicts else "agree" if verdicts == {"agree"} else "unclear"


def _compare(asked: Quantity, said: Sequence[Quantity]) -> Literal["agree", "differ", "unclear"]:
    """Two bounds of one direction agree where they are equal: who needs 30 days' notice does not need 60."""
    near = 1e-9 + 0.02 * min(abs(asked.low) if math.isfinite(asked.low) else 1, 1e9) * (asked.unit == "day")
    alike = [s for s in said if asked.bound and s.bound and (s.low < 0) == (asked.low < 0)]
    if alike:
        return "agree" if any(abs(_edge(s) - _edge(asked)) <= near for s in alike) else "differ"
    held = [s for s in said if (s.low <= asked.low + near and asked.high <= s.high + near)
            or (asked.low <= s.low + near and s.high <= asked.high + near)]  # fmt: skip
    if held:
        return "agree"
    apart = [s for s in said if s.high < asked.low or asked.high < s.low]
    return "differ" if said and len(apart) == len(said) else "unclear"


def _edge(bound: Quantity) -> float:
    """The finite end of a bound."""
    return bound.low if math.isfinite(bound.low) else bound.high


def _bounded(text: str, q: Quantity) -> Quantity:
    before = text[max(0, q.start - _BEFORE) : q.start]
    before = re.split(r"[;；。\n]", before)[-1]
    least, most = _AT_LEAST.search(before), _AT_MOST.search(before)
    if _MORE_BEHIND.match(text, q.end):
        return Quantity(q.low, math.inf, q.unit, q.start, q.end, True)
    if _LESS_BEHIND.match(text, q.end):
        return Quantity(-math.inf, q.high, q.unit, q.start, q.end, True)
    if most and (not least or most.start() <= least.start()):
        return Quantity(-math.inf, q.high, q.unit, q.start, q.end, True)
    if least:
        return Quantity(q.low, math.inf, q.unit, q.start, q.end, True)
    return q


def _unit(text: str, at: int) -> tuple[str, int]:
    """(unit, where it ends) of what stands at `at`; ("", at) where it is no unit."""
    match = _UNIT.match(text, at)
    if not match or not match.lastgroup:
        return "", at
    return _UNITS[int(match.lastgroup[1:])][1], match.end()


def _value(text: str) -> float | None:
    """Of digits, an English or a Chinese number word."""
    text = text.strip().lower()
    inside = re.search(r"\(([\d.,]+)\)", text)
    if inside or re.match(r"\d", text):
        return float((inside[1] if inside else text).replace(",", ""))
    text = re.sub("^[百千万]分之", "", text)
    if text[:1] and (text[0] in _HAN or text[0] in _HAN_TENS):
        return _han(text)
    parts = [_TENS.get(part, _WORDS.get(part)) for part in re.split(r"[- ]", text)]
    known = [part for part in parts if part is not None]
    return float(sum(known)) if known and len(known) == len(parts) else None


def _han(text: str) -> float:
    if all(c in _HAN for c in text):
        return float("".join(str(_HAN[c]) for c in text))
    total, digit = 0.0, 0
    for c in text:
        if c in _HAN:
            digit = _HAN[c]
        else:
            total += max(digit, 1) * _HAN_TENS[c]
            digit = 0
    return total + digit
