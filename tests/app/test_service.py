"""The service behind page and API: who may do what, uploads with their originals, and settings read again."""

import io
from dataclasses import replace

import pytest
from api_setup import wait_for

from sparewheel.app.kept.feedback import Feedback
from sparewheel.app.people.access import User
from sparewheel.app.service import FileResult, Service
from sparewheel.app.service.intake import in_sum
from sparewheel.rag.errors import Forbidden, Locked, NeedsRole, NotFound, UsageError
from sparewheel.rag.settings import Answering, Api, Endpoint, Ingest, Retrieve, Settings

LEASE = b"# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice is thirty days.\n"
VIEWER, ANALYST, ADMIN = User("vic"), User("ana", "analyst"), User("adam", "admin")


@pytest.fixture
def settings(tmp_path):
    return Settings(
        data_folder=str(tmp_path / "data"),
        ingest=Ingest(workers=1, max_file_mb=1),
        retrieve=Retrieve(rerank="off"),
        answer=Answering(speculative=False),
    )


@pytest.fixture
def service(settings):
    with Service(settings) as service:
        service.create("leases", "legal")
        yield service


def upload(service, *files, corpus="leases", user=None):
    return list(service.upload(corpus, [(name, io.BytesIO(content)) for name, content in files], user))


def test_an_upload_can_be_asked_about_when_it_ends(service):
    """Its result names the document; the answer cites it; the source file is kept, byte for byte."""
    (result,) = upload(service, ("lease.md", LEASE))
    assert result == FileResult("lease.md", "added", "lease.md", chunks=result.chunks, bytes=len(LEASE))
    answer = service.pipeline("leases").ask("How long is the notice?")
    assert ("thirty days" in answer.text, answer.citations[0].document_id) == (True, "lease.md")
    assert service.original("leases", "lease.md").read_bytes() == LEASE
    assert [(info.name, info.documents) for info in service.corpora()] == [("leases", 1)]


