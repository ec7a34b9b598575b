"""The sample documents and their questions."""

import pytest

from sparewheel import corpora
from sparewheel.corpora import located, profile, sample_questions, samples
from sparewheel.corpora.build_samples import blocks
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.ingest.load import load
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Document

DOMAINS = ("legal", "medical")


@pytest.fixture(scope="module", params=DOMAINS)
def domain(request):
    return request.param


@pytest.fixture(scope="module")
def documents(domain):
    files = sorted((samples(domain) / "documents").iterdir())
    return {file.name: load(file, id=file.name, settings=Ingest()) for file in files}


@pytest.fixture(scope="module")
def questions(domain):
    return list(sample_questions(domain))


def test_every_gold_span_stands_once_in_its_document(documents, questions):
    """The evidence of every answerable question is in the text of its document, at one place only."""
    for question in questions:
        if question.answerable:
            text = documents[question.document_id].text
            assert "".join(text.split()).count("".join(question.evidence.split())) == 1, question.id
            gold = located(question, documents[question.document_id]).gold[0]
            assert "".join(text[gold.start : gold.end].split()) == "".join(question.evidence.split())


def test_an_answer_is_in_the_evidence(questions):
    """A reader that quotes the evidence can be right: some reference is verbatim in it, or the answer is yes or no."""
    for question in questions:
        evidence = "".join(question.evidence.split())
        wordings = ["".join(answer.split()) for answer in question.answers]
        assert question.label or not question.answerable or any(word in evidence for word in wordings), question.id


def test_every_document_is_asked_about_in_its_language(documents, questions):
    """No document is there for nothing, and it is recognised as the language of its questions."""
    asked = {question.document_id: question.language for question in questions if question.answerable}
    assert {name: document.language for name, document in documents.items()} == asked


def test_enough_of_each_kind(documents, questions):
    """14 documents, five formats, 3 Chinese, 4 PDFs of several pages; 10 unanswerable and 10 Chinese questions."""
    chinese = [document for document in documents.values() if document.language == "zh"]
    paged = [document for document in documents.values() if len(document.pages) > 1]
    assert len(documents) >= 14
    assert {name.rpartition(".")[2] for name in documents} == {"pdf", "docx", "html", "md", "txt"}
    assert len(chinese) == 3
    assert len(paged) >= 4
    assert any(document.language == "zh" for document in paged)
    assert sum(not question.answerable for question in questions) >= 10
    assert sum(question.language == "zh" for question in questions) >= 10
    kinds = {"lookup", "condition", "table", "yes-no", "paraphrase", "unanswerable"}
    assert {question.category for question in questions} == kinds


def test_a_built_document_says_what_its_source_says(domain, documents):
    """Every paragraph of a source is in the document made from it; a PDF may break one by the foot of a page."""
    for source in sorted((samples(domain) / "sources").iterdir()):
        text = "".join(documents[source.stem].text.split())
        for block in blocks(source.read_text(encoding="utf-8")):
            if block.kind in ("title", "heading", "subheading") or not source.name.endswith(".pdf.md"):
                parts = block.cells if block.kind == "row" else [block.text]
                assert all("".join(part.split()) in text for part in parts), (source.name, block.text)


def test_the_samples_are_small():
    """All sample documents together stay below 3 MB, so that they can be shipped."""
    folders = [samples(domain) / "documents" for domain in DOMAINS]
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) < 3_000_000


def test_evidence_that_is_not_there_is_told():
    """A changed document is noticed, not scored as a miss."""
    question = next(iter(sample_questions("legal")))
    with pytest.raises(UsageError, match=question.id):
        located(question, Document("x", "another text", "x", "x"))


def test_profiles_have_both_languages():
    """A domain speaks English and Chinese wherever it speaks."""
    for name in corpora.DOMAINS:
        found = profile(name)
        assert found.domain == name
        assert set(found.role) == set(found.reader) == {"en", "zh"}
    assert all(set(profile(name).disclaimer) == {"en", "zh"} for name in DOMAINS)


def test_an_unknown_domain_is_refused_with_a_suggestion():
    """A typing mistake gets the word that was meant."""
    with pytest.raises(NotFound, match="did you mean 'medical'"):
        profile("medcal")
    with pytest.raises(NotFound, match="legal and medical have"):
        samples("general")
