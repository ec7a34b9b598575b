"""Within which documents a question is to be answered.

    Scopes(snapshot.documents(), words).of("Which law governs the Acme NDA?")  ->  Scope(documents=("nda_00.txt",), ...)

Parties, drugs, titles and kinds that the question names are matched against the identities of the documents. Several
documents that fit are all kept, and `ambiguous` says so. A name that is in no document is `absent`: such a question is
refused by name rather than answered from another document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from sparewheel.rag.retrieve.names import (
    DOCUMENT_NOUN,
    NO_MODIFIER,
    TRADES,
    ZH_NOUN,
    Described,
    Mention,
    Names,
    Word,
    folded,
    is_document_noun,
    words_of,
)
from sparewheel.rag.retrieve.spelling import corrected
from sparewheel.rag.retrieve.tokenise import word_starts
from sparewheel.rag.types import Scope
from sparewheel.rag.versions import asks_before, changed_by

_HAN = re.compile(r"[\u3400-\u9fff]")
_EVERY = re.compile(
    r"\b(?:(?:which|what|how many|all|any|each|every|both|list|compare|these|those)\b[^?.]{0,30}\b(?:contracts"
    r"|agreements|documents|ndas|leases|"
    r"policies|leaflets|files|guidelines)|each of|every one of|across|overall|compare|difference between"
    r"|versus|vs)\b|哪些|哪几|所有|全部|每[份个]|各[份个]|比较|对比|区别|几份|多少份",
    re.I,
)
_NOT_A_NAME = frozenset(
    re.findall(
        r"\S+",
        "i article section clause schedule annex exhibit part chapter paragraph appendix january"
        " february march april may june"
        " july august september october november december monday tuesday wednesday thursday friday"
        " saturday sunday english"
        " chinese european american british french german law act state states government court"
        " courts republic kingdom union"
        " city county north south east west new york delaware california ireland england europe"
        " china usa us uk eu gdpr hipaa"
        " fda ema who cpr mri ct ecg inr covid hiv dna ace ppi nsaid party parties company tenant"
        " landlord customer supplier"
        " client contractor employer employee executive buyer seller vendor purchaser licensor"
        " licensee borrower lender owner"
        " agent principal effective date services agreement contract lease nda msa dpa please yes no the and or ok",
    )
)
_JOINED = re.compile(r"\s*(?:and|&|/|[-–]|与|和|跟|同)\s*(?:the\s+)?", re.I)
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s+)?$", re.I)
_OF_BOTH = re.compile(
    r"(?:[’']s?)?\s+(?:[\w-]+\s+)?(?:nda|agreement|contract|lease|deal|deed|loan)\b|(?:之间)?(?:的|签|订)[^，。]{0,8}?(?:合同|协议|签|订|总价|价)"
    r"|(?:之间)?签",
    re.I,
)
_LONGEST_ACRONYM = 5  # letters: "DVT" is a word of the field, not a document's name
_LINKS = {
    *("under", "before", "after", "during", "within", "without", "from", "into", "upon", "with", "until", "since"),
    *("against", "through", "about", "above", "below", "behind", "between", "regarding", "than", "except", "despite"),
}
_PLACE_BEFORE = re.compile(
    r"(?:laws?|courts?|state|city|county|jurisdiction|governed by|capital|province|republic|kingdom"
    r"|people) of (?:the )?$|governed by (?:the )?$|"
    r"\b(?:in|from|to|at|near) (?:the )?$|arbitration in $",
    re.I,
)
_PLACE_AFTER = re.compile(r"\s*(?:laws?|courts?|arbitration|time|dollars?|jurisdiction|statutes?)\b", re.I)
_NOUNS = "|".join(sorted(DOCUMENT_NOUN, key=len, reverse=True))
_SLOTS = (  # where a name of no capital stands for a document or a drug
    re.compile(
        r"\b(?:agreement|contract|nda|lease|deal|deed)s?\s+between\s+[^?.,]{3,60}?\s+and\s+"
        r"((?:[\w'’-]+\s?){1,3})", re.I),
    re.compile(r"\bhow (?:much|many|often|long)\s+([\w-]+)\s+(?:can|should|may|do|does|to|must|is|will)\b", re.I),
    re.compile(rf"\b(?:{_NOUNS})s?\s+(?:with|between|of|for|about)\s+(?:the\s+)?((?:[\w'’-]+\s?){{1,3}})", re.I),
    re.compile(rf"\bthe\s+((?:[\w'’&-]+\s){{1,3}})(?:{_NOUNS})\b", re.I),
    re.compile(
        r"\b(?:dos(?:e|es|age)|side effects?|effects?|interactions?|contraindications?|overdose|tablets?"
        r"|capsules?|strength|leaflet)\s+"
        r"(?:of|for|with|on)\s+([\w-]+)", re.I),
    re.compile(
        r"\b(?:take|taking|takes|took|taken|use|using|start|starting|stop|stopping|prescribed?|given?|giving"
        r"|swallow|on)"
        r"\s+([\w-]+)", re.I),
    re.compile(
        r"\b([\w-]+)\s+(?:tablets?|capsules?|leaflet|dos(?:e|age)|side effects?|syrup|injection|cream|\d+\s*mg)\b",
        re.I),
    re.compile(
        r"\b(?:is|does|can|will|may|should)\s+([\w-]+)\s+(?:safe|cause|be (?:taken|used)|contain|interact|affect)\b",
        re.I),
)  # fmt: skip
_BEFORE_NOUN = next(pattern for pattern in _SLOTS if pattern.pattern.startswith(r"\bthe\s+"))
_DOCUMENT_SLOTS = (_SLOTS[0], *(pattern for pattern in _SLOTS if _NOUNS in pattern.pattern))
_SMALL = _LINKS | {
    *(
        "as",
        "when",
        "if",
        "it",
        "who",
        "whom",
        "whose",
        "where",
        "why",
        "how",
        "then",
        "also",
        "only",
        "so",
        "but",
        "be",
    ),
    *("been", "there", "here"),
}
_ZH_COMPANY = re.compile(
    r"[\u3400-\u9fff（）·]{2,24}?(?:股份有限公司|有限责任公司|有限公司|集团|公司|医院|银行|大学|事务所)"
)
_ZH_DRUG = re.compile(
    r"[\u3400-\u9fff]{1,10}?(?:缓释片|肠溶片|分散片|片|胶囊|颗粒|注射液|口服液|滴眼液|软膏|乳膏|糖浆|混悬液|西林|沙星|他汀|洛尔|地平|普利|沙坦|替尼|单抗|拉唑|霉素|硝唑|康唑|"
    r"格列\S|司琼|芬酸|洛芬|西泮|唑仑|必利|胍|松|龙|平|宁|灵|定)"
)
_ZH_SLOTS = (
    re.compile(r"(?:多少|几[片粒颗支袋次])([\u3400-\u9fffA-Za-z-]{2,10}?)(?:[？?，]|$)"),
    re.compile(
        r"(?:与|和|同|跟)([\u3400-\u9fff（）·]{2,20}?)(?:之间)?(?:的|签订?的?|订立的?|签署的?)[\u3400-\u9fff]{0,6}(?:合同|协议)"
    ),
    re.compile(r"([\u3400-\u9fff（）·]{2,20}?)的?(?:[\u3400-\u9fff]{0,4})(?:合同|协议|租约|判决)"),
    re.compile(
        r"(?:服用|口服|吃|使用|注射|停用|(?<![费试适信采利运引公租占通作效专常合])用)([\u3400-\u9fffA-Za-z-]{2,10}?)(?:时|后|前|期间|的|会|能|可|要|应|有|是|，|吗|怎|多|需|以|$)"
    ),
    re.compile(
        r"([\u3400-\u9fffA-Za-z-]{2,10}?)(?:的)?(?:用法用量|用量|剂量|不良反应|副作用|禁忌|说明书|适应症|有效期|贮藏|成分|功效|每次|一次|一天|每天|怎么吃|怎么用)"
    ),
)
_ZH_WORDS = re.compile(  # in a run of characters that is no name but part of a sentence
    r"[的是了或吗呢么几每次个岁斤喂怎哪谁吃能会要该请让把被给]|什么|多少|多久|多长|最[低高多少长]|以内|天内|表示|儿童|孩子|病人|一下|麻烦|帮|告诉|合同|规定|约定|期限"
)
_ZH_ORDINARY = re.compile(
    r"^(?:一共|总共|这里|那里|第.*条|还是|以及|本品|本药|该药|这个|那个|这种|那种|这份|那份|该|此|本|哪|什么|药品?|药物|产品|孕妇|儿童|老人|患者|病人|我|你|他|她|它|甲方|乙方|双方"
    r"|当事人|成人|小儿|如何|怎么|最大|"
    r"每日|每天|一次|推荐|常用|正常|首次|维持|房屋|租赁|买卖|采购|劳动|服务|设备|技术|借款|保证|委托|销售|合作|保密|请问|在|对|把|被|给|因|如果|关于|根据|按照|有关|上述|所有|全部|哪些|几)"
)

_ZH_WORDING = re.compile(
    r"^[天年月日周]|[退交签付赔罚]|[一二两三四五六七八九十几\d](?:[年月天日次份个周]|$)"
)  # 两年, 房租晚交


class Words(Protocol):
    """What the text of the corpus holds."""

    def near(self, word: str) -> bool:
        """Whether the word, or one spelt nearly so, stands in a document."""
        ...

    def has(self, word: str) -> bool:
        """Whether the word, with whatever ending, stands in a document."""
        ...

    def phrase(self, text: str) -> bool:
        """Whether the words stand beside each other in a document."""
        ...

    def elsewhere(self, word: str, documents: frozenset[str]) -> bool:
        """Whether the word stands in a passage of other documents."""
        ...


class Scopes:
    """The scope of any question over one snapshot. Safe to share between threads."""

    def __init__(
        self, documents: Iterable[Described], words: Words, ordinary: Callable[[str], bool] = lambda word: False
    ) -> None:
        """ordinary: whether a word of small letters is one of the language rather than a name."""
        known = [*documents]
        self.names = Names(known, ordinary)
        self._changed_by = changed_by(known)
        self._words = words

    def of(self, question: str) -> Scope:
        """The documents that the question names, none where it names none or all; and the name that is in no one."""
        mentions = self.mentions(question)
        absent = self._no_pair(question, mentions) or next(self._absent(question, mentions), "")
        documents = self._fit(mentions)
        if absent and not (documents and _EVERY.search(question)):
            return Scope(absent=absent)
        if not documents or len(documents) == len(self.names) > 1:
            return Scope()
        ids = tuple(sorted(documents))
        if asks_before(question):
            ids = tuple(sorted(id for id, newer in self._changed_by.items() if newer & documents)) or ids
            return Scope(ids, tuple(self.names.titles[id] for id in ids), ambiguous=len(ids) > 1)
        several = len(ids) > 1 and not _EVERY.search(question)
        changes = {change for id in ids for change in self._changed_by.get(id, ())}
        ids = (*ids, *sorted(changes - set(ids)))  # what is in force stands in both
        return Scope(ids, tuple(self.names.titles[id] for id in ids), ambiguous=several)

    def spelt(self, question: str) -> str:
        """The question without slips of the pen: in words that are no names, in Chinese names by their sound."""
        if _HAN.search(question):
            known = [(m.start, m.end) for m in self.mentions(question) if m.field == "name"]
            return question if known else self.names.sounds.written(question, self._words.phrase)
        return corrected(question, self._words.has, self.names.ordinary, lambda word: bool(self.names.spelt(word)))

    def is_drug(self, documents: frozenset[str]) -> bool:
        """Whether they are about medicines."""
        return documents <= self.names.of_drugs

    def role(self, mention: Mention) -> str:
        """What the document calls the party that is mentioned: "Tenant"; "" where it is no party of one document, or is
        called by its name."""
        if len(mention.documents) != 1:
            return ""
        (id,) = mention.documents
        return self.names.called.get(id, {}).get(folded(mention.name), "")

    def mentions(self, question: str) -> list[Mention]:
        """Where the question names documents, in order."""
        return self.names.mentions(question, self._words.elsewhere)

    def _fit(self, mentions: Sequence[Mention]) -> frozenset[str]:
        """The documents that satisfy what is mentioned: those of all names together, else of any of them."""
        by_name = [m.documents for m in mentions if m.field != "kind"]
        by_kind = [m.documents for m in mentions if m.field == "kind"]
        found = _common(by_name)
        for kind in [_common(by_kind)] if by_kind else []:
            found = (found & kind or found) if by_name else kind
        return found

    def _no_pair(self, question: str, mentions: Sequence[Mention]) -> str:
        """Two parties whom the question joins as those of one contract, "between Acme and Quill", and who share none;
        "" where there are no such."""
        names = [m for m in mentions if m.field == "name"]
        for one, other in pairwise(names):
            if one.documents & other.documents or _EVERY.search(question):
                continue
            between = question[one.end : other.start]
            before, after = question[: one.start], question[other.end :]
            joined = _JOINED.fullmatch(between)
            if joined and (_BETWEEN.search(before) or _OF_BOTH.match(after)):
                return question[one.start : other.end]
        return ""

    # ------------------------------------------------------------ names of no document

    def _absent(self, question: str, mentions: Sequence[Mention]) -> Iterator[str]:
        taken = [(m.start, m.end) for m in mentions if m.field != "kind"]
        if _HAN.search(question):
            yield from self._absent_zh(question, taken)
        yield from self._absent_en(question, taken)

    def _absent_en(self, question: str, taken: Sequence[tuple[int, int]]) -> Iterator[str]:
        words = words_of(question)
        yield from (question[w.start : w.end] for w in words if self.names.unknown_drug(w.text))
        in_slots = [(pattern, *m.span(1)) for pattern in _SLOTS for m in pattern.finditer(question)]
        slots = [(start, end) for _, start, end in in_slots]
        for run in _proper(words, question):
            start, end = run[0].start, run[-1].end
            if any(a < end and start < b for a, b in taken):
                continue
            in_slot = any(a <= start < b for a, b in slots)
            place = _PLACE_BEFORE.search(question[:start]) or _PLACE_AFTER.match(question, end)
            ordinary = all(self.names.ordinary(w.text) for w in run)
            acronym = len(run) == 1 and question[start:end].isupper() and len(run[0].text) <= _LONGEST_ACRONYM
            if (place or ordinary or acronym) and not in_slot:
                continue
            if self._unknown([w.text for w in run], in_slot):
                yield question[start:end]
        if not taken:
            for before, word in pairwise(words):
                if before.text == "the" and word.text in TRADES and not self._words.near(word.text):
                    yield question[word.start : word.start + len(word.text)]
        for pattern, start, end in in_slots:
            if taken and pattern not in _DOCUMENT_SLOTS:
                continue  # with a document named, what else is named is what is asked of it
            inside = [w for w in words if start <= w.start and w.end <= end]
            inside = _in_a_row(inside, last=pattern is _BEFORE_NOUN)
            inside = [w for w in inside if not any(a < w.end and w.start < b for a, b in taken)]
            named = [w for w in inside if _may_be_name(w.text)]
            for word in named:
                if not self.names.ordinary(word.text) and not self._words.near(word.text):
                    yield question[word.start : named[-1].end]
            if pattern in _DOCUMENT_SLOTS and len(named) > 1 and not all(self._words.near(w.text) for w in named):
                yield question[named[0].start : named[-1].end]

    def _unknown(self, words: Sequence[str], in_slot: bool) -> bool:
        """Whether no document holds the name: none of its words is known, or they never stand together."""
        known = [self._words.near(word) for word in words]
        if len(words) == 1:
            return not known[0]
        if not all(known):
            telling = [k for k, word in zip(known, words, strict=True) if not self.names.ordinary(word)]
            return in_slot or not any(known) or (bool(telling) and not any(telling))
        return in_slot and not self._words.phrase(" ".join(words))

    def _absent_zh(self, question: str, taken: Sequence[tuple[int, int]]) -> Iterator[str]:
        found = [(m[0], m.start(), m.end()) for p in (_ZH_COMPANY, _ZH_DRUG) for m in p.finditer(question)]
        found = [(*_trimmed(name, start), end) for name, start, end in found]
        patterns = () if taken else _ZH_SLOTS  # with a document named, what else is named is what is asked of it
        slots = [(m[1], *m.span(1)) for pattern in patterns for m in pattern.finditer(question)]
        starts = word_starts(question) if slots else frozenset()
        slots = [slot for slot in slots if slot[1] in starts]  # 试用期最长多久: no medicine is used there
        found += [(*_trimmed(name, start), end) for name, start, end in slots]
        for name, start, end in found:
            if any(a < end and start < b for a, b in taken):
                continue
            name = re.sub(r"^(?:请问|关于|在|我们?|和|与|跟|同|对|那么?)+", "", name)
            if (
                len(name) < 2
                or _ZH_WORDING.search(name)
                or _ZH_ORDINARY.match(name)
                or _ZH_WORDS.search(name)
                or ZH_NOUN.fullmatch(name)
            ):
                continue
            if question[end : end + 2] == "的药":
                continue  # 吃根除细菌的药: what it does, not what it is called
            if not self._words.phrase(name) and not self._partly(name):
                yield name

    def _partly(self, name: str) -> bool:
        """Whether the name is made of words that the documents use: then it is no name of its own."""
        pairs = [name[i : i + 2] for i in range(len(name) - 1)]
        held = sum(self._words.phrase(pair) for pair in pairs)
        return (len(name) <= 3 and held == len(pairs)) or (len(name) > 3 and held >= 0.6 * len(pairs))


def _common(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """What all of them hold; where that is nothing, what any holds (two contracts are compared)."""
    if not sets:
        return frozenset()
    return frozenset.intersection(*sets) or frozenset.union(*sets)


def _proper(words: Sequence[Word], question: str) -> Iterator[list[Word]]:
    """Words in a row that are written as a name: capitals within the sentence, without the words that are no name."""
    run: list[Word] = []
    for word in [*words, None]:
        joined = run and word and question[run[-1].end : word.start].strip() in ("", "-", "&")
        if (run and not joined) or word is None:
            while run and _no_name(run[-1]):
                run.pop()
            while run and _no_name(run[0]):
                run.pop(0)
            if run and any(len(w.text) > 2 and not w.text.isdigit() for w in run):
                yield run
            run = []
        if word is not None and word.capital:
            run.append(word)
        elif run and word is not None:
            while run and _no_name(run[-1]):
                run.pop()
            if run and any(len(w.text) > 2 and not w.text.isdigit() for w in run):
                yield run
            run = []


def _in_a_row(words: Sequence[Word], *, last: bool) -> list[Word]:
    """The first (or last) of the words that no small word of the language parts: "the rent before the amendment"."""
    runs: list[list[Word]] = [[]]
    for word in words:
        if word.text in NO_MODIFIER or word.text in _SMALL:
            runs.append([])
        else:
            runs[-1].append(word)
    return runs[-1] if last else next((run for run in runs if run), [])


def _no_name(word: Word) -> bool:
    """A word that is no name although it has a capital: "English", "I'm", "Agreement"."""
    plain = re.split("[’']", word.text)[0]
    return _is_known(plain) or is_document_noun(word.text)


def _may_be_name(word: str) -> bool:
    return len(word) >= 4 and word.isalpha() and not (_is_known(word) or is_document_noun(word))


def _is_known(word: str) -> bool:
    """A word with a capital that names no document, in the singular or the plural: "Saturdays"."""
    return word in _NOT_A_NAME or word.removesuffix("s") in _NOT_A_NAME


def _trimmed(name: str, start: int) -> tuple[str, int]:
    """The name without what leads up to it: 我们与青岚公司 -> 青岚公司."""
    lead = re.match(r".*(?:与|和|跟|同|在|对|由|向|给|请问|关于|服用|吃|用|的|下|查|多少|，)", name)
    return (name[lead.end() :], start + lead.end()) if lead else (name, start)


__all__ = ["Scopes", "Words", "folded"]
