"""Review tables behind page, command and API: who may do what, filling in the background, what people say, exports."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_setup import settings_in

from sparewheel.app.export.table import Wanted
from sparewheel.app.people.access import User
from sparewheel.app.service import Service
from sparewheel.app.service.reviews import Plan, estimate
from sparewheel.rag.answer.prices import is_peak, until_off_peak_s
from sparewheel.rag.errors import Forbidden, NeedsRole, NotFound, UsageError
from sparewheel.rag.settings import Answering, Endpoint

LEASE = (
    b"# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
)
OTHER = LEASE.replace(b"900", b"700").replace(b"thirty", b"sixty")
QUESTIONS = [("Rent", "How much is the rent?"), ("Notice", "What is the notice period?")]
VIEWER, ANA, BEA, ADMIN = User("vic"), User("ana", "analyst"), User("bea", "analyst"), User("adam", "admin")


@pytest.fixture
def service(tmp_path: Path):
    with Service(settings_in(tmp_path)) as service:
        service.create("leases", "legal")
        bring(service, ("a.md", LEASE), ("b.md", OTHER))
        yield service


def bring(service: Service, *files: tuple[str, bytes]) -> None:
    list(service.upload("leases", [(name, io.BytesIO(content)) for name, content in files]))


def filled(service: Service, user: User | None = None, **plan):
    table = service.reviews.make("leases", QUESTIONS, user, name="Leases", answerers="local")
    run = service.reviews.start("leases", table.id, user, Plan(**plan))
    assert run.wait(120)
    assert (run.state, run.error) == ("done", None)
    return table, run


def texts(service: Service, table_id: str, user: User | None = None) -> dict[tuple[str, str], str]:
    return {
        (row.id, column.name): cell.text
        for row, column, cell in service.reviews.sheet("leases", table_id, user).filled()
    }


def test_a_table_is_filled_in_the_background(service: Service) -> None:
    """Each cell from its own document; the second run finds nothing to do, and asks only what changed."""
    table, run = filled(service, ANA)
    said = texts(service, table.id)
    assert ("900 euros" in said["a.md", "Rent"], "700 euros" in said["b.md", "Rent"]) == (True, True)
    assert ("thirty days" in said["a.md", "Notice"], "sixty days" in said["b.md", "Notice"]) == (True, True)
    assert [cell is not None for cell in run.cells_from()] == [True] * 4
    standing = service.reviews.standing("leases", table.id, VIEWER)
    assert (standing.state, standing.done, standing.total, standing.left_s) == ("done", 4, 4, None)
    bring(service, ("b.md", OTHER.replace(b"700", b"750")))
    assert service.reviews.sheet("leases", table.id).tally.outdated == 2
    assert service.reviews.estimate("leases", table.id).cells == 2
    run = service.reviews.start("leases", table.id, ANA)
    assert run.wait(120)
    assert (run.standing().total, "750 euros" in texts(service, table.id)["b.md", "Rent"]) == (2, True)


def test_with_a_document_go_its_cells(service: Service) -> None:
    table, _ = filled(service)
    service.delete("leases", "b.md")
    assert {document for document, _ in texts(service, table.id)} == {"a.md"}
    bring(service, ("b.md", OTHER))  # the same bytes again: nothing of before is shown
    assert {document for document, _ in texts(service, table.id)} == {"a.md"}


def test_what_people_say_of_a_cell_is_kept_with_their_names(service: Service) -> None:
    table, _ = filled(service, ANA)
    question = "How much is the rent?"
    service.reviews.comment("leases", question, "a.md", "net?", VIEWER)
    service.reviews.correct("leases", question, "a.md", "900 euros net", BEA)
    cell = service.reviews.approve("leases", question, "a.md", ADMIN)
    assert (cell.text, cell.correction.by, cell.approval.by) == ("900 euros net", "bea", "adam")
    assert [(said.text, said.by) for said in cell.comments] == [("net?", "vic")]
    tally = service.reviews.sheet("leases", table.id).tally
    assert (tally.corrected, tally.approved, tally.answered) == (1, 1, 4)
    for change in (
        lambda: service.reviews.correct("leases", question, "a.md", "1", VIEWER),
        lambda: service.reviews.approve("leases", question, "a.md", VIEWER),
        lambda: service.reviews.make("leases", QUESTIONS, VIEWER),
        lambda: service.reviews.start("leases", table.id, VIEWER),
        lambda: service.reviews.remove("leases", table.id, VIEWER),
        lambda: service.reviews.keep_set("leases", "mine", QUESTIONS, VIEWER),
    ):
        with pytest.raises(NeedsRole):
            change()
    with pytest.raises(NotFound, match=r"no document 'c\.md'"):
        service.reviews.correct("leases", question, "c.md", "1", ANA)


def test_who_may_not_read_the_corpus_sees_nothing_of_its_tables(service: Service) -> None:
    table, _ = filled(service, ANA)
    service.configure("leases", readers=("ana",))
    reviews = service.reviews
    for look in (
        lambda: reviews.tables("leases", BEA),
        lambda: reviews.sheet("leases", table.id, BEA),
        lambda: reviews.standing("leases", table.id, ADMIN),
        lambda: reviews.export("leases", table.id, "csv", Wanted("leases", "en"), ADMIN),
        lambda: reviews.estimate("leases", table.id, BEA),
        lambda: reviews.correct("leases", "How much is the rent?", "a.md", "1", BEA),
        lambda: reviews.comment("leases", "How much is the rent?", "a.md", "1", VIEWER),
        lambda: reviews.sets("leases", BEA),
    ):
        with pytest.raises(Forbidden):
            look()
    assert len(texts(service, table.id, ANA)) == 4


def test_a_run_belongs_to_who_started_it(service: Service) -> None:
    table, _ = filled(service, ANA)
    assert service.reviews.run("leases", table.id, ANA).owner == "ana"
    assert service.reviews.run("leases", table.id, ADMIN).owner == "ana"
    with pytest.raises(NotFound, match="not being filled by you"):
        service.reviews.stop("leases", table.id, BEA)


def test_a_table_names_its_documents(service: Service) -> None:
    table = service.reviews.make("leases", ["Who pays?"], documents=["b*"])
    assert [row.id for row in service.reviews.sheet("leases", table.id).rows] == ["b.md"]
    with pytest.raises(UsageError, match=r"no document fits 'c\*'"):
        service.reviews.make("leases", ["Who pays?"], documents=["c*"])
    service.reviews.remove("leases", table.id)
    assert service.reviews.tables("leases") == []


def test_a_set_is_the_program_s_or_the_corpus_own(service: Service) -> None:
    assert service.reviews.questions("leases", "lease", "zh")[0].name == "出租人"
    service.reviews.keep_set("leases", "mine", QUESTIONS, ANA)
    assert [column.name for column in service.reviews.questions("leases", "mine", "en")] == ["Rent", "Notice"]
    with pytest.raises(NotFound, match="no set 'lesae'; did you mean 'lease'"):
        service.reviews.questions("leases", "lesae", "en")


def test_the_estimate_follows_the_policy(tmp_path: Path) -> None:
    """Nothing to pay on this machine, for a confidential corpus, or where a local answerer comes first."""
    settings = replace(settings_in(tmp_path), endpoint={"deepseek": Endpoint()})
    found = estimate(settings, "order", "normal", 1000)
    assert (found.answerer, found.off_peak_usd) == ("deepseek", pytest.approx(0.525))
    assert found.usd in (pytest.approx(0.525), pytest.approx(1.05))
    for free in (
        estimate(settings, "local", "normal", 1000),
        estimate(settings, "order", "high", 1000),
        estimate(replace(settings, answer=Answering(order=("reader", "deepseek"))), "order", "normal", 1000),
        estimate(replace(settings, endpoint={}), "order", "normal", 1000),
    ):
        assert (free.cells, free.answerer, free.usd, free.off_peak_usd) == (1000, "", 0.0, 0.0)


@pytest.mark.parametrize(
    ("hour", "minute", "seconds"), [(0, 30, 0), (1, 0, 3 * 3600), (3, 59, 60), (6, 30, 3.5 * 3600), (10, 0, 0)]
)
def test_cheaper_hours_begin_when_the_peak_ends(hour: int, minute: int, seconds: float) -> None:
    at = datetime(2026, 11, 30, hour, minute, tzinfo=UTC)  # a Monday
    assert until_off_peak_s(at) == seconds
    assert is_peak(at) == (seconds > 0)
