"""Eight Chinese leaflets on one template: the name of the medicine stands in the opening only."""

from __future__ import annotations

from sparewheel.corpora import Question
from sparewheel.eval.asked.made import Fact, Made, Paper, follow_up, refusal, round_robin, shuffled, turn

_DRUGS = ("舒络平片", "安瑞欣胶囊", "泽尔康片", "宁嗽灵片", "复脉达片", "安瑞宁片", "肤悦净片", "眠易舒片")
_FOR = ("高血压", "类风湿关节炎", "2型糖尿病", "慢性支气管炎", "心律失常", "广泛性焦虑障碍", "慢性荨麻疹", "失眠症")
_EFFECTS = (
    "头痛",
    "口干",
    "踝部水肿",
    "皮疹",
    "恶心",
    "乏力",
    "多梦",
    "便秘",
    "耳鸣",
    "心悸",
    "盗汗",
    "视物模糊",
    "腹泻",
    "鼻塞",
    "脱发",
    "嗜睡",
)
_OTHERS = ("美洛韦林", "特拉新", "酮舒康唑", "环立孢素", "甲氧波林", "苯司妥英", "利达福平", "华美法林")


def _paper(i: int) -> Paper:
    """Leaflet number i, 0..7."""

    def drawn(key: str, *values: object) -> str:
        return str(shuffled(values, f"zh-leaflet-{key}")[i % len(values)])

    drug = _DRUGS[i]
    start, most = (
        f"{drawn(k, *v)}毫克"
        for k, v in (("start", (1.5, 2.5, 4, 5, 7.5, 10, 12.5, 15)), ("most", (35, 40, 45, 60, 75, 80, 90, 120)))
    )
    old, hours = f"{drawn('old', 0.5, 1, 2, 3, 6, 8, 9, 11)}毫克", drawn("missed", *range(3, 11))
    age, store = drawn("age", 6, 7, 9, 10, 12, 13, 14, 15), drawn("store", 15, 18, 20, 22, 23, 25, 28, 30)
    life, kidney = drawn("life", 12, 18, 21, 24, 27, 30, 36, 48), drawn("kidney", 15, 20, 25, 30, 35, 40, 45, 50)
    nurse, drive, check = (
        drawn("nurse", *range(2, 10)),
        drawn("drive", 4, 6, 8, 10, 12, 18, 24, 36),
        drawn("check", 2, 3, 4, 5, 6, 8, 9, 12),
    )
    other, effects = drawn("other", *_OTHERS), shuffled(_EFFECTS, "zh-effects")[2 * i : 2 * i + 2]
    cells = [
        (f"{10 * n}～{10 * n + 9}公斤", f"{(int(drawn('child', *range(3, 11))) + 2 * n) / 2:g}毫升") for n in (1, 2, 3)
    ]
    meal = i % 2 == 0
    facts = {
        "start": Fact("起始剂量", start, f"推荐起始剂量为每次{start}，每日一次", "医生刚给我开了{name}，一开始吃多少？", (f"每次{start}",)),
        "most": Fact("每日最大剂量", most, f"每日最大剂量不得超过{most}", "{name}一天最多能吃多少？"),
        "old": Fact("老年人的起始剂量", old, f"65岁以上老年患者的起始剂量为{old}", "我妈七十多了，{name}刚开始该吃多少？"),
        "missed": Fact("漏服后可以补服的时间", f"{hours}小时", f"漏服未超过{hours}小时的，应当尽快补服", "{name}早上忘吃了，几个小时内还能补？"),
        "age": Fact("禁用的年龄", f"{age}岁", f"{age}岁以下儿童禁用", "多大的孩子才能吃{name}？"),
        "store": Fact("贮藏温度", f"{store}℃", f"遮光，密封，在{store}℃以下保存", "{name}放家里，多少度以下才行？"),
        "life": Fact("有效期", f"{life}个月", f"有效期为{life}个月", "{name}能放多久不过期？"),
        "kidney": Fact("禁用的肌酐清除率", f"{kidney}毫升/分钟", f"肌酐清除率低于{kidney}毫升/分钟的患者禁用", "肾不好，肌酐清除率低于多少就不能吃{name}了？"),
        "nurse": Fact("停药后恢复哺乳的间隔", f"{nurse}天", f"末次用药{nurse}天后方可恢复哺乳", "还在喂奶，吃了{name}要停几天才能再喂？"),
        "drive": Fact("服药后不得驾车的时间", f"{drive}小时", f"服药后{drive}小时内不得驾驶车辆或者操作机器", "吃完{name}多久能开车？"),
        "check": Fact("复查肝功能的间隔", f"{check}周", f"用药期间应当每{check}周复查一次肝功能", "吃{name}要隔多久查一次肝？"),
    }  # fmt: skip
    rule = "本品应当随餐服用" if meal else "本品不得与食物同服，应当空腹服用"
    table = "".join(f"| {weight} | {dose} |\n" for weight, dose in cells)
    text = _TEXT.format(
        drug=drug, use=_FOR[i], f={k: v.sentence for k, v in facts.items()}, other=other, effects="、".join(effects), rule=rule, table=table,
        pregnant="" if i % 3 == 1 else "孕妇禁用。",
    )  # fmt: skip
    facts["child"] = Fact("24公斤儿童的单次剂量", cells[1][1], "", "孩子24公斤，{name}的口服液一次喂多少？")
    facts["effects"] = Fact(
        "十分常见的不良反应", "、".join(effects), f"十分常见：{'、'.join(effects)}", "{name}最容易出现什么副作用？"
    )
    facts["other"] = Fact("禁止合用的药物", other, f"本品不得与{other}合用", "吃{name}的时候什么药不能一起吃？")
    return Paper(f"说明书{(i * 13) % 70 + 20}.md", text, (drug, drug[:-1] if drug[-1] == "片" else drug[:-2]), facts)


