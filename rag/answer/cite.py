"""Step 4 of the pipeline: every citation resolved to document, page and character span.

Two kinds of draft arrive. An extractive one points at spans: they become citations as they are. A written one carries
markers `[n]` (n = hit number): each marker becomes the sentence of that hit which says what the answer says; a marker
of no hit is removed; an answer without any gets that of the hit which bears it out; and what the passages do not bear
out (a sentence, a section or article number) is marked `[?]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sparewheel.rag.answer.markers import MARKER, canonical
from sparewheel.rag.answer.support import SUPPORT_SHARE, evidence, unknown_references, words
from sparewheel.rag.answer.support import borne_out as bears_out
from sparewheel.rag.text import language_of, sentences
from sparewheel.rag.types import Answer, Citation, Draft, Hit

PageOf = Callable[[str, int], int | None]  # document id, character offset -> page number

UNSUPPORTED = "[?]"
LOCAL_READER = "reader"  # the name of the built-in answerer
SURELY_NOT = 0.03  # below this probability it is all but sure that nothing answers
NEAREST = 2  # passages that its other refusals name

_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])(\s+)(?=[\u3000-\u9fff\uff00-\uffef])|\s+")


def cite(answer: Answer, draft: Draft, page_of: PageOf | None = None) -> Answer:
    """`answer` with the draft's text, its citations by first mention, and a note of what could not be borne out."""
    text, citations = (_by_spans if draft.spans else _by_markers)(draft, answer.evidence, page_of)
    text, notes = (text, ()) if draft.spans else _check(text, answer.evidence)
    return replace(answer, text=text, outcome="answered", citations=citations, notes=(*answer.notes, *notes))


def refusal(answer: Answer) -> Answer:
    """`answer` as refused, naming the nearest passages. "Not in these documents" is said where that is likely: nothing
    was found, a written answer says so, or the built-in reader is all but sure; else only that no sentence was found.
    """
    chinese = language_of(answer.question) == "zh"
    places = dict.fromkeys(
        " > ".join((hit.chunk.document_name, *hit.chunk.headings[-1:])) for hit in answer.evidence[:NEAREST]
    )
    if answer.answered_by == LOCAL_READER and answer.confidence >= SURELY_NOT and places:
        text = "没有找到能回答这个问题的句子。" if chinese else "I found no sentence that answers this."
        named = "、".join(places) if chinese else "; ".join(places)
        text += f"最接近的段落：{named}。" if chinese else f" The nearest passages: {named}."
        return replace(answer, text=text, outcome="refused", citations=())
    text = "这些文档中没有答案。" if chinese else "Not in these documents."
    if places:
        place = next(iter(places))
        text += f"最接近的段落：{place}。" if chinese else f" The closest passage is in {place}."
    return replace(answer, text=text, outcome="refused", citations=())


def _by_spans(draft: Draft, hits: Sequence[Hit], page_of: PageOf | None) -> tuple[str, tuple[Citation, ...]]:
    citations = [
        _citation(marker, hits[span.hit], span.start, span.end, page_of) for marker, span in enumerate(draft.spans, 1)
    ]
    return draft.text if draft.lines else one_line(draft.text), tuple(citations)


def one_line(text: str) -> str:
    """A quote without the line breaks of its page; Chinese lines join without a space."""
    return _SPACE.sub(lambda found: "" if found[1] else " ", text.strip())


def _by_markers(draft: Draft, hits: Sequence[Hit], page_of: PageOf | None) -> tuple[str, tuple[Citation, ...]]:
    """Markers keep their numbers (they are hit numbers, which the evidence list shows); unknown ones go. One pass."""
    text = canonical(draft.text, len(hits))
    supported: dict[int, str] = {}  # hit number -> the answer's sentence that cites it first
    for claim, numbers in _claims(text):
        for n in numbers:
            supported.setdefault(n, claim)
    if not supported and (n := _best_hit(text, hits)):
        supported[n] = text
        text = f"{text} [{n}]"
    citations = []
    for n, claim in supported.items():
        start, end = _best_sentence(claim, hits[n - 1].chunk.text)
        citations.append(_citation(n, hits[n - 1], start, end, page_of))
    return text, tuple(citations)


