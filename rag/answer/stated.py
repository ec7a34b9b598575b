"""What a sentence states plainly, where the network believes none: "The Landlord has no right to break".

Such a sentence answers "Can the landlord break the lease early?". One of the document asked about that holds most of
the question, and whose polarity and numbers bear on it (`verdict`), answers yes or no; one that holds nearly all of it,
far more than any other, and a figure of the kind that is asked for, is quoted.
"""

from __future__ import annotations

from sparewheel.rag.answer.detail import units_asked_for
from sparewheel.rag.answer.figures import quantities
from sparewheel.rag.answer.leads import with_lead
from sparewheel.rag.answer.nearer import by_share
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import verdict
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import simplified
from sparewheel.rag.types import AnswerRequest, Draft, Span

LEAST, LEAST_ZH = 0.6, 0.75  # share of the question's weight that the sentence holds; characters agree by chance
LONGEST, LONGEST_ZH = 160, 60  # characters of a sentence that states one thing
AHEAD = 0.1  # and by how much more than the next one that says the opposite
SURE = 0.6
HELD, FAR = 0.8, 0.2  # share of a question that is quoted from, and by how much it is ahead of all others
LONGEST_QUOTE = 300  # characters


def stated(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft, or the sentence that answers a yes/no question which it refuses or quotes without an answer."""
    asked = form_of(simplified(request.question), request.language)
    if asked.form != "yes-no":
        return _held(request, draft, asked.text) if draft.refused else draft
    if draft.label or draft.lines or not request.hits:
        return draft
    if len({hit.chunk.document_id for hit in request.hits}) > 1:
        return draft
    answers = []
    least, longest = (LEAST_ZH, LONGEST_ZH) if request.language == "zh" else (LEAST, LONGEST)
    for sentence in by_share(request, request.hits[0].chunk.document_id, of_all=draft.refused):
        if sentence.share < least:
            break
        if sentence.end - sentence.start > longest:
            continue
        chunk = request.hits[sentence.hit].chunk
        span = with_lead(Span(sentence.hit, sentence.start, sentence.end, SURE), chunk.text)
        said = simplified(chunk.text)[span.start : span.end]
        over = simplified(" ".join((chunk.title, *chunk.headings)))
        label = "" if MARK in said else verdict(asked.text, said, over, {}, request.language)
        if label:
            answers.append((sentence, span, label))
    if not answers:
        return draft
    (best, span, label), *others = answers
    if any(said != label and sentence.share > best.share - AHEAD for sentence, _, said in others):
        return draft
    text = request.hits[span.hit].chunk.text[span.start : span.end]
    return Draft(text, (span,), confidence=max(draft.confidence, SURE), label=label, model=draft.model)


def _held(request: AnswerRequest, draft: Draft, question: str) -> Draft:
    """The sentence that holds nearly all of a question that the network refuses, where it can hold the answer."""
    if len({hit.chunk.document_id for hit in request.hits}) != 1:
        return draft
    ranked = by_share(request, request.hits[0].chunk.document_id, of_all=True)[:2]
    if not ranked or ranked[0].share < HELD or ranked[0].share - (ranked[1].share if ranked[1:] else 0.0) < FAR:
        return draft
    best = ranked[0]
    text = request.hits[best.hit].chunk.text[best.start : best.end]
    units = units_asked_for(question)
    if MARK in text or len(text) > LONGEST_QUOTE or not any(q.unit in units for q in quantities(simplified(text))):
        return draft
    return Draft(text, (Span(best.hit, best.start, best.end, SURE),), confidence=SURE, model=draft.model)
