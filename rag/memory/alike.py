# ruff: noqa: E501  lists of words
"""May two questions be the same one? What must agree, whatever a model thinks of their likeness. English and Chinese.

    differ(a, b)  ->  "" or what does not agree: form, figures, negation, names, roles, opposites, kind, order, words

Each guard looks at words alone and costs microseconds. Figures, clause numbers and units must be the same; so must the
negation, the parties that are named beside the document, the roles (tenant, landlord), what a question asks for (when,
who, how much, why), and of every pair of opposites the side (before, after; minimum, maximum; include, exclude). Where
two questions are put in nearly the same words, a word that stands for another one in the same place ends it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sparewheel.rag.answer.figures import quantities
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.memory.wording import exchanged, frame, only_in, who_acts
from sparewheel.rag.text import simplified

Names = Sequence[tuple[str, int, int]]  # name, where it stands in the question

FRAME, ONE_PLACE = 0.8, 0.5  # shared order from which a word for another one makes another question; in one place
SAME_FRAME = 0.9  # and from which one word more does
_FIRST_MARK, _MOST_NAMES = 0xE000, 64  # each name becomes a character that no text has
_MARK = "[\ue000-\ue03f]"
_NOUN = (r"(?:nda|non-disclosure agreement|confidentiality agreement|agreement|contract|lease|leaflet|guideline|policy|deed|terms"
         r"|licence|license|deal|document|loan|amendment|protocol|programme|procedure|formulary|summary|report|act)")  # fmt: skip
_NAMING = re.compile(  # "under the Acme and Brook NDA", "in Acme's lease", "our agreement with Acme"
    rf",?\s*(?:\b(?:under|in|of|from|per|for|according to|by|with)\s+)?(?:\b(?:the|our|this|that|my)\s+)?{_MARK}(?:['’]s?)?"
    rf"(?:\s*(?:and|&|/|-|–|,|vs\.?)\s*{_MARK}(?:['’]s?)?)*\s+(?:[\w-]+\s+){{0,3}}?{_NOUN}s?\b,?"
    rf"|,?\s*(?:\b(?:under|in|of|from|per|for|according to|by|with)\s+)?(?:\b(?:the|our|this|that|my|an?)\s+)?(?:[\w-]+\s+){{0,3}}?{_NOUN}s?"
    rf"\s+(?:with|between|of|and)\s+(?:the\s+)?{_MARK}(?:\s*(?:and|&|,|/)\s*(?:the\s+)?{_MARK})*(?:['’]s?)?,?",
    re.IGNORECASE,
)
_NOUN_ZH = r"(?:合同书?|协议书?|协定|说明书|药品|病历|小结|条例|规范|指南|租约|判决书?|办法|制度|方案)"
_NAMING_ZH = re.compile(
    rf"(?:按照|根据|依照|依据|在|跟|和|与|同|关于|对于?|我们?)*{_MARK}(?:(?:与|和|跟|同|、|及|/){_MARK})*(?:之间)?(?:签订?的?|订立的?|签署的?|的)*(?:那|这)?份?"
    rf"(?:[^，,。\ue000-\ue03f]{{0,8}}?{_NOUN_ZH})(?:里面?|中|内|上|规定|约定|下)*的?[，,：:]?"
)

# ---------------------------------------------------------------- negation

_NEUTRAL = re.compile(
    r"\b(?:not|no|never)\s+(?:be\s+)?(?:more|less|fewer|longer|shorter|later|earlier|greater|higher|lower|larger|smaller)\s+than\b"
    r"|\b(?:not|never)\s+(?:to\s+)?exceed(?:ing)?\b|\bwhether or not\b|\bnot only\b|\bor not\b|\bnon-disclosure\b|\bno\.\s?(?=\d)"
    r"|\b(?:if|when) not\b|\bwithout (?:[\w'’]+ ){0,5}?(?:consent|approval|notice|permission|agreement)\b"
    r"|不(?:得|应|可|能)?(?:超过|多于|高于|大于|晚于|迟于|少于|低于|小于|早于)|是不是|能不能|可不可以|会不会|要不要|需不需要|有没有|该不该|用不用|行不行|算不算|应不应该|对不对"
    r"|不限于|不仅|除了?[^，,。]{1,20}[，,]?(?=[^，,。]{0,10}(?:还|也|又|另))|不达米亚|不列颠|不丹|不论|无论|不可抗力|不良|非处方|不动产|不同|无效|不足|未成年|未来|不了|不久|差不多"
)
_NO = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|unless|except(?:ions?)?|prohibit\w*|forbid\w*|forbidden|barred|refus\w+|ban(?:s|ned)?|rather than|instead of|unable|fails?|failed|failing|failure|for convenience|(?:stop|prevent|keep)\w* [^,?]{1,40}? from)\b|n['’]t\b"
    r"|\b(?:un(?=(?:authori|approv|paid|used|open|avail|law|limit|reason|necess|support|secur|regist|insur|success|sched|treat|vaccin))|non-?(?=[a-z]{4})|ir(?=revers|revoc|rel|resp)|in(?=valid|elig|appli|compat|appropri))\w+"
    r"|不|没有?|未|无|勿|非(?!常)|禁止|严禁|免于|除非|拒绝|(?:除了?[^，,。]{1,15}?)?(?:之外|以外)|除了?[^，,。]{1,15}?外|除外|除了"
)

# ---------------------------------------------------------------- opposites

_OPPOSITES = [
    ("before|prior|beforehand|ahead|in advance|previous", "after|afterwards|following|since|later than"),
    ("minimum|at least|least|lowest|smallest|min|shortest|fewest|not less than|floor", "maximum|at most|most|highest|largest|max|longest|up to|limit|cap|ceiling|not exceed|not more than"),
    ("include|includes|included|including|inclusive|cover|covers|covered", "exclude|excludes|excluded|excluding|exclusive of|exempt|exempted"),
    ("start|starts|starting|begin|begins|beginning|commence|commences|commencement|initial|initiate|initiation|open|opens|opening|first|onset|effective date|takes? effect|comes? into force|enters? into force", "end|ends|ending|finish|stop|stops|stopping|terminate|terminates|termination|expire|expires|expiry|expiration|close|closes|closing|last|final|discontinue|cease"),
    ("increase|increases|increased|raise|raised|rise|gain|above|over|exceed|exceeds|exceeding|more than|higher|high|greater|upper|up", "decrease|decreases|decreased|reduce|reduces|reduced|reduction|lower|lowered|fall|drop|below|under|less than|low|fewer|down|loss"),
    ("with (?:[\\w'’]+ ){0,5}?(?:consent|approval|notice|permission|cause)", "without (?:[\\w'’]+ ){0,5}?(?:consent|approval|notice|permission|cause)"),
    ("for|in favou?r of", "against"), ("(?:to|into) (?:what|which|whom)", "from (?:what|which|whom)"), ("during|while", "after|before|following"),
    ("starting|initial|first", "maximum|max|highest|largest|most"),
    ("buy|buys|buyer|purchase|purchases|purchaser", "sell|sells|seller|sale|vendor"),
    ("lend|lender", "borrow|borrower"),
    ("receive|receives|receiving|recipient|receipt|gets?", "send|sends|sending|sender|disclos\\w+|give|gives|giving|provide|provides"),
    ("early|earlier|earliest|premature", "late|later|latest|overdue|delay\\w*"),
    ("internal|inside|domestic|inbound|incoming", "external|outside|foreign|outbound|outgoing"),
    ("direct|directly", "indirect|indirectly|consequential"),
    ("male|men|man|boys?|father|his", "female|women|woman|girls?|mother|her|pregnan\\w+"),
    ("adults?|grown-ups?", "child|children|kids?|infants?|babies|baby|paediatric|pediatric|newborns?|adolescents?"),
    ("oral|by mouth|verbal|verbally", "intravenous|injection|injected|iv|topical|in writing|written"),
    ("employee|worker", "employer"),
    ("permit|permits|permitted|allow|allows|allowed|entitled|can|may", "prohibit\\w*|forbid\\w*|forbidden|banned|not allowed|not permitted|barred|cannot|(?:may|can) (?:[\\w'’]+ ){0,3}not"),
    ("win|wins|won|winner", "lose|loses|lost|loser|defeated"),
    ("advantage\\w*|benefits?|pros?|strengths?", "disadvantage\\w*|risks?|drawbacks?|cons?|weakness\\w*|harms?"),
    ("cause|causes|caused|reason", "effect|effects|result|results|consequences?|symptoms?"),
    ("symptoms?|signs?", "treat\\w*|therap\\w+|cure\\w*|prevent\\w*|diagnos\\w+"),
    ("treat\\w*|therap\\w+|cure\\w*", "prevent\\w*|prophyla\\w+|diagnos\\w+"),
    ("diagnos\\w+", "prevent\\w*|cause|causes"),
    ("positive", "negative"), ("active", "inactive|passive|dormant"), ("public", "private|confidential"),
    ("north|northern", "south|southern"), ("east|eastern", "west|western"), ("left", "right"), ("birth|born", "death|die|died|dies"),
    ("import|imports|imported", "export|exports|exported"), ("monthly|per month|a month", "yearly|annual|annually|per year|a year"),
    ("daily|per day|a day|each day|in one day", "weekly|per week|a week|monthly|per month|a month|single dose|at a time|at once|per dose|each time"),
    ("gross", "net"), ("acute", "chronic"), ("primary|first", "secondary|second"), ("morning", "evening|night|afternoon"),
]  # fmt: skip
_OPPOSITES_ZH = [
    ("之前|以前|前(?!款|述|提|期)|事先|提前", "之后|以后|后(?!果|勤)|事后|届满后"),
    ("最低|最少|至少|最小|最短|下限|不少于|不低于", "最高|最多|至多|最大|最长|上限|不超过"),
    ("包括|包含|计入|含(?!量)", "排除|除外|不包括|不包含|不含|不计入"),
    ("开始|生效|起算|首次|启动|起始|初始|起诉|开庭|成立", "终止|结束|届满|停止|最后|到期|停药|解除|结案"),
    ("增加|提高|上升|超过|高于|大于|以上|上调", "减少|降低|下降|不足|低于|小于|以下|下调"),
    ("起始|初始|首次", "最大|最高|最多"), ("此次|这次|本次|本届|这届", "上次|上届|下次|下届|上一|下一"),
    ("借(?=了|给|到|入|出|过|多少)", "还(?=了|款|清|给|过|多少|钱)|归还|偿还|退还"),
    ("目前|现在|现任|当前|如今", "以前|从前|过去|曾经|原来|前任|原任"),
    ("买方|买受人|购买|买入|采购", "卖方|出卖人|出售|卖出|销售"), ("贷款人|出借人|借出", "借款人|借入"),
    ("出租|房东|业主", "承租|租客|房客"), ("甲方", "乙方"), ("原告", "被告"), ("上诉人", "被上诉人"), ("申请人", "被申请人"),
    ("用人单位|公司辞退|单位", "劳动者|员工|职工"), ("男", "女|孕妇|哺乳"), ("成人|成年", "儿童|小儿|婴儿|未成年|新生儿"),
    ("口服", "注射|静脉|外用|书面"), ("允许|可以|有权", "禁止|不得|严禁|无权"), ("直接", "间接"), ("国内|境内", "国外|境外"),
    ("原因|为什么|为何", "后果|结果|影响"), ("每日|每天|一天|日剂量", "每周|每月|每次|一次|单次"), ("每月|月租|按月", "每年|年租|按年|一年"),
    ("预付|首付|定金", "尾款|余款|质保金|押金"), ("出生", "死亡|去世|逝世"), ("父", "母"), ("东", "西"), ("南", "北"), ("首都|省会", "面积|人口"),
    ("迟延|逾期|延迟", "提前"), ("收入|盈利", "支出|亏损"), ("治疗|疗法", "预防|诊断|症状"), ("主要|主", "次要|副"), ("有效期", "贮藏|储存|用量"),
]  # fmt: skip

_FOR_WHOM = {  # of a patient: a dose for one is no dose for another
    "old": r"elderly|older|over 65|seniors?|80-year-old|老年|老人|65岁", "young": r"child(?:ren|hood)?|kids?|infants?|bab(?:y|ies)|adolescents?|paediatric|pediatric|newborns?|儿童|小儿|婴|孩子|新生儿",
    "pregnant": r"pregnan\w+|孕", "nursing": r"breast-?\s?feed\w*|nursing|lactat\w+|哺乳", "kidney": r"kidneys?|renal|肾|肌酐", "liver": r"liver|hepatic|肝",
    "driving": r"driv(?:e|ing)|machines|驾驶|驾车|开车", "alcohol": r"alcohol|drink(?:ing)?|酒", "overdose": r"overdos\w+|too much|过量", "missed": r"miss(?:ed)?|forg[eo]t\w*|漏服|忘",
}  # fmt: skip

# ---------------------------------------------------------------- roles

_ROLES = {
    "tenant": "tenants?|lessees?|renters?", "landlord": "landlords?|lessors?", "supplier": "suppliers?|vendors?|sellers?", "customer": "customers?|clients?|buyers?|purchasers?",
    "contractor": "contractors?|consultants?", "employer": "employers?", "employee": "employees?|workers?|executives?|staff", "licensor": "licensors?", "licensee": "licensees?",
    "borrower": "borrowers?", "lender": "lenders?|banks?", "agent": "agents?", "principal": "principals?", "processor": "processors?", "controller": "controllers?",
    "distributor": "distributors?", "sponsor": "sponsors?", "provider": "providers?", "recipient": "recipients?|receiving part(?:y|ies)", "discloser": "disclos(?:ing part(?:y|ies)|ers?)",
    "guarantor": "guarantors?", "plaintiff": "plaintiffs?|claimants?", "defendant": "defendants?|respondents?", "appellant": "appellants?", "franchisor": "franchisors?", "franchisee": "franchisees?",
    "patient": "patients?", "doctor": "doctors?|physicians?|gps?", "nurse": "nurses?", "pharmacist": "pharmacists?", "either": "either part(?:y|ies)|both parties|neither party", "insurer": "insurers?", "insured": "insured|policyholders?",
}  # fmt: skip
_ROLES_ZH = {
    "甲方": "甲方", "乙方": "乙方", "丙方": "丙方", "出租": "出租[方人]|房东", "承租": "承租[方人]|租客|房客", "买方": "买[方受]人?|采购方|需方", "卖方": "卖方|出卖人|供方|供应商|供货方",
    "用人单位": "用人单位|雇主", "劳动者": "劳动者|员工|职工|雇员", "贷款": "贷款人|出借人", "借款": "借款人", "保证": "保证人|担保人", "发包": "发包[方人]", "承包": "承包[方人]",
    "委托": "委托[方人]", "受托": "受托[方人]", "原告": "原告|原(?=被告)", "被告": "被告", "上诉": "(?<!被)上诉人", "被上诉": "被上诉人", "双方": "双方|任何一方|任一方", "患者": "患者|病人", "医生": "医生|医师", "护士": "护士", "许可": "(?<!被)许可[方人]", "被许可": "被许可[方人]",
}  # fmt: skip

# ---------------------------------------------------------------- what is asked for

_WH = re.compile(
    r"\b(?:how (?:long|many|much|often|soon|quickly|fast|early|far|old|high|large|big|expensive|heavy|frequently|come)|what|which|when|where|who|whom|whose|why|how)\b"
)
_OPENS = {"when": "time", "where": "place", "who": "person", "whom": "person", "whose": "person", "why": "reason", "how come": "reason",
          "how long": "long", "how soon": "long", "how quickly": "long", "how fast": "long", "how early": "long", "how many": "many", "how often": "many",
          "how frequently": "many", "how much": "much", "how high": "much", "how large": "much", "how big": "much", "how expensive": "much",
          "how heavy": "much", "how far": "much", "how old": "much", "how": "how"}  # fmt: skip
_CLASS_NOUN = re.compile(r"\b(?:what|which) ([a-z][\w-]+)")
_SPAN = re.compile(r"\s*(?:[\w'’-]+ ){0,1}?(?:days|weeks|months|years|hours|minutes|notice|time|warning|advance)\b")
_NOUNS = (  # what the noun behind "what" or "which" asks for, or that of a question without such a word
    (
        "time",
        r"(?:[\w'’-]+ ){0,2}(?:date|day|year|month|century|decade|time|moment|point in time)\b(?! (?:limit|frame|period))",
    ),
    (
        "long",
        r"(?:[\w'’-]+ ){0,2}(?:period|duration|deadline|time limit|timeframe|time frame|notice|shelf life|interval)\b",
    ),
    (
        "place",
        r"(?:city|cities|country|countries|state|court|place|town|location|address|region|county|venue|area|part|seat|jurisdiction)\b",
    ),
    ("law", r"(?:[\w'’-]+ )?laws?\b|governing law"),
    ("reason", r"(?:[\w'’-]+ )?(?:reasons?|grounds?|causes?|purposes?)\b"),
    ("many", r"(?:[\w'’-]+ )?(?:number|population|percentage|share|count|frequency)\b"),
    (
        "much",
        r"(?:[\w'’-]+ ){0,2}(?:amount|price|cost|fee|rent|rate|sum|penalty|salary|charge|dose|dosage|cap|revenue|weight|length|height|temperature|limit)\b",
    ),
    ("person", r"(?:[\w'’-]+ )?(?:name|person|people|doctor|man|woman|king|president|mayor|scientist|author|party)\b"),
)
_KIND_OF_NOUN = tuple((kind, re.compile(words)) for kind, words in _NOUNS)
_DETERMINER = re.compile(
    r"(?:\s*\b(?:is|was|are|were|exactly|kind of|sort of|type of|of|the|a|an|our|my|its|their)\b|['’]s)*\s*"
)
_BEFORE_ASKING = re.compile(  # "When imperialism impacts a state, what is it called?"
    r"^(?:when|where|if|while|after|before|under|how|as)\b[^,?]{3,120}, "
    r"(?=(?:to |in |on |for |by |at |of )?(?:what|which|who|whom|whose|when|where|why|how)\b)"
)
_DOES = re.compile(
    r"\s+(?:(?:did|does|do|can|could|must|should|may|will|would|has|have|had)\b|(?:was|were|is|are) (?!the |a |an |our |my |its |their |one |some ))"
)
_WH_ZH = re.compile(
    r"为什么|为何|什么时候|什么时间|什么地方|什么原因|什么人|多久|多长|多大|多高|多少|(?<![近好数前后这那])几|谁|何时|何地|何处|何人|何|哪里|哪儿|哪|怎么|怎样|如何|什么"
)
_OPENS_ZH = {"为什么": "reason", "为何": "reason", "什么原因": "reason", "什么时候": "time", "什么时间": "time", "何时": "time", "什么地方": "place", "何地": "place", "何处": "place",
             "哪里": "place", "哪儿": "place", "什么人": "person", "何人": "person", "谁": "person", "多久": "long", "怎么": "how", "怎样": "how", "如何": "how", "什么": "thing",
             "多长": "much", "多大": "much", "多高": "much", "何": "thing"}  # fmt: skip
_NOUN_ZH_KINDS = (  # what the noun before "是什么", "是？" asks for
    ("reason", "原因|理由|缘由|目的|用途"), ("place", "地点|地方|地址|住所|产地|去向|下落|单位|机构|部门"), ("time", "时间|日期|年份"), ("many", "人数|数量|次数|个数"),
    ("much", "金额|数额|价格|价款|费用|面积|长度|重量|宽度|高度|利率|费率|比例|租金|押金"), ("long", "期限|有效期|时长"),
)  # fmt: skip
_NOUN_BEFORE_ZH = re.compile(
    rf"(?P<noun>{'|'.join(words for _, words in _NOUN_ZH_KINDS)})(?:分别)?(?:是|为)?(?:什么|多少|哪[个里些]?|几|如何|怎样|怎么样)?[？?。]?$"
)
_PERIOD_ZH = re.compile(r"一?[个段]?(?:期间|时期|时段|时间|时候|时代|年代|世纪|年份)")
_LENGTH_ZH = re.compile(r"个?(?:天|日|月|年|周|星期|小时|工作日|分钟|时间)(?!号)")
_TIME_ZH = re.compile(r"时间|日期|年份|时候")
_AGREE = {
    "time": {"time", "long"}, "place": {"place", "thing", "law", "person"}, "person": {"person", "thing", "place"}, "reason": {"reason", "thing", "what", "how"},
    "long": {"long", "time", "many", "much", "thing", "how"}, "many": {"many", "much", "long"}, "much": {"much", "many", "long", "thing", "how"},
    "how": {"how", "thing", "what", "reason", "much", "long"}, "law": {"law", "place", "thing", "what"},
    "thing": {"thing", "what", "place", "person", "reason", "long", "much", "how", "law"}, "what": {"what", "thing", "reason", "how", "law"},
}  # fmt: skip
_REFERENCE = re.compile(
    r"\b(?:clause|section|article|schedule|annex|exhibit|appendix|paragraph|chapter|part|item|rule|table|figure|§)(?:\s+|(?=\d))(?P<n>\d+(?:\.\d+)*(?:\s?\([a-z\d]{1,3}\))*|[IVXLC]+\b|[A-Z]\b)"
    r"|第\s*(?P<z>[一二三四五六七八九十百千零〇两\d]+)\s*[条章节款项编期版批]",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(
    r"有[二两三](?=[，,、])|哪一|某一|之一|一(?=[种个下些样直起切般家位座部定旦共])|十分(?=[\u3400-\u9fff])|第一(?![条章节款项编期季版])|\bone(?= of\b)"
)
_IDENTIFIER = re.compile(r"\b(?:[A-Za-z]+\d|\d+[A-Za-z])[A-Za-z\d]*\b")
_ORDINAL = re.compile(
    r"\b(second|fourth|fifth|sixth|\d+(?:st|nd|rd|th))\b|第[二三四五六七八九十\d]+(?![条章节款项编])",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"\b(january|february|march|april|may(?= \d)|june|july|august|september|october|november|december)\b", re.IGNORECASE
)
_QUOTED = re.compile(r"[「『《〈“”\"‘]([^「」『』《》〈〉“”\"‘’]{1,30})[」』》〉”“\"’]")
_NOT_NAMES = frozenset(("I",))
_PROPER = re.compile(r"(?<![.?!]\s)(?<!^)\b[A-Z][\w'’-]*\b")


@dataclass(frozen=True)
class Question:
    """What of a question is compared, read once. text: without what is polite and without the naming of its document."""

    whole: str
    language: str
    names: tuple[tuple[str, int, int], ...] = ()

    @cached_property
    def text(self) -> str:
        """The question as it is put to a passage of its document."""
        marked = self.whole
        for number, (_, start, end) in reversed([*enumerate(self._named)]):
            marked = f"{marked[:start]}{chr(_FIRST_MARK + number)}{marked[end:]}"
        without = (_NAMING_ZH if self.language == "zh" else _NAMING).sub(" ", marked).strip(" ,，")
        for number, (_, start, end) in enumerate(self._named):
            without = without.replace(chr(_FIRST_MARK + number), self.whole[start:end])
        return form_of(without or self.whole, self.language).text

    @property
    def _named(self) -> list[tuple[str, int, int]]:
        return sorted(self.names, key=lambda name: name[1])[:_MOST_NAMES]

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The names in the text that are not the naming of the document."""
        shown = _plain(self.text)
        return frozenset(_plain(n) for n, s, e in self.names if _plain(self.whole[s:e]) in shown)

    @cached_property
    def plain(self) -> str:
        return _plain(self.text)

    @cached_property
    def form(self) -> str:
        asked = form_of(self.text, self.language)
        return "either" if asked.either else "yes-no" if asked.form == "yes-no" else "open"

    @cached_property
    def figures(self) -> tuple[object, ...]:
        """Quantities, numbers, references, ordinals and months, sorted."""
        text = _NO_NUMBER.sub(" ", unicodedata.normalize("NFKC", self.text))
        said: list[object] = [(q.low, q.high, q.unit) for q in quantities(text)]
        said += [("ref", (m["n"] or m["z"]).casefold()) for m in _REFERENCE.finditer(text)]
        said += [("id", m[0].casefold()) for m in _IDENTIFIER.finditer(text) if not m[0].isdigit()]
        said += [("number", m[0]) for m in re.finditer(r"\d+(?:[.,]\d+)*", text)]
        said += [("ordinal", m[0].casefold()) for m in _ORDINAL.finditer(text)]
        said += [("month", m[0].casefold()) for m in _MONTH.finditer(text)]
        return tuple(sorted(said, key=repr))

    @cached_property
    def negations(self) -> int:
        return len(_NO.findall(_NEUTRAL.sub(" ", self.plain)))

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """In the order of the text, each once."""
        table = _ROLES_ZH if self.language == "zh" else _ROLES
        found = [(m.start(), role) for role, words in table.items() for m in [_word(words).search(self.plain)] if m]
        return tuple(role for _, role in sorted(found))

    @cached_property
    def for_whom(self) -> frozenset[str]:
        """The patients and circumstances that the question is about."""
        return frozenset(whom for whom, words in _FOR_WHOM.items() if _either(words).search(self.plain))

    @cached_property
    def kind(self) -> str:
        """What is asked for: time, long, place, person, reason, many, much, how, law, thing; "" where nothing tells."""
        return _kind_zh(self.plain) if self.language == "zh" else _kind(self.plain)

    def asks_for_what_is_in(self, other: Question) -> bool:
        """Whether the thing that is asked for here is given there: "Which insurance ...", "Who pays the insurance ..."."""
        if self.kind != "thing" or other.kind not in ("person", "much", "reason"):
            return False
        noun = _CLASS_NOUN.search(self.plain)
        return (
            noun is not None and bool(only_in(noun[1], "", self.language)) and not only_in(noun[1], other.plain, "en")
        )

    @cached_property
    def quoted(self) -> frozenset[str]:
        """What stands between quotation marks or the marks of a title."""
        return frozenset(re.sub(r"\W", "", m) for m in _QUOTED.findall(self.plain))

    @cached_property
    def proper(self) -> frozenset[str]:
        """Words written as names, in an English text that has small letters; without those that are no names."""
        if self.language == "zh" or not any(c.islower() for c in self.text):
            return frozenset()
        written = (re.sub(r"['’]s?$", "", _plain(w)) for w in _PROPER.findall(self.text) if w not in _NOT_NAMES)
        return frozenset(written)

    def lacks(self, other: Question) -> bool:
        """Whether a word that the other writes as a name is not here in any form: Britain, British."""
        return any(name[:4] not in self.plain and name not in self.initials for name in other.proper)

    @cached_property
    def initials(self) -> frozenset[str]:
        """Of words that stand beside each other and are written as names: "us" of "United States"."""
        runs = re.findall(r"(?:\b[A-Z][a-z]+\s?){2,6}", self.text)
        return frozenset("".join(word[0] for word in run.split()).casefold() for run in runs)

    @cached_property
    def sides(self) -> dict[int, int]:
        """Of each pair of opposites that the text holds one side of: which (0, 1); both sides: 2."""
        table = _OPPOSITES_ZH if self.language == "zh" else _OPPOSITES
        found = {}
        for number, pair in enumerate(table):
            held = [bool(_word(words).search(self.plain)) for words in pair]
            if any(held):
                found[number] = 2 if all(held) else held.index(True)
        return found


