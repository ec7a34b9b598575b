"""What users of RetrievalQA and of LangChain's tracing type, over our chain and over our retriever in LangChain's."""

from __future__ import annotations

import asyncio
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableLambda
from one_lease import corpus_in

from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.errors import UsageError
from sparewheel.rag.runnable import RetrievalQA
from sparewheel.rag.settings import Endpoint

QUESTION, ANSWER = "What is the notice period?", "thirty days"


@pytest.fixture(scope="module")
def cloudy(tmp_path_factory: pytest.TempPathFactory, cloud: FaultServer) -> Iterator[RetrievalQA]:
    """Asks the endpoint first."""
    endpoint = {"cloud": Endpoint(url=cloud.url, key="k")}
    with corpus_in(tmp_path_factory.mktemp("cloudy"), endpoint=endpoint) as corpus:
        yield corpus.as_chain()


def test_the_lines_of_the_article(chain: RetrievalQA) -> None:
    """LangChain's RetrievalQA over our retriever, by its old and its new call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_classic.chains import RetrievalQA as Classic

        llm = FakeListChatModel(responses=["地震、洪水。"])
        qa_chain = Classic.from_chain_type(llm=llm, chain_type="stuff", retriever=chain.as_retriever(k=3))
        assert qa_chain.run("请解释不可抗力条款的适用范围") == "地震、洪水。"
        with_sources = Classic.from_chain_type(llm=llm, retriever=chain.retriever, return_source_documents=True)
        output = with_sources({"query": "请解释不可抗力条款的适用范围"})
    assert "不可抗力" in output["source_documents"][0].page_content


def test_ours_is_called_as_retrievalqa_is(chain: RetrievalQA) -> None:
    """run, call, keys, with and without the sources."""
    assert chain.run(QUESTION) == ANSWER
    output = chain({"query": QUESTION}, run_name="mine", tags=["a"])
    assert (output["result"], output["source_documents"][0].metadata["document_id"]) == (ANSWER, "lease.md")
    bare = RetrievalQA(pipeline=chain.pipeline, return_source_documents=False)
    assert bare(QUESTION, return_only_outputs=True) == {"result": ANSWER}
    assert (bare.output_keys, "source_documents" in bare.invoke(QUESTION)) == (["result"], False)
    assert asyncio.run(chain.arun(QUESTION)) == ANSWER
    assert "地震" in chain.run("请解释不可抗力条款的适用范围")


@pytest.mark.parametrize(
    "given",
    [
        {"query": "And how long is notice?", "history": [("How much is the rent?", "900 euros.")]},
        {"question": "And how long is notice?", "chat_history": [HumanMessage("How much?"), AIMessage("900 euros.")]},
        {"input": "And how long is notice?", "history": [{"role": "user", "content": "How much?"}]},
        {"messages": [HumanMessage("How much?"), AIMessage("900 euros."), HumanMessage("And how long is notice?")]},
        [HumanMessage("How much?"), AIMessage("900 euros."), HumanMessage("And how long is notice?")],
    ],
)
def test_every_form_of_a_conversation(chain: RetrievalQA, given: Any) -> None:
    """Pairs, messages and mappings, under the names of LangChain's own chains."""
    output = chain.invoke(given)
    assert (output["outcome"], "thirty days" in output["result"]) == ("answered", True)


def test_a_conversation_without_a_question_is_told(chain: RetrievalQA) -> None:
    """As is a question under two names."""
    with pytest.raises(UsageError, match="end them with the question"):
        chain.invoke([HumanMessage("How much?"), AIMessage("900 euros.")])
    with pytest.raises(UsageError, match="needs the key 'query'"):
        chain.invoke({"query": "a", "question": "b"})


def test_schemas_name_what_goes_in_and_comes_out(chain: RetrievalQA) -> None:
    """For LangServe, LangGraph's studio and whoever reads them."""
    given, found = chain.get_input_jsonschema(), chain.get_output_jsonschema()
    assert (given["required"], "history" in given["properties"]) == (["query"], True)
    assert {"result", "source_documents", "citations"} <= set(found["properties"])


def test_the_tool_has_the_sources_as_artifact(chain: RetrievalQA) -> None:
    """Text for the model, the whole output for the program."""
    tool = chain.as_tool(name="leases")
    call = {"name": "leases", "args": {"question": QUESTION}, "id": "1", "type": "tool_call"}
    message = tool.invoke(call)
    assert message.content.startswith(ANSWER)
    assert message.artifact["citations"][0]["document_id"] == "lease.md"
    assert asyncio.run(tool.ainvoke({"question": QUESTION})).startswith(ANSWER)


async def events_of(runnable: Any, given: Any, **config: Any) -> list[dict[str, Any]]:
    return [event async for event in runnable.astream_events(given, config, version="v2")]


