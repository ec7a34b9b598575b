"""A corpus as a Python object: documents in, answers out, and LangChain's seams."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from langchain_core.documents import Document as LangChainDocument
from langchain_tests.integration_tests import RetrieversIntegrationTests

import sparewheel
from sparewheel import Corpus, open_corpus
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.events import Done
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


async def test_everything_is_there_for_a_loop_too(corpus: Corpus, tmp_path: Path) -> None:
    """The same answers, documents in and out, and progress as it is made."""
    (tmp_path / "pets.md").write_text("Pets need the consent of the landlord.", encoding="utf-8")
    seen = []
    async with corpus:
        assert (await corpus.aask(QUESTION)).outcome == "answered"
        await corpus.aadd(tmp_path / "pets.md", embed=False, on_progress=seen.append)
        assert (seen[-1].stage, seen[-1].done, seen[-1].name) == ("read", seen[-1].total, "pets.md")
        assert (await corpus.asearch("Are pets allowed?", k=1))[0].chunk.document_id == "pets.md"
        assert isinstance([event async for event in corpus.astream(QUESTION)][-1], Done)
        await corpus.aremove("pets.md")
    assert [info.id for info in corpus.documents()] == ["lease.md"]
    assert isinstance(list(corpus.stream(QUESTION))[-1], Done)


def test_a_document_is_updated(corpus: Corpus) -> None:
    """Its text, or what a person states of it; what is not there, or no part of it, is told."""
    corpus.update("lease.md", "The notice period is ninety days.", embed=False)
    assert "ninety" in corpus.ask(QUESTION).text
    corpus.update("lease.md", title="Lease of the mill", parties="Acme Ltd; Birch Ltd", embed=False)
    (info,) = corpus.documents()
    assert (info.title, info.metadata["parties"]) == ("Lease of the mill", "Acme Ltd; Birch Ltd")
    assert corpus.read("lease.md")[0].text == "The notice period is ninety days."
    with pytest.raises(NotFound, match=r"did you mean 'lease.md'"):
        corpus.update("lease.mdx", "text")
    with pytest.raises(UsageError, match="did you mean 'title'"):
        corpus.update("lease.md", titel="Lease")
    with pytest.raises(UsageError, match="nothing to update"):
        corpus.update("lease.md")


def test_pieces_of_one_source_are_one_document(corpus: Corpus) -> None:
    """The pages of a loader, counted from 0, and the splits of a splitter that tells where each begins: nothing is lost
    or there twice, a citation has its page, and numbers among the metadata stay numbers."""
    about = {"source": "sale.pdf", "year": 2021}
    pages = [
        LangChainDocument(t, metadata={**about, "page": n}) for n, t in enumerate(("The price is 5.", "Tax is extra."))
    ]
    corpus.add(pages, embed=False)
    assert corpus.ask("What is the price?", filter={"year": "2021"}).citations[0].page == 1
    (found,) = corpus.as_retriever(k=1, filter={"source": "sale.pdf"}).invoke("Is tax extra?")
    assert (found.metadata["year"], found.metadata["document_id"]) == (2021, "sale.pdf")
    splits = [("Pets need the consent", 0), ("the consent of the landlord.", 10)]
    corpus.add([LangChainDocument(t, metadata={"source": "pets", "start_index": n}) for t, n in splits], embed=False)
    assert corpus.read("pets")[0].text.split() == ["Pets", "need", "the", "consent", "of", "the", "landlord."]
    assert [(page.number, page.start) for page in corpus.read("sale.pdf")[0].pages] == [(1, 0), (2, 17)]


def test_what_cannot_be_added_is_told(corpus: Corpus) -> None:
    """A text where a path is wanted, a string where texts are, and nothing known."""
    with pytest.raises(UsageError, match=r"bring texts in by add_texts"):
        corpus.add("The rent is 900 euros.\nThe notice period is thirty days.")
    with pytest.raises(UsageError, match="one string"):
        corpus.add_texts("The rent is 900 euros.")
    with pytest.raises(UsageError, match="cannot add int"):
        corpus.add([3])  # type: ignore[list-item]


def test_metadata_that_a_person_states_are_kept(corpus: Corpus) -> None:
    """Also those that would be read from the opening of a file."""
    corpus.add_texts(
        ["Anything."], [{"date": "2024-05-01", "parties": "Acme", "title": "Memo"}], ids=["memo"], embed=False
    )
    (info,) = [info for info in corpus.documents() if info.id == "memo"]
    assert (info.title, info.metadata["date"], info.metadata["parties"]) == ("Memo", "2024-05-01", "Acme")


def test_a_corpus_is_pickled_by_its_name(corpus: Corpus) -> None:
    """And opens anew, for worker processes."""
    assert pickle.loads(pickle.dumps(corpus)).ask(QUESTION).outcome == "answered"


def test_a_filter_of_keys_that_fit_no_document_together_is_told(corpus: Corpus) -> None:
    """Each value is known, but no document has both: nothing was searched, so nothing is said to be absent."""
    corpus.add_texts(["押金为三个月租金。"], ids=["zh"], embed=False)
    with pytest.raises(UsageError, match="no document fits the whole filter"):
        corpus.ask(QUESTION, filter={"document": "lease.md", "language": "zh"})
    with pytest.raises(UsageError, match=r"no document has document=leese.md; did you mean 'lease.md'"):
        corpus.search(QUESTION, filter={"document": ["zh", "leese.md"]})


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
