"""The registry of public sets and their loaders, on the real data where it is there."""

import json
import os
from pathlib import Path

import pytest

from sparewheel import corpora
from sparewheel.corpora import GoldSpan, dataset, entries, entry
from sparewheel.corpora.fetching import tree_sha256
from sparewheel.corpora.loaders import lecoqa
from sparewheel.rag.errors import NotFound

ROOT = os.environ.get("SPAREWHEEL_PUBLIC_DATA", "")
needs_data = pytest.mark.skipif(not Path(ROOT or "/nowhere").is_dir(), reason="SPAREWHEEL_PUBLIC_DATA is not set")

# name -> documents, questions, of which not answerable, gold spans
SIZES = {
    "legalbench-rag": (714, 5504, 0, 9199),
    "cuad": (409, 16769, 11388, 11066),
    "policyqa": (20, 3809, 0, 6044),
    "gdpr": (1, 0, 0, 0),
    "laws": (1481, 0, 0, 0),
    "lecoqa": (1481, 1234, 0, 2168),
    "cjrc": (1000, 6000, 1231, 7272),
    "covid-qa": (145, 1620, 0, 1620),
    "pubmedqa": (1000, 500, 0, 0),
    "medquad": (5497, 16407, 0, 16407),
    "nfcorpus": (3633, 324, 0, 0),
    "squad": (883, 26443, 5945, 32294),
    "drcd": (761, 7017, 0, 8579),
    "cmrc2018": (2403, 10142, 0, 10142),
}


def test_every_set_is_registered_with_its_facts():
    """Each set tells licence, source, checksum, language and splits; the splits named elsewhere exist."""
    assert list(entries()) == list(SIZES) == corpora.names()
    for found in entries().values():
        assert found.licence
        assert found.source.startswith("https://")
        assert len(found.sha256) == 64
        assert found.language in ("en", "zh")
        assert {*found.documents_only, *found.evaluate_only} <= set(found.splits)
        assert found.download is None or found.download.url.startswith("https://")


def test_sets_without_a_clear_licence_train_nothing():
    """CJRC states no licence and PrivacyQA's terms are unclear: only to measure with."""
    only = {name: found.evaluate_only for name, found in entries().items() if found.evaluate_only}
    assert only == {"legalbench-rag": ("privacy_qa",), "cjrc": ("dev",)}


def test_an_unknown_set_is_refused_with_a_suggestion():
    """A typing mistake gets the name that was meant."""
    with pytest.raises(NotFound, match="did you mean 'policyqa'"):
        entry("policy-qa")


def test_an_unset_folder_names_the_setting_and_the_command(monkeypatch, tmp_path):
    """Without the data, the message says which setting and which command mend it."""
    monkeypatch.delenv("SPAREWHEEL_PUBLIC_DATA", raising=False)
    monkeypatch.setenv("SPAREWHEEL_CONFIG", str(tmp_path / "empty.toml"))
    (tmp_path / "empty.toml").touch()
    with pytest.raises(NotFound, match=r"public_data \(SPAREWHEEL_PUBLIC_DATA\).*sparewheel corpora fetch cuad"):
        dataset("cuad")


def test_a_set_that_is_not_in_the_folder_names_the_command(tmp_path):
    """The set that is missing is named, even when it is one that another needs."""
    (tmp_path / "legal-zh" / "lecoqa").mkdir(parents=True)
    with pytest.raises(NotFound, match="sparewheel corpora fetch laws"):
        dataset("lecoqa", tmp_path)


def test_an_unknown_split_is_refused(tmp_path):
    """The splits there are, are told."""
    (tmp_path / "legal" / "policyqa").mkdir(parents=True)
    with pytest.raises(NotFound, match="policyqa has no split 'train': dev"):
        list(dataset("policyqa", tmp_path).questions("train"))


def test_reading_starts_with_the_first_record(tmp_path):
    """A loader is lazy: asking for a generator reads nothing."""
    (tmp_path / "legal" / "cuad").mkdir(parents=True)
    dataset("cuad", tmp_path).documents()


