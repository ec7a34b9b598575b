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
    (r"paychecks?|wages|earns?", "salary, pay"),
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
    (r"mice|mouse|rats?|rodents", "vermin, rodents, pests"),
    (r"burgled|burglary|broken into|break-in|stolen", "theft, burglary"),
    (r"bikes?", "bicycle"),
    (r"furniture|belongings", "contents, household goods"),
    (r"ships?|boats?", "vessel"),
    (r"cars?", "vehicle"),
    (r"flat|apartment", "premises, dwelling, property"),
    (r"cats?|dogs?|pets?", "animals, pets"),
    (r"kidneys?", "renal"),
    (r"liver", "hepatic"),
    (r"in the fridge|in a fridge", "in a refrigerator, refrigerated, refrigerate"),
    (r"doctor['’]s note|sick note", "medical certificate, certificate"),
    (r"(?:call|phone) in sick", "inform of an illness, notify sickness"),
    (r"left-?over (?:leave|holidays?|days)", "unused leave, unused days"),
    (r"holidays?|time off", "annual leave, leave"),
    (r"pay (?:rise|raise)", "salary increase, salary review"),
    (r"work(?:ing)? from home", "remote work, home working"),
    (r"lawyers?", "counsel, attorney, legal adviser"),
    (r"mov(?:e|es|ed|ing) out", "vacate, vacated"),
    (r"money back", "refund"),
    (r"pa(?:y|id) back", "repay, repaid, refund"),
    (r"go(?:es)? (?:bust|bankrupt)", "insolvency, insolvent, bankruptcy"),
    (r"kick(?:ed)? out|thrown? out|evict(?:ed)?", "expel, expelled, terminate"),
    (r"break(?:s|ing)? the (?:contract|agreement)", "breach"),
    (r"secrets?", "confidential information, confidential"),
    (r"addictive", "habit-forming, dependence"),
    (r"blood clots?", "thrombosis, thromboembolism"),
    (r"blood sugar", "glucose"),
    (r"short of breath|out of breath", "dyspnoea, breathlessness"),
    (r"high temperature", "fever"),
    (r"tummy ache|stomach ache|belly ache", "abdominal pain"),
    (r"hives", "urticaria"),
    (r"itch(?:y|ing)?", "pruritus, itching"),
    (r"breast-?feed(?:ing)?", "breast-feeding, lactation"),
    (r"use[- ]by date|go(?:es)? off|expires?", "shelf life, expiry"),
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
    (r"长胖|变胖|发胖|胖了", "体重增加"),
    (r"变瘦|瘦了", "体重减轻, 体重下降"),
    (r"上厕所", "如厕"),
    (r"安眠药", "镇静催眠药, 催眠药"),
    (r"孕妇", "妊娠期妇女, 妊娠"),
    (r"拉肚子|闹肚子", "腹泻"),
    (r"发烧", "发热"),
    (r"肚子[疼痛]", "腹痛"),
    (r"头疼", "头痛"),
    (r"想吐|呕吐", "呕吐, 恶心"),
    (r"起(?:了)?疹子|长疹子", "皮疹"),
    (r"心慌", "心悸"),
    (r"手抖", "震颤, 手抖"),
    (r"喘不上气|喘不过气", "呼吸困难"),
    (r"心跳(?:太|过|很)?慢", "心动过缓"),
    (r"心跳(?:太|过|很)?快", "心动过速"),
    (r"心梗", "心肌梗死"),
    (r"中风", "脑卒中, 卒中"),
    (r"甲亢", "甲状腺功能亢进"),
    (r"开刀|动手术", "手术"),
    (r"抽血|验血", "采血, 血常规, 血液检查"),
    (r"流血", "出血"),
    (r"吃(?:得)?(?:太)?多了|吃过量|过量了", "药物过量, 过量"),
    (r"饭前", "餐前, 空腹"),
    (r"饭后", "餐后"),
    (r"跟饭一起|和饭一起|随饭", "与食物同服, 随餐, 进餐时"),
    (r"喝酒", "饮酒"),
    (r"保质期", "有效期"),
    (r"放(?:在)?冰箱", "冷藏, 阴凉处"),
    (r"掰开|嚼着", "嚼碎, 掰断, 咀嚼"),
    (r"(?:打开|开了)(?:以后|之后|后)", "开封后"),
    (r"小孩|孩子|宝宝", "儿童, 小儿, 患儿"),
    (r"不在家|出门", "空置"),
    (r"被偷|失窃|遭贼|进贼", "盗窃, 盗抢"),
    (r"报警", "报案"),
    (r"退钱|退款", "退还, 返还"),
    (r"加班费", "加班工资"),
    (r"周末", "休息日"),
    (r"过节", "法定节假日"),
    (r"年假", "年休假"),
    (r"[晚迟](?:交|付)(?:了)?", "逾期支付, 逾期"),
    (r"送货", "交货, 交付"),
    (r"分红", "利润分配"),
    (r"外人", "以外的人"),
    (r"养[猫狗]|养宠物", "饲养"),
    (r"坏了|出故障", "损坏, 故障"),
    (r"不干了|中途退出", "终止, 解除"),
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