_TEXT = """# 药品说明书

通用名称：{drug}

请仔细阅读说明书并在医师指导下使用。

## 适应症

本品用于治疗{use}。

## 用法用量

口服。{f[start]}。根据疗效可以逐渐增加剂量，{f[most]}。{f[old]}。

{rule}。

儿童使用口服液，按照体重给药：

| 体重 | 单次剂量 |
|---|---|
{table}
{f[missed]}；超过的，按照原定时间服用下一次剂量，不得加倍服用。

## 不良反应

十分常见：{effects}。多数在用药数日后自行消失。

发生面部或者喉头水肿的，应当立即停药并就医。

## 禁忌

对本品过敏者禁用。{f[age]}。{f[kidney]}。{pregnant}

## 注意事项

{f[check]}。{f[drive]}。

哺乳期妇女使用本品期间应当停止哺乳，{f[nurse]}。

## 药物相互作用

本品不得与{other}合用，否则可能引起严重的心律失常。

## 贮藏

{f[store]}。

## 有效期

{f[life]}。
"""


def make() -> Made:
    """The leaflets and the questions on them."""
    papers = [_paper(i) for i in range(8)]
    usual = [
        Paper(p.file, p.text, p.names, {k: f for k, f in p.facts.items() if k not in ("child", "effects", "other")})
        for p in papers
    ]
    return Made({p.file: p.text for p in papers}, [*round_robin(usual, 4, "leaflet-zh", "zh"), *_others(papers)], usual)


