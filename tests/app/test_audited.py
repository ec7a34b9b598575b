"""Every access through the API leaves a record: who, what, with which outcome; never a text."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from api_setup import QUESTION, accounts_in, client_of, settings_in, with_lease

from sparewheel.app.service import Service
from sparewheel.rag import observe
from sparewheel.rag.observe.audit import files
from sparewheel.rag.observe.running import audit_folder, check_log
from sparewheel.rag.settings import Observe


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    settings = settings_in(tmp_path_factory.mktemp("audited"))
    with Service(replace(settings, observe=Observe(log="off", metrics=False))) as made:
        with_lease(made)
        made.create("secret", readers=("group:board",))
        yield made


@pytest.fixture
def accounts(tmp_path):
    return accounts_in(tmp_path, vic="viewer", adam="admin")


async def test_every_access_is_recorded(service, accounts):
    """Looking, searching, reading, changing; the refused tries too. The chain holds, and no text is in it."""
    vic, adam = (({"Authorization": f"Bearer {accounts.new_key(name)}"}) for name in ("vic", "adam"))
    observe.start(service.settings)
    try:
        async with client_of(service, accounts) as client:
            await client.post("/v1/search", json={"corpus": "leases", "question": QUESTION}, headers=vic)
            await client.post("/v1/search", json={"corpus": "secret", "question": QUESTION}, headers=vic)
            await client.get("/v1/corpora/leases/documents", headers=vic)
            await client.get("/v1/corpora/leases/documents/lease.md", headers=vic)
            await client.get("/v1/corpora/leases/originals/lease.md", headers=vic)
            await client.delete("/v1/corpora/leases/documents/lease.md", headers=vic)
            await client.patch("/v1/corpora/secret", json={"sensitivity": "high"}, headers=adam)
            await client.get("/v1/corpora", headers={"Authorization": "Bearer sw-wrong"})
    finally:
        observe.stop()
    (path,) = files(audit_folder(service.settings))
    found = [json.loads(line) for line in path.read_text().splitlines()]
    told = [
        (one["event"], one["user"], one.get("corpus", ""), one.get("document", ""), one["outcome"]) for one in found
    ]
    assert told == [
        ("search", "vic", "leases", "", "done"),
        ("question", "vic", "secret", "", "refused"),
        ("search", "vic", "secret", "", "refused"),
        ("documents_listed", "vic", "leases", "", "done"),
        ("document_read", "vic", "leases", "lease.md", "done"),
        ("original_read", "vic", "leases", "lease.md", "done"),
        ("document_deleted", "vic", "leases", "lease.md", "refused"),
        ("corpus_configured", "adam", "secret", "", "done"),
        ("request_refused", "", "", "", "401"),
    ]
    assert found[7]["sensitivity"] == "high"
    assert {one["address"] for one in found} == {"127.0.0.1"}
    assert (check_log(service.settings).ok, "thirty days" in path.read_text()) == (True, False)
