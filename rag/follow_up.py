"""A follow-up question made whole by rule, without a model.

    made_whole("And for landlords?", [("How long is the notice period for tenants?", "a month")])
        -> searched and read as "How long is the notice period for landlords?"
    made_whole("Can it be amended by e-mail?", [("How long does the Halvorsen NDA last?", "five years")])
        -> searched as "Can it be amended by e-mail (Halvorsen NDA)?", read as it was asked

A question with enough words of its own is read as asked: what is added to it leads the reader astray (measured, see
benchmarks/follow_up.py). A chat model gets the question as asked, with the history.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sparewheel.rag.text import language_of

MOST_TURNS = 6  # further back nobody refers
MOST_CHARS = 400  # of what is carried over
_OWN_WORDS = 3  # content words: so many stand alone, and so many before a pronoun are what it refers to
_OWN_LETTERS = 6  # the same in Chinese

_STOP = frozenset(
    re.findall(
        r"\S+",
        """a an and are as at be been but by can could did do does for from had has have how i if in is it its may me
        must my no not of on or our shall should so that the their them then there these they this those to under was we
        were what when where which who whom whose why will with would you your about also""",
    )
)
_OPENER = re.compile(
    r"(?:and|but|or|so|also|then|otherwise|what about|how about|what if|in that case|if (?:so|not))\b[\s,]*",
    re.IGNORECASE,
)
_LINK = re.compile(r"\b(for|in|under|of|with|by|to|on|from|at|after|before|during|without)\s+(?=\S)", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it(?!\s+(?:allowed|possible|necessary|required|permitted|legal|true)\b)|its|they|them|their|theirs|he|him"
    r"|his|she|her|hers|the (?:same|former|latter)|such|there(?!\s+(?:is|are|was|were|any|a|an)\b)"
    r"|(?:does|do|did|is|was|will|would|can|could|should)\s+that\b"
    r"|(?:this|that|these|those)(?=\s*(?:[?,.]|$)|\s+(?:is|are|was|were|apply|applies|mean|means|happen|happens|include"
    r"|includes|cover|covers|end|ends|be|too|also|ones?|period|amount|limit|rule|case|clause)\b))",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"\s*(?:(?:what|which|who|whom|whose|when|where|why|how(?:\s+(?:long|much|many|often|far|soon|old"
    r"|quickly))?)\b\s*)?"
    r"(?:(?:is|are|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had)\b\s*)?"
    r"(?:(?:the|a|an|there|any)\b\s*)*",
    re.IGNORECASE,
)
# Words with a capital that begin no question, and what joins them: "Halvorsen and Brightwater NDA", "Unit 12"
_NAME = re.compile(r"(?<=[\w,(] )[A-Z][\w&'’-]*(?:\s+(?:(?:of|and|&|the)\s+)?[A-Z0-9][\w&'’-]*)*")
_ZH_NAME = re.compile(r"《[^》]{2,30}》|[A-Za-z0-9][A-Za-z0-9-]+")
_ZH_PRONOUN = re.compile(
    r"(?<!其)[它他她]们?|其(?![他余中实])|上述|前述|这(?:个|种|些|项|笔|样|时)?(?![份本])|那(?:个|种|些|项|笔|样|时)?|此(?!外)|同样"
)
_ZH_OPENER = re.compile(r"(?:那么?|还有|另外|以及|但是?|如果|要是|为什么|为何)[，,]?")
_ZH_ASKS = re.compile(
    r"(?:是|有|为|在|应当?|可以?|能)?(?:什么时候|什么|多少|哪些|哪个|哪里|何时|如何|怎么样?|怎样|几[天个年月日]?|多久|多长时间|谁"
    r"|是否|有没有|能否|吗|呢)|[？?]"
)
_ZH_NE = re.compile(r"(?:那么?|还有|另外|以及)?[，,]?\s*(?P<new>[^，。？?\s]{2,12})呢[？?]?$")


_ZH_AGE = re.compile(
    r"[\d零一二两三四五六七八九十百半]+(?:周?岁半?|个?月大?)(?:以[上下])?(?:的?(?:孩子|儿童|老人|病人|人))?"
)
_ZH_PEOPLE = re.compile(r"成人|儿童|小儿|小孩|孩子|老人|老年人|婴儿|孕妇|哺乳期(?:妇女)?")
_ZH_OF_A_SORT = (  # what a follow-up puts in the place of another of its sort: 4岁呢, 周二呢, 三级呢, 第二年呢
    _ZH_AGE,
    _ZH_PEOPLE,
    *(
        re.compile(pattern)
        for pattern in (
            r"(?:周|星期|礼拜)[一二三四五六日天末]", r"[一二三四五\d甲乙丙特]级",
            r"第[一二三四五六七八九十\d]+(?:年|个月|期|次|阶段|季度)", r"[\d.]+(?:公斤|千克|kg|毫克|mg)",
            r"工作日|休息日|周末|法定节假日|节假日|平时", r"[轻中重]度[\u3400-\u9fff]{0,4}",
            r"省内|省外|境外|境内|国内|国外",
        )
    ),
)  # fmt: skip
_DOCUMENT = re.compile(
    r"\s*(?:(?:non-?disclosure |confidentiality |services? |supply |lease )?(?:NDA|agreement|contract|lease"
    r"|deed|licen[cs]e|policy|leaflet"
    r"|tablets?|capsules?)\b|的?(?:[\u3400-\u9fff]{0,4})(?:合同|协议|说明书))",
    re.IGNORECASE,
)
_NOUN_BEHIND = re.compile(
    r"\s+(?:NDA|agreement|contract|lease|deed|licen[cs]e|policy|leaflet|tablets?|capsules?)$|的?(?:合同|协议|说明书)$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?:[’']s?)?\s*(?:的|与|和|及|跟|\s|and|&|,|the|-|/|合同|协议|说明书|\b(?:NDA|agreement|contract|lease|leaflet)s?\b)*\s*",
    re.IGNORECASE,
)
_SIBLING = re.compile(  # "tranche B", "grade AX-5", "severity 2", 第三年
    r"\b(?P<noun>[A-Za-z]{4,}) (?P<name>(?-i:[A-Z])\b|(?-i:[A-Z]{1,4})-?\d+\b"
    r"|\d{1,3}\b(?! (?:days?|weeks?|months?|years?|%|per)))",
    re.IGNORECASE,
)
_CASE = re.compile(
    r"(?:for|in|with|over|under|above|below|at|if|when|while|during|aged?)\b[^?]*?\b(?:patients?|children|adults?|people|persons?|women|men"
    r"|years?|over|under|older|younger|elderly|pregnan\w+|breast\W?feed\w*|liver|kidney|disease|failure|\d+)\b",
    re.IGNORECASE,
)
_INVERTED = re.compile(
    r"\b(?:is|are|was|were|do|does|did|can|could|may|must|shall|should|will|would|has|have)\s+(?:the|a|an|it|they|i|we|you|he|she)\b"
    r"|[, ](?:how|what|who|whom|which|where)\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:which|what|how many|all|each|every|any) (?:of the )?(?:\w+ )?(?:contracts|agreements|documents|ndas"
    r"|leases|leaflets|policies)\b"
    r"|\b(?:compare|any other|other documents?|everywhere)\b"
    r"|哪些(?:合同|文档|说明书|药)|哪几份|所有|全部|每份|比较|几份|多少份",
    re.IGNORECASE,
)


class Named(Protocol):
    """Characters [start, end) of a question name a document."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A question as it is searched for, and as the reader reads it."""

    search: str
    read: str


