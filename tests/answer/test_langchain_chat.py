"""LangChain's standard tests over our chat model, unit and integration, against the fault server when it is well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.answer.langchain_chat import SparewheelChat
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Endpoint


@pytest.fixture(scope="module", autouse=True)
def healthy_server() -> Iterator[str]:
    """A healthy endpoint on the background loop, for sync and async callers."""
    server = FaultServer()
    background.run(server.__aenter__())
    TestStandardIntegration.url = server.url
    yield server.url
    background.run(server.__aexit__(None, None, None))


class Standard:
    url = "http://127.0.0.1:1"

    @property
    def chat_model_class(self) -> type[SparewheelChat]:
        return SparewheelChat

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"completer": EndpointCompleter("deepseek", Endpoint(url=self.url, key="k"))}

    @property
    def has_structured_output(self) -> bool:
        return False


class TestStandardUnit(Standard, ChatModelUnitTests):
    """The standard unit tests."""


class TestStandardIntegration(Standard, ChatModelIntegrationTests):
    """The standard integration tests. The fault server writes prose only, so tool calls are tested in test_tools."""

    @property
    def has_tool_calling(self) -> bool:
        return False


async def test_tool_calls_arrive_joined() -> None:
    """Arguments that stream in pieces become one tool call, and `bind_tools` sends the tool's description."""
    pieces = [
        {"index": 0, "id": "c1", "function": {"name": "lookup", "arguments": '{"ter'}},
        {"index": 0, "function": {"arguments": 'm": "rent"}'}},
    ]
    lines = [{"choices": [{"delta": {"tool_calls": [piece]}}]} for piece in pieces]
    lines.append({"choices": [{"delta": {}, "finish_reason": "tool_calls"}], "model": "m"})
    body = "".join(f"data: {json.dumps(line)}\n\n" for line in lines) + "data: [DONE]\n\n"
    sent: list[dict[str, Any]] = []

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})

    completer = EndpointCompleter("deepseek", Endpoint(key="k"), transport=httpx.MockTransport(reply))

    def lookup(term: str) -> str:
        """Look a term up."""
        return term

    message = await SparewheelChat(completer=completer).bind_tools([lookup], tool_choice="any").ainvoke("rent?")
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("lookup", {"term": "rent"})]
    assert (sent[0]["tools"][0]["function"]["name"], sent[0]["tool_choice"]) == ("lookup", "required")
