"""A corpus as a component of a Haystack pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparewheel import open_corpus
from sparewheel.rag.errors import NotFound
from sparewheel.rag.settings import Ingest, Retrieve, Settings

pytest.importorskip("haystack")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HAYSTACK_TELEMETRY_ENABLED", "False")
    found = Settings(data_folder=str(tmp_path), ingest=Ingest(workers=1), retrieve=Retrieve(rerank="off"))
    with open_corpus("leases", create=True, settings=found) as corpus:
        texts = ["The notice period is thirty days.", "The rent is 900 euros."]
        corpus.add_texts(texts, [{"party": "Acme"}, {"party": "Birch"}], ids=["notice", "rent"], embed=False)
    return found


def test_a_pipeline_finds_passages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone and in a pipeline that was written and read again, with the filter of the corpus."""
    from haystack import Pipeline

    from sparewheel.rag.compat.haystack import SparewheelRetriever

    found = SparewheelRetriever("leases", top_k=1, settings=settings).run("notice period")["documents"]
    assert (found[0].content, found[0].meta["document_id"]) == ("The notice period is thirty days.", "notice")
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", settings.data_folder)
    written = Pipeline()
    written.add_component("retriever", SparewheelRetriever("leases"))
    again = Pipeline.from_dict(written.to_dict(), allowed_modules=["sparewheel.rag.compat.haystack"])
    output = again.run({"retriever": {"query": "rent", "filters": {"party": "Birch"}, "top_k": 2}})
    assert [document.meta["party"] for document in output["retriever"]["documents"]] == ["Birch"]


def test_no_such_corpus_is_told_when_it_is_opened(settings: Settings) -> None:
    """With the nearest name."""
    from sparewheel.rag.compat.haystack import SparewheelRetriever

    with pytest.raises(NotFound, match="did you mean 'leases'"):
        SparewheelRetriever("leasse", settings=settings).warm_up()
