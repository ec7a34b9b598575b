"""A system that is used in one process and then in its children."""

from __future__ import annotations

import os
from typing import ClassVar

from sparewheel.eval.availability.exchange import WARM_UP, expected_answer
from sparewheel.eval.availability.load import Reply


class Shared:
    """Answers right, and says which process did."""

    closed: ClassVar[list[int]] = []

    async def ask(self, question: str, passage: str) -> Reply:
        ticket = question.rpartition(" ")[2].rstrip("?")
        assert WARM_UP in question or ticket.startswith("question-")
        return Reply(expected_answer(ticket), str(os.getpid()))

    async def aclose(self) -> None:
        self.closed.append(os.getpid())
