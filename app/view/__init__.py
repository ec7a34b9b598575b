"""From an Answer to what is drawn: who answered and why, how sure, which passages. Pure; no markup (see view_html)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sparewheel.app.words import Language, say
from sparewheel.app.words import answers as words
from sparewheel.rag.answer.instant_quote import QUOTE
from sparewheel.rag.answer.remembered import MEMORY
from sparewheel.rag.answer.unread import CATALOGUE
from sparewheel.rag.memory.kept import PERSON
from sparewheel.rag.text import sentences
from sparewheel.rag.types import Answer, Attempt, Citation, Hit, Remembered, Sensitivity

QUOTED = ("reader", QUOTE)  # answerers that quote; the others write
HIGH, MEDIUM = 0.8, 0.55  # calibrated probabilities from which confidence is called so
SUREST = 0.99  # that is shown: no quote is certain
STOPPED = "stopped"  # the note of an answer that the asker stopped; see `stopped`
JOINER = "\u2060"  # takes no room; behind the bracket of a document's own "[12]", so that it is no marker of ours
CONTEXT_CHARS = 240  # of a passage shown before and behind the cited words
MOST_TITLES = 3  # of documents named above an answer
OF_CELL = "cell"  # ranker of a passage that a cell rests on: how near it was is not kept
CLOSEST = 3  # passages shown with a refusal

_WIDE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_BARE_NUMBER = re.compile(r"[\dIVX]{1,4}(?:[.(]\w{1,3}\)?)*\.?")
_OWN_MARKER = re.compile(r"\[(?=\d{1,3}\])")

Tone = Literal["first", "fallback", "quiet", "bad"]


@dataclass(frozen=True, slots=True)
class Badge:
    """Who answered. why: the whole story in sentences, one for each answerer that was tried."""

    text: str
    tone: Tone
    why: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of characters of a passage; marker: number of the citation that it belongs to, 0 outside of any."""

    text: str
    marker: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """A passage as evidence. marker: the n of [n], 0 for one that is not cited. quote: the cited words, "" without."""

    marker: int
    document_id: str
    title: str
    place: str  # page and heading, "" where neither is known
    passage: tuple[Segment, ...]
    quote: str
    score: str
    start: int  # of the cited words, or of the passage: characters of the document
    end: int
    page: int | None
    verified: bool


def badge(answer: Answer, language: Language, sensitivity: Sensitivity = "normal") -> Badge:
    """Who answered, and in the fallback's case why not the one before: "Local reader: DeepSeek is busy"."""
    tried = " ".join(_story(a, answer, language) for a in answer.attempts if a.outcome != "cancelled")
    if STOPPED in answer.notes:
        return Badge(say(words.STOPPED, language), "quiet", say(words.STOPPED_WHY, language))
    if answer.outcome == "failed":
        return Badge(say(words.FAILED, language), "bad", tried or "; ".join(notes(answer, language)))
    if answer.answered_by == CATALOGUE:
        return Badge(say(words.ANSWERERS[CATALOGUE], language), "first", say(words.CATALOGUE_WHY, language))
    if not answer.answered_by:
        return Badge(say(words.NOBODY, language), "quiet", say(words.NOBODY_WHY, language))
    if answer.remembered is not None:
        tone: Tone = "fallback" if answer.degraded else "first"
        return Badge(provenance(answer.remembered, language), tone, f"{tried} {say(words.REMEMBERED_WHY, language)}")
    who = answerer(answer.answered_by, language, answer.model)
    behind = [a for a in answer.attempts if a.outcome in ("failed", "skipped")]
    if answer.degraded:
        others = [a for a in behind if a.answerer != MEMORY] or behind  # that nothing was kept is no cause
        why = reason(others[0], language) if others else say(words.OUT_OF_TIME, language)
        return Badge(say(words.BECAUSE, language, who=who, why=why), "fallback", tried or why)
    why = say(words.STAYS_HERE if sensitivity == "high" else words.FIRST_CHOICE, language)
    return Badge(who, "first" if answer.outcome == "answered" else "quiet", f"{tried} {why}".strip())


