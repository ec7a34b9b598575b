"""A chat model as an answerer: prompt in, text with `[n]` markers out, "not in these documents" honoured.

What comes as a whole answer and is none is a failure of the answerer, so that the next one is asked: nothing said at
all, "the server is busy" said as an answer, endless repetition, or a text of which the passages bear out nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from sparewheel.rag.answer import prompt
from sparewheel.rag.answer.cite import borne_out
from sparewheel.rag.answer.endpoint import Completer, Completion
from sparewheel.rag.answer.markers import without_markers
from sparewheel.rag.answer.repetition import repeats
from sparewheel.rag.answer.thoughts import without_thoughts
from sparewheel.rag.clean import says_something
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.reliability.faults import failure
from sparewheel.rag.reliability.said import is_error_message, redacted
from sparewheel.rag.types import AnswerRequest, Draft, Profile, Progress

TEMPERATURE = 0.0
# A written answer that followed the rules; how often such an answer is right is measured by eval, not known here.
CONFIDENCE = 0.8
LOOK_EVERY_CHARS = 400  # for repetition
CHARS_PER_TOKEN = 10  # more than any writing has; an endpoint that writes on ignores max_tokens


def _left_out(read: int, given: int) -> tuple[str, ...]:
    return () if read == given else (f"only the first {read} of {given} passages were read: this model takes no more",)


class ChatAnswerer:
    """An `Answerer` over any `Completer`, in the words of one domain profile."""

    def __init__(self, completer: Completer, profile: Profile, *, max_tokens: int = 1024) -> None:
        self.name = completer.name
        self.local = completer.local
        self.completer = completer
        self._profile = profile
        self._most_chars = CHARS_PER_TOKEN * max_tokens
        self._options: dict[str, Any] = {"temperature": TEMPERATURE, "max_tokens": max_tokens}

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[str | Progress | Draft]:
        """Text as it is written, then the Draft. The refusal phrase is held back: a refusal streams no text.

        A model on this machine that cannot read so much is given fewer passages, the best ones; the Draft notes it.
        """
        if not self.local:
            if not request.may_leave:
                raise failure("confidential")
            request = request.for_cloud()
        given = len(request.hits)
        while True:
            try:
                async with aclosing(self._stream(request)) as items:
                    async for item in items:
                        if isinstance(item, Draft):
                            item = replace(item, notes=_left_out(len(request.hits), given))
                        yield item
                return
            except Unavailable as error:  # raised before anything is written
                if not self.local or error.reason != "context_length" or len(request.hits) < 2:
                    raise
                request = replace(request, hits=request.hits[:-1])

    async def _stream(self, request: AnswerRequest) -> AsyncGenerator[str | Progress | Draft]:
        text, sent, looked = "", 0, 0
        source = self.completer.complete(prompt.messages(request, self._profile), **self._options)
        try:
            async for item in source:
                if isinstance(item, Completion):
                    try:
                        draft = self._draft(text, item, request)
                    except Unavailable as error:
                        error.usage = item.usage
                        raise
                    yield draft
                elif isinstance(item, str):
                    text += item
                    if len(text) >= looked + LOOK_EVERY_CHARS:
                        looked = len(text)
                        self._check_length(text)
                    if prompt.may_be_refusal(text):
                        yield Progress.ALIVE
                    else:
                        yield text[sent:]
                        sent = len(text)
                else:
                    yield item
        finally:
            await source.aclose()

    def _check_length(self, text: str) -> None:
        if repeats(text):
            raise failure("repetition", f"after {len(text)} characters")
        if len(text) > self._most_chars:
            raise failure("truncated", f"it wrote {len(text)} characters, far more than max_tokens")

    def _draft(self, text: str, end: Completion, request: AnswerRequest) -> Draft:
        text = without_thoughts(text).strip()
        refused = prompt.not_found(text)
        if not refused:
            if not says_something(without_markers(text)):
                raise failure("blank_answer")
            if is_error_message(text):
                raise failure("overloaded", f"it answered {redacted(text)!r}")
            if request.hits and not borne_out(text, request.hits):
                raise failure("unsupported")
        return Draft(
            "" if refused else text,
            refused=refused,
            confidence=CONFIDENCE,
            label="" if refused else prompt.label_of(text),
            model=end.model,
            usage=end.usage,
        )
