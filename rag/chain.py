"""The pipeline of one question. Read this file first.

    ask(question)
      1 retrieve   the retriever finds passages, the reranker orders them            list[Hit], best first
                   (a follow-up question is made whole first, with the history)
      2 enough?    nothing above the calibrated floor: refuse, no model is called
      3 answer     the answerers in the order of the policy, with failover           Draft
      4 cite       every citation resolved to document, page and character span
      5 Answer     one record with everything that happened

Data goes forward only. The steps are given by protocol (`rag.types`); `rag.assemble` chooses the classes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

from sparewheel.rag.answer.cite import PageOf, cite, refusal
from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.events import Cited, Done, Event, Retrieved
from sparewheel.rag.follow_up import made_whole
from sparewheel.rag.observe import hooks
from sparewheel.rag.reliability.deadline import Deadline
from sparewheel.rag.reliability.failover import FailoverEvent, Finished
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, AnswerRequest, Filter, Hit, Profile, Reranker, Retriever, Sensitivity

MAX_QUESTION_CHARS = 8000


@dataclass(frozen=True)
class View:
    """One snapshot of a corpus, open for search. notes: what the asker must know ("dense index 40 % built")."""

    retriever: Retriever
    rerankers: Mapping[str, Reranker] = field(default_factory=dict)  # by the language of the question
    page_of: PageOf | None = None
    notes: tuple[str, ...] = ()


class Answering(Protocol):
    """Answerers behind one face: streams events, `Finished` last. Raises Unavailable when nobody could answer."""

    def stream(self, request: AnswerRequest, deadline: Deadline | None = None) -> AsyncGenerator[FailoverEvent]: ...

    async def warm(self, request: AnswerRequest) -> None: ...


class Pipeline:
    """One corpus, ready to be asked. Safe to share between threads and event loops."""

    def __init__(
        self,
        *,
        corpus: str,
        view: Callable[[], View],
        answering: Answering,
        profile: Profile,
        sensitivity: Sensitivity,
        settings: Settings,
        clock: Callable[[], float] = time.perf_counter,
        close: Callable[[], None] = lambda: None,
        reload: Callable[[Settings], None] = lambda settings: None,
    ) -> None:
        self.corpus = corpus
        self.profile = profile
        self.sensitivity = sensitivity
        self._view = view  # called once a question: the newest snapshot at that moment
        self._answering = answering
        self._settings = settings
        self._clock = clock
        self._close = close
        self._reload = reload

    def reload(self, settings: Settings) -> None:
        """Other settings from the next question on; questions in flight end with the answerers they began with."""
        self._settings = settings
        self._reload(settings)

    def close(self) -> None:
        """Give back what the pipeline holds; questions after it fail."""
        self._close()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, question: str, **options: object) -> Answer:
        """As `aask`, for callers without an event loop (or inside one: it runs on the library's own)."""
        return background.run(self.aask(question, **options))  # type: ignore[arg-type]

    def iterate(self, question: str, **options: object) -> Iterator[Event]:
        """As `stream`, for callers without an event loop. Closing the iterator cancels the question."""
        return background.iterate(self.stream(question, **options))  # type: ignore[arg-type]

    def watch(self, question: str, every_s: float = 0.1, **options: object) -> Iterator[Event | None]:
        """As `iterate`, with None whenever nothing came for `every_s`: a moment to see whether the asker is there."""
        return background.watch(self.stream(question, **options), every_s)  # type: ignore[arg-type]

    def warm(self, language: str) -> None:
        """Index and local models of a language are in memory when this returns, so that no question waits for them."""
        question = "怎么规定？" if language == "zh" else "What does it say?"
        hits, _ = self.retrieve(self._view(), question, None, None, {})
        background.run(self._answering.warm(AnswerRequest(question, hits, self.profile.domain, language)))

    async def aask(
        self,
        question: str,
        *,
        k: int | None = None,
        filter: Filter | None = None,
        history: Sequence[tuple[str, str]] = (),
        within_s: float | None = None,
    ) -> Answer:
        """The answer, always: outcome "failed" when no answerer could. Raises UsageError for an empty question."""
        events = self.stream(question, k=k, filter=filter, history=history, within_s=within_s)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("stream ended without Done")

    def stream(
        self,
        question: str,
        *,
        k: int | None = None,
        filter: Filter | None = None,
        history: Sequence[tuple[str, str]] = (),
        within_s: float | None = None,
        instant: bool = False,
    ) -> AsyncGenerator[Event]:
        """Events as they happen, `Done` last. k: passages given to the answerer; within_s: total budget, seconds.

        history: (question, answer) pairs, oldest first. instant: the local answer is streamed as soon as it is there,
        and taken back by `Replace` (reason "fuller") when an earlier answerer of the order has its first token.
        """
        events = self._events(question, k, filter, history, within_s, instant)
        if not hooks.listeners:
            return events
        return hooks.watched(events, question, self.corpus, self.profile.domain, self.sensitivity)

    async def _events(
        self,
        question: str,
        k: int | None,
        filter: Filter | None,
        history: Sequence[tuple[str, str]],
        within_s: float | None,
        instant: bool,
    ) -> AsyncGenerator[Event]:
        """The pipeline itself."""
        question = _checked(question)
        whole = made_whole(question, history)
        started = self._clock()
        timings: dict[str, float] = {}
        view = await asyncio.to_thread(self._view)
        hits, notes = await asyncio.to_thread(self.retrieve, view, whole.read, k, filter, timings, whole.search)
        yield Retrieved(hits)

        answer = Answer(question, self.corpus, "", "failed", evidence=hits, notes=(*view.notes, *notes))
        finished: Finished | None = None
        before_answer = self._clock()
        if self.enough(question, hits):
            language = language_of(question)
            request = AnswerRequest(
                question, hits, self.profile.domain, language, tuple(history), self.sensitivity, instant, whole.read
            )
            budget = self._settings.answer.answer_within_s if within_s is None else within_s
            try:
                deadline = Deadline(budget - (before_answer - started))
                async with aclosing(self._answering.stream(request, deadline)) as events:
                    async for event in events:
                        if isinstance(event, Finished):
                            finished = event
                        else:
                            yield event
            except Unavailable as error:
                attempts = tuple(getattr(error, "attempts", ()))
                answer = replace(answer, attempts=attempts, notes=(*answer.notes, str(error)))
            timings["answer"] = self._clock() - before_answer
            if finished is not None:
                answer = self._settle(answer, finished, view.page_of, timings)
        else:
            answer = refusal(answer)
        for citation in answer.citations:
            yield Cited(citation)
        timings["total"] = self._clock() - started
        yield Done(replace(answer, timings=timings))

    def search(self, question: str, *, k: int | None = None, filter: Filter | None = None) -> tuple[Hit, ...]:
        """Step 1 alone: at most k passages, best first. Raises UsageError for an empty question."""
        return self.retrieve(self._view(), _checked(question), k, filter, {})[0]

    def retrieve(
        self,
        view: View,
        question: str,
        k: int | None,
        filter: Filter | None,
        timings: dict[str, float],
        search: str = "",
    ) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
        """Step 1: at most k hits, best first; their `scores["relevance"]` is a probability when a reranker gave it.

        search: what to search for where it is more than the question (see `follow_up`).

        Beside them what the search has to tell (a leg that failed), as notes.
        """
        settings = self._settings.retrieve
        k = k or settings.evidence_k
        clock = self._clock
        start = clock()
        reranker = view.rerankers.get(language_of(question))
        hits = view.retriever.search(search or question, max(k, settings.rerank_k if reranker else k), filter)
        notes = tuple(getattr(view.retriever, "notes", ()))  # of this thread's search
        timings["retrieve"] = clock() - start
        if reranker is not None and hits:
            start = clock()
            hits = reranker.rerank(question, hits, k)
            timings["rerank"] = clock() - start
        return tuple(hits[:k]), notes

    def enough(self, question: str, hits: Sequence[Hit]) -> bool:
        """Step 2: is any passage likely to answer? Hits without a calibrated relevance are left to the answerer."""
        if not hits:
            return False
        floor = self._settings.answer.floor
        if floor < 0:
            floor = self.profile.floor.get(language_of(question), 0.0)
        return max(hit.scores.get("relevance", 1.0) for hit in hits) >= floor

    def _settle(self, answer: Answer, finished: Finished, page_of: PageOf | None, timings: dict[str, float]) -> Answer:
        """Step 4: the draft with its citations resolved, or a refusal."""
        draft = finished.draft
        answer = replace(
            answer,
            answered_by=finished.answered_by,
            model=draft.model,
            degraded=finished.degraded,
            attempts=finished.attempts,
            usage=draft.usage,
            confidence=draft.confidence,
            label=draft.label,
        )
        if draft.refused:
            return refusal(answer)
        start = self._clock()
        answer = cite(answer, draft, page_of)
        timings["cite"] = self._clock() - start
        return answer


def _checked(question: str) -> str:
    question = question.strip() if isinstance(question, str) else question
    if not isinstance(question, str) or not question:
        raise UsageError(f"the question is {question!r}; ask something in words")
    if len(question) > MAX_QUESTION_CHARS:
        raise UsageError(
            f"the question has {len(question)} characters, at most {MAX_QUESTION_CHARS} are read; "
            "ingest long texts as documents and ask about them"
        )
    return question
