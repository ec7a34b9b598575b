# ruff: noqa: E501, SIM905  lists of words
"""Does a passage bear out a sentence? Its words, its figures with their units, its references, and whether it says no.

Plain rules, no model: what they find is marked for the reader, never silently removed. Figures are compared by value
("six" is 6, 三十 is 30) and, where both name one, by unit. A sentence that says "may not end" is not borne out by one
that says "may end", though every word is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from sparewheel.rag.text import sentences

SUPPORT_SHARE = 0.5  # of a sentence's content words must stand in the passages

_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{4,}|\d+(?:[.,]\d+)*|[\u3400-\u9fff]")
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)、]|[-*•])\s+")

# ---------------------------------------------------------------- figures

_SMALL = dict(zip("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                  "seventeen eighteen nineteen".split(), range(20), strict=True))  # fmt: skip
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_NUMBER_WORD = "|".join((*_TENS, *sorted(_SMALL, key=len, reverse=True), *_SCALES))
_WORDS = re.compile(rf"\b(?:{_NUMBER_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_NUMBER_WORD}))*\b", re.IGNORECASE)
_UNITS = {
    "year": "years? annual(?:ly)? 年 周年 岁", "month": "months? 个月 月", "week": "weeks? 周 星期", "day": "days? 日 天 个工作日",
    "hour": "hours? 小时 个小时", "minute": "minutes? 分钟", "percent": "% percent per\\s?cent ％", "times": "times 倍 次",
    "dollar": "dollars? usd 美元", "yuan": "yuan rmb cny 元 人民币", "euro": "euros? eur 欧元", "pound": "pounds? gbp 英镑",
    "mg": "mg milligrams? 毫克", "g": "grams? 克", "ml": "ml millilitres? milliliters? 毫升", "tablet": "tablets? 片", "person": "persons? people 人 名",
    "copy": "cop(?:y|ies) 份", "instalment": "instal(?:l)?ments? 期", "night": "nights?", "quarter": "quarters? 季度", "metre": "met(?:re|er)s? 米",
}  # fmt: skip
_UNIT = {
    name: re.compile("|".join(f"(?:{word})" for word in words.split(" ")), re.IGNORECASE)
    for name, words in _UNITS.items()
}
_BETWEEN = r"(?:\s*[)）]?[\s-]*(?:(?:full|whole|calendar|business|working|consecutive|more|clear)[\s-]+)*)"
_UNIT_AFTER = re.compile(
    _BETWEEN + "(?:" + "|".join(f"(?P<{name}>{pattern.pattern})(?![a-z])" for name, pattern in _UNIT.items()) + ")",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*")
_HAN_DIGIT = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3,
    "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}  # fmt: skip
_HAN_SCALE = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10**4, "亿": 10**8}
_HAN = re.compile(rf"(百分之)?([{''.join(_HAN_DIGIT)}{''.join(_HAN_SCALE)}]+)")

# ---------------------------------------------------------------- references

_KINDS = {
    "section": "sections? secs?\\.? §+ 节", "article": "articles? arts?\\.? 条", "clause": "clauses? cls?\\.? 款", "schedule": "schedules?",
    "exhibit": "exhibits? exhs?\\.?", "annex": "annex(?:es)? 附件", "appendix": "appendix appendices 附录", "paragraph": "paragraphs? paras?\\.?",
    "rule": "rules?", "part": "parts?", "chapter": "chapters? 章", "regulation": "regulations? regs?\\.?", "item": "items? 项",
}  # fmt: skip
_ORDINAL = rf"\d+(?:\.\d+)*(?:\s?\([a-z\d]{{1,4}}\))*|(?-i:[IVXLC]+)\b|(?-i:[A-Z])\b|(?:{_NUMBER_WORD})\b"
_LATIN_KIND = "|".join(word for words in _KINDS.values() for word in words.split(" ") if word.isascii() or word == "§+")
_REFERENCE = re.compile(
    rf"(?<![A-Za-z])(?P<kind>{_LATIN_KIND})\s*(?P<numbers>(?:{_ORDINAL})(?:\s*(?:,|;|&|and|or|to|-|–)\s*(?:{_ORDINAL}))*)",
    re.IGNORECASE,
)
_HAN_REFERENCE = re.compile(
    r"第\s*([一二三四五六七八九十百千零〇两\d]+(?:\.\d+)*)\s*([条章节款项])(?:之([一二三四五六七八九十]))?"
)
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_BARE = re.compile(r"(?m)^[\s#*>]*(\d+(?:\.\d+)*(?:\([a-z\d]{1,4}\))*)[.)、\s]")

# ---------------------------------------------------------------- saying no

_IDIOM = re.compile(
    r"\b(?:not|no)\s+(?:later|less|more|fewer|earlier|only|exceed(?:ing)?|in excess)\b|\bwhether or not\b|\bif not\b|\bno\.\s*\d"
    r"|^\s*(?:no|not? really)[,.;:]|不(?:得)?(?:少于|超过|低于|高于|迟于|晚于|多于|大于|小于)|不(?:满|足|论|仅|但|同|断|动产|可抗力|时)|无论"
    r"|未(?:成年|来|婚)|非常|除非|^\s*(?:不是|不可以|否)[，,。]",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nobody|without|cannot|unless|except|prohibit\w*|forbid\w*|forbidden|barred|refus\w+)\b|n['’]t\b|\bnon-?(?=[a-z])"
    r"|不|没有?|未|无|勿|非|禁止|除外",
    re.IGNORECASE,
)
_SKIP = frozenset("be been to the a an any have has had this that its their such is are was were in of by for at or and may shall must will only also entitled permitted allowed required party parties".split())  # fmt: skip
_NEXT = re.compile(r"[A-Za-z\u00c0-\u024f]+|[\u3400-\u9fff]{1,2}")


@dataclass(frozen=True)
class Evidence:
    """What one or several passages say, read once."""

    text: str
    words: frozenset[str] = field(repr=False)
    figures: frozenset[tuple[float | str, str]] = field(repr=False)
    references: frozenset[tuple[str, str]] = field(repr=False)
    headings: frozenset[str] = field(repr=False)  # numbers that begin a line

    def sentences(self) -> tuple[str, ...]:
        return _sentences(self.text)


@lru_cache(maxsize=256)
def evidence(text: str) -> Evidence:
    """A passage, or several joined by line ends."""
    bare = frozenset(number for number in _BARE.findall(text))
    return Evidence(text, frozenset(words(text)), frozenset(figures(text)), frozenset(references(text)), bare)


@lru_cache(maxsize=256)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(text[start:end] for start, end in sentences(text))


def words(text: str) -> set[str]:
    """The content words, in lower case; every Chinese character is one."""
    return {word.casefold() for word in _WORD.findall(text)}


def figures(text: str) -> set[tuple[float | str, str]]:
    """(value, unit) of every figure, unit "" where none follows; of number words only those with a unit."""
    found: set[tuple[float | str, str]] = set()
    for match in _DIGITS.finditer(text):
        found.add((_value(match[0]), _unit(text, match.end())))
    for match in _WORDS.finditer(text):
        if unit := _unit(text, match.end()):
            found.add((float(_in_words(match[0])), unit))
    for match in _HAN.finditer(text):
        unit = "percent" if match[1] else _unit(text, match.end())
        if unit and not text[: match.start()].endswith("第"):
            found.add((float(_in_han(match[2])), unit))
    return found


def references(text: str) -> dict[tuple[str, str], str]:
    """(kind, number) of every section, article, clause, exhibit ... that is named -> as it is written."""
    found: dict[tuple[str, str], str] = {}
    for match in _REFERENCE.finditer(text):
        kind = _kind(match["kind"])
        numbers = re.findall(_ORDINAL, match["numbers"], re.IGNORECASE)
        for number in numbers:
            said = match[0] if len(numbers) == 1 else f"{match['kind']} {number}"
            found[kind, _ordinal(number)] = re.sub(r"\s+", " ", said).casefold()
    for match in _HAN_REFERENCE.finditer(text):
        number = match[1] if match[1][0].isdigit() else str(_in_han(match[1]))
        found[_kind(match[2]), number + (f".{_in_han(match[3])}" if match[3] else "")] = match[0]
    return found


def unknown_references(text: str, known: Evidence) -> list[str]:
    """References of `text` that the evidence does not contain, as written; a numbered heading is a section of its number."""
    numbers = {number for _, number in known.references} & known.headings
    return [
        said
        for (kind, number), said in references(text).items()
        if (kind, number) not in known.references and number not in numbers and not (
            kind in ("section", "clause", "paragraph", "article") and number in known.headings
        )
    ]  # fmt: skip


def borne_out(sentence: str, known: Evidence, names: frozenset[str] = frozenset()) -> bool:
    """Whether the evidence bears out the sentence; True for one without content words or figures. names: words that
    bear nothing out and need not be borne out."""
    sentence = _ITEM.sub("", sentence)
    said, numbers = words(sentence), figures(sentence)
    if not said and not numbers:
        return True
    values = {value for value, unit in known.figures if not unit}
    if any(
        (value, unit) not in known.figures and not _bare_value(value, unit, known, values) for value, unit in numbers
    ):
        return False
    content = {word for word in said if not word[0].isdigit()} - names
    if len(content & known.words) < SUPPORT_SHARE * len(content):
        return False
    return not (unknown_references(sentence, known) or contradicted(sentence, known))


def contradicted(sentence: str, known: Evidence) -> bool:
    """Whether the passage's sentences that say the same say it with a "not" more or less, and none says it alike."""
    said = words(sentence)
    near = [one for one in known.sentences() if len(said & words(one)) >= SUPPORT_SHARE * len(said)] if said else []
    verdicts = [_opposite(sentence, one) for one in near]
    return any(verdicts) and all(verdict is not False for verdict in verdicts)


