"""A chat model's whole reply to one prompt, for questions that are made and answers that are judged."""

from __future__ import annotations

import asyncio

from sparewheel.rag.answer.endpoint import Completer
from sparewheel.rag.answer.thoughts import without_thoughts


async def reply(completer: Completer, prompt: str, within_s: float, max_tokens: int) -> str:
    """What it says to the prompt, without its thoughts. Raises TimeoutError after `within_s`, and what it raises."""
    messages = [{"role": "user", "content": prompt}]
    pieces = []
    async with asyncio.timeout(within_s):
        source = completer.complete(messages, temperature=0.0, max_tokens=max_tokens)
        try:
            async for item in source:
                if isinstance(item, str):
                    pieces.append(item)
        finally:
            await source.aclose()
    return without_thoughts("".join(pieces))
