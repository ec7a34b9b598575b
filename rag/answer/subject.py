"""A quote from the document that speaks of what is asked: interest on late rent is not that on late invoices.

Where no document is named, passages of several are read, and the one that says "interest" most plainly wins. A word of
the question that stands nowhere in what was found of that document, and in a heading of another that lacks no more
of it, tells that the other is meant: it is read alone, and where it does not answer, nothing does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sparewheel.rag.answer.lay import in_their_words
from sparewheel.rag.answer.verdict import words
from sparewheel.rag.types import AnswerRequest, Draft, Hit

_SHORTEST = 4  # letters of a word that tells documents apart


def of_the_subject(request: AnswerRequest, draft: Draft, read: Callable[[AnswerRequest], Draft]) -> Draft:
    """The draft, or what the other document says, or a refusal. English: a Chinese character tells too little."""
    if draft.refused or not draft.spans or request.language == "zh":
        return draft
    own = request.hits[draft.spans[0].hit].chunk.document_id
    texts: dict[str, str] = {}
    for hit in request.hits:
        texts[hit.chunk.document_id] = f"{texts.get(hit.chunk.document_id, '')}\n{_said(hit)}"
    if len(texts) < 2:
        return draft
    every = words(in_their_words(request.question, request.language, request.hits), request.language)
    asked = frozenset(word for word in every if len(word) >= _SHORTEST and word.isalpha())
    lacking = {document: asked - words(text, request.language) for document, text in texts.items()}
    topics = {document: frozenset[str]() for document in texts}
    for hit in request.hits:
        over = words(" ".join((hit.chunk.title, *hit.chunk.headings)), request.language)
        topics[hit.chunk.document_id] |= over
    others = [
        document
        for document, lacks in lacking.items()
        if (lacking[own] - lacks) & topics[document]
        and len(lacks) <= len(lacking[own])
        and every & topics[own] <= topics[document]
    ]
    if not others:
        return draft
    other = min(others, key=lambda document: len(lacking[document]))
    places = [i for i, hit in enumerate(request.hits) if hit.chunk.document_id == other]
    found = read(replace(request, hits=tuple(request.hits[i] for i in places)))
    if found.refused:
        return Draft("", refused=True, confidence=found.confidence, model=found.model)
    return replace(found, spans=tuple(replace(span, hit=places[span.hit]) for span in found.spans))


def _said(hit: Hit) -> str:
    """The passage under all that says what it is about."""
    chunk = hit.chunk
    named = (chunk.metadata.get(key, "") for key in ("parties", "aliases", "drug", "matter", "kind"))
    return "\n".join((chunk.title, *named, *chunk.headings, chunk.text))
