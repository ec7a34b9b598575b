"""What Open WebUI and LibreChat send: questions with the page's own wrapping, and requests that are no questions."""

from __future__ import annotations

import json

import openai
import pytest
from api_setup import QUESTION

from sparewheel.app.api.chores import chore, unwrapped
from sparewheel.rag.observe import hooks

ANSWER = "thirty days"
TALK = 'USER: What is the "notice" period: [it](x)?\nASSISTANT: thirty days\nUSER: And the rent?\nASSISTANT: 900 euros'


def templated(wants: str) -> str:
    """A request as Open WebUI's templates are built: the task, the object to reply with, the history."""
    return (
        f"### Task:\nGenerate something for the chat history.\n### Guidelines:\n- Be brief.\n### Output:\n"
        f"JSON format: {wants}\n### Chat History:\n<chat_history>\n{TALK}\n</chat_history>"
    )


TASKS = [
    ('{ "title": "your title" }', {"title": "What is the notice period: it (x)"}),
    ('{ "tags": ["tag1", "tag2"] }', {"tags": ["Legal"]}),
    ('{ "follow_ups": ["Question 1?"] }', {"follow_ups": []}),
    ('{ "queries": ["query1"] }', {"queries": ["And the rent?"]}),
    ('{\n  "prompt": "A picture." }', {"prompt": "And the rent?"}),
    ('{ "text": "<completion>" }', {"text": ""}),
]
TITLES = [
    "Provide a concise, 5-word-or-less title for the conversation, using its same language.\n\nConversation:\n"
    "User: {question}\nAI: thirty days",
    "Write a short title for this chat. Reply with the title only.\n\nHuman: {question}\nAI: thirty days",
    "Analyze this conversation and provide:\n1. The language\n2. A concise title (5 words or less)\n\n"
    "User: {question}\nAI: thirty days",
]


@pytest.fixture
def asked(monkeypatch):
    """The questions that were answered, as metrics and the audit log hear of them."""
    heard = []
    monkeypatch.setattr(hooks.shared, "listeners", [lambda answered: heard.append(answered.answer.question)])
    return heard


async def chat(sdk, *messages, **more):
    said = [{"role": role, "content": content} for role, content in messages]
    reply = await sdk.chat.completions.create(model="sparewheel/leases", messages=said, **more)
    return reply.choices[0].message.content


@pytest.mark.parametrize(("wants", "told"), TASKS)
async def test_the_requests_of_open_webui_are_no_questions(sdk, asked, wants, told):
    """Title, tags, follow-ups, searches, a picture, the rest of a sentence: from the conversation, never searched."""
    assert json.loads(await chat(sdk, ("user", templated(wants)), max_completion_tokens=1000)) == told
    assert asked == []


async def test_a_template_that_is_not_known_is_no_question_either(sdk, asked):
    """One that an administrator wrote; the tool to call; the emoji of a face."""
    assert await chat(sdk, ("user", f"总结一下。\n<chat_history>\n{TALK}\n</chat_history>")) == ""
    tools = 'Available Tools: [{...}]\n\nReturn a JSON response with a "tool_calls" array.'
    assert json.loads(await chat(sdk, ("system", tools), ("user", f"Query: {QUESTION}"))) == {"tool_calls": []}
    assert await chat(sdk, ("user", "Reflect the speaker's mood through a fitting emoji.\n\nMessage: ```Hm```")) == ""
    assert asked == []


@pytest.mark.parametrize("prompt", TITLES)
@pytest.mark.parametrize(
    ("question", "title"),
    [(QUESTION, "What is the notice period"), ("押金是多少？", "押金是多少"), ("word " * 40, "word " * 10 + "word…")],
)
async def test_a_title_for_librechat(sdk, asked, prompt, question, title):
    """The first question, cut between words; streamed as it asks for it."""
    said = [{"role": "user", "content": prompt.format(question=question)}]
    stream = await sdk.chat.completions.create(model="leases", messages=said, stream=True, user="65f0")
    text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert (text, asked) == (title, [])


