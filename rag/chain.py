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

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypedDict, Unpack

from sparewheel.rag.across import Of, Plan, answered, plan
from sparewheel.rag.answer.cite import LOCAL_READER, cite, refusal
from sparewheel.rag.answer.instant_quote import QUOTE, unread
from sparewheel.rag.answer.remembered import MEMORY
from sparewheel.rag.answer.twins import twins
from sparewheel.rag.answer.unread import documents, is_foreign, refused, which_one
from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.errors import SparewheelError, Unavailable, UsageError, suggest
from sparewheel.rag.events import Cited, Done, Event, Retrieved
from sparewheel.rag.gather import (
    FEW,
    MOST_CLAUSES,
    MOST_DOCUMENTS,
    Gathered,
    of_clause,
    of_each,
    of_parts,
    of_roles,
    of_topic,
    with_opening,
)
from sparewheel.rag.gather import within as narrowed
from sparewheel.rag.memory.kept import Asked, TextAt
from sparewheel.rag.memory.memory import Recalled, Served
from sparewheel.rag.observe.hooks import Hooks, shared
from sparewheel.rag.origins import Origins
from sparewheel.rag.outline import speaks_of
from sparewheel.rag.reliability.deadline import Deadline, within
from sparewheel.rag.reliability.failover import FailoverEvent, Finished
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.reliability.workers import Urgency, Working
from sparewheel.rag.review.cell import Cell, cell_of
from sparewheel.rag.rights import Rights
from sparewheel.rag.settings import Settings
from sparewheel.rag.text import language_of, sentences
from sparewheel.rag.types import (
    EVERYWHERE,
    Answer,
    AnswerRequest,
    Citation,
    Draft,
    Filter,
    Hit,
    Profile,
    Recall,
    Scope,
    SearchResult,
    Sensitivity,
    Usage,
)
from sparewheel.rag.understand import Reading, asked_of, read
from sparewheel.rag.versions import in_force
from sparewheel.rag.views import Holder, View

MAX_QUESTION_CHARS = 8000
LATE_SHARE = 0.25  # of its time is gone when its search begins: the question is only looked for by its words
STEP_SHARE = 0.5  # of the time left, for a search or reranking that the answer can do without
FILLED_AT_ONCE = 4  # documents that one question about many is put to at a time
FILLED_IN_ORDER = 12  # at most so many are read by the answerers in their order, more by the local ones
FILL_ENDS = 0.1  # of its time is left when no further document is read
KEPT_WITHIN_S = 2.0  # an answer waits at most so long for the memory to be written, and never beyond its deadline
READ_SHARE = 0.8  # of that, for the reranker to read in: it ends by itself, and what it has read by then counts

log = logging.getLogger(__name__)


class SearchOptions(TypedDict, total=False):
    """What a search can be given beside the question."""

    k: int | None  # passages, at least 1; by default as the settings say
    filter: Filter | None  # metadata key -> the value, or any one of several values


class AskOptions(SearchOptions, total=False):
    """What a question can be given beside its words."""

    history: Sequence[tuple[str, str]]  # (question, answer) pairs, oldest first
    within_s: float | None  # total budget of all steps, seconds; by default as the settings say
    each: bool  # answer for every document that the filter leaves, each under its name: a comparison
    history_is_ours: bool  # the history was kept by the server, and is of this corpus; else a cloud model sees only the
    # turns that this process answered from a corpus of normal sensitivity


class StreamOptions(AskOptions, total=False):
    """What a question whose events are shown can be given."""

    local: bool  # only answerers on this machine are asked
    part: bool  # one of the questions that a question about many documents is put as
    instant: bool  # show the local answer as soon as it is there, until a fuller one replaces it


class Tables(Protocol):
    """Cells: what was answered of one document. See `rag.review.store`."""

    def questions(self) -> list[tuple[str, int]]: ...

    def cells(self, questions: Sequence[str], documents: Sequence[str]) -> list[Cell]: ...

    def put(self, cell: Cell) -> Cell: ...


class Remembering(Protocol):
    """What was answered before. See `rag.memory`."""

    def is_empty(self) -> bool: ...

    def recall(self, asked: Asked, text_at: TextAt, *, searched: bool = True) -> Recalled: ...

    def keep(self, asked: Asked, answer: Answer, at: str, *, local: bool) -> int | None: ...

    def note(self, asked: Asked, day: str) -> None: ...


