"""What form a question has: yes or no, a detail of a few words, or anything else. English and Chinese.

"Could you tell me the notice period?" is polite and asks for the notice period; "Is it 30 or 60 days?" asks for
one of two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Form = Literal["yes-no", "detail", "other"]

_POLITE = re.compile(
    r"^\s*(?:(?:hi|hello|hey|ok|so|well|sorry|please|thanks|good (?:morning|afternoon|evening))\b[,!. ]*)*"
    r"(?:(?:can|could|would|will) you (?:please |kindly |possibly |be so (?:kind|good) (?:as )?to )?"
    r"(?:tell|show|help|explain|say|let|give|find|check"
    r"|look up"
    r"|point|clarify|confirm|remind)\b(?: to)?(?: me| us)?(?: know| understand| out| see)?"
    r"|(?:can|could|may|might) (?:i|we) (?:please |just )?(?:ask|know|find out|check|see)\b(?: you)?"
    r"|(?:i|we)(?:'d| would|'m| am| want| need)?(?: like| want| need| love)?(?: to)? (?:know|ask|understand|find out"
    r"|check|wonder(?:ing)?)\b"
    r"|do you (?:happen to )?know|(?:please )?(?:tell|show|let|give|remind) (?:me|us)\b(?: know)?|any idea"
    r"|is it possible to (?:know|see)"
    r"|what i (?:want|need) to know is)(?: about| please)?[,:]?\s+",
    re.IGNORECASE,
)  # fmt: skip
_POLITE_TAIL = re.compile(r"[, ]*\b(?:please|thanks|thank you|if (?:you|possible)[^?.]{0,20})[ .!?]*$", re.IGNORECASE)
_POLITE_ZH = re.compile(
    r"^\s*(?:您好|你好|嗨|请问一下|请问|想问一下|我想问一下|我想问|想问|问一下|我想知道|想知道|我想了解一下?"
    r"|麻烦问一下|麻烦您?|劳驾|"
    r"(?:您|你)?(?:能不能|可不可以|可以|能|能否|可否)(?:请)?(?:帮我|给我|跟我|和我)?(?:告诉我?|说说|说一下|讲讲"
    r"|讲一下|查一下|看一下|看看|解释一下)"
    r"|请?(?:告诉我|帮我查一下|帮我看看|说明一下))[，,：:！! ]*"
)  # fmt: skip
_TAIL_ZH = re.compile(
    r"[，, ]*(?:谢谢[您你]?|麻烦了|可以告诉我吗|能告诉我吗|可以吗(?=[？?]?$)(?<=，可以吗)|好吗)[。！!？? ]*$"
)
_INDIRECT = re.compile(r"^(?:if|whether)\s+(?P<rest>.+)$", re.IGNORECASE)

_ASKS_YES_OR_NO = re.compile(
    r"\s*(?:(?:so|but|and|then|now|also|ok)\b,?\s+)*(?:(?:is|are|was|were|do|does|did|can|could|may|might|must|shall"
    r"|should"
    r"|will|would|has|have|had|am)(?:n't)?|cannot)\b(?! you (?:tell|show|give|explain|list|summari[sz]e)\b)",
    re.IGNORECASE,
)
_CLAUSE_BEFORE = re.compile(  # "If I am ill, can I ...?", "I got no reply. May I ...?"
    r"^(?:(?:if|when|while|after|before|under|according to|in|during|for|once|where|as|with|on|at"
    r"|(?:i|we|he|she|they|my|our)\b[^?,]{0,40}?(?:['’](?:m|re|s|ve|d)|\b(?:am|are|is|was|have|has|had|take|takes|got)))\b[^?]{3,160}?,"
    r"|[^?]{3,300}?[.!;:])\s+",
    re.IGNORECASE,
)  # fmt: skip
_WH = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b", re.IGNORECASE)
_ASKS_MORE = re.compile(
    r",?\s*\b(?:and|or)\b,?(?: if so,?)? (?:by |to |for |at |in |on )?(?:how|what|when|who|which|where)\b",
    re.IGNORECASE,
)
_EITHER_OR = re.compile(
    r"^(?!.*\bor (?:not|more|less|fewer|later|earlier|over|above|below|under|any|other|otherwise|no longer)\b)"
    r"(?:is|are|was|were|do|does|did|can|must|shall|should|will|would|may)\b[^?]*?,? or (?:is|are|was|were|do|does"
    r"|did|can|must|shall"
    r"|should|will|would|may|the|a|an|in|on|by|to|for|at|from|only|just|\d+)\b[^?]*\?",
    re.IGNORECASE,
)  # fmt: skip
_TWO_NAMES = re.compile(  # "Is the seat Malden or Orwick?", "Is it Dutch or English law?"
    r"(?<=[a-z,] )[A-Z][\w’'-]*(?: [A-Z][\w’'-]*){0,3},? or "
    r"(?:in |at |by |to |the )*[A-Z][\w’'-]*(?: [A-Z][\w’'-]*){0,3}"
    r"(?:\s*\??\s*$| (?:law|courts?|time|currency)\b)"
)
_DETAIL = re.compile(
    r"\bhow (?:much|many|long|often|fast|quickly|soon|old|far|high|large|big|late|early|strong|heavy|frequent\w*)\b"
    r"|(?:^|[,;:.]\s*|\b(?:to|by|from|with|for|until|since|in|on|under) )(?:when|who|whose|whom|where)\b"
    r"|\b(?:what|which)\b[^,;?]{0,40}?\b(?:date|day|time|year|age|amount|price|fee|rent|rate|percent\w*|share|sum|cap"
    r"|maximum|"
    r"minimum|number|penalty|majority|dose|law|state|country|court|name|temperature|interval|period|cost|salary|limit"
    r"|target|"
    r"count|level|length|colour|color|duration|deadline|notice|address|deposit|compensation)\b"
    r"|^\s*the\s+[^?]{0,40}\b(?:date|time|amount|price|fee|rent|rate|percentage|cap|dose|period|deadline|deposit"
    r"|address)\b",
    re.IGNORECASE,
)
_PARTS = r"(?:part|clause|section|provision|passage|paragraph|sentence)s?\b"
_ASKS_PARTS = re.compile(  # "Highlight the parts related to the effective date": clauses are wanted, not the date
    rf"\s*(?:please )?(?:(?:highlight|quote|find|extract|identify|locate|list|mark|select)\b[^.?]{{0,30}}?\b{_PARTS}"
    rf"|the {_PARTS} (?:on|about|that|which|where|with|related|concerning)\b)",
    re.IGNORECASE,
)
_YES_NO_ZH = re.compile(
    r"是否|有没有|有沒有|能否|能不能|可否|可不可以|是不是|会不会|要不要|需不需要|该不该|应不应该|用不用|行不行|"
    r"(?:吗|嗎|么|麼|吧|没有|不)[？?。 ]*$|(?:算数|可以|行|好|对)(?:吗|不)"
)
_WH_ZH = re.compile(r"什么|什麼|哪|谁|誰|多少|多久|多长|多大|几(?!乎)|怎么|怎样|怎麼|如何|何时|何种|为什么|为何")
_EITHER_OR_ZH = re.compile(r"还是|還是")
_DETAIL_ZH = re.compile(
    r"多少|多久|多长|多長|多大|多高|多远|多快|几(?:天|日|个|年|月|次|岁|元|点|小时|片|粒|%|成|名|人|周|倍|毫克)|幾"
    r"|何时|什么时候|什麼時候|何日|哪(?:天|年|一天|一年|家|位|个|一|国|里|儿)|谁|誰"
    r"|(?:金额|价格|比例|期限|日期|时间|剂量|利率|费用|地址|名称|电话|次数|频次|温度|年龄|上限|下限)(?:是|为)?(?:什么"
    r"|多少|几|哪)?"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The question without what is only polite, and its form; either: it offers two answers and wants one."""

    text: str
    form: Form
    either: bool = False