def made_whole(
    question: str, history: Sequence[tuple[str, str]], named: Callable[[str], Sequence[Named]] | None = None
) -> Whole:
    """The question with what it takes from the history (oldest first); twice the question where it takes nothing.

    named: where a question names documents. The one it names takes the place of the one that was named before; a
    question that names none is about the one that was named before.
    """
    whole = Whole("", "")
    for asked in (*(asked for asked, _ in history[-MOST_TURNS:]), question):
        whole = _next(asked.strip(), whole, named)
    return whole


def _next(question: str, before: Whole, named: Callable[[str], Sequence[Named]] | None) -> Whole:
    if before.read and (renumbered := _renumbered(question, before.read)):
        return _both(renumbered)
    if named is not None and before.read:
        new, old = phrase(question, named(question)), phrase(before.read, named(before.read))
        if new and (old or _only_names(question, new)):
            return _both(_renamed(question, new, before.read, old))
        if old and not new:
            return _of_the_same(question, before.read, old)
    return _joined(question, before.search[:MOST_CHARS])


def _renumbered(question: str, before: str) -> str:
    """The question before, asked of the sibling that is all the new one names: "And for tranche B?" after "What is the
    margin on tranche A?"; "" where it names none, or more."""
    new = _SIBLING.search(question)
    if new is None or _content(_without_opener(question[: new.start()] + question[new.end() :])):
        return ""
    old = next((m for m in _SIBLING.finditer(before) if m["noun"].lower() == new["noun"].lower()), None)
    return f"{before[: old.start()]}{new[0]}{before[old.end() :]}" if old else ""