class Answering(Protocol):
    """Answerers behind one face: streams events, `Finished` last. Raises Unavailable when nobody could answer."""

    def stream(self, request: AnswerRequest, deadline: Deadline | None = None) -> AsyncGenerator[FailoverEvent]: ...

    async def warm(self, request: AnswerRequest) -> None: ...


@dataclass
class _Walk:
    """One question on its way: what is asked, until when, and how long each step took, seconds."""

    question: str
    options: StreamOptions
    deadline: Deadline
    budget_s: float
    rights: Rights | None = None  # of who asks; None: everything
    timings: dict[str, float] = field(default_factory=dict)
    found: bool = False  # it has been searched: whatever fails from here on is not the asker's mistake
    recalled: Recalled | None = None  # what the memory was found to hold

    def is_late(self) -> bool:
        return self.deadline.remaining() < (1 - LATE_SHARE) * self.budget_s

    def search_s(self) -> float:
        """Seconds that a search beginning now may take where another one has found something."""
        return 0.0 if self.is_late() else self.deadline.share(STEP_SHARE)

    @asynccontextmanager
    async def timed(self, step: str) -> AsyncIterator[None]:
        start = self.deadline.clock()
        try:
            yield
        finally:
            self.timings[step] = self.timings.get(step, 0.0) + self.deadline.clock() - start


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
        self._memory = memory
        self._writing: set[asyncio.Future[None]] = set()  # what is being kept; an event loop alone would let it go
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
                without = await self._without(walk, view, reading, answer)
                without = without or await self._across(walk, view, reading, answer)
                gathered = Gathered() if without else await self._gathered(walk, view, reading)
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
                    answer = _refused(answer, view)
                else:
                    stream = self._answered(walk, view, answer, reading, gathered)
                    async with walk.timed("answer"), aclosing(stream) as events:
                        async for event in events:
                            if isinstance(event, Finished):
                                finished = event
                            else:
                                yield event
                    if finished is None:
                        raise Unavailable("the answerers ended without an answer")
                    which = None if gathered.quotes else reading.which
                    alike = self._twins(view, answer, finished, reading, gathered)
                    answer = which_one(alike) if alike else await self._cited(walk, view, answer, finished, which)
                    await self._kept(walk, view, answer, reading, finished)
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

    def _begun(self, question: str, options: StreamOptions) -> _Walk:
        """Raises UsageError for what the asker can mend, Forbidden where the asker may not read the corpus."""
        rights = self._admit()
        question = _checked(question)
        known = StreamOptions.__optional_keys__
        for name in options:
            if name not in known:
                raise UsageError(f"unknown option {name!r}{suggest(name, known)}; known are {', '.join(sorted(known))}")
        if (k := options.get("k")) is not None and k < 1:
            raise UsageError(f"k is {k}; ask for at least 1 passage")
        budget_s = options.get("within_s")
        if budget_s is None:
            budget_s = self._settings.answer.timeout_s
        if budget_s <= 0:
            raise UsageError(f"within_s is {budget_s:g}; give the question some time, in seconds")
        return _Walk(question, options, Deadline(budget_s, self._clock), budget_s, rights)

    @asynccontextmanager
    async def _view(self, walk: _Walk) -> AsyncIterator[View]:
        """The newest view; a new snapshot is opened in a worker."""
        use = self._views.use()
        async with walk.timed("retrieve"), within(walk.deadline):
            view = await self._workers.run(Urgency.SEARCH, use.__enter__, lambda _: use.__exit__(None, None, None))
        try:
            if walk.rights is not None:
                async with walk.timed("retrieve"), within(walk.deadline):
                    view = await self._workers.run(Urgency.SEARCH, lambda: view.read_by(walk.rights))
            yield view
        finally:
            use.__exit__(None, None, None)

    async def _search(self, question: str, options: SearchOptions) -> tuple[Hit, ...]:
        walk = self._begun(question, StreamOptions(k=options.get("k"), filter=options.get("filter")))
        async with self._view(walk) as view:
            if view.catalogue is not None:
                view.catalogue.check(walk.options.get("filter"))
            return tuple((await self._retrieve(walk, view, walk.question)).hits)

    async def _remembers(self, question: str, filter: Filter | None) -> bool:
        walk = self._begun(question, StreamOptions(filter=filter))
        async with self._view(walk) as view:
            memory, stored = self._memory, view.stored
            if memory is None or stored is None or memory.is_empty():
                return False
            reading = await self._understood(walk, view)

            def looked() -> bool:
                asked = self._asked(walk, view, reading, ())
                return asked is not None and bool(memory.recall(asked, stored.text_at, searched=False).served)

            return await self._workers.run(Urgency.SEARCH, looked)

    async def _understood(self, walk: _Walk, view: View) -> Reading:
        """Step 0: the question made whole, and what it asks of which documents."""
        history = walk.options.get("history", ())
        catalogue = view.catalogue

        def understood() -> Reading:
            if catalogue is None:
                return read(walk.question, history)
            catalogue.check(walk.options.get("filter"))
            if document := _only_document(walk.options.get("filter")):
                return asked_of(document, catalogue.title(document), walk.question, history, catalogue.scopes)
            reading = read(walk.question, history, catalogue.scopes)
            compared = walk.options.get("each") and reading.asked == "passages" and reading.clause is None
            return replace(reading, shape="each", which=None) if compared else reading

        async with walk.timed("read"), within(walk.deadline):
            return await self._workers.run(Urgency.SEARCH, understood)

    async def _without(self, walk: _Walk, view: View, reading: Reading, answer: Answer) -> Answer | None:
        """As `_unread`, in a worker."""
        async with walk.timed("read"), within(walk.deadline):
            return await self._workers.run(Urgency.SEARCH, lambda: self._unread(walk, view, reading, answer))

    def _unread(self, walk: _Walk, view: View, reading: Reading, answer: Answer) -> Answer | None:
        """The answer to what no passage answers; None for a question whose passages are to be read."""
        if reading.asked in ("talk", "opinion"):
            return refused(answer, reading.asked)
        if reading.scope.absent:
            return refused(answer, "absent", name=reading.scope.absent)
        catalogue = view.catalogue
        if catalogue is None:
            return None
        if reading.asked == "documents":
            ids = catalogue.ids(narrowed(walk.options.get("filter"), reading.scope))
            return documents(answer, [catalogue.title(id) for id in ids], catalogue.kinds(ids))
        if reading.scope.ambiguous and len(reading.scope.documents) > MOST_CLAUSES:
            return which_one(answer)
        if reading.roles and not reading.scope.documents:
            ids = catalogue.with_parties(reading.roles, walk.options.get("filter"))
            if len(ids) > 1:
                titles = tuple(catalogue.title(id) for id in ids)
                return which_one(replace(answer, scope=Scope(tuple(ids), titles, ambiguous=True)))
        return None

    async def _across(self, walk: _Walk, view: View, reading: Reading, answer: Answer) -> Answer | None:
        """The answer to a question about many documents, from the cells that there are; those that are missing are
        asked, each within its document, and kept: of a dozen by the answerers in their order, of more by the local
        ones, at most of the nearest `MOST_DOCUMENTS`. None for another question."""
        tables, catalogue, stored = self._tables, view.catalogue, view.stored
        if reading.shape != "each" or reading.asked != "passages" or reading.clause is not None:
            return None
        if tables is None or catalogue is None or stored is None or walk.options.get("each"):
            return None

        def looked() -> tuple[Plan | None, list[Of], dict[str, Cell]]:
            ids = catalogue.ids(narrowed(walk.options.get("filter"), reading.scope))
            if len(ids) <= FEW:
                return None, [], {}
            found = plan(reading.question, [question for question, _ in tables.questions()])
            if found is None:
                return None, [], {}
            sums = catalogue.sums()
            documents = [Of(id, catalogue.title(id), sums[id]) for id in ids]
            known = {of.id: of for of in documents}
            kept = tables.cells([found.question], ids)
            holding = [c for c in kept if c.is_of(known[c.document_id].sha256) and c.answer.outcome != "failed"]
            return found, documents, {cell.document_id: cell for cell in holding}

        async with walk.timed("read"), within(walk.deadline):
            asked, documents, cells = await self._workers.run(Urgency.SEARCH, looked)
        if asked is None:
            return None
        missing = [of for of in documents if of.id not in cells]
        if len(missing) > MOST_DOCUMENTS:
            missing = (await self._nearest_first(walk, view, reading, missing))[:MOST_DOCUMENTS]
        asks = partial(self._fill, walk, asked.question, missing, cells, local=len(missing) > FILLED_IN_ORDER)
        async with walk.timed("answer"):
            new = [one for many in await asyncio.gather(*(asks() for _ in range(FILLED_AT_ONCE))) for one in many]
        made = answered(answer, asked, documents, cells, stored.text_at)
        fallen = next((one for one in new if one.degraded), None)
        return replace(
            made,
            citations=tuple(_verified(citation, view) for citation in made.citations),
            degraded=fallen is not None,
            attempts=fallen.attempts if fallen else (),
            usage=Usage(*(sum(column) for column in zip(*(astuple(one.usage) for one in new), strict=True))),
        )

    async def _nearest_first(self, walk: _Walk, view: View, reading: Reading, documents: list[Of]) -> list[Of]:
        """The documents whose passages are nearest to the question first."""
        filter = narrowed(walk.options.get("filter"), reading.scope)

        def searched() -> list[Of]:
            near = view.search(reading.search, 20 * MOST_DOCUMENTS, filter, walk.search_s()).hits
            rank = {id: n for n, id in enumerate(dict.fromkeys(hit.chunk.document_id for hit in near))}
            return sorted(documents, key=lambda of: rank.get(of.id, len(rank)))

        async with walk.timed("retrieve"), within(walk.deadline):
            return await self._workers.run(Urgency.SEARCH, searched)

    async def _fill(
        self, walk: _Walk, question: str, missing: list[Of], cells: dict[str, Cell], *, local: bool
    ) -> list[Answer]:
        """Takes documents from `missing` and puts their cells into `cells`, as long as there is time; what was
        answered, failures included."""
        tables, made = self._tables, list[Answer]()
        assert tables is not None
        while missing and walk.deadline.remaining() > FILL_ENDS * walk.budget_s:
            of = missing.pop(0)
            left_s = walk.deadline.remaining() - FILL_ENDS * walk.budget_s / 2
            options = StreamOptions(filter={"document": of.id}, within_s=left_s, local=local, part=True)
            async with aclosing(self._events(question, options)) as events:
                made += [event.answer async for event in events if isinstance(event, Done)]
            if made[-1].outcome != "failed":
                cell = cell_of(made[-1], of.id, of.sha256, datetime.now(UTC).isoformat(timespec="milliseconds"))
                cells[of.id] = await self._workers.run(Urgency.SEARCH, partial(tables.put, cell))
        return made

    async def _gathered(self, walk: _Walk, view: View, reading: Reading) -> Gathered:
        """Step 1: the passages that the answer needs, by its shape."""
        filter, catalogue = walk.options.get("filter"), view.catalogue
        if catalogue is not None and reading.roles:

            def named() -> Gathered:
                return of_roles(catalogue, reading, filter)

            async with walk.timed("retrieve"), within(walk.deadline):
                if (found := await self._workers.run(Urgency.SEARCH, named)).quotes:
                    return found
        if catalogue is not None and reading.clause is None and reading.shape != "one":
            k = max(self._settings.retrieve.rerank_k, walk.options.get("k") or 0)

            def several() -> Gathered:
                if reading.shape == "each":
                    return of_each(view, catalogue, reading, filter, walk.search_s)
                return of_parts(view, catalogue, reading, filter, k, walk.search_s)

            async with walk.timed("retrieve"), within(walk.deadline):
                return await self._workers.run(Urgency.SEARCH, several)
        hits, notes = await self._retrieve(walk, view, reading.bare, reading.search, reading.scope)
        hits, changed = in_force(hits, reading.question)
        notes = (*notes, *changed)
        if catalogue is None:
            return Gathered(tuple(hits), tuple(notes))

        def completed() -> Gathered:
            if reading.clause is not None:
                return of_clause(catalogue, reading, SearchResult(hits, notes))
            if reading.which and (found := of_topic(catalogue, reading, SearchResult(hits, notes))).quotes:
                return found
            of = {hit.chunk.document_id for hit in hits}
            return Gathered(with_opening(hits, catalogue, of.pop()) if len(of) == 1 else tuple(hits), tuple(notes))

        async with walk.timed("retrieve"), within(walk.deadline):
            return await self._workers.run(Urgency.SEARCH, completed)

    async def _retrieve(
        self, walk: _Walk, view: View, question: str, search: str = "", scope: Scope = EVERYWHERE
    ) -> SearchResult:
        """Step 1: at most k hits, best first; their `scores["relevance"]` is a probability when a reranker gave it.

        search: what to search for where it is more than the question (see `follow_up`).

        The less time there is, the less is done: no dense search, no reranking or of the first passages only; the notes
        say so.
        """
        settings = self._settings.retrieve
        k = walk.options.get("k") or settings.evidence_k
        reranker = view.rerankers.get(language_of(question))
        filter = narrowed(walk.options.get("filter"), scope)

        def searched() -> SearchResult:
            wanted = max(k, settings.rerank_k) if reranker else k
            return view.search(search or question, wanted, filter, walk.search_s())

        async with walk.timed("retrieve"), within(walk.deadline):
            hits, notes = await self._workers.run(Urgency.SEARCH, searched)
        if reranker is None or not hits:
            return SearchResult(hits[:k], notes)
        if walk.is_late():
            return SearchResult(hits[:k], (*notes, "reranking left out: there was too little time for it"))
        ends_s = walk.deadline.remaining() - walk.deadline.share(STEP_SHARE * READ_SHARE)  # before the deadline

        def reordered() -> SearchResult:
            return reranker.rerank(question, hits, k, max(0.0, walk.deadline.remaining() - ends_s))

        try:
            async with walk.timed("rerank"), within(walk.deadline, STEP_SHARE):
                ordered, cut = await self._workers.run(Urgency.RERANK, reordered)
        except Exception as error:  # the fused order is good enough to answer from
            return SearchResult(hits[:k], (*notes, f"reranking left out: {_said(error)}"))
        return SearchResult(ordered[:k], (*notes, *cut))

    def enough(self, question: str, hits: Sequence[Hit]) -> bool:
        """Step 2: is any passage likely to answer? Hits without a calibrated relevance are left to the answerer."""
        if not hits:
            return False
        floor = self._settings.answer.threshold
        if floor < 0:
            floor = self.profile.floor.get(language_of(question), 0.0)
        return max(hit.scores.get("relevance", 1.0) for hit in hits) >= floor

    def _answered(
        self, walk: _Walk, view: View, answer: Answer, reading: Reading, gathered: Gathered
    ) -> AsyncGenerator[FailoverEvent]:
        """Step 3: what the answerers stream of these passages, `Finished` last."""
        request = AnswerRequest(
            walk.question,
            answer.evidence,
            self.profile.domain,
            language_of(walk.question),
            tuple(walk.options.get("history", ())),
            "high" if walk.options.get("local") else self.sensitivity,
            walk.options.get("instant", False),
            reading.bare,
            self._shared(walk),
            lambda: self.sensitivity,
            reading.shape,
            gathered.quotes,
            self._recall(walk, view, reading, answer.evidence),
        )
        return self._answering.stream(request, walk.deadline)

    def _recall(self, walk: _Walk, view: View, reading: Reading, hits: tuple[Hit, ...]) -> Recall | None:
        """Gives what the memory holds for the question as it is read, where its passages are unchanged in this view;
        None where it holds nothing at all."""
        memory, stored = self._memory, view.stored
        if memory is None or stored is None or memory.is_empty():
            return None

        def looked() -> Recalled:
            asked = self._asked(walk, view, reading, hits)
            return memory.recall(asked, stored.text_at) if asked is not None else Recalled()

        async def recalled() -> Draft | None:
            async with walk.timed("recall"):
                walk.recalled = await self._workers.run(Urgency.SEARCH, looked)
            served = walk.recalled.served
            return Draft(served.kept.text, model=served.kept.model) if served else None

        return recalled

    def _asked(self, walk: _Walk, view: View, reading: Reading, hits: tuple[Hit, ...]) -> Asked | None:
        """The question as a memory knows it; None where it is asked of too many documents to name them."""
        limit, catalogue = narrowed(walk.options.get("filter"), reading.scope), view.catalogue
        documents: list[str] = []
        if catalogue is not None and (limit or reading.shape == "each"):
            documents = catalogue.ids(limit)
            if len(documents) > MOST_DOCUMENTS:
                return None
        elif limit:
            return None
        mentions = catalogue.scopes.mentions(reading.question) if catalogue is not None else []
        names = tuple((m.name, m.start, m.end) for m in mentions if m.field == "name")
        language = language_of(reading.question)
        ids = tuple(sorted(documents))
        return Asked(reading.question, language, ids, reading.shape, names, hits, self.sensitivity)

    async def _kept(self, walk: _Walk, view: View, answer: Answer, reading: Reading, finished: Finished) -> None:
        """The answer is kept for an outage, where a fuller answerer than the reader gave it to a question that takes
        nothing from its history; and where the process is observed (a server, the page), that it was asked. That
        nothing could be written costs nobody the answer."""
        memory, history = self._memory, walk.options.get("history", ())
        alone = reading.question == walk.question and (not history or walk.options.get("history_is_ours", False))
        fuller = finished.answered_by not in (LOCAL_READER, QUOTE, MEMORY)
        noted = bool(self._hooks.listeners) and not walk.options.get("part")
        if memory is None or self._settings.answer.memory == "off" or not (alone and (fuller or noted)):
            return

        def kept() -> None:
            asked = self._asked(walk, view, reading, answer.evidence)
            if asked is None:
                return
            at = datetime.now(UTC).isoformat(timespec="seconds")
            if noted:
                memory.note(asked, at[:10])
            if fuller:
                memory.keep(asked, answer, at, local=finished.local)

        writing = asyncio.ensure_future(self._workers.run(Urgency.BEHIND, kept))
        self._writing.add(writing)
        writing.add_done_callback(self._written)
        await asyncio.wait({writing}, timeout=min(KEPT_WITHIN_S, walk.deadline.remaining()))  # then it goes on behind

    def _written(self, writing: asyncio.Future[None]) -> None:
        self._writing.discard(writing)
        if not writing.cancelled() and (error := writing.exception()):  # a full disk, a damaged file
            log.warning("the memory could not be written: %s: %s", type(error).__name__, error)

    def _twins(
        self, view: View, answer: Answer, finished: Finished, reading: Reading, gathered: Gathered
    ) -> Answer | None:
        """The answer with the documents that say what the local reader quotes, each with its own values, as its scope,
        where the question names none of them; None where only one says it."""
        named = reading.scope.documents or reading.shape != "one" or gathered.quotes
        if named or finished.answered_by != LOCAL_READER or finished.draft.refused or view.catalogue is None:
            return None
        ids = twins(finished.draft, answer.evidence)
        titles = tuple(view.catalogue.title(id) for id in ids)
        return replace(answer, scope=Scope(tuple(ids), titles, ambiguous=True)) if ids else None

    def _withheld(self, walk: _Walk, draft: Draft) -> tuple[str, ...]:
        """What was kept from cloud models, where a chat model wrote the answer."""
        history = walk.options.get("history", ())
        kept = len(history) - len(self._shared(walk))
        if not kept or not draft.usage.prompt_tokens:
            return ()
        return (f"{kept} earlier turn(s) are not shown to cloud models: nobody knows that their corpus may use them",)

    def _shared(self, walk: _Walk) -> tuple[tuple[str, str], ...]:
        """The turns of the history that a cloud model may see."""
        history = tuple(walk.options.get("history", ()))
        return history if walk.options.get("history_is_ours") else self._origins.shareable(history, self._is_normal)

    async def _cited(
        self, walk: _Walk, view: View, answer: Answer, finished: Finished, which: str | None = None
    ) -> Answer:
        """Step 4: the draft with its citations resolved and held against the stored documents, or a refusal.

        which: what the clause deals with whose number is asked for: the quote is given under its label.
        """
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
            notes=(*answer.notes, *finished.notes, *draft.notes, *self._withheld(walk, draft)),
        )
        if finished.answered_by == MEMORY and walk.recalled and walk.recalled.served:
            return _served(answer, walk.recalled.served, view)
        if walk.recalled and walk.recalled.similar and finished.answered_by in (LOCAL_READER, QUOTE):
            answer = replace(answer, similar=walk.recalled.similar)
        if draft.refused:
            quoted = finished.answered_by == QUOTE
            return unread(answer, language_of(answer.question)) if quoted else _refused(answer, view)

        def cited() -> Answer:
            stored = view.stored
            under_label = which is not None and bool(draft.spans) and view.catalogue is not None
            whole = _whole_sentence(draft, answer.evidence) if under_label else draft
            done = cite(answer, whole, stored.page_of if stored else None)
            if under_label and view.catalogue is not None:
                done = _labelled(done, view.catalogue) if speaks_of(whole.text, which or "") else refusal(answer)
            return replace(done, citations=tuple(_verified(citation, view) for citation in done.citations))

        async with walk.timed("cite"):
            return await self._workers.run(Urgency.INSTANT, cited)


