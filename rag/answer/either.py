"""A question that offers two names and wants one: "Is the seat Malden or Orwick?", "由东湖市还是西岭市的法院管辖？".

Where only one of the two stands in what was found, that one is the answer, however unsure a network is of the place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparewheel.rag.answer.verdict import words
from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import Hit, Span

SURE = 0.7  # that the one name of two which is there answers; more where its sentence shares more
BORNE = 0.2  # least share of the question's words, the two names left out, that its sentence holds
_NAME = r"[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*){0,3}"
_OFFERS = re.compile(rf"\b(?P<one>{_NAME}),? or (?:in |at |by |to |the )*(?P<other>{_NAME})\s*[?.]*\s*$")
_OFFERS_ZH = re.compile(
    r"(?P<one>[\u3400-\u9fffA-Za-z]{2,10})还是(?:[由在归是]|采用)?(?P<other>[\u3400-\u9fffA-Za-z]{2,8})"
)


def chosen(question: str, language: str, hits: Sequence[Hit]) -> Span | None:
    """The name of the two offered that stands in the passages, where the other stands in none; None where both or
    neither do, or its sentence is about something else."""
    offered = _offered(question, language, hits)
    there = [name for name in offered if any(name in _text(hit, language) for hit in hits)]
    if len(offered) != 2 or len(there) != 1:
        return None
    asked = words(question, language) - words(" ".join(offered), language)
    best: tuple[float, Span] | None = None
    for i, hit in enumerate(hits):
        text = _text(hit, language)
        for start, end in sentences(text):
            at = text.find(there[0], start, end)
            if at < 0:
                continue
            share = len(asked & words(text[start:end], language)) / len(asked) if asked else 1.0
            if share >= BORNE and (best is None or share > best[0]):
                best = (share, Span(i, at, at + len(there[0]), SURE + (1 - SURE) * share))
    return best[1] if best else None


def _offered(question: str, language: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    if language != "zh":
        found = _OFFERS.search(question)
        return (found["one"], found["other"]) if found else ()
    found = _OFFERS_ZH.search(simplified(question))
    if found is None:
        return ()
    return tuple(_named(part, hits, before) for part, before in ((found["one"], True), (found["other"], False)))


def _named(part: str, hits: Sequence[Hit], before: bool) -> str:
    """The name within the run of characters beside 还是: the longest part at that side that a passage has, else four of
    them."""
    for size in range(len(part), 1, -1):
        name = part[-size:] if before else part[:size]
        if any(name in _text(hit, "zh") for hit in hits):
            return name
    return part[-4:] if before else part[:4]


def _text(hit: Hit, language: str) -> str:
    return simplified(hit.chunk.text) if language == "zh" else hit.chunk.text
