"""Does a text say yes or no to the same thing? "The Tenant may assign" and "The Tenant may not assign" share every word
that token F1 sees but one, and mean the opposite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_NEUTRAL = re.compile(  # "not" in these turns nothing round
    r"\b(?:no|not|never) (?:be )?"
    r"(?:more|less|fewer|longer|shorter|later|earlier|greater|higher|lower|larger|smaller) than\b"
    r"|\b(?:not|never|can not) (?:to )?exceed(?:ing)?\b|\bwhether or not\b|\bnot only\b|\bnot limited to\b|\bif not\b"
    r"|\bnon-(?:disclosure|compete|competition|solicitation|prescription|profit)\b|\bno\.(?=\s?\d)|\bnotwithstanding\b"
    r"|不(?:得|应|可|能)?(?:超过|多于|高于|大于|晚于|迟于|少于|低于|小于|早于)|不限于|不仅|不论|无论|不可抗力|不良|非处方|不动产|不同|无效"
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|non|without|prohibit(?:s|ed)?|forbid(?:s|den)?|refuses?|unable|fails?)\b"
    r"|不|未|无|没有?|非|勿|禁止|严禁|免于|莫"
)
_BOTH = re.compile(r"\bneither\b(.*?)\bnor\b")  # denies once
_CONTRACTED = re.compile(r"\bcannot\b|\bcan't\b|\bwon't\b|n't\b")
_SKIPPED = frozenset(("be", "been", "being", "to", "any", "such", "itself", "is", "are", "it", "so"))


def spelt_out(text: str) -> str:
    """ "can't" and "cannot" as "can not", so that the negation is a word."""
    whole = {"cannot": "can not", "can't": "can not", "won't": "will not"}
    return _CONTRACTED.sub(lambda m: whole.get(m.group(), " not"), text)


def negations(text: str) -> int:
    """How many negations a folded text holds; "no more than" is a bound, and none."""
    text = _BOTH.sub(r"neither\1or", _NEUTRAL.sub(" ", spelt_out(text)))
    return len(_NEGATION.findall(text))


def negated_before(tokens: Sequence[str], start: int) -> bool:
    """Does a negation stand right before tokens[start], small words aside ("may not be", 不得)?"""
    at = start - 1
    while at >= 0 and tokens[at] in _SKIPPED:
        at -= 1
    if at < 0:
        return False
    han = "\u3400" <= tokens[at] <= "\u9fff"
    return negations("".join(tokens[max(0, at - 1) : at + 1]) if han else tokens[at]) % 2 == 1


# ---------------------------------------------------------------- one word that turns the sense round

_GROUPS = [  # of one group only one can be meant
    [re.compile(rf"\b(?:{one})\b" if one.isascii() else one) for one in group.split(" / ")]
    for group in (
        r"before|prior to|preced\w+ / after|following|subsequent\w*",
        r"increas\w+|raise[sd]?|raising / decreas\w+|reduc\w+|lower(?:s|ed|ing)",
        "earlier|earliest|sooner / later|latest",
        r"high(?:er|est)? / low(?:er|est)?",
        "minimum / maximum",
        "left / right",
        r"internal\w* / external\w*",
        r"positive\w* / negative\w*",
        r"gains?|profits? / loss(?:es)?",
        r"accept\w* / reject\w*",
        "landlord|lessor / tenant|lessee",
        "buyer|purchaser / seller|vendor|supplier",
        "licensor / licensee",
        "employer / employee",
        "lender / borrower",
        "assignor / assignee",
        "franchisor / franchisee",
        "disclosing / receiving|recipient",
        "plaintiff|claimant / defendant|respondent",
        r"oral(?:ly)?|by mouth / intravenous(?:ly)? / subcutaneous(?:ly)? / intramuscular(?:ly)? / topical(?:ly)?",
        r"written|in writing / oral(?:ly)?|verbal(?:ly)?",
        "infants? / child(?:ren)? / adults?",
        "acute / chronic",
        "malignant / benign",
        "bacterial / viral",
        "systolic / diastolic",
        "m[ae]n|males?|boys? / wom[ae]n|females?|girls?",
        "mondays? / tuesdays? / wednesdays? / thursdays? / fridays? / saturdays? / sundays?",
        "甲方 / 乙方 / 丙方",
        "出租人 / 承租人",
        "买方|买受人 / 卖方|出卖人",
        "委托人 / 受托人",
        "用人单位|雇主 / 劳动者|雇员",
        "贷款人|出借人 / 借款人",
        "原告 / 被告",
        "转让方 / 受让方",
        "(?<!被)许可方 / 被许可方",
        "披露方 / 接收方",
        "[饭餐]前 / [饭餐]后",
        "增加|提高|上调|升高 / 减少|降低|下调|下降",
        "睡前 / 晨起|清晨|早晨",
        "左 / 右",
        "婴儿|幼儿 / 儿童 / 成人|成年人",
        "男 / 女",
        "禁用|禁止|禁忌 / 慎用 / 可用|可以使用",
        "口服 / 静脉 / 肌[内肉] / 皮下 / 外用",
        "急性 / 慢性",
        "阳性 / 阴性",
        "良性 / 恶性",
        "高血[压糖] / 低血[压糖]",
    )
]
_DENYING = re.compile(
    r"(?:un(?=\w{5})|non(?=\w{5})|(?:in|im|il|ir|dis)(?=\w*(?:able|ible|[ai]bly|ent|ant|ive(?:ly)?|ate(?:ly)?|e[ct]t?|al(?:ly)?"
    r"|ete|id|ity|ure)$))(\w{4,})"
)
_OF_A_PLACE = re.compile(r"[省市县区州]|仲裁|法院|有限|公司|银行|医院|大学")


def opposed(answer: str, reference: str) -> bool:
    """Does one word of the folded answer turn the reference round? Tenant for Landlord, after for before, irrevocable
    for revocable: token F1 sees one word of many."""
    for group in _GROUPS:
        wanted, said = ({i for i, one in enumerate(group) if one.search(text)} for text in (reference, answer))
        if wanted - said and said - wanted:
            return True
    ours, theirs = set(_LATIN.findall(answer)), set(_LATIN.findall(reference))
    return bool(_denied(ours) & (theirs - ours) or _denied(theirs) & (ours - theirs))


_LATIN = re.compile(r"[a-z]+")


def _denied(words: set[str]) -> set[str]:
    """The words whose opposites these are; hyper and hypo are each other's."""
    found = {m[1] for word in words if (m := _DENYING.fullmatch(word))}
    found |= {"hyper" + word[4:] for word in words if word.startswith("hypo")}
    return found


def another_name(ours: Sequence[str], theirs: Sequence[str], names: frozenset[str]) -> bool:
    """Does another word stand where the reference has a name, in a text that is otherwise as good as the same?

    ours, theirs: the words of both; names: those of the reference that are names. In Chinese, where nothing marks a
    name, the characters before "市", "公司" and their kind.
    """
    missing = names.difference(ours)
    for kind, a, b, c, d in SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if kind != "replace":
            continue
        for name in missing.intersection(theirs[a:b]):
            if not any(word.startswith(name) or name.startswith(word) for word in ours[c:d]):
                return True
        han = all("\u3400" <= character <= "\u9fff" for character in (*theirs[a:b], *ours[c:d]))
        if han and b - a <= 4 and d - c <= 4 and _OF_A_PLACE.match("".join(theirs[b : b + 2])):
            return True
    return False