def _only_document(filter: Filter | None) -> str:
    """The document to which the asker limits the question; "" where there is none, or several."""
    given = (filter or {}).get("document", ())
    ids = [given] if isinstance(given, str) else list(given)
    return ids[0] if len(ids) == 1 else ""


def _served(answer: Answer, served: Served, view: View) -> Answer:
    """`answer` as one of before, with its citations as they stand in this view."""
    kept, chunks = served.kept, [hit.chunk for hit in served.evidence]
    citations = []
    for citation in kept.citations:
        at = (c.id for c in chunks if (c.document_id, c.start <= citation.start) == (citation.document_id, True)
              and citation.end <= c.end)  # fmt: skip
        page = view.stored.page_of(citation.document_id, citation.start) if view.stored else citation.page
        citations.append(_verified(replace(citation, chunk_id=next(at, -1), page=page), view))
    return replace(
        answer,
        text=kept.text,
        outcome="answered",
        label=kept.label,
        citations=tuple(citations),
        evidence=served.evidence,
        remembered=kept.remembered(served.same),
    )


def _refused(answer: Answer, view: View) -> Answer:
    """`answer` as refused; where no chat model read it, and all that was found is in another language, that is why."""
    languages = view.catalogue.languages() if view.catalogue else ()
    if answer.answered_by in ("", LOCAL_READER) and is_foreign(answer, languages):
        return refused(answer, "language")
    return refusal(answer)


