"""OpenAI's Responses and Embeddings, and MCP over HTTP, each by its own client; and where the API is reached."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx2
import numpy as np
import openai
import pytest
from api_setup import QUESTION, client_of, settings_in, with_lease
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from sparewheel.app.api.responses import Writer
from sparewheel.app.api.spoken import Spoken
from sparewheel.app.people.auth import accounts_of
from sparewheel.app.service import Service
from sparewheel.rag.events import Done, Replace, Token
from sparewheel.rag.observe import hooks
from sparewheel.rag.settings import Api, Settings
from sparewheel.rag.types import Answer

ANSWER = "thirty days"
USER = {"role": "user", "content": QUESTION}


async def test_a_whole_response(sdk):
    """Text, sources as annotations, counted tokens, and the record."""
    response = await sdk.responses.create(model="sparewheel/leases", input=QUESTION)
    assert (response.output_text, response.status, response.error) == (ANSWER, "completed", None)
    (annotation,) = response.output[0].content[0].annotations
    assert (annotation.type, annotation.file_id, annotation.filename) == ("file_citation", "lease.md", "Lease")
    assert (response.usage.output_tokens, response.usage.input_tokens > 20) == (2, True)
    assert response.model_extra["sparewheel"]["outcome"] == "answered"


async def test_a_streamed_response(sdk):
    """The events as the SDK's own stream helper takes them; the deltas add up to the text of the last event."""
    talk = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "How much is the rent?"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "900 euros."}]},
        {"type": "reasoning", "summary": []},
        {"role": "user", "content": [{"type": "input_text", "text": QUESTION}]},
    ]
    async with sdk.responses.stream(model="leases", input=talk, instructions="Be kind.", tools=[]) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"
    ]  # fmt: skip
    assert kinds[-4:] == [
        "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"
    ]  # fmt: skip
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert (deltas, final.output_text) == (ANSWER, ANSWER)


async def test_what_a_response_cannot_do_is_told(sdk):
    """Kept conversations, files, nothing asked, an unknown corpus."""
    image = {"type": "input_image", "image_url": "x"}
    for given, said in (
        ({"input": QUESTION, "previous_response_id": "resp_1"}, "send the conversation in `input`"),
        (
            {"input": [{"role": "user", "content": [image]}]},
            "only text can be asked",
        ),
        ({"input": [{"role": "system", "content": "x"}]}, "no user message"),
    ):
        with pytest.raises(openai.UnprocessableEntityError, match=said):
            await sdk.responses.create(model="leases", **given)
    with pytest.raises(openai.NotFoundError, match="did you mean 'leases'"):
        await sdk.responses.create(model="lease", input=QUESTION)


def test_a_response_that_fails_under_way_ends_as_failed():
    """The protocol's own event, with the cause."""
    writer = Writer("leases", Spoken("en"), "", None, Settings())
    list(writer.begin())
    with pytest.raises(Exception, match="no answerer could answer") as broken:
        list(writer.events(Done(Answer("q", "leases", "", "failed"))))
    told = writer.failed(broken.value)
    assert (told["type"], told["response"]["status"]) == ("response.failed", "failed")
    assert "no answerer" in told["response"]["error"]["message"]


def test_held_back_nothing_is_ever_withdrawn():
    """A failover in the middle leaves no half answer in the client's history; streaming, it is withdrawn in words."""
    events = [
        Token("Sixty", "cloud"), Replace("Thirty", "reader", "cut"), Token(" days.", "reader"),
        Done(Answer("q", "leases", "Thirty days.", "answered", answered_by="reader")),
    ]  # fmt: skip
    held, streamed = Spoken("en", hold_back=True), Spoken("en")
    assert [piece for event in events for piece in held.pieces(event)] == ["Thirty days."]
    assert "withdrawn" in "".join(piece for event in events for piece in streamed.pieces(event))


@pytest.mark.parametrize("asked", [{"hold_back": True}, {}])
async def test_hold_back_by_request_or_setting(client, service, monkeypatch, asked):
    """One piece of text, whole."""
    api = Api(per_minute=0, hold_back=not asked)
    monkeypatch.setattr(service, "settings", replace(service.settings, api=api))
    body = {"model": "leases", "messages": [USER], "stream": True, **asked}
    text = (await client.post("/v1/chat/completions", json=body)).text
    assert re.findall(r'"delta":\{"content":"(.*?)"', text) == [ANSWER]


async def test_a_chat_page_keeps_a_conversation(client, service, monkeypatch):
    """As Open WebUI does: what was streamed, sources and all, comes back as history, and a follow-up is understood."""
    monkeypatch.setattr(service, "settings", replace(service.settings, api=Api(per_minute=0, sources_in_chat=True)))
    sdk = openai.AsyncOpenAI(base_url="http://localhost/v1", api_key="none", http_client=client, max_retries=0)
    talk = []
    for question, said in (("How much is the rent?", "900 euros"), ("And what is the notice period?", "thirty days")):
        talk.append({"role": "user", "content": question})
        stream = await sdk.chat.completions.create(
            model="sparewheel/leases",
            messages=talk,
            stream=True,
            stream_options={"include_usage": True},
            temperature=0.1,
        )
        chunks = [chunk async for chunk in stream]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert said in text.split("Sources:")[0]
        assert text.count("Sources:") == 1
        talk.append({"role": "assistant", "content": text})