def phrase(question: str, mentions: Sequence[Named]) -> tuple[int, int] | None:
    """Where the words stand that name the document: the mentions beside each other, and the noun behind them."""
    if not mentions:
        return None
    start, end = mentions[0].start, mentions[0].end
    for mention in mentions[1:]:
        if _BETWEEN.fullmatch(question[end : mention.start]):
            end = max(end, mention.end)
    if noun := _DOCUMENT.match(question, end):
        end = noun.end()
    return start, end


def _only_names(question: str, phrase: tuple[int, int]) -> bool:
    """Whether the question says nothing beside the name: "And in the Borealis NDA?", "北原的合同呢？"."""
    rest = f"{question[: phrase[0]]} {question[phrase[1] :]}"
    if language_of(question) == "zh":
        return not re.sub(
            r"那么?|还有|另外|以及|换成|如果是|[这那]?份|在|里|中|的|呢|又|怎么样|如何|[跟和与同]|签订?|之间|[，。？?\s]",
            "",
            rest,
        )
    return all(word in _STOP or word in ("s", "one") for word in _content(_without_opener(rest)))


def _renamed(question: str, new: tuple[int, int], before: str, old: tuple[int, int] | None) -> str:
    """The question before, asked of the document that the new one names; a question of its own as it is."""
    name = question[slice(*new)]
    if not _only_names(question, new):
        rest = _without_opener(question)
        return (
            f"What is {rest}" if language_of(question) == "en" and _is_fragment(rest) and rest != question else question
        )
    if old is None:
        return _with_topic(before, name)
    noun = _NOUN_BEHIND.search(before[slice(*old)])
    if noun and not _NOUN_BEHIND.search(name):
        name += noun[0]
    return before[: old[0]] + name + before[old[1] :]


def _of_the_same(question: str, before: str, old: tuple[int, int]) -> Whole:
    """The question, asked of the document that was named before; one about all documents as it is."""
    if _ALL.search(question):
        return _both(question)
    name = before[slice(*old)]
    chinese = language_of(question) == "zh"
    if chinese:
        if swapped := _swapped(question, before):
            return _both(swapped)
        rest = _ZH_OPENER.sub("", question, count=1)
        bare = re.sub(r"呢(?=[？?]?$)", "", rest)
        topic = bare if _ZH_ASKS.search(re.sub(r"[？?]", "", bare)) else re.sub(r"[？?]?$", "是什么？", bare, count=1)
        topic = re.sub(r"^(?:它|其|该合同|这份合同|这个药|该药|这种药)的?", "", topic)
        return _both(
            f"{name}的{topic}"
            if not topic.startswith(("在", "如果", "能", "可", "会", "要", "吃"))
            else f"{name}：{topic}"
        )
    without = (before[: old[0]] + before[old[1] :]).strip(" ?.")
    opener = _OPENER.match(question)
    rest = question[opener.end() :] if opener else question
    if not _content(rest):  # "Why?", "How long?"
        return _both(f"{before} {question}")
    if opener and _CASE.match(rest) and not _INVERTED.search(rest):  # whom it is asked for: what is asked stays
        return _both(f"{before.rstrip(' ?.')} {rest.rstrip(' ?.')}?")
    if _is_fragment(rest):
        link = _LINK.match(rest)
        if link and (found := [m for m in _LINK.finditer(without) if m[1].lower() == link[1].lower()]):
            return _both(_with_topic(f"{without[: found[-1].start()]} {rest.rstrip(' ?.')}?".replace("  ", " "), name))
        rest = f"What is {rest}" if not link else rest
    rest = re.sub(r"\b(?:its|their|his|her)\b(?=\s+\w)", "the", rest)
    return _both(_with_topic(rest[0].upper() + rest[1:], name))


