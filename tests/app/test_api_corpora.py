"""Corpora and documents over HTTP: in, looked at, out."""

import json

import pytest
from api_setup import LEASE, wait_for


def files(*named):
    return [("files", (name, content)) for name, content in named]


async def test_a_corpus_from_its_first_document_to_its_end(client):
    """Created, filled, read, re-indexed, emptied and removed."""
    made = await client.post("/v1/corpora", json={"name": "new", "domain": "legal", "sensitivity": "high"})
    assert (made.status_code, made.headers["location"], made.json()["sensitivity"]) == (201, "/v1/corpora/new", "high")
    assert (await client.get("/v1/corpora/new/documents")).json() == {"documents": []}
    sent = files(("租约.md", LEASE.encode()), ("broken.pdf", b"%PDF-1.7 and no more"))
    job = await client.post("/v1/corpora/new/documents?wait_s=60", files=sent)
    rows = {row["document_id"]: row["status"] for row in job.json()["results"]}
    assert (job.status_code, job.json()["state"], rows) == (202, "done", {"租约.md": "added", "broken.pdf": "failed"})
    assert (await client.get(job.headers["location"])).json() == job.json()
    (listed,) = (await client.get("/v1/corpora/new/documents")).json()["documents"]
    assert (listed["id"], listed["source"], listed["chunks"] > 0) == ("租约.md", "租约.md", True)
    assert (await client.get("/v1/corpora/new/documents/租约.md")).json()["text"].strip() == LEASE.strip()
    assert (await client.post("/v1/corpora/new/reindex")).json() == {"documents": 0}
    assert (await client.delete("/v1/corpora/new/documents/租约.md")).status_code == 204
    assert (await client.get("/v1/corpora/new")).json()["documents"] == 0
    assert (await client.delete("/v1/corpora/new")).status_code == 204
    assert (await client.get("/v1/corpora/new")).status_code == 404


async def test_the_original_comes_back_byte_for_byte(client, service):
    """As a file to save, never one that a browser shows; 404 when it is gone."""
    response = await client.get("/v1/corpora/leases/originals/lease.md")
    assert (response.content, response.headers["content-type"]) == (LEASE.encode(), "application/octet-stream")
    assert response.headers["content-disposition"].startswith("attachment")
    service.original("leases", "lease.md").unlink()
    gone = await client.get("/v1/corpora/leases/originals/lease.md")
    assert (gone.status_code, "upload it again" in gone.json()["detail"]) == (404, True)


async def test_what_is_known_of_a_document_can_be_corrected(client):
    """Questions name it so; what is left out stays."""
    path = "/v1/corpora/leases/documents/lease.md"
    before = (await client.get(path)).json()
    changed = await client.patch(path, json={"parties": "Acme Ltd; Quill plc", "kind": "lease"})
    assert (changed.status_code, changed.json()["metadata"]["parties"]) == (200, "Acme Ltd; Quill plc")
    assert (changed.json()["title"], changed.json()["text"]) == (before["title"], before["text"])
    assert (await client.patch(path, json={})).json()["metadata"]["parties"] == "Acme Ltd; Quill plc"
    assert (await client.patch(path, json={"title": " "})).status_code == 422
    assert (await client.patch(path, json={"partys": "Acme"})).status_code == 422
    gone = await client.patch("/v1/corpora/leases/documents/none.md", json={"kind": "lease"})
    assert gone.status_code == 404


async def test_an_upload_tells_its_progress(client):
    """Without waiting the job is told at once, and can be followed to its end."""
    job = await client.post("/v1/corpora/leases/documents", files=files(("pets.txt", b"Pets need our consent.")))
    assert (job.status_code, job.json()["files"]) == (202, 1)
    for _ in range(6000):
        report = (await client.get(job.headers["location"])).json()
        if report["state"] in ("done", "failed"):
            break
    assert (report["state"], report["results"][0]["status"]) == ("done", "added")


async def test_who_reads_a_corpus_can_be_changed(client, service):
    """And whether its questions may leave the machine; what is not named stays."""
    changed = await client.patch("/v1/corpora/leases", json={"readers": ["anna", "group:law"]})
    assert (changed.json()["readers"], changed.json()["sensitivity"]) == (["anna", "group:law"], "normal")
    changed = await client.patch("/v1/corpora/leases", json={"sensitivity": "high"})
    assert (changed.json()["readers"], changed.json()["sensitivity"]) == (["anna", "group:law"], "high")
    assert service.pipeline("leases").sensitivity == "high"


async def test_a_corpus_being_written_is_409(client, service, monkeypatch):
    """With the time to try again."""
    monkeypatch.setattr("sparewheel.app.service.service.LOCK_WITHIN_S", 0.01)
    wait_for(lambda: service.corpus("leases").dense_share == 1.0)
    with service._store("leases", None).write(wait=True):
        response = await client.delete("/v1/corpora/leases/documents/lease.md")
    assert (response.status_code, response.headers["retry-after"]) == (409, "10")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/v1/corpora", {"name": "leases"}, 422, "there is a corpus 'leases' already"),
        ("POST", "/v1/corpora", {"name": "a/b"}, 422, "body.name"),
        ("POST", "/v1/corpora", {"name": "x", "domain": "law"}, 422, "'general', 'legal' or 'medical' (given: 'law')"),
        ("POST", "/v1/corpora/leases/documents", None, 422, "body.files: Field required"),
        ("GET", "/v1/corpora/leases/documents/leese.md", None, 404, "did you mean 'lease.md'"),
        ("DELETE", "/v1/corpora/nothing", None, 404, "no corpus 'nothing'"),
    ],
)
async def test_a_mistake_is_told_with_its_cure(client, method, path, body, status, told):
    """And changes nothing."""
    response = await client.request(method, path, json=body)
    assert (response.status_code, told in response.json()["detail"]) == (status, True)


async def test_feedback_is_kept_with_its_answer(client, service):
    """Thumbs, comment, evidence, and who said it."""
    opinion = {
        "corpus": "leases",
        "question": "q",
        "answer": "a",
        "thumbs": -1,
        "comment": "错了",
        "evidence": ["x:1-2"],
    }
    response = await client.post("/v1/feedback", json=opinion)
    (kept,) = service.feedback.read("leases")
    assert (response.status_code, kept.thumbs, kept.comment, kept.evidence) == (204, -1, "错了", ("x:1-2",))
    wrong = await client.post("/v1/feedback", json={**opinion, "thumbs": 5})
    assert (wrong.status_code, "body.thumbs" in wrong.json()["detail"]) == (422, True)


async def test_health_shows_breakers_and_queue(client):
    """For administrators."""
    assert (await client.get("/v1/health")).json() == {"breakers": [], "busy": 0, "waiting": 0, "at_once": 8}


async def test_the_document_that_describes_it_is_valid(client):
    """OpenAPI 3, every operation with its errors as problem details."""
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert "application/problem+json" in operation["responses"]["422"]["content"], (method, path)
    assert json.dumps(document).count("HTTPValidationError") == 0