async def test_a_title_as_an_object(sdk):
    """LibreChat's structured title: the members of its schema."""
    form = {"type": "json_schema", "json_schema": {"name": "extract", "schema": {"type": "object"}}}
    said = ("user", TITLES[2].format(question="押金是多少？"))
    assert json.loads(await chat(sdk, said, response_format=form)) == {"title": "押金是多少", "language": "Chinese"}


async def test_who_may_not_ask_the_corpus_gets_no_title_of_it(sdk):
    """The corpus is looked up as for a question."""
    said = [{"role": "user", "content": templated('{ "title": "" }')}]
    with pytest.raises(openai.NotFoundError, match="did you mean 'leases'"):
        await sdk.chat.completions.create(model="lease", messages=said)


async def test_what_the_page_puts_around_a_question_is_taken_off(sdk, asked):
    """Passages of an attached file before it or after it, and the answers of several models to be merged."""
    context = '### Task:\nUse the context.\n\n<context>\n<source id="1">The term is 9 years.</source>\n</context>'
    for message in (
        f"{context}\n{QUESTION}",
        f"{context}\n\n<user_query>\n{QUESTION}\n</user_query>",
        f'You have a set of responses from various models to the latest user query: "{QUESTION}"\n\nMerge: ninety days',
    ):
        assert await chat(sdk, ("system", context), ("user", message)) == ANSWER
    assert asked == [QUESTION] * 3


async def test_a_history_as_pages_keep_it(sdk, asked):
    """A picture in an earlier message, an answer that was cut off, a question sent twice, calls of tools, settings that
    change nothing."""
    picture = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    text = await chat(
        sdk,
        ("user", picture),
        ("assistant", ""),
        ("user", "How much is the rent?"),
        ("user", "How much is the rent?"),
        ("assistant", "900 euros"),
        ("user", [{"type": "text", "text": "And what is the notice period?"}]),
        tools=[{"type": "function", "function": {"name": "search_web", "parameters": {}}}],
        tool_choice="auto",
        user="65f0",
        stop=["###"],
        n=1,
        max_completion_tokens=20,
        temperature=0.8,
        extra_body={"metadata": {"chat_id": "1"}, "reasoning_effort": "low", "seed": 1},
    )
    assert (text, len(asked)) == (ANSWER, 1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"n": 2}, "one answer is given"),
        ({"response_format": {"type": "json_object"}}, "answers are quotes, not JSON"),
        ({"tool_choice": "required", "tools": [{"type": "function", "function": {"name": "f"}}]}, "no tool is called"),
    ],
)
async def test_a_form_that_no_answer_can_have_is_refused(sdk, more, said):
    """Rather than text that the client cannot read."""
    with pytest.raises(openai.UnprocessableEntityError, match=said):
        await chat(sdk, ("user", QUESTION), **more)


async def test_nothing_asked_is_told(sdk):
    """An empty last message, and a picture alone."""
    with pytest.raises(openai.UnprocessableEntityError, match="ask something in words"):
        await chat(sdk, ("user", ""))
    with pytest.raises(openai.UnprocessableEntityError, match="only text can be asked"):
        await chat(sdk, ("user", [{"type": "image_url", "image_url": {"url": "data:,"}}]))


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        "What is the short title of the Act?",
        "Write a short summary of the conversation between the parties in clause 3.",
        "Does the chat history of the employee belong to the employer?",
        "Provide the title of the person who signs.",
    ],
)
def test_what_a_person_asks_is_a_question(question):
    """However near its words come."""
    assert (chore([("user", question)]), unwrapped(question)) == (None, question)


def test_a_conversation_about_titles_is_not_one():
    """Where an answer came before, the last message is a person's."""
    said = [("user", "Rent?"), ("assistant", "900"), ("user", "Give a short title for this conversation")]
    assert chore(said) is None
