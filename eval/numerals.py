"""One spelling for what two texts may spell in many ways, before anything is compared: `folded`.

    folded("No more than eighteen (18) Months")    -> "no more than 18 months"
    folded("1½ tablets twice a day at 5 p.m.")      -> "1.5 tablets 2 time/day at 17:00"
    folded("Article IV; 三分之二；每日两次")             -> "article 4; 2⁄3;2 time/day"

Lower case, one width, straight quotes and hyphens; number words of both languages, fractions, ordinals, Roman numerals
behind the words that they number, times of day and how often in figures. "⁄" parts a fraction; "/" may part anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from sparewheel.eval.units import HAN_UNIT, PERIODS, SPELT, UNIT

NUMBER = r"(?:\d{1,3}(?:,\d{3}|[ ]\d{3})+(?!\d)(?:\.\d+)?|\d+⁄\d+|\d+(?:\.\d+)*(?:\^-?\d+)?)"
Found = re.Match[str]


@lru_cache(maxsize=512)
def folded(text: str) -> str:
    """The text in that spelling; what is no figure keeps its words."""
    text = re.sub("[⁰¹²³⁴-⁹]+", lambda m: "^" + unicodedata.normalize("NFKC", m.group()), text)  # 10⁹ is not 109
    text = re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", text)
    text = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    text = re.sub(r"(?<!\d)\s*—\s*|\s*—\s*(?!\d)", ", ", text)  # a dash in a sentence is no minus
    for pattern, written in _FOLDS:
        text = pattern.sub(written, text)
    return re.sub(rf"({NUMBER}(?:th)?)\s?\(\1\)", r"\1", text)


_PLAIN = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’`´", "'"), **dict.fromkeys("‐‑‒–−", "-"),
                        "―": "—", "～": "~", "、": ", ", "×": "x"})  # fmt: skip


# ---------------------------------------------------------------- English number words

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
_BEFORE_COUNTED = re.compile(rf"\s*\(\d|[-\s](?:{UNIT})|\s+of\s+\d")


def _english(found: Found) -> str:
    """ "twenty-five" as 25; "one" alone is a number only before a unit or its digits."""
    text = found.group()
    if text in ("one", "zero") and not _BEFORE_COUNTED.match(found.string[found.end() :]):
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


_ORDINALS = {
    word: number
    for number, word in enumerate(
        re.findall(
            r"\w+",
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
            "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
        ),
        1,
    )
} | {"thirtieth": 30}
_ORDINAL = re.compile(
    rf"\b(?:(?P<tens>twenty|thirty)[-\s])?(?P<word>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})\b"
    r"(?!\s+(?:part(?:y|ies)|persons?)\b)"
)
_COUNTED = re.compile(
    r"\s+(?:(?:business|working|calendar)\s)?(?:days?|weeks?|months?|quarters?|years?|anniversary|trimester|dose)\b"
)


def _ordinal(found: Found) -> str:
    """ "fifth" as 5th; "first" and "second" only where something is counted, for a second is a unit and a party."""
    number = _ORDINALS[found["word"]]
    if number < 3 and not found["tens"] and not _COUNTED.match(found.string[found.end() :]):
        return found.group()
    return f"{number + _TENS.get(found['tens'], 0)}th"


_PARTS = {
    word: number
    for number, words in ((2, "half halves"), (3, "third thirds"), (4, "quarter quarters fourth fourths"),
                          (5, "fifth fifths"), (6, "sixth sixths"), (8, "eighth eighths"), (10, "tenth tenths"))
    for word in words.split()
}  # fmt: skip
_SHARE = re.compile(
    rf"\b(?<!and )(?P<n>an?|{'|'.join(list(_ONES)[1:10])}|\d)(?P<by>[-\s])(?P<part>{'|'.join(_PARTS)})\b"
    r"(?!\s+(?:part(?:y|ies)|persons?)\b)(?P<of>\s+of\b)?"
)


def _share(found: Found) -> str:
    """ "two-thirds" as 2⁄3. A quarter is a part only with a hyphen or "of": two quarters may be six months."""
    part = found["part"]
    loose = found["by"] != "-" and not found["of"]
    if loose and (part.startswith(("quarter", "fourth")) or found["n"] in ("a", "an")) and not part.startswith("half"):
        return found.group()
    number = {"a": 1, "an": 1}.get(found["n"]) or _ONES.get(found["n"]) or int(found["n"])
    return f"{number}⁄{_PARTS[part]}{found['of'] or ''}"


_ROMAN = re.compile(
    r"\b(sections?|clauses?|articles?|paragraphs?|schedules?|annex|appendix|exhibit|rules?|parts?|chapters?"
    r"|class|type|stage|phase|grade|title|volume|book|tier|level)(\s+)(x{0,3}(?:ix|iv|v?i{1,3}|v)|x{1,3})\b(?!')"
)


def _roman(found: Found) -> str:
    values = [{"i": 1, "v": 5, "x": 10}[letter] for letter in found[3]]
    after = (*values[1:], 0)
    total = sum(-value if value < following else value for value, following in zip(values, after, strict=True))
    return f"{found[1]}{found[2]}{total}"


# ---------------------------------------------------------------- Chinese number words

_ZH_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")}
_ZH_DIGITS |= {character: number for number, character in enumerate("壹贰叁肆伍陆柒捌玖", 1)} | {"〇": 0, "两": 2}
_ZH_POWERS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_ZH = "".join((*_ZH_DIGITS, *_ZH_POWERS, "万亿"))
_ZH_WORDS = re.compile(
    rf"(?P<whole>[百千万\d{_ZH}]+)分之(?P<part>[{_ZH}点]+|\d+(?:\.\d+)?)|(?<=第)[{_ZH}]+(?=[条款章节项编])|(?<=附[件表录])[{_ZH}]+|(?<=第\()[{_ZH}]+(?=\)[项款])"
    rf"|(?<=[午晨上])[{_ZH}]+(?=[点时])"
    rf"|[{_ZH}]+(?:点[{_ZH}]+)?(?=\s?(?:\(\d|{HAN_UNIT}|余|多[年月天日]|[至到~-][{_ZH}]+(?:点[{_ZH}]+)?(?:{HAN_UNIT})))"
)


def _chinese(found: Found) -> str:
    if whole := found["whole"]:
        part = _zh_number(found["part"])
        if whole in ("百", "千"):
            return part + ("%" if whole == "百" else "‰")
        return f"{part}⁄{_zh_number('一万' if whole == '万' else whole)}"
    before = found.string[: found.start()].rstrip(" ")[-1:]
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


# ---------------------------------------------------------------- the time of day, and how often

_PERIOD = "|".join(sorted((s for s, unit in SPELT.items() if unit in PERIODS and s.isascii() and s != "h"), key=len))
ZH_PERIODS = {"日": "day", "天": "day", "周": "week", "月": "month", "季度": "quarter", "年": "year"}
ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
            "annually": "year"}  # fmt: skip
_LATIN = {"b": 2, "t": 3, "q": 4}


def _clock(found: Found) -> str:
    later = found["half"] == "p"
    return f"{int(found['hour']) % 12 + 12 * later}:{found['minute'] or '00'}"


def _zh_clock(found: Found) -> str:
    hour, minute = int(found["hour"]), "30" if found["minute"] == "半" else (found["minute"] or "00")
    return f"{hour + 12 if found['half'] in ('下午', '晚上', '傍晚') and hour < 12 else hour}:{minute:0>2}"


def _latin(found: Found) -> str:
    """b.i.d., t.i.d., q.i.d.; without points only behind a dose, for a bid is an offer."""
    return f"{found['dose'] or ''}{_LATIN[found['n'] or found['dotted']]} times daily"


def _times(found: Found) -> str:
    return f"{found['n']} time/{ADVERBS.get(found['per']) or SPELT[found['per']]}"


def _zh_times(found: Found) -> str:
    return f"{found['n']} time/{ZH_PERIODS[found['per'] or found['after']]} "


# In this order: what one writes the next may read.
_FOLDS: list[tuple[re.Pattern[str], str | Callable[[Found], str]]] = [
    # how a number or a time is spelt
    (re.compile(r"(?<![\w.])\.(?=\d)"), "0."),  # .5 mg
    (re.compile(rf"(?<![\d.,])(0|\d{{1,3}}(?=,\d{{1,2}}\s?(?:{UNIT}))),(\d+)(?![\d,])"), r"\1.\2"),  # 0,5 mg
    (re.compile(r"(?<=\d)t(?=\d\d:\d\d)"), " "),  # ISO 8601
    (re.compile(r"\b(?:12 )?noon\b"), "12:00"),
    (re.compile(r"\b(?:12 )?midnight\b"), "0:00"),
    (re.compile(r"\bp\.\s?a\b\.?"), "per annum"),
    # fractions, before the words in them become numbers
    (re.compile(r"(?<![\d⁄])(\d+) (\d+)⁄(\d+)"), lambda m: f"{int(m[1]) + int(m[2]) / int(m[3]):.4g}"),  # 1½
    (re.compile(r"(?<![\d/.])([1-9])/(10|[2-9])(?![\d/.])(?!\s?(?:mg|ml|mmhg|g|µg)\b)"),
     lambda m: f"{m[1]}⁄{m[2]}" if int(m[1]) < int(m[2]) else m.group()),
    (re.compile(rf"\b(?:an?|one)\s+({UNIT})\s+and\s+a\s+half\b"), r"1.5 \1"),
    (re.compile(rf"\b(?:an?|one)\s+whole\s+(?={UNIT})"), "1 "),
    (re.compile(r"\bone\s+and\s+a\s+half\b"), "1.5"),
    (re.compile(rf"\b(?<!-)(?:one[-\s])?half(?=[-\s]+(?:of\b|an?\b|the\b|one\b|{UNIT}))(?:\s+an?\b)?"), "1⁄2"),
    (re.compile(r"\ba\s+dozen\b"), "12"),
    (re.compile(r"\ba\s+fortnight\b"), "2 weeks"),
    (_SHARE, _share),
    # number words and numbering
    (_ORDINAL, _ordinal),
    (_EN_WORDS, _english),
    (re.compile(r"(?<=\d)\s+and\s+a\s+half\b"), ".5"),
    (re.compile(r"\b(\d+(?:\.\d+)?|1⁄2) of (?:1|one|a)\s?(?:%|percent\b|per cent\b)"), r"\1%"),
    (re.compile(r"\b(q|fy)(?=\d)"), r"\1 "),  # Q3 2027
    (re.compile(r"\b(?:every other|on alternate) (day|week|month)s?\b"), r"every 2 \1s"),
    (_ROMAN, _roman),
    (_ZH_WORDS, _chinese),
    (re.compile("隔([日天周月])(?:1次|一次)?"), r"每2\1"),
    (re.compile(r"([年月日])(?:利率|息)(\D{0,4})(\d+(?:\.\d+)?[%‰])"), r"利率\2\3每\1"),
    (re.compile(rf"(?<![\d.])(\d+)(个?(?:{HAN_UNIT}))半(?![年月日天个数])"), r"\1.5\2"),
    (re.compile(rf"半(?=个?(?:{HAN_UNIT}))|一半"), "1⁄2"),
    # the time of day
    (re.compile(r"\b(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?"), _clock),
    (re.compile(r"(?P<half>上午|早上|凌晨|中午|下午|晚上|傍晚)\s?(?P<hour>\d{1,2})[时点:](?:(?P<minute>\d{1,2}|半)分?)?"),
     _zh_clock),
    (re.compile(r"(?<![\d:])0(?=\d:\d\d(?![\d:]))"), ""),  # 09:00
    (re.compile(rf"\bratio\s+of\s+({NUMBER})\s+to\s+({NUMBER})"), r"ratio of \1:\2"),
    # how often: "2 time/day"
    (re.compile(rf"(?P<dose>\d\s?(?:{UNIT})\s)(?P<n>[btq])id\b|\b(?P<dotted>[btq])\.i\.d\b\.?"), _latin),
    (re.compile(r"\bq\.?\s?(\d{1,2})\s?h\b\.?"), r"every \1 hours"),
    (re.compile(rf"\bonce(?=\s+(?:{'|'.join(ADVERBS)}|an?\s|(?:in\s+)?(?:per|each|every|any)\s))"), "1 times"),
    (re.compile(r"\btwice\b"), "2 times"),
    (re.compile(r"\bthrice\b"), "3 times"),
    (re.compile(r"\bdouble(?=\s+(?:the|its|that|of)\b)"), "2 times"),
    (re.compile(r"\b(?:triple|treble)(?=\s+(?:the|its|that|of)\b)"), "3 times"),
    (re.compile(rf"(?P<n>\d+(?:-\d+)?)\s+times?\s*(?:(?:in\s+)?(?:an?|per|each|every|any)\s+|/)?"
                rf"(?P<per>{_PERIOD}|{'|'.join(ADVERBS)})\b"), _times),
    (re.compile(r"(?:每|(?<!\d)1)个?(?P<per>日|天|周|月|季度|年)[内服用]?(?P<n>\d+(?:[-~]\d+)?)次(?P<after>)"),
     _zh_times),
    (re.compile(r"(?P<per>)(?P<n>\d+)次(?:/|每)(?P<after>日|天|周|月|年)"), _zh_times),
    (re.compile(r"(每\d+(?:小时|天|日|周|个月|年))1次"), r"\1"),
]  # fmt: skip
