"""One question while it is answered: what is shown, event by event, and what is kept when it ends before its time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sparewheel.app import view
from sparewheel.app.ui.language import t
from sparewheel.app.view import html as view_html
from sparewheel.app.view.html import escape
from sparewheel.rag.answer.remembered import MEMORY
from sparewheel.rag.events import AttemptFailed, Cited, Done, Event, Replace, Retrieved, Token
from sparewheel.rag.types import Answer, Attempt, Hit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparewheel.app.ui.ask.within import Within
    from sparewheel.app.words import Language
    from sparewheel.rag.chain import Pipeline
    from sparewheel.rag.walk import StreamOptions

LOOK_EVERY_S = 0.1  # while nothing comes, the stop button is looked at so often
PAINT_EVERY_S = 0.05  # tokens that come faster are painted together


@dataclass
class Shown:
    """The state of the answer on the screen."""

    question: str
    corpus: str
    language: Language
    began: float = field(default_factory=time.perf_counter)
    text: str = ""
    answerer: str = ""
    step: str = ""
    hits: tuple[Hit, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    answer: Answer | None = None

    def take(self, event: Event | None) -> None:
        """What an event changes; None is a moment in which nothing came."""
        match event:
            case None if not self.step:
                self.step = t("ask_searching")
            case Retrieved(hits):
                self.hits, self.step = hits, t("ask_reading", n=len(hits))
            case Token(text, answerer):
                self.text += text
                self._by(answerer)
            case Replace(text, answerer):
                self.text = text
                self._by(answerer)
            case AttemptFailed(attempt):
                self.attempts += (attempt,)
                self.step = t("ask_next", why=view.reason(attempt, self.language))
            case Cited():
                self.step = t("ask_citing")
            case Done(answer):
                self.answer = answer

    def _by(self, answerer: str) -> None:
        self.answerer = answerer
        if answerer == MEMORY:
            self.step = t("ask_recalled")
            return
        wording = "ask_fuller" if answerer == "reader" and not self.attempts else "ask_writing"
        self.step = t(wording, who=view.answerer(answerer, self.language))

    def html(self) -> str:
        """The step it is at and the text so far; what stands there instead when the script was stopped."""
        seconds = time.perf_counter() - self.began
        clock = f" ({seconds:.0f} s)" if seconds >= 2 else ""
        written = (
            view_html.answer(self.text, self.language, "", written=self.answerer not in view.QUOTED)
            if self.text
            else ""
        )
        return (
            f'<div class="sw-steps" role="status">{escape(self.step + clock)}</div>{written}'
            f'<p class="sw-note sw-halted">{escape(t("ask_stopped_here"))}</p>'
        )

    def so_far(self, note: str) -> Answer:
        """What came until now, as an answer that was not finished; `note` says why."""
        timings = {"total": time.perf_counter() - self.began}
        empty = Answer(self.question, self.corpus, self.text.strip(), "failed", evidence=self.hits)
        return replace(empty, attempts=self.attempts, timings=timings, notes=(note,))


def stream(
    pipeline: Pipeline,
    question: str,
    history: Sequence[tuple[str, str]],
    within: Within,
    *,
    instant: bool,
    language: Language,
    meanwhile: Callable[[], None],
    paint: Callable[[Shown], None],
    keep: Callable[[Answer], None],
) -> Answer:
    """The answer. `meanwhile` is called once, when the search has begun, `paint` as the answer grows, `keep` once at
    the end, however it ends.

    Whatever `paint` raises (Streamlit stops a script there) closes the question's calls and goes on to the caller.
    """
    shown = Shown(question, pipeline.corpus, language)
    painted = 0.0
    note = view.STOPPED
    try:
        options: StreamOptions = {"history": history, "history_is_ours": True, "instant": instant}
        if within.documents:
            options |= {"filter": {"document": list(within.documents)}, "each": within.each}
        with closing(pipeline.watch(question, LOOK_EVERY_S, **options)) as events:  # type: ignore[type-var]
            for number, event in enumerate(events):
                if number == 0:
                    meanwhile()
                shown.take(event)
                now = time.perf_counter()
                if shown.answer is None and (not isinstance(event, Token) or now - painted >= PAINT_EVERY_S):
                    paint(shown)
                    painted = now
    except Exception as error:
        note = str(error) or type(error).__name__
        raise
    finally:
        keep(shown.answer or shown.so_far(note))
    assert shown.answer is not None
    return shown.answer
