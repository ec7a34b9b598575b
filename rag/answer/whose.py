"""Who does it, of the parties that one sentence names: 进场运费由出租方承担，退场运费由承租方承担。

A network asked 退场的运费谁出 points at a party, any party. The clause that holds most of the question tells which, and
it is quoted whole: a party's name alone does not show what it is bound to. Chinese only.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from sparewheel.rag.answer.classes import CLASSES, of_others
from sparewheel.rag.answer.lay import in_their_words
from sparewheel.rag.answer.verdict import words
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import simplified
from sparewheel.rag.types import AnswerRequest, Draft, Span

BETTER = 0.15  # by how much more of the question another clause must hold to be quoted instead
LEAST = 0.25  # share of the question that the clause holds, else nobody is told
LONGEST = 80  # characters of a clause
_ASKS = re.compile(r"谁|哪一?方|哪边")
_CUT = re.compile(r"[，。；：！？,;:\n]")
_PARTY = re.compile(
    r"[甲乙丙丁]方|(?:出租|承租|委托|受托|转让|受让|许可|被许可|发包|承包|采购|供应|供货|借款|贷款|抵押|保证|服务)[方人]|买方|卖方|买受人|出卖人"
    r"|用人单位|劳动者|保险人|被保险人|投保人|[医护][师士生]|主任|院长|董事会|股东会|[\u3400-\u9fff]{2,12}(?:公司|委员会|部门|科室|医院|学校)"
)
_GOES_ON = re.compile(r"\s*(?:应|则|均|可)?由")


def of_whom(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft with the clause that says who does what is asked; refused where no clause speaks of it."""
    if request.language != "zh" or not _ASKS.search(request.question):
        return draft
    if draft.refused or draft.lines or draft.label or len(draft.spans) != 1:
        return draft
    span = draft.spans[0]
    text = simplified(request.hits[span.hit].chunk.text)
    if MARK in text[span.start : span.end] or not _PARTY.search(text[span.start : span.end]):
        return draft
    question = in_their_words(simplified(request.question), "zh", request.hits)
    clauses = _clauses(text)
    shares = _shares(words(_ASKS.sub("", question), "zh"), text, clauses)
    own = next((i for i, (start, end) in enumerate(clauses) if start <= span.start < end), None)
    if own is None:
        return draft
    best = max(range(len(clauses)), key=lambda i: (shares[i], i == own))
    if shares[best] < LEAST:
        return Draft("", refused=True, confidence=min(draft.confidence, shares[best]), model=draft.model)
    chosen = best if shares[best] >= shares[own] + BETTER else own
    start, end = clauses[chosen]
    if of_others(question, text[start:end]) & CLASSES:
        return Draft("", refused=True, confidence=min(draft.confidence, LEAST), model=draft.model)
    if end - start > LONGEST:
        return draft
    moved = Span(span.hit, start, end, span.score)
    return replace(draft, text=request.hits[span.hit].chunk.text[start:end], spans=(moved,))


def _clauses(text: str) -> list[tuple[int, int]]:
    """The clauses that name a party, each with the case before it that it goes on from: 因操作不当的，由承租方维修."""
    cuts = [0, *(cut.end() for cut in _CUT.finditer(text)), len(text)]
    found: list[tuple[int, int]] = []
    before = 0
    for start, end in pairwise(cuts):
        joined = before if _GOES_ON.match(text, start) and text[start - 1 : start] in "，," else start
        before = start
        stop = end - 1 if _CUT.match(text, end - 1) else end
        if _PARTY.search(text, joined, stop):
            found.append((joined, stop))
    return [(a, b) for a, b in found if text[a:b].strip() and not any(a == c and b < d for c, d in found)]


def _shares(wanted: frozenset[str], text: str, clauses: list[tuple[int, int]]) -> list[float]:
    """The share of the question's characters that each clause holds beside its parties, rare ones counting more."""
    held = [wanted & words(_PARTY.sub("", text[start:end]), "zh") for start, end in clauses]
    frequency = Counter(character for said in held for character in said)
    weight = {c: math.log(1 + len(clauses) / (0.5 + frequency[c])) for c in wanted}
    total = sum(weight.values()) or 1.0
    return [sum(weight[c] for c in said) / total for said in held]
