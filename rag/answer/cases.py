"""What holds for the case that a question describes: "2.5 mg over 75 years" for a man of 82, "15 mg if creatinine
clearance is below 50" for one of 40.

A network asked for the dose at 82 looks for "82" and finds nothing, or takes the dose of everybody. Where a sentence
sets a range that holds the question's age, weight or value, and gives a figure of the kind that is asked for beside it,
that sentence is the answer, quoted whole: whoever reads it sees for whom it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sparewheel.rag.answer.detail import DOSES, MONEY, units_asked_for
from sparewheel.rag.answer.figures import Quantity, quantities
from sparewheel.rag.answer.lay import in_their_words
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import words
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import AnswerRequest, Draft, Hit, Span

LEAST_SURE, SURE = 0.6, 0.9  # of a sentence that shares half of what else the question says, and all of it
_SHARED = 0.4  # least share of it
_AGE = re.compile(
    r"\b(?P<old>\d{1,3})(?:[- ]years?[- ]olds?\b|[- ]?y/?o\b)|\b(?:aged?|age of)\s+(?P<aged>\d{1,3})\b"
    r"|\b(?P<over>over|older than|above)\s+(?:the age of\s+)?(?P<limit>\d{1,3})"
    r"(?!\s*(?:[a-z]+/|mg|m[lL]|kg|g|%|days?|weeks?|hours?|\d))"
    r"|\b(?:m[ae]n|wom[ae]n|patients?|persons?|mother|father|mum|dad|grand\w+|child|boy|girl|lady)\s+of\s+(?P<of>\d{1,3})\b"
    r"(?!\s*(?:mg|m[lL]|kg|kilo|g\b))|(?P<zh>\d{1,3}|[一二三四五六七八九]?十[一二三四五六七八九]?)(?P<odd>多)?\s*周?岁(?P<more>以上)?",
    re.IGNORECASE,
)
_OF_BODIES = ("kg", "mL", "mol/L", "%", "°C", "point", "mmol/L")  # units in which a case is told
_BARE_AGE = re.compile(  # "Children 6 to 12", "adults and children over 12"
    r"\b(?:child(?:ren)?|adults?|adolescents?|patients|people|persons|those|aged?)\s+"
    r"(?:(?:aged?|from|over|under|above)\s+)*$",
    re.IGNORECASE,
)
_OLDEST = 120
# opens a sentence that speaks of what the one before names
_GOES_ON = re.compile(r"(?:It|This|These|They|The dose|This dose)\b")
_IF = re.compile(r"\b(?:if|when|where|for|in|unless)\b|[,，:：]", re.IGNORECASE)
_ANYBODY = re.compile(
    r"\b(?:child(?:ren)?|kids?|bab(?:y|ies)|adults?|patients?|m[ae]n|wom[ae]n|persons?|people|someone|somebody|mother|father"
    r"|mum|dad|grand\w+|who|weigh(?:s|ing|t)?|old|years?|aged?|over|of|is|much|many|most|day)\b|老人|病人|患者|孩子|儿童|的人|吃|用|多少|一天|每天"
    r"|起始|开始",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Case:
    """An age, a weight or a value of the question. unit "age" in years; label: the words before a bare number."""

    low: float
    high: float
    unit: str
    label: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Found:
    hit: int
    start: int
    end: int
    held: int
    share: float


def case_asked_for(request: AnswerRequest) -> Draft | None:
    """The sentence that holds for the case of the question; None where the question describes none, asks for no figure,
    or no sentence sets a range for it."""
    question = simplified(request.question)
    if form_of(question, request.language).form == "yes-no":
        return None
    cases = _cases(question, request.language)
    units = units_asked_for(question) - {case.unit for case in cases}
    if units == MONEY and any(hit.chunk.metadata.get("drug") for hit in request.hits):
        units = DOSES  # "how much for a child of 9?"
    if not cases or not units:
        return None
    rest = question
    for case in reversed(cases):
        rest = f"{rest[: case.start]} {rest[case.end :]}"
    rest = in_their_words(rest, request.language, request.hits)
    wanted = words(_ANYBODY.sub(" ", rest), request.language)
    wanted -= frozenset().union(*(case.label for case in cases))
    found = [one for i, hit in enumerate(request.hits) for one in _in(i, hit, cases, units, wanted, request.language)]
    if not found:
        return None
    best = max(found, key=lambda one: (one.held, one.share, -one.hit))
    if best.held < len(cases) and any(case.unit == "" for case in cases):
        return None
    text = request.hits[best.hit].chunk.text[best.start : best.end]
    sure = LEAST_SURE + (SURE - LEAST_SURE) * best.share
    return Draft(text, (Span(best.hit, best.start, best.end, sure),), confidence=sure, model="cases")


def _cases(question: str, language: str) -> list[_Case]:
    """The ages, weights and values that the question describes, in order."""
    found: list[_Case] = []
    for age in _AGE.finditer(question):
        said = next(age[name] for name in ("old", "aged", "limit", "of", "zh") if age[name])
        years = float(said) if said.isdigit() else quantities(f"{said}岁")[0].low
        more = bool(age["over"] or age["more"] or age["odd"])
        found.append(_Case(years + more, years + more, "age", frozenset(), *age.span()))
    for q in quantities(question):
        if any(case.start <= q.start < case.end for case in found) or q.bound:
            continue
        if q.unit in _OF_BODIES:
            found.append(_Case(q.low, q.high, q.unit, frozenset(), q.start, q.end))
        elif not q.unit and (label := _label(question[: q.start], language)):
            found.append(_Case(q.low, q.high, "", label, q.start, q.end))
    return sorted(found, key=lambda case: case.start)


def _label(before: str, language: str) -> frozenset[str]:
    """What a bare number is of: "creatinine clearance is 40"."""
    tail = re.search(r"((?:[A-Za-z-]+\s+){1,3})(?:is|of|at|was)\s*$", before) if language != "zh" else None
    return words(tail[1], language) if tail else frozenset()


def _in(hit: int, passage: Hit, cases: Sequence[_Case], units: frozenset[str], wanted: frozenset[str], language: str
        ) -> Iterator[_Found]:  # fmt: skip
    """The sentences of a passage that hold for one of the cases at least."""
    chunk = passage.chunk
    text = simplified(chunk.text)
    names = (chunk.metadata.get(key, "") for key in ("parties", "drug", "matter", "aliases"))
    over = words(" ".join((chunk.title, *names, *chunk.headings)), language)
    places = sentences(text)
    for n, (start, end) in enumerate(places):
        said = text[start:end]
        if MARK in said:
            continue
        told = quantities(said)
        figures = [q for q in told if q.unit in units]
        ranges = [q for q in told if q.bound or q.high > q.low]
        held = sum(
            any(_holds(r, case, said, language) and _beside(r, figures, ranges, said) for r in ranges) for case in cases
        )
        if not held or not figures:
            continue
        first = places[n - 1][0] if n and _GOES_ON.match(said) and start - places[n - 1][1] < 3 else start
        context = text[places[max(0, n - 2)][0] : end]
        share = len(wanted & (words(context, language) | over)) / len(wanted) if wanted else 1.0
        if share >= _SHARED:
            yield _Found(hit, first, end, held, share)


def _holds(r: Quantity, case: _Case, said: str, language: str) -> bool:
    """Whether the range holds the case. An age is held by years alone: "more than 30 days" says nothing of one."""
    if case.unit == "age" and not r.unit:
        years = _BARE_AGE.search(said, 0, r.start) and r.low <= case.low and case.high <= r.high
        return bool(years) and max(edge for edge in (r.low, r.high) if edge != float("inf")) <= _OLDEST
    if case.unit == "age":
        year = 1.0 if r.unit == "岁" else 365.0
        return r.unit in ("岁", "day") and r.low / year <= case.low and case.high <= r.high / year and year * 1 <= max(
            abs(edge) for edge in (r.low, r.high) if abs(edge) != float("inf"))  # fmt: skip
    if case.unit:
        return r.unit == case.unit and r.low <= case.low and case.high <= r.high
    before = words(said[max(0, r.start - 60) : r.start], language)
    return bool(case.label) and case.label <= before and r.low <= case.low and case.high <= r.high


def _beside(r: Quantity, figures: Sequence[Quantity], ranges: Sequence[Quantity], said: str) -> bool:
    """Whether a figure goes with the range: the next one behind it, with no other range of its unit between; else one
    shortly before it, joined by "if", with no figure behind."""
    others = [o for o in ranges if o.unit == r.unit and o.start != r.start]
    behind = [f for f in figures if f.start >= r.end and not any(r.end <= o.start < f.start for o in others)]
    if behind:
        return True
    before = [f for f in figures if f.end <= r.start and not any(f.end <= o.start < r.start for o in others)]
    return any(_IF.search(said, f.end, r.start) for f in before[-1:])
