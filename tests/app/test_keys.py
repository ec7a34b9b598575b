"""API keys: for what they are, until when they count, when they were last used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from api_setup import client_of, settings_in, with_lease
from click.testing import CliRunner

from sparewheel.app.cli import cli
from sparewheel.app.people.access import User, may_read
from sparewheel.app.people.accounts import read_accounts
from sparewheel.app.people.auth import Accounts
from sparewheel.app.people.key_use import KeyUse
from sparewheel.app.people.scopes import require_scope, scope_of
from sparewheel.app.service import Service
from sparewheel.rag.errors import NeedsRole, UsageError
from sparewheel.rag.ingest.corpus import CorpusConfig

REQUESTS = [
    ("POST", "/v1/ask", "ask"),
    ("POST", "/v1/search", "ask"),
    ("POST", "/v1/chat/completions", "ask"),
    ("POST", "/v1/responses", "ask"),
    ("POST", "/mcp", "ask"),
    ("GET", "/v1/corpora", None),
    ("GET", "/v1/corpora/leases", None),
    ("GET", "/v1/models/sparewheel/leases", None),
    ("GET", "/v1/corpora/leases/documents", "read"),
    ("GET", "/v1/corpora/leases/documents/hr/access", "admin"),  # too strict for one name rather than too lax
    ("GET", "/v1/corpora/leases/originals/a.pdf", "read"),
    ("GET", "/v1/corpora/leases/reviews/1/export", "read"),
    ("GET", "/v1/jobs/x", "read"),
    ("POST", "/v1/corpora/leases/documents", "write"),
    ("DELETE", "/v1/corpora/leases/documents/a.pdf", "write"),
    ("POST", "/v1/corpora/leases/reindex", "write"),
    ("POST", "/v1/corpora/leases/reviews/1/run", "write"),
    ("POST", "/v1/corpora", "admin"),
    ("PATCH", "/v1/corpora/leases", "admin"),
    ("DELETE", "/v1/corpora/leases", "admin"),
    ("GET", "/v1/corpora/leases/access", "admin"),
    ("PUT", "/v1/corpora/leases/access", "admin"),
    ("POST", "/v1/anything/new", "write"),
    ("GET", "/v1/anything/new", "read"),
]


@pytest.mark.parametrize(("method", "path", "scope"), REQUESTS)
def test_each_request_has_its_scope(method, path, scope):
    """A key with every other scope is refused, one with it or without any is not."""
    assert scope_of(method, path) == scope
    others = tuple({"ask", "read", "write", "admin"} - {scope})
    require_scope(User("a"), method, path)
    require_scope(None, method, path)
    if scope is None:
        require_scope(User("a", scopes=("ask",)), method, path)
        return
    require_scope(User("a", scopes=(scope,)), method, path)
    with pytest.raises(NeedsRole, match=f"scope '{scope}'"):
        require_scope(User("a", scopes=others), method, path)


@pytest.fixture
def accounts(tmp_path):
    made = Accounts(tmp_path / "data" / "users.toml")
    made.add("ana", "admin", ("hr",))
    return made


def test_a_key_ends_with_its_last_day(tmp_path, accounts):
    """And not a day before."""
    secret = accounts.new_key("ana", days=10)
    now = datetime.now(UTC)
    for days, counts in ((0, True), (10, True), (11, False), (400, False)):
        later = Accounts(accounts.kept.path, now=lambda days=days: now + timedelta(days=days))
        assert (later.by_key(secret) is not None) is counts
    assert accounts.by_key(accounts.new_key("ana")).scopes == ()


def test_a_key_carries_what_it_is_for(accounts):
    """Through the file and back; an older file without it counts for everything."""
    secret = accounts.new_key("ana", "nightly", scopes=("ask", "read"), corpora=("leases",))
    user = Accounts(accounts.kept.path).by_key(secret)
    assert (user.name, user.groups, user.scopes, user.corpora) == ("ana", ("hr",), ("ask", "read"), ("leases",))
    text = accounts.kept.path.read_text()
    accounts.kept.path.write_text("".join(x for x in text.splitlines(True) if not x.startswith(("scopes", "corpora"))))
    assert Accounts(accounts.kept.path).by_key(secret).scopes == ()
    assert read_accounts(accounts.kept.path)["ana"].keys[0].label == "nightly"


@pytest.mark.parametrize("wrong", [{"scopes": ("asks",)}, {"days": -1}])
def test_a_key_that_cannot_be_is_told(accounts, wrong):
    """And not made."""
    with pytest.raises(UsageError):
        accounts.new_key("ana", **wrong)
    assert accounts.all()["ana"].keys == ()


def test_a_key_for_one_corpus_opens_no_other():
    """Whatever its account may read."""
    user = User("ana", "admin", corpora=("leases",))
    assert may_read(CorpusConfig("leases"), user)
    assert not may_read(CorpusConfig("wages"), user)
    assert not may_read(CorpusConfig("leases", readers=("ben",)), user)


async def test_the_api_keeps_to_scopes_corpora_and_ends(tmp_path, accounts):
    """Refused with what it takes; an ended key as an unknown one."""
    pytest.importorskip("fastapi")
    with Service(settings_in(tmp_path)) as service:
        with_lease(service)
        service.create("wages")
        keys = {
            "asks": accounts.new_key("ana", scopes=("ask",)),
            "one": accounts.new_key("ana", corpora=("wages",)),
            "ended": accounts.new_key("ana", days=1),
        }
        late = Accounts(accounts.kept.path, now=lambda: datetime.now(UTC) + timedelta(days=3))
        async with client_of(service, late) as client:

            async def status(key, method, path, **body):
                headers = {"Authorization": f"Bearer {keys[key]}"}
                return (await client.request(method, path, json=body or None, headers=headers)).status_code

            assert await status("asks", "POST", "/v1/search", corpus="leases", question="rent") == 200
            assert await status("asks", "GET", "/v1/corpora/leases/documents") == 403
            assert await status("asks", "DELETE", "/v1/corpora/leases") == 403
            assert await status("one", "POST", "/v1/search", corpus="leases", question="rent") == 404
            assert await status("one", "GET", "/v1/corpora/wages") == 200
            assert await status("ended", "GET", "/v1/corpora") == 401
        assert set(accounts.last_used()) == {keys["asks"][:11], keys["one"][:11]}


def test_the_last_use_is_noted_once_a_minute(tmp_path):
    """By each process; where it cannot be written nobody is kept out."""
    now = [1000.0]
    use = KeyUse(tmp_path / "used.sqlite", clock=lambda: now[0])
    assert use.last() == {}
    use.used("sw-1")
    now[0] += 59
    use.used("sw-1")
    assert use.last() == {"sw-1": "1970-01-01T00:16+00:00"}
    now[0] += 1
    use.used("sw-1")
    assert use.last() == {"sw-1": "1970-01-01T00:17+00:00"}
    KeyUse(tmp_path / "used.sqlite" / "no folder").used("sw-1")


def test_the_command_makes_and_shows_them(tmp_path, accounts):
    """Never the key itself."""
    config = tmp_path / "settings.toml"
    config.write_text(f'data_folder = "{tmp_path / "data"}"\n[api]\nusers_file = "{accounts.kept.path}"\n')

    def run(*words):
        return CliRunner().invoke(cli, ["--config", str(config), "users", *words])

    made = run("key", "ana", "--scope", "ask", "--corpus", "leases", "--days", "30", "--label", "chat page")
    secret = made.output.splitlines()[0]
    assert accounts.by_key(secret).scopes == ("ask",)
    shown = run("list").output
    assert secret[:11] in shown
    assert secret not in shown
    (row,) = json.loads(run("list", "--json").output)
    assert (row["keys"][0]["scopes"], row["keys"][0]["corpora"], row["keys"][0]["used"] != "") == (
        ["ask"], ["leases"], True,
    )  # fmt: skip
    assert "sha256" not in row["keys"][0]
