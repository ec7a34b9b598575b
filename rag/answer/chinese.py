"""The Chinese reader: the network finds the place, the rule that a clause which denies means no gives yes or no.

Where the network's evidence bears on no yes or no, the clause that holds most of the question's characters is tried; it
answers where it does (docs/LOG.md).
"""

from __future__ import annotations

from dataclasses import replace

from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.figures import compared
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import says_otherwise
from sparewheel.rag.text import simplified
from sparewheel.rag.types import AnswerRequest, Draft, Hit, Reads

HELD = 0.5  # least share of the question's weight around a clause for it to say yes or no


class ChineseReader:
    """What a Chinese network's reader reads, with the rules beside it."""

    def __init__(self, network: Reads) -> None:
        self._network, self._rules = network, ClauseQuoter()

    def read(self, request: AnswerRequest) -> Draft:
        """As `_read`, of the request in Simplified characters; quoted as the document writes."""
        folded = _in_simplified(request)
        draft = self._read(folded)
        if not draft.spans or folded is request:
            return draft
        quotes = (request.hits[s.hit].chunk.text[s.start : s.end].strip() for s in draft.spans)
        return replace(draft, text="; ".join(quotes))

    def _read(self, request: AnswerRequest) -> Draft:
        """The network's span; of a yes/no question that it gives no label to, the rules' clause where that bears."""
        asked, draft = form_of(request.question, "zh"), self._network.read(request)
        if asked.form != "yes-no" or draft.label:
            return draft
        found = self._rules.read(replace(request, question=asked.text))
        if found.refused or found.confidence < HELD:
            return draft
        if says_otherwise(asked.text, found.text, "zh"):
            return draft
        agreed = compared(asked.text, found.text)
        return draft if agreed in ("differ", "unclear") else found


def _in_simplified(request: AnswerRequest) -> AnswerRequest:
    """The request with Traditional characters as Simplified ones, each passage as long as before; itself where it has
    none."""
    question = simplified(request.question)
    hits = tuple(_folded(hit) for hit in request.hits)
    if question == request.question and all(a is b for a, b in zip(hits, request.hits, strict=True)):
        return request
    return replace(request, question=question, hits=hits)


def _folded(hit: Hit) -> Hit:
    chunk = hit.chunk
    text, title = simplified(chunk.text), simplified(chunk.title)
    if (text, title) == (chunk.text, chunk.title):
        return hit
    named = {key: simplified(value) for key, value in chunk.metadata.items()}
    headings = tuple(simplified(heading) for heading in chunk.headings)
    return replace(hit, chunk=replace(chunk, text=text, title=title, headings=headings, metadata=named))
