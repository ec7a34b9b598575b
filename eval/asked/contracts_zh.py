"""Eight Chinese contracts for equipment with services on one template: the parties stand in the opening only."""

from __future__ import annotations

from sparewheel.corpora import Question
from sparewheel.eval.asked.made import Fact, Made, Paper, follow_up, refusal, round_robin, shuffled, turn

_PAIRS = (
    ("青禾智能科技有限公司", "临江恒岳医疗器械有限公司"), ("海澜桥物流股份有限公司", "云栖自动化设备有限公司"),
    ("北岭矿业集团有限公司", "拓川重型机械有限公司"), ("晨曦乳业有限公司", "锦帆包装设备有限公司"),
    ("梧州明德中学", "启航教学仪器有限公司"), ("松江印染有限公司", "瀚海环保工程有限公司"),
    ("南屿海洋研究院", "蓝鲸探测技术有限公司"), ("金穗粮油有限公司", "宏图烘干设备有限公司"),
)  # fmt: skip
_SHORT = (("青禾智能", "临江恒岳"), ("海澜桥物流", "云栖自动化"), ("北岭矿业", "拓川重机"), ("晨曦乳业", "锦帆包装"), ("明德中学", "启航仪器"),
          ("松江印染", "瀚海环保"), ("南屿海洋研究院", "蓝鲸探测"), ("金穗粮油", "宏图烘干"))  # fmt: skip
_GOODS = (
    "核磁影像工作站",
    "自动分拣线",
    "履带式钻机",
    "无菌灌装机",
    "物理实验台",
    "污水处理装置",
    "侧扫声呐",
    "连续式谷物烘干塔",
)
_CITIES = ("临江市", "云栖市", "北岭市", "晨光市", "梧桐市", "松河市", "南屿市", "金穗市")
_DIGITS = "零一二三四五六七八九十"


