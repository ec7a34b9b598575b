"""What somebody may not read is not there: the same answers, lists, counts and errors as in a corpus without it."""

import io
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from api_setup import wait_for

from sparewheel.app.people.access import User
from sparewheel.app.service import Service
from sparewheel.rag.errors import NotFound, SparewheelError
from sparewheel.rag.records import plain
from sparewheel.rag.settings import Answering, Ingest, Retrieve, Settings

OPEN = {
    "lease.md": b"# Lease between Acme Tools Ltd and Harbour Foods Ltd\n\nThe rent is 900 euros.\n\n"
    b"The notice is thirty days.\n",
    "nda.md": b"# Confidentiality Agreement between Acme Tools Ltd and Borealis GmbH\n\nThe duty lasts five years.\n",
}
CLOSED = {
    "merger.md": b"# Merger Agreement between Zephyr Holdings Ltd and Quillon AG\n\nThe price is 45 million dollars. "
    b"The notice is ninety days.\n\nThe rent of the Zephyr tower is 70,000 euros.\n",
    "pay.md": b"# Salary list\n\nThe chief executive earns 900,000 euros. The notice is six months.\n",
}
ANA, BEN, ADAM = User("ana", "analyst", ("board",)), User("ben", "analyst"), User("adam", "admin")
QUESTIONS = (
    "What is the rent?",
    "How long is the notice?",
    "What is the price in the merger agreement between Zephyr Holdings and Quillon?",
    "What is the price in the merger agreement between Nowhere Holdings and Nobody?",
    "How many agreements are there?",
    "List all documents.",
    "Which agreements mention Quillon?",
    "What does the chief executive earn?",
    "Compare the notice periods.",
    "What does clause 4 of the Zephyr agreement say?",
    "Summarise the merger agreement.",
    "Zephyr 的合同价格是多少？",
)
UNLIKE = {
    "mb",
    "bm25",
    "timings",
    "id",
    "chunk_id",
    "created",
    "updated",
    "added",
    "sha256",
    "seconds",
    "after_s",
    "first_token_s",
}


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """A corpus of four documents of which ben may read two, and one of these two alone."""
    found = []
    for name, files in (("all", OPEN | CLOSED), ("part", OPEN)):
        settings = Settings(
            data_folder=str(tmp_path_factory.mktemp(name)), ingest=Ingest(workers=1), retrieve=Retrieve(rerank="off"),
            answer=Answering(speculative=False),
        )  # fmt: skip
        service = Service(settings)
        service.create("deals", "legal")
        list(service.upload("deals", [(id, io.BytesIO(data)) for id, data in files.items()]))
        found.append(service)
        wait_for(lambda service=service: service.corpus("deals").dense_share == 1)
    for id in CLOSED:
        found[0].set_access("deals", id, ["group:board"])
    yield found
    for service in found:
        service.close()


def said(call):
    """What comes of it: the value, or the error in its words."""
    try:
        return json.loads(json.dumps(bare(plain(call())), ensure_ascii=False))
    except SparewheelError as error:
        return [type(error).__name__, str(error)]


