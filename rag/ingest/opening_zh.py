"""The opening of a Chinese document: 标题, 当事人, 药品, 案号, 日期."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparewheel.rag.ingest.opening_en import Found

_NOUN = (
    r"合同|合同书|协议|协议书|说明书|条例|规定|办法|法|判决书|裁定书|调解书|决定书|仲裁裁决书|规范|指南|小结|记录|通知书?|制度|章程|方案|手册|"
    r"公约|承诺书|委托书|声明|报告|须知|细则|准则|保证书|遗嘱|公告|意见书?|共识|流程|预案|条款|政策|申请书|起诉状|答辩状|同意书|批件|标准"
)
_TITLE = re.compile(rf"[^，。；！？：]{{1,40}}(?:{_NOUN})(?:[（(][^）)]{{1,20}}[）)])?")
_BOILERPLATE = re.compile(
    r"[\W\d_]*|核准日期.*|修改日期.*|(?:合同|协议|文件|档案|病历|住院)?编号.*|第?\s*\d+\s*页.*|共\s*\d+\s*页.*|目录|附件.{0,10}|机密|保密|草案|"
    r"请仔细阅读.*|本文件为.*|（[^）]*）|\([^)]*\)|(?:签订|签署)?(?:日期|时间|地点)[：:].*"
)
_PLAIN = re.compile(r"(?:药品)?(?:使用)?说明书|合同书?|协议书?|(?:民事|刑事|行政)?(?:判决书|裁定书)|说明书全文")
_KIND = re.compile(rf"(?:{_NOUN})")

_ROLES = (
    r"甲方|乙方|丙方|丁方|出租方|承租方|出租人|承租人|买方|卖方|买受人|出卖人|供方|需方|发包人|发包方|承包人|承包方|委托人|委托方|受托人|受托方|"
    r"用人单位|劳动者|贷款人|借款人|出借人|保证人|抵押人|抵押权人|转让方|受让方|许可方|被许可方|披露方|接收方|服务方|客户|定作人|承揽人|托运人|承运人|"
    r"原告|被告|第三人|上诉人|被上诉人|申请人|被申请人|原审原告|原审被告|公诉机关|被告人|再审申请人"
)
_NAME = r"[\u3400-\u9fffA-Za-z0-9·（）()&.-]{2,40}?"
_LABELLED = re.compile(
    rf"(?:^|[\n，。；\s|*])[ \t|*]*(?P<role>{_ROLES})(?:[（(](?P<also>[^）)]{{1,24}})[）)])?[ \t|*]*[：:\t][ \t|*—]*"
    rf"(?P<name>{_NAME})(?=[，。；、,;\s（(|*]|$)"
)
_SO_CALLED = re.compile(
    r"(?P<name>[\u3400-\u9fffA-Za-z0-9·（）()]{2,40}?)[（(](?:以下|下)?(?:简称|称)(?:为)?[“\"「『]?"
    r"(?P<alias>[^”\"」』）)]{1,20})[”\"」』]?[）)]"
)
_INLINE = re.compile(
    r"(?P<role>甲方|乙方|丙方|原告|被告|上诉人|被上诉人)(?P<name>[\u3400-\u9fff·]{2,30}?(?:公司|集团|银行|医院|大学|学校|研究院|研究所|中心|厂|店|合作社|事务所))"
)
_BETWEEN = re.compile(
    r"(?:由|在|系|是|，|：)\s*(?P<a>[\u3400-\u9fff（）·]{2,30}?(?:公司|集团|银行|医院|大学|学校|中心|厂|事务所))\s*(?:与|和|同)\s*"
    r"(?P<b>[\u3400-\u9fff（）·]{2,30}?(?:公司|集团|银行|医院|大学|学校|中心|厂|事务所))"
)
_NO_PARTY = re.compile(
    rf"^(?:{_ROLES}|双方|以下|下列|本人|各方)|[于将每应向的前以等须如可得未被由所及或不]|签[字章名]|盖章"
)
_LEADING = re.compile(r"^(?:由|在|与|和|及|是|系|本合同|本协议|双方|根据|经)+")
_DRUG = re.compile(
    r"(?:【药品名称】|药品名称[：:]?|【产品名称】|产品名称[：:]?)\s*(?:(?:通用名称?|通用名)[：:]\s*)?(?P<name>[\u3400-\u9fffA-Za-z0-9·-]{2,24})"
)
_GENERIC = re.compile(r"通用名称?[：:]\s*(?P<name>[\u3400-\u9fffA-Za-z0-9·-]{2,24})")
_BRAND = re.compile(r"商品名称?[：:]\s*(?P<name>[\u3400-\u9fffA-Za-z0-9·-]{2,24})")
_DRUG_TITLE = re.compile(r"(?P<name>[\u3400-\u9fffA-Za-z0-9·-]{2,24}?)(?:使用)?说明书")
_DOSE_FORM = re.compile(
    r"(?P<name>[\u3400-\u9fff]{2,14}?(?:片|胶囊|颗粒|注射液|口服液|口服溶液|滴眼液|软膏|乳膏|凝胶|丸|糖浆|喷雾剂|气雾剂|混悬液|栓|贴剂|散|滴丸|粉针剂|吸入剂"
    r"|缓释片|肠溶片|分散片))"
)
_MATTER = re.compile(r"[（(\[〔]\s*\d{4}\s*[）)\]〕][\u3400-\u9fff\d]{2,20}?\d+号(?:之[一二三四五六七八九十\d]+)?")
_PATIENT = re.compile(r"(?:患者(?:姓名)?|姓名|病人)[ |*]*[：:|\t][ \t|*—]*(?P<name>[\u3400-\u9fff·]{2,5})")
_SUBJECT = re.compile(
    r"就(?:甲方|乙方|双方)?(?:向(?:甲方|乙方))?(?:采购|购买|租赁|承租|委托|销售|供应|提供|出租|转让|开发|建设)?"
    r"(?P<name>[\u3400-\u9fffA-Za-z0-9-]{2,20}?)(?:(?:及|和|与)其?相关[\u3400-\u9fff]{2,6})?(?:的?(?:采购|购买|租赁|买卖|销售"
    r"|服务))?(?:等)?(?:有关)?事[宜项]"
)
_DATE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日|(\d{4})-(\d{1,2})-(\d{1,2})")
_DATED = re.compile(r"(?:签订|签署|订立|日期|施行|实施|执行|通过|立于)")


def read(opening: str, headings: Sequence[str]) -> Found:
    """What the opening says. headings: those that the format marks."""
    drug = _drug(opening, headings)
    title = _title(opening, headings, drug)
    kind = _kind(title, bool(drug))
    parties, aliases = _parties(opening)
    patient = _PATIENT.search(opening[:1500])
    case = _MATTER.search(opening[:1500])
    if not re.search("小结|病历|记录|报告|病案", kind):
        patient = None
    matter = patient["name"] if patient else re.sub(r"\s+", "", case[0]) if case else ""
    subject = _SUBJECT.search(opening[:1500])
    about = subject["name"] if subject and not drug else ""
    return Found(title=title, kind=kind, parties=parties, drug=drug, subject=about, matter=matter, date=_date(opening),
                 aliases=aliases)  # fmt: skip


def _title(opening: str, headings: Sequence[str], drug: tuple[str, ...]) -> str:
    lines = [re.sub(r"\s+", "", line).strip("#*_|=") for line in opening[:1200].split("\n")]
    lines = [line for line in (*headings[:2], *lines[:30]) if line and not _BOILERPLATE.fullmatch(line)]
    named = next(
        (line for line in lines if len(line) <= 50 and _TITLE.fullmatch(line) and not _PLAIN.fullmatch(line)), ""
    )
    plain = next((line for line in lines if _PLAIN.fullmatch(line)), "")
    if drug and not named:
        return f"{drug[0]}说明书"
    first = lines[0] if lines and len(lines[0]) <= 40 and not re.search("[。；，：]", lines[0]) else ""
    return named or plain or first


def _kind(title: str, of_a_drug: bool) -> str:
    """房屋租赁合同, 药品说明书, 民事判决书: the words before the noun that name no one."""
    if of_a_drug or (re.search("(?:片|胶囊|颗粒|液|膏|丸|剂).{0,4}说明书", title)):
        return "药品说明书"
    nouns = list(_KIND.finditer(title))
    if not nouns:
        return ""
    noun = nouns[-1]
    before = re.split(r"(?:公司|集团|医院|银行|省|市|县|区|关于|与|的|《)", title[: noun.start()])[-1]
    return (before if len(before) <= 8 else "") + noun[0]


def _parties(opening: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    text = opening[:3000]
    parties: list[str] = []
    aliases: list[tuple[str, str]] = []

    def add(name: str, *called: str | None) -> None:
        name = _LEADING.sub("", re.sub(r"\s+", "", name)).strip("（()）.、")
        if name.count("（") > name.count("）"):
            name += "）"
        if len(name) < 2 or _NO_PARTY.search(name) or len(name) > 30:
            return
        if name not in parties:
            parties.append(name)
        for alias in called:
            if alias and (alias, name) not in aliases:
                aliases.append((alias, name))

    for found in _SO_CALLED.finditer(text):
        name = re.split(r"[，。；：\s]", found["name"])[-1]
        name = re.split(rf"(?:{_ROLES})", name)[-1] or name
        if re.search(r"(?:公司|集团|银行|医院|大学|学校|中心|厂|店|事务所|先生|女士)$", name) or re.fullmatch(
            _ROLES, found["alias"]
        ):
            add(name, found["alias"])
    for found in _LABELLED.finditer(text):
        add(
            found["name"],
            found["role"],
            found["also"] if found["also"] and re.fullmatch(_ROLES, found["also"]) else None,
        )
    for found in _INLINE.finditer(text):
        add(found["name"], found["role"])
    if not parties and (between := _BETWEEN.search(text)):
        add(between["a"])
        add(between["b"])
    return tuple(parties[:8]), tuple(aliases[:12])


def _drug(opening: str, headings: Sequence[str]) -> tuple[str, ...]:
    """通用名 and 商品名 of a leaflet; () for other documents."""
    names = [m["name"] for p in (_GENERIC, _BRAND, _DRUG) if (m := p.search(opening))]
    if not names and "说明书" in opening[:300]:
        lines = [*headings[:2], *opening[:300].split("\n")]
        for line in (re.sub(r"\s+", "", line).strip("#*") for line in lines):
            if (found := _DRUG_TITLE.fullmatch(line)) and not re.fullmatch(r"(?:药品|本品|产品|使用)+", found["name"]):
                names.append(found["name"])
                break
        if not names and (found := _DOSE_FORM.search(opening[:600])):
            names.append(found["name"])
    names = [name for name in names if not re.fullmatch(r"(?:通用|商品|英文|汉语)名称?", name)]
    return tuple(dict.fromkeys(names))[:3]


def _date(opening: str) -> str:
    found = list(_DATE.finditer(opening[:2500]))
    near = [m for m in found if _DATED.search(opening[max(0, m.start() - 20) : m.end() + 20])]
    for match in (*near, *found):
        year, month, day = (int(part) for part in match.groups() if part)
        if 1 <= month <= 12 and 1 <= day <= 31:
            return f"{year:04d}-{month:02d}-{day:02d}"
    return ""
