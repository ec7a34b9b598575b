"""The figures of a text, as a lawyer or a doctor compares them: 1.5 mg is not 15 mg, -20 is not 20, <5 is not >5.

    quantities("no more than eighteen (18) months")   -> 18 month, at most
    quantities("每日1.5毫克")                           -> 1.5 mg
    quantities("clause 10.1; 1 to 2 tablets; 5:1; 3 May 2026")  -> 10.1 §, 1~2 tablet, 5:1, 2026-05-03 date

Nothing of this is shared with the answerers: a measure must not make the mistakes of what it measures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from sparewheel.eval.numerals import ADVERBS, NUMBER, ZH_PERIODS, Found, folded
from sparewheel.eval.units import CURRENCY, PERIODS, SPELT, UNIT, in_base

_TIME = PERIODS | {"time"}
_UNIT = re.compile(rf"\s*[-\s]?(?:(?:calendar|consecutive|full|further|additional|clear|completed?)\s+)*({UNIT})")
_PER = re.compile(rf"\s*(?:/|per\b|an?\b|each\b|every\b|每)\s*(?:kg\b)?\s*(?P<much>\d+(?:\.\d+)?\s?)?(?P<unit>{UNIT})")
_DAILY = re.compile(rf"\s*(?P<word>{'|'.join(ADVERBS)})\b")
_OFTEN = re.compile(rf",?\s*(?P<n>\d+(?:-\d+)?) time/(?P<per>{'|'.join(PERIODS)})")
_STANDING = re.compile(  # how often, beside no figure
    rf"\b(?P<adverb>{'|'.join(ADVERBS)}|annual)\b|\b(?:each|every)\s+(?P<unit>day|week|month|quarter|year)\b"
    r"|每(?P<han>日|天|周|月|季度|年)(?!\d)"
)
_EVERY = re.compile(r"(?:\bevery |每)$")
_CURRENCY = re.compile(rf"(?<![a-z])({CURRENCY})\s*$")
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "k": 3, "m": 6, "mn": 6, "bn": 9}
_SCALES |= {"千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8}
_SCALE = re.compile(r"\s*(thousand\b|million\b|billion\b|百万|千万|千(?![克米])|万|亿)")
_MONEY_SCALE = re.compile(r"\s?(k|mn?|bn)\b")

_AT = re.compile(rf"(?<![a-z\d.])(?P<sign>[-+±](?=\d)|minus |零下)?(?P<number>{NUMBER})(?:st|nd|rd|th)?(?![a-z]?\d)")
_SECOND = re.compile(rf"\s*(?P<by>-|~|—|to\b|至|到|:|/)\s*(?P<sign>[-+])?(?P<number>{NUMBER})")
_BETWEEN = re.compile(rf"\s*and\s+(?P<number>{NUMBER})")

_SYMBOLS = {"<": "<", ">": ">", "≤": "≤", "≥": "≥", "<=": "≤", ">=": "≥"}
_SYMBOL = re.compile(r"(<=|>=|[<>≤≥])\s*$")
_BEFORE = {  # words before a figure; the longest that fits counts
    "≤": r"(?:no|not|never) (?:be )?(?:more|longer|later|greater|higher|larger) than"
    r"|(?:not|never) (?:to )?exceed(?:ing)?|cannot exceed|at most|up to|a maximum of|maximum(?: of)?|within"
    r"|不(?:得|应|可|能)?(?:超过|多于|高于|大于|晚于|迟于)|至多|最多|最长|最高",
    "≥": r"(?:no|not|never) (?:be )?(?:less|fewer|shorter|earlier|lower|smaller) than|at least"
    r"|a minimum of|minimum(?: of)?|不(?:得|应|可|能)?(?:少于|低于|小于|早于)|至少|最少|最低|年?满",
    "<": r"(?:less|fewer|shorter|lower|smaller|earlier) than|below|under|少于|低于|小于|不足|不满|未满",
    ">": r"(?:more|longer|greater|higher|larger|later) than|above|over|exceed(?:s|ing)?|in excess of"
    r"|超过|多于|高于|大于",
}
_WORDED = [(sign, re.compile(rf"(?:{words})\s*(?:about |the sum of |a )?$")) for sign, words in _BEFORE.items()]
_AFTER = re.compile(
    r"\s*((?:or|and) (?:more|less|fewer|older|over|above|younger|under|below)|\(?含\)?以[上下内]|以[上下内])"
)
_AFTER_SIGN = dict.fromkeys(("more", "older", "over", "above", "上"), "≥")

_REFERENCE = re.compile(
    r"(?:\b(?:sub-?)?(?P<kind>section|clause|article|paragraph|schedule|annex|appendix|exhibit|rule|part|chapter)s?\b"
    r"|§+|\b(?:sec|art|cl|para)\.)\s*(?P<number>\d+(?:\.\d+)*(?:\([a-z0-9]{1,4}\))*)"
    r"|第\(?(?P<han>\d+(?:\.\d+)*)\)?(?P<level>[条款章节项编])|(?P<annex>附[件表录])(?P<annexed>\d+)"
)
_LETTER = re.compile(  # Exhibit A, hepatitis B; "a" is an article where a noun follows
    r"\b(?:exhibit|schedule|annex|appendix|class|type|group|part|vitamin|hepatitis|influenza|series|grade|factor)\s+"
    r"(?P<letter>[b-z]|a(?=\s*(?:$|[^\w\s]|(?:to|of|and|or|in|is|for|shall|hereto|shares?|notes?|vaccine|virus)\b)))\b(?!')"
)
_APART = {"chapter": "chapter", "章": "chapter", "part": "part", "编": "part", "款": "款", "节": "节", "项": "项"}
_APART |= dict.fromkeys(("schedule", "annex", "appendix", "exhibit"), "schedule")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DATES = (  # groups: year, month, day; a missing one is None
    (re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)\s?日?"), (1, 2, 3)),
    (re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)"), (3, 2, 1)),
    (re.compile(r"(?<![\d/])(1[3-9]|2\d|3[01])[-/](\d{1,2})[-/](\d{4})(?!\d)"), (3, 2, 1)),
    (re.compile(r"(?<![\d/])(\d{1,2})[-/](1[3-9]|2\d|3[01])[-/](\d{4})(?!\d)"), (3, 1, 2)),
    (re.compile(rf"(?<![\d.])(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+)?(?:of\s+)?{_MONTH},?\s+(\d{{4}})"), (3, 2, 1)),
    (re.compile(rf"(?<![\d.])(\d{{1,2}})-{_MONTH}-(\d{{4}})"), (3, 2, 1)),
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

    per, times: "5 mg twice daily" is per day, 2 times. relation: <, ≤, >, ≥ or ""; symbol: a sign says it, no words.
    implied: "monthly" says once a month without a figure. start, end: where it stands in `folded(text)`, words of the
    relation included.
    """

    value: str
    unit: str = ""
    per: str = ""
    times: str = ""
    relation: str = ""
    symbol: bool = False
    implied: bool = False
    start: int = 0
    end: int = 0

    @property
    def token(self) -> str:
        """All of it in one word, in the base unit, without the relation and without how often a dose is given."""
        value, unit = in_base(self.value, self.unit)
        per = f"/{self.per}" if self.per and (self.unit == "time" or self.per not in _TIME) else ""
        return f"{value}{unit}{per}".replace(" ", "")

    @property
    def rate(self) -> tuple[str, str] | None:
        """How often: (times, period); None where nothing says it."""
        if self.unit == "time":
            return (self.value, self.per) if self.per else None
        return (self.times or "1", self.per) if self.per in PERIODS else None


