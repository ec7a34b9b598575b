"""Units of measurement and money as contracts and leaflets write them, and what they are in one base unit.

1 g is 1000 mg, a year is 12 months; 30 days are not a month, and a business day is no day.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_UNITS = {  # the unit, and every other spelling of it
    "%": "percent|per cent|pct",
    "‰": "",
    "bp": "basis points|basis point|bps|个基点",
    "kg": "kilogram|kilograms|kilogramme|kilogrammes|千克|公斤",
    "g": "gram|grams|gramme|grammes|克",
    "mg": "milligram|milligrams|毫克",
    "µg": "μg|ug|mcg|microgram|micrograms|微克",
    "ng": "nanogram|nanograms|纳克",
    "l": "litre|litres|liter|liters|升",
    "ml": "millilitre|millilitres|milliliter|milliliters|毫升",
    "mol": "摩尔",
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
    "year": "years|yr|yrs|annum|年|周岁|岁",
    "usd": "$|us$|dollar|dollars|us dollars|美元",
    "eur": "€|euro|euros|欧元",
    "gbp": "£|pound|pounds|pounds sterling|英镑",
    "cny": "rmb|¥|yuan|元|人民币|人民币元",
    "hkd": "hk$|hong kong dollars|港元|港币",
    "cad": "c$|ca$|canadian dollars|加元",
    "aud": "a$|au$|australian dollars|澳元",
    "sgd": "s$|singapore dollars|新加坡元",
    "twd": "nt$|新台币",
    "jpy": "yen|日元",
    "inr": "₹|rs.|rupees|卢比",
    "chf": "swiss francs|瑞士法郎",
    "krw": "₩|韩元",
    "tablet": "tablets|片",
    "capsule": "capsules|粒",
    "time": "times|次|fold|-fold|倍",
    "copy": "copies|份",
    "person": "persons|people|人|名",
    "piece": "pieces|件|台",
    "折": "",
}
SPELT = {spelling: unit for unit, others in _UNITS.items() for spelling in (unit, *(s for s in others.split("|") if s))}
MONEY = frozenset(("usd", "eur", "gbp", "cny", "hkd", "cad", "aud", "sgd", "twd", "jpy", "inr", "chf", "krw"))
PERIODS = frozenset({"hour", "day", "week", "month", "quarter", "year"})
_BASE = {  # unit -> base unit, and how many of it one is
    "‰": ("%", Fraction(1, 10)),
    "bp": ("%", Fraction(1, 100)),
    "kg": ("g", Fraction(1000)),
    "mg": ("g", Fraction(1, 1000)),
    "µg": ("g", Fraction(1, 10**6)),
    "ng": ("g", Fraction(1, 10**9)),
    "ml": ("l", Fraction(1, 1000)),
    "mmol": ("mol", Fraction(1, 1000)),
    "µmol": ("mol", Fraction(1, 10**6)),
    "km": ("m", Fraction(1000)),
    "cm": ("m", Fraction(1, 100)),
    "mm": ("m", Fraction(1, 1000)),
    "second": ("day", Fraction(1, 86400)),
    "minute": ("day", Fraction(1, 1440)),
    "hour": ("day", Fraction(1, 24)),
    "week": ("day", Fraction(7)),
    "quarter": ("month", Fraction(3)),
    "year": ("month", Fraction(12)),
}


def any_of(spellings: list[str]) -> str:
    """One pattern, as they are ordered; a Latin spelling ends where its word ends."""
    return "|".join(re.escape(s) + (r"(?![a-z])" if s[-1].isascii() and s[-1].isalpha() else "") for s in spellings)


LONGEST_FIRST = sorted(SPELT, key=len, reverse=True)
UNIT = any_of(LONGEST_FIRST)
CURRENCY = any_of([s for s in LONGEST_FIRST if SPELT[s] in MONEY])
HAN_UNIT = "|".join(s for s in LONGEST_FIRST if not s[0].isascii() and s not in "µ€£¥℃㎡‰₹₩")


@lru_cache(maxsize=4096)
def in_base(value: str, unit: str) -> tuple[str, str]:
    """(value, unit) in the base unit: ("500", "mg") as ("1/2", "g"), each number of "1~2" too; other text as it is."""
    if unit not in _UNITS or not re.search("[1-9]", value):
        return value, unit
    base, factor = _BASE.get(unit, (unit, Fraction(1)))
    return re.sub(r"\d+(?:\.\d+)?(?:⁄\d+)?", lambda m: str(_number(m.group()) * factor), value), base


def _number(text: str) -> Fraction:
    whole, _, below = text.partition("⁄")
    return Fraction(whole) / (int(below or 1) or 1)
