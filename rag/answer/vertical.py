"""The answerer that is always there: the built-in reader of the question's language; without one, the quoter.

When every cloud endpoint is down at once, all questions come here. A reader needs a tenth of a second of processor, so
only so many are read at a time; the others are quoted, which takes no time, and none waits for its budget to run out.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from sparewheel.rag.answer.chinese import ChineseReader
from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.quote import SentenceQuoter
from sparewheel.rag.types import Answerer, AnswerRequest, Draft

READINGS = 4  # at a time; one more is quoted instead

_AROUND: Mapping[str, Callable[[Any], Answerer]] = {"zh": ChineseReader}  # what a language adds to its network
_WITHOUT_WEIGHTS: Mapping[str, Callable[[], Answerer]] = {"zh": ClauseQuoter}


class VerticalReader:
    """openers: language -> opens its reader; one is opened when its language is first asked, and kept."""

    name = "reader"
    local = True

    def __init__(self, openers: Mapping[str, Callable[[], Answerer]]) -> None:
        self._openers = openers
        self._open: dict[str, Answerer] = {}
        self._opening = threading.Lock()
        self._places = threading.BoundedSemaphore(READINGS)

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        """What the reader of `request.language` streams; what the quoter does while all reading places are taken."""
        request = replace(request, question=request.standalone or request.question)
        reading = self._places.acquire(blocking=False)
        try:
            answerer = self.reader(request.language) if reading else self.quoter(request.language)
            source: Any = answerer.stream(request)
            async with aclosing(source):
                async for item in source:
                    yield item
        finally:
            if reading:
                self._places.release()

    def reader(self, language: str) -> Answerer:
        """The open reader of a language."""
        with self._opening:
            if language not in self._open:
                opener = self._openers.get(language)
                around = _AROUND.get(language)
                found = opener() if opener else self.quoter(language)
                self._open[language] = around(found) if opener and around else found
            return self._open[language]

    def quoter(self, language: str) -> Answerer:
        """The answerer of a language that needs no weights."""
        return _WITHOUT_WEIGHTS.get(language, SentenceQuoter)()
