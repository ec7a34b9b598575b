"""What was asked before, in whichever form a caller holds it, as (question, answer) pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sparewheel.rag.errors import UsageError

_ASKS = ("user", "human")
_ANSWERS = ("assistant", "ai")


def turns(history: Iterable[object]) -> tuple[tuple[str, str], ...]:
    """Pairs, {"question", "answer"} or {"role", "content"} mappings, or LangChain messages, oldest first, as pairs.

    Of messages a question without an answer has the answer ""; other roles (system, tool) are left out.
    Raises UsageError for anything else.
    """
    made: list[tuple[str, str]] = []
    for entry in history:
        role, text = _message(entry)
        if role in _ASKS:
            made.append((text, ""))
        elif role in _ANSWERS and made:
            made[-1] = (made[-1][0], f"{made[-1][1]}\n{text}".strip())
        elif not role:
            made.append(_pair(entry))
    return tuple(made)


def _message(entry: object) -> tuple[str, str]:
    """(role, text) of a message, ("", "") of what is none."""
    if isinstance(entry, Mapping):
        return (str(entry["role"]), _text(entry.get("content"))) if "role" in entry else ("", "")
    kind = getattr(entry, "type", None)
    return (kind, _text(getattr(entry, "content", ""))) if isinstance(kind, str) else ("", "")


def _text(content: object) -> str:
    """The text of a message's content, which may come in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    return "".join(str(part.get("text", "")) if isinstance(part, Mapping) else str(part) for part in parts)


def _pair(entry: object) -> tuple[str, str]:
    if isinstance(entry, Mapping) and {"question", "answer"} <= set(entry):
        return str(entry["question"]), str(entry["answer"])
    if isinstance(entry, Sequence) and not isinstance(entry, str) and len(entry) == 2:
        question, answer = entry
        if isinstance(question, str) and isinstance(answer, str):
            return question, answer
    raise UsageError(
        f"history holds {entry!r}; give (question, answer) pairs, {{'role', 'content'}} messages or LangChain messages"
    )
