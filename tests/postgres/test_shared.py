"""What servers share: in files of one machine or in the database of all, with the same promises."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from engines import away, config, made, put

from sparewheel.app.api.database_rates import limits_of
from sparewheel.app.api.rates import Rates
from sparewheel.app.cli import main
from sparewheel.app.kept.feedback import Feedback, FeedbackLog
from sparewheel.app.kept.history import History
from sparewheel.app.people.auth import Accounts, accounts_of
from sparewheel.app.people.sign_ins import SignIns
from sparewheel.app.service import FileResult, Job, Service
from sparewheel.app.service.shared_jobs import SharedJobs
from sparewheel.app.ui import door
from sparewheel.rag.errors import NotFound, Unavailable
from sparewheel.rag.observe.running import audit_folders, check_log, open_log
from sparewheel.rag.places import place_of
from sparewheel.rag.postgres.database import database_of
from sparewheel.rag.postgres.shared import shared_of
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer


@pytest.fixture(params=["files", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    store = "" if request.param == "files" else request.getfixturevalue("database_url")
    return Settings(data_folder=str(tmp_path), store=store)


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """The settings of another server: another data folder, the same database; the same folder where there is none."""
    return replace(settings, data_folder=str(tmp_path / "other")) if settings.store else settings


def answer(text: str = "Thirty days.") -> Answer:
    return Answer("How long is the notice?", "papers", text, "answered")


def test_conversations(settings: Settings, elsewhere: Settings) -> None:
    """One server keeps what another shows; a user sees his own; search finds words in whatever case."""
    here, there = History.of(settings), History.of(elsewhere)
    begun = here.start("anna", "papers", "How long is the notice?")
    assert here.append(begun.id, "anna", "How long is the notice?", answer()) == 1
    assert there.append(begun.id, "anna", "And 100% of the rent_due?", answer("A NUL: \0, and 甲方.")) == 2
    there.settle(begun.id, "anna", 1, answer("Sixty days."))
    conversation, turns = there.load(begun.id, "anna")
    assert [turn.answer.text.replace("\0", "\ufffd") for turn in turns] == ["Sixty days.", "A NUL: \ufffd, and 甲方."]
    assert (conversation.owner, conversation.title) == ("anna", "How long is the notice?")
    assert [found.id for found in there.list("anna", words="SIXTY rent_due 100%")] == [begun.id]
    assert (there.list("anna", words="rentXdue"), there.list("ben")) == ([], [])
    with pytest.raises(NotFound):
        there.load(begun.id, "ben")
    here.share(begun.id, "anna", shared=True)
    assert there.load(begun.id, "ben")[0].shared
    there.rename(begun.id, "anna", "Notice")
    newer = there.start("anna", "papers", "Newer")
    assert [found.title for found in here.list("anna")] == ["Newer", "Notice"]
    here.remove(newer.id, "anna")
    here.remove(begun.id, "anna")
    assert there.list("anna") == []


def test_turns_of_two_servers_at_once_have_numbers_of_their_own(settings: Settings, elsewhere: Settings) -> None:
    here, there = History.of(settings), History.of(elsewhere)
    id = here.start("", "papers", "Q").id
    numbers: list[int] = []

    def add(history: History) -> None:
        for _ in range(8):
            numbers.append(history.append(id, "", "Q", answer()))

    threads = [threading.Thread(target=add, args=(history,)) for history in (here, there)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 17))


def test_feedback(settings: Settings, elsewhere: Settings) -> None:
    """Kept by one server, read by another, oldest first."""
    FeedbackLog.of(settings).add(Feedback("papers", "Q", "A", 1, "well", ("a.txt:0-3",), time="2026-01-01"))
    FeedbackLog.of(elsewhere).add(Feedback("others", "Q", "A", -1, "secret"), keep_text=False)
    read = FeedbackLog.of(settings).read()
    assert [(f.corpus, f.thumbs, f.comment, f.evidence) for f in read] == [
        ("papers", 1, "well", ("a.txt:0-3",)),
        ("others", -1, "", ()),
    ]
    assert len(FeedbackLog.of(elsewhere).read("papers")) == 1


def test_accounts_and_keys(settings: Settings, elsewhere: Settings) -> None:
    """What one server makes or withdraws counts at the other from the next request on."""
    here, there = accounts_of(settings), accounts_of(elsewhere)
    assert (here.all(), there.by_key("sw-01234567-x")) == ({}, None)
    here.add("anna", "analyst", ("litigation",), "correct horse")
    key = there.new_key("anna", "laptop")
    for accounts in (here, there):
        found = accounts.by_key(key)
        assert found is not None
        assert (found.name, found.role, found.groups) == ("anna", "analyst", ("litigation",))
        assert accounts.check("anna", "correct horse") == found
        assert accounts.check("anna", "wrong horse!") is None
    there.add("anna", "admin")
    assert here.check("anna", "correct horse") == replace(found, role="admin", groups=())
    here.withdraw_key("anna", key)
    assert there.by_key(key) is None
    here.remove("anna")
    assert there.all() == {}


def test_sign_ins_are_slowed_down_by_all_servers_together(settings: Settings, elsewhere: Settings) -> None:
    """Many tries at once at two of them: five go through, as at one."""
    clock = lambda: 1000.0  # noqa: E731
    doors = [SignIns.of(settings), SignIns.of(elsewhere)]
    for each in doors:
        each._clock = clock
    waits: list[float] = []
    tries: list[Callable[[], None]] = [lambda d=d: waits.append(d.reserve("anna", "10.0.0.1")) for d in doors * 6]  # type: ignore[misc]
    threads = [threading.Thread(target=one) for one in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits)[:6] == [0.0] * 5 + [2.0]
    doors[1].succeeded("anna", "10.0.0.1")
    assert doors[0].reserve("anna", "10.0.0.1") == 0.0
    doors[0].end("session", 2000.0)
    assert (doors[1].ended("session"), doors[1].ended("other")) == (True, False)


def test_requests_are_counted_by_all_servers_together(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a minute's at once, wherever; each server by itself while the database is away."""
    settings = Settings(store=database_url)
    one, two = limits_of(settings, Rates()), limits_of(replace(settings, data_folder="elsewhere"), Rates())
    took = [each.take(b"a" * 32, 8, 0.0) for each in (one, two, one)]
    assert took[:2] == [0.0, 0.0]
    assert 7.0 < took[2] <= 7.5
    assert (two.take(b"b" * 32, 8, 0.0), two.take(b"a" * 32, 0, 0.0)) == (0.0, 0.0)
    database_of(settings).write(lambda rows: rows.execute("UPDATE rates SET since = since - interval '7.5 s'"))
    assert two.take(b"a" * 32, 8, 0.0) == 0.0
    monkeypatch.setattr(database_of(settings), "_guarded", away(settings))
    assert [each.take(b"a" * 32, 4, 0.0) for each in (one, one, two)] == [0.0, 15.0, 0.0]
    assert limits_of(Settings(), alone := Rates()) is alone


