"""Step 4 of the pipeline: every citation resolved to document, page and character span.

Two kinds of draft arrive. An extractive one points at spans: they become citations as they are. A written one carries
markers `[n]` (n = hit number): each marker becomes the sentence of that hit which says what the answer says; a marker
of no hit is removed; an answer without any gets that of the hit which bears it out; and what the passages do not bear
out (a sentence, a section or article number) is marked `[?]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sparewheel.rag.answer.markers import MARKER, canonical
from sparewheel.rag.answer.orders import acts_as_markup, first_order, tells_to_act, unknown_addresses, without_orders
from sparewheel.rag.answer.support import SUPPORT_SHARE, Evidence, evidence, figures, unknown_references, words
from sparewheel.rag.answer.support import borne_out as bears_out
from sparewheel.rag.text import language_of, sentences
from sparewheel.rag.types import Answer, Citation, Draft, Hit

PageOf = Callable[[str, int], int | None]  # document id, character offset -> page number

UNSUPPORTED = "[?]"
ACTS = "it tells you to act (to pay, to open, to call): ask somebody you know before you do"
WATCH = "read what rests on it with care"
MOST_ORDERS = 3  # passages whose orders are told
LOCAL_READER = "reader"  # the name of the built-in answerer
SURELY_NOT = 0.03  # below this probability it is all but sure that nothing answers
NEAREST = 2  # passages that its other refusals name

_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])(\s+)(?=[\u3000-\u9fff\uff00-\uffef])|\s+")


def cite(answer: Answer, draft: Draft, page_of: PageOf | None = None, *, instant: bool = False) -> Answer:
    """`answer` with the draft's text, its citations by first mention, and a note of what could not be borne out.

    instant: of the passages, only those that are quoted are searched for orders to a model; each costs milliseconds.
    """
    text, citations = (_by_spans if draft.spans else _by_markers)(draft, answer.evidence, page_of)
    text, notes = (text, ()) if draft.spans else _check(text, answer.evidence)
    quoted = {span.hit for span in draft.spans}
    seen = tuple(n for n in range(len(answer.evidence)) if n in quoted or not instant)
    notes = (*answer.notes, *notes, *_orders(answer.evidence, seen))
    return replace(answer, text=text, outcome="answered", citations=citations, notes=notes)


def refusal(answer: Answer) -> Answer:
    """`answer` as refused, naming the nearest passages. "Not in these documents" is said where that is likely: nothing
    was found, a written answer says so, or the built-in reader is all but sure; else only that no sentence was found.
    """
    chinese = language_of(answer.question) == "zh"
    notes = (*answer.notes, *_orders(answer.evidence))
    places = dict.fromkeys(
        " > ".join((hit.chunk.document_name, *hit.chunk.headings[-1:])) for hit in answer.evidence[:NEAREST]
    )
    if answer.answered_by == LOCAL_READER and answer.confidence >= SURELY_NOT and places:
        text = "没有找到能回答这个问题的句子。" if chinese else "I found no sentence that answers this."
        named = "、".join(places) if chinese else "; ".join(places)
        text += f"最接近的段落：{named}。" if chinese else f" The nearest passages: {named}."
        return replace(
            answer, text=text, outcome="refused", citations=(), notes=(*answer.notes, *_orders(answer.evidence))
        )
    text = "这些文档中没有答案。" if chinese else "Not in these documents."
    if places:
        place = next(iter(places))
        text += f"最接近的段落：{place}。" if chinese else f" The closest passage is in {place}."
    return replace(answer, text=text, outcome="refused", citations=(), notes=notes)


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
    page, last_page = pages_of(page_of, chunk.document_id, chunk.start + start, chunk.start + end, chunk.page)
    return Citation(
        marker=marker,
        document_id=chunk.document_id,
        title=chunk.document_name,
        source=chunk.metadata.get("source", chunk.document_id),
        start=chunk.start + start,
        end=chunk.start + end,
        quote=quote,
        page=page,
        headings=chunk.headings,
        verified=bool(quote.strip()) and 0 <= start < end <= len(chunk.text),
        chunk_id=chunk.id,
        last_page=last_page,
    )


def pages_of(
    page_of: PageOf | None, document_id: str, start: int, end: int, page: int | None
) -> tuple[int | None, int | None]:
    """The page of characters [start, end) of a document, and the one on which they end where that is another. page: the
    first where nobody can tell."""
    if page_of is None:
        return page, None
    first, last = page_of(document_id, start), page_of(document_id, max(end - 1, start))
    return first, last if last != first else None


def borne_out(text: str, hits: Sequence[Hit]) -> bool:
    """Whether anything of a written answer rests on the passages: a sentence is borne out, or a known one is cited.

    Passages in another language share no words with the answer: there only the markers can be looked at.
    """
    text = canonical(text, len(hits))
    if MARKER.search(text):
        return True
    known = evidence("\n".join(without_orders(hit.chunk.text) for hit in hits))
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
    wanted, facts = words(claim), without_orders(passage)
    spans = [span for span in sentences(passage) if passage[span[0] : span[1]].strip()]
    spans = [(a, b) for a, b in spans if facts[a:b].strip()] or spans
    scored = [(len(wanted & words(passage[a:b])), a - b, (a, b)) for a, b in spans]
    shared, _, best = max(scored, default=(0, 0, (0, len(passage))))
    return best if shared else (0, len(passage))


def _check(text: str, hits: Sequence[Hit]) -> tuple[str, tuple[str, ...]]:
    """`text` with sentences marked that the passages do not bear out as facts, and notes that say why.

    A sentence that cites passages is held against these, another against all of them. What a passage says to a language
    model is no fact, a title or file name is no evidence, an address or account number must stand there as it is
    written, and a sentence that tells its reader to pay, to open or to call is marked wherever it stands.
    """
    facts = [without_orders(hit.chunk.text) for hit in hits]
    everything = _known(range(len(hits)), hits, facts)
    invented = sorted(set(unknown_references(text, everything.facts)))
    pieces, at = [], 0
    weak, acts, foreign = 0, 0, list[str]()
    empty = not words(MARKER.sub("", text)) and not figures(MARKER.sub("", text))  # "Yes.": nothing can be looked up
    for start, end in sentences(text):
        stop = start + len(text[start:end].rstrip())
        pieces.append(text[at:stop])
        at = stop
        cited = dict.fromkeys(int(n) - 1 for n in MARKER.findall(text[start:end]))
        known = _known(tuple(cited), hits, facts) if cited else everything
        sentence = MARKER.sub("", text[start:end])
        unknown = unknown_addresses(sentence, known.facts.text)
        foreign += unknown
        asks = tells_to_act(sentence) or acts_as_markup(sentence)
        acts += asks
        if asks or unknown or empty or not _is_fact(sentence, known):
            pieces.append(f" {UNSUPPORTED}")
            weak += 1
    notes = [f"not in the passages: {name}" for name in (*invented, *dict.fromkeys(foreign))]
    if weak:
        notes.append(f"{weak} sentence{'s' if weak > 1 else ''} not borne out by the passages, marked {UNSUPPORTED}")
    if acts:
        notes.append(ACTS)
    return "".join((*pieces, text[at:])), tuple(notes)


@dataclass(frozen=True)
class _Known:
    """What some passages say. facts: as facts. names: words of their titles, no evidence. orders: they also speak to a
    language model."""

    facts: Evidence
    names: frozenset[str]
    orders: bool


def _known(numbers: Iterable[int], hits: Sequence[Hit], facts: Sequence[str]) -> _Known:
    chosen = [(hits[n].chunk, facts[n]) for n in numbers]
    said = "\n".join("\n".join((*chunk.headings, fact)) for chunk, fact in chosen)
    names = frozenset(word for chunk, _ in chosen for word in words(f"{chunk.title}\n{chunk.about}"))
    orders = any(chunk.text != fact or first_order(chunk.title) for chunk, fact in chosen)
    return _Known(evidence(said), names, orders)


def _is_fact(sentence: str, known: _Known) -> bool:
    """Whether the passages bear the sentence out. Names of their documents may stand in it, but bear out nothing."""
    only_names = words(sentence) and words(sentence) <= known.names
    if only_names and not words(sentence) <= known.facts.words:
        return False  # "HACKED", the name of a file
    if known.orders and not words(sentence) and sentence.strip(" \n\t.。!！"):
        return False  # "Yes.", which a passage ordered to be said
    return bears_out(sentence, known.facts, known.names)


def _orders(hits: Sequence[Hit], seen: Sequence[int] | None = None) -> tuple[str, ...]:
    """A note for each of the first passages (of those `seen`) that speak to a language model."""
    chunks = [(n + 1, hits[n].chunk) for n in (range(len(hits)) if seen is None else seen)]
    said = [(n, first_order(chunk.text) or first_order(chunk.title)) for n, chunk in chunks]
    found = [(n, order) for n, order in said if order]
    return tuple(f'passage {rank} speaks to a language model ("{said}"): {WATCH}' for rank, said in found[:MOST_ORDERS])
