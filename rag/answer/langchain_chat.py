"""Our chat models as LangChain `BaseChatModel`s: DeepSeek, any OpenAI-compatible endpoint, any local causal model.

    SparewheelChat(completer=EndpointCompleter("deepseek", Endpoint(key_env="DEEPSEEK_API_KEY")))

Budgets hold here too (wall clock, keep-alives do not count), and nothing is retried behind the caller's back.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict

from sparewheel.rag.answer.endpoint import Completer, Completion
from sparewheel.rag.reliability.deadline import Budgets, guard
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.types import Usage


class SparewheelChat(BaseChatModel):
    """A LangChain chat model over one of our completers."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    completer: Completer
    budgets: Budgets = Budgets()
    temperature: float | None = None
    max_tokens: int | None = None
    stop: list[str] | None = None

    @property
    def _llm_type(self) -> str:
        return "sparewheel-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.completer.model, "endpoint": self.completer.name}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params.update({"ls_provider": self.completer.name, "ls_model_name": kwargs.get("model", self.completer.model)})
        return params

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """This model told of `tools`; tool_choice "any" or a tool's name forces a call."""
        if tool_choice == "any":
            kwargs["tool_choice"] = "required"
        elif tool_choice in ("auto", "none", "required"):
            kwargs["tool_choice"] = tool_choice
        elif tool_choice:
            kwargs["tool_choice"] = {"type": "function", "function": {"name": tool_choice}}
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in self._chunks(messages, stop, kwargs):
            if run_manager is not None and chunk.text:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in background.iterate(self._chunks(messages, stop, kwargs)):
            if run_manager is not None and chunk.text:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole: ChatGenerationChunk | None = None
        async for chunk in self._astream(messages, stop, run_manager, **kwargs):
            whole = chunk if whole is None else whole + chunk
        return _result(whole)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole: ChatGenerationChunk | None = None
        for chunk in self._stream(messages, stop, run_manager, **kwargs):
            whole = chunk if whole is None else whole + chunk
        return _result(whole)

    async def _chunks(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> AsyncGenerator[ChatGenerationChunk]:
        """The completer's items as LangChain's chunks; usage, finish reason and tool calls ride on the last one."""
        fixed = {"temperature": self.temperature, "max_tokens": self.max_tokens, "stop": stop or self.stop}
        options = {**{key: value for key, value in fixed.items() if value is not None}, **options}
        told = convert_to_openai_messages(messages)
        async for item in guard(self.completer.complete(told, **options), self.budgets):
            if isinstance(item, str):
                yield ChatGenerationChunk(message=AIMessageChunk(content=item))
            elif isinstance(item, Completion):
                yield _last(item)


def _last(end: Completion) -> ChatGenerationChunk:
    calls = [
        tool_call_chunk(name=call["function"]["name"], args=call["function"]["arguments"], id=call["id"], index=i)
        for i, call in enumerate(end.tool_calls)
    ]
    message = AIMessageChunk(
        content="",
        tool_call_chunks=calls,
        usage_metadata=usage_metadata(end.usage),
        additional_kwargs={"reasoning_content": end.reasoning} if end.reasoning else {},
        response_metadata={"model_name": end.model, "finish_reason": end.finish_reason},
        chunk_position="last",
    )
    return ChatGenerationChunk(message=message, generation_info={"finish_reason": end.finish_reason})


def _result(whole: ChatGenerationChunk | None) -> ChatResult:
    assert whole is not None  # the last chunk always comes, or an error was raised
    return ChatResult(generations=[ChatGeneration(message=_message(whole), generation_info=whole.generation_info)])


def _message(whole: ChatGenerationChunk) -> AIMessage:
    chunk = whole.message
    assert isinstance(chunk, AIMessageChunk)
    return AIMessage(
        content=chunk.content,
        tool_calls=chunk.tool_calls,
        invalid_tool_calls=chunk.invalid_tool_calls,
        usage_metadata=chunk.usage_metadata,
        additional_kwargs=chunk.additional_kwargs,
        response_metadata=chunk.response_metadata,
        id=chunk.id,
    )


def usage_metadata(usage: Usage) -> UsageMetadata:
    """Our usage as LangChain's."""
    return UsageMetadata(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
        input_token_details={"cache_read": usage.cache_hit_tokens},
    )
