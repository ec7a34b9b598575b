"""Step 0: what a question asks, of which documents, in which shape the answer is wanted. By rule, without a model.

    read(question, history, scopes) -> Reading(read="Which law governs the Borealis NDA?", scope=..., shape="one", ...)

A follow-up takes what it leaves out from the questions before it, turn after turn (`follow_up`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sparewheel.rag import parties
from sparewheel.rag.clauses import Clause, asked
from sparewheel.rag.follow_up import made_whole, phrase
from sparewheel.rag.outline import put, wanted
from sparewheel.rag.retrieve.names import DOCUMENT_NOUN, ZH_NOUN, Mention, folded, is_document_noun
from sparewheel.rag.retrieve.scope import Scopes
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Scope, Shape
from sparewheel.rag.versions import without_before

Asked = Literal["passages", "documents", "opinion", "talk"]

_NOUNS = "|".join(
    [*sorted(DOCUMENT_NOUN, key=len, reverse=True), "document", "file", "medicine", "drug", "tablet", "product"]
)
_PLURAL = rf"(?:{_NOUNS})(?:s|ies)?"
_DOCUMENTS = (
    re.compile(
        rf"\bhow many (?:different |of the )?(?:[\w-]+ )?(?:{_NOUNS}|polic(?:y|ie))s?\b(?P<rest>[^?]*)", re.IGNORECASE
    ),
    re.compile(
        rf"\b(?:which|what) (?:[\w-]+ )?(?:{_NOUNS}|polic(?:y|ie))s\b"
        r"(?P<rest>\s*(?:do you (?:have|know)|are (?:there|here|in|loaded)|have (?:i|we) uploaded)[^?]*)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^\W*(?:please )?(?:list|show|name)(?: me)? (?:all |all of |every )?(?:the |my |your )?(?:{_NOUNS}"
        rf"|polic(?:y|ie))s?\b(?P<rest>[^?]*)",
        re.IGNORECASE,
    ),
)
_NOTHING_MORE = re.compile(
    r"(?:[\s.]*(?:do you (?:have|know|hold)|are (?:there|here)|is there|in total|altogether|have (?:i|we) "
    r"(?:uploaded|got)|do (?:i|we) have"
    r"|(?:that )?(?:are |were )?(?:loaded|indexed|uploaded|here)|in (?:this|the|your|my) (?:corpus|collection"
    r"|folder|database|library|system)"
    r"|(?:with|of|for|from|between|about|by) [^?]{2,60}))*[\s.!]*",
    re.IGNORECASE,
)
_DOCUMENTS_ZH = re.compile(
    r"(?:一共|总共|共)?(?:有|收录了?|上传了?)?(?:多少|几)(?:份|个|篇|部)(?:[\u3400-\u9fff]{0,6}?)(?:合同|协议|文档|文件|说明书|判决书|资料)(?:[？?。]|$)"
    r"|(?:有|收录了?)哪些(?:合同|协议|文档|文件|说明书|资料)(?:[？?。]|$)|列出(?:所有|全部)的?(?:合同|协议|文档|文件|说明书)(?:[？?。]|$)"
    r"|(?:合同|协议|文档|文件|说明书)(?:一共|总共|共)?有(?:多少|几)(?:份|个|篇|部)"
)
_EACH = re.compile(
    rf"\b(?:(?:which|what|how many) (?:of (?:the|these|my|our) )?(?:[\w-]+ )?(?:{_NOUNS}|polic(?:y|ie))s\b|"
    rf"(?:compare|contrast)\b|difference between|"
    rf"\b(?:for|in|of|from) (?:each|every|all)(?: of)?(?: the)? (?:{_PLURAL})|list (?:all|every|the)\b(?! "
    rf"(?:the )?{_PLURAL}\b)[^?]*\b"
    r"|(?:all|every|each) (?:the )?(?:governing laws?|notice periods?|parties|dates|terms|rents?|prices?"
    r"|doses?|drugs|counterparties))",
    re.IGNORECASE,
)
_EACH_ZH = re.compile(
    r"哪些(?:合同|协议|文档|说明书|药)|哪几[份个种](?:合同|协议|说明书|药)?|哪[一]?份(?:合同|协议)|每份|各份|各个?(?:合同|药|说明书)|比较|对比|有什么(?:区别|不同)"
    r"|的区别|多少份(?:合同|协议)"
)
_SEVERAL = re.compile(
    r"\b(?:summari[sz]e|summary|overview|outline|list(?! prices?\b)|enumerate|name all"
    r"|what are (?:all )?(?:the |my |our "
    r"|its |their )?(?:[\w’']+ )?(?:obligations|duties"
    r"|responsibilities|rights|grounds|reasons|exceptions|exclusions|conditions|requirements|steps"
    r"|circumstances|side effects|symptoms|warnings"
    r"|contraindications|remedies|key terms|main (?:points|terms))|key (?:points|terms)|main (?:points|terms))\b",
    re.IGNORECASE,
)
_SEVERAL_ZH = re.compile(
    r"总结|概括|摘要|概述|归纳|列出|列举|有哪些(?!合同|文档|文件|说明书|协议)|主要(?:义务|责任|权利|内容|条款)|义务是什么|哪些(?:义务|权利|责任|情形|情况|条件|症状|不良反应|副作用|禁忌)"
)
_OPINION = re.compile(
    r"\b(?:is|are|was) (?:(?:this|that|the|these|my|our) (?:[\w-]+ ){0,2}?(?:contracts?|agreements?|deals?"
    r"|leases?|offers?|clauses?|terms|nda"
    r"|polic(?:y|ies)|price|rent|document) (?:(?:with|between|from|of) [^?]{2,50}? )?"
    r"(?:really |very |too )?(?:risky|fair|good|bad|safe|reasonable"
    r"|normal|standard|dangerous|worth"
    r"|favou?rable|balanced|one-sided|ok(?:ay)?)|(?:it|this|that) (?:really |very |too )?(?:risky|fair"
    r"|safe to sign|a good (?:deal|idea)"
    r"|one-sided|legal advice|worth it))\b|\bshould (?:i|we) (?:sign|accept|worry|be worried)\b|\bwhat do you think\b"
    r"|\bdo you (?:recommend|think|like)\b|\b(?:your|any) opinion\b|\bwould you (?:sign|recommend|advise)\b",
    re.IGNORECASE,
)
_OPINION_ZH = re.compile(
    r"(?:合同|协议|条款|租约|价格|租金)[\u3400-\u9fff]{0,4}?(?:风险大|有风险|划算|合理|公平|靠谱|值得签?|正常)(?:吗|么|不|嘛)|(?:应该|该不该|要不要|能不能"
    r"|可以)签(?:这|吗|呢|字)?|你(?:觉得|认为|怎么看|建议)|有什么建议"
)
_TALK = re.compile(
    r"\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|dear \w+)\b[\s,!.]*)?(?:(?:there|everyone"
    r"|sparewheel)\b[\s,!.]*)?"
    r"(?:(?:how are you|who are you|what are you|what(?:'s| is) your name|what can (?:you|i) (?:do|ask)"
    r"|can you help(?: me)?|help(?: me)?|tell me a joke"
    r"|thanks?(?: you)?(?: (?:so|very) much)?|thank you|ok(?:ay)?|great|bye|goodbye|test|testing|are you "
    r"(?:there|a (?:bot|robot|human))|what is this"
    r"|(?:please )?(?:summari[sz]e|shorten|translate|rephrase|repeat|explain) (?:that|this|it)(?: (?:in|to"
    r"|into) [\w\s]{2,30})?)[\s?!.,]*)*",
    re.IGNORECASE,
)
_TALK_ZH = re.compile(
    r"\W*(?:你好|您好|嗨|早上好|下午好|晚上好|在吗|谢谢|多谢|再见|好的|你是谁|你叫什么(?:名字)?|你能(?:做|干)什么|你会什么|讲个笑话|测试|帮帮我|可以问什么|怎么用|请?"
    r"(?:用一句话)?(?:总结|翻译|概括)(?:一下)?(?:这个|上面|它)?)+\W*"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it is understood.

    search: what is looked for. asked: whether passages answer it, the list of documents, or nothing that is quoted.
    """

    question: str
    search: str
    scope: Scope
    bare: str  # the question without the names, as it is put to a document that is one of those named
    asked: Asked = "passages"
    shape: Shape = "one"
    clause: Clause | None = None
    which: str | None = None  # what the clause deals with whose number is asked for; "" where a sentence says it
    roles: tuple[str, ...] = ()  # of the parties who are asked for