def answerer(name: str, language: Language, model: str = "") -> str:
    """The name to show: a brand where the endpoint's name or the model tells one."""
    if name in (*QUOTED, "local_chat"):
        return say(words.ANSWERERS[name], language)
    for brand, written in words.BRANDS.items():
        if brand in name.casefold() or brand in model.casefold():
            return written
    return say(words.ANSWERERS[name], language) if name in words.ANSWERERS else name.replace("_", " ").capitalize()


def similar(answer: Answer, language: Language) -> str:
    """A question near to this one that was answered before, with how to see that answer; "" where there is none."""
    near = answer.similar
    if near is None:
        return ""
    who = near.person if near.answered_by == PERSON else answerer(near.answered_by, language, near.model)
    who = who or say(words.SOMEBODY, language)
    return say(words.SIMILAR, language, who=who, day=day(near.at, language), question=near.question)


def provenance(kept: Remembered, language: Language) -> str:
    """ "DeepSeek's answer of 28 November 2026, passages unchanged"."""
    if kept.answered_by == PERSON:
        who = kept.person or say(words.SOMEBODY, language)
        return say(words.REMEMBERED_PERSON, language, who=who, day=day(kept.at, language))
    who = answerer(kept.answered_by, language, kept.model)
    return say(words.REMEMBERED, language, who=who, day=day(kept.at, language))


def day(at: str, language: Language) -> str:
    """ "28 November 2026", of a moment in ISO 8601; the moment as it stands where it is none."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    month = words.MONTHS[moment.month - 1]
    return say(words.DAY, language, day=moment.day, month=month, number=moment.month, year=moment.year)


def reason(attempt: Attempt, language: Language) -> str:
    """ "DeepSeek is busy": an attempt's fault code in words."""
    told = say(words.REASONS.get(attempt.reason, words.REASONS["unexpected"]), language)
    return say(words.ONE_REASON, language, who=answerer(attempt.answerer, language), reason=told)


def probability(answer: Answer) -> float | None:
    """That the answer is right, calibrated; None for one that a chat model wrote, where nobody knows it."""
    written = answer.outcome == "answered" and answer.answered_by not in (*QUOTED, CATALOGUE)
    return None if written else answer.confidence


def confidence(answer: Answer, language: Language) -> str:
    """How sure, in words; "" where nothing was answered."""
    if answer.outcome != "answered" or answer.answered_by == CATALOGUE:
        return ""
    sure = probability(answer)
    if answer.remembered is not None and answer.remembered.answered_by == PERSON:
        return say(words.CONFIDENCE["person"], language)
    if sure is None:
        return say(words.CONFIDENCE["written"], language)
    level = "high" if sure >= HIGH else "medium" if sure >= MEDIUM else "low"
    return say(words.CONFIDENCE[level], language, share=min(sure, SUREST))


def facts(answer: Answer, language: Language) -> tuple[str, ...]:
    """Confidence, latency and cost, as far as they are known."""
    cost = answer.usage.cost_usd
    told = [confidence(answer, language)]
    if "total" in answer.timings:
        told.append(say(words.SECONDS, language, seconds=answer.timings["total"]))
    if answer.outcome == "answered":
        told.append(say(words.COST, language, usd=cost) if cost else say(words.FREE, language))
    return tuple(fact for fact in told if fact)


def notes(answer: Answer, language: Language) -> tuple[str, ...]:
    """What the reader of the answer must know, in the language of the page."""
    told = [_leg(note, language) for note in answer.notes if note != STOPPED]
    if near := similar(answer, language):
        told.append(near)
    if language == "zh":
        told = [next((p.sub(zh, note) for p, zh in words.NOTES if p.fullmatch(note)), note) for note in told]
    return tuple(told)


def _leg(note: str, language: Language) -> str:
    """A failed search in words that a reader understands; another note as it is."""
    failed = words.LEG_FAILED.fullmatch(note)
    if failed is None:
        return note
    return say(words.NO_MEANING if failed[1] == "dense" else words.NO_WORDS, language)


