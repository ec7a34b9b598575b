"""The page Review without a browser: made, filled, filtered, looked at and corrected, by role and in both languages."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

streamlit = pytest.importorskip("streamlit")
from api_setup import settings_in  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from sparewheel.app.people.access import User  # noqa: E402
from sparewheel.app.service import Service  # noqa: E402
from sparewheel.app.ui import session  # noqa: E402
from sparewheel.app.ui.review import cell as cell_view  # noqa: E402
from sparewheel.app.ui.review import grid  # noqa: E402
from sparewheel.app.ui.review.new import column_of  # noqa: E402
from sparewheel.rag.review.sheet import Sheet  # noqa: E402
from sparewheel.rag.settings import Settings  # noqa: E402

LEASE = (
    b"# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
)
SILENT = b"# Note\n\nThe weather was fine, and nobody said a word about money.\n"
RENT, NOTICE = "How much is the rent?", "What is the notice period?"
VERA, ANA = User("vera", "viewer"), User("ana", "analyst")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A corpus with two documents and a filled table."""
    made = settings_in(tmp_path_factory.mktemp("review"))
    with Service(made) as service:
        service.create("leases", "legal")
        list(service.upload("leases", [("a.md", io.BytesIO(LEASE)), ("b.md", io.BytesIO(SILENT))]))
        table = service.reviews.make("leases", [("Rent", RENT), ("Notice", NOTICE)], name="Mine", answerers="local")
        assert service.reviews.start("leases", table.id).wait(120)
    return made


@pytest.fixture
def served(settings: Settings) -> Iterator[Service]:
    streamlit.cache_resource.clear()
    session.configure(settings)
    with Service(settings) as service:
        yield service
    streamlit.cache_resource.clear()


def drawn(user: User | None, language: str = "en", **state: Any) -> Any:
    def script() -> None:
        import importlib

        importlib.import_module("sparewheel.app.ui.review").draw()

    test = AppTest.from_function(script, default_timeout=60)
    test.session_state["user"] = user
    test.session_state["language"] = language
    for key, value in state.items():
        test.session_state[key] = value
    return test.run()


def sheet_of(service: Service) -> Sheet:
    (table,) = service.reviews.tables("leases")
    return service.reviews.sheet("leases", table.id)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("user", [VERA, ANA, None], ids=["viewer", "analyst", "owner"])
def test_a_role_is_offered_what_it_may_do(served: Service, user: User | None, language: str) -> None:
    """A viewer looks, exports and comments; an analyst fills, corrects, approves and makes tables, too."""
    table = sheet_of(served).table
    page = drawn(user, language, **{grid.chosen_key(table): ("a.md", RENT)})
    assert list(page.exception) == []
    labels = {button.label for button in page.button}
    offered = ["Go on filling", "Approve", "Keep the correction", "Make the table", "Remove the table"]
    in_chinese = ["继续填写", "确认", "保存更正", "生成表格", "删除表格"]
    wanted = in_chinese if language == "zh" else offered
    assert [label in labels for label in wanted] == [user is not VERA] * 5
    assert ("Excel" in labels, ("添加批注" if language == "zh" else "Add the comment") in labels) == (True, True)


def test_a_cell_is_corrected_and_approved_on_the_page(served: Service) -> None:
    table = sheet_of(served).table
    page = drawn(ANA, **{grid.chosen_key(table): ("a.md", NOTICE)})
    area = next(a for a in page.text_area if a.key.startswith("correct-"))
    area.set_value("30 days, in writing")
    next(b for b in page.button if b.label == "Keep the correction").click()
    page.run()
    assert list(page.exception) == []
    next(b for b in page.button if b.label == "Approve").click()
    page.run()
    sheet = sheet_of(served)
    cell = sheet.cell(sheet.table.columns[1], sheet.rows[0])
    assert cell is not None
    assert cell.correction is not None
    assert cell.approval is not None
    assert (cell.text, cell.correction.by, cell.approval.by) == ("30 days, in writing", "ana", "ana")
    next(b for b in page.button if b.label == "Take the correction back").click()
    page.run()
    sheet = sheet_of(served)
    cell = sheet.cell(sheet.table.columns[1], sheet.rows[0])
    assert cell is not None
    assert (cell.correction, cell.approval) == (None, None)


def test_documents_are_filtered_and_sorted(served: Service) -> None:
    streamlit.session_state["language"] = "en"
    sheet = sheet_of(served)

    def ids(text: str = "", show: str = "all", by: str = grid.DOCUMENT) -> list[str]:
        return [row.id for row in grid.chosen_rows(sheet, text, show, by)]

    assert ids() == ["a.md", "b.md"]
    assert ids("900 EUROS") == ["a.md"]
    assert ids("note") == ["b.md"]
    assert ids("nothing like it") == []
    assert ids(show="silent") == ["b.md"]
    assert (ids(show="open"), ids(show="corrected"), ids(show="outdated")) == (["a.md", "b.md"], [], [])
    back = replace(sheet, rows=sheet.rows[::-1])
    assert [row.id for row in grid.chosen_rows(back, "", "all", RENT)] == ["a.md", "b.md"]  # those without one last


def test_a_cell_shows_its_passages_as_they_stand(served: Service) -> None:
    sheet = sheet_of(served)
    cell = sheet.cell(sheet.table.columns[0], sheet.rows[0])
    assert cell is not None
    document = served.document("leases", "a.md")
    (hit,) = cell_view.with_passages(cell, document).evidence
    assert hit.chunk.text == document.text[hit.chunk.start : hit.chunk.end]
    assert "900 euros" in hit.chunk.text
    changed = replace(document, text=document.text.replace("900", "950"))
    assert cell_view.with_passages(cell, changed).evidence == ()


@pytest.mark.parametrize(
    ("text", "cut"),
    [("x" * 110, "x" * 110), ("x" * 111, "x" * 109 + "…"), ("租" * 55, "租" * 55), ("租" * 56, "租" * 54 + "…")],
)
def test_a_long_answer_is_cut_to_its_cell(text: str, cut: str) -> None:
    assert grid.short(text) == cut


def test_a_line_of_the_form_may_name_its_column() -> None:
    assert column_of("租金｜租金是多少？") == ("租金", "租金是多少？")
    assert column_of("Who pays?") == "Who pays?"


def test_without_a_table_the_page_says_what_to_do(tmp_path: Path) -> None:
    streamlit.cache_resource.clear()
    made = settings_in(tmp_path)
    with Service(made) as service:
        service.create("leases", "legal")
    session.configure(made)
    page = drawn(None)
    assert list(page.exception) == []
    assert "No table yet. Make the first one below." in [info.value for info in page.info]
    streamlit.cache_resource.clear()
