"""The Chinese reader: the network finds the place, the rule that a clause which denies means no gives yes or no.

Where the network's evidence bears on no yes or no, the clause that holds most of the question's characters is tried; it
answers where it does (docs/LOG.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.figures import compared
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import says_otherwise
from sparewheel.rag.types import AnswerRequest, Draft

HELD = 0.5  # least share of the question's weight around a clause for it to say yes or no


class Reads(Protocol):
    """What the network's reader offers."""

    def read(self, request: AnswerRequest) -> Draft: ...


class ChineseReader:
    """What a Chinese network's reader reads, with the rules beside it."""

    def __init__(self, network: Reads) -> None:
        self._network, self._rules = network, ClauseQuoter()

    def read(self, request: AnswerRequest) -> Draft:
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
