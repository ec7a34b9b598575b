"""Who comes in at the API, how much of it, and what every response carries."""

import logging
from dataclasses import replace

import pytest
from api_setup import QUESTION, accounts_in, client_of, settings_in, with_lease

from sparewheel.app.api.gate import Gate
from sparewheel.app.api.problems import Problem
from sparewheel.app.api.rates import Rates
from sparewheel.app.api.who import check_open
from sparewheel.app.people.auth import accounts_of
from sparewheel.app.service import Service
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Api

ASK = {"corpus": "leases", "question": QUESTION}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(settings_in(tmp_path_factory.mktemp("door"))) as service:
        with_lease(service)
        service.create("secret", readers=("group:board",))
        yield service


@pytest.fixture
def accounts(tmp_path):
    """vic, a viewer, and adam, an administrator."""
    return accounts_in(tmp_path, vic="viewer", adam="admin")


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


# ---------------------------------------------------------------- keys


async def test_with_accounts_a_key_is_needed(service, accounts):
    """No key, a wrong one and a withdrawn one get 401; the two headers both carry one; probes need none."""
    key, gone = accounts.new_key("vic"), accounts.new_key("vic")
    accounts.withdraw_key("vic", gone)
    async with client_of(service, accounts) as client:
        for headers in (
            {},
            bearer("sw-wrong"),
            bearer(gone),
            {"X-API-Key": "无".encode()},
            {"Authorization": "Basic x"},
        ):
            response = await client.get("/v1/corpora", headers=headers)
            assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
            assert "sw-" in response.json()["detail"]
        for headers in (bearer(key), {"X-API-Key": key}):
            assert (await client.get("/v1/corpora", headers=headers)).status_code == 200
        probes = [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/metrics")]
    assert probes == [200, 200, 200]


async def test_a_key_reads_what_its_user_may_and_no_more(service, accounts):
    """Somebody else's corpus is not listed, and is told as if it were not there; a role too small is 403."""
    vic, adam = bearer(accounts.new_key("vic")), bearer(accounts.new_key("adam"))
    async with client_of(service, accounts) as client:
        listed = (await client.get("/v1/corpora", headers=vic)).json()["corpora"]
        models = (await client.get("/v1/models", headers=vic)).json()["data"]
        hidden = await client.post("/v1/ask", json={**ASK, "corpus": "secret"}, headers=vic)
        absent = await client.post("/v1/ask", json={**ASK, "corpus": "nothing"}, headers=vic)
        small = [
            (await client.request(method, path, headers=vic, json=body)).status_code
            for method, path, body in (
                ("POST", "/v1/corpora", {"name": "new"}),
                ("DELETE", "/v1/corpora/leases", None),
                ("DELETE", "/v1/corpora/leases/documents/lease.md", None),
                ("PATCH", "/v1/corpora/leases", {"sensitivity": "high"}),
                ("GET", "/v1/health", None),
                ("GET", "/v1/corpora?managed=true", None),
            )
        ]
        managed = (await client.get("/v1/corpora?managed=true", headers=adam)).json()["corpora"]
    assert ([row["name"] for row in listed], [row["id"] for row in models]) == (["leases"], ["sparewheel/leases"])
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json()["detail"].replace("secret", "*") == absent.json()["detail"].replace("nothing", "*")
    assert small == [403] * 6
    assert [row["name"] for row in managed] == ["leases", "secret"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "127.0.0.1:8080", "Origin": "http://localhost:3000"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "[bad"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_without_accounts_only_this_machine_asks(service, headers, status):
    """A site that a browser shows here reaches nothing, by whatever name (DNS rebinding, cross-site requests)."""
    async with client_of(service) as client:
        assert (await client.get("/v1/corpora", headers=headers)).status_code == status


def test_it_does_not_listen_beyond_this_machine_without_keys(service, accounts):
    """An account without a key is not enough."""
    beyond = replace(service.settings, api=Api(host="0.0.0.0"))
    for nobody in (accounts_of(service.settings), accounts):
        with pytest.raises(UsageError, match="while nobody has a key"):
            check_open(beyond, nobody)
    check_open(service.settings, accounts)
    accounts.new_key("vic")
    check_open(beyond, accounts)


async def test_beyond_this_machine_a_key_stays_needed_when_the_last_account_goes(service, accounts, tmp_path):
    """Nobody becomes the owner because a file was removed."""
    service_beyond = Service(replace(service.settings, api=Api(host="0.0.0.0")))
    async with client_of(service_beyond, accounts) as client:
        (tmp_path / "users.toml").unlink()
        assert (await client.get("/v1/corpora")).status_code == 401
    service_beyond.close()


# ---------------------------------------------------------------- limits


def test_a_key_has_so_many_requests_a_minute():
    """A quarter at once, then one every half second at 120; another key is not touched; 0 is any number."""
    rates = Rates()
    assert [rates.take(b"a", 120, 0.0) for _ in range(31)] == [0.0] * 30 + [0.5]
    assert (rates.take(b"b", 120, 0.0), rates.take(b"a", 120, 0.25), rates.take(b"a", 120, 0.5)) == (0.0, 0.25, 0.0)
    assert [rates.take(b"c", 0, 0.0) for _ in range(1000)] == [0.0] * 1000


async def test_too_many_requests_get_429_with_the_time_to_wait(service, accounts, monkeypatch):
    """Retry-After says when the next one is taken."""
    monkeypatch.setattr(service, "settings", replace(service.settings, api=Api(per_minute=4)))
    key = bearer(accounts.new_key("vic"))
    async with client_of(service, accounts) as client:
        responses = [await client.get("/v1/corpora", headers=key) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 429]
    assert 1 <= int(responses[1].headers["retry-after"]) <= 15


async def test_a_gate_lets_so_many_in_and_so_many_wait():
    """One more is told when to try again; a turn given back is taken by who waited."""
    gate = Gate(at_once=1, queue=0, wait_s=0.01)
    async with gate.turn():
        assert (gate.busy, gate.full) == (1, True)
        with pytest.raises(Problem, match="1 questions are being answered and 0 wait") as caught:
            await gate.turn().__aenter__()
        assert (caught.value.status, int(caught.value.headers["Retry-After"]) >= 1) == (503, True)
    patient = Gate(at_once=1, queue=1, wait_s=0.01)
    async with patient.turn():
        with pytest.raises(Problem, match=r"no turn within 0\.01 s"):
            await patient.turn().__aenter__()
    async with patient.turn():
        assert (patient.busy, patient.waiting) == (1, 0)
    assert patient.busy == 0


@pytest.mark.parametrize("how", ["length", "chunks"])
async def test_a_body_too_large_is_413(service, how):
    """Told by its length before it is read, and by counting where no length is told."""

    async def chunks():
        for _ in range(40):
            yield b" " * 10_000

    content = b" " * 400_000 if how == "length" else chunks()
    async with client_of(service) as client:
        response = await client.post("/v1/ask", content=content, headers={"Content-Type": "application/json"})
    assert (response.status_code, "larger than 256 kB" in response.json()["detail"]) == (413, True)


async def test_a_body_that_stands_still_is_408(monkeypatch):
    """A client that stops sending does not hold its place for ever."""
    import asyncio

    from sparewheel.app.api import edge

    monkeypatch.setattr(edge, "BODY_PIECE_S", 0.01)

    async def never():
        await asyncio.Event().wait()

    with pytest.raises(Exception, match=r"stood still for 0\.01 s"):
        await edge._bounded(never, 10, 60)()


# ---------------------------------------------------------------- every response


async def test_every_response_has_its_id_and_what_a_browser_obeys(service):
    """The id that was sent, if it is one, else a new one; errors too."""
    async with client_of(service) as client:
        ours = await client.get("/healthz", headers={"X-Request-ID": "trace-1.a"})
        new = [await client.get(path, headers={"X-Request-ID": "a b\tc"}) for path in ("/healthz", "/nothing")]
    assert ours.headers["x-request-id"] == "trace-1.a"
    assert len({response.headers["x-request-id"] for response in new}) == 2
    for response in (ours, *new):
        assert (response.headers["x-content-type-options"], response.headers["cache-control"]) == (
            "nosniff",
            "no-store",
        )
        assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/nothing", 404, "no '/nothing' here; see /docs"),
        ("PUT", "/v1/ask", 405, "PUT is not for this; see /docs"),
        ("POST", "/v1/ask", 422, "body: Field required"),
        ("GET", "/v1/jobs/none", 404, "no upload 'none'; it may have ended long ago: list the documents"),
    ],
)
async def test_every_error_is_problem_details(service, method, path, status, told):
    """RFC 9457: its type, the status again, and a detail with the cure."""
    async with client_of(service) as client:
        response = await client.request(method, path)
    body = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert (body["status"], body["type"], body["detail"]) == (status, "about:blank", told)


