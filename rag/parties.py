"""Who is party to a document: what a question asks of it, and where the opening names those who are.

asked("Who are the parties to the agreement?")  ->  ALL
asked("Who is the landlord?")                   ->  ("landlord",)

The identity of a document holds its parties; the quote is where the text itself names them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sparewheel.rag.text import sentences, simplified

ALL = ("parties",)
_LONGEST = 420  # characters in which all parties are quoted at once; beyond, each by itself
_FAR = 4000  # characters from the beginning in which a document names its parties
_DOCUMENT = r"(?:(?:to|of|in|under|on|behind|involved|named|listed|bound|for|between)\b[^?]{0,80})?"
_PARTIES = re.compile(
    r"^\W*(?:please )?(?:(?:who|which|what|name|list|give(?: me)?|tell(?: me)?|identify)\b\W*)?"
    r"(?:(?:companies|people)\W+)?"
    r"(?:are|is|were|’re|'re)?\s*(?:all )?(?:of )?(?:the |its |both )?(?:two |contracting |signing )?"
    rf"(?:parties|signatories|counterparties)\b\s*{_DOCUMENT}[?.!\s]*$"
    r"|^\W*between (?:whom|which|what)\b[^?]*[?.]*$"
    r"|^\W*who(?:m)? (?:is|was|are) (?:the |this )?[\w\s-]{2,50}\bbetween[?.]*$"
    r"|^\W*who (?:made|concluded|entered into) (?:the|this)\b[^?]{2,60}[?.]*$",
    re.IGNORECASE,
)
_ROLE = (
    r"tenant|landlord|lessor|lessee|supplier|customer|client|contractor|employer|employee|executive|buyer|seller"
    r"|vendor"
    r"|purchaser|licen[sc]or|licen[sc]ee|borrower|lender|owner|agent|principal|consultant|processor|controller"
    r"|distributor|manufacturer|sponsor|provider|recipient|guarantor|franchisor|franchisee|claimant|plaintiff|defendant"
    r"|appellant|respondent|petitioner|applicant|disclosing party|receiving party|company"
)
_WHO = re.compile(
    rf"^\W*(?:who(?:['’]?s| is| are| was)?|which (?:company|party|firm|person) (?:is|was))\s+(?:the |our |my )?"
    rf"(?P<role>{_ROLE})s?\b\s*{_DOCUMENT}[?.!\s]*$",
    re.IGNORECASE,
)
_ROLE_ZH = (
    r"甲方|乙方|丙方|丁方|出租方|承租方|出租人|承租人|买方|卖方|买受人|出卖人|供方|需方|发包人|发包方|承包人|承包方|委托人|委托方|受托人|受托方"
    r"|用人单位|劳动者|贷款人|借款人|出借人|保证人|转让方|受让方|许可方|被许可方|披露方|接收方|原告|被告|上诉人|被上诉人|申请人|被申请人"
)
_IS_ZH = r"(?:分别|各|都)?(?:是|为|有|叫)(?:谁|哪|什么(?:公司|人|单位|名字)?)[^，。]{0,6}[？?。\s]*$"
_PARTIES_ZH = re.compile(
    rf"(?:合同|协议|签约)?的?(?:双方|各方|当事人|签约方|甲乙双方|缔约方)(?:当事人|主体)?{_IS_ZH}"
    r"|(?:是|由)?谁(?:和|与|跟|同)谁(?:之间)?(?:签|订)"
)
_WHO_ZH = re.compile(rf"(?P<role>{_ROLE_ZH})(?:(?:和|与|、|跟)(?P<other>{_ROLE_ZH}))?{_IS_ZH}")


def asked(question: str) -> tuple[str, ...]:
    """The roles whose holders the question asks for, ALL for every party; () where it asks for none."""
    if _PARTIES.match(question) or _PARTIES_ZH.search(simplified(question)):
        return ALL
    if found := _WHO.match(question):
        return (found["role"].casefold(),)
    if found := _WHO_ZH.search(simplified(question)):
        return tuple(filter(None, (found["role"], found["other"])))
    return ()


def named(metadata: Mapping[str, str], roles: Sequence[str]) -> list[str]:
    """Those of a document's parties who have the roles; [] where its identity does not say who has one of them."""
    parties = [party for party in metadata.get("parties", "").split("; ") if party]
    if tuple(roles) == ALL:
        return parties if len(parties) > 1 else []
    holders = dict[str, str]()
    for pair in metadata.get("aliases", "").split("; "):
        alias, _, name = pair.partition(" = ")
        holders.setdefault(alias.casefold().removeprefix("the "), name)
    found = [holders.get(role, "") for role in roles]
    return found if all(found) else []


def apart(named: Mapping[str, Sequence[str]]) -> list[str]:
    """The keys of those who are not the same: of several whose names are each the beginning of another's ("Harbour",
    "Harbour Foods Ltd"), the one with the fullest, in the order given."""

    def within(one: Sequence[str], other: Sequence[str]) -> bool:
        pairs = zip(one, other, strict=True) if len(one) == len(other) else ()
        return bool(pairs) and all(f"{b} ".casefold().startswith(f"{a} ".casefold()) for a, b in pairs)

    kept: dict[str, Sequence[str]] = {}
    for key, names in named.items():
        if any(within(names, other) for other in kept.values()):
            continue
        kept = {other: held for other, held in kept.items() if not within(held, names)}
        kept[key] = names
    return [key for key in named if key in kept]


def places(text: str, names: Sequence[str]) -> list[tuple[int, int]]:
    """Where the text names them first: one stretch from the first to the last where it is short, else the sentences.
    [] where one of them is not found."""
    opening = text[:_FAR]
    spans = [_found(opening, name) for name in names]
    if not spans or not all(spans):
        return []
    known = sorted((_labelled(opening, span[0]), _closed(opening, span[1])) for span in spans if span)
    start, end = known[0][0], max(span[1] for span in known)
    if len(known) > 1 and end - start <= _LONGEST:
        return [(start, end)]
    around = [next(((a, b) for a, b in sentences(opening) if a <= s < b), (s, e)) for s, e in known]
    short = [whole if whole[1] - whole[0] <= _LONGEST else span for whole, span in zip(around, known, strict=True)]
    return list(dict.fromkeys(short))


def _found(text: str, name: str) -> tuple[int, int] | None:
    """The name in whatever case and with whatever blanks."""
    pattern = r"\s+".join(re.escape(word) for word in name.split())
    found = re.search(pattern, text, re.IGNORECASE)
    return found.span() if found else None


def _labelled(text: str, start: int) -> int:
    """Where the label begins that stands before a name: "出租方（甲方）：", "Landlord: "."""
    label = re.search(r"[^\n。；;，,、：:]{1,24}[：:\t][\s—|]*$", text[max(0, start - 40) : start])
    return start - len(label[0].lstrip()) if label else start


def _closed(text: str, end: int) -> int:
    """Where the words behind a name end that tell of its form and of what it is called: ", an Oregon company ("X")"."""
    if form := re.match(
        r"[（(][^）)\n]{1,12}[）)](?:股份)?(?:有限)?(?:责任)?公司|(?:股份)?(?:有限)(?:责任)?公司", text[end:]
    ):
        end += form.end()
    behind = re.match(
        r"[^()（）\n;；。]{0,90}[（(](?=[^()（）\n]{0,50}[\"“”'‘’]|the )[^()（）\n]{1,60}[)）]", text[end : end + 160]
    )
    return end + (behind.end() if behind else 0)
