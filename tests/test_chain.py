"""The pipeline of a question, with every step replaced by a small fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from inline_work import Inline

from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.events import AttemptFailed, Cited, Done, Replace, Retrieved, Token
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.runnable import RetrievalQA
from sparewheel.rag.settings import Answering, Settings
from sparewheel.rag.types import AnswerRequest, Attempt, Chunk, Draft, Hit, Profile, SearchResult, Span
from sparewheel.rag.views import OneView, View
from sparewheel.rag.walk import MAX_QUESTION_CHARS

RENT = Chunk("lease.pdf", 100, 137, "The rent is 900 euros. Pay it monthly.", title="Lease", page=2, id=1)
PETS = Chunk("lease.pdf", 140, 162, "Pets need our consent.", title="Lease", headings=("9. Pets",), page=3, id=2)


class Found:
    """A retriever that always finds the same, in order."""

    notes: tuple[str, ...] = ()

    def __init__(self, *chunks: Chunk) -> None:
        self.chunks = chunks
        self.asked: list[tuple[str, int, Any]] = []

    def retrieve(self, query: str, k: int, filter: Any = None, within_s: Any = None) -> SearchResult:
        self.asked.append((query, k, filter))
        hits = [Hit(chunk, 1.0 / n, n, "fake") for n, chunk in enumerate(self.chunks, 1)][:k]
        return SearchResult(hits, self.notes)


class Relevance:
    """A reranker that gives every hit the same probability and turns the order round."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def rerank(self, query: str, hits: Any, k: int, within_s: float | None = None) -> SearchResult:
        scores = {"relevance": self.probability}
        return SearchResult([replace(hit, rank=n, scores=scores) for n, hit in enumerate(reversed(hits), 1)][:k])


class Scripted:
    """Answerers that play a list of events, or raise."""

    def __init__(self, *events: Any) -> None:
        self.events = events
        self.requests: list[AnswerRequest] = []

    async def warm(self, request: AnswerRequest) -> None:
        self.requests.append(request)

    async def stream(self, request: AnswerRequest, deadline: Any = None) -> AsyncIterator[Any]:
        self.requests.append(request)
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event


QUOTED = Finished(Draft("900 euros", (Span(0, 12, 21, 0.9),), confidence=0.9, model="reader-en"), "reader", False, ())


def pipeline(
    answering: Scripted, retriever: Found | None = None, reranker: Any = None, settings: Settings | None = None
) -> Pipeline:
    view = View(retriever or Found(RENT, PETS), {"en": reranker} if reranker else {}, notes=("dense index 40 % built",))
    return Pipeline(
        corpus="lease",
        views=OneView(view),
        answering=answering,
        workers=Inline(),
        profile=Profile("legal", floor={"en": 0.2}),
        sensitivity=lambda: "high",
        settings=settings or Settings(),
    )


async def test_an_answer_says_where_it_was_read() -> None:
    """The span becomes a citation with document, page and the character offsets of the document."""
    answer = await pipeline(Scripted(QUOTED)).aask("How much is the rent?")
    assert (answer.outcome, answer.text, answer.answered_by) == ("answered", "900 euros", "reader")
    (citation,) = answer.citations
    assert (citation.document_id, citation.start, citation.end, citation.quote) == ("lease.pdf", 112, 121, "900 euros")
    assert (citation.page, citation.verified, citation.marker) == (2, True, 1)
    assert answer.notes == ("dense index 40 % built",)
    assert set(answer.timings) >= {"retrieve", "answer", "cite", "total"}


async def test_the_request_carries_what_routing_needs() -> None:
    """Domain, sensitivity and language reach the answerers with the hits."""
    answering = Scripted(QUOTED)
    await pipeline(answering).aask("租金是多少？")
    (request,) = answering.requests
    assert (request.domain, request.sensitivity, request.language, len(request.hits)) == ("legal", "high", "zh", 2)


async def test_a_follow_up_is_searched_as_what_it_means() -> None:
    """Retrieval gets the whole question, the answerers both, and the record the question as asked."""
    answering, retriever = Scripted(QUOTED), Found(RENT)
    history = [("How high is the rent for tenants?", "900 euros")]
    answer = await pipeline(answering, retriever).aask("And for landlords?", history=history)
    (request,) = answering.requests
    whole = "How high is the rent for landlords?"
    assert (retriever.asked[0][0], request.standalone, request.question) == (whole, whole, "And for landlords?")
    assert (request.history, answer.question) == (tuple(history), "And for landlords?")


def test_a_watcher_gets_every_event_without_an_event_loop() -> None:
    """As `iterate`; between the events there may be moments without one."""
    seen = [type(event) for event in pipeline(Scripted(QUOTED)).watch("How much is the rent?") if event is not None]
    assert seen == [Retrieved, Cited, Done]


def test_warming_searches_and_reads_for_nobody() -> None:
    """The retriever and the answerers are used once, in the language that will be asked."""
    answering, retriever = Scripted(QUOTED), Found(RENT)
    pipeline(answering, retriever).warm("zh")
    assert ([r.language for r in answering.requests], len(retriever.asked)) == (["zh"], 1)


