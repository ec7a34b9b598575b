"""The answerer that is always there: the built-in reader of the question's language; without one, the quoter."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from rag.answer.clause import ClauseQuoter
from rag.answer.quote import SentenceQuoter
from rag.types import Answerer, AnswerRequest, Draft

_WITHOUT_WEIGHTS: Mapping[str, Callable[[], Answerer]] = {"zh": ClauseQuoter}


class VerticalReader:
    """openers: language -> opens its reader; one is opened when its language is first asked, and kept."""

    name = "reader"
    local = True

    def __init__(self, openers: Mapping[str, Callable[[], Answerer]]) -> None:
        self._openers = openers
        self._open: dict[str, Answerer] = {}
        self._opening = threading.Lock()

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        """What the reader of `request.language` streams."""
        source: Any = self.reader(request.language).stream(request)
        async with aclosing(source):
            async for item in source:
                yield item

    def reader(self, language: str) -> Answerer:
        """The open reader of a language."""
        with self._opening:
            if language not in self._open:
                opener = self._openers.get(language) or _WITHOUT_WEIGHTS.get(language, SentenceQuoter)
                self._open[language] = opener()
            return self._open[language]