def _joined(question: str, before: str) -> Whole:
    """The question with what it takes from the whole question before it ("" for none)."""
    if before and (whole := (_joined_zh if language_of(question) == "zh" else _joined_en)(question, before)):
        return whole
    return Whole(question, question)


def _joined_en(question: str, before: str) -> Whole | None:
    opener = _OPENER.match(question)
    rest = question[opener.end() :] if opener else question
    content = _content(rest)
    pronoun = next((p for p in _PRONOUN.finditer(question) if len(_content(question[: p.start()])) < _OWN_WORDS), None)
    if not content and not pronoun:  # "Why?", "How long?"
        return _both(f"{before} {question}")
    link = _LINK.match(rest)
    elliptic = _is_fragment(rest)
    if elliptic and link and (found := [m for m in _LINK.finditer(before) if m[1].lower() == link[1].lower()]):
        return _both(f"{before[: found[-1].start()].replace('(', ', ')}{rest.rstrip(' ?.')}?")
    if not (pronoun or opener or (elliptic and link)):
        return None
    if len(content) >= _OWN_WORDS and not (elliptic and link):
        return _named(question, _NAME.findall(before))
    return _both(f"{before} {question}" if elliptic else _with_topic(question, _HEAD.sub("", before, count=1)))


def _joined_zh(question: str, before: str) -> Whole | None:
    opener, pronoun = _ZH_OPENER.match(question), _ZH_PRONOUN.search(question)
    own = _ZH_ASKS.sub("", _ZH_PRONOUN.sub("", _ZH_OPENER.sub("", question, count=1)))
    if swapped := _swapped(question, before):
        return _both(swapped)
    if found := _ZH_NE.match(question):
        new = found["new"]
        like = re.finditer(rf"(?=([\u3400-\u9fff]{{{len(new) - 1}}}{re.escape(new[-1])}))", before)
        old = next((m[1] for m in like if m[1] != new), "")
        return _both(before.replace(old, new, 1) if old else f"{before}{question}")
    if len(own) <= 1:  # "为什么？"
        return _both(f"{before}{question}")
    if not (opener or (pronoun and pronoun.start() <= 8)):
        return None
    if len(own) >= _OWN_LETTERS:
        return _named(question, _ZH_NAME.findall(before))
    return _both(_with_topic(question, _ZH_ASKS.sub("", before)))


def _swapped(question: str, before: str) -> str:
    """The question before with the age, the day, the grade ... of "4岁呢？" in the place of its own; "" where it has
    none of that sort."""
    found = _ZH_NE.match(question)
    new = re.sub(r"^(?:那么?|要是|如果是?|换成)|的话$", "", found["new"]) if found else ""
    for sort in _ZH_OF_A_SORT if new else ():
        places = (_ZH_AGE, _ZH_PEOPLE) if sort in (_ZH_AGE, _ZH_PEOPLE) else (sort,)
        if sort.fullmatch(new) and (old := next(filter(None, (place.search(before) for place in places)), None)):
            return before[: old.start()] + new + before[old.end() :]
    return ""


def _both(whole: str) -> Whole:
    return Whole(whole, whole)


def _named(question: str, names: Sequence[str]) -> Whole:
    """Searched with the names of the question before, which tell one contract or patient from another."""
    new = [name for name in dict.fromkeys(names) if name not in question]
    return Whole(_with_topic(question, ", ".join(new)) if new else question, question)


def _with_topic(question: str, topic: str) -> str:
    topic = topic.strip(" ?？.。，,")
    opening, closing = ("（", "）") if language_of(question) == "zh" else (" (", ")")
    body = question.rstrip(" ?？.。")
    return f"{body}{opening}{topic}{closing}{question[len(body) :]}"


def _is_fragment(text: str) -> bool:
    """Is it no sentence of its own: neither a question word nor a verb of asking at its beginning?"""
    return not re.match(
        r"(?:if|what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|may|might|must|shall"
        r"|should|will|would|has|have|had)\b",
        text,
        re.IGNORECASE,
    )


def _without_opener(question: str) -> str:
    opener = _OPENER.match(question)
    return question[opener.end() :] if opener else question


def _content(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.casefold()) if word not in _STOP]
