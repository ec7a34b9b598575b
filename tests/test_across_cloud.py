"""Questions about many documents where a fuller answerer is there: a dozen documents are its, more are read here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from inline_work import Inline

from sparewheel.rag import each_document
from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.review.store import CellStore
from sparewheel.rag.settings import Retrieve, Settings
from sparewheel.rag.types import AnswerRequest, Attempt, Draft, Profile, Span, Usage
from sparewheel.rag.views import StoredDocuments, View
from tests.gathering import AnyWord, InOrder, snapshot


class Always:
    """Gives out the one view."""

    def __init__(self, view: View) -> None:
        self.view = view

    def use(self):
        from contextlib import nullcontext

        return nullcontext(self.view)


class Writes:
    """An endpoint that quotes the first words of what it is given, and costs a cent."""

    def __init__(self) -> None:
        self.sensitivities: list[str] = []

    async def warm(self, request: AnswerRequest) -> None: ...

    async def stream(self, request: AnswerRequest, deadline: object = None) -> AsyncIterator[Finished]:
        self.sensitivities.append(request.sensitivity)
        draft = Draft("x", (Span(0, 0, 5),), confidence=0.9, usage=Usage(10, 2, cost_usd=0.01))
        yield Finished(draft, "deepseek", len(self.sensitivities) == 1, (Attempt("other", "failed", "overloaded"),), ())


@pytest.mark.parametrize(("most", "asked"), [(12, "normal"), (2, "high")])
async def test_the_answerers_are_asked_in_their_order_where_the_documents_are_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, asked: str
) -> None:
    """What it cost, and that somebody had to stand in, is in the one answer."""
    monkeypatch.setattr(each_document, "FEW", 2)
    monkeypatch.setattr(each_document, "FILLED_IN_ORDER", most)
    papers, answering = snapshot(tmp_path), Writes()
    view = View(InOrder(papers), catalogue=Catalogue(papers, AnyWord()), stored=StoredDocuments(papers))
    store = CellStore(tmp_path / "review.sqlite")
    pipeline = Pipeline(
        corpus="papers", views=Always(view), answering=answering, workers=Inline(), profile=Profile(), tables=store,
        sensitivity=lambda: "normal", settings=Settings(retrieve=Retrieve(rerank="off")),
    )  # fmt: skip
    answer = await pipeline.aask("List all prices.")
    assert answering.sensitivities == [asked] * 3
    assert answer.usage == Usage(30, 6, cost_usd=pytest.approx(0.03))
    assert (answer.degraded, answer.attempts[0].reason) == (True, "overloaded")
    assert "3 of 3 documents read" in answer.text
    assert {cell.question for cell in store.cells()} == {"What is the price?"}
    again = await pipeline.aask("List all prices.")
    assert (again.usage, again.degraded, len(answering.sensitivities)) == (Usage(), False, 3)
    papers.close()


async def test_of_many_documents_the_nearest_are_read_and_the_others_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer never passes for complete; the next question reads on where this one ended."""
    monkeypatch.setattr(each_document, "FEW", 1)
    monkeypatch.setattr(each_document, "MOST_DOCUMENTS", 2)
    papers, answering = snapshot(tmp_path), Writes()
    view = View(InOrder(papers), catalogue=Catalogue(papers, AnyWord()), stored=StoredDocuments(papers))
    pipeline = Pipeline(
        corpus="papers", views=Always(view), answering=answering, workers=Inline(), profile=Profile(),
        tables=CellStore(tmp_path / "review.sqlite"), sensitivity=lambda: "normal",
        settings=Settings(retrieve=Retrieve(rerank="off")),
    )  # fmt: skip
    first = await pipeline.aask("List all prices.")
    assert ("2 of 3 documents read" in first.text, "not read: Lease" in first.text) == (True, True)
    assert "3 of 3 documents read" in (await pipeline.aask("List all prices.")).text
    papers.close()