def _claims(text: str) -> Iterator[tuple[str, list[int]]]:
    """(a sentence, the numbers of the markers in it or right behind it), in order."""
    before = ""
    for start, end in sentences(text):
        sentence = text[start:end]
        leading = re.match(r"(?:\s*\[\d{1,3}\])+", sentence)
        if leading:  # a marker behind the full stop belongs to the sentence before it
            yield before or sentence, [int(n) for n in MARKER.findall(leading[0])]
            sentence = sentence[leading.end() :]
        before = MARKER.sub("", sentence)
        yield before, [int(n) for n in MARKER.findall(sentence)]


def _citation(marker: int, hit: Hit, start: int, end: int, page_of: PageOf | None) -> Citation:
    chunk = hit.chunk
    quote = chunk.text[start:end]
    return Citation(
        marker=marker,
        document_id=chunk.document_id,
        title=chunk.document_name,
        source=chunk.metadata.get("source", chunk.document_id),
        start=chunk.start + start,
        end=chunk.start + end,
        quote=quote,
        page=page_of(chunk.document_id, chunk.start + start) if page_of else chunk.page,
        headings=chunk.headings,
        verified=bool(quote.strip()) and 0 <= start < end <= len(chunk.text),
        chunk_id=chunk.id,
    )


def borne_out(text: str, hits: Sequence[Hit]) -> bool:
    """Whether anything of a written answer rests on the passages: a sentence is borne out, or a known one is cited.

    Passages in another language share no words with the answer: there only the markers can be looked at.
    """
    text = canonical(text, len(hits))
    if MARKER.search(text):
        return True
    known = evidence("\n".join(hit.chunk.indexed_text for hit in hits))
    if language_of(text) != language_of(known.text):
        return True
    told = [text[start:end] for start, end in sentences(text)]
    return any(words(one) and bears_out(one, known) for one in told)


def _best_hit(text: str, hits: Sequence[Hit]) -> int:
    """Number of the hit that bears out an answer which cites nothing; 0 when none does."""
    said = words(text)
    shared = [len(said & words(hit.chunk.indexed_text)) for hit in hits]
    best = max(shared, default=0)
    return shared.index(best) + 1 if said and best >= SUPPORT_SHARE * len(said) else 0


def _best_sentence(claim: str, passage: str) -> tuple[int, int]:
    """The sentence of `passage` that shares most words with `claim` (of equals the shorter); all of it if none does."""
    wanted = words(claim)
    spans = [span for span in sentences(passage) if passage[span[0] : span[1]].strip()]
    scored = [(len(wanted & words(passage[a:b])), a - b, (a, b)) for a, b in spans]
    shared, _, best = max(scored, default=(0, 0, (0, len(passage))))
    return best if shared else (0, len(passage))


def _check(text: str, hits: Sequence[Hit]) -> tuple[str, tuple[str, ...]]:
    """`text` with unsupported sentences marked, and a note for each invented reference and for the marked sentences.

    A sentence that cites passages is held against these, another against all of them.
    """
    everything = evidence("\n".join(hit.chunk.indexed_text for hit in hits))
    invented = sorted(set(unknown_references(text, everything)))
    pieces, weak, at = [], 0, 0
    for start, end in sentences(text):
        stop = start + len(text[start:end].rstrip())
        pieces.append(text[at:stop])
        at = stop
        cited = dict.fromkeys(int(n) for n in MARKER.findall(text[start:end]))
        known = evidence("\n".join(hits[n - 1].chunk.indexed_text for n in cited)) if cited else everything
        if not bears_out(MARKER.sub("", text[start:end]), known):
            pieces.append(f" {UNSUPPORTED}")
            weak += 1
    notes = [f"not in the passages: {reference}" for reference in invented]
    if weak:
        notes.append(f"{weak} sentence{'s' if weak > 1 else ''} not borne out by the passages, marked {UNSUPPORTED}")
    return "".join((*pieces, text[at:])), tuple(notes)
