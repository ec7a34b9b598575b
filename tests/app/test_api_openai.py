"""OpenAI's chat protocol, by hand and by OpenAI's own SDK."""

import json
from dataclasses import replace

import openai
import pytest
from api_setup import QUESTION

from sparewheel.app.api.openai import Writer
from sparewheel.app.api.spoken import Spoken
from sparewheel.rag.events import Done, Replace, Token
from sparewheel.rag.settings import Api, Settings
from sparewheel.rag.types import Answer, Citation

ANSWER = "thirty days"
USER = {"role": "user", "content": QUESTION}


async def test_the_sdk_streams_an_answer(sdk):
    """The chunks add up to the text; the last one has the citations in its extension field."""
    stream = await sdk.chat.completions.create(
        model="sparewheel/leases", messages=[USER], stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
    (last,) = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason == "stop"]
    assert last.model_extra["sparewheel"]["citations"][0]["document_id"] == "lease.md"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].model_extra["sparewheel"]["citations"]  # the last chunk, as the page of the API says
    used = chunks[-1].usage
    assert (used.completion_tokens, used.prompt_tokens > 20) == (2, True)
    assert used.total_tokens == used.prompt_tokens + used.completion_tokens


async def test_the_sdk_gets_a_whole_answer(sdk):
    """By the plain name of the corpus too; parts of a message are its text."""
    parts = [{"type": "text", "text": "What is the"}, {"type": "text", "text": "notice period?"}]
    completion = await sdk.chat.completions.create(
        model="leases", messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    )
    assert (completion.choices[0].message.content, completion.model) == (ANSWER, "leases")
    extension = completion.model_extra["sparewheel"]
    assert (extension["outcome"], extension["answered_by"]) == ("answered", "reader")
    assert extension["disclaimer"]


async def test_the_corpora_are_the_models(sdk):
    """Listed, and one by one."""
    listed = [model.id async for model in await sdk.models.list()]
    one = await sdk.models.retrieve("sparewheel/leases")
    assert (listed, one.owned_by) == (["sparewheel/leases"], "sparewheel")


async def test_the_sdk_reads_our_errors(sdk):
    """Their class by the status, their message with the cure."""
    with pytest.raises(openai.NotFoundError, match="did you mean 'leases'"):
        await sdk.chat.completions.create(model="lease", messages=[USER])
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    with pytest.raises(openai.UnprocessableEntityError, match="only text can be asked"):
        await sdk.chat.completions.create(model="leases", messages=[{"role": "user", "content": [image]}])
    with pytest.raises(openai.UnprocessableEntityError, match="no user message"):
        await sdk.chat.completions.create(model="leases", messages=[{"role": "system", "content": "x"}])


async def test_earlier_messages_are_the_history(client, service, monkeypatch):
    """Pairs of user and assistant, oldest first; the last user message is the question."""
    seen = []
    pipeline = service.pipeline("leases")
    stream = pipeline.stream

    def watched(question, **options):
        seen.append((question, options["history"]))
        return stream(question, **options)

    monkeypatch.setattr(pipeline, "stream", watched)
    talk = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "How much is the rent?"},
        {"role": "assistant", "content": "900 euros."},
        {"role": "user", "content": "unanswered"},
        USER,
        {"role": "assistant", "content": ""},
    ]
    await client.post("/v1/chat/completions", json={"model": "leases", "messages": talk})
    assert seen == [(QUESTION, [("How much is the rent?", "900 euros.")])]


async def test_sources_are_listed_where_the_setting_says_so(client, service, monkeypatch):
    """For pages that show nothing but the text."""
    monkeypatch.setattr(service, "settings", replace(service.settings, api=Api(sources_in_chat=True)))
    body = (await client.post("/v1/chat/completions", json={"model": "leases", "messages": [USER]})).json()
    assert body["choices"][0]["message"]["content"] == f"{ANSWER}\n\nSources:\n\n[1] Lease: “{ANSWER}”"


def texts(writer, *events):
    """What a client has shown after the events."""
    chunks = [chunk for event in events for chunk in writer.chunks(event)]
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


def written(language="en", **options):
    return Writer("leases", Spoken(language, **options), disclaimer="", user=None, settings=Settings())


def done(text, **fields):
    return Done(Answer("q", "leases", text, "answered", answered_by="reader", **fields))


def test_what_was_sent_is_withdrawn_in_the_text():
    """Failover after a token: the client cannot forget, so it is told; nothing sent, nothing withdrawn."""
    broken = texts(written(), Token("Sixty", "cloud"), Replace("Thirty", "reader", "cut"), done("Thirty days."))
    assert broken == "Sixty\n\n[The text above is withdrawn. reader answers anew:]\n\nThirty days."
    assert texts(written(), Replace("", "reader", "cut"), Token("Thirty", "reader"), done("Thirty")) == "Thirty"
    assert "以上内容作废" in texts(written("zh"), Token("六", "cloud"), Replace("三", "reader", "x"), done("三十天"))


def test_the_final_text_is_authoritative():
    """A refusal after tokens withdraws them; an answer that was never streamed is sent whole."""
    assert texts(written(), Token("Maybe", "cloud"), done("Not here.")).endswith("answers anew:]\n\nNot here.")
    assert texts(written(), done("Not here.")) == "Not here."


def test_the_extension_leaves_the_passages_out():
    """Citations are in it, with the file's name only."""
    citation = Citation(1, "a.pdf", "A", "/srv/originals/a.pdf", 0, 1, "x", page=2)
    (*_, last) = written().chunks(done("x", citations=(citation,)))
    assert (last["sparewheel"]["citations"][0]["source"], "evidence" in last["sparewheel"]) == ("a.pdf", False)
    assert json.dumps(last)