async def test_ready_until_it_is_told_to_stop(service):
    """Alive all the time."""
    async with client_of(service) as client:
        before = (await client.get("/readyz")).status_code
        client.app.state.stopping.set()
        after = [(await client.get(path)).status_code for path in ("/readyz", "/healthz")]
    assert (before, after) == (200, [503, 200])


async def test_the_log_names_the_route_and_no_document(service, caplog):
    """A document's name may be a patient's; a key is never in it. Probes that found all well leave no line."""
    caplog.set_level(logging.INFO, logger="sparewheel.app.api.edge")
    async with client_of(service) as client:
        await client.get("/readyz")
        await client.get("/v1/corpora/leases/documents/Jane%20Doe.pdf", headers=bearer("sw-secret"))
        await client.post("/v1/ask", json=ASK)
        client.app.state.stopping.set()
        await client.get("/readyz")
    lines = [record.getMessage().rsplit(" in ", 1)[0] for record in caplog.records]
    asked = ["GET /v1/corpora/{corpus}/documents/{document:path} 404", "POST /v1/ask 200"]
    assert lines == [*asked, "GET /readyz 503"]


async def test_the_pages_are_whole_by_themselves(service):
    """/docs shows every route and loads nothing from anywhere."""
    async with client_of(service) as client:
        page = (await client.get("/docs")).text
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert [path for path in paths if path not in page] == []
    assert [part for part in ("<script", "http://", "https://", "@import") if part in page] == []