def test_the_same_name_replaces_and_the_old_original_goes(service):
    """Another version is an update; what could not be read leaves the version before, and its original."""
    upload(service, ("lease.md", LEASE))
    assert [each.status for each in upload(service, ("lease.md", LEASE))] == ["unchanged"]
    newer = LEASE.replace(b"thirty", b"sixty")
    assert [each.status for each in upload(service, ("lease.md", newer))] == ["updated"]
    (broken,) = upload(service, ("lease.md", b""))
    assert (broken.status, "an empty file" in broken.reason, broken.cure != "") == ("failed", True, True)
    assert service.original("leases", "lease.md").read_bytes() == newer
    kept = [path for path in (service.settings.corpora_folder / "leases" / "originals").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [newer]


def test_one_bad_file_is_a_result_with_a_cure(service):
    """Too large, of no known kind, twice the same; names lose folders and hidden dots."""
    results = upload(
        service,
        ("../../etc/.lease.md", LEASE),
        ("big.txt", b"x" * 1_000_001),
        ("photo.jpg", b"jpeg"),
        ("lease.md", LEASE),
        ("lease.md", b"Another lease, of a garage."),
    )
    assert {(each.name, each.status) for each in results} == {
        ("big.txt", "failed"), ("photo.jpg", "failed"), ("lease.md", "skipped"),
        ("lease.md", "added"), ("lease (2).md", "added"),
    }  # fmt: skip
    assert all(each.cure for each in results if each.status == "failed")
    assert [info.id for info in service.documents("leases")] == ["lease (2).md", "lease.md"]


def test_a_deleted_document_is_found_no_more(service):
    """Nor is its source file kept."""
    upload(service, ("lease.md", LEASE), ("pets.txt", b"Pets need our consent."))
    service.delete("leases", "lease.md")
    assert [info.id for info in service.documents("leases")] == ["pets.txt"]
    assert len(list((service.settings.corpora_folder / "leases" / "originals").glob("*/*"))) == 1
    with pytest.raises(NotFound, match=r"no document 'lease\.md'"):
        service.document("leases", "lease.md")


def test_a_document_of_a_folder_has_its_own_file_as_original(service, tmp_path):
    """As long as it has not changed; deleting the document leaves the file to its owner."""
    from sparewheel.app.service import work

    file = tmp_path / "nda.txt"
    file.write_text("This agreement lasts two years.")
    work.read_in(service._store("leases", None), [file], service.settings)
    assert service.original("leases", "nda.txt") == file
    file.write_text("This agreement lasts ten years.")
    assert service.original("leases", "nda.txt") is None
    service.delete("leases", "nda.txt")
    assert file.exists()


def test_originals_are_found_after_the_data_folder_moved(service, settings, tmp_path):
    """They lie beside their corpus."""
    upload(service, ("lease.md", LEASE))
    service.close()
    (tmp_path / "data").rename(tmp_path / "moved")
    with Service(replace(settings, data_folder=str(tmp_path / "moved"))) as moved:
        assert moved.original("leases", "lease.md").is_relative_to(tmp_path / "moved")


def test_roles_reach_as_far_as_they_say(service):
    """viewer reads, analyst changes documents, admin changes corpora."""
    upload(service, ("lease.md", LEASE), user=ANALYST)
    assert service.documents("leases", VIEWER)[0].id == "lease.md"
    refused = [
        (VIEWER, lambda: service.upload("leases", [("a.txt", io.BytesIO(b"x"))], VIEWER)),
        (VIEWER, lambda: service.delete("leases", "lease.md", VIEWER)),
        (VIEWER, lambda: service.reindex("leases", VIEWER)),
        (ANALYST, lambda: service.create("new", user=ANALYST)),
        (ANALYST, lambda: service.configure("leases", ANALYST, readers=("ana",))),
        (ANALYST, lambda: service.remove("leases", ANALYST)),
        (ANALYST, lambda: service.corpora(ANALYST, managed=True)),
    ]
    for user, action in refused:
        with pytest.raises(NeedsRole, match=user.name):
            action()
    service.remove("leases", ADMIN)
    assert service.corpora() == []


def test_what_one_may_not_read_is_not_there(service):
    """Every way in refuses with the words for a corpus that does not exist; an administrator can change the list."""
    upload(service, ("lease.md", LEASE))
    service.pipeline("leases", VIEWER)  # open in the cache, for whoever may
    service.configure("leases", ADMIN, readers=("group:law",))
    ways = [
        lambda: service.pipeline("leases", VIEWER),
        lambda: service.corpus("leases", VIEWER),
        lambda: service.documents("leases", VIEWER),
        lambda: service.document("leases", "lease.md", VIEWER),
        lambda: service.original("leases", "lease.md", VIEWER),
        lambda: service.submit("leases", [("a.txt", io.BytesIO(b"x"))], ANALYST),
        lambda: service.delete("leases", "lease.md", ANALYST),
        lambda: service.reindex("leases", ANALYST),
        lambda: service.rate(Feedback("leases", "q", "a", 1), VIEWER),
        lambda: service.pipeline("leases", ADMIN),
    ]
    for way in ways:
        with pytest.raises(Forbidden, match="no corpus 'leases' for"):
            way()
    assert (service.corpora(VIEWER), [info.name for info in service.corpora(ADMIN, managed=True)]) == ([], ["leases"])
    service.pipeline("leases", User("lea", "viewer", ("law",)))


def test_a_job_is_its_owners(service):
    """Another analyst is told that there is none; an administrator sees it."""
    job = service.submit("leases", [("lease.md", io.BytesIO(LEASE))], ANALYST)
    assert [each.status for each in service.job(job.id, ANALYST)] == ["added"]
    assert (service.job(job.id, ADMIN).state, service.job(job.id).state) == ("done", "done")
    with pytest.raises(NotFound, match="no upload"):
        service.job(job.id, User("eve", "analyst"))


def test_a_corpus_that_becomes_sensitive_is_so_with_the_next_question(service):
    """Whoever changed it: page, API or a command beside."""
    upload(service, ("lease.md", LEASE))
    assert service.pipeline("leases").sensitivity == "normal"
    store = service._store("leases", None)
    store.configure(sensitivity="high")
    assert service.pipeline("leases").sensitivity == "high"


def test_the_dense_index_fills_behind_an_upload(service):
    """Without anybody waiting for it."""
    upload(service, ("lease.md", LEASE))
    wait_for(lambda: service.corpus("leases").dense_share == 1.0)
    assert service.reindex("leases") == 0


def test_uploads_of_one_corpus_take_their_turns(service):
    """Three at once: each is in, none is torn, though another process held the lock at first."""
    store = service._store("leases", None)
    with store.write():
        jobs = [service.submit("leases", [(f"{n}.txt", io.BytesIO(f"Clause {n}.".encode()))]) for n in range(3)]
        with pytest.raises(Locked):
            store.destroy()
    assert [[each.status for each in job] for job in jobs] == [["added"]] * 3
    assert len(service.documents("leases")) == 3


def test_settings_are_read_again(service, settings):
    """A new endpoint has a breaker to show, and the open pipeline asks it; a broken file changes nothing."""
    upload(service, ("lease.md", LEASE))
    pipeline = service.pipeline("leases")
    read = [replace(settings, endpoint={"cloud": Endpoint(url="http://127.0.0.1:9", key="k")})]
    service._read = lambda: read[0]
    assert service.health() == []
    service.reload()
    assert [(health.name, health.state) for health in service.health()] == [("cloud", "closed")]
    assert service.pipeline("leases") is pipeline
    answer = pipeline.ask("How long is the notice?")
    assert [(each.answerer, each.outcome) for each in answer.attempts] == [("cloud", "failed"), ("reader", "answered")]
    assert service.health()[0].failures_in_a_row == 1


def test_feedback_is_kept_without_text_where_the_setting_says_so(service, settings):
    """Of a sensitive corpus only: thumbs, evidence and time stay."""
    upload(service, ("lease.md", LEASE))
    answer = service.pipeline("leases").ask("How long is the notice?")
    service.rate(Feedback.of(answer, 1, "right"), VIEWER)
    service.configure("leases", sensitivity="high")
    service.settings = replace(settings, api=Api(keep_sensitive_feedback=False))
    service.rate(Feedback.of(answer, -1, "about Mr. Smith"))
    full, bare = service.feedback.read("leases")
    assert (full.question, full.comment, full.user, full.thumbs) == (answer.question, "right", "vic", 1)
    assert (bare.question, bare.answer, bare.comment, bare.user, bare.thumbs) == ("", "", "", "", -1)
    assert (bare.evidence, full.evidence[0].startswith("lease.md:")) == (full.evidence, True)
    assert (
        service.feedback.read("other"),
        (service.settings.corpora_folder / "feedback.sqlite").stat().st_mode & 0o777,
    ) == ([], 0o600)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (lambda s: s.create("leases"), "there is a corpus 'leases' already"),
        (lambda s: s.create("a/b"), "corpus name 'a/b'"),
        (lambda s: s.create("new", "law"), "no domain 'law'"),
        (lambda s: s.submit("leases", []), "no file in the upload"),
        (lambda s: s.delete("leases", "no.pdf"), "has no documents yet"),
        (lambda s: s.pipeline("lease"), "did you mean 'leases'"),
    ],
)
def test_a_mistake_names_the_value_and_the_cure(service, action, told):
    """And nothing is made of it."""
    with pytest.raises(UsageError, match=told):
        action(service)
    assert [info.name for info in service.corpora()] == ["leases"]


@pytest.mark.parametrize(
    ("memory_mb", "workers", "each_mb"), [(3_000, 1, 750), (8_000, 3, 666), (64_000, 4, 2048), (500, 1, 512)]
)
def test_all_parsers_together_leave_half_of_the_memory(memory_mb, workers, each_mb):
    """In a container of 3 GB two jobs of four parsers with 2 GB each would push out the process that answers."""
    rules = in_sum(Ingest(workers=4), memory_mb)
    assert (rules.workers, rules.parse_memory_mb) == (workers, each_mb)
    assert memory_mb < 1_024 or 2 * rules.workers * rules.parse_memory_mb <= memory_mb / 2
