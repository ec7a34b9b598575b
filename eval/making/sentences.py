"""A sentence with one figure or date turned into the question for it; None where no rule fits.

English: the auxiliary goes before the subject ("The Board shall call a meeting within 28 days." gives "within how many
days shall the Board call a meeting"). Chinese: the word order stays, 多少 stands for the figure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_CHARS = 200  # of a sentence: longer ones make questions that nobody would ask


class Asked(NamedTuple):
    """kind: number or date. clause: the question without the document's name and without its mark."""

    kind: str
    clause: str
    answer: str


_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = rf"\d{{1,2}} (?:{_MONTH}) \d{{4}}|(?:{_MONTH}) \d{{1,2}}, \d{{4}}"
_WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|fifteen|twenty|thirty|sixty|ninety"
_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|(?:{_WORDS})(?: \(\d+\))?)"
_UNIT = (
    r"(?:(?:calendar|working|business|consecutive) )?(?:days|weeks|months|years|hours|minutes|per cent|percent"
    r"|instalments|installments|members|directors|copies|doses|tablets|times)"
)
_LABEL = re.compile(
    r"\s*(?:[>#*_•·-]+\s*)*(?:(?:Section|Clause|Article)\s+\S+\s+|§\s*\d+\.?\s+|\d{1,3}(?:\.\d{1,3})*[.)]?\s+|\([a-z0-9]{1,4}\)\s+)*",
    re.IGNORECASE,
)
_SUBJECT = r"(?P<subject>(?:The|A|An|Each|Every|Either)\s[^,;:.()]{2,60}?)"
_AUXILIARY = r"(?P<auxiliary>shall|must|may|will|can|should|is|are|was|were)"
_INVERTED = re.compile(
    rf"{_SUBJECT}\s{_AUXILIARY}\s(?P<verb>(?!not\b|also\b|only\b|be no\b)[^,;:()]{{3,90}}?)\s"
    r"(?P<before>within|for at least|for up to|for|until|at least|at most|no later than|not later than|up to|on|from)\s"
    rf"(?:(?P<date>{_DATE})|(?P<number>{_NUMBER}) (?P<unit>{_UNIT}))\b(?!['’])(?P<rest>[^;:()]{{0,90}})\."
)
_BOUND = r"(?:(?:about|at least|at most|up to|approximately|no more than|not more than|no less than)\s)?"
_IS = re.compile(
    rf"(?P<subject>The\s[^,;:.()]{{2,60}}?)\s(?P<be>is|are)\s"
    rf"(?P<value>{_BOUND}(?:[£$€]\s?|[A-Z]{{3}}\s)?(?:{_DATE}|{_NUMBER})\b[^;()]{{0,60}}?)\."
)
_BESIDE = re.compile(r"\s(?:of|after|before|from|following)\s[^,]+")  # belongs to the unit: "30 days of the notice"
_FIGURE = re.compile(rf"{_DATE}|{_NUMBER}(?=\s|[.,;]|$)|\d")
_UNCLEAR = re.compile(r"\b(?:it|they|them|these|those|such|he|she|this|latter|former)\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:shall|must|may|will|can|should|is|are|was|were|that|which|who|if|when)\b")


def english(sentence: str) -> Asked | None:
    """From one sentence, its line breaks and label included."""
    plain = " ".join(_LABEL.sub("", sentence, count=1).split())
    if len(plain) > MOST_CHARS or "*" in plain or _UNCLEAR.search(plain):
        return None
    figures = _FIGURE.findall(re.sub(rf"({_WORDS}) \(\d+\)", r"\1", plain))
    if found := _INVERTED.fullmatch(plain):
        if len(figures) > 1 or _VERB.search(found["subject"]) or _VERB.search(found["verb"]):
            return None
        before = found["before"]
        what = "which date" if found["date"] else f"how many {found['unit']}"
        rest = found["rest"].rstrip()
        if " and " in rest:  # it may go on with what the subject does, or with the unit: nobody can say by rule
            return None
        beside, behind = (rest, "") if _BESIDE.fullmatch(rest) else ("", rest)
        clause = f"{before} {what}{beside} {found['auxiliary']} {_small(found['subject'])} {found['verb']}{behind}"
        answer = found["date"] or f"{found['number']} {found['unit']}"
        return Asked("date" if found["date"] else "number", clause, answer)
    if (found := _IS.fullmatch(plain)) and not _VERB.search(found["subject"]) and not _VERB.search(found["value"]):
        return Asked("number", f"what {found['be']} {_small(found['subject'])}", found["value"])
    return None


def _small(subject: str) -> str:
    return subject[0].lower() + subject[1:]


_LABEL_ZH = re.compile(
    r"[\s>#*_•·-]*(?:第[〇零一二三四五六七八九十百千两\d]+条\s*|\d{1,3}(?:\.\d{1,3})+\s*|\d{1,3}[.、]\s*|[（(][一二三四五六七八九十\d]+[）)]\s*)*"
)
_DATE_ZH = r"\d{4}年\d{1,2}月\d{1,2}日"
_NUMBER_ZH = r"(?:\d[\d,，]*(?:\.\d+)?|[一二三四五六七八九十百千万两]+)"
_UNIT_ZH = (
    r"(?:个?工作日|个月|个自然日|日|天|年|周岁|岁|周|小时|分钟|万元|亿元|元"
    r"|毫克|克|毫升|毫摩尔|平方米|公里|米|次|人|倍|份|片|期)"
)
_QUANTITY_ZH = re.compile(
    rf"(?P<date>{_DATE_ZH})|(?P<share>[百千万]分之)(?P<part>{_NUMBER_ZH})|(?P<number>{_NUMBER_ZH})(?P<unit>{_UNIT_ZH}|%)"
)
_ANY_FIGURE_ZH = re.compile(r"\d|[一二三四五六七八九十百千万两]+(?=[个日天年周岁小分元毫克平公米次人倍份片期])|分之")
_UNCLEAR_ZH = re.compile(r"其|该|上述|前款|本条(?!例)|此|下列|以下|第[\d一二三四五六七八九十]|[；：:“”\n*|\t]")
_MOST_CHARS_ZH = 70


def chinese(sentence: str) -> Asked | None:
    """From one sentence that says one figure; 一 alone is seldom one ("一次性", "一日")."""
    plain = "".join(_LABEL_ZH.sub("", sentence, count=1).split()).rstrip("。")
    found = list(_QUANTITY_ZH.finditer(plain))
    if len(found) != 1 or not 10 <= len(plain) <= _MOST_CHARS_ZH or _UNCLEAR_ZH.search(plain):
        return None
    one = found[0]
    before, after = plain[: one.start()], plain[one.end() :]
    if _ANY_FIGURE_ZH.search(before) or _ANY_FIGURE_ZH.search(after) or one["number"] == "一" or before.endswith("第"):
        return None
    if one["date"]:
        return Asked("date", f"{before}哪一天{after}", one["date"])
    share = "百分之" if one["unit"] == "%" else one["share"]
    what = f"{share}多少" if share else f"多少{one['unit']}"
    return Asked("number", before + what + after, one.group())
