"""Values for made documents: sums, times, doses, names, drawn by chance, as texts write them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

Draw = Callable[[random.Random], str]

_DIGITS = "零一二三四五六七八九"
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def chinese(n: int) -> str:
    """0..999 in Chinese numerals."""
    hundreds, rest = divmod(n, 100)
    tens, ones = divmod(rest, 10)
    if hundreds:
        tail = "" if not rest else ("零" if not tens else _DIGITS[tens] + "十") + (_DIGITS[ones] if ones else "")
        return _DIGITS[hundreds] + "百" + tail
    head = "" if not tens else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def english(n: int) -> str:
    """0..99 in words."""
    if n < len(_ONES):
        return _ONES[n]
    tens, ones = divmod(n, 10)
    return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


def _of(*choices: str) -> Draw:
    return lambda rng: rng.choice(choices)


def _zh(unit: str | Sequence[str], numbers: Sequence[int]) -> Draw:
    units = (unit,) if isinstance(unit, str) else unit

    def draw(rng: random.Random) -> str:
        n = rng.choice(numbers)
        return (chinese(n) if rng.random() < 0.5 else str(n)) + rng.choice(units)

    return draw


def _en(one: str, many: str, numbers: Sequence[int]) -> Draw:
    def draw(rng: random.Random) -> str:
        n = rng.choice(numbers)
        unit = one if n == 1 else many
        form = rng.random()
        words = english(n) if n < 100 else str(n)
        return f"{n} {unit}" if form < 0.5 else f"{words} {unit}" if form < 0.8 else f"{words} ({n}) {unit}"

    return draw


def _listed(names: Sequence[str], least: int, most: int, comma: str, last: str) -> Draw:
    def draw(rng: random.Random) -> str:
        found = rng.sample(names, rng.randint(least, most))
        return last.join((comma.join(found[:-1]), found[-1])) if len(found) > 1 else found[0]

    return draw


def _money_zh(rng: random.Random) -> str:
    n = rng.choice((1, 2, 3, 5, 8)) * 10 ** rng.randint(2, 5) + rng.choice((0, 0, 50, 500, 1200, 3600))
    form = rng.random()
    if form < 0.2 and n >= 10000:
        return f"{n / 10000:g}万元"
    return f"{'人民币' if form < 0.5 else ''}{n:,}元" if form < 0.75 else f"{n}元"


def _date_zh(rng: random.Random) -> str:
    year, month, day = rng.randint(2005, 2026), rng.randint(1, 12), rng.randint(1, 28)
    if rng.random() < 0.2:
        return f"二〇{chinese(year % 100) if year % 100 >= 20 else '一' + _DIGITS[year % 10]}年{chinese(month)}月{chinese(day)}日"
    return f"{year}年{month}月{day}日"


_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志强海燕晓东文斌雪梅立新春生"
_WORDS = "恒信远达华宁瑞丰金泰博雅宏源天成嘉和众诚鼎新安康润泽东方海纳盛世启明星河云峰"
_PLACES = [
    "云河",
    "江宁",
    "青阳",
    "临川",
    "安平",
    "海州",
    "东岭",
    "北原",
    "西塘",
    "南浦",
    "宁远",
    "石泉",
    "清溪",
    "锦川",
    "柳江",
    "长宁",
]
_PREFIX = [
    "Brook",
    "Ash",
    "North",
    "Lime",
    "Hale",
    "Wint",
    "Cald",
    "Fern",
    "Gold",
    "Har",
    "Kest",
    "Lind",
    "Marl",
    "Oak",
    "Pend",
    "Rav",
    "Stan",
    "Thorn",
    "Wes",
    "York",
]
_SUFFIX = ["field", "bury", "ton", "wick", "ham", "ford", "mere", "stead", "well", "worth", "ley", "by"]
_DRUG_HEADS = [
    "Car",
    "Lor",
    "Mel",
    "Nox",
    "Pra",
    "Rel",
    "Sol",
    "Tam",
    "Vel",
    "Zan",
    "Bel",
    "Dor",
    "Fen",
    "Gal",
    "Hep",
    "Lum",
]
_DRUG_TAILS = ["axin", "odrine", "umab", "itol", "exate", "ovir", "ipine", "osartan", "azole", "ofen", "amide", "oxan"]
_DRUGS_ZH = [
    "阿瑞韦林",
    "倍他定",
    "克洛普林",
    "地维诺",
    "法莫新",
    "吉非胺",
    "华法群",
    "卡托林",
    "洛美沙",
    "美托普",
    "诺氟林",
    "普罗定",
    "瑞格平",
    "司他宁",
    "替诺明",
    "西咪康",
    "依普沙",
]
_EFFECTS_ZH = [
    "恶心",
    "头晕",
    "皮肤瘙痒",
    "口渴",
    "食欲减退",
    "失眠",
    "水肿",
    "腹胀",
    "胸闷",
    "发热",
    "关节痛",
    "嗳气",
    "手抖",
    "记忆力下降",
    "面色潮红",
    "呕吐",
    "尿频",
    "眼干",
]
_ILLS_ZH = [
    "慢性胃炎",
    "偏头痛",
    "过敏性鼻炎",
    "骨质疏松",
    "甲状腺功能减退",
    "冠心病",
    "缺铁性贫血",
    "肺炎",
    "胆囊结石",
    "帕金森病",
    "高脂血症",
    "哮喘",
    "痛风",
    "胃溃疡出血",
    "脑梗死",
]
_EFFECTS = [
    "nausea",
    "a headache",
    "dizziness",
    "a skin rash",
    "trouble sleeping",
    "a sore throat",
    "swollen feet",
    "a blocked nose",
    "hot flushes",
    "muscle cramps",
    "tiredness",
    "loose stools",
    "a metallic taste",
    "blurred sight",
    "shaking hands",
    "night sweats",
    "belching",
    "ear ache",
]
_ILLS = [
    "asthma",
    "migraine",
    "gout",
    "iron deficiency",
    "an underactive thyroid",
    "heart failure",
    "pneumonia",
    "osteoporosis",
    "hay fever",
    "stomach ulcers",
    "epilepsy",
    "a hip fracture",
    "type 1 diabetes",
    "high cholesterol",
    "kidney stones",
    "a bleeding ulcer",
]
_TENS_DAYS = (3, 5, 7, 10, 14, 15, 20, 21, 28, 30, 40, 45, 60, 75, 90, 100, 120, 180)


def _person_zh(rng: random.Random) -> str:
    name = rng.choice(_SURNAMES)
    return name + (rng.choice("某甲乙丙") if rng.random() < 0.4 else "".join(rng.sample(_GIVEN, rng.randint(1, 2))))


def _company_zh(rng: random.Random) -> str:
    name = "".join(rng.sample(_WORDS, 2))
    kind = rng.choice(("保险股份有限公司", "药业有限公司", "贸易有限公司", "科技有限公司", "建筑工程有限公司"))
    return (rng.choice(_PLACES) if rng.random() < 0.5 else "") + name + kind


def _hour_zh(rng: random.Random) -> str:
    return _date_zh(rng) + rng.choice(("", "凌晨", "上午", "下午", "晚")) + f"{rng.randint(1, 12)}时" + rng.choice(
        ("", "许", f"{rng.randint(10, 59)}分")
    )  # fmt: skip


def _place_zh(rng: random.Random) -> str:
    a = rng.choice(_PLACES) + rng.choice(("县", "区", "市"))
    b = rng.choice(_PLACES) + rng.choice(("镇", "街道", "路", "小区"))
    return a + b + rng.choice(("", f"{rng.randint(1, 200)}号", "十字路口", "门前", "某超市内", "停车场"))


def _sentence_zh(rng: random.Random) -> str:
    kind, years, months = rng.choice(("有期徒刑", "有期徒刑", "拘役")), rng.randint(1, 12), rng.randint(1, 11)
    if kind == "拘役":
        return f"拘役{chinese(rng.randint(1, 6))}个月"
    long = f"有期徒刑{chinese(years)}年" + (f"{chinese(months)}个月" if rng.random() < 0.4 else "")
    return long + (f"，缓刑{chinese(rng.randint(1, 5))}年" if years < 4 and rng.random() < 0.3 else "")


def _dose_zh(rng: random.Random) -> str:
    n = rng.choice(
        ("0.25", "0.5", "1", "2", "2.5", "4", "5", "8", "10", "12.5", "20", "25", "50", "75", "100", "150", "300")
    )
    return n + rng.choice(("毫克", "毫克", "mg", "毫升", "片" if n in "1245" else "毫克"))


CHINESE: Mapping[str, Draw] = {
    "钱": _money_zh, "日期": _date_zh, "日期时": _hour_zh, "人": _person_zh, "公司": _company_zh, "地": _place_zh,
    "日": _zh(("日", "天", "个工作日"), _TENS_DAYS), "工作日": _zh("个工作日", (1, 2, 3, 5, 7, 10, 15, 20)),
    "月": _zh("个月", (1, 2, 3, 4, 6, 9, 12, 15, 18, 20, 24, 30, 36, 48)), "年": _zh("年", (1, 2, 3, 4, 5, 6, 8, 10, 15, 20)),
    "周": _zh(("周", "个星期"), (1, 2, 3, 4, 6, 8, 10, 12)), "小时": _zh(("小时", "个小时"), (1, 2, 3, 4, 5, 6, 8, 10, 12, 24, 36, 48, 72)),
    "分钟": _zh("分钟", (5, 10, 15, 20, 30, 45, 60)), "天数": _zh("天", (3, 5, 6, 8, 10, 12, 15, 18, 20)),
    "份": _zh("份", (2, 3, 4, 5, 6, 8)), "台": _zh(("台", "套", "件", "吨"), (1, 2, 3, 6, 10, 12, 20, 50, 80, 120, 300)),
    "号日": _zh(("日", "号"), (1, 3, 5, 8, 10, 15, 20, 25, 28)), "号": _zh("", (1, 5, 8, 10, 15, 20)),
    "百分": lambda rng: rng.choice((f"{rng.choice((2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50))}%", f"百分之{chinese(rng.choice((2, 3, 5, 10, 20, 30)))}")),
    "百分小": lambda rng: f"{rng.choice(('0.5', '1', '1.2', '2.5', '99', '99.5', '99.9', '98'))}%",
    "率": lambda rng: rng.choice((f"千分之{chinese(rng.randint(1, 9))}", f"万分之{chinese(rng.randint(1, 9))}", f"0.{rng.randint(1, 9)}%", f"{rng.randint(1, 5)}‰")),
    "利率": lambda rng: rng.choice((f"年利率{rng.randint(3, 24)}%", f"月利率{rng.randint(1, 3)}%", f"月息{chinese(rng.randint(1, 3))}分", f"年息{rng.choice((4.35, 6, 10, 12, 15.4))}%")),
    "倍": lambda rng: rng.choice(("两倍", "三倍", "1.5倍", "百分之一百五十", "200%", "300%")),
    "面积": lambda rng: f"{rng.randint(20, 900)}{rng.choice(('', '.5', '.36'))}平方米",
    "城": lambda rng: rng.choice(_PLACES) + "市", "用途": _of("购买原材料", "孩子上学", "装修房屋", "经营饭店", "偿还货款", "购买车辆", "生意周转", "治病"),
    "法院": lambda rng: rng.choice((rng.choice(_PLACES) + rng.choice(("市", "区", "县")) + "人民法院", rng.choice(_PLACES) + "仲裁委员会")),
    "角色": _of("甲方", "乙方", "出卖人", "买受人", "供方", "需方", "承运人"), "分数": _of("三分之二", "二分之一", "半数", "四分之三", "五分之三", "过半数", "60%"),
    "剂量": _dose_zh, "次": _of("一次", "两次", "三次", "2次", "3次", "1～2次", "四次"), "岁": _zh(("岁", "周岁"), (1, 2, 3, 5, 6, 8, 10, 12, 14, 16, 18, 60, 65, 70, 75)),
    "温度": lambda rng: f"{rng.choice((4, 8, 10, 15, 18, 20, 25, 28, 30))}{rng.choice(('℃', '摄氏度', '度'))}",
    "症状": _listed(_EFFECTS_ZH, 1, 4, "、", "和"), "药": _listed(_DRUGS_ZH, 1, 2, "、", "、"), "病": _listed(_ILLS_ZH, 1, 2, "、", "、"),
    "清除率": lambda rng: f"每分钟{rng.choice((10, 15, 20, 25, 30, 45, 50, 60))}毫升", "血压": lambda rng: f"{rng.choice((120, 125, 130, 135, 140, 150, 155))}/{rng.choice((75, 80, 85, 90))}毫米汞柱",
    "血红": lambda rng: f"{rng.randint(52, 148)}{rng.choice(('克/升', ' g/L', 'g/L'))}", "血糖": lambda rng: f"{rng.choice((6.1, 7.0, 7.8, 11.1, 10, 5.6))}{rng.choice(('毫摩尔/升', 'mmol/L'))}",
    "尿酸": lambda rng: f"{rng.choice((280, 320, 340, 360, 380, 420))}{rng.choice(('微摩尔/升', 'μmol/L'))}", "手术": _of("腹腔镜胆囊切除术", "膝关节置换术", "阑尾切除术", "冠状动脉支架植入术", "白内障摘除术", "椎间盘摘除术"),
    "孩子": lambda rng: rng.choice((f"一{rng.choice('子女')}，取名{_person_zh(rng)}", f"{rng.choice(('长子', '长女', '儿子', '女儿'))}{_person_zh(rng)}", "一子一女", "两个女儿")),
    "罪": _of("盗窃罪", "故意伤害罪", "危险驾驶罪", "交通肇事罪", "诈骗罪", "寻衅滋事罪", "贩卖毒品罪", "抢劫罪", "职务侵占罪", "开设赌场罪", "非法拘禁罪"),
    "刑": _sentence_zh, "酒精": lambda rng: f"{rng.randint(82, 260)}{rng.choice(('.3', '.6', '', '.15'))}mg/100ml", "伤": _of("轻伤一级", "轻伤二级", "重伤二级", "轻微伤", "九级伤残", "十级伤残", "八级伤残"),
    "责任": _of("全部责任", "主要责任", "次要责任", "同等责任"), "克": lambda rng: f"{rng.choice((0.3, 0.85, 1.2, 4.6, 9.8, 20.5, 49))}克",
}  # fmt: skip


def _money(rng: random.Random) -> str:
    n = rng.choice((1, 2, 3, 5, 7, 9)) * 10 ** rng.randint(2, 5) + rng.choice((0, 0, 0, 50, 250, 1500))
    sign = rng.choice(("$", "£", "€", "EUR ", "USD ", "CHF ", "GBP "))
    return f"{sign}{n:,}" + (".00" if rng.random() < 0.1 else "")


def _date(rng: random.Random) -> str:
    month = rng.choice(
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ]
    )
    day, year = rng.randint(1, 28), rng.randint(2015, 2029)
    return f"{day} {month} {year}" if rng.random() < 0.6 else f"{month} {day}, {year}"


def _town(rng: random.Random) -> str:
    return rng.choice(_PREFIX) + rng.choice(_SUFFIX)


def _drug(rng: random.Random) -> str:
    return rng.choice((str, str.lower))(rng.choice(_DRUG_HEADS) + rng.choice(_DRUG_TAILS))


ENGLISH: Mapping[str, Draw] = {
    "money": _money, "date": _date, "city": _town, "drug": _drug,
    "days": _en("day", "days", (2, 3, 5, 7, 10, 12, 14, 21, 25, 28, 30, 45, 60, 90)), "weeks": _en("week", "weeks", (1, 2, 3, 4, 6, 8, 10, 12, 16)),
    "years": _en("year", "years", (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20)), "hours": _en("hour", "hours", (1, 2, 3, 4, 6, 8, 10, 12, 16, 18, 24, 36, 48, 72)),
    "minutes": _en("minute", "minutes", (5, 10, 15, 20, 30, 45, 60, 90, 120)), "ageyears": _en("year", "years", (2, 3, 4, 6, 8, 10, 12, 14, 16, 18)),
    "age": lambda rng: str(rng.choice((2, 4, 6, 8, 12, 13, 16, 18, 60, 65, 70, 75, 80))),
    "notice": lambda rng: rng.choice((_en("day", "days", (5, 7, 10, 14, 15, 20, 21, 28, 30, 45, 60, 90)), _en("business day", "business days", (2, 3, 5, 8, 10, 15, 20)), _en("month", "months", (1, 2, 3, 4, 6, 9, 12)), _en("week", "weeks", (1, 2, 3, 4, 6, 8))))(rng),
    "period": lambda rng: rng.choice((_en("month", "months", (1, 2, 3, 4, 6, 9, 12, 18, 24, 36)), _en("week", "weeks", (2, 3, 4, 6, 8, 12)), _en("day", "days", (7, 10, 14, 30, 60, 90)), _en("year", "years", (1, 2, 3, 5, 7, 10))))(rng),
    "percent": lambda rng: f"{rng.choice(('0.5', '1', '1.25', '1.5', '2', '2.75', '3', '4', '4.5', '5', '6', '8', '10', '12', '15'))}{rng.choice(('%', ' per cent', ' percent'))}",
    "uptime": lambda rng: rng.choice(("99%", "99.5%", "99.9 per cent", "98.75%", "99.95%")), "country": _of("England and Wales", "the State of Delaware", "New York", "Switzerland", "Germany", "Ontario", "Singapore", "Ireland", "Sweden", "California"),
    "use": _of("a bakery", "offices", "a dental practice", "a warehouse", "a bicycle workshop", "a retail shop", "a language school", "a private dwelling"),
    "units": lambda rng: f"{rng.choice((10, 25, 50, 100, 250, 500, 1000, 5000)):,} {rng.choice(('units', 'pallets', 'boxes', 'pieces', 'litres'))}",
    "purpose": _of("evaluate a joint venture", "assess a possible merger", "test a prototype", "prepare a bid", "discuss a licence of patents", "explore the supply of parts"),
    "fraction": _of("one half", "two thirds", "one quarter", "one third", "three quarters", "the whole"), "company": lambda rng: f"{_town(rng)} {rng.choice(('Systems', 'Pharma', 'Messaging', 'Foods', 'Labs', 'Telecom'))} {rng.choice(('Ltd', 'GmbH', 'Inc.', 'AB', 'plc', 'SA'))}",
    "devices": _en("computer", "computers", (1, 2, 3, 4, 5, 10)), "share": _of("one third", "a quarter", "two thirds", "half", "ten per cent", "three quarters", "a simple majority", "60 per cent"),
    "shares": _en("share", "shares", (5, 10, 20, 25, 50, 100, 200, 500)), "dose": lambda rng: f"{rng.choice(('0.5', '1', '2', '2.5', '4', '5', '7.5', '10', '15', '20', '25', '30', '40', '50', '75', '80', '100', '150', '200', '400', '600'))} {rng.choice(('mg', 'mg', 'mg', 'micrograms'))}",
    "times": _of("once a day", "twice daily", "three times a day", "every morning", "every 8 hours", "at bedtime"), "volume": lambda rng: f"{rng.choice(('1', '1.5', '2', '2.5', '3', '4', '5', '7.5', '10'))} {rng.choice(('mL', 'ml'))}",
    "effects": _listed(_EFFECTS, 1, 4, ", ", " and "), "illness": _listed(_ILLS, 1, 2, ", ", " and "), "temperature": lambda rng: f"{rng.choice((4, 8, 15, 18, 20, 22, 25, 28, 30))}{rng.choice((' °C', '°C', ' degrees'))}",
    "clearance": lambda rng: f"{rng.choice((10, 15, 20, 25, 30, 40, 45, 50, 60))} mL/min", "pressure": lambda rng: f"{rng.choice((120, 125, 130, 135, 140, 145, 150, 155))}/{rng.choice((75, 80, 85, 90))}{rng.choice(('', ' mmHg'))}",
    "odds": lambda rng: rng.choice((f"{rng.randint(1, 5)} in {rng.choice((50, 100, 200, 500, 1000))}", f"{rng.choice(('one', 'two', 'three'))} in a hundred", f"{rng.choice((0.5, 1, 1.5, 2, 3))} per cent")),
    "lab": lambda rng: f"{rng.randint(58, 150)} g/L", "authority": lambda rng: rng.choice(("Tenancy Tribunal", "Data Protection Commissioner", "Board of Health", "Registrar", "Competition Authority", "Office of Fair Housing")),
}  # fmt: skip

VALUES: Mapping[str, Mapping[str, Draw]] = {"zh": CHINESE, "en": ENGLISH}
