"""What is known of a document, on the page Documents: analysts correct it, viewers see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

streamlit = pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest  # noqa: E402

from sparewheel.app.people.access import User  # noqa: E402
from sparewheel.app.service.work import make_corpus, read_in  # noqa: E402
from sparewheel.app.ui import session  # noqa: E402
from sparewheel.rag.settings import Retrieve, Settings  # noqa: E402

LEASE = '# Lease\n\nbetween Acme Tools Ltd (the "Tenant") and Harbour Foods Ltd (the "Landlord").\n\nThe rent is 900.\n'
ANALYST, VIEWER = User("ana", "analyst"), User("vera", "viewer")
LABELS = {"en": ("Title", "Parties", "Date", "Save what is known"), "zh": ("标题", "当事人", "日期", "保存文档信息")}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages draw over a corpus of one lease."""
    made = Settings(data_folder=str(tmp_path / "data"), retrieve=Retrieve(rerank="off"))
    (tmp_path / "lease.md").write_text(LEASE, encoding="utf-8")
    read_in(make_corpus(made, "lease", "legal"), [tmp_path / "lease.md"], made)
    streamlit.cache_resource.clear()
    session.configure(made)
    # the test driver names the options outside the session, where its language is not known
    monkeypatch.setattr(session, "described", lambda info: info.name)
    yield
    session.service().close()
    streamlit.cache_resource.clear()


def drawn(user: User, language: str = "en") -> Any:
    """The page Documents as this user sees it."""

    def script() -> None:
        from sparewheel.app.ui import documents

        documents.draw()

    test = AppTest.from_function(script, default_timeout=30)
    test.session_state["user"] = user
    test.session_state["language"] = language
    return test.run()


def named(elements: Any, label: str) -> Any:
    return next(element for element in elements if element.label == label)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_analyst_corrects_what_is_known(served: None, language: str) -> None:
    """The page says so, shows it corrected, and leaves alone what was not changed."""
    title, parties, _, save = LABELS[language]
    page = drawn(ANALYST, language)
    assert named(page.text_area, parties).value == "Acme Tools Ltd\nHarbour Foods Ltd"
    named(page.text_input, title).set_value("Lease of the quay")
    named(page.text_area, parties).set_value("Acme Tools Ltd\nHarbour Seafoods Ltd")
    named(page.button, save).click().run()
    known = session.service().documents("lease")[0]
    assert (known.title, known.metadata["parties"]) == ("Lease of the quay", "Acme Tools Ltd; Harbour Seafoods Ltd")
    assert known.metadata["edited"].split() == ["title", "parties"]
    assert "lease\\.md" in page.success[0].value
    assert not page.exception
    assert named(page.text_area, parties).value == "Acme Tools Ltd\nHarbour Seafoods Ltd"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_slip_is_told_in_words(served: None, language: str) -> None:
    """What cannot be is named with the cure, in the language of the page; what was typed stays, nothing is saved."""
    title, _, date, save = LABELS[language]
    page = drawn(ANALYST, language)
    named(page.text_input, title).set_value("Lease of the quay")
    named(page.text_input, date).set_value("next May")
    named(page.button, save).click().run()
    told = {"en": "“next May” is not a date", "zh": "“next May”不是日期"}[language]
    assert (told in page.error[0].value, named(page.text_input, date).value) == (True, "next May")
    assert session.service().documents("lease")[0].title == "Lease"


def test_a_viewer_sees_it_and_cannot_change_it(served: None) -> None:
    page = drawn(VIEWER)
    assert "Parties\\: Acme Tools Ltd; Harbour Foods Ltd" in [each.value for each in page.markdown]
    assert not page.text_area
    assert not page.text_input