def _opposite(one: str, other: str) -> bool | None:
    """True: the two negate different things; False: they agree; None: nothing to compare."""
    one, other = _IDIOM.sub(" ", one), _IDIOM.sub(" ", other)
    no_one, no_other = _negated(one), _negated(other)
    if len(_NO.findall(one)) % 2 == len(_NO.findall(other)) % 2:
        return False
    only_one = {term for term in no_one - no_other if term in _terms(other)}
    only_other = {term for term in no_other - no_one if term in _terms(one)}
    return True if only_one or only_other else None


def _negated(text: str) -> set[str]:
    """The content words that stand first after each "not"."""
    found = set()
    for match in _NO.finditer(text):
        for word in _NEXT.findall(text[match.end() : match.end() + 60]):
            word = word.casefold()
            if word not in _SKIP and word not in ("得", "能", "可", "应", "可以", "能够", "应当", "得以"):
                found.add(word.removeprefix("得").removeprefix("能"))
                break
    return found


def _terms(text: str) -> set[str]:
    latin = {word.casefold() for word in re.findall(r"[A-Za-z\u00c0-\u024f]+", text)}
    han = "".join(re.findall(r"[\u3400-\u9fff]+", text))
    return latin | {han[i : i + 2] for i in range(len(han))}


def _bare_value(value: float | str, unit: str, known: Evidence, bare: set[float | str]) -> bool:
    """A figure without a unit on one side: the value is enough."""
    return value in bare or (not unit and any(value == other for other, _ in known.figures))