def _zh(n: int) -> str:
    """1..99 in Chinese."""
    tens, ones = divmod(n, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def _paper(i: int) -> Paper:
    """Contract number i, 0..7."""

    def drawn(key: str, *values: object) -> str:
        return str(shuffled(values, f"zh-{key}")[i % len(values)])

    (one, two), (first, second) = _PAIRS[i], _SHORT[i]
    price = f"{drawn('price', 86, 128, 175, 230, 314, 420, 565, 690)}万元"
    deposit = f"{drawn('deposit', 15, 20, 25, 30, 35, 40, 45, 10)}%"
    deliver = _zh(int(drawn("deliver", 28, 35, 42, 50, 56, 65, 75, 90)))
    warranty = _zh(int(drawn("warranty", 12, 15, 18, 21, 24, 27, 30, 36)))
    daily = f"万分之{_zh(int(drawn('daily', 2, 3, 4, 5, 6, 7, 8, 9)))}"
    accept = _zh(int(drawn("accept", 3, 5, 7, 8, 10, 12, 14, 16)))
    secret, leave = (
        _zh(int(drawn("secret", 1, 2, 3, 4, 5, 6, 7, 8))),
        _zh(int(drawn("leave", 11, 13, 17, 19, 22, 26, 33, 44))),
    )
    train, repair = _zh(int(drawn("train", 2, 3, 4, 5, 6, 7, 8, 9))), drawn("repair", 2, 4, 6, 9, 12, 20, 24, 48)
    keep = f"{drawn('keep', 2, 3, 4, 6, 7, 8, 9, 12)}%"
    city, subcontract = drawn("city", *_CITIES), i % 2 == 0
    facts = {
        "price": Fact("合同总价", f"人民币{price}", f"合同总价为人民币{price}", "{name}一共要花多少钱？", (price,)),
        "deposit": Fact("首付款比例", deposit, f"甲方支付合同总价的{deposit}作为首付款", "{name}签完字要先掏百分之多少？"),
        "deliver": Fact("交付期限", f"{deliver}日", f"乙方应当在合同生效后{deliver}日内将设备运抵安装地点", "{name}里设备最晚多久要送到？"),
        "warranty": Fact("质保期", f"{warranty}个月", f"质保期为验收合格之日起{warranty}个月", "{name}的机器坏了，多长时间内免费修？"),
        "daily": Fact("逾期交付的违约金", daily, f"乙方逾期交付的，每逾期一日按合同总价的{daily}支付违约金", "{name}要是晚交货，一天罚多少？"),
        "accept": Fact("验收期限", f"{accept}个工作日", f"甲方应当在安装完成后{accept}个工作日内完成验收", "装好以后几天内要验收完？{name}"),
        "secret": Fact("保密期限", f"{secret}年", f"保密义务在合同终止后继续有效{secret}年", "{name}结束了以后还要替对方保密几年啊？"),
        "leave": Fact("解除合同的通知期限", f"{leave}日", f"甲方可以提前{leave}日书面通知乙方解除本合同", "{name}不想干了，要提前多少天说？"),
        "train": Fact("培训人数", f"{train}名", f"乙方应当为甲方免费培训操作人员{train}名", "{name}能免费教会几个人操作？"),
        "repair": Fact("到场维修的时限", f"{repair}小时", f"接到报修后{repair}小时内派员到场", "按{name}，设备出故障，人多久能来？"),
        "keep": Fact("质量保证金比例", keep, f"合同总价的{keep}作为质量保证金", "{name}里押着不付的质保金占百分之几？"),
        "city": Fact("诉讼管辖的法院", f"{city}人民法院", f"由{city}人民法院管辖", "因为{name}打官司要去哪个法院？", (city,)),
    }  # fmt: skip
    rule = "乙方可以将安装工作分包给第三方" if subcontract else "乙方不得将安装工作分包给第三方"
    insure = "" if i % 4 == 1 else "第二十条 乙方应当为运输途中的设备投保货物运输险，保险费由乙方承担。\n\n"
    text = _TEXT.format(
        one=one, two=two, goods=_GOODS[i], f={k: v.sentence for k, v in facts.items()}, rule=rule, insure=insure
    )
    names = (f"{first}与{second}的合同", f"跟{second}签的合同", f"{one}的采购合同", f"{_GOODS[i]}采购合同")
    return Paper(f"附件{(i * 7) % 50 + 11}.txt", text, names, facts)


_TEXT = """设备采购及服务合同

甲方：{one}
乙方：{two}

根据《中华人民共和国民法典》，双方就甲方采购{goods}及相关服务事宜，经协商一致，订立本合同。

一、标的与价款

第一条 乙方向甲方提供设备一套，并负责运输、安装、调试和培训，具体配置见附件一。

第二条 {f[price]}，该价款含税、运费和安装费，除本合同另有约定外不作调整。

第三条 本合同生效后十个工作日内，{f[deposit]}；验收合格后支付其余价款，但应当保留质量保证金。

第四条 {f[keep]}，在质保期满且无质量争议后无息退还乙方。

二、交付与验收

第五条 {f[deliver]}，并承担到货前毁损、灭失的风险。

第六条 {rule}；乙方对安装工作的质量负责。

第七条 {f[accept]}，逾期未提出书面异议的，视为验收合格。

第八条 验收不合格的，乙方应当自行承担费用，及时更换或者修理，并重新申请验收。

三、服务

第九条 {f[warranty]}，其间因质量问题发生的维修费用由乙方承担。

第十条 质保期内设备发生故障的，乙方应当在{f[repair]}。

第十一条 {f[train]}，培训合格的发给操作证书。

四、保密与知识产权

第十二条 双方对因履行本合同知悉的对方商业秘密负有保密义务。{f[secret]}。

第十三条 乙方保证甲方使用设备不侵犯任何第三方的知识产权。

五、违约责任

第十四条 {f[daily]}，但累计不超过合同总价的百分之五十。

第十五条 甲方逾期付款的，应当按照同期贷款市场报价利率支付利息。

六、合同的变更与解除

第十六条 {f[leave]}，但应当补偿乙方已经发生的合理费用。

第十七条 对本合同的任何变更应当采用书面形式，并由双方盖章。

七、争议解决

第十八条 因本合同发生的争议，双方应当协商解决；协商不成的，{f[city]}。

八、其他

第十九条 因不可抗力不能履行合同的，受影响的一方应当及时通知对方，并提供证明。

{insure}第二十一条 本合同一式四份，双方各执两份，自双方盖章之日起生效。
"""


def make() -> Made:
    """The contracts and the questions on them."""
    papers = [_paper(i) for i in range(8)]
    return Made(
        {p.file: p.text for p in papers}, [*round_robin(papers, 4, "contract-zh", "zh"), *_others(papers)], papers
    )


def _others(papers: list[Paper]) -> list[Question]:
    """Follow-ups, absent names and clauses, near misses, clauses by number, and questions about the collection."""
    found: list[Question] = []
    topics = ("leave", "warranty", "price", "daily", "repair", "deposit")
    for n, key in enumerate(topics):
        a, b = papers[n], papers[(n + 3) % 8]
        second = _SHORT[(n + 3) % 8][1]
        said = ("那{}的呢？", "{}那份合同呢？", "跟{}签的那份呢？")[n % 3].format(second)
        found.append(follow_up(f"contract-zh/follow-other-{n}", said, b, key, (turn(a, key, "zh"),), "zh"))
        other = topics[(n + 2) % len(topics)]
        history = (turn(a, key, "zh"), turn(b, key, "zh"))
        said = ("那{}呢？", "它的{}是多少？")[n % 2].format(b.facts[other].noun)
        found.append(follow_up(f"contract-zh/follow-same-{n}", said, b, other, history, "zh"))
    for n, name in enumerate(("鼎峰航空", "百川电力", "紫云酒店", "长风造船")):
        text = (f"{name}的合同质保期是多久？", f"跟{name}签的合同，解除要提前几天通知？")[n % 2]
        found.append(refusal(f"contract-zh/absent-name-{n}", text, "absent_name", "zh"))
    for n, (i, j) in enumerate([(0, 2), (3, 6)]):
        text = f"{_SHORT[i][0]}与{_SHORT[j][1]}签的合同总价是多少？"
        found.append(refusal(f"contract-zh/near-pair-{n}", text, "near_miss", "zh"))
    for n, noun in enumerate(("竞业限制期", "独家代理区域", "利润分成比例", "软件升级费")):
        found.append(
            refusal(
                f"contract-zh/absent-clause-{n}", f"{papers[2 * n].names[n % 3]}的{noun}是多少？", "absent_clause", "zh"
            )
        )
    for n, i in enumerate((1, 5)):
        text = f"{papers[i].names[0]}里运输险由谁来买？"
        found.append(refusal(f"contract-zh/absent-insurance-{n}", text, "absent_clause", "zh"))
    for n, (i, clause, key) in enumerate(
        [(2, "第五条", "deliver"), (4, "第十四条", "daily"), (7, "第九条", "warranty")]
    ):
        text = (f"{papers[i].names[0]}{clause}怎么写的？", f"{papers[i].names[1]}，{clause}是什么内容？")[n % 2]
        found.append(follow_up(f"contract-zh/clause-{n}", text, papers[i], key, (), "zh", "clause"))
    for n, i in enumerate((0, 3, 6, 7)):
        allowed = "乙方可以将安装" in papers[i].text
        sentence = f"乙方{'可以' if allowed else '不得'}将安装工作分包给第三方"
        text = (
            f"按照{papers[i].names[0]}，卖方能把安装包给别人做吗？",
            f"{papers[i].names[1]}允许乙方分包安装工作吗？",
        )[n % 2]
        found.append(Question(f"contract-zh/subcontract-{n}", text, (sentence,), papers[i].file, label="yes" if allowed else "no",
                              category="yes_no", language="zh", evidence=sentence))  # fmt: skip
    for n, text in enumerate(("合同的质保期是多久？", "违约金一天多少？")):
        found.append(
            Question(f"contract-zh/ambiguous-{n}", text, answerable=False, category="ambiguous", language="zh")
        )
    found.append(Question("contract-zh/how-many-0", "这里一共有几份合同？", ("8份",), category="corpus", language="zh"))
    for n, i in enumerate((1, 4)):
        city, file = papers[i].facts["city"], papers[i].file
        found.append(Question(f"contract-zh/which-{n}", f"哪份合同约定由{city.also[0]}的法院管辖？", documents=(file,),
                              category="corpus", language="zh"))  # fmt: skip
    pair = (papers[2], papers[5])
    found.append(Question("contract-zh/compare-0", f"比较一下{pair[0].names[0]}和{pair[1].names[0]}的质保期。",
                          parts=tuple(p.facts["warranty"].value for p in pair), documents=tuple(p.file for p in pair),
                          category="compare", language="zh"))  # fmt: skip
    for n, (i, key, said) in enumerate(
        [(0, "warranty", "warranty period"), (3, "leave", "notice period for ending it")]
    ):
        text = f"What is the {said} in {_PAIRS[i][0]}'s contract?"
        found.append(follow_up(f"contract-zh/cross-{n}", text, papers[i], key, (), "en", "cross_language"))
    for n, text in enumerate(("你好，你是谁？", "这份合同对我们公平吗？", "帮我讲个笑话")):
        found.append(refusal(f"contract-zh/talk-{n}", text, "talk", "zh"))
    return found
