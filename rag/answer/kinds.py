"""A quote that can hold what is asked for: a dose in milligrams, a person for "who", a figure for "how many".

A network that finds no dose points at what looks most like one, "15 mL" out of "15 mL/min". Such a quote sounds like an
answer and is none. Where the sentence around it has the one figure that is asked for, that is quoted; where a sentence
names what is asked by its name ("最大剂量"), that sentence; else nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sparewheel.rag.answer.detail import DATE, DOSES, MONEY, figure_asked_for, units_asked_for
from sparewheel.rag.answer.figures import Quantity, quantities
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import AnswerRequest, Draft, Span

_LONGEST_DETAIL = 60  # characters
_EXTREME = re.compile(
    r"最大剂量|最高剂量|(?:highest|maximum|largest|starting|usual|recommended) (?:daily )?dose", re.IGNORECASE
)
_WHO = re.compile(
    r"^\W*(?:who|whom)\b(?! (?:must|should|may|can|cannot|shall|has|have|is (?:entitled|allowed|not)|are)\b)",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b[A-ZÀ-ÖØ-ÞĀ-Ž][^\W\d_]+"
                     r"|\b(?:party|parties|tenant|landlord|buyer|seller|supplier|customer|contractor"
                     r"|client|lender|borrower|employee|employer|company|owner|parent|doctor|nurse|member|board|court|committee|manager|director"
                     r"|officer|patient|person|people|surveyor|arbitrator|auditor|insurer|authority)s?\b")  # fmt: skip
_TIME_OF_A_DOSE = re.compile(
    r"\b(?:missed|forg[oe]t\w*|skipped|late|last|between|after|before|hours?|when)\b|漏|忘|后|前", re.IGNORECASE
)
_HOW_MANY = re.compile(r"\bhow many\b|多少(?:[个名人次份条项台套]|钱)|几(?:[个名人次份条项台套])", re.IGNORECASE)
_COUNTED = re.compile(
    r"\d|[零一二两三四五六七八九十百千万半]|\b(?:no|none|nobody|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|twenty|thirty|forty|fifty|hundred|thousand|once|twice|both|each|every|all|any|half|third|quarter|single)\b|无|每|均|各",
    re.IGNORECASE,
)
_PRICE = re.compile(r"\b(?:costs?|prices?|fee|rent|salary|deposit)\b|多少钱|价格|价钱|费用", re.IGNORECASE)
_COUNTS = re.compile(r"\b(?:tablets?|capsules?|pieces?|bottles?|packs?)\b", re.IGNORECASE)
_THINGS = {"tablet", "mg", "g", "µg", "mL", "kg", "°C", "岁", "cm", "m", "km", "mol/L"}  # that no price is told in
_MOST = re.compile(r"最多|最大|最高|\b(?:most|max|maximum|highest)\b", re.IGNORECASE)
_CASE = re.compile(  # for whom a dose holds that is not everybody's
    r"肌酐|[肾肝]功能|不全|[中重]度|老年|儿童|\d岁|合用|\b(?:creatinine|renal|hepatic|liver|kidney|elderly|years|children)\b",
    re.IGNORECASE,
)
_TIMES = re.compile(r"几倍|多少倍")
_UNIT_ONLY = re.compile(r"[^\d零一二三四五六七八九十百千万两]*")


def of_the_asked_kind(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft, with another quote or refused where it can not hold what is asked for."""
    if draft.refused or draft.lines or draft.label or len(draft.spans) != 1:
        return draft
    question = simplified(request.question)
    if form_of(question, request.language).form == "yes-no":
        return draft
    span = draft.spans[0]
    chunk = request.hits[span.hit].chunk
    text = simplified(chunk.text)
    said = text[span.start : span.end]
    if MARK in said or len(said) > _LONGEST_DETAIL:
        return draft
    if (figure := _figure_of(text, span)) is not None and _UNIT_ONLY.fullmatch(said):
        span = replace(span, start=figure.start, end=max(figure.end, span.end))
        said = text[span.start : span.end]
        draft = replace(draft, text=chunk.text[span.start : span.end], spans=(span,))
    if (
        request.language == "en"
        and _WHO.match(question)
        and not _PERSON.search(re.sub(r"\b[\w-]*\d[\w-]*\b", "", said))
    ):
        return _refused(draft)
    if _TIMES.search(question) and not re.search(r"倍|百分之|[%％]", said):
        return _refused(draft)
    if _HOW_MANY.search(question) and not _COUNTED.search(_around(text, span)):
        return _refused(draft)
    units = units_asked_for(question)
    told = _told(text, span)
    if units == MONEY and _PRICE.search(question) and told <= _THINGS and (told or _COUNTS.search(said)):
        return _refused(draft)
    if not units <= DOSES or _TIME_OF_A_DOSE.search(question):
        return draft
    if told & units and _MOST.search(question) and _CASE.search(_clause(text, span)) and not _CASE.search(question):
        return _by_its_name(request, draft, "最大剂量 highest dose", units) or draft
    if not units or not told or told & units or DATE.search(said):
        return draft
    around = next(((a, b) for a, b in sentences(text) if a <= span.start < b), (span.start, span.end))
    near = figure_asked_for(question, text[slice(*around)], span.start - around[0])
    if near is not None and len([q for q in quantities(text[slice(*around)]) if q.unit in units]) == 1:
        start, end = around[0] + near[0], around[0] + near[1]
        return replace(draft, text=chunk.text[start:end], spans=(replace(span, start=start, end=end),))
    return _by_its_name(request, draft, question, units) or _refused(draft)


def _told(text: str, span: Span) -> set[str]:
    """The units of the quantities that the span quotes or is a part of."""
    return {q.unit for q in quantities(text) if q.start < span.end and span.start < q.end} - {""}


def _clause(text: str, span: Span) -> str:
    """The part of the sentence up to the span that tells for whom it holds."""
    start = max(text.rfind(mark, 0, span.start) for mark in "；;。\n")
    return text[start + 1 : span.start]


def _around(text: str, span: Span) -> str:
    return next((text[a:b] for a, b in sentences(text) if a <= span.start < b), text[span.start : span.end])


def _figure_of(text: str, span: Span) -> Quantity | None:
    """The quantity that the span is the end of: "mmol/L" of "below 1.4 mmol/L"."""
    return next((q for q in quantities(text) if q.start < span.start < q.end), None)


def _by_its_name(request: AnswerRequest, draft: Draft, question: str, units: frozenset[str]) -> Draft | None:
    """The sentence that names the highest or the usual dose as the question does, and gives it."""
    names = {name[0].casefold() for name in _EXTREME.finditer(question)}
    for i, hit in enumerate(request.hits):
        text = simplified(hit.chunk.text)
        for start, end in sentences(text):
            said = text[start:end]
            if _CASE.search(said) and not _CASE.search(request.question):
                continue
            if any(name in said.casefold() for name in names) and any(q.unit in units for q in quantities(said)):
                span = Span(i, start, end, draft.spans[0].score)
                return replace(draft, text=hit.chunk.text[start:end], spans=(span,))
    return None


def _refused(draft: Draft) -> Draft:
    return Draft("", refused=True, confidence=draft.confidence, model=draft.model)
