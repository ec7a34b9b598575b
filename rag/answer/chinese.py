"""The Chinese reader: the network for what a question asks for, the clause rules for yes or no.

The network has seen too few yes/no questions to label them; the rule that a clause which denies means no is right more
often (docs/LOG.md). Where the network refuses, so does the answer: the rules would quote something, and mostly wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from sparewheel.rag.answer.cite import one_line
from sparewheel.rag.answer.clause import ClauseQuoter, asks_yes_or_no
from sparewheel.rag.types import AnswerRequest, Draft


class Reads(Protocol):
    """What the network's reader offers."""

    def read(self, request: AnswerRequest) -> Draft: ...


class ChineseReader:
    """An `Answerer` over the network's reader."""

    name = "reader"
    local = True

    def __init__(self, network: Reads) -> None:
        self._network, self._rules = network, ClauseQuoter()

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        """The text in one piece, then the Draft; the reading runs in a worker thread."""
        draft = await asyncio.to_thread(self.read, request)
        if draft.text:
            yield one_line(draft.text)
        yield draft

    def read(self, request: AnswerRequest) -> Draft:
        """The network's span; of a yes/no question the rules' clause and label."""
        reader = self._rules if asks_yes_or_no(request.question) else self._network
        return reader.read(request)