def all_there(wanted: list[Quantity], given: list[Quantity]) -> bool:
    """Does `given` say every figure of `wanted`? What is only implied ("monthly") must not be said otherwise."""
    rates = {figure.rate for figure in given} - {None}
    for figure in wanted:
        if figure.implied and not rates:
            continue
        if figure.unit == "time" and figure.rate in rates:
            continue
        if not any(same(figure, other) for other in given):
            return False
    return True


def same(reference: Quantity, given: Quantity) -> bool:
    """Does `given` say what `reference` says? A unit or relation that the reference does not name is free."""
    if not reference.unit:
        if reference.value != given.value:
            return False
    elif in_base(reference.value, reference.unit) != in_base(given.value, given.unit):
        return False
    pers = {reference.per, given.per}
    if len(pers) > 1 and ("" not in pers or not pers - {""} <= _TIME):  # "5 mg" may be "5 mg a day", never "5 mg/kg"
        return False
    if reference.per and given.per and reference.rate != given.rate:
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
            kind = _APART.get(m["kind"] or m["level"] or ("schedule" if m["annex"] else ""), "§")
            number = m["number"] or m["han"] or m["annexed"]
            special.append(Quantity(number, kind, start=m.start(), end=m.end()))
    for m in _LETTER.finditer(text):
        special.append(Quantity(m["letter"], "letter", start=m.start("letter"), end=m.end()))
    special.sort(key=lambda q: q.start)
    at = 0
    for stop in (*special, None):
        end = stop.start if stop else len(text)
        yield from _between(text, at, end)
        if stop:
            yield stop
            at = stop.end


def _between(text: str, at: int, end: int) -> list[Quantity]:
    """The figures between two that are known, and how often where no figure says it."""
    figures: list[Quantity] = []
    begin = at
    while at < end and (found := _AT.search(text, at, end)):
        figure = _figure(text, found, end, figures[-1].end if figures else 0)
        figures.append(figure)
        at = figure.end
    for m in _STANDING.finditer(text, begin, end):
        if not _covered(figures, m.start(), m.end()):
            per = ADVERBS.get(m["adverb"] or "") or m["unit"] or ZH_PERIODS.get(m["han"] or "", "year")
            figures.append(Quantity("1", "time", per, implied=True, start=m.start(), end=m.end()))
    return sorted(figures, key=lambda q: q.start)


