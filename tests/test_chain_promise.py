"""An Answer, always and in time: whatever a step does, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sparewheel.rag.answer.instant_quote import InstantQuote
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.events import Done, Replace, Token
from sparewheel.rag.recalling import KEPT_WITHIN_S
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.reliability.workers import Urgency
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer, AnswerRequest, Attempt, Chunk, Draft, Hit, Profile, SearchResult, Span
from sparewheel.rag.views import OneView, View
from tests.reliability.virtual_time import run

TEXT = "The rent is 900 euros a month. The notice period is thirty days. Pets need our consent."
QUESTION = "How long is the notice period?"


class Work:
    """Work that takes virtual seconds, by its urgency: a number, an exception to raise, or None for ever."""

    def __init__(self, *, wait_s: float = 0.0, instant_s: float = 0.0, **takes: Any) -> None:
        """wait_s: for reading or reranking. instant_s: that quoting was measured to take."""
        self.takes, self.wait_s, self.instant_s = takes, wait_s, instant_s

    async def run(self, urgency: Urgency, work: Callable[[], Any], unclaimed: Any = None) -> Any:
        takes = self.takes.get(urgency.name, 0.001)
        if isinstance(takes, Exception):
            raise takes
        await (asyncio.Event().wait() if takes is None else asyncio.sleep(takes))
        return work()

    def begins_s(self, urgency: Urgency) -> float:
        return self.wait_s

    def takes_s(self, urgency: Urgency) -> float:
        return self.instant_s if urgency is Urgency.INSTANT else 0.0


class Found:
    """A retriever of one passage."""

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.within_s: list[float | None] = []

    def retrieve(self, query: str, k: int, filter: Any = None, within_s: float | None = None) -> SearchResult:
        if filter:
            raise UsageError("no document has 'colour'")
        self.within_s.append(within_s)
        return SearchResult([Hit(Chunk("lease", self.start, self.start + len(TEXT), TEXT), 1.0, 1, "fake")])


class Same:
    """A reranker that has read nothing in time."""

    def __init__(self, *notes: str) -> None:
        self.notes = notes
        self.within_s: list[float | None] = []

    def rerank(self, query: str, hits: Any, k: int, within_s: float | None = None) -> SearchResult:
        self.within_s.append(within_s)
        return SearchResult(list(hits), self.notes)


class Lease:
    """The document as stored."""

    def page_of(self, document_id: str, offset: int) -> int | None:
        return 7

    def text_at(self, document_id: str, start: int, end: int) -> str:
        return TEXT[start:end]


class Answerers:
    """Plays a script: a number is a pause, None waits for ever, an exception is raised."""

    def __init__(self, *script: Any) -> None:
        self.script = script

    async def stream(self, request: AnswerRequest, deadline: Any = None) -> AsyncIterator[Any]:
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            if step is None:
                await asyncio.Event().wait()
            elif isinstance(step, float):
                await asyncio.sleep(step)
            else:
                yield step

    async def warm(self, request: AnswerRequest) -> None: ...


FROM_CLOUD = Finished(Draft("thirty days", (Span(0, 52, 63),), confidence=0.9), "cloud", False, ())


def pipeline(
    answerers: Answerers,
    work: Work | None = None,
    found: Found | None = None,
    quote: bool = True,
    reranker: Same | None = None,
    memory: Any = None,
) -> Pipeline:
    work, clock = work or Work(), asyncio.get_running_loop().time
    view = View(found or Found(), {"en": reranker or Same()}, Lease(), ("a note of the view",))
    return Pipeline(
        corpus="leases",
        views=OneView(view),
        answering=InstantQuote(answerers, work) if quote else answerers,
        workers=work,
        profile=Profile(),
        sensitivity=lambda: "normal",
        settings=Settings(),
        memory=memory,
        clock=clock,
    )


def asked(
    *script: Any,
    work: Work | None = None,
    found: Found | None = None,
    quote: bool = True,
    reranker: Same | None = None,
    **options: Any,
) -> Any:
    """The answer, and after how many virtual seconds it came."""

    async def ask() -> tuple[Answer, float]:
        began = asyncio.get_running_loop().time()
        answer = await pipeline(Answerers(*script), work, found, quote, reranker).aask(QUESTION, **options)
        return answer, asyncio.get_running_loop().time() - began

    return run(ask())


@pytest.mark.parametrize("error", [OSError("disk"), Unavailable("no search answered"), MemoryError()])
def test_a_search_that_fails_ends_in_an_answer(error: Exception) -> None:
    """Outcome failed, the reason among the notes."""
    answer, _ = asked(FROM_CLOUD, work=Work(SEARCH=error))
    assert (answer.outcome, answer.text) == ("failed", "")
    assert answer.notes[-1] in (
        "no search answered",
        f"an error of this program ({type(error).__name__}); its log says more",
    )


def test_reranking_that_fails_costs_the_order_only() -> None:
    """The fused order is answered from."""
    answer, _ = asked(FROM_CLOUD, work=Work(RERANK=RuntimeError("model gone")))
    assert (answer.outcome, answer.answered_by) == ("answered", "cloud")
    assert answer.notes == (
        "a note of the view",
        "reranking left out: an error of this program (RuntimeError); its log says more",
    )


@pytest.mark.parametrize("error", [RuntimeError("a bug"), UsageError("no answerer may see it"), Unavailable("nobody")])
def test_answerers_that_fail_leave_a_quote(error: Exception) -> None:
    """Never their exception: what they call a mistake of the asker is none."""
    answer, _ = asked(error)
    assert (answer.outcome, answer.answered_by, answer.degraded) == ("answered", "quote", True)
    assert (answer.text, answer.citations[0].page) == ("The notice period is thirty days.", 7)
    assert "only the sentence nearest to the question" in answer.notes[-1]
    failed, _ = asked(error, quote=False)
    assert failed.outcome == "failed"


def test_citing_that_fails_ends_in_an_answer() -> None:
    """The last step as the first."""
    answer, _ = asked(FROM_CLOUD, work=Work(INSTANT=ValueError("a bug")))
    assert (answer.outcome, len(answer.evidence)) == ("failed", 1)


def test_answerers_that_end_without_an_answer_are_failures() -> None:
    """A stream that just stops is no answer."""
    assert [asked(quote=False)[0].outcome, asked()[0].answered_by] == ["failed", "quote"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k is 0"),
        ({"k": -3}, "k is -3"),
        ({"within_s": 0.0}, "within_s is 0"),
        ({"kk": 3}, "unknown option 'kk'; did you mean 'k'"),
        ({"filter": {"colour": "red"}}, "no document has 'colour'"),
    ],
)
def test_the_askers_own_mistake_is_raised(options: dict[str, Any], message: str) -> None:
    """It is named, and nothing is answered."""
    with pytest.raises(UsageError, match=message):
        asked(FROM_CLOUD, **options)


@pytest.mark.parametrize("within_s", [0.05, 0.2, 1.0, 20.0])
@pytest.mark.parametrize("script", [(None,), (Token("The", "cloud"), None)], ids=["silent", "cut"])
def test_a_deadline_is_kept_with_a_quote(within_s: float, script: tuple[Any, ...]) -> None:
    """Nobody answers: the quote comes before the time is over, and replaces what was shown."""

    async def ask() -> tuple[list[Any], float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        events = [event async for event in pipeline(Answerers(*script)).stream(QUESTION, within_s=within_s)]
        return events, loop.time() - began

    events, seconds = run(ask())
    assert isinstance(events[-1], Done)
    answer = events[-1].answer
    assert (answer.outcome, answer.answered_by, answer.degraded) == ("answered", "quote", True)
    assert 0.5 * within_s < seconds <= within_s
    shown = next(event for event in events if isinstance(event, Token | Replace) and event.answerer == "quote")
    assert (type(shown), shown.text) == (Replace if len(script) > 1 else Token, "The notice period is thirty days.")


def test_a_search_without_end_fails_at_the_deadline() -> None:
    """There is nothing to quote; the answer says what the time was."""
    answer, seconds = asked(FROM_CLOUD, work=Work(SEARCH=None), within_s=0.2)
    assert (answer.outcome, seconds) == ("failed", pytest.approx(0.2))
    assert answer.notes == ("nothing was found within the 0.2 s that the question had",)


def test_reranking_without_end_costs_half_of_the_time_at_most() -> None:
    """Then the fused order is answered from."""
    answer, seconds = asked(FROM_CLOUD, work=Work(RERANK=None), within_s=10.0)
    assert (answer.answered_by, answer.notes[-1]) == (
        "cloud",
        "reranking left out: there was too little time for it",
    )
    assert 4.0 < seconds < 6.0


@pytest.mark.parametrize(("queued_s", "left_s"), [(0.0, 4.0), (1.5, 2.5), (4.5, 0.0)])
def test_the_reranker_knows_how_long_it_may_read(queued_s: float, left_s: float) -> None:
    """It ends by itself before nobody waits for it, wherever the time went; what it could not read is a note."""
    reranker = Same("reranking cut short: 4 of 12 passages were read in time")
    answer, _ = asked(FROM_CLOUD, work=Work(RERANK=queued_s), reranker=reranker, within_s=10.0)
    assert reranker.within_s == [pytest.approx(left_s, abs=0.02)]
    assert (answer.outcome, answer.notes[-1]) == ("answered", reranker.notes[0])


def test_a_question_whose_turn_came_late_is_searched_by_words_and_not_reranked() -> None:
    """More than a quarter of its time went by in the queue: what costs much is left out."""
    in_time, late = Found(), Found()
    asked(FROM_CLOUD, found=in_time, within_s=10.0)
    answer, _ = asked(FROM_CLOUD, found=late, work=Work(SEARCH=2.0), within_s=10.0)
    assert (in_time.within_s[0], late.within_s) == (pytest.approx(5.0, abs=0.1), [0.0])
    assert answer.notes[-1] == "reranking left out: there was too little time for it"


@pytest.mark.parametrize(("work", "reranked"), [(Work(wait_s=4.0), True), (Work(wait_s=5.5), False)])
def test_who_would_wait_too_long_for_the_reranker_is_not_reranked(work: Work, reranked: bool) -> None:
    """Known before the wait: half of the time is not spent on it."""
    reranker = Same()
    answer, seconds = asked(FROM_CLOUD, work=work, reranker=reranker, within_s=10.0)
    assert (bool(reranker.within_s), seconds < 0.1) == (reranked, True)
    left_out = "reranking left out: there was too little time for it"
    assert (left_out in answer.notes) == (not reranked)


@pytest.mark.parametrize(("instant_s", "spare_s"), [(0.0, 10.0), (0.5, 8.0), (60.0, 2.0)])
def test_where_quoting_is_slow_now_less_is_spent_on_reranking(instant_s: float, spare_s: float) -> None:
    """What quoting and citing need is kept back, up to a share."""
    reranker = Same()
    asked(FROM_CLOUD, work=Work(instant_s=instant_s), reranker=reranker, within_s=10.0)
    assert reranker.within_s == [pytest.approx(0.4 * spare_s, abs=0.05)]


def test_answerers_know_how_much_time_a_question_has() -> None:
    """Less than the asker gives: the quote's share is kept back."""
    left_s = list[float]()

    class Looking(Answerers):
        async def stream(self, request: AnswerRequest, deadline: Any = None) -> AsyncIterator[Any]:
            left_s.append(request.left_s())
            yield FROM_CLOUD

    async def ask() -> Answer:
        return await pipeline(Looking()).aask(QUESTION, within_s=10.0)

    assert run(ask()).answered_by == "cloud"
    assert left_s == [pytest.approx(9.9, abs=0.1)]