async def test_events_tell_retriever_model_and_stream(cloudy: RetrievalQA, cloud: FaultServer) -> None:
    """v2: the chain's own run by its name, with the search and the answering model below it."""
    cloud.play(Always("ok"))
    events = await events_of(cloudy, {"query": QUESTION}, run_name="leases", tags=["t"], metadata={"user": "anna"})
    kinds = [(event["event"], event["name"]) for event in events]
    assert (kinds[0], kinds[-1]) == (("on_chain_start", "leases"), ("on_chain_end", "leases"))
    for kind in (
        ("on_retriever_end", "search leases"),
        ("on_chat_model_stream", "cloud"),
        ("on_chat_model_end", "cloud"),
    ):
        assert kind in kinds
    assert kinds.count(("on_chain_stream", "leases")) > 2
    assert (events[0]["tags"], events[0]["metadata"]["user"]) == (["t"], "anna")
    (found,) = [event for event in events if event["event"] == "on_retriever_end"]
    assert found["data"]["output"][0].metadata["document_id"] == "lease.md"
    assert found["parent_ids"] == [events[0]["run_id"]]
    (said,) = [event for event in events if event["event"] == "on_chat_model_end"]
    assert said["data"]["output"].usage_metadata["total_tokens"] > 0
    assert events[-1]["data"]["output"]["result"] == said["data"]["output"].content


async def test_tokens_show_inside_another_runnable(cloudy: RetrievalQA, cloud: FaultServer) -> None:
    """A node that only calls `ainvoke` streams all the same: the tokens come from the model's run."""
    cloud.play(Always("ok"))

    async def node(given: str) -> str:
        return str((await cloudy.ainvoke(given))["result"])

    events = await events_of(RunnableLambda(node), QUESTION)
    pieces = [event["data"]["chunk"].content for event in events if event["event"] == "on_chat_model_stream"]
    said = [event["data"]["output"] for event in events if event["event"] == "on_chain_end"][-1]
    assert (len(pieces) > 2, said.startswith("".join(pieces).strip())) == (True, True)


class Seen(BaseCallbackHandler):
    """Which runs began and how they ended."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, *, name: str = "", **_: Any) -> None:
        self.runs.append(("model", name))

    def on_llm_end(self, response: Any, **_: Any) -> None:
        self.runs.append(("said", response.generations[0][0].text))

    def on_llm_error(self, error: BaseException, **_: Any) -> None:
        self.runs.append(("failed", type(error).__name__))

    def on_retriever_error(self, error: BaseException, **_: Any) -> None:
        self.runs.append(("search failed", type(error).__name__))


def test_a_failover_is_two_model_runs(cloudy: RetrievalQA, cloud: FaultServer) -> None:
    """The endpoint's ends with its error, the reader's with the answer; a wrong filter ends the search."""
    cloud.play(Always("503"))
    seen = Seen()
    cloudy.invoke(QUESTION, {"callbacks": [seen]})
    assert seen.runs == [("model", "cloud"), ("failed", "Unavailable"), ("model", "reader"), ("said", ANSWER)]
    wrong = Seen()
    with pytest.raises(UsageError):
        cloudy.invoke({"query": QUESTION, "filter": {"document": "nope"}}, {"callbacks": [wrong]})
    assert wrong.runs == [("search failed", "UsageError")]


def test_it_opens_anew_where_it_is_unpickled(chain: RetrievalQA) -> None:
    """With its settings, as retriever too; one with somebody's rights is not carried elsewhere."""
    again = pickle.loads(pickle.dumps(chain))
    assert (again.run(QUESTION), again.name) == (ANSWER, "sparewheel")
    assert ANSWER in pickle.loads(pickle.dumps(chain.as_retriever(k=1))).invoke(QUESTION)[0].page_content
    with pytest.raises(TypeError, match="open it in the other process"):
        pickle.dumps(RetrievalQA(pipeline=chain.pipeline.admitting(lambda: None)))


def test_a_graph_answers_and_streams(chain: RetrievalQA) -> None:
    """The chain as a node of a LangGraph graph, its tool in an agent that decides to call it."""
    graph = pytest.importorskip("langgraph.graph")
    made = graph.StateGraph(graph.MessagesState)
    made.add_node("answer", lambda state: {"messages": [AIMessage(chain.run(state["messages"]))]})
    made.set_entry_point("answer")
    compiled = made.compile()
    state = compiled.invoke({"messages": [HumanMessage(QUESTION)]})
    assert state["messages"][-1].content == ANSWER
    tokens = list(compiled.stream({"messages": [HumanMessage(QUESTION)]}, stream_mode="messages"))
    assert any(ANSWER in message.content for message, _ in tokens)


def test_an_agent_calls_the_tool(chain: RetrievalQA) -> None:
    """LangChain's agent: the model asks for the tool, reads what it told, and answers."""
    agents = pytest.importorskip("langchain.agents")

    class Deciding(FakeListChatModel):
        """Calls the tool first, then says what the tool told."""

        def bind_tools(self, tools: Any, **_: Any) -> Any:
            return self

        def _generate(self, messages: Any, *rest: Any, **more: Any) -> Any:
            from langchain_core.outputs import ChatGeneration, ChatResult

            told = messages[-1]
            call = {"name": "ask_leases", "args": {"question": QUESTION}, "id": "1"}
            reply = AIMessage(told.content) if told.type == "tool" else AIMessage("", tool_calls=[call])
            return ChatResult(generations=[ChatGeneration(message=reply)])

    agent = agents.create_agent(Deciding(responses=[""]), tools=[chain.as_tool()])
    state = agent.invoke({"messages": [("user", "How long is notice?")]})
    assert state["messages"][-1].content.startswith(ANSWER)