def _others(papers: list[Paper]) -> list[Question]:
    """Tables, lists, yes and no, follow-ups, absent names, and questions about the collection."""
    found: list[Question] = []
    for n, i in enumerate((0, 3, 6)):
        dose = papers[i].facts["child"]
        text = (
            dose.lay.format(name=papers[i].names[0]),
            f"{papers[i].names[0]}口服液，体重24公斤的儿童单次剂量是多少？",
        )[n % 2]
        found.append(
            Question(f"leaflet-zh/table-{n}", text, (dose.value,), papers[i].file, category="table", language="zh")
        )
    for n, i in enumerate((1, 4, 7)):
        effects = papers[i].facts["effects"]
        text = (f"列出{papers[i].names[0]}十分常见的不良反应。", effects.lay.format(name=papers[i].names[0]))[n % 2]
        found.append(Question(f"leaflet-zh/effects-{n}", text, parts=tuple(effects.value.split("、")), documents=(papers[i].file,),
                              category="list", language="zh"))  # fmt: skip
    for n, i in enumerate((2, 5)):
        fact = papers[i].facts["other"]
        found.append(Question(f"leaflet-zh/other-{n}", fact.lay.format(name=papers[i].names[n]), (fact.value, fact.sentence),
                              papers[i].file, category="lay", language="zh", evidence=fact.sentence))  # fmt: skip
    for n, i in enumerate((0, 1, 4, 5)):
        meal = "应当随餐" in papers[i].text
        sentence = "本品应当随餐服用" if meal else "本品不得与食物同服，应当空腹服用"
        text = (f"{papers[i].names[0]}可以跟饭一起吃吗？", f"请问{papers[i].names[0]}能和食物一起服用吗")[n % 2]
        found.append(Question(f"leaflet-zh/meal-{n}", text, (sentence,), papers[i].file, label="yes" if meal else "no",
                              category="yes_no", language="zh", evidence=sentence))  # fmt: skip
    for n, key in enumerate(("most", "missed", "store", "age", "life")):
        a, b = papers[n], papers[(n + 3) % 8]
        said = ("那{}呢？", "{}呢？", "换成{}呢")[n % 3].format(b.names[0])
        found.append(follow_up(f"leaflet-zh/follow-other-{n}", said, b, key, (turn(a, key, "zh"),), "zh"))
    for n, (i, before, key) in enumerate([(1, "start", "most"), (4, "age", "drive"), (6, "store", "life")]):
        said = ("那{}呢？", "它的{}是多少？")[n % 2].format(papers[i].facts[key].noun)
        found.append(
            follow_up(f"leaflet-zh/follow-same-{n}", said, papers[i], key, (turn(papers[i], before, "zh"),), "zh")
        )
    for n, name in enumerate(("佐利平片", "康必得宁片", "米洛伐胶囊", "清喉健片")):
        text = (f"{name}的每日最大剂量是多少？", f"{name}一天最多吃几毫克")[n % 2]
        found.append(refusal(f"leaflet-zh/absent-name-{n}", text, "absent_name", "zh"))
    for n, text in enumerate(
        (
            f"{papers[1].names[0]}怀孕能吃吗？",
            f"{papers[3].names[0]}多少钱一盒？",
            f"{papers[6].names[0]}是哪家药厂生产的？",
        )
    ):
        found.append(refusal(f"leaflet-zh/absent-{n}", text, "absent_clause", "zh"))
    for n, text in enumerate(("这个药一天最多吃多少？", "贮藏温度是多少？")):
        found.append(Question(f"leaflet-zh/ambiguous-{n}", text, answerable=False, category="ambiguous", language="zh"))
    found.append(Question("leaflet-zh/how-many-0", "一共有多少份说明书？", ("8份",), category="corpus", language="zh"))
    other = papers[4].facts["other"].value
    found.append(Question("leaflet-zh/which-0", f"哪个药不能和{other}一起用？", documents=(papers[4].file,), category="corpus",
                          language="zh"))  # fmt: skip
    for n, (i, key, said) in enumerate([(0, "most", "highest daily dose"), (2, "life", "shelf life")]):
        text = f"What is the {said} of {papers[i].names[0]}?"
        found.append(follow_up(f"leaflet-zh/cross-{n}", text, papers[i], key, (), "en", "cross_language"))
    for n, text in enumerate(("谢谢你", "你觉得我该换医生吗？")):
        found.append(refusal(f"leaflet-zh/talk-{n}", text, "talk", "zh"))
    return found
