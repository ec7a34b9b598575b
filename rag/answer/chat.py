"""A chat model as an answerer: prompt in, text with `[n]` markers out, "not in these documents" honoured."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from sparewheel.rag.answer import prompt
from sparewheel.rag.answer.endpoint import Completer, Completion
from sparewheel.rag.reliability.faults import failure
from sparewheel.rag.types import AnswerRequest, Draft, Profile, Progress

TEMPERATURE = 0.0
# A written answer that followed the rules; how often such an answer is right is measured by eval, not known here.
CONFIDENCE = 0.8


class ChatAnswerer:
    """An `Answerer` over any `Completer`, in the words of one domain profile."""

    def __init__(self, completer: Completer, profile: Profile, *, max_tokens: int = 1024) -> None:
        self.name = completer.name
        self.local = completer.local
        self._completer = completer
        self._profile = profile
        self._options: dict[str, Any] = {"temperature": TEMPERATURE, "max_tokens": max_tokens}

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[str | Progress | Draft]:
        """Text as it is written, then the Draft. The refusal phrase is held back: a refusal streams no text."""
        if not self.local:
            if not request.may_leave:
                raise failure("confidential")
            request = request.for_cloud()
        told = prompt.messages(request, self._profile)
        text, sent = "", 0
        source = self._completer.complete(told, **self._options)
        try:
            async for item in source:
                if isinstance(item, Completion):
                    yield self._draft(text, item)
                elif isinstance(item, str):
                    text += item
                    if prompt.may_be_refusal(text):
                        yield Progress.ALIVE
                    else:
                        yield text[sent:]
                        sent = len(text)
                else:
                    yield item
        finally:
            await source.aclose()

    def _draft(self, text: str, end: Completion) -> Draft:
        refused = prompt.not_found(text)
        label = prompt.label_of(text)
        return Draft(
            "" if refused else text.strip(),
            refused=refused,
            confidence=CONFIDENCE,
            label="" if refused else label,
            model=end.model,
            usage=end.usage,
        )
