"""Step 4 of the pipeline: every citation resolved to document, page and character span.

Two kinds of draft arrive. An extractive one points at spans: they become citations as they are. A written one carries
markers `[n]` (n = hit number): each marker becomes the sentence of that hit which says what the answer says; a marker
of no hit is removed; an answer without any gets that of the hit which bears it out; and what the passages do not bear
out (a sentence, a section or article number) is marked `[?]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from sparewheel.rag.text import language_of, sentences
from sparewheel.rag.types import Answer, Citation, Draft, Hit

PageOf = Callable[[str, int], int | None]  # document id, character offset -> page number

UNSUPPORTED = "[?]"
SUPPORT_SHARE = 0.5  # of a sentence's content words must stand in the passages

_MARKER = re.compile(r"\s*\[(\d{1,3}(?:\s*[,，、;]\s*\d{1,3})*)\]")
_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])(\s+)(?=[\u3000-\u9fff\uff00-\uffef])|\s+")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{4,}|\d+(?:[.,]\d+)*|[\u3400-\u9fff]")
_REFERENCE = re.compile(
    r"第[一二三四五六七八九十百千零〇两\d]+[条章节款]|§+\s*\d+[\w.()-]*"
    r"|\b(?:section|article|clause|schedule|exhibit|annex)\s+(?:\d+(?:\.\d+)*(?:\([a-z\d]+\))*|[IVXLC]+\b)",
    re.IGNORECASE,
)


def cite(answer: Answer, draft: Draft, page_of: PageOf | None = None) -> Answer:
    """`answer` with the draft's text, its citations by first mention, and a note of what could not be borne out."""
    text, citations = (_by_spans if draft.spans else _by_markers)(draft, answer.evidence, page_of)
    text, notes = (text, ()) if draft.spans else _check(text, answer.evidence)
    return replace(answer, text=text, outcome="answered", citations=citations, notes=(*answer.notes, *notes))


def refusal(answer: Answer) -> Answer:
    """`answer` as "not in these documents", naming the closest passage where there is one."""
    chinese = language_of(answer.question) == "zh"
    text = "这些文档中没有答案。" if chinese else "Not in these documents."
    if answer.evidence:
        chunk = answer.evidence[0].chunk
        place = " > ".join((chunk.document_name, *chunk.headings[-1:]))
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
    """Markers keep their numbers (they are hit numbers, which the evidence list shows); unknown ones go."""
    supported: dict[int, str] = {}  # hit number -> the answer's sentence that cites it first

    def keep(match: re.Match[str]) -> str:
        numbers = [int(n) for n in re.findall(r"\d+", match[1])]
        known = [n for n in numbers if 1 <= n <= len(hits)]
        before = draft.text[: match.start()]
        claim = before[max((end for _, end in sentences(before)[:-1]), default=0) :]
        for n in known:
            supported.setdefault(n, claim)
        return "".join(f" [{n}]" for n in known)

    text = _MARKER.sub(keep, draft.text).strip()
    if not supported and (n := _best_hit(text, hits)):
        supported[n] = text
        text = f"{text} [{n}]"
    citations = []
    for n, claim in supported.items():
        start, end = _best_sentence(claim, hits[n - 1].chunk.text)
        citations.append(_citation(n, hits[n - 1], start, end, page_of))
    return text, tuple(citations)


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


def _best_hit(text: str, hits: Sequence[Hit]) -> int:
    """Number of the hit that bears out an answer which cites nothing; 0 when none does."""
    words = _words(text)
    shared = [len(words & _words(hit.chunk.indexed_text)) for hit in hits]
    best = max(shared, default=0)
    return shared.index(best) + 1 if words and best >= SUPPORT_SHARE * len(words) else 0


def _best_sentence(claim: str, passage: str) -> tuple[int, int]:
    """The sentence of `passage` that shares most words with `claim` (of equals the shorter); all of it if none does."""
    wanted = _words(claim)
    spans = [span for span in sentences(passage) if passage[span[0] : span[1]].strip()]
    scored = [(len(wanted & _words(passage[a:b])), a - b, (a, b)) for a, b in spans]
    shared, _, best = max(scored, default=(0, 0, (0, len(passage))))
    return best if shared else (0, len(passage))


def _check(text: str, hits: Sequence[Hit]) -> tuple[str, tuple[str, ...]]:
    """`text` with unsupported sentences marked, and a note for each invented reference and for the marked sentences."""
    evidence = "\n".join(hit.chunk.indexed_text for hit in hits)
    known_words, known_references = _words(evidence), _references(evidence)
    invented = sorted(_references(text) - known_references)
    marked, weak = text, 0
    for start, end in reversed(sentences(text)):
        sentence = _MARKER.sub("", text[start:end])
        words = _words(sentence)
        missing_number = any(word[0].isdigit() and word not in known_words for word in words)
        supported = len(words & known_words) >= SUPPORT_SHARE * len(words) and not missing_number
        if words and not (supported and not (_references(sentence) - known_references)):
            stop = start + len(text[start:end].rstrip())
            marked = f"{marked[:stop]} {UNSUPPORTED}{marked[stop:]}"
            weak += 1
    notes = [f"not in the passages: {reference}" for reference in invented]
    if weak:
        notes.append(f"{weak} sentence{'s' if weak > 1 else ''} not borne out by the passages, marked {UNSUPPORTED}")
    return marked, tuple(notes)


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _references(text: str) -> set[str]:
    return {re.sub(r"\s+", " ", reference).casefold() for reference in _REFERENCE.findall(text)}
