"""How people say it and how documents do: "副作用" is 不良反应 in a leaflet, "wine" is alcohol.

A network finds no "press release" where the agreement speaks of announcements. A word of the question that no passage
has is replaced by the document's word for it where a passage has that one; nothing else of the question changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from sparewheel.rag.text import simplified
from sparewheel.rag.types import Hit

# (how people say it, how documents do, the likeliest first)
_EN = (
    (r"press release|statement to the press|news release", "public announcement, announcement, publicity"),
    (r"on the hook|responsible for paying", "liable"),
    (r"leaks? (?:something|anything|it)|spills? the beans|talks? about it", "breaches it"),
    (r"leaks", "breaches"),
    (r"wine|beer|whisk(?:e)?y|vodka|booze", "alcohol"),
    (r"poach", "solicit"),
    (r"sack(?:ed)?|fired|let go|laid off", "dismissed, terminated"),
    (r"quit", "resign, terminate"),
    (r"boss", "employer, company"),
    (r"kids?|toddlers?", "children, child"),
    (r"rent (?:rise|hike)|rent goes up", "increase of rent, rent review"),
    (r"get out of", "terminate, end"),
    (r"absolute max|max", "highest, maximum, more than"),
    (r"pills?", "tablet, dose"),
    (r"jabs?|shots?", "vaccine, injection"),
    (r"blood thinners?", "anticoagulant"),
    (r"water tablets?", "diuretic"),
    (r"painkillers?", "analgesic"),
    (r"heart attack", "myocardial infarction"),
    (r"high blood pressure", "hypertension"),
    (r"throw(?:s|n)? up|puke", "vomits, vomiting"),
    (r"pregnant", "pregnancy"),
    (r"nursing(?= (?:a|my|the) (?:baby|child))", "breast-feeding"),
    (r"surgery", "operation"),
    (r"paychecks?|wages", "salary, pay"),
    (r"place of arbitration|where (?:is|does) (?:the )?arbitration", "seat of the arbitration, seat of arbitration"),
    (r"first of all", "first"),
    (r"give back|hand back|send back", "return"),
    (r"put off|push back", "postpone"),
    (r"sue", "claim, proceedings"),
    (r"DPO", "data protection officer"),
    (r"ECG|EKG", "electrocardiogram"),
    (r"GP", "general practitioner"),
    (r"VAT", "value added tax"),
    (r"DVT", "deep vein thrombosis"),
    (r"e?GFR", "glomerular filtration rate"),
    (r"AF", "atrial fibrillation"),
    (r"BP", "blood pressure"),
)
_ZH = (
    (r"副作用|毒副反应", "不良反应"),
    (r"最容易出现什么|最容易有什么|最常出现什么|最可能有什么", "十分常见的"),
    (
        r"总金额|总价钱|一共(?:要)?(?:付|花|给)?多少钱|总共(?:要)?(?:付|花|给)?多少钱|合同价",
        "合同总价, 总价款, 价款, 总价",
    ),
    (r"怎么罚|罚多少|罚多少钱", "支付多少违约金, 支付多少利息"),
    (r"(?:先|首次|签完字要先)(?:掏|交|付|给)", "首付款为, 预付款为, 定金为"),
    (r"首款|头款|预付款", "首付款, 预付款, 定金"),
    (r"退租", "解除合同, 终止合同"),
    (r"打官司|起诉到哪|去哪告", "诉讼, 法院, 仲裁"),
    (r"保修期|包修期|质保(?!期|金)", "质保期, 保修期"),
    (r"保修期", "质保期, 质量保证期"),
    (r"质保期", "保修期, 质量保证期"),
    (r"怀孕(?:了|的时候|期间)?", "孕妇, 妊娠"),
    (r"喂奶|母乳喂养", "哺乳"),
    (r"(?:多大|几岁)的?(?:孩子|小孩|宝宝)(?:才)?(?:能|可以)?", "多少岁以下儿童禁用，儿童"),
    (r"炒鱿鱼|开除|辞退", "解除劳动合同, 解除"),
    (r"辞职", "解除劳动合同, 离职"),
    (r"房东", "出租人, 出租方, 甲方"),
    (r"租客|房客", "承租人, 承租方, 乙方"),
    (r"老板|单位|公司(?!法|章)", "用人单位, 甲方"),
    (r"包给别人做|转包|包给别人", "分包"),
    (r"人脸数据|指纹数据|人脸信息", "生物识别数据, 生物识别信息"),
    (r"能存多久|保存多久|存多长时间", "保存期限"),
    (r"养狗咬人|狗咬了?人", "饲养的动物造成他人损害"),
    (r"高空抛物", "从建筑物中抛掷物品"),
    (r"离婚冷静期", "收到离婚登记申请之日起多少日内撤回离婚登记申请"),
    (r"血色素", "血红蛋白"),
    (r"刚(?:住院|入院|进院)(?:的时候|时)?|住院的时候", "入院"),
    (r"出省", "省外"),
    (r"房租", "租金"),
    (r"[晚迟](?:交|付)(?=房租|租金|款|钱)", "逾期支付"),
    (r"[晚迟](?:交货|送货)", "逾期交付"),
    (r"[晚迟](?:付款|给钱|打款)", "逾期付款"),
    (r"(?<=租金)[晚迟](?:交|付)", "逾期支付"),
    (r"打折|打几折", "百分之几"),
    (r"(?:吃了|服了)(?=.{0,8}(?:开车|驾驶))", "服药后"),
    (r"开车", "驾驶车辆, 驾驶"),
    (r"放(?:在)?哪里?保存|怎么存放|怎么保存", "贮藏条件是什么, 如何保存"),
    (r"忘(?:记)?吃了?|漏吃", "漏服"),
)


@cache
def _compiled(chinese: bool) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    if chinese:
        return tuple((re.compile(lay), tuple(words.split(", "))) for lay, words in _ZH)
    return tuple((re.compile(rf"\b(?:{lay})\b", re.IGNORECASE), tuple(words.split(", "))) for lay, words in _EN)


def in_their_words(question: str, language: str, hits: Sequence[Hit]) -> str:
    """The question with the passages' words for what people call otherwise."""
    chinese = language == "zh"
    said = "\n".join(hit.chunk.text for hit in hits)
    said = simplified(said) if chinese else said.casefold()
    for lay, words in _compiled(chinese):
        found = lay.search(question)
        if found is None or found[0].casefold() in said:
            continue
        word = next((word for word in words if _core(word, chinese) in said), "")
        if word:
            question = f"{question[: found.start()]}{word}{question[found.end() :]}"
    return question


def _core(word: str, chinese: bool) -> str:
    """What of a wording must stand in the passages."""
    if not chinese:
        return word.split(" ")[0][:7] if " " not in word else word.split(" ")[-1][:7]
    return next((core for core in _CORES if core in word), word)


_CORES = (
    *(
        "违约金",
        "利息",
        "首付款",
        "预付款",
        "定金",
        "年龄",
        "岁以下儿童",
        "动物",
        "抛掷",
        "离婚登记",
        "百分之",
        "贮藏",
        "保存",
    ),
    *("服药后", "十分常见", "合同总价", "总价"),
)