def _whole_sentence(draft: Draft, hits: Sequence[Hit]) -> Draft:
    """The sentence in which the draft's first quote begins: what a clause says, where no detail of it is asked for."""
    span = draft.spans[0]
    text = hits[span.hit].chunk.text
    start, end = next((s for s in sentences(text) if s[0] <= span.start < s[1]), (span.start, span.end))
    end = max(end, span.end)
    return replace(draft, text=text[start:end], spans=(replace(span, start=start, end=end),))


def _labelled(answer: Answer, catalogue: Catalogue) -> Answer:
    """The quote under the label of its clause, where it stands in a numbered one."""
    first = answer.citations[0]
    label = catalogue.label(first.document_id, first.start)
    if not label or answer.text.startswith(label):
        return answer
    return replace(answer, text=f"{label}{'：' if label.startswith('第') else ': '}{answer.text}")


def _verified(citation: Citation, view: View) -> Citation:
    """The citation, verified only where its quote stands at its place in the document as stored."""
    if view.stored is None or not citation.verified:
        return citation
    there = view.stored.text_at(citation.document_id, citation.start, citation.end)
    return replace(citation, verified=there == citation.quote)


def _failed(answer: Answer, error: Exception, walk: _Walk) -> Answer:
    """`answer` as one that could not be given, with the reason as its last note."""
    attempts = error.attempts if isinstance(error, Unavailable) else ()
    late = isinstance(error, TimeoutError)
    why = f"nothing was found within the {walk.budget_s:g} s that the question had" if late else _said(error)
    return replace(answer, outcome="failed", attempts=attempts or answer.attempts, notes=(*answer.notes, why))


def _said(error: Exception) -> str:
    """What a reader of the answer is told; the details of what nobody foresaw are for the log."""
    if isinstance(error, TimeoutError):
        return "there was too little time for it"
    if isinstance(error, SparewheelError):
        return str(error)
    log.error("a step of the pipeline failed", exc_info=error)
    return f"an error of this program ({type(error).__name__}); its log says more"


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