def read(question: str, history: Sequence[tuple[str, str]] = (), scopes: Scopes | None = None) -> Reading:
    """The question made whole with the history, oldest first, and what it names. Without `scopes` it names nothing."""
    question = scopes.spelt(question) if scopes else question
    if _is_talk(question):
        history = ()  # "Thanks!" takes nothing from what was asked
    whole = made_whole(question, history, scopes.mentions if scopes else None)
    scope = scopes.of(whole.read) if scopes else Scope()
    bare = without_before(_bare(whole.read, scopes)) if scopes and scope.documents else whole.read
    clause = asked(bare)
    kind = _asked(question, whole.read)
    which = wanted(bare) if clause is None and kind == "passages" else None
    if which:
        bare = put(which, chinese=language_of(question) == "zh")
    roles = parties.asked(bare) if clause is None and which is None and kind == "passages" else ()
    plain = clause is None and which is None and not roles and kind == "passages"
    shape: Shape = _shape(whole.read, scope) if plain else "one"
    return Reading(whole.read, whole.search, scope, bare, kind, shape, clause, which, roles)


def asked_of(
    document_id: str, title: str, question: str, history: Sequence[tuple[str, str]] = (), scopes: Scopes | None = None
) -> Reading:
    """As `read`, where the asker has chosen the one document that the question is put to: words of the question that
    fit other documents name none of them."""
    reading = read(question, history, scopes)
    if reading.scope.documents and document_id not in reading.scope.documents:
        reading = read(question, history)
    shape: Shape = reading.shape
    if shape == "each":
        shape = "several" if _several(reading.question) else "one"
    scope = replace(reading.scope, documents=(document_id,), titles=(title,), ambiguous=False)
    return replace(reading, scope=scope, shape=shape)


