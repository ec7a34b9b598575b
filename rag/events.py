"""What a streaming consumer sees of a question, in the order it happens; `Done` comes last, always, once."""

from __future__ import annotations

from dataclasses import dataclass

from sparewheel.rag.types import Answer, Attempt, Citation, Hit


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Retrieval is done; the hits are final."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """More text of the current answer."""

    text: str
    answerer: str


@dataclass(frozen=True, slots=True)
class Replace:
    """Forget the text so far: `answerer` starts again with `text` (failover after a token, or a fuller answer)."""

    text: str
    answerer: str
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """An answerer failed; the next one is tried."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation of the finished text was resolved."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class Done:
    """The last event, always sent once: the whole record. Its text is authoritative."""

    answer: Answer


Event = Retrieved | Token | Replace | AttemptFailed | Cited | Done
