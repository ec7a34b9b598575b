"""The concrete house: files in, an answer with its place out, and only local answerers for a sensitive corpus."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sparewheel import open_chain
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag import assemble
from sparewheel.rag.errors import Forbidden, NotFound
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import fill, ingest
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Answering, Endpoint, Retrieve, Settings
from sparewheel.rag.types import Chunk, Document, Page, Profile
from sparewheel.rag.views import StoredDocuments

LEASE = "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
QUESTION = "What is the notice period?"


def corpus(folder: Path, name: str = "leases", sensitivity: str = "normal") -> tuple[Settings, Store]:
    """A corpus of one lease, words only."""
    settings = Settings(
        data_folder=str(folder / "data"), retrieve=Retrieve(rerank="off"), answer=Answering(speculative=False)
    )
    (folder / "lease.md").write_text(LEASE, encoding="utf-8")
    config = CorpusConfig(name, "legal", sensitivity, profile=Profile("legal"))  # type: ignore[arg-type]
    store = Store.create(corpus_folder(settings.corpora_folder, name), config)
    ingest(
        store, [folder / "lease.md"], settings=settings.ingest, profile=Profile("legal"),
        writers=[assemble.keyword_writer()],
    )  # fmt: skip
    return settings, store


@pytest.fixture
def cloud():
    """A healthy chat endpoint on the background loop."""
    server = FaultServer()
    server.bodies = []
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


def with_cloud(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, endpoint={"deepseek": Endpoint(url=server.url, key="k", first_token_s=30)})


def test_from_files_to_an_answer_with_its_place(tmp_path: Path) -> None:
    """The local reader answers from the words alone, cites verbatim, and says that the dense index is not built."""
    settings, _ = corpus(tmp_path)
    with assemble.open_pipeline("leases", settings) as pipeline:
        answer = pipeline.ask(QUESTION)
    assert (answer.outcome, "thirty days" in answer.text, answer.answered_by) == ("answered", True, "reader")
    citation = answer.citations[0]
    assert LEASE[citation.start : citation.end] == citation.quote
    assert answer.notes == ("dense index 0% built: the rest is found by its words only",)


def test_the_dense_index_joins_when_it_is_built(tmp_path: Path) -> None:
    """After the fill, the same open pipeline uses it: no note any more."""
    settings, store = corpus(tmp_path)
    with assemble.open_pipeline("leases", settings) as pipeline:
        fill(store, [assemble.dense_writer(store, settings)])
        answer = pipeline.ask(QUESTION)
    assert (answer.outcome, answer.notes) == ("answered", ())
    assert "dense" in answer.evidence[0].scores


def test_the_cloud_answers_first_and_the_reader_when_it_is_ill(tmp_path: Path, cloud: FaultServer) -> None:
    """Healthy: the endpoint's answer. 503: the reader's, degraded, with the reason."""
    settings, _ = corpus(tmp_path)
    with assemble.open_pipeline("leases", with_cloud(settings, cloud)) as pipeline:
        well = pipeline.ask(QUESTION)
        cloud.play(Always("503"))
        ill = pipeline.ask(QUESTION)
    assert (well.answered_by, well.degraded) == ("deepseek", False)
    assert (ill.answered_by, ill.degraded, ill.attempts[0].reason) == ("reader", True, "overloaded")
    assert "thirty days" in ill.text


def test_a_sensitive_corpus_never_reaches_the_cloud(tmp_path: Path, cloud: FaultServer) -> None:
    """sensitivity = "high": the endpoint gets no call at all."""
    settings, _ = corpus(tmp_path, sensitivity="high")
    with assemble.open_pipeline("leases", with_cloud(settings, cloud)) as pipeline:
        answer = pipeline.ask(QUESTION)
    assert (answer.answered_by, answer.degraded, cloud.calls) == ("reader", False, 0)


def test_endpoints_can_be_reloaded(tmp_path: Path, cloud: FaultServer) -> None:
    """A pipeline that knew only the reader asks the new endpoint from the next question on."""
    settings, store = corpus(tmp_path)
    failover = assemble.open_failover(settings, store.config.profile)
    assert [target.name for target in failover.targets] == ["memory", "reader"]
    assemble.reload(failover, with_cloud(settings, cloud), store.config.profile)
    assert [target.name for target in failover.targets] == ["deepseek", "memory", "reader"]


def test_the_importers_front_door(tmp_path: Path) -> None:
    """`from sparewheel import open_chain` gives RetrievalQA's contract over the corpus."""
    settings, _ = corpus(tmp_path)
    output = open_chain("leases", settings).invoke({"query": QUESTION})
    assert "thirty days" in output["result"]
    assert output["source_documents"][0].metadata["document_id"] == "lease.md"


