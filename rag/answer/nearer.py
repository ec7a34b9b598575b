"""A quote from the sentence that says most of what is asked: "notify of a personal data breach within 24 hours", not
"major changes are to be notified 30 days in advance".

A network takes the first figure of the kind that is asked for. Where another sentence of the same document holds the
question's words far better, weighed by how few sentences have them, the figure of that sentence is meant.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sparewheel.rag.answer.bounds import whole
from sparewheel.rag.answer.detail import DATE, DAY, figure_asked_for, units_asked_for
from sparewheel.rag.answer.figures import quantities
from sparewheel.rag.answer.lay import in_their_words
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import words
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import AnswerRequest, Draft, Hit, Span

SURE = 0.9  # who is so sure of a quote keeps it
LEAST = 0.65  # share of the question's weight that the better sentence holds ...
BETTER = 0.35  # ... and by how much more than the quoted one
_ABOVE = 0.5  # what a word counts that stands in the heading alone
_LEAST_WORDS = 2
_SHORTEST = 12  # characters of a sentence
_NAMES = ("parties", "aliases", "drug", "matter")
_ASKING = re.compile(
    r"\b(?:time|date|within|latest|earliest|long|much|many|often|quickly|soon|fast|amount|number|allowed|again|day)s?\b"
    r"|多少|多久|多长|什么|时候|最早|最晚|几",
    re.IGNORECASE,
)
_WHEN = re.compile(r"\W*when\b|什么时候|何时", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|when|once|where|after|unless|until)\b|如果|后|时", re.IGNORECASE)
_PRONOUN = re.compile(r"(?:It|They|This|These|He|She)\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters [start, end) of the text of hits[hit]; share: of the question's weight that it holds, 0..1."""

    hit: int
    start: int
    end: int
    share: float


def of_the_nearest(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft, with the figure of the sentence that holds far more of the question, where there is one."""
    if draft.refused or draft.lines or draft.label or not draft.spans or draft.confidence >= SURE:
        return draft
    span = draft.spans[0]
    document = request.hits[span.hit].chunk.document_id
    text = simplified(request.hits[span.hit].chunk.text)
    asked = form_of(simplified(request.question), request.language)
    if asked.form != "detail" or MARK in text[span.start : span.end]:
        return draft
    ranked = by_share(request, document)
    own = next((s for s in ranked if s.hit == span.hit and s.start <= span.start < s.end), None)
    if own is None:
        return draft
    quoted = text[span.start : span.end]
    if _WHEN.match(asked.text) and DAY.search(quoted):
        return draft  # a day that is named says when
    units = units_asked_for(asked.text) or {q.unit for q in quantities(quoted)}
    for better in ranked:
        if better.share < LEAST or better.share < own.share + BETTER:
            return draft
        said = simplified(request.hits[better.hit].chunk.text)[better.start : better.end]
        if (better.hit, better.start) == (own.hit, own.start):
            return draft
        if units and not _holds(said, units) and not (_WHEN.match(asked.text) and _CONDITION.search(said)):
            continue
        return _moved(request, draft, better, asked.text)
    return draft


def _holds(said: str, units: Collection[str]) -> bool:
    return any(q.unit in units for q in quantities(said)) or ("day" in units and bool(DATE.search(said)))


def by_share(request: AnswerRequest, document: str, *, of_all: bool = False) -> list[Sentence]:
    """The sentences of a document's passages by how much of the question they hold, most first; [] where the question
    says too little. of_all: words of the question that stand nowhere count, too."""
    question = in_their_words(simplified(request.question), request.language, request.hits)
    own = [(i, hit) for i, hit in enumerate(request.hits) if hit.chunk.document_id == document]
    wanted = words(_ASKING.sub(" ", question), request.language) - _told(own)
    told: list[tuple[int, int, int, frozenset[str], frozenset[str]]] = []
    for i, hit in own:
        text = simplified(hit.chunk.text)
        over = words(" ".join(hit.chunk.headings), request.language)
        before = frozenset[str]()
        for start, end in sentences(text):
            said = text[start:end]
            held = words(said, request.language)
            told.append((i, start, end, held | (before if _PRONOUN.match(said) else frozenset()), over))
            before = held
    frequency = Counter(word for *_, held, _ in told for word in held & wanted)
    weight = {word: math.log(1 + len(told) / (0.5 + frequency[word])) for word in wanted if frequency[word] or of_all}
    if len(weight) < _LEAST_WORDS:
        return []
    total = sum(weight.values())

    def share(held: frozenset[str], over: frozenset[str]) -> float:
        return sum(w * (1 if word in held else _ABOVE * (word in over)) for word, w in weight.items()) / total

    scored = [
        Sentence(i, start, end, share(held, over))
        for i, start, end, held, over in told
        if end - start >= _SHORTEST
    ]  # fmt: skip
    return sorted(scored, key=lambda s: (-s.share, s.hit, s.start))


def _told(own: Sequence[tuple[int, Hit]]) -> frozenset[str]:
    """What the document is called: every sentence of it is about that."""
    _, first = own[0]
    names = " ".join((first.chunk.title, *(first.chunk.metadata.get(key, "") for key in _NAMES)))
    return words(simplified(names), first.chunk.language or "en")


def _moved(request: AnswerRequest, draft: Draft, to: Sentence, question: str) -> Draft:
    """The draft with the figure of the sentence that is asked for, else with the sentence."""
    text = request.hits[to.hit].chunk.text
    said = simplified(text)[to.start : to.end]
    figure = figure_asked_for(question, said, 0)
    start, end = (to.start + figure[0], to.start + figure[1]) if figure else (to.start, to.end)
    span = whole(Span(to.hit, start, end, draft.spans[0].score), text)
    return replace(draft, text=text[span.start : span.end], spans=(span,))
