"""What LangChain's own pages show, over our retriever and chain: its chains of today and of before, pipes, batches."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel, SimpleChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from pydantic import BaseModel

from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.answer.langchain_chat import SparewheelChat
from sparewheel.rag.runnable import RetrievalQA
from sparewheel.rag.settings import Endpoint

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from langchain_classic.chains import (
        ConversationalRetrievalChain,
        create_history_aware_retriever,
        create_retrieval_chain,
    )
    from langchain_classic.chains.combine_documents import create_stuff_documents_chain

QUESTION, ANSWER = "What is the notice period?", "thirty days"
TALK = [HumanMessage("How much is the rent?"), AIMessage("900 euros a month.")]
PROMPT = ChatPromptTemplate.from_messages(
    [("system", "Answer from:\n{context}"), MessagesPlaceholder("chat_history", optional=True), ("human", "{input}")]
)


class Reads(SimpleChatModel):
    """Says what stands in its prompt, so that what came in can be seen."""

    @property
    def _llm_type(self) -> str:
        return "reads"

    def _call(self, messages: Any, *rest: Any, **more: Any) -> str:
        return "\n".join(str(message.content) for message in messages)


def test_a_retrieval_chain(chain: RetrievalQA) -> None:
    """create_retrieval_chain: passages under `context`, the model's words under `answer`."""
    made = create_retrieval_chain(chain.as_retriever(k=2), create_stuff_documents_chain(Reads(), PROMPT))
    output = made.invoke({"input": QUESTION})
    assert (ANSWER in output["answer"], output["context"][0].metadata["document_id"]) == (True, "lease.md")
    pieces = list(made.stream({"input": QUESTION}))
    assert ANSWER in "".join(piece.get("answer", "") for piece in pieces)


def test_a_retriever_that_knows_the_conversation(chain: RetrievalQA) -> None:
    """create_history_aware_retriever: the question that the model wrote anew is what is searched."""
    rephrase = ChatPromptTemplate.from_messages([MessagesPlaceholder("chat_history"), ("human", "{input}")])
    anew = FakeListChatModel(responses=[QUESTION])
    knowing = create_history_aware_retriever(anew, chain.as_retriever(k=1), rephrase)
    made = create_retrieval_chain(knowing, create_stuff_documents_chain(Reads(), PROMPT))
    output = made.invoke({"input": "And how long is it?", "chat_history": TALK})
    assert ANSWER in output["context"][0].page_content


def test_the_conversational_chain_of_before(chain: RetrievalQA) -> None:
    """ConversationalRetrievalChain, with pairs as its history, over our retriever; ours takes the same call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = ConversationalRetrievalChain.from_llm(Reads(), retriever=chain.as_retriever(k=1))
        given = {"question": QUESTION, "chat_history": [("How much is the rent?", "900 euros a month.")]}
        assert ANSWER in made.invoke(given)["answer"]
    assert chain.invoke(given)["result"] == ANSWER


def test_pipes(chain: RetrievalQA) -> None:
    """The retriever before a prompt and a model, as the tutorials have it; the chain before and behind others."""
    together = RunnableLambda(lambda documents: "\n\n".join(each.page_content for each in documents))
    piped: Any = (
        {"context": chain.as_retriever(k=1) | together, "input": RunnablePassthrough()}
        | PROMPT
        | Reads()
        | StrOutputParser()
    )
    assert ANSWER in piped.invoke(QUESTION)
    ours = RunnableLambda(str.strip) | chain | (lambda output: output["result"].upper())
    assert ours.invoke(f"  {QUESTION} ") == ANSWER.upper()
    both = RunnableParallel(answer=chain, passages=chain.as_retriever(k=1)).invoke(QUESTION)
    assert (both["answer"]["result"], len(both["passages"])) == (ANSWER, 1)


async def test_batches(chain: RetrievalQA) -> None:
    """In the order of the questions, also as they become ready; options of LangChain's runnables are obeyed."""
    questions = [QUESTION, "How much is the rent?"]
    outputs = await chain.abatch(questions, {"max_concurrency": 1})
    assert [output["result"] for output in outputs] == [ANSWER, "900 euros a month"]
    ready = dict([pair async for pair in chain.abatch_as_completed(questions)])
    assert [ready[number]["result"] for number in (0, 1)] == [ANSWER, "900 euros a month"]
    found = await chain.as_retriever(k=1).abatch(questions)
    assert [ANSWER in found[0][0].page_content, "900" in found[1][0].page_content] == [True, True]
    again = chain.with_retry(stop_after_attempt=2).with_config(tags=["a"])
    assert (await again.ainvoke(QUESTION))["result"] == ANSWER


class Period(BaseModel):
    """How long something is."""

    days: int


def test_structured_output(chain: RetrievalQA, cloud: FaultServer) -> None:
    """Of a chat model, by a call of a tool; a chain quotes, and has none to give."""
    cloud.play(Always("ok"))
    model = SparewheelChat(completer=EndpointCompleter("cloud", Endpoint(url=cloud.url, key="k")))
    assert model.with_structured_output(Period) is not None
    assert not hasattr(chain, "with_structured_output")
    fields = chain | (lambda output: {"answer": output["result"], "where": output["citations"][0]["document_id"]})
    assert fields.invoke(QUESTION) == {"answer": ANSWER, "where": "lease.md"}


@pytest.mark.parametrize("given", [QUESTION, {"query": QUESTION}, {"question": QUESTION}, {"input": QUESTION}])
async def test_every_name_of_the_question_streams(chain: RetrievalQA, given: Any) -> None:
    """As LangChain's chains of different times call it."""
    pieces = [piece async for piece in chain.astream(given)]
    assert "".join(piece.get("token", "") for piece in pieces) == ANSWER