def heading(answer: Answer, language: Language) -> tuple[str, ...]:
    """What stands above an answer: how a follow-up was read, and which documents it is from."""
    lines = [say(words.READ_AS, language, question=answer.read_as)] if answer.read_as else []
    if answer.remembered is not None and not answer.remembered.same:
        lines.append(say(words.REMEMBERED_ASKED, language, question=answer.remembered.question))
    titles = answer.scope.titles or tuple(dict.fromkeys(citation.title for citation in answer.citations))
    if titles and not answer.reason:
        more = len(titles) - MOST_TITLES
        named = ("；" if language == "zh" else "; ").join(titles[:MOST_TITLES])
        lines.append(say(words.IN_MORE if more > 0 else words.IN, language, titles=named, count=more))
    return tuple(lines)


def text(answer: Answer, language: Language) -> str:
    """The answer as it is read: "Yes." in front of a labelled one, a marker [n] behind each quote without one."""
    if answer.outcome == "refused":
        plain = answer.text.startswith(tuple(words.REFUSED)) or not answer.text
        return say(words.REFUSED, language) if plain and not answer.reason else answer.text
    shown = answer.text
    if not any(f"[{citation.marker}]" in shown for citation in answer.citations) or answer.answered_by in QUOTED:
        shown = _with_markers(_OWN_MARKER.sub(f"[{JOINER}", shown), answer.citations)
    if answer.label and shown:
        return f"{say(words.LABELS[answer.label], language)}{'' if language == 'zh' else ' '}{shown}"
    return shown


def cards(answer: Answer, language: Language) -> tuple[Card, ...]:
    """A card for each citation, in the order of their numbers."""
    chunks = {hit.chunk.id: hit for hit in answer.evidence}
    return tuple(_cited(c, chunks.get(c.chunk_id), language) for c in sorted(answer.citations, key=lambda c: c.marker))


def others(answer: Answer, language: Language, most: int | None = None) -> tuple[Card, ...]:
    """The passages that were read and not cited, best first; of a refusal the closest ones."""
    cited = {citation.chunk_id for citation in answer.citations}
    rest = [hit for hit in answer.evidence if hit.chunk.id not in cited]
    return found(rest[: CLOSEST if answer.outcome == "refused" else most], language)


def found(hits: Sequence[Hit], language: Language) -> tuple[Card, ...]:
    """The passages of a search, before anything is cited."""
    return tuple(_uncited(hit, language) for hit in hits)


def segments(passage: str, spans: Sequence[tuple[int, int, int]]) -> tuple[Segment, ...]:
    """`passage` cut at the (start, end, marker) spans; put together again it is the passage.

    Spans beyond its ends are cut off; of overlapping ones the first keeps what they share.
    """
    cut: list[Segment] = []
    at = 0
    for start, end, marker in sorted(spans):
        start, end = max(at, start), min(end, len(passage))
        if start >= end:
            continue
        if start > at:
            cut.append(Segment(passage[at:start]))
        cut.append(Segment(passage[start:end], marker))
        at = end
    if at < len(passage):
        cut.append(Segment(passage[at:]))
    return tuple(cut)


def shortened(passage: tuple[Segment, ...], chars: int = CONTEXT_CHARS) -> tuple[Segment, ...]:
    """The passage cut to about `chars` characters before the first and behind the last marked words, at blanks.

    A passage without marks is cut behind. Where nothing had to be cut it comes back as it is.
    """
    kept = list(passage)
    if kept and not kept[0].marker and len(kept) > 1 and len(kept[0].text) > chars:
        text = kept[0].text[-chars:]
        kept[0] = Segment("… " + text[_blank(text) :])
    if kept and not kept[-1].marker and len(kept[-1].text) > chars:
        text = kept[-1].text[:chars]
        kept[-1] = Segment(text[: len(text) - _blank(text[::-1])] + " …")
    return tuple(kept)


def _blank(text: str) -> int:
    """Where the first blank among the first 30 characters ends; 0 when there is none (Chinese)."""
    found = re.search(r"\s", text[:30])
    return found.end() if found else 0


