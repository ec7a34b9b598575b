"""/v1/ask and /v1/search: the record of an answer, or its events."""

import json
from dataclasses import replace

import pytest
from answers import LOCAL, WRITTEN
from api_setup import LEASE, QUESTION

from sparewheel.app.api.shapes import public_answer
from sparewheel.app.people.access import User
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Endpoint

ASK = {"corpus": "leases", "question": QUESTION}


@pytest.fixture
def cloud():
    """A chat endpoint on the background loop."""
    server = FaultServer()
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


def events_of(text):
    """(name, data) of each server-sent event."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n") if not block.startswith(":")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


async def test_an_answer_is_the_whole_record(client):
    """Text, citation with its place, evidence with scores, who answered, the disclaimer; no path of this machine."""
    response = await client.post("/v1/ask", json=ASK)
    answer = response.json()
    (citation,) = answer["citations"]
    assert (response.status_code, answer["outcome"], answer["answered_by"]) == (200, "answered", "reader")
    assert LEASE[citation["start"] : citation["end"]] == citation["quote"]
    assert (citation["source"], citation["verified"]) == ("lease.md", True)
    assert answer["evidence"][0]["scores"]["bm25"] > 0
    assert answer["disclaimer"].endswith("rely on it.")
    assert "/data/" not in response.text


async def test_chinese_is_asked_and_answered_as_it_is_written(client):
    """Readable in the body, not escaped; the disclaimer in the language of the question."""
    response = await client.post("/v1/ask", json={**ASK, "question": "押金是多少？"})
    assert ("押金为三个月租金" in response.text, "律师" in response.json()["disclaimer"]) == (True, True)


async def test_a_refusal_is_an_answer(client):
    """Status 200, outcome "refused", nothing cited."""
    response = await client.post("/v1/ask", json={**ASK, "question": "谁赢得了比赛？"})
    assert (response.status_code, response.json()["outcome"], response.json()["citations"]) == (200, "refused", [])


@pytest.mark.parametrize("how", [{"json": {**ASK, "stream": True}}, {"headers": {"accept": "text/event-stream"}}])
async def test_the_events_come_in_order_and_done_is_last(client, how):
    """Asked for by a member or by the header; the last event holds what the JSON answer would."""
    response = await client.post("/v1/ask", **{"json": ASK, **how})
    events = events_of(response.text)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert [name for name, _ in events] == ["retrieved", "token", "cited", "done"]
    whole = (await client.post("/v1/ask", json=ASK)).json()
    assert {**events[-1][1]["answer"], "timings": {}, "attempts": []} == {**whole, "timings": {}, "attempts": []}
    assert events[1][1] == {"text": whole["text"], "answerer": "reader"}


async def test_failover_is_told_while_it_happens(client, service, cloud):
    """An endpoint that breaks off: its text is withdrawn, the failure named, the reader answers."""
    before, cloud_ahead = service.settings, Endpoint(url=cloud.url, key="k", first_token_s=30)
    settings = replace(before, endpoint={"deepseek": cloud_ahead})
    service._read = lambda: settings
    service.reload()
    cloud.play(Always("cut_clean"))
    try:
        events = events_of((await client.post("/v1/ask", json={**ASK, "stream": True})).text)
    finally:
        service._read = lambda: before
        service.reload()
    names = [name for name, _ in events]
    assert (names.index("attempt_failed") < names.index("replace"), names[-1]) == (True, "done")
    answer = events[-1][1]["answer"]
    assert (answer["answered_by"], answer["degraded"]) == ("reader", True)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({**ASK, "corpus": "lease"}, 404, "did you mean 'leases'"),
        ({**ASK, "corpus": "../x"}, 422, "body.corpus"),
        ({**ASK, "question": "  "}, 422, "body.question"),
        ({**ASK, "question": "x" * 8001}, 422, "8000"),
        ({**ASK, "k": 0}, 422, "body.k: Input should be greater than or equal to 1 (given: 0)"),
        ({**ASK, "wihtin_s": 3}, 422, "body.wihtin_s: Extra inputs are not permitted"),
        ({**ASK, "filter": {"colour": "red"}}, 422, "no document has 'colour'"),
    ],
)
async def test_a_mistake_is_told_before_anything_is_sent(client, stream, body, status, told):
    """Problem details with the value and the cure, when streaming too."""
    response = await client.post("/v1/ask", json={**body, "stream": stream})
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert told in response.json()["detail"]


async def test_a_filter_counts_before_the_best_are_taken(client):
    """Only documents with the metadata are searched; a filter that fits none is a mistake, not an empty finding."""
    found = await client.post("/v1/search", json={**ASK, "filter": {"document": "lease.md", "format": ["md", "pdf"]}})
    none = await client.post("/v1/search", json={**ASK, "filter": {"format": "pdf"}})
    assert [hit["chunk"]["document_id"] for hit in found.json()["hits"]] == ["lease.md"]
    assert (none.status_code, none.json()["detail"]) == (422, "no document has format=pdf")


async def test_nobody_can_answer_is_503_with_the_record(client, service, monkeypatch):
    """What was found is not lost: the problem holds the answer record, without what endpoints said of themselves."""
    from sparewheel.rag.errors import Unavailable
    from sparewheel.rag.types import Attempt

    class Dead:
        async def stream(self, request, deadline=None):
            error = Unavailable("no answerer left")
            error.attempts = (Attempt("deepseek", "failed", "overloaded", "http://inner:8000 said no"),)
            raise error
            yield

    monkeypatch.setattr(service.pipeline("leases"), "_answering", Dead())
    response = await client.post("/v1/ask", json=ASK)
    body = response.json()
    assert (response.status_code, "deepseek: overloaded" in body["detail"]) == (503, True)
    assert ("retry-after" in response.headers, len(body["answer"]["evidence"])) == (True, 1)
    assert "inner" not in response.text
    (last,) = events_of((await client.post("/v1/ask", json={**ASK, "stream": True})).text)[-1:]
    assert (last[0], last[1]["answer"]["outcome"]) == ("done", "failed")


def test_a_written_answer_claims_no_probability():
    """Only the local reader's figure is calibrated; a chat model's would be a constant."""
    assert [public_answer(answer, None)["confidence"] for answer in (LOCAL, WRITTEN)] == [0.91, None]


def test_a_search_that_failed_is_told_without_its_cause():
    """Which may name a path; an administrator sees it."""
    noted = replace(LOCAL, notes=("dense search failed: OSError: /srv/index",))
    assert public_answer(noted, User("vic"))["notes"] == ["dense search failed"]
    assert public_answer(noted, User("ada", "admin"))["notes"] == ["dense search failed: OSError: /srv/index"]


async def test_an_unexpected_error_says_nothing_of_a_document(client, service, monkeypatch, caplog):
    """500 with the request id; the message, which may hold text, is in the log alone."""

    def broken(*_):
        raise RuntimeError("the patient's name")

    monkeypatch.setattr(service, "pipeline", broken)
    response = await client.post("/v1/ask", json=ASK, headers={"X-Request-ID": "abc-1"})
    assert (response.status_code, response.json()["request_id"]) == (500, "abc-1")
    assert "patient" not in response.text
