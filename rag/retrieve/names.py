"""The names that a question may call a document by, and where a question does so.

Every party, drug, patient, alias, title and file name of a snapshot, found by its words (exact, or with one slip of the
pen), a Chinese name by its pairs of characters. The work for a question depends on its length, not on the number of
documents. Traditional and Simplified, full and half width, capitals and accents are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import PurePath
from typing import Literal, Protocol

from sparewheel.rag.retrieve.sound import Sounds
from sparewheel.rag.retrieve.tokenise import is_word
from sparewheel.rag.text import simplified
from sparewheel.rag.types import ABOUT, WITHIN, named

Field = Literal["name", "title", "kind"]

_WORD = re.compile(r"[^\W_\u3400-\u9fff]+(?:[.’'&][^\W_\u3400-\u9fff]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_POSSESSIVE = re.compile(r"[’']s?$")
_COMPANY = frozenset(
    re.findall(
        r"\S+",
        "ltd limited inc incorporated llc llp lp l.p corp corporation co company plc gmbh ag ab as"
        " sa s.a sas s.a.s bv b.v"
        " nv n.v pty pte the of and & for a an",
    )
)
ROLES = frozenset(
    re.findall(
        r"\S+",
        "company counterparty tenant landlord lessor lessee supplier customer client contractor"
        " employer employee executive"
        " buyer seller vendor purchaser licensor licensee borrower lender owner agent principal consultant processor"
        " controller distributor manufacturer sponsor provider recipient discloser guarantor we you us party parties"
        " claimant plaintiff defendant appellant respondent petitioner applicant operating cooperative franchisor",
    )
)
TRADES = frozenset(  # what a party is, by its own name: people call it so
    re.findall(
        r"\S+",
        "bakery bank brewery cafe charity church clinic club college council dairy farm foundation garage gallery gym"
        " hospice hospital hotel insurer laboratory library museum nursery pharmacy practice restaurant school shop"
        " studio surgery theatre university winery",
    )
)
_DRUG_ENDING = 3  # last letters, in which the names of drugs differ
_ADDRESS = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir"})
_NO_ROLE = {"we", "us", "you", "party", "parties"}  # called so, but nobody asks by it
_ZH_ROLE = re.compile(
    r"[甲乙丙丁][方]|(?:出租|承租|买|卖|供|需|发包|承包|委托|受托|转让|受让|许可|被许可|披露|接收|服务|定作|承揽|托运|承运)[方人]?"
    r"|买受人|出卖人|用人单位|劳动者|贷款人|借款人|出借人|保证人|抵押人|抵押权人|客户|公司|本公司|原告|被告.?|第三人|上诉人|被上诉人|申请人|被申请人"
)
_ZH_PLACE = re.compile(
    r"^(?:[\u3400-\u9fff]{2,3}(?:省|市|自治区|特别行政区)|[\u3400-\u9fff]{2}(?=[\u3400-\u9fff]{4,}公司))"
)
_ZH_PLACE_BEHIND = re.compile(r"[省市县区镇乡路街]|的?(?:人民)?法院")
_ZH_SUFFIX = re.compile(
    r"(?:（[^）]{1,8}）)?(?:股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|合伙企业|事务所|工作室|合作社)(?:（[^）]{1,8}）)?$"
)
_ZH_TRADE = re.compile(
    r"(?:科技|技术|贸易|商贸|实业|建筑|建设|工程|物流|电子|机械|器械|食品|医药|医疗|制药|生物|化工|材料|能源|环保|信息|网络|软件"
    r"|传媒|文化|教育|咨询|投资|资本|金融|装备|设备|仪器|汽车|服饰|纺织|农业|矿业|餐饮|酒店|置业|地产|物业|重工|制造|国际"
    r"|控股|发展|精密|智能|健康|服务|新材料|数据|供应链|航空|船舶|钢铁|陶瓷|印刷|包装|玻璃|家具|茶业|酒业|乳业)+$"
)
_ZH_FORM = re.compile(
    r"(?:缓释|分散|肠溶|咀嚼|泡腾|薄膜衣)?(?:片|胶囊|颗粒|注射液|口服液|口服溶液|滴眼液|软膏|乳膏|凝胶|丸|糖浆|喷雾剂|气雾剂|混悬液|栓|贴剂|散|滴丸|粉针剂)$"
)
_BEFORE_NAME = re.compile(  # what a name may follow at once: a verb, a particle, no other part of a name
    r"(?:^|[^\u3400-\u9fff]|[吃用服喝的那和与跟比给把对是问开买停换了过种]|多少|几[袋片粒次支瓶]|关于|可以|不能|今天|每天|现在|[这该本此])$"
)
_ZH_SALT = re.compile(
    r"^(?:盐酸|硫酸氢?|富马酸|马来酸|酒石酸|琥珀酸|枸橼酸|苯磺酸|甲磺酸|氢溴酸|醋酸|磷酸|重酒石酸|注射用)"
)
DOCUMENT_NOUN = {  # the word in a question -> the stems that a title or kind may have for it
    "nda": ("nda", "disclosur", "confidenti"),
    "agreement": ("agreement", "contract", "deed", "term"),
    "contract": ("contract", "agreement", "deed"),
    "loan": ("loan",), "lease": ("leas", "tenanc"), "tenancy": ("tenanc", "leas"),
    "deed": ("deed",), "licence": ("licenc", "licens"), "license": ("licens", "licenc"),
    "policy": ("polici",), "leaflet": ("leaflet", "inform"), "guideline": ("guidelin",),
    "guidance": ("guidanc", "guidelin"),
    "protocol": ("protocol",), "act": ("act",), "bylaws": ("law", "bylaw"),
    "amendment": ("amend",), "addendum": ("addendum", "amend"),
    "formulary": ("formulari",), "manual": ("manual",), "summary": ("summari",), "report": ("report",),
    "judgment": ("judgment",),
    "settlement": ("settlement",), "form": ("form", "consent"), "procedure": ("procedur",),
    "programme": ("programm", "program"),
    "handbook": ("handbook", "manual"), "charter": ("charter",), "directive": ("direct",), "regulation": ("regul",),
    "sop": ("procedur", "sop"), "pathway": ("pathway",),
    "terms": ("term",), "plan": ("plan",), "statement": ("statement",), "order": ("order",), "consent": ("consent",),
}  # fmt: skip
SPECIFIC = frozenset(
    re.findall(
        r"\S+",
        "nda lease licence license deed amendment addendum bylaws formulary settlement judgment",
    )
)
NO_MODIFIER = frozenset(
    re.findall(
        r"\S+",
        "the a an this that these those my our your their his her its which what any each every"
        " all both in of under for with to"
        " from by on at is are was were does do did can could may must shall should will would and"
        " or not no has have had"
        " one ones current whole entire same other another new old said signed given following above"
        " according against between per",
    )
)
ZH_NOUN = re.compile(
    r"合同书?|协议书?|说明书|条例|规定|办法|判决书?|裁定书?|规范|指南|小结|制度|章程|方案|手册|公约|承诺书|声明|细则|保证书|同意书|租约"
)


class Described(Protocol):
    """A document as the store lists it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def metadata(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question: folded, and where it stands."""

    text: str
    start: int
    end: int
    capital: bool  # written with a capital that its place does not explain


@dataclass(frozen=True, slots=True)
class Mention:
    """Characters [start, end) of a question name documents. exact: how many words or characters of the name agree."""

    start: int
    end: int
    name: str
    field: Field
    documents: frozenset[str]
    exact: int = 1


@dataclass(slots=True)
class _Name:
    words: tuple[str, ...]
    shown: str
    field: Field
    documents: set[str]


def folded(text: str) -> str:
    """The text to compare by: compatibility forms, capitals, accents and Traditional characters gone; same length where
    the text has no compatibility forms."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return simplified(plain).casefold()


def words_of(text: str) -> list[Word]:
    """The words of Latin letters, hyphens and slashes dividing them. In a text without small letters none is a name
    by its capital."""
    shouted = not any(c.islower() for c in text)
    found = []
    for match in _WORD.finditer(text):
        word = _POSSESSIVE.sub("", folded(match[0])).rstrip(".")
        first = not re.search(r"[\w)\]\"”’][^.!?]*$", text[: match.start()][-40:]) or re.search(
            r"[.!?:]\s+$", text[: match.start()]
        )
        if word:
            found.append(Word(word, match.start(), match.end(), match[0][0].isupper() and not first and not shouted))
    return found


def is_document_noun(word: str) -> bool:
    """ "agreement", "leases": a word for a kind of document."""
    return word in DOCUMENT_NOUN or word.rstrip("s") in DOCUMENT_NOUN


@cache
def stem(word: str) -> str:
    import Stemmer

    made: str = Stemmer.Stemmer("english", 0).stemWord(word)
    return made


class Names:
    """The names of all documents of a snapshot. Built once a snapshot; safe to share."""

    def __init__(self, documents: Iterable[Described], ordinary: Callable[[str], bool] = lambda word: False) -> None:
        """ordinary: whether a word of small letters is one of the language rather than a name."""
        self.ordinary = ordinary
        self.titles: dict[str, str] = {}
        self.of_drugs: set[str] = set()  # documents about a medicine
        self.called: dict[str, dict[str, str]] = {}  # document -> party -> its role there: "Tenant"
        self._names: dict[tuple[Field, tuple[str, ...]], _Name] = {}
        self._by_word: dict[str, list[_Name]] = defaultdict(list)
        self._slips: dict[str, set[str]] = defaultdict(set)  # a word less one letter -> the words
        self._han: dict[str, dict[str, tuple[str, Field, set[str]]]] = defaultdict(dict)  # first pair -> form -> ...
        self._begin: dict[str, set[str]] = defaultdict(set)  # first two characters of a company's name -> the names
        self._ends: set[str] = set()  # forms that are only the end of a medicine's name
        self._stems: dict[str, set[str]] = defaultdict(set)  # stem in title or kind -> documents
        self._initials: dict[str, set[str]] = defaultdict(set)
        self._zh_titles: dict[str, set[str]] = defaultdict(set)  # an end of a Chinese title -> documents
        for document in documents:
            self._add(document)
        for word in self._by_word:
            for less in _less_one(word) if len(word) >= 5 else ():
                self._slips[less].add(word)

    def __len__(self) -> int:
        return len(self.titles)

    # ------------------------------------------------------------ building

    def _add(self, document: Described) -> None:
        id, metadata = document.id, document.metadata
        self.titles[id] = named(id, document.title, metadata)
        if metadata.get("drug"):
            self.of_drugs.add(id)
        elif (patient := metadata.get("matter", "")) and not any(c.isdigit() for c in patient):
            self.called.setdefault(id, {})[folded(patient)] = "患者" if _HAN.search(patient) else "patient"
        for key in ABOUT:
            for name in filter(None, metadata.get(key, "").split("; ")):
                self._name(id, name, "name")
        for pair in filter(None, metadata.get("aliases", "").split("; ")):
            alias, _, party = pair.partition(" = ")
            if folded(alias).removeprefix("the ") in ROLES - _NO_ROLE or _ZH_ROLE.fullmatch(alias):
                self.called.setdefault(id, {}).setdefault(folded(party), alias)
            if folded(alias) not in ROLES and not _ZH_ROLE.fullmatch(alias) and not {*folded(alias).split()} & ROLES:
                self._name(id, alias, "name")
        self._name(id, document.title, "title")
        self._name(id, PurePath((document.source or id).rpartition(WITHIN)[2]).stem, "title")
        kind = metadata.get("kind", "")
        for text in (document.title, kind):
            latin = [word.text for word in words_of(text)]
            for word in latin:
                self._stems[stem(word)].add(id)
            initials = [w[0] for w in latin if w not in _COMPANY and not w[0].isdigit()]
            for start in range(max(0, len(initials) - 2)):
                for end in range(start + 3, len(initials) + 1):
                    self._initials["".join(initials[start:end])].add(id)
            han = "".join(_HAN.findall(folded(text)))
            for noun in ZH_NOUN.finditer(han):
                for start in range(noun.start() + 1):
                    self._zh_titles[han[start : noun.end()]].add(id)

    def _name(self, id: str, name: str, field: Field) -> None:
        if _HAN.search(name):
            forms = _chinese_forms(folded(name), field)
            for form in forms:
                self._han[form[:2]].setdefault(form, (name, field, set()))[2].add(id)
            if field == "name" and _ZH_SUFFIX.search(name):
                start = forms[0][:2]
                self._begin[start].add(forms[0])
                self._han[start].setdefault(start, (name, field, set()))[2].add(id)
            for end in _medicine_ends(forms[0]) if field == "name" else ():
                if end not in self._han[end[:2]]:
                    self._ends.add(end)
                self._han[end[:2]].setdefault(end, (name, field, set()))[2].add(id)
        words = tuple(w.text for w in words_of(name) if w.text not in _COMPANY)
        if not words or (field == "name" and len(words) == 1 and len(words[0]) < 2):
            return
        entry = self._names.get((field, words))
        if entry is None:
            entry = self._names[field, words] = _Name(words, name, field, set())
            for word in dict.fromkeys(words):
                self._by_word[word].append(entry)
        entry.documents.add(id)

    # ------------------------------------------------------------ asking

    def mentions(
        self, question: str, elsewhere: Callable[[str, frozenset[str]], bool] = lambda w, d: False
    ) -> list[Mention]:
        """Where the question names documents, in order; of overlapping readings the longest. elsewhere: whether the
        word stands in other documents, too (then a word of a title alone names none)."""
        words = words_of(question)
        found = [*self._by_words(words, elsewhere), *self._by_characters(question, elsewhere)]
        taken = _longest(found)
        kinds = _longest([*self._kinds(words, taken), *self._chinese_kinds(question, taken)])
        return sorted([*taken, *kinds], key=lambda mention: mention.start)

    def spelt(self, word: str) -> str:
        """The word of a name that this is, one slip allowed in five letters or more; "" where there is none."""
        if word in self._by_word:
            return word
        if len(word) < 5 or self.ordinary(word):
            return ""
        near = {w for less in (word, *_less_one(word)) for w in self._slips.get(less, ())}
        near |= {less for less in _less_one(word) if less in self._by_word and len(less) >= 5}
        near = {w for w in near if w[0] == word[0] or len(w) >= 6}
        near = {w for w in near if not self._another_drug(word, w)}
        return min(near, key=lambda w: (abs(len(w) - len(word)), w), default="")

    def _another_drug(self, word: str, near: str) -> bool:
        """Whether the word ends otherwise than the name of a drug: Torbexol is no slip of the pen for Torbexil."""
        changed = [i for i, (a, b) in enumerate(zip(word, near, strict=False)) if a != b]
        of_drugs = all(name.documents <= self.of_drugs for name in self._by_word.get(near, ()))
        return of_drugs and len(word) == len(near) and len(changed) == 1 and changed[0] >= len(word) - _DRUG_ENDING

    def unknown_drug(self, word: str) -> bool:
        """Whether the word is like the name of a drug but for its ending."""
        if word in self._by_word or len(word) < 5 or self.ordinary(word):
            return False
        near = {w for less in (word, *_less_one(word)) for w in self._slips.get(less, ())}
        return bool(near) and all(self._another_drug(word, w) for w in near)

    def _by_words(self, words: Sequence[Word], elsewhere: Callable[[str, frozenset[str]], bool]) -> Iterator[Mention]:
        spelt = [self.spelt(word.text) for word in words]
        candidates: dict[int, tuple[_Name, list[int]]] = {}
        for place, word in enumerate(spelt):
            for name in self._by_word.get(word, ()) if word else ():
                candidates.setdefault(id(name), (name, []))[1].append(place)
        for name, places in candidates.values():
            for run in _runs(places, len(name.words) + 1):
                held = {spelt[p] for p in run}
                missing = [w for w in dict.fromkeys(name.words) if w not in held]
                by_trade = _by_trade(name, run, words)
                if by_trade or self._names_it(name, run, missing, words, spelt, elsewhere):
                    yield Mention(words[run[0] - by_trade].start, words[run[-1]].end, name.shown, name.field,
                                  frozenset(name.documents), len(held))  # fmt: skip

    def _names_it(
        self,
        name: _Name,
        run: Sequence[int],
        missing: Sequence[str],
        words: Sequence[Word],
        spelt: Sequence[str],
        elsewhere: Callable[[str, frozenset[str]], bool],
    ) -> bool:
        inside = [p for p in range(run[0], run[-1]) if p not in run and words[p].text not in _COMPANY]
        if any(spelt[p] not in name.words for p in inside):
            return False  # "Alder Point Logistics" is not Alder Peak Logistics
        first = words[run[0]]
        telling = not self.ordinary(spelt[run[0]])
        documents = frozenset(name.documents)
        if name.field == "title":
            if not missing and len(name.words) >= 2:
                return any(not self.ordinary(w) for w in name.words) or len(name.words) >= 3 or name.words[-1].isdigit()
            one = spelt[run[0]]
            long_enough = len(one) >= (4 if one == name.words[0] else 6)
            return telling and long_enough and not one[0].isdigit() and not elsewhere(one, documents)
        if not missing and (len(name.words) > 1 or telling or first.capital or self._before_noun(run[-1], words)):
            return True
        surname = len(run) == 1 and len(name.words) == 2 and spelt[run[0]] == name.words[1] and telling
        if surname and ((run[0] and words[run[0] - 1].text in _ADDRESS) or not elsewhere(spelt[run[0]], documents)):
            return True  # "Mr Ashgrove", or "Ashgrove" where no other document has the word, for Wendell Ashgrove
        if spelt[run[0]] != name.words[0] or not (telling or first.capital or (len(run) > 1)):
            return False
        after = run[-1] + 1
        while after < len(words) and after <= run[-1] + 3:  # "Acme Holdings" is not Acme Tools
            word = words[after]
            if is_document_noun(word.text) or word.text in _COMPANY or word.text in NO_MODIFIER:
                break
            if word.start > words[after - 1].end + 1:
                break
            if word.capital or (not self.ordinary(word.text)) or self._before_noun(after, words):
                stems = {d for d in self._stems.get(stem(word.text), ()) if d in name.documents}
                if spelt[after] not in name.words and not stems:
                    return False
            else:
                break
            after += 1
        return True

    def _before_noun(self, place: int, words: Sequence[Word]) -> bool:
        return place + 1 < len(words) and is_document_noun(words[place + 1].text)

    def _kinds(self, words: Sequence[Word], taken: Sequence[Mention]) -> Iterator[Mention]:
        """ "the agency agreement", "the NDA": documents whose title or kind says so."""
        for place, word in enumerate(words):
            singular = word.text if word.text in DOCUMENT_NOUN else word.text.rstrip("s")
            if any(m.start <= word.start < m.end for m in taken):
                continue
            initials = self._initials.get(word.text, set())
            if initials and singular not in DOCUMENT_NOUN and len(word.text) >= 3 and not self.ordinary(word.text):
                yield Mention(word.start, word.end, word.text.upper(), "kind", frozenset(initials))
            if singular not in DOCUMENT_NOUN:
                continue
            nouns = set().union(*(self._stems.get(s, set()) for s in DOCUMENT_NOUN[singular]))
            nouns |= self._initials.get(singular, set())
            modifiers: list[Word] = []
            for before in range(place - 1, max(-1, place - 7), -1):
                other = words[before]
                if other.text in NO_MODIFIER or any(m.start <= other.start < m.end for m in taken):
                    break
                modifiers.insert(0, other)
            while modifiers:
                fit = nouns.intersection(*(self._stems.get(stem(m.text), set()) for m in modifiers))
                if fit:
                    break
                modifiers.pop(0)
            else:
                fit = nouns if singular in SPECIFIC or taken else set()
            if (fit and len(fit) < len(self.titles)) or (fit and taken):
                start = modifiers[0].start if modifiers else word.start
                yield Mention(start, word.end, " ".join(m.text for m in [*modifiers, word]), "kind", frozenset(fit))

    @cached_property
    def sounds(self) -> Sounds:
        """The Chinese names by how they are spoken."""
        return Sounds(form for forms in self._han.values() for form, (_, field, _) in forms.items() if field == "name")

    def _by_characters(self, question: str, elsewhere: Callable[[str, frozenset[str]], bool]) -> Iterator[Mention]:
        text = folded(question)
        if len(text) != len(question):  # compatibility forms of several letters: offsets would be wrong
            text = simplified(question).casefold()
        for at in range(len(text) - 1):
            forms = self._han.get(text[at : at + 2])
            if forms:
                exact = [form for form in forms if text.startswith(form, at)]
                lengths = {form: len(form) for form in exact}
                if max(lengths.values(), default=0) <= 2:  # the first two characters alone: more of the name may follow
                    lengths |= {f: _shortened(f, text, at) for f in forms if f not in lengths}
                form = max(lengths, key=lambda f: lengths[f])
                if lengths[form]:
                    name, field, documents = forms[form]
                    place = _ZH_PLACE_BEHIND.match(text, at + lengths[form])
                    if form in self._begin and (place or self._may_be_anything(form, frozenset(documents), elsewhere)):
                        continue
                    if form in self._ends and not _BEFORE_NAME.search(text[:at]):
                        continue  # 复方止泻颗粒 is not 康宁止泻颗粒
                    yield Mention(at, at + lengths[form], name, field, frozenset(documents), lengths[form])

    def _may_be_anything(
        self, start: str, documents: frozenset[str], elsewhere: Callable[[str, frozenset[str]], bool]
    ) -> bool:
        """Whether the first two characters of a company's name may mean something else: a place that two companies are
        called after, a word of the language that stands in other documents."""
        return len(self._begin[start]) > 1 or (is_word(start) and elsewhere(start, documents))

    def _chinese_kinds(self, question: str, taken: Sequence[Mention]) -> Iterator[Mention]:
        text = simplified(question)
        for noun in ZH_NOUN.finditer(text):
            for start in range(max(0, noun.start() - 12), noun.start()):
                if any(m.start < noun.end() and start < m.end for m in taken):
                    continue
                fit = self._zh_titles.get(text[start : noun.end()])
                if fit and len(fit) < len(self.titles):
                    yield Mention(start, noun.end(), text[start : noun.end()], "kind", frozenset(fit))
                    break


def _chinese_forms(name: str, field: Field) -> list[str]:
    """What a Chinese name may be shortened to, itself first: 深圳星辰科技有限公司, 星辰科技有限公司, 星辰科技, 星辰."""
    name = re.sub(r"\s", "", name)
    if field == "title":
        return [name] if len(name) >= 4 else []
    forms = [name]
    core = _ZH_SUFFIX.sub("", name)
    bare = _ZH_PLACE.sub("", name) if core != name else name
    if not _ZH_TRADE.sub("", _ZH_SUFFIX.sub("", bare)):
        bare = name  # 青禾智能科技: no place before a name, but the name before its trade
    forms += [bare, core, _ZH_SUFFIX.sub("", bare)]
    if core != name:
        forms.append(_ZH_TRADE.sub("", forms[-1]))
        if len(placed := _ZH_TRADE.sub("", core)) > 3:
            forms.append(placed)
    forms.append(_ZH_FORM.sub("", name))
    forms.append(_ZH_SALT.sub("", forms[-1]) if forms[-1] != name else name)
    return [form for form in dict.fromkeys(forms) if len(form) >= 2 and _HAN.search(form)]


def _by_trade(name: _Name, run: Sequence[int], words: Sequence[Word]) -> bool:
    """Whether a party is called by its trade, "the bakery" for Marsh & Daughters Bakery Ltd; "the" is part of it."""
    one = words[run[0]].text
    alone = len(run) == 1 and run[0] > 0 and words[run[0] - 1].text == "the"
    return alone and name.field == "name" and one in TRADES & {*name.words}


def _medicine_ends(name: str) -> list[str]:
    """What a medicine's name may be shortened to from its front, down to two characters and the form: 复方安瑞片 to
    安瑞片."""
    name = re.sub(r"\s", "", name)
    form = _ZH_FORM.search(name)
    return [name[start:] for start in range(1, form.start() - 1)] if form else []


def _less_one(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _shortened(name: str, text: str, at: int) -> int:
    """How many characters of the text from `at` on are the name with characters left out or one of them wrong: 拓川重机
    for 拓川重型机械. 0 for fewer than four, or another beginning."""
    same = sum(x == y for x, y in zip(name, text[at : at + len(name)], strict=False))
    if len(name) >= 5 and same == len(name) - 1:
        return len(name)
    if len(name) < 5 or not name.startswith(text[at : at + 2]):
        return 0
    taken, place = 2, 2
    while at + taken < len(text) and (found := name.find(text[at + taken], place)) >= 0:
        taken, place = taken + 1, found + 1
    return taken if taken >= 4 else 0


def _runs(places: Sequence[int], width: int) -> Iterator[list[int]]:
    """The places in runs that fit into so many words."""
    run: list[int] = []
    for place in places:
        if run and (place - run[0] >= width + 1 or place - run[-1] > 2):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _longest(mentions: Sequence[Mention]) -> list[Mention]:
    """Of overlapping mentions those with most agreeing words; equals that name the same words are joined."""
    best: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (-m.exact, -(m.end - m.start), m.field != "name")):
        clash = next((b for b in best if b.start < mention.end and mention.start < b.end), None)
        if clash is None:
            best.append(mention)
        elif mention.exact == clash.exact and (mention.start, mention.end) == (clash.start, clash.end):
            best[best.index(clash)] = Mention(clash.start, clash.end, clash.name, clash.field,
                                              clash.documents | mention.documents, clash.exact)  # fmt: skip
    return best