def test_a_cookie_of_one_page_is_good_at_the_other(settings: Settings, elsewhere: Settings) -> None:
    """And over everywhere when it is signed out at one."""
    accounts_of(settings).add("anna", "viewer", (), "correct horse")
    door._keys.cache_clear()
    here = door.keys_of(settings)
    door._keys.cache_clear()
    there = door.keys_of(elsewhere)
    cookie = here.issue(here.accounts.all()["anna"].user)
    assert there.user(cookie) == here.user(cookie) is not None
    there.end(cookie)
    assert here.user(cookie) is None
    door._keys.cache_clear()


def test_accounts_count_on_while_their_database_is_away(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they were read last; a server that never read them lets nobody in."""
    settings = Settings(store=database_url)
    accounts = accounts_of(settings)
    key = (accounts.add("anna"), accounts.new_key("anna"))[1]
    assert accounts.by_key(key) is not None
    monkeypatch.setattr(database_of(settings), "_guarded", away(settings))
    assert accounts.by_key(key) is not None
    with pytest.raises(Unavailable):
        Accounts(accounts.kept).by_key(key)


def test_an_upload_at_one_server_is_shown_by_another(database_url: str, tmp_path: Path) -> None:
    """The document, and its source file byte for byte; deleted at one, it is gone at the other."""
    here = Settings(data_folder=str(tmp_path / "a"), store=database_url)
    there = replace(here, data_folder=str(tmp_path / "b"))
    place_of(here).create(config())
    put(place_of(here).store("papers"), made(0))
    with Service(here) as one, Service(there) as two:
        results = list(one.upload("papers", [("lease.txt", io.BytesIO(b"The notice period is thirty days."))]))
        assert [result.status for result in results] == ["added"]
        job = one.submit("papers", [("other.txt", io.BytesIO(b"The rent is due on the first day of each month."))])
        assert job.wait(60)
        seen = two.job(job.id)
        assert (seen.state, [each.status for each in seen.results], seen.files) == ("done", ["added"], 1)
        with pytest.raises(NotFound):
            two.job("nothing")
        shutil.rmtree(tmp_path / "a" / ".spool")  # it is another machine's
        original = two.original("papers", "lease.txt")
        assert original is not None
        assert original.read_bytes() == b"The notice period is thirty days."
        assert original.is_relative_to(tmp_path / "b")
        two.delete("papers", "lease.txt")
        with pytest.raises(NotFound):
            one.document("papers", "lease.txt")
        assert place_of(here).store("papers").note("none") is None


def test_the_job_of_a_server_that_is_gone_has_stopped(database_url: str) -> None:
    """Whoever asks is told to upload the rest again."""
    shared = shared_of(Settings(store=database_url))
    assert shared is not None
    jobs = SharedJobs(shared)
    jobs.tell(Job("j", "papers", "anna", 2, "running", results=[FileResult("a\0.txt", "added")]))
    found = jobs.find("j")
    assert found is not None
    assert (found.state, found.results[0].name) == ("running", "a\ufffd.txt")
    with shared.transaction() as rows:
        rows.execute("UPDATE jobs SET told = now() - interval '1 hour'")
    gone = jobs.find("j")
    assert gone is not None
    assert (gone.state, "upload the rest again" in str(gone.error)) == ("stopped", True)


def test_the_audit_log_of_every_server_is_in_the_database(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain for each, sealed with one key; only added to; what the database missed comes with the next record."""
    here = Settings(data_folder=str(tmp_path / "a"), store=database_url)
    there = replace(here, data_folder=str(tmp_path / "b"))
    with open_log(here) as one, open_log(there) as two:
        one.write({"at": "2026-01-01", "event": "document_read", "user": "anna"})
        two.write({"at": "2026-01-02", "event": "sign_in", "user": "ben"}, {"at": "2026-01-03", "event": "x"})
        with monkeypatch.context() as patched:
            patched.setattr(database_of(here), "_guarded", away(here))
            one.write({"at": "2026-01-04", "event": "question", "user": "anna"})
        one.write({"at": "2026-01-05", "event": "question", "user": "anna"})
    with audit_folders(here) as folders:
        assert [check_log(here, folder).records for folder in folders] == [3, 2]
        assert all(check_log(here, folder).ok for folder in folders)
    with pytest.raises(psycopg.errors.RaiseException, match="only ever added to"):
        database_of(here).write(lambda rows: rows.execute("DELETE FROM audit"))
    monkeypatch.setenv("SPAREWHEEL_STORE", database_url)
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path / "a"))
    with pytest.raises(SystemExit) as ended:
        main(["audit", "verify"])
    said = capsys.readouterr().out
    assert (ended.value.code, said.count("every record follows the one before it")) == (0, 2)
    with pytest.raises(SystemExit):
        main(["audit", "show", "--json", "--user", "anna"])
    assert capsys.readouterr().out.count("document_read") == 1
