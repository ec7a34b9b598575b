"""Review tables and the answer memory of a corpus in the database: everybody's, and gone with their corpus."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from engines import config

from sparewheel.app.people.access import User
from sparewheel.app.service import Service
from sparewheel.app.service.work import forget_lapsed
from sparewheel.rag.assemble import open_memory
from sparewheel.rag.errors import Forbidden, NotFound
from sparewheel.rag.memory.kept import Asked
from sparewheel.rag.places import cells_of, memory_of, place_of
from sparewheel.rag.postgres.database import database_of
from sparewheel.rag.review.cell import cell_of
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer

LEASE = b"# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n"
QUESTION = "How much is the rent?"
ANA, BEN = User("ana", "analyst"), User("ben", "analyst")


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_folder=str(tmp_path / "a"), store=database_url)


def test_a_table_of_one_server_is_shown_and_corrected_at_another(here: Settings, tmp_path: Path) -> None:
    """What a person said there answers in an outage here; with the document both go, and other corpora see nothing."""
    there = replace(here, data_folder=str(tmp_path / "b"))
    with Service(here) as one, Service(there) as two:
        for corpus in ("leases", "others"):
            one.create(corpus, "legal")
        list(one.upload("leases", [(name, io.BytesIO(LEASE)) for name in ("a.md", "b.md")]))
        table = one.reviews.make("leases", [("Rent", QUESTION)], ANA, answerers="local")
        assert one.reviews.start("leases", table.id, ANA).wait(120)
        shown = [cell.text for _, _, cell in two.reviews.sheet("leases", table.id).filled()]
        assert ["900 euros" in text for text in shown] == [True, True]
        two.reviews.correct("leases", QUESTION, "a.md", "900 euros net", BEN)
        memory = open_memory(place_of(here).store("leases"), here)
        asked = Asked(QUESTION, "en", ("a.md",))
        with place_of(here).store("leases").open() as snapshot:
            texts = {id: snapshot.document(id).text for id in snapshot.document_ids({})}
        served = memory.recall(asked, lambda id, start, end: texts[id][start:end], searched=False).served
        assert served is not None
        assert (served.kept.text, served.kept.person) == ("900 euros net", "ben")
        assert cells_of(place_of(here).store("others")).cells() == []
        assert memory_of(place_of(here).store("others")).is_empty()
        one.configure("leases", readers=("ana",))
        with pytest.raises(Forbidden):
            two.reviews.sheet("leases", table.id, BEN)
        two.delete("leases", "a.md")
        assert [row.id for row, _, _ in one.reviews.sheet("leases", table.id).filled()] == ["b.md"]
        assert memory_of(place_of(here).store("leases")).documents() == set()


def test_what_was_answered_goes_with_its_corpus(here: Settings) -> None:
    """Nothing of it is left in the database, and nothing can be kept of it any more."""
    place = place_of(here)
    store = place.create(config())
    cell = cell_of(Answer(QUESTION, "papers", "900", "answered"), "a.md", "abc", "2026-11-28T09:00:00+00:00")
    cells = cells_of(store)
    cells.put(cell)
    open_memory(store, here).note(Asked(QUESTION, "en"), "2026-11-28")
    assert forget_lapsed(store, here) == 0
    store.destroy()
    with pytest.raises(NotFound, match="was removed"):
        cells.put(cell)
    count = "SELECT (SELECT count(*) FROM review_cells) + (SELECT count(*) FROM memory_questions)"
    assert database_of(here).read(lambda rows: rows.execute(count).fetchone()) == (0,)
    assert cells_of(place.create(config())).cells() == []
