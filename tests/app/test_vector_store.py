"""A corpus as LangChain's vector store: LangChain's own tests, and what its users rely on beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_tests.integration_tests import RetrieversIntegrationTests, VectorStoreIntegrationTests

from sparewheel import Sparewheel
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.runtime import Runtime
from sparewheel.rag.settings import Answering, Ingest, Retrieve, Settings

LEASE = {"source": "lease.pdf", "year": 2021}
CLAUSES = [
    Document(page_content="The rent is 900 euros a month.", metadata={**LEASE, "page": 0}),
    Document(page_content="The notice period is thirty days.", metadata={**LEASE, "page": 1}),
    Document(page_content="Notice of defects is given within ten days.", metadata={"source": "sale.pdf", "year": 2023}),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_folder=str(tmp_path / "data"),
        ingest=Ingest(workers=1),
        retrieve=Retrieve(rerank="off"),
        answer=Answering(speculative=False),
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Sparewheel]:
    with_clauses = Sparewheel.from_documents(
        CLAUSES,
        VectorStoreIntegrationTests.get_embeddings(),
        corpus="contracts",
        ids=["a", "b", "c"],
        settings=settings,
    )
    yield with_clauses
    with_clauses.close()


class TestStandard(VectorStoreIntegrationTests):
    """Every one of LangChain's tests of a vector store, sync and async."""

    @pytest.fixture
    def vectorstore(self, settings: Settings) -> Iterator[Sparewheel]:
        store = Sparewheel(embedding=self.get_embeddings(), settings=settings)
        yield store
        store.close()


class TestStandardRetriever(RetrieversIntegrationTests):
    """And of the retriever that `as_retriever` makes."""

    @pytest.fixture(autouse=True)
    def _store(self, store: Sparewheel) -> None:
        store.add_texts(["The deposit is two rents; notice is free."], ids=["d"])
        TestStandardRetriever.made = store

    @property
    def retriever_constructor(self):
        return lambda **search: TestStandardRetriever.made.as_retriever(search_kwargs=search)

    @property
    def retriever_constructor_params(self):
        return {"k": 2}

    @property
    def retriever_query_example(self):
        return "notice period rent deposit"


def test_documents_come_back_as_they_came(store: Sparewheel) -> None:
    """Ids, text and metadata with their types; the filter is by any of them."""
    assert store.similarity_search("notice period", k=1) == [CLAUSES[1].model_copy(update={"id": "b"})]
    assert [d.id for d in store.similarity_search("notice", k=3, filter={"source": "sale.pdf"})] == ["c"]
    assert [d.id for d in store.similarity_search("days", k=3, filter={"year": ["2021"]})] != ["c"]
    assert store.get_by_ids(["c", "nothing"]) == [CLAUSES[2].model_copy(update={"id": "c"})]
    with pytest.raises(UsageError, match=r"did you mean 'sale.pdf'"):
        store.similarity_search("notice", filter={"source": "sales.pdf"})


def test_scores_and_marginal_relevance(store: Sparewheel) -> None:
    """Scores fall, relevance is a share of one, and MMR gives as many documents, each once."""
    scores = [score for _, score in store.similarity_search_with_score("notice period", k=3)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for _, score in store.similarity_search_with_relevance_scores("notice period", k=3))
    assert sorted(str(d.id) for d in store.max_marginal_relevance_search("notice period", k=3)) == ["a", "b", "c"]
    (near,) = store.as_retriever(search_type="mmr", search_kwargs={"k": 1}).invoke("notice period")
    assert near.page_content in {clause.page_content for clause in CLAUSES}
    assert asyncio.run(store.asimilarity_search("notice period", k=1))[0].id == "b"


def test_the_corpus_behind_it_answers(store: Sparewheel, settings: Settings) -> None:
    """The pages are numbered as readers count them; another program opens the corpus by its name with the embedding,
    and is told so without."""
    answer = store.corpus.ask("How long is the notice period?")
    assert ("thirty days" in answer.text, answer.citations[0].page) == (True, 2)
    again = Sparewheel("contracts", VectorStoreIntegrationTests.get_embeddings(), settings=settings)
    assert again.similarity_search("notice period", k=1)[0].id == "b"


def test_a_corpus_embedded_elsewhere_says_how_to_open_it(store: Sparewheel, settings: Settings, monkeypatch) -> None:
    """In a process that was not given the embedding."""
    monkeypatch.setattr("sparewheel.rag.retrieve.embed._given", {})
    with pytest.raises(NotFound, match=r"Sparewheel\(corpus, embedding=...\)"):
        open_pipeline("contracts", settings, Runtime(1))


def test_a_confidential_corpus_takes_no_embedding_from_outside(settings: Settings) -> None:
    """It might send the text elsewhere."""
    with pytest.raises(UsageError, match="of high sensitivity"):
        Sparewheel("secret", VectorStoreIntegrationTests.get_embeddings(), sensitivity="high", settings=settings)


def test_the_built_in_models_by_default(settings: Settings) -> None:
    """No embedding given: words, meaning and reranker of the package; a corpus without a name leaves nothing behind."""
    store = Sparewheel.from_texts(
        [clause.page_content for clause in CLAUSES], settings=Settings(ingest=settings.ingest)
    )
    (found, relevance), *_ = store.similarity_search_with_relevance_scores("How long is the notice period?", k=2)
    assert (found.page_content, relevance > 0.3) == (CLAUSES[1].page_content, True)
    assert len(store.embeddings.embed_query("notice")) == len(store.embeddings.embed_documents(["a"])[0])
    assert store.delete()
    assert store.similarity_search("notice") == []
    folder = Path(store._settings.data_folder)
    store.close()
    del store
    assert not folder.exists()
