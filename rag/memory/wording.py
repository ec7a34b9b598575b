# ruff: noqa: E501  lists of words
"""Which words of two questions say something that the other does not, once words for the same are taken for each other.

    only_in(a, b, "en")      the words of `a` that nothing in `b` says: stems of English words, characters of Chinese ones
    frame(a, b, "en")        how much of both stands in the same order, and in how many places they differ
    exchanged(a, b, ...)     whether the actors changed places: "Luther called the Pope ...", "the Pope called Luther ..."

Where each question has such a word, one is mostly put for the other: eukaryotic for prokaryotic, 硕士 for 博士. The lists
hold what people say for the same when they ask; a word that is in none counts as itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import Any

SPELT_ALIKE = 0.55  # of the longer word, from its beginning: Britain, British; not eukaryotic, prokaryotic
_LATIN = re.compile(r"[a-z\d][\w'’.-]*", re.IGNORECASE)
_SMALL = frozenset(
    re.findall(
        r"\S+",
        "a an the of to in on at for by with from and or is are was were be been being do does did doing done can could may might must shall should will would"
        " has have had having it its this that these those there here i we you they he she my our your their his her me us them one ones who's what's what which"
        " who whom whose when where why how much many long any some if as so not no under about into than then please tell exactly actually without during while"
        " between among within per via upon over out up off through across along onto after before until since till against both each every also just only even"
        " still ever yet too very quite such own same other else get got gets getting let lets made make makes making take takes took taken become becomes"
        " became come comes came go goes went put use used using according considered"
    )
)  # fmt: skip
_SMALL_STAYS = frozenset(
    ("after", "against", "before", "only", "other", "own", "same", "until", "without")
)  # of these: what says which one after all
_CARRIERS = (  # what only carries the question
    "name call title known know kind type sort form thing person people someone somebody anyone year date day time period plan intend"
    " moment point place location spot part group way manner means mean meaning stand define definition describe description explain say said state tell happen occur"
    " agreement contract document party event reason purpose cause answer question detail information fact case exact approximately approximate roughly around about identify specify list mention give given"
    " need necessary require required apply applies respect regard regarding concern relation order able possible"
)  # fmt: skip
_IRREGULAR = """
write wrote written | speak spoke spoken | fight fought | sell sold | buy bought | pay paid | keep kept | give gave given | build built | lose lost | lead led | hold held
tell told | think thought | bring brought | fly flew flown | see saw seen | show shown | win won | beat beaten | leave left | begin began begun | choose chose chosen | fall fell fallen
find found | grow grew grown | know knew known | lend lent | meet met | rise rose risen | run ran | send sent | sing sang sung | sit sat | spend spent | stand stood | teach taught | wear wore worn
break broke broken | catch caught | come came | draw drew drawn | drink drank drunk | drive drove driven | eat ate eaten | feed fed | feel felt | forget forgot forgotten | forbid forbade forbidden
recognise recognize | organise organize | realise realize | utilise utilize | labour labor | licence license | centre center | colour color | programme program | defence defense
"""  # fmt: skip
_SAME = """
begin start commence | end finish conclude expire over | found establish create form set | big large great huge | small little tiny
obtain receive gain acquire | provide grant offer supply give | buy purchase | pay cost charge price fee spend worth | must oblige require need have
allow permit entitle may right able | forbid prohibit ban bar | say state claim declare announce report write | show demonstrate indicate reveal display find
employ utilise apply use serve | help assist support aid | compose write author pen | make produce manufacture build construct create develop
live reside dwell home residence | job work employment occupation profession | company firm business enterprise corporation | nation country state
city town | doctor physician | drug medicine medication medicament | illness disease sickness condition disorder | baby infant newborn | child kid children
elderly old aged senior | agreement contract | lawyer attorney counsel | warn warning notice notify | salary wage pay | statute law act | court tribunal
rule regulation provision | percentage share proportion fraction percent | population inhabitant resident people live | money fund cash sum | film movie
car automobile vehicle | war conflict | attack assault | kill murder | die death dead | choose select pick elect | lead head chief boss leader command guide guidance
important significant major main chief principal key primary | first earliest initial original | last final latest | most majority mostly largely mainly | whole entire total complete all full
part portion section piece | area region zone | study learn research investigate examine | teach instruct | think believe consider regard view opinion
discover detect identify find recognise | see observe notice spot watch | change alter modify convert amend | grow increase rise expand | shrink decrease fall decline reduce drop
fast quick rapid quickly rapidly speed | difficult hard | easy simple | wrong mistaken erroneous false mistakenly wrongly erroneously | correct right true | idea concept notion
method means technique tactic approach | mistake error | verdict decide decision judgment judgement conclude | result outcome consequence effect follow | problem issue trouble | keep maintain retain hold | send transmit | join enter | leave depart quit
possess own belong owner ownership | link connect relate associate relationship relation | differ different difference distinguish distinction differentiate tell apart | equal identical same match
similar like alike resemble | publish release issue | broadcast air show televise | play perform | speak talk | sign execute | last run continue duration | renew extend renewal extension prolong
cover include contain comprise consist | prevent avoid | treat therapy treatment | symptom sign | stop discontinue halt | breastfeed nurse lactate | liable responsible liability responsibility
damage harm hurt | breach violate violation infringe | confidential secret | assign transfer | terminate end cancel termination | cap limit maximum ceiling most | penalty fine
guarantee warranty | inspect audit examine check | insurance insure insured | compete competition competitor rival competing | beat defeat win victory | lose defeat | weigh heavy weight | tall high height | long length
deep depth | wide width broad | old age | hot temperature warm | near close | contain hold | eat feed diet food | drink beverage | sleep rest | clothe cloth clothing garment | shop store retailer | student pupil
letter mail | picture image photo photograph | road street highway | ship vessel boat | king ruler monarch | army troop soldier military force | religion faith | god deity | begin origin originate | move relocate
worldwide global world globe earth | beginning start | ongoing permanent lasting | temporary brief | improve upgrade better | worsen worse intensify intense | famous known renown | rich wealthy | poor
need want wish | try attempt seek | succeed success | fail failure | open opening | close closing shut | attend go visit | return | buy acquire | hire recruit employ | fire dismiss | resign quit | lie locate situate location sit fall
depend rely | compare comparison versus | influence affect impact | responsible charge | build built erect | destroy ruin | injure wound | hospital clinic | patient | infect infection infected | spread transmit transmission
virus | test exam examination | measure measurement | treat handle deal | store storage keep | expiry expiration expire | notice | renewal | jurisdiction forum | dispute disagreement conflict quarrel | settle resolve | govern govern control rule
license licence | intellectual property ip | revenue income turnover | profit earning gain | loss | deliver delivery supply ship | acceptance accept | reject refuse refusal decline | consent approval permission agree | subcontract subcontractor
landlord lessor owner | tenant lessee renter | employee worker staff personnel | employer | customer client | supplier vendor | party side | affiliate subsidiary | control ownership | sell sale | invoice bill | tax | refund reimburse repay
pregnant pregnancy | child children kid | adult | driving drive | dose dosage quantity | tablet pill capsule | overdose | miss forget forgot missed | side adverse undesirable effect | allergy allergic hypersensitive | kidney renal | liver hepatic | heart cardiac
number amount quantity count total figure sum | show broadcast air | beat defeat win | see show present | think see | plan intend | before previous previously earlier former prior | follow after | early first | life live alive living
instead rather than | various different | because due | though although but | comply conform obey | desire wish want | lead contribute | low lower decrease reduce | hold valid | advise tell | famous known best | essential critical crucial vital necessary | result show | turn become convert | word term | agree agreement agreed | appoint make name | debate dispute | lack deficit shortage | model example | assume take | bring reach
item piece object thing | connect link relationship relation associate | severe severity serious | restrict limit confine | once formerly past previously earlier | sign omen | probable probably likely suppose supposed report reported | major big lot much great
encourage promote foster advance | enable possible thank | derive base origin originate | blame cause responsible | convenience cause | increase more grow higher | decrease less fewer lower | frequent common often
particular specific certain | bind attach complex | style kind fashion | helpful help instrumental useful | several more multiple many various | usual normal common typical ordinary | minimum shortest least lowest
past last recent | flight fly | worse bad harm | incorporate include take | stay remain | instead rather | only alone sole single | part component element | permit licence | cost expense | aboard on
blood | pain ache painkiller | fever temperature | sore | swallow take | fridge refrigerator | store keep stored kept | bin throw dispose discard
"""  # fmt: skip
_MEASURED_ZH = "[一两几每这那哪该此本某各多首第]+[一]?[个位名家种项条次份本只座间辆部件块支所张把届起段]?"  # "一个", "这份": counts nothing
_CARRIED_ZH = (  # what only carries the question: left out, longest first
    "什么时候|什么时间|什么地方|什么原因|什么样|什么人|为什么|怎么样|怎么|怎样|如何|为何|为啥|哪一年|哪一天|哪年|哪天|哪里|哪儿|哪些|哪个|哪一个|哪位|哪一位|哪家|哪一家|哪种|哪一种|哪方|哪一方|哪本|哪一本|哪所|哪条|哪一条|哪一|哪"
    "|何时|何地|何处|何人|何种|何年|何日|何故|何|谁|多少钱|多少|多久|多长时间|多长|多大|多高|多宽|多重|多远|几个|几种|几次|几位|几人|几|什么|甚么|吗|呢|么|啥"
    "|是否|能否|可否|请问|请|一下|告诉|名字叫|名称|名字|名|叫做|叫作|叫|称为|称作|称|被称|指的是|指|意思|含义|定义|时候|时间|日期|年份|年|日|天|地点|地方|地址|位置|位于|处|原因|理由|缘故|因为|由于|因此|数量|数目|数额|金额|钱|款项|共计|总共|一共|共"
    "|情况|情形|具体|主要|大多|分别|各自|各|先后|其中|其|之一|之|这个|那个|这次|此次|本次|这份|该份|这项|该项|这些|那些|这|那|该|此|本|所|者|有|是|的|地|得|了|着|过|们|在|于|从|自|到|至|往|向|对|对于|关于|和|与|及|以及|跟|同|或|把|被|将|由|给|让|使|为|为了|用|以|按|按照|依|根据|要|会|能|可以|可能|应当|应该|应|需要|需|须|必须|曾经|曾|已经|已|正在|现在|还|又|也|都|就|才|则|而|且|并|并且|但|但是|如果|若|当|时|中|内|里|里面|上|下|里头|之间|期间|当中|以来|出|来|去|做|作|进行|实施|开展|干|弄|取得|获得|得到|发生|出现|存在|成为|变成|处于|属于|包括|包含|规定|约定|说|写|提到|提出|认为|表示|又|除了|除|以外|之外|此外|另外|大概|大约|大致|约|左右|被告人|犯罪嫌疑人|我们|人们|大家|东西|事情|安排|一般|通常|较为|比较|较|处"
)  # fmt: skip
_SAME_ZH = """
开始 启动 起 起始 | 结束 终止 终结 完 | 成立 建立 创立 创办 设立 组建 创建 开创 | 大 巨大 | 小 | 收到 收取 收受 接受 受到 收 受 拿 领 | 提供 给予 给 交付 交给 交 支付 付 缴 缴纳 付款 | 买 购买 购 采购 收购 | 卖 出售 销售 贩卖 出卖 | 帮助 帮 协助 援助
允许 准许 可 许可 | 禁止 不得 不准 | 说明 表明 显示 | 使用 利用 运用 用 采用 | 写 著 撰写 编写 创作 作者 | 制造 生产 制作 制成 造 做 | 住 居住 居住地 住所 住处 现居 | 工作 职业 就业 任职 谋生 从事 | 公司 企业 | 国家 国 | 城市 市 | 医生 医师 大夫 | 药 药品 药物 | 病 疾病 | 婴儿 宝宝 | 孩子 儿童 小孩
老人 老年人 老年 | 合同 协议 契约 | 律师 | 通知 告知 | 工资 薪水 薪酬 报酬 | 法律 法 | 法院 法庭 | 比例 百分比 百分之 占比 比率 率 | 人口 居民 | 电影 影片 | 汽车 车 | 战争 | 进攻 攻击 佯攻 打 殴打 | 死 死亡 去世 逝世 | 选择 选 | 领导 率领 带领 领 指挥 | 重要 主要 关键 | 首 最先 率先 首次 首个 首家 首先 第一 第一个 第一家 最早 最初 | 最后 最终 末
全部 所有 全 全体 整个 | 部分 | 地区 区域 一带 | 学习 学 就读 读 念 上学 | 教 任教 | 想 认为 觉得 | 发现 | 看 见 | 改变 变更 更改 | 增加 增长 上升 提高 | 减少 下降 降低 | 快 迅速 | 难 困难 | 容易 简单 | 错误 | 办法 方法 方式 手段 | 结果 后果 | 问题 | 保持 维持 保留 保存 | 参加 加入 参与 | 离开 外流 走 | 拥有 归 属 所有权 归属 | 关系 联系 | 不同 区别 差别 | 相同 一样
发表 发布 出版 出刊 刊行 | 播出 播放 | 签 签订 签署 订立 签定 | 持续 | 续期 续约 延长 | 治疗 医治 | 症状 | 停止 停 | 责任 负责 承担 负 | 损害 损失 伤害 | 违反 违约 | 保密 机密 | 转让 | 解除 终止 | 上限 最高 最多 | 罚款 | 担保 保证 | 检查 审计 | 保险 投保 | 竞争 | 胜 赢 打败 | 输 输给 败 | 重 体重 重量 | 高 高度 身高 | 长 长度 体长 | 宽 宽度 | 深 深度 | 目的 用途 目标 | 功能 作用 | 材料 | 要求 请求 求 请 诉求 诉请 | 判令 判 判决 | 退还 返还 归还 还 退 偿还
欠 拖欠 | 借 借款 贷 贷款 | 赔 赔偿 理赔 | 租金 房租 | 押金 保证金 | 期限 有效期 有效时间 期 | 失效 到期 届满 | 生效 | 抓获 抓 逮捕 抓捕 | 自首 投案 | 欺骗 骗 谎称 | 伙同 合伙 一起 共同 | 代替 顶替 替 替代 | 合适 适合 | 分配 分 分赃 | 犯罪 作案 | 事故 | 判断 | 有效 效力 具备 具有 | 证据 | 目前 当前 现在 现 现任 如今 | 以前 从前 过去 前 前任 | 通常 一般 往往 | 又 也 亦 | 收集 | 全称 全名 完整 | 数 枚 | 获 获得 取得 | 骑 走 | 今 今天 现在 目前 | 建 筑 修建 建造 修筑 | 拆 拆毁 | 列入 纳入 | 侵袭 袭击 过 | 改为 改成 变成 | 仅 唯一 仅有 只有 | 去掉 去除 除去 | 办 设立 开办 | 很 十分 非常 有名 著名 知名 出名 | 格言 话 名言 | 许多 诸多 很多 众多 | 从事 做 干 | 东西 | 等级 级别 级 | 生成 形成 | 通过 以 借助 | 导致 引起 造成 | 同样 相同 一样 | 前身 以前 从前 过去
起诉 提起 诉讼 提起诉讼 | 南边 南面 以南 南部 | 北边 北面 以北 北部 | 东边 东面 以东 东部 | 西边 西面 以西 西部 | 旁人 别人 他人 | 边界 界河 界线 国界 | 书 著作 作品 | 引向 转向 带到 引到 带向 | 企图 想 打算 试图 意图 | 其他 另 还有 | 谋生 生活 维生 | 地形 地势 地貌
授予 授 颁发 获授 | 达到 达 到 | 部位 部分 部 | 形式 方式 方法 | 直属 直属于 隶属 属于 | 近 深厚 密切 亲近 | 宽 宽度 阔 | 普遍 广泛
周围 相邻 挨 邻 接 相接 相连 衔接 连接 | 追溯 | 叫 名 | 原住民 | 古老 老 | 已知 | 距离 | 到达 去 抵达 | 居民 住户 人们 人 对象 | 打算 计划 预计 预期 想 | 逃 逃往 逃到 | 受封 封 获封 | 职位 官职 职务
"""  # fmt: skip


def only_in(a: str, b: str, language: str) -> frozenset[str]:
    """What `a` says and nothing in `b` does. Texts in small letters, Chinese ones in simplified characters."""
    if language == "zh":
        mine, theirs = _signed(a), _signed(b)
        return frozenset(c for c in mine if c not in theirs and c not in b)
    others = _said(b)
    return frozenset(word for word in _said(a) if not any(_alike(word, other) for other in others))


def frame(a: str, b: str, language: str) -> tuple[float, int]:
    """(how much of two texts stands in the same order in both, 0..1, after Ratcliff and Obershelp; in how many places
    they differ). English ones by words."""
    x, y = (a, b) if language == "zh" else (a.split(), b.split())
    found = SequenceMatcher(None, x, y, autojunk=False)
    return found.ratio(), sum(kind != "equal" for kind, *_ in found.get_opcodes())


def exchanged(a: str, b: str, language: str, names: Iterable[str]) -> bool:
    """Whether those who act changed places between two texts of the same words. names: written as such in English."""
    names = list(names)
    x, y = (_actors_zh(a), _actors_zh(b)) if language == "zh" else (_actors_en(a, names), _actors_en(b, names))
    both = [name for name in x if name in y]
    if language == "en" and (_behind_exchanged(a, b, names) or _voice_exchanged(a, b, names)):
        return True
    if len(both) < 2 or [name for name in y if name in both] == both:
        return False
    return not any(_stand_together(a, one, other) for one in both for other in both if one != other)


def who_acts(text: str) -> str:
    """Of an English question for a person: "is" (who one is), "did" (who somebody else did it to), "" for others."""
    who = _WHO.search(text)
    if who is None or who["by"]:
        return ""
    return "did" if who["object"] else "is" if _IS.match(text, who.end()) else ""


# ---------------------------------------------------------------- words

_GROUPS = tuple(frozenset(group.split()) for group in _SAME.replace("\n", "|").split("|"))
_FORMS = tuple(tuple(group.split()) for group in _IRREGULAR.strip().replace("\n", "|").split("|"))
_GROUPS_ZH = tuple(tuple(group.split()) for group in _SAME_ZH.replace("\n", "|").split("|"))
_FIRST_SIGN = 0xE100  # a group of Chinese words becomes a character that no text has


@lru_cache(maxsize=2048)
def _signed(text: str) -> str:
    """The letters and digits of a Chinese text, with a sign for each word of a group and without what only carries the
    question."""
    signs, phrases = _signs_zh()
    return re.sub(r"[^\w\ue100-\uefff]|_", "", phrases.sub(lambda m: signs.get(m[0], ""), text))


@lru_cache(maxsize=2048)
def _said(text: str) -> frozenset[str]:
    """Stems of the English words that do not only carry the question."""
    words = (re.sub(r"['’]s?$", "", word).strip(".-") for word in _LATIN.findall(text))
    said = {_base(word) for word in words if word and (word not in _SMALL or word in _SMALL_STAYS)}
    return frozenset(said - _carriers())


@cache
def _signs_zh() -> tuple[dict[str, str], re.Pattern[str]]:
    signs: dict[str, str] = {}
    for number, group in enumerate(_GROUPS_ZH):
        for phrase in group:
            signs.setdefault(phrase, chr(_FIRST_SIGN + number))
    for phrase in _CARRIED_ZH.split("|"):
        signs.setdefault(phrase, "")
    longest = sorted(signs, key=len, reverse=True)
    return signs, re.compile("|".join([*(re.escape(phrase) for phrase in longest if len(phrase) > 1), _MEASURED_ZH,
                                       *(phrase for phrase in longest if len(phrase) == 1)]))  # fmt: skip


@cache
def _carriers() -> frozenset[str]:
    return frozenset(map(_base, _CARRIERS.split()))


@cache
def _groups() -> dict[str, frozenset[int]]:
    """Stem -> the groups of words for the same that it is in."""
    found: dict[str, set[int]] = {}
    for number, group in enumerate(_GROUPS):
        for word in group:
            found.setdefault(_base(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _alike(word: str, other: str) -> bool:
    """The same word, one for the same, or spelt alike: Britain, British."""
    if word == other or _groups().get(word, frozenset()) & _groups().get(other, frozenset()):
        return True
    pairs = enumerate(zip(word, other, strict=False))
    shared = next((n for n, (x, y) in pairs if x != y), min(len(word), len(other)))
    return shared >= 4 and shared >= SPELT_ALIKE * max(len(word), len(other))


def _base(word: str) -> str:
    """The stem; of an irregular form, or one of another country, that of its first form."""
    return stem(_first_forms().get(word, word))


@cache
def _first_forms() -> dict[str, str]:
    return {word: first for first, *others in _FORMS for word in others}


def stem(word: str) -> str:
    """Of an English word in small letters (Snowball)."""
    made: str = _stemmer().stemWord(word)
    return made


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


# ---------------------------------------------------------------- who does what to whom

_WHO = re.compile(r"\b(?P<by>by )?(?P<who>whom?|whose \w+)\b(?P<object>(?: \w+)? (?:did|does|do)\b)?")
_IS = re.compile(r" (?:is|was|are|were) (?!.* by |allowed|entitled|permitted|able)")  # one is the other: nobody acts
_BEHIND = re.compile(
    r"\b(?:in|at|on|of|for|from|to|with|against|into|than|under|over|during|between|about|as|near)(?: the| a| an)?$"
)
_AUXILIARIES = "is|are|was|were|be|been|did|does|do|will|must|may|can|could|should|would|has|have|had|by"
_WHO_ZH = "谁|哪个公司|哪家公司|哪一家公司|什么公司|哪个人|何人|什么人|哪一方|哪方"
_ACTOR_ZH = re.compile(
    rf"(?P<by>被|由|遭|的(?:人|一方|公司)?是)?(?<!是)(?P<who>(?P<wh>(?:{_WHO_ZH})(?!是))|原告|被告人|被告|上诉人|被上诉人|第三人|甲方|乙方|出租[方人]|承租[方人]"
    r"|[\u4e00-\u9fff]{2}(?:公司|银行|医院|大学|学院)|[\u4e00-\u9fff](?:\d?某[甲乙丙丁]?|[x×＊*]+\d?|\d)|[「《“\"][^」》”\"]{1,12}[」》”\"])"
)


def _actors_en(text: str, names: Iterable[str]) -> list[str]:
    """Who acts and who is acted on, in this order, as far as that can be seen: names, and who is asked for."""
    found: list[tuple[float, str]] = []
    for name in names:
        at = text.find(name)
        before = text[:at].rstrip()
        if before.endswith(" by"):
            found.append((-1, name))
        elif at > 0 and not _BEHIND.search(before):
            found.append((at, name))
    if (who := _WHO.search(text)) and not _IS.match(text, who.end()):
        found.append((len(text) if who["object"] and not who["by"] else -2, "who"))
    return [name for _, name in sorted(found)]


def _behind_exchanged(a: str, b: str, names: Iterable[str]) -> bool:
    """Whether one name stands behind a preposition in `a` alone, and another behind the same one in `b` alone."""
    x, y = ({name: _preposition(text, name) for name in names} for text in (a, b))
    return any(x[one] and not y[one] and y[other] == x[one] and not x[other] for one in x for other in x)


def _voice_exchanged(a: str, b: str, names: Iterable[str]) -> bool:
    """Whether a name acts in one text and is acted on in the other: "surrounded by Ayr", "what surrounds Ayr"."""
    return any({_acts(a, name), _acts(b, name)} == {True, False} for name in names)


def _acts(text: str, name: str) -> bool | None:
    """Whether what is asked for is done by the one named (True), or done to them (False); None where nothing tells."""
    before = text[: text.find(name)].rstrip()
    if re.search(r"\b(?:is|are|was|were|be|been) [^,]*\bby(?: the)?$", before):
        return True
    if re.search(r"\b(?:did|does|do|will|must|may|can|could|should|would)(?: the)?$", before):
        return True
    asks = re.fullmatch(r"(?:what|which|who)(?: [\w-]+){1,3}", re.sub(r" the$", "", before))
    return False if asks and not re.search(rf"\b(?:{_AUXILIARIES})\b", before) and not _BEHIND.search(before) else None


def _preposition(text: str, name: str) -> str:
    """The preposition that a name stands behind, "" where it acts by itself."""
    found = _BEHIND.search(text[: text.find(name)].rstrip())
    return found[0].split()[0] if found else ""


def _actors_zh(text: str) -> list[str]:
    """As for English: names, roles, and who is asked for."""
    found: list[tuple[int, str]] = []
    for actor in _ACTOR_ZH.finditer(text):
        name = "谁" if actor["wh"] else actor["who"]
        found.append((-1 if actor["by"] else actor.start(), name))
    return list(dict.fromkeys(name for _, name in sorted(found)))


def _stand_together(text: str, one: str, other: str) -> bool:
    """Whether two are joined, so that their order says nothing: "Kent and Sussex"."""
    joined = rf"{re.escape(one)}(?: \w+)? ?(?:and|or|和|与|跟|及|、) ?\w{{0,9}} ?{re.escape(other)}"
    return re.search(joined, text) is not None