@dataclass(frozen=True, slots=True)
class Apart:
    """How the words of two questions differ. mine, theirs: see `only_in`; frame, places: see `frame`."""

    mine: frozenset[str]
    theirs: frozenset[str]
    frame: float
    places: int
    one_says_nothing: bool  # but what every question says: "What is the date of the agreement?"

    @property
    def swapped(self) -> bool:
        """Whether each says something that the other does not."""
        return bool(self.mine) and bool(self.theirs)

    @property
    def another_question(self) -> bool:
        """Whether nearly the same is asked of something else: a word for another one, or one more."""
        if self.one_says_nothing:
            return bool(self.mine or self.theirs)
        if not self.swapped:
            return bool(self.mine or self.theirs) and self.frame >= SAME_FRAME
        return self.frame >= FRAME or (self.places == 1 and self.frame >= ONE_PLACE)


@lru_cache(maxsize=256)
def apart(a: Question, b: Question) -> Apart:
    """How the words of `a` differ from those of `b`."""
    x, y, language = a.plain, b.plain, a.language
    empty = not only_in(x, "", language) or not only_in(y, "", language)
    return Apart(only_in(x, y, language), only_in(y, x, language), *frame(x, y, language), empty)


def differ(a: Question, b: Question) -> str:
    """What does not agree, "" where all does."""
    if a.language != b.language:
        return "language"
    if a.form != b.form:
        return "form"
    if a.figures != b.figures:
        return "figures"
    if a.negations % 2 != b.negations % 2:
        return "negation"
    if a.subjects != b.subjects and a.subjects and b.subjects:
        return "names"
    if (a.lacks(b) and b.lacks(a)) or (a.quoted and b.quoted and a.quoted != b.quoted):
        return "names"
    if a.roles and b.roles and (a.roles[0] != b.roles[0] or not (set(a.roles) & set(b.roles))):
        return "roles"
    if (a.subjects and not a.roles and b.roles and not b.subjects) or (
        b.subjects and not b.roles and a.roles and not a.subjects
    ):
        return "roles"  # nobody knows here which role the one who is named has
    if any(b.sides.get(n, side) != side for n, side in a.sides.items() if 2 not in (side, b.sides.get(n, side))):
        return "opposites"
    if a.for_whom != b.for_whom:
        return "for whom"
    if a.kind and b.kind and (b.kind not in _AGREE[a.kind] or a.asks_for_what_is_in(b) or b.asks_for_what_is_in(a)):
        return "kind"
    words = apart(a, b)
    if not (words.mine or words.theirs):
        return "order" if exchanged(a.plain, b.plain, a.language, a.proper & b.proper) else ""
    if a.language == "en" and {who_acts(a.plain), who_acts(b.plain)} == {"is", "did"}:
        return "order"
    return "words" if words.another_question else ""


