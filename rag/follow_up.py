"""A follow-up question made whole by rule, without a model: "And for landlords?" is searched as what it means.

    standalone("Does it cover fines?", [("What is the liability cap?", "EUR 1.5m")])
        -> "Does it cover fines (liability cap)?"
    standalone("And for landlords?", [("How long is the notice period for tenants?", "a month")])
        -> "How long is the notice period for landlords?"

Retrieval and the local reader get the whole question; a chat model gets the question as asked, with the history.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text import language_of

MOST_TURNS = 6  # further back nobody refers
MOST_CHARS = 400  # of what is carried over
_OWN_WORDS = 3  # so many content words before a pronoun are what it refers to

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
    r"\s*(?:(?:what|which|who|whom|whose|when|where|why|how(?:\s+(?:long|much|many|often|far|soon|old|quickly))?)\b\s*)?"
    r"(?:(?:is|are|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had)\b\s*)?"
    r"(?:(?:the|a|an|there|any)\b\s*)*",
    re.IGNORECASE,
)
_ZH_PRONOUN = re.compile(
    r"(?<!其)[它他她]们?|其(?![他余中实])|上述|前述|这(?:个|种|些|项|笔|样|时)?(?![份本])|那(?:个|种|些|项|笔|样|时)?|此(?!外)|同样"
)
_ZH_OPENER = re.compile(r"(?:那么?|还有|另外|以及|但是?|如果|要是|为什么|为何)[，,]?")
_ZH_ASKS = re.compile(
    r"(?:是|有|为|在|应当?|可以?|能)?(?:什么时候|什么|多少|哪些|哪个|哪里|何时|如何|怎么样?|怎样|几[天个年月日]?|多久|多长时间|谁"
    r"|是否|有没有|能否|吗|呢)|[？?]"
)
_ZH_NE = re.compile(r"(?:那么?|还有|另外|以及)?[，,]?\s*(?P<new>[^，。？?\s]{2,12})呢[？?]?$")


def standalone(question: str, history: Sequence[tuple[str, str]]) -> str:
    """The question as it can be understood alone; "" where it takes nothing from the history (oldest first)."""
    before = ""
    for asked, _ in history[-MOST_TURNS:]:
        before = _joined(asked.strip(), before) or asked.strip()
    return _joined(question.strip(), before)


def _joined(question: str, before: str) -> str:
    """The question with what it takes from the whole question before it; "" when it takes nothing."""
    before = before[:MOST_CHARS]
    if not before:
        return ""
    return _joined_zh(question, before) if language_of(question) == "zh" else _joined_en(question, before)


def _joined_en(question: str, before: str) -> str:
    opener = _OPENER.match(question)
    rest = question[opener.end() :] if opener else question
    content = _content(rest)
    pronoun = next((p for p in _PRONOUN.finditer(question) if len(_content(question[: p.start()])) < _OWN_WORDS), None)
    if not content and not pronoun:  # "Why?", "How long?"
        return f"{before} {question}"
    link = _LINK.match(rest)
    elliptic = _is_fragment(rest)
    if elliptic and link and (found := [m for m in _LINK.finditer(before) if m[1].lower() == link[1].lower()]):
        return f"{before[: found[-1].start()].replace('(', ', ')}{rest.rstrip(' ?.')}?"
    if elliptic and (opener or link):
        return f"{before} {question}"
    if pronoun or opener:
        return _with_topic(question, _HEAD.sub("", before, count=1))
    return ""


def _joined_zh(question: str, before: str) -> str:
    if found := _ZH_NE.match(question):
        new = found["new"]
        like = [m for m in re.finditer(rf"(?=([\u3400-\u9fff]{{{len(new) - 1}}}{re.escape(new[-1])}))", before)]
        old = next((m[1] for m in like if m[1] != new), "")
        return before.replace(old, new, 1) if old else f"{before}{question}"
    opener, pronoun = _ZH_OPENER.match(question), _ZH_PRONOUN.search(question)
    if len(_ZH_ASKS.sub("", question)) <= 1:  # "为什么？"
        return f"{before}{question}"
    if opener or (pronoun and pronoun.start() <= 8):
        return _with_topic(question, _ZH_ASKS.sub("", before))
    return ""


def _with_topic(question: str, topic: str) -> str:
    topic = topic.strip(" ?？.。，,")
    opening, closing = ("（", "）") if language_of(question) == "zh" else (" (", ")")
    body = question.rstrip(" ?？.。")
    return f"{body}{opening}{topic}{closing}{question[len(body) :]}"


def _is_fragment(text: str) -> bool:
    """Is it no sentence of its own: neither a question word nor a verb of asking at its beginning?"""
    return not re.match(
        r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|may|might|must|shall"
        r"|should|will|would|has|have|had)\b",
        text,
        re.IGNORECASE,
    )


def _content(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.casefold()) if word not in _STOP]