def test_where_the_event_loop_is_late_the_answerers_are_given_up_earlier() -> None:
    """It will be late again when the quote is due: a thousand calls to be closed, a machine with other work."""

    async def ask() -> tuple[Answer, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        loop.call_at(began + 9.0, lambda: setattr(loop, "now", began + 15.0))  # six seconds in one step
        answer = await pipeline(Answerers(None)).aask(QUESTION, within_s=20.0)
        return answer, loop.time() - began

    answer, seconds = run(ask())
    assert (answer.answered_by, answer.degraded) == ("quote", True)
    assert 15.0 <= seconds < 15.5


def test_a_thousand_questions_at_once_with_all_answerers_stalled_lose_none() -> None:
    """Each is quoted by its deadline though one quote after the other is made."""
    turn = asyncio.Lock()

    class OneByOne(Work):
        async def run(self, urgency: Urgency, work: Callable[[], Any], unclaimed: Any = None) -> Any:
            if urgency is Urgency.INSTANT:
                async with turn:
                    await asyncio.sleep(0.002)
            return work()

    async def ask() -> list[tuple[str, str, float]]:
        loop = asyncio.get_running_loop()
        began, stalled = loop.time(), pipeline(Answerers(None), OneByOne())

        async def one() -> tuple[str, str, float]:
            answer = await stalled.aask(QUESTION, within_s=20.0)
            return answer.outcome, answer.answered_by, loop.time() - began

        return await asyncio.gather(*(one() for _ in range(1000)))

    told = run(ask())
    assert {(outcome, by) for outcome, by, _ in told} == {("answered", "quote")}
    assert max(seconds for _, _, seconds in told) <= 20.0


class Kept:
    """A memory that holds nothing and takes everything."""

    def __init__(self) -> None:
        self.answers: list[str] = []

    def is_empty(self) -> bool:
        return True

    def recall(self, asked: Any, text_at: Any) -> Any:
        raise AssertionError("it holds nothing")

    def keep(self, asked: Any, answer: Answer, at: str, *, local: bool) -> None:
        self.answers.append(answer.text)

    def note(self, asked: Any, day: str) -> None: ...


def test_a_memory_that_cannot_be_written_in_time_holds_nobody_up() -> None:
    """It is written behind the answer; where everything else is late, the answer comes by its deadline."""

    async def ask(takes_s: float, **options: Any) -> tuple[str, float, list[str]]:
        memory, work = Kept(), Work(BEHIND=takes_s)
        began = asyncio.get_running_loop().time()
        answer = await pipeline(Answerers(FROM_CLOUD), work, memory=memory).aask(QUESTION, **options)
        took_s = asyncio.get_running_loop().time() - began
        await asyncio.sleep(60)
        return answer.outcome, took_s, memory.answers

    outcome, took_s, kept = run(ask(30.0))
    assert (outcome, took_s < KEPT_WITHIN_S + 0.1, kept) == ("answered", True, ["thirty days"])
    outcome, took_s, kept = run(ask(30.0, within_s=0.5))
    assert (outcome, took_s < 0.6, kept) == ("answered", True, ["thirty days"])


def test_what_only_a_quoter_refused_is_not_said_to_be_missing() -> None:
    """Nobody has read the passages: the answer says that, and where to look."""

    async def ask() -> Answer:
        return await pipeline(Answerers(None)).aask("Who won the football match?", within_s=1.0)

    answer = run(ask())
    assert (answer.outcome, answer.answered_by, answer.reason) == ("refused", "quote", "unread")
    assert answer.text == "No answerer was able to read the passages in time. The closest one is in lease."


def test_a_chunk_with_wrong_offsets_is_not_verified() -> None:
    """The quote is held against the document as stored, not against the passage it was taken from."""
    right, wrong = asked(FROM_CLOUD)[0], asked(FROM_CLOUD, found=Found(start=5))[0]
    assert [answer.citations[0].verified for answer in (right, wrong)] == [True, False]
    assert right.citations[0].quote == wrong.citations[0].quote == "thirty days"


def test_the_attempts_of_those_in_front_are_kept() -> None:
    """Whether they come with the error or before it."""
    attempt = Attempt("cloud", "failed", "overloaded")
    error = Unavailable("nobody")
    error.attempts = (attempt,)
    assert asked(error)[0].attempts == (attempt,)
