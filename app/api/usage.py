"""How many tokens an answer took: as the endpoint counted them, else as the built-in reader's tokeniser does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sparewheel.rag.settings import Settings
from sparewheel.rag.text import encodable, language_of
from sparewheel.rag.types import Answer, Usage
from sparewheel.rag.weights import weights

_NO_LIMIT = 1 << 30


def usage_of(answer: Answer, settings: Settings) -> Usage:
    """The endpoint's own figures; where this machine read it, the tokens of the question and its passages, and those
    of the answer."""
    used = answer.usage
    if used.prompt_tokens or used.completion_tokens or not answer.answered_by:
        return used
    read = [answer.question, *(hit.chunk.text for hit in answer.evidence)]
    return Usage(prompt_tokens=count(read, settings), completion_tokens=count([answer.text], settings))


def count(texts: Sequence[str], settings: Settings) -> int:
    """Tokens of all texts together; 0 where there is no built-in reader."""
    total = 0
    for language in ("en", "zh"):
        folder = weights(settings) / f"reader-{language}"
        mine = [encodable(text) for text in texts if language_of(text) == language]
        if mine and (folder / "tokenizer.json").is_file():
            total += sum(len(each.ids) for each in _tokenizer(folder).encode_batch_fast(mine, add_special_tokens=False))
    return total


@lru_cache(maxsize=4)
def _tokenizer(folder: Path) -> Any:
    from sparewheel.rag.retrieve.embed import open_tokenizer

    return open_tokenizer(folder, _NO_LIMIT)
