"""The Chinese answerer without a network: it quotes the clause, date or amount that the question asks for.

Chinese judgments run for hundreds of characters without a full stop, so a sentence is too much to quote: clauses are
scored by the question's characters they hold, weighted by rarity (BM25's idf), their neighbours counting less. A
question for a date or an amount gets the nearest one; a yes/no question the clause, and "no" when it denies.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import Label, denies, denies_asked
from sparewheel.rag.types import AnswerRequest, Draft, Span

REFUSE_BELOW = 0.35  # share of the question's character weight around the clause; loses 10 % of the answers of CJRC
RANK_DISCOUNT = 0.02  # a clause of the next passage must be better by this much
LENGTH_DISCOUNT = 0.02  # for each character: a long clause holds many characters by chance

_CLAUSE = re.compile(r"[^，。！？；：,;:\n]{2,}")
_STOP = frozenset("的了是在和与或吗呢什么哪谁多少怎样如何有为对应当可以其该及被")
_WHEN = re.compile(r"何时|时候|时间|哪年|哪一年|哪天|日期|几月|几年几月")
_HOW_MUCH = re.compile(r"多少|多大|多长|多高|金额|[几数](?!乎|据)")
_CASES = ("的", "者", "时")  # what a clause ends with that tells for whom or when
_CLAUSE_ENDS = re.compile(r"[，；。！？\n]")
_STOPS = re.compile(r"[。！？\n]")
_CASE = re.compile(
    r"[轻中重]度|[一二三四]级|以[上下]|[高低]于|[超不]过|每日|减量"
)  # what holds for some and not for others
_DATE = re.compile(r"\d{2,4}年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:\d{1,2}时(?:\d{1,2}分)?)?(?:许|左右)?")
_AMOUNT = re.compile(
    r"[\d０-９][\d０-９,.]*\s*(?:[万亿]余?)?(?:元|人|岁|天|日|年|个月|月|克|公斤|次|[%％]|小时|米|公里|名|条|部|套|平方米|亩)?"
)


class ClauseQuoter:
    """Reads a request into a Draft, in milliseconds."""

    def read(self, request: AnswerRequest) -> Draft:
        """The best place; confidence is the share of the question's character weight found around it."""
        wanted = _characters(request.question)
        cut = [[match.span() for match in _CLAUSE.finditer(hit.chunk.text)] for hit in request.hits]
        best, best_score = (0, 0), (0.0, 0.0)
        for i, (hit, spans) in enumerate(zip(request.hits, cut, strict=True)):
            for place, (score, share) in enumerate(_scores(wanted, hit.chunk.text, spans)):
                if score * (1 - RANK_DISCOUNT * i) > best_score[0]:
                    best, best_score = (i, place), (score * (1 - RANK_DISCOUNT * i), share)
        share = min(1.0, best_score[1])
        if share < REFUSE_BELOW:
            return Draft("", refused=True, confidence=share, model="clause-quoter")
        text, clause = request.hits[best[0]].chunk.text, cut[best[0]][best[1]]
        start, end = _narrowed(request.question, text, clause)
        asked = form_of(request.question, "zh").form == "yes-no"
        if asked:
            end = _with_what_it_heads(text, end)
        return Draft(
            text[start:end].strip(),
            (Span(best[0], start, end, best_score[0]),),
            confidence=share,
            label=_label(text[start:end], request.question) if asked else "",
            model="clause-quoter",
        )


def _with_what_it_heads(text: str, end: int) -> int:
    """Where the sentence ends that the clause is the head of: 肝功能不全：轻度者无需调整；重度者禁用。 Behind a case
    (用于加盟店的，不视为转租) where what holds for it ends. Else `end`."""
    if text[end - 1 : end] in _CASES and text[end : end + 1] in ("，", ","):
        stop = _CLAUSE_ENDS.search(text, end + 1)
        return stop.start() if stop else len(text)
    if text[end : end + 1] not in ("：", ":"):
        return end
    stop = _STOPS.search(text, end)
    return stop.start() if stop else len(text)


def _label(evidence: str, question: str) -> Label:
    """ "no" for what denies; "" where it depends: one case is denied and another not, or all without a consent."""
    if re.search(r"未经[^，。；]*不得", evidence):
        return ""
    cases = [denies(case, "zh") for case in re.split(r"[；;]", evidence.partition("：")[2] or evidence) if case.strip()]
    if len(cases) > 1 and (len(set(cases)) > 1 or _CASE.search(evidence)):
        return ""
    return "no" if denies(evidence, "zh") != denies_asked(question, "zh") else "yes"


def _scores(wanted: set[str], text: str, spans: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """(score, share) of each clause: the score of itself, half its left and a third of its right neighbour's."""
    held = [wanted & _characters(text[start:end]) for start, end in spans]
    frequency = Counter(character for found in held for character in found)
    weight = {c: math.log(1 + len(spans) / (0.5 + frequency[c])) for c in wanted}
    total = sum(weight.values()) or 1.0
    own = [
        sum(weight[c] for c in found) / (1 + LENGTH_DISCOUNT * (end - start))
        for found, (start, end) in zip(held, spans, strict=True)
    ]
    around = [set[str](), *held, set[str]()]
    made = []
    for i, value in enumerate(own):
        score = value + 0.5 * (own[i - 1] if i else 0) + 0.3 * (own[i + 1] if i + 1 < len(own) else 0)
        near = around[i] | around[i + 1] | around[i + 2]
        made.append((score / total, sum(weight[c] for c in near) / total))
    return made


def _narrowed(question: str, text: str, clause: tuple[int, int]) -> tuple[int, int]:
    """The date or amount nearest to the clause where the question asks for one and there is one, else the clause."""
    pattern = _DATE if _WHEN.search(question) else _AMOUNT if _HOW_MUCH.search(question) else None
    found = [match.span() for match in pattern.finditer(text)] if pattern else []
    found = [(start, end) for start, end in found if text[start:end].strip() not in question]
    middle = sum(clause) / 2
    inside = [span for span in found if clause[0] <= span[0] < clause[1]]
    return min(inside or found, key=lambda span: abs(span[0] - middle), default=clause)


def _characters(text: str) -> set[str]:
    """Words of Latin letters and digits, Chinese by character, without function words."""
    return {word.casefold() for word in re.findall(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]", text)} - _STOP