def _covered(known: list[Quantity], start: int, end: int) -> bool:
    return any(q.start < end and start < q.end for q in known)


def _date(year: str | None, month: str | None, day: str | None) -> str:
    """ISO 8601, "" where it is no date."""
    number = _MONTHS.index(month[:3]) + 1 if month and month[:3] in _MONTHS else int(month or 0)
    if not 1 <= number <= 12 or (day and not 1 <= int(day) <= 31):
        return ""
    return f"{year or '-'}-{number:02}" + (f"-{int(day):02}" if day else "")


def _figure(text: str, m: Found, end: int, after: int) -> Quantity:
    """The figure at `m` with what stands around it; `after`: where the figure before it ends."""
    before = text[max(after, m.start() - 40) : m.start()]
    money = _CURRENCY.search(before)
    relation, symbol, begun = _relation(before[: money.start()] if money else before)
    at = m.end()
    scale, at = _scaled(text, at, end, bool(money))
    unit, at = _unit(text, at, end)
    values = [_signed(m)]
    by = ""
    second: Found | None = _SECOND.match(text, at, end)
    if second is None and re.search(r"between\s+\S{0,4}$", before):
        second = _BETWEEN.match(text, at, end)
    if second and not (unit and second.groupdict().get("by") == "/"):  # 100 mg/5 ml is an amount for an amount
        by = second.groupdict().get("by") or "~"
        by = by if by in ":/" else "~"
        values.append(_signed(second))
        scale, at = _scaled(text, second.end(), end, bool(money))
        other, at = _unit(text, at, end)
        unit = other or unit
    if money and not unit:
        unit = SPELT[money[1]]
    if not unit and "⁄" in values[0]:
        unit, values = "%", [f"{100 * int(n) / int(d):.12g}" for n, _, d in (v.partition("⁄") for v in values)]
    if unit == "year" and text[at - 1 : at] == "年" and re.fullmatch(r"(?:19|20)\d\d", values[-1]):
        unit = ""
    value = by.join(_canonical(one, unit, scale) for one in values)
    per = times = ""
    if unit and (found := _PER.match(text, at, end)):
        per, at = (found["much"] or "").strip() + SPELT[found["unit"]], found.end()
    elif unit and (found := _DAILY.match(text, at, end)):
        per, at = ADVERBS[found["word"]], found.end()
    elif unit not in ("", "time") and (found := _OFTEN.match(text, at, end)):
        per, times = found["per"], found["n"]
    if unit in PERIODS and _EVERY.search(before):
        value, unit, per = "1", "time", f"{value}{unit}"
    if not relation and (found := _AFTER.match(text, at, end)):
        word = found[1].split()[-1]
        relation, at = _AFTER_SIGN.get(word if word.isascii() else word[-1], "≤"), found.end()
    start = m.start() - len(before) + (begun if relation and begun >= 0 else money.start() if money else len(before))
    return Quantity(value, unit, per, times, relation, symbol, start=start, end=at)


def _signed(m: Found) -> str:
    sign = (m["sign"] or "").strip() if "sign" in m.groupdict() else ""
    return ("-" if sign in ("-", "minus", "零下") else "±" if sign == "±" else "") + m["number"]


def _canonical(value: str, unit: str, scale: int) -> str:
    """1,500.0 mg as 1500; without a unit the digits as they stand, for 1.10 may be a clause."""
    plain = value.replace(",", "").replace(" ", "")
    if (not unit and not scale) or plain.count(".") > 1 or not plain.lstrip("-").replace(".", "").isdigit():
        return plain
    number = Fraction(plain.lstrip("-")) * 10**scale
    sign = "-" if plain.startswith("-") else ""
    return sign + (str(number.numerator) if number.denominator == 1 else f"{float(number):.12g}")


def _scaled(text: str, at: int, end: int, money: bool) -> tuple[int, int]:
    found = _SCALE.match(text, at, end) or (money and _MONEY_SCALE.match(text, at, end)) or None
    return (_SCALES[found[1]], found.end()) if found else (0, at)


def _unit(text: str, at: int, end: int) -> tuple[str, int]:
    found = _UNIT.match(text, at, end)
    return (SPELT[found[1]], found.end()) if found else ("", at)


def _relation(before: str) -> tuple[str, bool, int]:
    """The relation in the text that ends before a figure, whether a sign says it, and where it begins there, or -1."""
    if found := _SYMBOL.search(before):
        return _SYMBOLS[found[1]], True, found.start()
    fits = [(found.start(), sign) for sign, words in _WORDED if (found := words.search(before))]
    return (min(fits)[1], False, min(fits)[0]) if fits else ("", False, -1)
