"""What the chain is given, in the forms of LangChain's own question-answering chains, as a question and its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict, Field

from sparewheel.rag.errors import UsageError, suggest
from sparewheel.rag.turns import turns
from sparewheel.rag.walk import AskOptions

OPTIONS = tuple(AskOptions.__optional_keys__)
QUERY = ("query", "question", "input")  # as RetrievalQA, ConversationalRetrievalChain, create_retrieval_chain name it

Input = dict[str, Any] | str | Sequence[BaseMessage]


class QuestionInput(BaseModel):
    """A question to one corpus."""

    query: str = Field(description="the question, in words")
    history: list[Any] = Field([], description="what was said before: (question, answer) pairs or messages")
    filter: dict[str, str | list[str]] | None = Field(None, description="only documents with this metadata")
    k: int | None = Field(None, ge=1, description="passages to read")
    within_s: float | None = Field(None, gt=0, description="total time budget, seconds")


class AnswerOutput(BaseModel):
    """The answer with the passages it was read in."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    query: str
    result: str
    source_documents: list[Document] = []
    outcome: str = Field(description="answered, or refused when the documents do not say it")
    citations: list[dict[str, Any]] = []
    answered_by: str = ""
    degraded: bool = Field(False, description="an earlier answerer should have answered and could not")
    confidence: float = 0.0
    answer: Any = Field(None, description="the whole record")


def read_input(input: Input, options: Mapping[str, Any]) -> tuple[str, AskOptions]:
    """(question, options). Raises UsageError for a wrong key, option or history."""
    if isinstance(input, str):
        given: dict[str, Any] = {"query": input}
    elif isinstance(input, Mapping):
        given = dict(input)
    else:
        given = {"messages": input}
    given.update(options)
    if "messages" in given:
        given["query"], given["history"] = _last_question(given.pop("messages"))
    elif "chat_history" in given:
        given["history"] = given.pop("chat_history")
    names = [name for name in QUERY if name in given]
    if len(names) != 1:
        has = ", ".join(map(repr, given)) or "nothing"
        raise UsageError(f"the input needs the key 'query', it has {has}; call invoke({{'query': 'your question'}})")
    question = given.pop(names[0])
    for name in given:
        if name not in OPTIONS:
            raise UsageError(f"unknown option {name!r}{suggest(name, OPTIONS)}; known are {', '.join(OPTIONS)}")
    if "history" in given:
        given["history"] = turns([given["history"]] if isinstance(given["history"], str) else given["history"])
    return question, cast(AskOptions, given)


def _last_question(messages: Sequence[Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The last message, which is a user's, and the pairs before it."""
    said = turns(messages)
    if not said or said[-1][1]:
        raise UsageError("the last of the messages is no user's; end them with the question")
    return said[-1][0], said[:-1]