def _value(digits: str) -> float | str:
    plain = digits.replace(",", "")
    return float(plain) if plain.count(".") <= 1 else plain


def _unit(text: str, at: int) -> str:
    found = _UNIT_AFTER.match(text, at)
    return (found.lastgroup or "") if found else ""


def _in_words(said: str) -> int:
    total, current = 0, 0
    for word in re.split(r"[\s-]+", said.casefold()):
        if word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if _SCALES[word] > 100:
                total, current = total + current, 0
        else:
            current += _SMALL.get(word, _TENS.get(word, 0))
    return total + current


def _in_han(said: str) -> int:
    total, section, digit = 0, 0, 0
    if not any(character in _HAN_SCALE for character in said):  # 二〇二六
        return int("".join(str(_HAN_DIGIT.get(character, 0)) for character in said))
    for character in said:
        if character in _HAN_DIGIT:
            digit = _HAN_DIGIT[character]
        elif (scale := _HAN_SCALE[character]) >= 10**4:
            total, section, digit = total + max(section + digit, 1) * scale, 0, 0
        else:
            section, digit = section + max(digit, 1) * scale, 0
    return total + section + digit


def _kind(said: str) -> str:
    said = said.casefold()
    return next(name for name, forms in _KINDS.items() if any(re.fullmatch(form, said) for form in forms.split(" ")))


def _ordinal(said: str) -> str:
    if re.fullmatch(r"[IVXLC]+", said):
        values = [_ROMAN[letter] for letter in said]
        return str(sum(-v if v < max(values[i:]) else v for i, v in enumerate(values)))
    return str(_in_words(said)) if said.casefold() in {*_SMALL, *_TENS} else re.sub(r"\s", "", said).casefold()
