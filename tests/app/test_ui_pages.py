"""The pages without a browser: what each role is shown, and that the service refuses what the page would not offer."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

streamlit = pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest  # noqa: E402

from sparewheel.app.evaluation.kept import Asked  # noqa: E402
from sparewheel.app.people.access import User  # noqa: E402
from sparewheel.app.service import Service  # noqa: E402
from sparewheel.app.service.work import make_corpus, read_in  # noqa: E402
from sparewheel.app.ui import session  # noqa: E402
from sparewheel.app.ui.evaluation import Evaluations  # noqa: E402
from sparewheel.rag.errors import Forbidden, NeedsRole  # noqa: E402
from sparewheel.rag.settings import Retrieve, Settings  # noqa: E402

LEASE = "# Lease\n\n## Rent\n\nThe monthly rent is 900 euros and is due on the third day of the month.\n"
QUESTIONS = b'{"id": "rent", "question": "What is the monthly rent?", "answers": ["900 euros"]}\n'
ROLES = [User("vera", "viewer"), User("ana", "analyst"), User("adam", "admin"), None]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder with the corpus `lease`, found by words alone, that eve may not read."""
    folder = tmp_path_factory.mktemp("pages")
    made = Settings(data_folder=str(folder / "data"), retrieve=Retrieve(rerank="off"))
    (folder / "lease.md").write_text(LEASE, encoding="utf-8")
    store = make_corpus(made, "lease", "legal")
    read_in(store, [folder / "lease.md"], made)
    with Service(made) as service:
        service.configure("lease", readers=["vera", "ana", "adam"])
    return made


@pytest.fixture
def served(settings: Settings) -> Iterator[Settings]:
    """The pages draw over these settings."""
    streamlit.cache_resource.clear()
    streamlit.cache_data.clear()
    session.configure(settings)
    yield settings
    streamlit.cache_resource.clear()


def drawn(name: str, user: User | None, language: str = "en") -> Any:
    """The page of app.ui.<name> as this user sees it."""

    def script(name: str) -> None:
        import importlib

        importlib.import_module(f"sparewheel.app.ui.{name}").draw()

    test = AppTest.from_function(script, args=(name,), default_timeout=30)
    test.session_state["user"] = user
    test.session_state["language"] = language
    return test.run()


@pytest.mark.parametrize("user", ROLES, ids=lambda user: user.role if user else "owner")
def test_a_role_is_offered_what_it_may_do(served: Settings, user: User | None) -> None:
    """viewer: reads; analyst: also uploads, deletes, re-indexes; admin and owner: also corpora."""
    page = drawn("documents", user)
    labels = {button.label for button in page.button}
    offered = [label in labels for label in ("Add to the corpus", "Delete", "Re-index", "Create", "Delete the corpus")]
    rank = 3 if user is None else ["viewer", "analyst", "admin"].index(user.role) + 1
    assert (list(page.exception), offered) == ([], [rank > 1] * 3 + [rank > 2] * 2)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["documents", "review", "evaluate", "health", "advise", "accounts"])
def test_every_page_is_drawn_in_both_languages(served: Settings, name: str, language: str) -> None:
    """Without an exception, under its title."""
    page = drawn(name, None, language)
    titles = {"documents": ("Documents", "文档"), "evaluate": ("Evaluate", "评测"), "health": ("Health", "运行状况")}
    titles |= {"review": ("Review", "审阅"), "accounts": ("Accounts", "账户")}
    title = titles.get(name, ("Advise", "选型建议"))[language == "zh"]
    assert (list(page.exception), page.title[0].value) == ([], title)