@needs_data
@pytest.mark.data
@pytest.mark.parametrize("name", SIZES)
def test_a_set_reads_whole(name):
    """Every document and question is read, ids are unique, gold spans lie in their documents and say an answer."""
    found = dataset(name, ROOT)
    documents = [(document.id, document.text) for document in found.documents()]
    questions = list(found.questions())
    texts = dict(documents)
    spans = [(question, span) for question in questions for span in question.gold]
    unanswerable = sum(not question.answerable for question in questions)
    assert (len(documents), len(questions), unanswerable, len(spans)) == SIZES[name]
    assert len(texts) == len(documents)
    assert len({question.id for question in questions}) == len(questions)
    for question, span in spans:
        said = texts[span.document_id][span.start : span.end]
        assert said if name == "lecoqa" else said in question.answers


@needs_data
@pytest.mark.data
@pytest.mark.parametrize("name", ["gdpr", "pubmedqa", "drcd", "legalbench-rag"])
def test_the_checksum_is_the_published_one(name):
    """The tree on disk is the one that the registry describes."""
    found = dataset(name, ROOT)
    assert tree_sha256(found.folder, found.entry.folder) == found.entry.sha256


@needs_data
@pytest.mark.data
def test_statute_articles_are_found_but_for_one():
    """LeCoQA quotes 2,169 articles; one stands in a law that the collection lacks."""
    assert lecoqa.unresolved(dataset("lecoqa", ROOT).folder, "train") == ["企业职工带薪年休假实施办法第十条"]


@needs_data
@pytest.mark.data
def test_a_statute_span_is_the_whole_article():
    """A gold article runs from its number to the next article."""
    found = dataset("lecoqa", ROOT)
    question = next(q for q in found.questions() if q.text == "合伙必须要签订书面合同吗？")
    texts = {document.id: document.text for document in found.documents()}
    said = [texts[span.document_id][span.start : span.end] for span in question.gold]
    assert said == [
        "第九百六十七条 合伙合同是两个以上合伙人为了共同的事业目的，订立的共享利益、共担风险的协议。",
        "第四条 合伙协议依法由全体合伙人协商一致、以书面形式订立。",
    ]


@needs_data
@pytest.mark.data
def test_relevance_is_graded():
    """NFCorpus keeps its grades; PubMedQA's question belongs to its abstract."""
    qrels = dataset("nfcorpus", ROOT).qrels("dev")
    assert (len(qrels), sum(map(len, qrels.values())), qrels["PLAIN-1"]["MED-2421"]) == (324, 11385, 2)
    assert dataset("pubmedqa", ROOT).qrels("dev")["10808977"] == {"10808977": 1}


@needs_data
@pytest.mark.data
def test_yes_and_no_have_a_label_and_no_place():
    """CJRC's YES and NO become labels; the answer of most references decides."""
    questions = list(dataset("cjrc", ROOT).questions())
    labelled = [question for question in questions if question.label]
    assert len(labelled) == 661
    assert all(not question.gold and question.answerable for question in labelled)


def test_answers_of_a_later_paragraph_keep_their_place(tmp_path):
    """The second paragraph of an article keeps its answers' places, and says which passage was asked about."""
    folder = tmp_path / "legal" / "policyqa"
    folder.mkdir(parents=True)
    answer = {"text": "30 days", "answer_start": 8}
    paragraphs = [
        {"context": "We log.", "qas": []},
        {"context": "We keep 30 days.", "qas": [{"id": "1", "question": "How long?", "answers": [answer]}]},
    ]
    article = {"title": "site.example", "paragraphs": paragraphs}
    (folder / "dev.json").write_text(json.dumps({"data": [article]}))
    found = dataset("policyqa", tmp_path)
    (document,), (question,) = found.documents("dev"), found.questions("dev")
    assert document.text == "We log.\n\nWe keep 30 days."
    assert question.gold == (GoldSpan("site.example", 17, 24),)
    assert question.passage == GoldSpan("site.example", 9, 25)
