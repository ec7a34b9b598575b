"""An answer as text for clients that only append: what was sent cannot be taken back, only withdrawn in the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparewheel.app.api.ask import answered
from sparewheel.app.api.inert import Inert, inert
from sparewheel.app.view import provenance
from sparewheel.app.words import Language
from sparewheel.rag.events import Done, Event, Replace, Token
from sparewheel.rag.types import Answer

_WITHDRAWN = {
    "en": "\n\n[The text above is withdrawn. {name} answers anew:]\n\n",
    "zh": "\n\n【以上内容作废，由 {name} 重新回答：】\n\n",
}
_ASIDE = {"en": "\n\n({told})", "zh": "\n\n（{told}）"}
_SOURCES = {"en": "Sources", "zh": "出处"}


class Spoken:
    """One answer, piece by piece."""

    def __init__(
        self,
        language: str,
        *,
        sources: bool = False,
        hold_back: bool = False,
        shown: Callable[[str], None] = lambda text: None,
    ) -> None:
        """sources: the text ends with the list of citations, for clients that show nothing else. hold_back: nothing is
        sent before the answer is whole and checked, so that nothing is ever withdrawn. shown: given the text of the
        answer as the client has it, and will send it back in its history."""
        self._language = language
        self._sources = sources
        self._hold_back = hold_back
        self._shown = shown
        self._inert = Inert()
        self._given = ""  # all that the client has been sent
        self._sent = ""  # of the answer that counts now

    def whole(self, answer: Answer) -> str:
        """All of it at once."""
        text = inert(answer.text + self._listed(answer))
        self._shown(text)
        return text

    def pieces(self, event: Event) -> Iterator[str]:
        """What to append; never an empty text. Raises Problem when nobody could answer."""
        for piece in self._pieces(event):
            if piece:
                self._given += piece
                yield piece
        if isinstance(event, Done):
            self._shown(self._given)

    def _pieces(self, event: Event) -> Iterator[str]:
        if isinstance(event, Done):
            answer = answered(event.answer)
            if not answer.text.startswith(self._sent):
                yield self._withdrawn(answer.answered_by)
            yield self._inert.feed(answer.text.removeprefix(self._sent) + self._listed(answer)) + self._inert.end()
        elif self._hold_back:
            return
        elif isinstance(event, Token):
            yield self._text(event.text)
        elif isinstance(event, Replace):
            if self._sent:
                yield self._withdrawn(event.answerer)
            yield self._text(event.text)

    def _text(self, text: str) -> str:
        self._sent += text
        return self._inert.feed(text)

    def _withdrawn(self, name: str) -> str:
        self._sent = ""
        return self._inert.end() + _WITHDRAWN[self._language].format(name=name)

    def _listed(self, answer: Answer) -> str:
        """What stands below the text: that it is an answer of before, and the sources."""
        told = ""
        if answer.remembered is not None:
            language: Language = "zh" if self._language == "zh" else "en"
            told = _ASIDE[language].format(told=provenance(answer.remembered, language))
        if not (self._sources and answer.citations):
            return told
        rows = [
            f"[{one.marker}] {one.title or one.document_id}{f', p. {one.pages}' if one.page else ''}: “{one.quote}”"
            for one in answer.citations
        ]
        return f"{told}\n\n{_SOURCES[self._language]}:\n\n" + "\n\n".join(rows)