async def test_embeddings_are_the_models(sdk, service):
    """The vectors that dense search uses, by the SDK's base64 and as numbers; tokens are counted."""
    texts = ["The rent is 900 euros a month.", QUESTION]
    found = await sdk.embeddings.create(model="sparewheel/leases", input=texts)
    vectors = np.array([each.embedding for each in found.data])
    own = service.embedder("embed-en").embed(texts)
    assert np.allclose(vectors, own, atol=1e-6)
    assert (found.usage.prompt_tokens == found.usage.total_tokens > 10, found.model) == (True, "sparewheel/leases")
    query = await sdk.embeddings.create(
        model="embed-en", input=QUESTION, encoding_format="float", extra_body={"input_type": "query"}
    )
    assert np.allclose(
        query.data[0].embedding, service.embedder("embed-en").embed([QUESTION], query=True)[0], atol=1e-6
    )


async def test_what_cannot_be_embedded_is_told(sdk):
    """Token numbers, empty texts, another size, an unknown model."""
    for given, said in (
        ({"input": [[1, 2]]}, "check_embedding_ctx_length=False"),
        ({"input": ["a", " "]}, "every text needs words"),
        ({"input": ["x"] * 600}, "at most 512"),
        ({"input": "a", "dimensions": 7}, "leave it out"),
    ):
        with pytest.raises(openai.UnprocessableEntityError, match=said):
            await sdk.embeddings.create(model="embed-en", **given)
    for model, said in (
        ("embed-fr", "embed-zh"),
        ("embed-/../../x", "no built-in"),
        ("lease", "did you mean 'leases'"),
    ):
        with pytest.raises(openai.NotFoundError, match=said):
            await sdk.embeddings.create(model=model, input="a")


def mcp_of(client, headers=None):
    """An MCP client that speaks to the same application, over HTTP without a socket."""
    transport = httpx2.ASGITransport(client.app)
    http = httpx2.AsyncClient(transport=transport, headers=headers or {}, base_url="http://localhost")
    return Client(streamable_http_client("http://localhost/mcp", http_client=http))


async def test_an_assistant_asks_over_http(client):
    """The tools of the command, at /mcp."""
    async with mcp_of(client) as assistant:
        tools = sorted(tool.name for tool in (await assistant.list_tools()).tools)
        told = (await assistant.call_tool("ask", {"question": QUESTION, "corpus": "leases"})).structured_content
        found = await assistant.call_tool("search", {"query": "rent", "corpus": "leases", "k": 1})
    assert (tools, told["answer"]) == (["ask", "list_corpora", "search"], ANSWER)
    assert "900 euros" in found.structured_content["passages"][0]["quote"]


async def test_over_http_a_key_decides_what_is_seen(tmp_path, monkeypatch):
    """Without one nothing; with one the corpora of its user, in whose name the question is logged."""
    asked = []
    monkeypatch.setattr(hooks.shared, "listeners", [asked.append])
    with Service(settings_in(tmp_path)) as service:
        with_lease(service)
        service.create("secret", readers=["ben"])
        accounts = accounts_of(service.settings)
        accounts.add("anna", "viewer")
        key = accounts.new_key("anna", "laptop")
        async with client_of(service, accounts) as client:
            refused = await client.post("/mcp", json={})
            async with mcp_of(client, {"Authorization": f"Bearer {key}"}) as assistant:
                listed = await assistant.call_tool("list_corpora", {})
                await assistant.call_tool("ask", {"question": QUESTION, "corpus": "leases"})
    assert [(one.asker, len(one.request_id)) for one in asked] == [("anna", 16)]
    assert (refused.status_code, [row["name"] for row in listed.structured_content["result"]]) == (401, ["leases"])


async def test_the_address_itself_leads_to_the_docs(client):
    """Whoever opens it in a browser reads what is here, with a body to copy for each request that has one."""
    page = await client.get("/", follow_redirects=True)
    assert (page.url.path, page.status_code) == ("/docs", 200)
    assert page.text.count("<pre>") >= 7
    assert "Who pays for repairs of the roof?" in page.text


async def test_search_takes_query_too(client):
    """The name that other search interfaces use."""
    found = await client.post("/v1/search", json={"corpus": "leases", "query": "rent", "k": 1})
    assert "900 euros" in found.json()["hits"][0]["chunk"]["text"]


async def test_a_filter_that_fits_no_document_is_an_error(client):
    """Of a search and of a question; the nearest document is named."""
    for path in ("/v1/ask", "/v1/search"):
        body = {"corpus": "leases", "question": QUESTION, "filter": {"document": "leese.md"}}
        refused = await client.post(path, json=body)
        assert (refused.status_code, "did you mean 'lease.md'" in refused.json()["detail"]) == (422, True)


@pytest.mark.parametrize("prefix", ["/law", ""])
async def test_below_a_path_of_a_proxy(tmp_path, prefix):
    """Whether or not the proxy takes the path off; the door counts for both spellings."""
    settings = settings_in(tmp_path, api=Api(per_minute=0, root_path="/law/"))
    with Service(settings) as service:
        with_lease(service)
        accounts = accounts_of(settings)
        accounts.add("anna", "viewer")
        key = {"Authorization": f"Bearer {accounts.new_key('anna', 'laptop')}"}
        async with client_of(service, accounts) as client:
            body = {"corpus": "leases", "question": QUESTION}
            said = await client.post(f"{prefix}/v1/ask", json=body, headers=key)
            refused = [(await client.post(f"{prefix}{path}", json=body)).status_code for path in ("/v1/ask", "/mcp")]
            root = await client.get(f"{prefix}/")
            document = (await client.get(f"{prefix}/openapi.json")).json()
    assert (said.json()["text"], refused) == (ANSWER, [401, 401])
    assert (root.headers["location"], document["servers"]) == ("/law/docs", [{"url": "/law"}])


def test_a_held_back_writer_is_a_plain_object():
    """Spoken needs nothing of a server."""
    seen = []
    spoken = Spoken("en", shown=seen.append)
    assert spoken.whole(Answer("q", "leases", "![x](y)", "answered")) == "\\![x]\\(y)"
    assert seen == ["\\![x]\\(y)"]