def test_no_such_corpus_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt name is suggested."""
    settings, _ = corpus(tmp_path)
    with pytest.raises(NotFound, match="did you mean 'leases'"):
        assemble.open_pipeline("lease", settings)


def test_a_changed_key_closes_the_breaker_that_the_old_one_opened(tmp_path: Path, cloud: FaultServer) -> None:
    """401 leaves an endpoint alone for minutes; after the key file changed, a reload asks it again."""
    settings, store = corpus(tmp_path)
    key = tmp_path / "key"
    key.write_text("old")
    profile = store.config.profile
    with_key = replace(settings, endpoint={"deepseek": Endpoint(url=cloud.url, key_file=str(key))})
    before = assemble.open_failover(with_key, profile)
    same = assemble.open_failover(with_key, profile)
    key.write_text("new")
    after = assemble.open_failover(with_key, profile)
    breakers = [failover.targets[0].breaker for failover in (before, same, after)]
    assert breakers[0] is breakers[1]
    assert breakers[0] is not breakers[2]


def test_a_page_begins_with_its_first_character(tmp_path: Path) -> None:
    """Its start is of that page, the character before of the one before; also before the first and after the last."""
    text = "one\ntwo\nthree"
    pages = (Page(1, 0, 3), Page(2, 4, 7), Page(4, 8, 13))
    store = Store.create(corpus_folder(tmp_path, "pages"), CorpusConfig("pages"))
    with store.write() as transaction:
        for document in (Document("a", text, "A", "/a", pages=pages), Document("b", text, "B", "/b")):
            transaction.add(document, [Chunk(document.id, 0, 13, text)])
        transaction.publish([assemble.keyword_writer()])
    with store.open() as snapshot:
        page_of = StoredDocuments(snapshot).page_of
        assert [page_of("a", offset) for offset in (0, 3, 4, 7, 8, 12)] == [1, 1, 2, 2, 4, 4]
        assert page_of("b", 4) is None


def seen_by(cloud: FaultServer) -> list[list[str]]:
    """The messages of every request that the endpoint was sent."""
    return [[message["content"] for message in json.loads(body)["messages"]] for body in cloud.bodies or []]


def test_a_corpus_made_confidential_stays_here_from_the_next_question_on(tmp_path: Path, cloud: FaultServer) -> None:
    """Also for a chain that was opened before; a corpus that says nothing of it counts as confidential."""
    settings, store = corpus(tmp_path)
    chain = open_chain("leases", with_cloud(settings, cloud))
    assert chain.invoke({"query": QUESTION})["answered_by"] == "deepseek"
    calls = cloud.calls
    store.configure(sensitivity="high")
    assert chain.invoke({"query": QUESTION})["answered_by"] == "reader"
    file = store.folder / "corpus.json"
    file.write_text("{}")
    answer = chain.pipeline.ask(QUESTION)
    assert (answer.answered_by, cloud.calls) == ("reader", calls)


def test_history_of_unknown_origin_is_not_shown_to_the_cloud(tmp_path: Path, cloud: FaultServer) -> None:
    """A chat that was switched from a confidential corpus carries its answers along: they stay here, and the answer
    says so. Turns of a corpus that may use the cloud go on being shown."""
    settings, _ = corpus(tmp_path)
    corpus(tmp_path, "secret", "high")
    settings = with_cloud(settings, cloud)
    with assemble.open_pipeline("secret", settings) as secret, assemble.open_pipeline("leases", settings) as leases:
        private = secret.ask("How much is the rent of patient Smith?")
        answer = leases.ask("And the notice period?", history=[(private.question, private.text)])
        assert (answer.answered_by, "Smith" in str(seen_by(cloud))) == ("deepseek", False)
        assert any("not shown to cloud models" in note for note in answer.notes)
        open_turn = leases.ask("How much is the rent?")
        again = leases.ask("And the notice period?", history=[(open_turn.question, open_turn.text)])
        assert open_turn.text in seen_by(cloud)[-1]
        assert not any("not shown" in note for note in again.notes)
        vouched = [("What did the page keep?", "Its own conversation.")]
        leases.ask("And the notice period?", history=vouched)
        assert "Its own conversation." not in str(seen_by(cloud))
        leases.ask("And the notice period?", history=vouched, history_is_ours=True)
        assert "Its own conversation." in seen_by(cloud)[-1]


def test_a_call_under_way_is_not_made_once_the_corpus_is_confidential(tmp_path: Path, cloud: FaultServer) -> None:
    """The rule is looked up at the call, not only when the question began."""
    settings, _ = corpus(tmp_path)
    found = iter(["normal"])
    with assemble.open_pipeline("leases", with_cloud(settings, cloud)) as pipeline:
        pipeline._sensitivity = lambda: next(found, "high")  # type: ignore[return-value,arg-type]
        answer = pipeline.ask(QUESTION)
    assert (answer.answered_by, cloud.calls) == ("reader", 0)


def test_a_right_withdrawn_holds_for_who_holds_a_pipeline(tmp_path: Path) -> None:
    """Asked and searched for with every call."""
    settings, _ = corpus(tmp_path)
    allowed = [True]

    def admit() -> None:
        if not allowed[0]:
            raise Forbidden("no corpus 'leases' for 'ana'")

    with assemble.open_pipeline("leases", settings) as pipeline:
        mine = pipeline.admitting(admit)
        assert mine.ask(QUESTION).outcome == "answered"
        allowed[0] = False
        for ask in (mine.ask, mine.search):
            with pytest.raises(Forbidden):
                ask(QUESTION)
        assert pipeline.ask(QUESTION).outcome == "answered"
