"""The MCP server, as an assistant meets it: the SDK's own client, in memory and over a process' pipes."""

import json
import logging
import os
import sys
from pathlib import Path

from api_setup import LEASE, QUESTION, with_lease
from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client

from sparewheel.app.api.mcp import create_server
from sparewheel.app.people.access import User


async def test_the_tools_say_what_they_take(service):
    """Three of them, none changes anything."""
    async with Client(create_server(service)) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert sorted(tools) == ["ask", "list_corpora", "search"]
    assert tools["ask"].input_schema["required"] == ["question", "corpus"]
    assert all(tool.annotations.read_only_hint for tool in tools.values())


async def test_ask_answers_with_the_place(service):
    """The quote is verbatim; a question that the documents do not answer is refused, not invented."""
    async with Client(create_server(service)) as client:
        well = await client.call_tool("ask", {"question": QUESTION, "corpus": "leases"})
        ill = await client.call_tool("ask", {"question": "谁赢得了比赛？", "corpus": "leases"})
    told = well.structured_content
    (citation,) = told["citations"]
    assert (told["outcome"], told["answered_by"], citation["document"]) == ("answered", "reader", "lease.md")
    assert (citation["quote"] in LEASE, "not legal advice" in told["disclaimer"]) == (True, True)
    assert json.loads(well.content[0].text) == told
    assert ill.structured_content["outcome"] == "refused"


async def test_search_and_list(service):
    """Passages word for word, and what there is."""
    async with Client(create_server(service)) as client:
        found = await client.call_tool("search", {"query": "rent", "corpus": "leases", "k": 1})
        corpora = await client.call_tool("list_corpora", {})
    (passage,) = found.structured_content["passages"]
    assert passage["quote"] in LEASE
    assert [row["name"] for row in corpora.structured_content["result"]] == ["leases"]


async def test_a_mistake_is_told_with_its_cure(service):
    """The assistant reads it and can try again."""
    async with Client(create_server(service)) as client:
        for tool in ({"question": "x"}, {"query": "x"}):
            name = "ask" if "question" in tool else "search"
            result = await client.call_tool(name, {**tool, "corpus": "lease"})
            assert (result.is_error, "did you mean 'leases'" in result.content[0].text) == (True, True)


async def test_it_asks_in_the_name_of_a_user(service):
    """What the user may not read is not there."""
    service.create("annas", readers=("anna",))
    async with Client(create_server(service, User("ben"))) as client:
        result = await client.call_tool("ask", {"question": QUESTION, "corpus": "annas"})
        corpora = await client.call_tool("list_corpora", {})
    assert (result.is_error, "no corpus 'annas' for 'ben'" in result.content[0].text) == (True, True)
    assert [row["name"] for row in corpora.structured_content["result"]] == ["leases"]


async def test_a_corpus_of_high_sensitivity_is_left_out_unless_named(service):
    """Neither listed nor asked nor searched; with its name given, all three."""
    with_lease(service, "secret")
    service.configure("secret", sensitivity="high")
    async with Client(create_server(service)) as client:
        listed = await client.call_tool("list_corpora", {})
        refused = [
            await client.call_tool("ask", {"question": QUESTION, "corpus": "secret"}),
            await client.call_tool("search", {"query": QUESTION, "corpus": "secret"}),
        ]
    assert "secret" not in [row["name"] for row in listed.structured_content["result"]]
    assert [(one.is_error, "--confidential secret" in one.content[0].text) for one in refused] == [(True, True)] * 2
    async with Client(create_server(service, confidential=frozenset({"secret"}))) as client:
        listed = await client.call_tool("list_corpora", {})
        answered = await client.call_tool("ask", {"question": QUESTION, "corpus": "secret"})
    assert "secret" in [row["name"] for row in listed.structured_content["result"]]
    assert answered.structured_content["outcome"] == "answered"
    service.remove("secret")


async def test_the_command_speaks_on_its_pipes(service):
    """`sparewheel mcp`, started as an assistant starts it."""
    env = {**os.environ, "SPAREWHEEL_DATA_FOLDER": service.settings.data_folder, "SPAREWHEEL_RETRIEVE__RERANK": "off"}
    root = str(Path(__file__).parents[2])
    command = StdioServerParameters(
        command=sys.executable, args=["-c", "from sparewheel.app.cli import main; main(['mcp'])"], env=env, cwd=root
    )
    async with Client(stdio_client(command)) as client:
        result = await client.call_tool("search", {"query": "rent", "corpus": "leases", "k": 1})
    assert "900 euros" in result.structured_content["passages"][0]["quote"]


def test_the_log_stays_as_it_was(service):
    """The SDK would put a handler of its own on every log line of the program, with texts of questions in it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        create_server(service)
        assert root.handlers == []
    finally:
        root.handlers[:], root.level = before