def bare(value):
    """Without times, and numbers that every corpus counts for itself; scores of single searches rounded away."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if key not in UNLIKE}
    if isinstance(value, list | tuple | set | frozenset):
        return [bare(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def looks(service, user):
    """Everything that shows documents, by name."""
    yield "documents", lambda: [replace(info, source="") for info in service.documents("deals", user)]
    yield "corpora", lambda: [replace(info, readers=()) for info in service.corpora(user)]
    for id in ("merger.md", "pay.md", "merger", "lease.md", "leese.md", "nowhere.md"):
        yield f"document {id}", lambda id=id: service.document("deals", id, user).text
        yield f"original {id}", lambda id=id: service.original("deals", id, user).read_bytes().decode()
        yield f"headings {id}", lambda id=id: service.headings("deals", [id], user)
        for key in ("document", "title", "parties", "kind", "nonsense"):
            yield f"filter {key}={id}", lambda id=id, key=key: service.search("deals", "notice", user, filter={key: id})
    for party in ("Zephyr Holdings Ltd", "Acme Tools Ltd", "acme tools ltd", "Zephyr"):
        yield f"party {party}", lambda party=party: service.search("deals", "notice", user, filter={"parties": party})


def test_lists_counts_documents_and_filters_are_those_of_a_corpus_without_them(services):
    """Errors in the same words: nothing says that a document is there."""
    whole, part = services
    for (name, one), (_, other) in zip(looks(whole, BEN), looks(part, BEN), strict=True):
        assert said(one) == said(other), name


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_are_answered_as_if_they_were_not_there(services, question):
    """The whole record: text, outcome, scope, notes, evidence with its scores, confidence."""
    whole, part = services
    answers = [bare(plain(service.pipeline("deals", BEN).ask(question))) for service in (whole, part)]
    for answer in answers:
        for hit in answer["evidence"]:
            hit["scores"].pop("bm25", None)
    for answer in answers:
        answer["citations"] = [{**one, "source": ""} for one in answer["citations"]]
    assert answers[0] == answers[1]


def test_whoever_may_read_them_has_them(services):
    """By group; and the owner of the machine."""
    whole, _ = services
    for user in (ANA, None):
        answer = whole.pipeline("deals", user).ask("What does the chief executive earn?")
        assert ("900,000" in answer.text, len(whole.documents("deals", user))) == (True, 4)


def test_a_right_that_is_withdrawn_or_given_holds_from_the_next_question_on(services):
    """In a pipeline that is open already."""
    whole, _ = services
    ana = whole.pipeline("deals", ANA)
    try:
        whole.set_access("deals", "pay.md", ["ben"])
        assert "pay.md" not in {hit.chunk.document_id for hit in ana.search("What does the chief executive earn?")}
        assert "900,000" in whole.pipeline("deals", BEN).ask("What does the chief executive earn?").text
    finally:
        whole.set_access("deals", "pay.md", ["group:board"])
    assert "pay.md" in {hit.chunk.document_id for hit in ana.search("What does the chief executive earn?")}


def test_no_passage_carries_the_statistics_or_the_numbers_of_hidden_ones(services):
    """Scores of the keyword search know all documents; numbers of passages would count them."""
    whole, part = services
    hits = [service.search("deals", "What is the notice?", BEN) for service in (whole, part)]
    assert [("bm25" in hit.scores) for hit in hits[0]] == [False] * len(hits[0])
    assert sorted(hit.chunk.id for hit in hits[0]) == sorted(hit.chunk.id for hit in hits[1])


def test_an_upload_of_the_same_name_leaves_the_hidden_document_as_it_is(services):
    """It is a new document of its own, also with the same bytes, and its next version replaces it."""
    whole, _ = services
    (result,) = whole.upload("deals", [("pay.md", io.BytesIO(CLOSED["pay.md"]))], BEN)
    try:
        assert (result.status, result.document_id) == ("added", "pay (2).md")
        (again,) = whole.upload("deals", [("pay.md", io.BytesIO(b"# Pay\n\nBen earns 10 euros.\n"))], BEN)
        assert (again.status, again.document_id) == ("updated", "pay (2).md")
        assert whole.document("deals", "pay.md").text != whole.document("deals", "pay (2).md").text
        with pytest.raises(NotFound, match=r"no document 'pay\.md'"):
            whole.delete("deals", "pay.md", BEN)
        assert whole.original("deals", "pay.md", ANA).read_bytes() == CLOSED["pay.md"]
    finally:
        whole.delete("deals", "pay (2).md")


def test_uploads_with_hidden_documents_are_shown_to_their_owner_alone(services):
    """Not to an administrator who may not read what was uploaded."""
    whole, _ = services
    job = whole.submit("deals", [("pay.md", io.BytesIO(CLOSED["pay.md"]))], ANA)
    assert job.wait(60)
    assert whole.job(job.id, ANA) is job
    with pytest.raises(NotFound):
        whole.job(job.id, ADAM)


def test_only_administrators_see_and_make_rules(services):
    """Of places that can be."""
    whole, _ = services
    assert whole.access("deals", ADAM) == {"merger.md": ("group:board",), "pay.md": ("group:board",)}
    for user in (ANA, BEN):
        with pytest.raises(SparewheelError, match="takes the role admin"):
            whole.set_access("deals", "pay.md", [], user)
    with suppress(SparewheelError):
        whole.set_access("deals", "pay.md", ["not a name"], ADAM)
    assert whole.access("deals", ADAM)["pay.md"] == ("group:board",)


def test_asking_in_somebodys_name_opens_nothing_anew(services):
    """All who ask share the snapshot and the models."""
    whole, _ = services
    whole.pipeline("deals", BEN).search("notice")
    one, other = whole.pipeline("deals", BEN), whole.pipeline("deals", ANA)
    assert one._views is other._views is whole.pipeline("deals")._views


def test_review_tables_have_no_rows_of_hidden_documents_and_no_names_of_theirs(services):
    """A table that is about them alone is not there; their cells are not approved, and stay when others fill."""
    whole, _ = services
    reviews = whole.reviews
    every = reviews.make("deals", ["What is the notice?"], ANA, name="all")
    board = reviews.make("deals", ["What is the price?"], ANA, name="board", documents=["merger.md", "lease.md"])
    alone = reviews.make("deals", ["What does it cost?"], ANA, name="alone", documents=["merger.md"])
    assert reviews.start("deals", every.id, ANA).wait(60)
    assert [table.id for table in reviews.tables("deals", BEN)] == [board.id, every.id]
    assert reviews.sheet("deals", board.id, BEN).table.documents == ("lease.md",)
    assert [row.id for row in reviews.sheet("deals", every.id, BEN).rows] == ["lease.md", "nda.md"]
    with pytest.raises(NotFound, match="no review table"):
        reviews.sheet("deals", alone.id, BEN)
    for change in (reviews.approve, lambda *given: reviews.comment(*given[:3], "x", given[3])):
        with pytest.raises(NotFound, match=r"no document 'merger\.md'"):
            change("deals", "What is the notice?", "merger.md", BEN)
    assert reviews.start("deals", every.id, BEN).wait(60)
    assert reviews.sheet("deals", every.id, ANA).tally.asked == 4