async def test_an_instant_question_is_marked_for_the_answerers() -> None:
    """Who asks may want the local answer first."""
    answering = Scripted(QUOTED)
    _ = [event async for event in pipeline(answering).stream("How much is the rent?", instant=True)]
    assert answering.requests[0].instant is True


async def test_below_the_floor_no_answerer_is_called() -> None:
    """Retrieval that found nothing near refuses at once and names the closest passage."""
    answering = Scripted(QUOTED)
    answer = await pipeline(answering, reranker=Relevance(0.1)).aask("Who won the match?")
    assert (answer.outcome, answering.requests) == ("refused", [])
    assert answer.text == "Not in these documents. The closest passage is in Lease > 9. Pets."


async def test_the_reranker_orders_the_evidence() -> None:
    """Evidence is in the reranker's order, and k is what was asked for."""
    answer = await pipeline(Scripted(QUOTED), reranker=Relevance(0.9)).aask("How much is the rent?", k=1)
    assert [hit.chunk.id for hit in answer.evidence] == [2]


async def test_a_failed_search_is_told_in_the_answer() -> None:
    """What the retriever notes of this very search stands beside what the view notes."""

    class Limping(Found):
        notes = ("dense search failed: OSError: gone",)

    answer = await pipeline(Scripted(QUOTED), Limping(RENT)).aask("What is the rent?")
    assert answer.notes == ("dense index 40 % built", "dense search failed: OSError: gone")


async def test_an_amendment_comes_before_what_it_amends_and_both_are_named() -> None:
    """Whoever answers reads the newer first; the answer says which document changed which, and when."""
    newer = Chunk(
        "a1.pdf", 0, 9, "Rent 950.", title="Amendment No. 1", metadata={"amends": "Lease", "date": "2024-03-01"}
    )
    answer = await pipeline(Scripted(QUOTED), Found(RENT, newer)).aask("What is the rent?")
    assert [hit.chunk.document_id for hit in answer.evidence] == ["a1.pdf", "lease.pdf"]
    assert answer.notes[-1] == '"Lease" is amended by "Amendment No. 1" (2024-03-01)'


async def test_nothing_found_is_a_refusal_in_the_language_of_the_question() -> None:
    """An empty corpus refuses in Chinese when asked in Chinese."""
    answer = await pipeline(Scripted(QUOTED), Found()).aask("租金是多少？")
    assert (answer.outcome, answer.text) == ("refused", "这些文档中没有答案。")


async def test_a_refusing_draft_is_a_refusal() -> None:
    """The answerer's "not in these documents" is honoured, and it is told who said so."""
    answer = await pipeline(Scripted(Finished(Draft("", refused=True), "deepseek", False, ()))).aask("Who won?")
    assert (answer.outcome, answer.answered_by, answer.citations) == ("refused", "deepseek", ())


async def test_events_come_in_order_and_done_is_last() -> None:
    """Retrieved, what the answerers stream, the citations, Done: a consumer needs nothing else."""
    failed = AttemptFailed(Attempt("deepseek", "failed", "overloaded"))
    script = Scripted(Token("The", "deepseek"), failed, Replace("", "reader", "overloaded"), QUOTED)
    events = [event async for event in pipeline(script).stream("How much is the rent?")]
    assert [type(event) for event in events] == [Retrieved, Token, AttemptFailed, Replace, Cited, Done]


async def test_when_nobody_can_answer_the_record_says_why() -> None:
    """All answerers down: outcome failed, the evidence and the attempts stay."""
    error = Unavailable("no answerer left")
    error.attempts = (Attempt("deepseek", "failed", "overloaded"),)
    answer = await pipeline(Scripted(error)).aask("How much is the rent?")
    assert (answer.outcome, len(answer.evidence), answer.attempts) == ("failed", 2, error.attempts)
    assert answer.notes[-1] == "no answerer left"


@pytest.mark.parametrize("question", ["", "  \n", None])
async def test_an_empty_question_is_the_callers_mistake(question: Any) -> None:
    """The error shows what was given."""
    with pytest.raises(UsageError, match="the question is"):
        await pipeline(Scripted(QUOTED)).aask(question)


async def test_a_text_too_long_for_a_question_is_refused_with_the_cure() -> None:
    """The limit is named."""
    with pytest.raises(UsageError, match=str(MAX_QUESTION_CHARS)):
        await pipeline(Scripted(QUOTED)).aask("x" * (MAX_QUESTION_CHARS + 1))


def test_a_setting_overrides_the_calibrated_floor() -> None:
    """answer.threshold = 0 lets everything through to the answerer."""
    asked = pipeline(Scripted(QUOTED), reranker=Relevance(0.1), settings=Settings(answer=Answering(threshold=0.0)))
    assert asked.ask("Who won the match?").outcome == "answered"


# ---------------------------------------------------------------- the LangChain face


def chain(*events: Any) -> RetrievalQA:
    return RetrievalQA(pipeline=pipeline(Scripted(*(events or (QUOTED,)))))