def test_a_local_server_is_found_and_used(served: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An administrator chooses one of its models: in force at once, and in the settings file. An analyst sees none."""
    import tomllib

    from sparewheel.app.detect import Server
    from sparewheel.app.ui import local_servers
    from sparewheel.rag.settings import load_settings

    file = tmp_path / "sparewheel.toml"
    file.write_text("# mine\n[answer]\ntimeout_s = 7\n")
    session.configure(served, file)
    monkeypatch.setattr(local_servers, "detect", lambda: [Server("ollama", "http://127.0.0.1:1/v1", ("a", "qwen3"))])
    page = drawn("health", User("adam", "admin"))
    next(button for button in page.button if button.label == "Look for servers").click().run()
    page.selectbox(key="model-ollama").set_value("qwen3").run()
    page.button(key="use-ollama").click().run()
    assert not page.exception
    assert session.service().settings.endpoint["ollama"].model == "qwen3"
    assert (load_settings(file).endpoint["ollama"].model, "# mine" in file.read_text()) == ("qwen3", True)
    assert tomllib.loads(file.read_text())["answer"]["timeout_s"] == 7
    assert "Look for servers" not in {button.label for button in drawn("health", User("ana", "analyst")).button}


def test_how_charged_the_spare_wheel_is_stands_on_top(served: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an administrator, of each corpus of which anything was asked."""
    from sparewheel.app.doctor.check import Check
    from sparewheel.app.ui import health

    found = [Check("spare wheel lease", "pass", "82% of ...", share=0.82), Check("spare wheel other", "warn", "nobody")]
    monkeypatch.setattr(health, "checked", lambda spoken: found)
    page = drawn("health", User("adam", "admin"))
    assert [(metric.label, metric.value) for metric in page.metric][:1] == [("lease", "82%")]
    assert "How charged the spare wheel is" in [header.value for header in page.header][:1]
    assert not drawn("health", User("ana", "analyst")).metric


def test_an_endpoint_whose_last_calls_failed_is_not_called_well() -> None:
    """Its breaker is closed and its window empty, and still the page says how the last calls went."""
    from sparewheel.app.ui.health import calls_of
    from sparewheel.rag.observe.recent import Recent
    from sparewheel.rag.types import Attempt

    def asked(*attempts: Attempt) -> Recent:
        return Recent(0, "", "c", "legal", "?", "answered", "reader", True, 1, attempts, {}, 1, None, 0)

    failed, well = Attempt("deepseek", "failed", "first_token_timeout"), Attempt("deepseek", "answered")
    taken_back = Attempt("deepseek", "cancelled")
    calls = calls_of("deepseek", [asked(failed, Attempt("reader", "answered")), asked(taken_back), asked(well)])
    assert [call.outcome for call in calls] == ["failed", "answered"]


def test_a_viewers_forged_call_is_refused_by_the_service(served: Settings) -> None:
    """Whatever a page draws or a browser sends: the service asks for the role, the library for the right to read."""
    vera, eve = ROLES[0], User("eve", "admin")
    with Service(served) as service:
        forged = [
            lambda: service.submit("lease", [("x.md", io.BytesIO(b"x"))], vera),
            lambda: service.delete("lease", "lease.md", vera),
            lambda: service.reindex("lease", vera),
            lambda: service.create("mine", "legal", "normal", vera),
            lambda: service.remove("lease", vera),
            lambda: Evaluations(lambda: served).start(Asked("samples"), vera),
        ]
        for call in forged:
            with pytest.raises(NeedsRole):
                call()
        with pytest.raises(Forbidden):
            service.documents("lease", eve)
    assert "lease" not in str(drawn("documents", eve).selectbox)


def test_a_run_is_asked_scored_and_kept_from_others(served: Settings) -> None:
    """A file of questions over a corpus: done in the background, its report read; who may not read the corpus sees no
    run of it."""
    evaluations = Evaluations(lambda: served)
    run = evaluations.start(Asked("questions.jsonl", "lease", local=True), ROLES[1], QUESTIONS)
    until = time.monotonic() + 60
    while (now := evaluations.runs(ROLES[1])[0]).state in ("preparing", "running"):
        assert time.monotonic() < until
    assert (now.name, now.state, now.done, now.total, now.why) == (run.name, "done", 1, 1, "")
    assert evaluations.runs(User("eve", "analyst")) == []
    page = drawn("evaluate", ROLES[1])
    assert (list(page.exception), "Report" in [header.value for header in page.header]) == ([], True)


def test_a_run_that_cannot_go_on_says_why(served: Settings) -> None:
    """A wrong file is told with its line; the run can be looked at."""
    evaluations = Evaluations(lambda: served)
    evaluations.start(Asked("questions.jsonl", "lease"), None, b'{"frage": "?"}\n')
    until = time.monotonic() + 60
    while (now := evaluations.runs()[0]).state in ("preparing", "running"):
        assert time.monotonic() < until
    assert (now.state, "line 1" in now.why) == ("failed", True)


def test_text_is_no_markup(tmp_path: Path) -> None:
    """A file name cannot make a link, a picture, a formula or a coloured badge."""
    assert session.plain("a_$x$ [b](c) :red[d].pdf") == "a\\_\\$x\\$ \\[b\\]\\(c\\) \\:red\\[d\\]\\.pdf"


def test_an_administrator_makes_and_withdraws_keys(served: Settings) -> None:
    """Shown once, with what they are for; nobody else sees the page."""
    from sparewheel.app.people.auth import accounts_of

    accounts = accounts_of(served)
    accounts.add("vera")
    try:
        page = drawn("accounts", User("adam", "admin"))
        page.multiselect[0].set_value(["ask"])
        next(button for button in page.button if button.label == "Make the key").click().run()
        assert not page.exception
        secret = page.code[0].value
        assert accounts.by_key(secret).scopes == ("ask",)  # type: ignore[union-attr]
        assert secret not in [code.value for code in drawn("accounts", User("adam", "admin")).code]
        page = drawn("accounts", User("adam", "admin"))
        next(button for button in page.button if button.label == "Withdraw").click().run()
        assert accounts.by_key(secret) is None
        assert not drawn("accounts", User("vera")).dataframe
    finally:
        accounts.remove("vera")
