"""A figure is quoted with what bounds it: "below 45 mL/min", "72 hours after the last new case", 低于300微摩尔每升.

"48 hours" out of "48 hours without diarrhoea" is another rule than the document's.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sparewheel.rag.answer.detail import with_bound
from sparewheel.rag.answer.figures import quantities
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.table_text import MARK
from sparewheel.rag.types import AnswerRequest, Draft, Span

_LONGEST = 90  # characters of a condition behind a figure
_SHORT = 40  # characters of a quote that is a figure
_RANGE = re.compile(r"以上(?:至)?|[至到]")
_CONDITION = re.compile(
    r"\s+(?:after|before|from|of|without|if|unless|once|until|following|for each|in each|per|plus|above|within|twice"
    r"|with|(?:one|two|three|four|\d+) times|every|a (?:day|week|month|year)|by mouth|on)\b"
    r"[^.;,:()\n]{1,80}",
    re.IGNORECASE,
)


def with_bounds(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft with whole figures where it quotes one."""
    if draft.refused or draft.lines or draft.label or len(draft.spans) != 1:
        return draft
    if form_of(request.question, request.language).either:
        return draft  # one of the two that are offered
    text = request.hits[draft.spans[0].hit].chunk.text
    span = whole(draft.spans[0], text)
    return replace(draft, text=text[span.start : span.end], spans=(span,)) if span != draft.spans[0] else draft


def whole(span: Span, text: str) -> Span:
    """The span with the bound before its figure and the condition behind it; as it is where it is no mere figure."""
    said = text[span.start : span.end]
    if len(said) > _SHORT or MARK in said or "\n" in said:
        return span
    inside = [q for q in quantities(text) if q.start < span.end and span.start < q.end]
    if not inside:
        return span
    first = next((q for q in quantities(text) if _RANGE.fullmatch(text, q.end, inside[0].start)), None)
    start, end = min(span.start, with_bound(text, inside[0])[0]), max(span.end, with_bound(text, inside[-1])[1])
    start = min(start, first.start) if first else start  # 五万元以上五十万元以下
    behind = _CONDITION.match(text, end)
    if behind and end - span.end <= 12 and len(behind[0]) <= _LONGEST:
        end = behind.start() + len(behind[0].rstrip())
    return replace(span, start=start, end=end)
