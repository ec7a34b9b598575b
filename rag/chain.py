"""The pipeline of one question. Read this file first.

    ask(question)
      1 retrieve   the retriever finds passages, the reranker orders them            list[Hit], best first
                   (a follow-up question is made whole first, with the history)
      2 enough?    nothing above the calibrated floor: refuse, no model is called
      3 answer     the answerers in the order of the policy, with failover           Draft
                   (the memory is one of them: it has what a fuller one answered before, passages unchanged)
      4 cite       every citation resolved to document, page and character span
      5 Answer     one record with everything that happened

Data goes forward only. The steps are given by protocol (`rag.types`); `rag.assemble` chooses the classes.

The deadline covers all steps. Whatever fails, the end is an Answer: what one step could not do is a note, a question
that could not be answered has the outcome "failed" and says why. Only the asker's own mistake (UsageError) is raised.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, Unpack

from sparewheel.rag.answer.unread import documents, refused, which_one
from sparewheel.rag.citing import beside_twins, cited, nothing_found
from sparewheel.rag.each_document import EachDocument, Tables
from sparewheel.rag.errors import SparewheelError, Unavailable, UsageError
from sparewheel.rag.events import Cited, Done, Event, Retrieved
from sparewheel.rag.gather import MOST_CLAUSES, Gathered
from sparewheel.rag.gather import within as narrowed
from sparewheel.rag.observe.hooks import Hooks, shared
from sparewheel.rag.origins import Origins
from sparewheel.rag.recalling import Recalling, Remembering
from sparewheel.rag.reliability.deadline import Deadline
from sparewheel.rag.reliability.failover import FailoverEvent, Finished
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.reliability.workers import Urgency, Working
from sparewheel.rag.rights import Rights
from sparewheel.rag.searching import found_for, gathered_for
from sparewheel.rag.settings import Settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import (
    Answer,
    AnswerRequest,
    Filter,
    Hit,
    Profile,
    Recall,
    Scope,
    Sensitivity,
    Usage,
)
from sparewheel.rag.understand import Reading, asked_of, read
from sparewheel.rag.views import Holder, View
from sparewheel.rag.walk import AskOptions, SearchOptions, StreamOptions, Walk, begun, explained


class Answering(Protocol):
    """Answerers behind one face: streams events, `Finished` last. Raises Unavailable when nobody could answer."""

    def stream(self, request: AnswerRequest, deadline: Deadline | None = None) -> AsyncGenerator[FailoverEvent]: ...

    async def warm(self, request: AnswerRequest) -> None: ...


@dataclass
class _Live:
    """What changes while a pipeline is open, for all who share it."""

    settings: Settings


class Pipeline:
    """One corpus, ready to be asked. Safe to share between threads and event loops, and usable after a fork."""

    def __init__(
        self,
        *,
        corpus: str,
        views: Holder,
        answering: Answering,
        workers: Working,
        profile: Profile,
        sensitivity: Callable[[], Sensitivity],
        settings: Settings,
        memory: Remembering | None = None,
        tables: Tables | None = None,
        hooks: Hooks = shared,
        origins: Origins | None = None,
        is_normal: Callable[[str], bool] | None = None,  # another corpus, from which turns of a history are
        admit: Callable[[], Rights | None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
        close: Callable[[], None] = lambda: None,
        reload: Callable[[Settings], None] = lambda settings: None,
        again: partial[Pipeline] | None = None,
    ) -> None:
        self.corpus = corpus
        self.profile = profile
        self._sensitivity = sensitivity  # looked up for every question and every call of a cloud model
        self._admit = admit  # what whoever asks may read of it, None: all; raises where they may not read it (any more)
        self._origins = origins or Origins()
        self._is_normal = is_normal or (lambda other: other == corpus and self.sensitivity == "normal")
        self._views = views  # each question uses the newest snapshot of its beginning, to its end
        self._answering = answering
        self._workers = workers
        self._memory = Recalling(memory, lambda: self.sensitivity) if memory is not None else None
        self._tables = tables
        self._hooks = hooks
        self._live = _Live(settings)
        self._clock = clock
        self._close = close
        self._reload = reload
        self._again = again  # opens it anew, in another process; None where only its opener can

    @property
    def _settings(self) -> Settings:
        return self._live.settings

    @property
    def sensitivity(self) -> Sensitivity:
        """Of the corpus, as it is now; "high" where that cannot be found out."""
        try:
            return self._sensitivity()
        except (SparewheelError, OSError):
            return "high"

    def admitting(self, admit: Callable[[], Rights | None]) -> Pipeline:
        """The same pipeline for somebody whose rights are asked for with every question. admit: what of the corpus they
        may read, None: all of it; raises Forbidden where it is nothing."""
        mine = object.__new__(type(self))
        mine.__dict__.update(self.__dict__)  # copy.copy would open the corpus again, as unpickling does
        mine._admit = admit
        mine._again = None  # the right is not asked for elsewhere
        return mine

    def __reduce__(self) -> tuple[Callable[..., Pipeline], tuple[Any, ...]]:
        """Pickled, it is its corpus' name and its settings, and opens anew where it is unpickled. Raises TypeError for
        one that asks for somebody's rights, or has parts of its own."""
        if self._again is None:
            raise TypeError(
                f"a pipeline with rights or parts of its own cannot be pickled; open it in the other process: "
                f"open_pipeline({self.corpus!r})"
            )
        return self._again.func, self._again.args

    def reload(self, settings: Settings) -> None:
        """Other settings from the next question on; questions in flight end with the answerers they began with."""
        self._live.settings = settings
        self._reload(settings)

    def shown(self, question: str, text: str) -> None:
        """An answer of this corpus was shown in these words: they come back as history, and may then be shared as the
        answer itself may."""
        if self.sensitivity == "normal":
            self._origins.answered(self.corpus, question, text)

    def close(self) -> None:
        """Give back what the pipeline holds; questions in flight end, one after it is a UsageError."""
        self._close()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ ways to ask

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """As `aask`, for callers without an event loop (or inside one: it runs on the library's own)."""
        return background.run(self.aask(question, **options))

    def iterate(self, question: str, **options: Unpack[StreamOptions]) -> Iterator[Event]:
        """As `stream`, for callers without an event loop. Closing the iterator cancels the question."""
        return background.iterate(self.stream(question, **options))

    def watch(self, question: str, every_s: float = 0.1, **options: Unpack[StreamOptions]) -> Iterator[Event | None]:
        """As `iterate`, with None whenever nothing came for `every_s`: a moment to see whether the asker is there."""
        return background.watch(self.stream(question, **options), every_s)

    async def aask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """The answer, always: outcome "failed" when none could be found. Raises UsageError for the asker's mistake."""
        async with aclosing(self.stream(question, **options)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("stream ended without Done")

    def stream(self, question: str, **options: Unpack[StreamOptions]) -> AsyncGenerator[Event]:
        """Events as they happen, `Done` last.

        instant: the local answer is streamed as soon as it is there, and taken back by `Replace` (reason "fuller")
        when an earlier answerer of the order has its first token.
        """
        events = self._events(question, options)
        if not self._hooks.listeners:
            return events
        return self._hooks.watched(events, question, self.corpus, self.profile.domain, self.sensitivity)

    def search(self, question: str, **options: Unpack[SearchOptions]) -> tuple[Hit, ...]:
        """Step 1 alone: at most k passages, best first. Raises UsageError for an empty question, Unavailable when
        nothing can be searched."""
        return background.run(self._search(question, options))

    def remembers(self, question: str, filter: Filter | None = None) -> bool:
        """Whether the memory would answer the question in an outage, if a search finds what its answer rests on."""
        return background.run(self._remembers(question, filter))

    def warm(self, language: str) -> None:
        """Index and local models of a language are in memory when this returns, so that no question waits for them."""
        question = "怎么规定？" if language == "zh" else "What does it say?"
        hits = self.search(question)
        background.run(self._answering.warm(AnswerRequest(question, hits, self.profile.domain, language)))

    # ------------------------------------------------------------ the walk

    async def _events(self, question: str, options: StreamOptions) -> AsyncGenerator[Event]:
        """The pipeline itself."""
        walk = self._begun(question, options)
        answer = Answer(walk.question, self.corpus, "", "failed")
        finished: Finished | None = None
        try:
            async with self._view(walk) as view:
                reading = await self._understood(walk, view)
                read_as = reading.question if reading.question != walk.question else ""
                answer = replace(answer, notes=view.notes, read_as=read_as, scope=reading.scope)
                without = await walk.work("read", partial(self._unread, walk, view, reading, answer))
                without = without or await self._across(walk, view, reading, answer)
                gathered = Gathered() if without else await gathered_for(walk, view, reading, self._settings.retrieve)
                answer = without or replace(answer, evidence=gathered.hits, notes=(*view.notes, *gathered.notes))
                walk.found = True
                yield Retrieved(answer.evidence)

                if without:
                    pass
                elif reading.clause and gathered.without:
                    answer = refused(
                        answer, "clause", name=reading.clause.written, document="; ".join(gathered.without)
                    )
                elif not gathered.quotes and reading.shape == "one" and not self.enough(walk.question, gathered.hits):
                    answer = nothing_found(answer, view)
                else:
                    recall = await self._memory.of(walk, view, reading, answer.evidence) if self._memory else None
                    stream = self._answered(walk, answer, reading, gathered, recall)
                    async with walk.timed("answer"), aclosing(stream) as events:
                        async for event in events:
                            if isinstance(event, Finished):
                                finished = event
                            else:
                                yield event
                    if finished is None:
                        raise Unavailable("the answerers ended without an answer")
                    answer = await self._cited(walk, view, answer, reading, gathered, finished)
                    if self._memory is not None and self._settings.answer.memory != "off":
                        observed = bool(self._hooks.listeners)
                        await self._memory.keep(walk, view, answer, reading, finished, observed=observed)
        except Exception as error:  # the promise: an Answer, always
            if isinstance(error, UsageError) and not walk.found:
                raise  # a filter that no document has, a corpus that is gone
            answer = _failed(answer, error, walk)
        if answer.outcome == "answered" and self.sensitivity == "normal":
            self._origins.answered(self.corpus, walk.question, answer.text)
        for citation in answer.citations:
            yield Cited(citation)
        walk.timings["total"] = self._clock() - walk.deadline.at + walk.budget_s
        yield Done(replace(answer, timings=walk.timings))

    def _begun(self, question: str, options: StreamOptions) -> Walk:
        """Raises UsageError for what the asker can mend, Forbidden where the asker may not read the corpus."""
        rights = self._admit()
        return begun(question, options, self._settings.answer.timeout_s, self._workers, self._clock, rights)

    @asynccontextmanager
    async def _view(self, walk: Walk) -> AsyncIterator[View]:
        """The newest view; a new snapshot is opened in a worker."""
        use = self._views.use()
        view = await walk.work("retrieve", use.__enter__, lambda _: use.__exit__(None, None, None))
        try:
            if walk.rights is not None:
                view = await walk.work("retrieve", partial(view.read_by, walk.rights))
            yield view
        finally:
            use.__exit__(None, None, None)

    async def _search(self, question: str, options: SearchOptions) -> tuple[Hit, ...]:
        walk = self._begun(question, StreamOptions(k=options.get("k"), filter=options.get("filter")))
        async with self._view(walk) as view:
            if view.catalogue is not None:
                view.catalogue.check(walk.filter)
            return tuple((await found_for(walk, view, walk.question, self._settings.retrieve)).hits)

    async def _remembers(self, question: str, filter: Filter | None) -> bool:
        walk = self._begun(question, StreamOptions(filter=filter))
        async with self._view(walk) as view:
            if self._memory is None:
                return False
            reading = await self._understood(walk, view)
            return await walk.work("recall", partial(self._memory.would_answer, walk, view, reading))

    async def _understood(self, walk: Walk, view: View) -> Reading:
        """Step 0: the question made whole, and what it asks of which documents."""
        history, catalogue = walk.history, view.catalogue

        def understood() -> Reading:
            if catalogue is None:
                return read(walk.question, history)
            catalogue.check(walk.filter)
            if document := _only_document(walk.filter):
                return asked_of(document, catalogue.title(document), walk.question, history, catalogue.scopes)
            reading = read(walk.question, history, catalogue.scopes)
            compared = walk.options.get("each") and reading.asked == "passages" and reading.clause is None
            return replace(reading, shape="each", which=None) if compared else reading

        return await walk.work("read", understood)

    def _unread(self, walk: Walk, view: View, reading: Reading, answer: Answer) -> Answer | None:
        """The answer to what no passage answers; None for a question whose passages are to be read."""
        if reading.asked in ("talk", "opinion"):
            return refused(answer, reading.asked)
        if reading.scope.absent:
            return refused(answer, "absent", name=reading.scope.absent)
        catalogue = view.catalogue
        if catalogue is None:
            return None
        if reading.asked == "documents":
            ids = catalogue.ids(narrowed(walk.filter, reading.scope))
            return documents(answer, [catalogue.title(id) for id in ids], catalogue.kinds(ids))
        if reading.scope.ambiguous and len(reading.scope.documents) > MOST_CLAUSES:
            return which_one(answer)
        if reading.roles and not reading.scope.documents:
            ids = catalogue.with_parties(reading.roles, walk.filter)
            if len(ids) > 1:
                titles = tuple(catalogue.title(id) for id in ids)
                return which_one(replace(answer, scope=Scope(tuple(ids), titles, ambiguous=True)))
        return None

    async def _across(self, walk: Walk, view: View, reading: Reading, answer: Answer) -> Answer | None:
        """The answer to a question that is asked of each of many documents; None for another question."""
        if self._tables is None:
            return None
        return await EachDocument(self._tables, self._events).answered(walk, view, reading, answer)

    def enough(self, question: str, hits: Sequence[Hit]) -> bool:
        """Step 2: is any passage likely to answer? Hits without a calibrated relevance are left to the answerer."""
        if not hits:
            return False
        floor = self._settings.answer.threshold
        if floor < 0:
            floor = self.profile.floor.get(language_of(question), 0.0)
        return max(hit.scores.get("relevance", 1.0) for hit in hits) >= floor

    def _answered(
        self, walk: Walk, answer: Answer, reading: Reading, gathered: Gathered, recall: Recall | None
    ) -> AsyncGenerator[FailoverEvent]:
        """Step 3: what the answerers stream of these passages, `Finished` last."""
        request = AnswerRequest(
            walk.question,
            answer.evidence,
            self.profile.domain,
            language_of(walk.question),
            walk.history,
            "high" if walk.options.get("local") else self.sensitivity,
            walk.options.get("instant", False),
            reading.bare,
            self._shared(walk),
            lambda: self.sensitivity,
            reading.shape,
            gathered.quotes,
            recall,
        )
        return self._answering.stream(request, walk.deadline)

    async def _cited(
        self, walk: Walk, view: View, answer: Answer, reading: Reading, gathered: Gathered, finished: Finished
    ) -> Answer:
        """Step 4: the draft as an answer, or the question which of several documents is meant."""
        if reading.shape == "one" and not gathered.quotes:
            finished, several = beside_twins(answer, finished, reading, view)
            if several:
                return which_one(replace(answer, scope=several))
        withheld = len(walk.history) - len(self._shared(walk))
        if withheld and finished.draft.usage.prompt_tokens:  # a chat model wrote it
            why = "nobody knows that their corpus may use them"
            answer = replace(
                answer, notes=(*answer.notes, f"{withheld} earlier turn(s) are not shown to cloud models: {why}")
            )
        which = None if gathered.quotes else reading.which
        async with walk.timed("cite"):
            return await walk.workers.run(
                Urgency.INSTANT, partial(cited, answer, finished, view, which=which, recalled=walk.recalled)
            )

    def _shared(self, walk: Walk) -> tuple[tuple[str, str], ...]:
        """The turns of the history that a cloud model may see."""
        ours = walk.options.get("history_is_ours")
        return walk.history if ours else self._origins.shareable(walk.history, self._is_normal)


def _only_document(filter: Filter | None) -> str:
    """The document to which the asker limits the question; "" where there is none, or several."""
    given = (filter or {}).get("document", ())
    ids = [given] if isinstance(given, str) else list(given)
    return ids[0] if len(ids) == 1 else ""


def _failed(answer: Answer, error: Exception, walk: Walk) -> Answer:
    """`answer` as one that could not be given, with the reason as its last note."""
    attempts = error.attempts if isinstance(error, Unavailable) else ()
    late = isinstance(error, TimeoutError)
    why = f"nothing was found within the {walk.budget_s:g} s that the question had" if late else explained(error)
    attempts = attempts or answer.attempts
    spent = sum((attempt.usage for attempt in attempts), Usage())
    return replace(answer, outcome="failed", attempts=attempts, usage=spent, notes=(*answer.notes, why))