def unwrapped(passage: str) -> str:
    """The passage with the line ends that only the width of a page made as blanks, character for character as long.

    A line end within a sentence is such a one; between Chinese characters it becomes a blank without width.
    """
    letters = list(passage)
    for start, end in sentences(passage):
        for at in range(start, end):
            if letters[at] == "\n":
                letters[at] = "\u200b" if _WIDE.match(passage, at - 1) and _WIDE.match(passage, at + 1) else " "
    return "".join(letters)


def reference(card: Card, language: Language) -> str:
    """A citation on one line: [2] Lease, page 3, 9. Pets: “Pets need our consent.”"""
    quote = " ".join(card.quote.split())
    opening, closing, colon, comma = ("「", "」", "：", "，") if language == "zh" else ("“", "”", ": ", ", ")
    where = comma.join(part for part in (card.title, card.place) if part)
    return f"[{card.marker}] {where}{colon}{opening}{quote}{closing}"


def copied(answer: Answer, language: Language, disclaimer: str = "") -> str:
    """The answer with its citations as plain text, for the clipboard."""
    lines = [text(answer, language), "", *(reference(card, language) for card in cards(answer, language))]
    return "\n".join([*lines, "", disclaimer] if disclaimer else lines).strip()


def _story(attempt: Attempt, answer: Answer, language: Language) -> str:
    if attempt.outcome == "answered":
        who = answerer(attempt.answerer, language, answer.model)
        return say(words.ANSWERED_IN, language, who=who, seconds=attempt.seconds)
    return reason(attempt, language) + ("。" if language == "zh" else ".")


def _with_markers(shown: str, citations: Sequence[Citation]) -> str:
    """Each quote's marker behind it; of a quote that the text does not hold, at the end."""
    at, missing = 0, ""
    for citation in sorted(citations, key=lambda c: c.marker):
        mark = f" [{citation.marker}]"
        letters = (re.escape(letter) for letter in citation.quote if not letter.isspace())
        found = re.compile(rf"[\s{JOINER}]*".join(letters)).search(shown, at) if citation.quote.strip() else None
        if found is None:
            missing += mark
            continue
        shown = shown[: found.end()] + mark + shown[found.end() :]
        at = found.end() + len(mark)
    return shown + missing


def _cited(citation: Citation, hit: Hit | None, language: Language) -> Card:
    passage: tuple[Segment, ...] = (Segment(citation.quote, citation.marker),)
    if hit is not None:
        start = hit.chunk.start
        passage = segments(unwrapped(hit.chunk.text), [(citation.start - start, citation.end - start, citation.marker)])
    return Card(
        citation.marker, citation.document_id, citation.title or citation.document_id,
        _place(citation.pages, citation.headings, language), passage, citation.quote, _score(hit, language),
        citation.start, citation.end, citation.page, citation.verified,
    )  # fmt: skip


def _uncited(hit: Hit, language: Language) -> Card:
    chunk = hit.chunk
    return Card(
        0, chunk.document_id, chunk.title or chunk.document_id, _place(str(chunk.page or ""), chunk.headings, language),
        (Segment(unwrapped(chunk.text)),), "", _score(hit, language), chunk.start, chunk.end, chunk.page, True,
    )  # fmt: skip


def _place(pages: str, headings: Sequence[str], language: Language) -> str:
    parts = [say(words.PAGES if "–" in pages else words.PAGE, language, page=pages)] if pages else []
    for heading in headings[-1:]:
        written = " ".join(heading.split())
        parts.append(say(words.SECTION, language, number=written) if _BARE_NUMBER.fullmatch(written) else written)
    return ("，" if language == "zh" else ", ").join(parts)


def _score(hit: Hit | None, language: Language) -> str:
    """How near a passage was to the question, by its place alone: no score means the same in two searches."""
    if hit is None or hit.ranker == OF_CELL:
        return ""
    return say(words.NEAREST if hit.rank <= 1 else words.NEAR, language, rank=hit.rank)