def _several(question: str) -> bool:
    """Whether a list or summary is asked for."""
    return bool((_SEVERAL_ZH if language_of(question) == "zh" else _SEVERAL).search(question))


def _bare(question: str, scopes: Scopes) -> str:
    """The question with "the agreement" or "the medicine" for the names of its documents: "Which law governs the Acme
    NDA?" -> "Which law governs the agreement?". Every passage it is put to is of that document.

    A party who does something stays, by the role that the document gives it: "Can Acme sublet?" -> "Can the Tenant
    sublet?".
    """
    mentions = [m for m in scopes.mentions(question) if m.field != "kind"]
    chinese = language_of(question) == "zh"
    for group in reversed(_beside_each_other(question, mentions)):
        span = phrase(question, group)
        assert span is not None
        before, named, after = question[: span[0]], question[slice(*span)], question[span[1] :]
        of_a_drug = all(scopes.is_drug(m.documents) for m in group)
        if chinese:
            before = re.sub(r"(?:请问|我们?|在|与|和|跟|同|关于)+$", "", before)
            after = re.sub(r"^(?:签订?的|之间的|的|里|中|[，,])*", "", after)
            whole = any(n.end() == len(named) for n in ZH_NOUN.finditer(named))
            stands = "合同" if whole else _chinese_stand_in(question[span[1] :], group, scopes)
            stands = "" if ZH_NOUN.match(after) or not after else stands
            question = f"{before}{stands}{after}"
            continue
        possessive = re.match(r"[’']s?", after)
        behind = after[possessive.end() :] if possessive else after
        lead = re.fullmatch(
            r"\W*(?:in|under|for|of|about|according to)\s+(?:the\s+|an?\s+|our\s+|my\s+)?", before, re.IGNORECASE
        )
        if lead and (rest := re.sub(r"^[\s,:]+", "", behind)) and behind.lstrip()[:1] in (",", ":"):
            question = rest[0].upper() + rest[1:]
            continue
        if (noun := _NOUN_BEFORE.search(before)) and not of_a_drug:
            question = f"{before[: noun.start()]}{_AGREEMENT}{after}"
            continue
        put = _medicine(before, named, behind) if of_a_drug else _contract(before, named, group, scopes)
        if put is None:
            continue
        if put.startswith("the "):
            before = re.sub(r"(?:\bthe|\ban?|\bour|\bmy)\s+$", "", before, flags=re.IGNORECASE)
        question = f"{before}{put}{behind if not put or of_a_drug or put == _AGREEMENT else after}"
    return question