def test_retrievalqa_contract() -> None:
    """{"query"} in; query, result and source_documents out."""
    output = chain().invoke({"query": "How much is the rent?"})
    assert (output["query"], output["result"]) == ("How much is the rent?", "900 euros")
    assert [doc.page_content for doc in output["source_documents"]] == [RENT.text, PETS.text]
    assert output["source_documents"][0].metadata["page"] == 2


async def test_every_way_to_call_gives_the_same_answer() -> None:
    """invoke, ainvoke, batch, stream and astream end in the same output."""
    qa, question = chain(Token("900 ", "reader"), Token("euros", "reader"), QUOTED), {"query": "How much is the rent?"}
    streamed = list(qa.stream(question))
    results = [
        qa.invoke(question)["result"],
        (await qa.ainvoke(question))["result"],
        qa.batch([question, question])[1]["result"],
        streamed[-1]["result"],
        [piece async for piece in qa.astream(question)][-1]["result"],
    ]
    assert results == ["900 euros"] * 5
    assert "".join(piece["token"] for piece in streamed[:-1]) == "900 euros"


def test_it_composes_in_lcel() -> None:
    """The next step of a sequence is handed the whole output."""
    assert (chain() | (lambda output: output["result"].upper())).invoke("How much is the rent?") == "900 EUROS"


def test_callbacks_see_the_run() -> None:
    """LangChain's tracers get start and end."""
    from langchain_core.callbacks import BaseCallbackHandler

    class Seen(BaseCallbackHandler):
        outputs: Any = None

        def on_chain_end(self, outputs: Any, **_: Any) -> None:
            self.outputs = outputs

    seen = Seen()
    chain().invoke({"query": "How much is the rent?"}, {"callbacks": [seen]})
    assert seen.outputs["result"] == "900 euros"


def test_a_failed_question_raises_for_langchain() -> None:
    """RetrievalQA's contract has no outcome: a failure must not look like an answer."""
    with pytest.raises(Unavailable, match="no answerer left"):
        chain(Unavailable("no answerer left")).invoke({"query": "How much is the rent?"})


async def test_a_batch_loses_nothing_to_one_question() -> None:
    """The empty one failed and says why, the others are answered; with return_exceptions it is as LangChain has it."""
    qa, questions = chain(), [{"query": "How much is the rent?"}, {"query": " "}, "What is the rent?"]
    for outputs in (qa.batch(questions), await qa.abatch(questions)):
        assert [output["outcome"] for output in outputs] == ["answered", "failed", "answered"]
        assert (outputs[1]["result"], "ask something in words" in outputs[1]["answer"].notes[0]) == ("", True)
    (lost,) = chain(Unavailable("no answerer left")).batch(["What is the rent?"])
    assert (lost["outcome"], "no answerer left" in lost["answer"].notes[0]) == ("failed", True)
    assert isinstance(qa.batch(questions, return_exceptions=True)[1], UsageError)


def test_a_wrong_key_or_option_is_named() -> None:
    """The beginner's mistakes: the wrong key, a misspelt option."""
    with pytest.raises(UsageError, match="needs the key 'query', it has 'qestion'"):
        chain().invoke({"qestion": "How much is the rent?"})
    with pytest.raises(UsageError, match="unknown option 'filters'; did you mean 'filter'"):
        chain().invoke({"query": "How much?", "filters": {}})


class Slow(Found):
    """A retriever whose search takes `seconds` of the clock `now`."""

    def __init__(self, now: list[float], seconds: float) -> None:
        super().__init__(RENT)
        self.now, self.seconds = now, seconds

    def retrieve(self, query: str, k: int, filter: Any = None, within_s: Any = None) -> SearchResult:
        self.now[0] += self.seconds
        return super().retrieve(query, k, filter)


class Hasty(Scripted):
    """Notes the seconds left for the answerers."""

    left = 0.0

    async def stream(self, request: AnswerRequest, deadline: Any = None) -> AsyncIterator[Any]:
        self.left = deadline.remaining()
        async for event in super().stream(request, deadline):
            yield event


async def test_the_search_takes_its_time_from_the_answerers() -> None:
    """Of ten seconds, four went into the search: at most six are left to answer in."""
    now, answering = [50.0], Hasty(QUOTED)
    view = View(Slow(now, 4.0))
    pipeline = Pipeline(
        corpus="lease", views=OneView(view), answering=answering, workers=Inline(), profile=Profile("legal"),
        sensitivity=lambda: "normal", settings=Settings(), clock=lambda: now[0],
    )  # fmt: skip
    await pipeline.aask("How much is the rent?", within_s=10.0)
    assert 0 < answering.left <= 6.0


def test_one_likely_passage_is_enough() -> None:
    """The best of them counts, wherever it stands; below the threshold none is, and without a probability all are."""
    asked = pipeline(Scripted(QUOTED))

    def enough(*relevance: float) -> bool:
        hits = [Hit(RENT, 1.0, n, "fake", {"relevance": value}) for n, value in enumerate(relevance, 1)]
        return asked.enough("How much is the rent?", hits)

    assert [enough(0.01, 0.9, 0.02), enough(0.19, 0.1), enough(0.2), enough()] == [True, False, True, False]
    assert asked.enough("How much is the rent?", [Hit(RENT, 1.0, 1, "fake")])
