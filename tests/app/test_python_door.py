"""A corpus as a Python object: documents in, answers out, and LangChain's seams."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.documents import Document as LangChainDocument
from langchain_tests.integration_tests import RetrieversIntegrationTests

import sparewheel
from sparewheel import Corpus, open_corpus
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.settings import Answering, Ingest, Retrieve, Settings

LEASE = "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
QUESTION = "What is the notice period?"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = Retrieve(rerank="off")
    return Settings(
        data_folder=str(tmp_path / "data"),
        ingest=Ingest(workers=1),
        retrieve=plain,
        answer=Answering(speculative=False),
    )


@pytest.fixture
def corpus(tmp_path: Path, settings: Settings) -> Corpus:
    (tmp_path / "lease.md").write_text(LEASE, encoding="utf-8")
    made = open_corpus("leases", create=True, domain="legal", settings=settings)
    made.add(tmp_path / "lease.md", embed=False)
    return made


def test_documents_in_and_an_answer_out(corpus: Corpus, settings: Settings) -> None:
    """Made where there is none, opened where there is one; the answer cites the document."""
    with corpus:
        answer = corpus.ask(QUESTION)
        assert (answer.outcome, answer.citations[0].document_id) == ("answered", "lease.md")
        assert "thirty days" in answer.text
        assert corpus.search(QUESTION, k=1)[0].chunk.document_id == "lease.md"
    with open_corpus("leases", settings=settings) as again:
        assert [info.id for info in again.documents()] == ["lease.md"]
    with pytest.raises(NotFound, match="did you mean 'leases'"):
        open_corpus("lease", settings=settings)


def test_texts_and_langchain_documents_come_in_with_their_metadata(corpus: Corpus) -> None:
    """They are split by our rules, filtered by their metadata, and replaced when they come again."""
    pets = LangChainDocument("Pets need the consent of the landlord.", metadata={"source": "pets.txt", "party": "Acme"})
    corpus.add(pets, embed=False)
    corpus.add_texts(["Subletting is not allowed."], [{"id": "sublet", "party": "Birch"}])
    assert [info.id for info in corpus.documents()] == ["lease.md", "pets.txt", "sublet"]
    hits = corpus.search("Is subletting allowed?", filter={"party": "Birch"})
    assert [hit.chunk.document_id for hit in hits] == ["sublet"]
    report = corpus.add(LangChainDocument("Pets are welcome.", metadata={"source": "pets.txt"}), embed=False)
    assert [(row.status, row.document_id) for row in report.rows] == [("updated", "pets.txt")]
    assert [h.chunk.text for h in corpus.search("pets", filter={"document": "pets.txt"})] == ["Pets are welcome."]
    corpus.remove("pets.txt", "sublet")
    assert [info.id for info in corpus.documents()] == ["lease.md"]
    with pytest.raises(UsageError, match="2 texts but 1 metadatas"):
        corpus.add_texts(["a", "b"], [{}])


async def test_it_is_asked_from_a_loop_too(corpus: Corpus) -> None:
    """The same answer."""
    assert (await corpus.aask(QUESTION)).outcome == "answered"


def test_langchain_gets_a_retriever_a_chain_and_a_tool(corpus: Corpus) -> None:
    """Each answers from the corpus."""
    assert "thirty days" in corpus.as_retriever(k=2).invoke(QUESTION)[0].page_content
    assert "thirty days" in corpus.as_chain().invoke({"query": QUESTION})["result"]
    assert "lease" in corpus.as_tool().invoke({"question": QUESTION}).casefold()


def test_the_door_names_what_it_has() -> None:
    """`from sparewheel import ...` for each, and a plain error for what is not there."""
    assert [getattr(sparewheel, name).__name__ for name in ("open_corpus", "open_chain")] == [
        "open_corpus",
        "open_chain",
    ]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sparewheel.nothing


class TestStandardRetriever(RetrieversIntegrationTests):
    """LangChain's own tests of a retriever."""

    @pytest.fixture(autouse=True)
    def _corpus(self, corpus: Corpus) -> None:
        corpus.add_texts(["The deposit is two rents.", "The garden is shared.", "The lease begins in May."])
        TestStandardRetriever.made = corpus

    @property
    def retriever_constructor(self):
        return lambda **options: TestStandardRetriever.made.as_retriever(**options)

    @property
    def retriever_constructor_params(self):
        return {"k": 2}

    @property
    def retriever_query_example(self):
        return "notice period rent deposit lease garden"