def _kind(text: str) -> str:
    text = _BEFORE_ASKING.sub("", text)
    found = _WH.search(text)
    if found is None:
        return next((kind for kind, noun in _KIND_OF_NOUN if noun.match(_DETERMINER.sub("", text, count=1))), "")
    opens = found[0]
    if opens in ("how many", "how much") and _SPAN.match(text, found.end()):
        return "long"
    if opens in _OPENS:
        return _OPENS[opens]
    behind = _DETERMINER.match(text, found.end())
    at = behind.end() if behind else found.end()
    other = "what" if opens == "what" and _DOES.match(text, found.end()) else "thing"
    return next((kind for kind, noun in _KIND_OF_NOUN if noun.match(text, at)), other)


def _kind_zh(text: str) -> str:
    if noun := _NOUN_BEFORE_ZH.search(text):
        return next(kind for kind, words in _NOUN_ZH_KINDS if re.fullmatch(words, noun["noun"]))
    found = _WH_ZH.search(text)
    if found is None:
        return "time" if _TIME_ZH.search(text) else ""
    opens, behind = found[0], text[found.end() :]
    if opens in ("多少", "几"):
        return "long" if _LENGTH_ZH.match(behind) else "time" if re.match(r"[月号]|世纪", behind) else "many"
    if opens in ("哪", "什么", "何") and _PERIOD_ZH.match(behind):
        return "time"
    if opens == "哪":
        return ("time" if re.match(r"一?[天年日月]|一?个月", behind) else "person" if re.match(r"一?位|些?人|一?个人", behind)
                else "thing")  # fmt: skip
    if opens == "何" and re.match(r"[年日月]", behind):
        return "time"
    if opens == "什么" and _TIME_ZH.search(text[: found.start()][-9:]):
        return "time"
    return _OPENS_ZH[opens]


@lru_cache(maxsize=512)
def _word(words: str) -> re.Pattern[str]:
    """Latin words whole, Chinese anywhere."""
    latin = any(c.isascii() and c.isalpha() for c in words.replace("?:", "").replace("\\w", ""))
    return re.compile(rf"\b(?:{words})\b" if latin else words, re.IGNORECASE)


@lru_cache(maxsize=64)
def _either(words: str) -> re.Pattern[str]:
    """Latin words whole, Chinese ones anywhere, of one list."""
    parts = words.split("|")
    latin, han = [p for p in parts if p[:1].isascii()], [p for p in parts if not p[:1].isascii()]
    return re.compile(rf"\b(?:{'|'.join(latin)})\b|{'|'.join(han)}" if han else rf"\b(?:{'|'.join(latin)})\b")


def _plain(text: str) -> str:
    return simplified(unicodedata.normalize("NFKC", text)).casefold()
