"""The answerer that is always there: the built-in reader of the question's language.

When every cloud endpoint is down at once, all questions come here. A reader needs a tenth of a second of processor:
they are read one after the other and wait for their turn. What cannot be read before its deadline, as long as readings
take now, is not begun (`no_time`): the answerer behind this one quotes at once (`rag.answer.instant_quote`).
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

from sparewheel.rag.answer.alternatives import of_the_asked
from sparewheel.rag.answer.bounds import with_bounds
from sparewheel.rag.answer.cases import case_asked_for
from sparewheel.rag.answer.cells import cell_asked_for, whole_cells
from sparewheel.rag.answer.chinese import ChineseReader
from sparewheel.rag.answer.cite import one_line
from sparewheel.rag.answer.digest import digest, places_of
from sparewheel.rag.answer.kinds import of_the_asked_kind
from sparewheel.rag.answer.nearer import of_the_nearest
from sparewheel.rag.answer.parts import each_answered, parts_of
from sparewheel.rag.answer.section import of_its_section
from sparewheel.rag.answer.siblings import without_siblings
from sparewheel.rag.answer.stated import stated
from sparewheel.rag.answer.subject import of_the_subject
from sparewheel.rag.answer.whose import of_whom
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.reliability.faults import failure
from sparewheel.rag.reliability.workers import Urgency, Working
from sparewheel.rag.types import AnswerRequest, Draft, Reads

# What is done to the network's quote, in this order: first which place is meant, then which words of it.
_MENDING: tuple[Callable[[AnswerRequest, Draft], Draft], ...] = (
    whole_cells,  # half a row of a table does not say of what it is
    stated,  # a sentence that answers plainly, where the network believes none
    of_its_section,  # where the words of the question are those of a heading, and the network found nothing
    of_the_nearest,  # the network takes the first figure of the kind, not the one of the sentence that is meant
    of_the_asked,  # of several figures in one sentence it takes the first
    of_the_asked_kind,  # where there is no dose or person it points at what looks like one
    of_whom,  # asked who does it, it points at any party
    with_bounds,  # last, for it widens the figure that the steps before chose
)
_AROUND: Mapping[str, Callable[[Reads], Reads]] = {"zh": ChineseReader}  # what a language adds to its network


class VerticalReader:
    """openers: language -> opens its reader; one is opened when its language is first asked, and kept."""

    name = "reader"
    local = True

    def __init__(self, openers: Mapping[str, Callable[[], Reads]], workers: Working) -> None:
        self._openers = openers
        self._workers = workers
        self._open: dict[str, Reads] = {}
        self._opening = threading.Lock()

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        """The text in one piece, then the Draft. Raises Unavailable for a language without a reader, and for a question
        that cannot be read in time."""
        request = replace(request, question=request.standalone or request.question)
        if request.quotes:  # places that need no reading
            draft = await self._workers.run(Urgency.SEARCH, lambda: places_of(request))
        else:
            if request.language not in self._open:
                await self._workers.run(Urgency.OPEN, lambda: self.reader(request.language))
            self._check_time(request, self._workers.begins_s(Urgency.READ))
            draft = await self._workers.run(Urgency.READ, lambda: self._read(request))
        if draft.text:
            yield draft.text if draft.lines else one_line(draft.text)
        yield draft

    def _read(self, request: AnswerRequest) -> Draft:
        """A digest where several places are wanted; each part of a question of two."""
        self._check_time(request, 0.0)
        reader = self.reader(request.language)
        if found := digest(request, reader):
            return without_siblings(request, found)
        if parts := parts_of(request.question, request.language):
            return each_answered(request, parts, lambda part: _of_one(part, reader))
        return _of_one(request, reader)

    def _check_time(self, request: AnswerRequest, wait_s: float) -> None:
        needs_s, left_s = wait_s + self._workers.takes_s(Urgency.READ), request.left_s()
        if needs_s > left_s:
            raise failure("no_time", f"{needs_s:.3g} s with the wait for its turn, {left_s:.3g} s are left")

    def reader(self, language: str) -> Reads:
        """The open reader of a language. Raises Unavailable where there is none."""
        with self._opening:
            if language not in self._open:
                if language not in self._openers:
                    raise Unavailable(f"no built-in reader for {language!r}", reason="no_reader")
                found = self._openers[language]()
                self._open[language] = _AROUND[language](found) if language in _AROUND else found
            return self._open[language]


def _of_one(request: AnswerRequest, reader: Reads) -> Draft:
    """A cell of a table or a case that the question names; else what the network quotes, mended step by step."""
    found = cell_asked_for(request) or case_asked_for(request)
    if found is None:
        found = of_the_subject(request, reader.read(request), reader.read)
        for mended in _MENDING:
            found = mended(request, found)
    return without_siblings(request, found)