_AGREEMENT = "the agreement"
_IN = re.compile(
    r"(?:\b(?:in|under|of|for|with|by|from|to|per|about|regarding|does|do|did|is|are|was|govern\w*|according to)\s+)"
    r"(?:the\s+|an?\s+|our\s+|my\s+|this\s+|that\s+)?$|^\W*(?:the\s+|our\s+)?$",
    re.IGNORECASE,
)
_NOUN_BEFORE = re.compile(  # "the lease between ", "our NDA with "
    r"(?:\b(?:the|our|my|an?|this)\s+)?(?:\b(?:agreement|contract|nda|lease|deed|deal|licen[cs]e|loan|msa))\s+"
    r"(?:with|between|of)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"\s+(?:\d+ ?(?:mg|ml)\b\s*)?(?:tablets?|capsules?|syrup|drops|suspension|injections?|cream|pills?|leaflet)\b",
    re.IGNORECASE,
)


def _beside_each_other(question: str, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """The mentions in groups: those that name one document together, "Halvorsen and Brightwater NDA"."""
    groups: list[list[Mention]] = []
    for mention in mentions:
        if groups and groups[-1][-1].end <= mention.start:
            span = phrase(question, [groups[-1][-1], mention])
            if span is not None and span[1] >= mention.end:
                groups[-1].append(mention)
                continue
        groups.append([mention])
    return groups


def _chinese_stand_in(after: str, group: Sequence[Mention], scopes: Scopes) -> str:
    """What stands for the name of a medicine, a patient or a party: 本品, 患者, 乙方; 合同 for "青禾的质保期"."""
    if all(scopes.is_drug(m.documents) for m in group):
        return "本品"
    role = scopes.role(group[0]) if len(group) == 1 else ""
    of_a_firm = after.startswith("的") and re.search("公司|集团|银行|学校|中学|大学|医院|研究院|厂|店", group[0].name)
    return "合同" if not role or of_a_firm else f"{role}的" if after.startswith("的") else role


def _medicine(before: str, named: str, after: str) -> str:
    """What stands for the name of a medicine: nothing before its form ("the 5 mg tablet")."""
    if form := _FORM.search(named):
        strength = re.search(r"\d[\d.,]* ?(?:mg|g|ml|µg)\b", named, re.IGNORECASE)
        return " ".join((*([strength[0]] if strength else []), form[0].strip()))
    if _FORM.match(after):
        return ""
    much = re.search(r"\b(?:much|many|most|more|less|maximum|mg|ml)\s+$", before, re.IGNORECASE)
    return "of the medicine" if much else "the medicine"


def _contract(before: str, named: str, group: Sequence[Mention], scopes: Scopes) -> str | None:
    """What stands for the names of a contract's parties; None where they stay."""
    last = re.search(r"[\w-]+$", named)
    noun = bool(last and is_document_noun(folded(last[0])))
    if all(m.field == "title" for m in group):
        return f"the {last[0]}" if noun and last and _IN.search(before) else None
    if noun:
        return _AGREEMENT
    if len(group) == 1:
        role = scopes.role(group[0])
        if not role.isascii():
            return _AGREEMENT
        return f"the {role.removeprefix('the ')}" if role else None
    return _AGREEMENT if _IN.search(before) else None


def _asked(question: str, whole: str) -> Asked:
    chinese = language_of(question) == "zh"
    if _is_talk(question):
        return "talk"
    if (_OPINION_ZH if chinese else _OPINION).search(question):
        return "opinion"
    if chinese:
        return "documents" if _DOCUMENTS_ZH.search(whole) else "passages"
    for pattern in _DOCUMENTS:
        found = pattern.search(whole)
        if found and _NOTHING_MORE.fullmatch(found["rest"]):
            return "documents"
    return "passages"


def _is_talk(question: str) -> bool:
    return bool((_TALK_ZH if language_of(question) == "zh" else _TALK).fullmatch(question))


def _shape(question: str, scope: Scope) -> Shape:
    chinese = language_of(question) == "zh"
    if (_EACH_ZH if chinese else _EACH).search(question) and len(scope.documents) != 1:
        return "each"
    if len(scope.documents) > 1:
        return "each"
    return "several" if _several(question) else "one"
