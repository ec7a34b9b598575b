"""The comparators of benchmarks/availability.py, each set up as well as its documentation allows.

Imported by the asking processes under the interpreter that has them (`--rivals-python`); not a dependency of ours.
Both stream, as a chat page does, with SDK retries off and the same first-token budget as timeout.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sparewheel.eval.availability.load import Reply


def _prompt(question: str, passage: str) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "Answer from the numbered passages only."},
        {"role": "user", "content": f"[1] {passage}\n\n{question}"},
    ]


class LangChain:
    """ChatDeepSeek with_fallbacks to a second ChatDeepSeek."""

    def __init__(self, primary: str, backup: str, budgets: Mapping[str, float], breaker: Mapping[str, float]) -> None:
        from langchain_deepseek import ChatDeepSeek

        def model(url: str) -> Any:
            return ChatDeepSeek(
                model="deepseek-v4-flash",
                api_base=url,
                api_key="none",
                timeout=budgets["first_token_s"],
                stream_chunk_timeout=budgets["between_tokens_s"],
                max_retries=0,
            )

        self._chain = model(primary).with_fallbacks([model(backup)])

    async def ask(self, question: str, passage: str) -> Reply:
        text = ""
        async for chunk in self._chain.astream([(m["role"], m["content"]) for m in _prompt(question, passage)]):
            text += str(chunk.content)
        return Reply(text)

    async def aclose(self) -> None:
        """Its clients have no public way to be closed."""


class LiteLLM:
    """Router with fallbacks and cooldown, tuned: one failure cools a deployment down for our breaker's first sleep."""

    def __init__(self, primary: str, backup: str, budgets: Mapping[str, float], breaker: Mapping[str, float]) -> None:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches its price list when imported
        import litellm

        litellm.suppress_debug_info = True
        litellm.telemetry = False

        def deployment(name: str, url: str) -> dict[str, Any]:
            parameters = {"model": "openai/deepseek-v4-flash", "api_base": url, "api_key": "none"}
            return {"model_name": name, "litellm_params": {**parameters, "max_retries": 0}}

        self._router = litellm.Router(
            model_list=[deployment("primary", primary), deployment("backup", backup)],
            fallbacks=[{"primary": ["backup"]}],
            num_retries=0,
            allowed_fails=1,
            cooldown_time=5,
            timeout=budgets["first_token_s"],
            stream_timeout=budgets["first_token_s"],
            disable_cooldowns=False,
        )

    async def ask(self, question: str, passage: str) -> Reply:
        text = ""
        stream = await self._router.acompletion(model="primary", messages=_prompt(question, passage), stream=True)
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
        return Reply(text)

    async def aclose(self) -> None:
        """The router has no public way to be closed."""