def form_of(question: str, language: str) -> Asked:
    """The form of a question in a language, "en" or "zh"."""
    return _chinese(question) if language == "zh" else _english(question)


def _english(question: str) -> Asked:
    text, polite = question.strip(), False
    while match := _POLITE.match(text):
        text, polite = text[match.end() :], True
    text = _POLITE_TAIL.sub("?", text) if _POLITE_TAIL.search(text) else text
    if not text.strip(" ?"):
        return Asked(question, "other")
    if polite and (indirect := _INDIRECT.match(text)):
        return Asked(_of_whether(indirect["rest"]), "yes-no")
    text = text[0].upper() + text[1:] if polite else text
    if _ASKS_PARTS.match(text):
        return Asked(text, "other")
    asked = text
    while (before := _CLAUSE_BEFORE.match(asked)) and not _ASKS_YES_OR_NO.match(asked):
        asked = asked[before.end() :]
    opens = _ASKS_YES_OR_NO.match(asked)
    if opens and _ASKS_MORE.search(asked):
        return Asked(text, "detail" if _DETAIL.search(asked) else "other")
    if opens and (_EITHER_OR.search(asked.strip()) or _TWO_NAMES.search(asked)):
        return Asked(text, "detail" if any(c.isdigit() for c in asked) else "other", True)
    if opens:
        return Asked(text, "yes-no")
    return Asked(text, "detail" if _DETAIL.search(asked) else "other")


def _of_whether(rest: str) -> str:
    """ "the tenant may sublet?" as it stands: the words are what is searched and read."""
    return rest[0].upper() + rest[1:]


def _chinese(question: str) -> Asked:
    text = question.strip()
    while match := _POLITE_ZH.match(text):
        text = text[match.end() :]
    text = _TAIL_ZH.sub("？", text) if _TAIL_ZH.search(text) else text
    if not text.strip(" ？?"):
        return Asked(question, "other")
    if _EITHER_OR_ZH.search(text):
        return Asked(text, "detail" if _DETAIL_ZH.search(text) else "other", True)
    whether = re.search(r"是否|有没有|能否|可否|是不是", text)
    if _YES_NO_ZH.search(text) and not (_WH_ZH.search(text) and not whether):
        return Asked(text, "yes-no")
    return Asked(text, "detail" if _DETAIL_ZH.search(text) else "other")
