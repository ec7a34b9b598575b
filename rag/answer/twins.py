"""Whether what is quoted stands in other documents, too, with other values: then no one document is meant yet.

Twenty agreements on one template all have a notice period. A question that names none of them is not answered from the
one that a search happens to bring first; it is asked which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sparewheel.rag.answer.cite import one_line
from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import Draft, Hit, Span

ALIKE = 0.8  # least share of words in common, figures and names left out
LEAST = 3  # words that a sentence must have to be told from others
_MARKS = " \n.;。；\"“”'"  # around a sentence, that do not make it another one
_FIGURE = re.compile(r"[\d零一二三四五六七八九十百千万两〇.,%％]+")
_WORD = re.compile(r"[a-z]+|[\u3400-\u9fff]", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,;] )[A-Z][\w’'-]+")


def twins(draft: Draft, hits: Sequence[Hit]) -> list[Span]:
    """The sentence of the first quote, and those of other documents that say the same with other values, in the order
    of the hits; [] where none does."""
    if not draft.spans:
        return []
    span = draft.spans[0]
    own = hits[span.hit].chunk
    quoted = next(((a, b) for a, b in sentences(own.text) if a <= span.start < b), (span.start, span.end))
    said = own.text[slice(*quoted)]
    if len(_words(said)) < LEAST:
        return []
    alike = {own.document_id: Span(span.hit, *quoted, span.score)}
    for i, hit in enumerate(hits):
        chunk = hit.chunk
        if chunk.document_id in alike:
            continue
        for start, end in sentences(chunk.text):
            other = chunk.text[start:end]
            if other.strip(_MARKS) != said.strip(_MARKS) and _alike(said, other):
                alike[chunk.document_id] = Span(i, start, end)
                break
    return list(alike.values()) if len(alike) > 1 else []


def newest_first(draft: Draft, hits: Sequence[Hit], versions: Sequence[Span], *, chinese: bool) -> Draft:
    """The draft, and behind it what the documents said that its own changed or replaced, each under its name and date.

    versions: the sentences of all of them, newest first. Where the draft quotes an older one, it is the newest instead.
    """
    if len(versions) < 2:
        return draft
    newest, *former = versions
    if draft.spans[0].hit != newest.hit:
        text = hits[newest.hit].chunk.text[newest.start : newest.end]
        draft = replace(draft, text=text, spans=(replace(newest, score=draft.spans[0].score),), label="")
    before = "此前" if chinese else "Before that"
    lines = [one_line(draft.text)]
    for span in former:
        chunk = hits[span.hit].chunk
        date = chunk.metadata.get("date", "")
        name = f"{chunk.title}（{date}）" if chinese and date else f"{chunk.title} ({date})" if date else chunk.title
        quote = one_line(chunk.text[span.start : span.end])
        lines.append(f"{before}，{name}：{quote}" if chinese else f"{before}, {name}: {quote}")
    return replace(draft, text="\n".join(lines), spans=(*draft.spans, *former), lines=True)


def _alike(one: str, other: str) -> bool:
    ours, theirs = _words(one), _words(other)
    return bool(ours and theirs) and len(ours & theirs) / len(ours | theirs) >= ALIKE


def _words(sentence: str) -> frozenset[str]:
    """Its words without figures and names, by which sentences on one template differ."""
    plain = _FIGURE.sub(" ", _NAME.sub(" ", simplified(sentence)))
    return frozenset(word.casefold() for word in _WORD.findall(plain))
