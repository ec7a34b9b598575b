"""Whether what is quoted stands in other documents, too, with other values: then no one document is meant yet.

Twenty agreements on one template all have a notice period. A question that names none of them is not answered from the
one that a search happens to bring first; it is asked which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import Draft, Hit

ALIKE = 0.8  # least share of words in common, figures and names left out
LEAST = 3  # words that a sentence must have to be told from others
_FIGURE = re.compile(r"[\d零一二三四五六七八九十百千万两〇.,%％]+")
_WORD = re.compile(r"[a-z]+|[\u3400-\u9fff]", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,;] )[A-Z][\w’'-]+")


def twins(draft: Draft, hits: Sequence[Hit]) -> list[str]:
    """The document of the first quote and those that say the same with other values, in the order of the hits; [] where
    none does."""
    if not draft.spans:
        return []
    span = draft.spans[0]
    own = hits[span.hit].chunk
    quoted = next(((a, b) for a, b in sentences(own.text) if a <= span.start < b), (span.start, span.end))
    said = own.text[slice(*quoted)]
    if len(_words(said)) < LEAST:
        return []
    alike = [own.document_id]
    for hit in hits:
        chunk = hit.chunk
        if chunk.document_id in alike:
            continue
        for start, end in sentences(chunk.text):
            other = chunk.text[start:end]
            if other != said and _alike(said, other):
                alike.append(chunk.document_id)
                break
    return alike if len(alike) > 1 else []


def _alike(one: str, other: str) -> bool:
    ours, theirs = _words(one), _words(other)
    return bool(ours and theirs) and len(ours & theirs) / len(ours | theirs) >= ALIKE


def _words(sentence: str) -> frozenset[str]:
    """Its words without figures and names, by which sentences on one template differ."""
    plain = _FIGURE.sub(" ", _NAME.sub(" ", simplified(sentence)))
    return frozenset(word.casefold() for word in _WORD.findall(plain))
