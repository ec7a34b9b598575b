"""Which of the figures beside each other is asked for: "2.35 per cent for Tranche A and 2.60 per cent for Tranche B",
"省内每日120元，省外每日180元，境外每日55美元".

Such a sentence reads like the answer to a question about each of its parts, and a network points at the first. The
parts are told apart by the words that one of them has alone: where the question has the words of another part than the
one that is quoted, that part's figure is quoted instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sparewheel.rag.answer.classes import CLASSES, of_others, told_apart
from sparewheel.rag.answer.detail import with_bound
from sparewheel.rag.answer.figures import Quantity, quantities
from sparewheel.rag.answer.verdict import ROLE, words
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import sentences, simplified, trim
from sparewheel.rag.types import AnswerRequest, Draft, Span

_LONGEST_DETAIL = 60  # characters: what is longer is no figure that was pointed at, but a clause
_CUT = re.compile(r"[,;]\s*|\band\b|\bor\b|\bbut\b", re.IGNORECASE)
_CUT_ZH = re.compile(r"[，；,;]")
_LEAST_BESIDE = 2  # words of its own of another sentence
_ASKS_UNIT = re.compile(
    r"\b(?:how many|number of) (?:\w+ )?(?:minutes|hours|days|weeks|months|years)\b"
    r"|[几多少](?:分钟|个?小时|天|日|周|个?月|年)",
    re.IGNORECASE,
)
_SOFT_CUT = re.compile(r"[，；;]|,(?!\d)|\band\b")  # where one sentence names several: severity 1 ..., severity 2 ...
_HARD_CUT_ZH = re.compile(r"[；;]")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_COUNTS = words(
    "year years day days month months week weeks hour hours minute minutes long much many often paid give given", "en"
)
OF_ANOTHER = 0.3  # confidence of what is quoted of another class than the asked one: none
_NEXT_WORD = re.compile(r"\s?([a-z]+)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"(?<=\w )[A-Z](?![\w’'])")  # "Tranche A": a letter that names


@dataclass(frozen=True, slots=True)
class _Part:
    """Characters [start, end) of a text with the figures of the asked unit in it."""

    start: int
    end: int
    tokens: frozenset[str]
    figures: tuple[Quantity, ...]


def of_the_asked(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft, with the figure beside it where the question has that one's words and not those of the quoted one; or
    with the clause of the year, the stage or the tranche that the question numbers otherwise than the quoted one."""
    if draft.refused or draft.lines or draft.label or not draft.spans:
        return draft
    if (numbered := _of_its_number(request, draft)) is not None:
        return numbered
    span = draft.spans[0]
    chunk = request.hits[span.hit].chunk
    text = simplified(chunk.text)
    quoted = quantities(text[span.start : span.end])
    if not quoted or span.end - span.start > _LONGEST_DETAIL or MARK in text[span.start : span.end]:
        return draft
    coined = not quoted[0].unit and _NEXT_WORD.match(text, span.start + quoted[0].end)  # "3.20 crowns"
    if not quoted[0].unit and not coined:
        return draft
    around = next(((a, b) for a, b in sentences(text) if a <= span.start < b), None)
    if around is None or MARK in text[slice(*around)]:
        return draft
    question = simplified(request.question)
    word = _unit_word(text, quoted[0], span.start) if coined or _ASKS_UNIT.search(question) else ""
    asked = _tokens(question)
    better = _asked_for(asked, span, _parts(text, around, quoted[0].unit, word))
    better = better or _asked_for(asked, span, _beside(text, around, quoted[0].unit, word), least=_LEAST_BESIDE)
    if better is None:
        return draft
    start, end = with_bound(text, _shifted(better.figures[0], better.start))
    moved = replace(span, start=start, end=end)
    return replace(draft, text=chunk.text[start:end], spans=(moved,))


def _beside(text: str, sentence: tuple[int, int], unit: str, word: str) -> list[_Part]:
    """The sentence and those of its paragraph next to it that have figures of the unit."""
    places = sentences(text)
    at = places.index(sentence)
    near = [
        (a, b)
        for n, (a, b) in enumerate(places)
        if abs(n - at) <= 1 and "\n\n" not in text[min(b, sentence[1]) : max(a, sentence[0])] and MARK not in text[a:b]
    ]
    parts = [_Part(a, b, _tokens(text[a:b]), _figures(text, a, b, unit, word)) for a, b in near]
    return [part for part in parts if part.figures]


def _of_its_number(request: AnswerRequest, draft: Draft) -> Draft | None:
    """The draft with the clause of the asked number or class, where what is quoted is of others; refused where there is
    no clause of the asked class; None where it is not so."""
    span = draft.spans[0]
    text = simplified(request.hits[span.hit].chunk.text)
    question = simplified(request.question)
    asked = told_apart(question)
    if not asked:
        return None
    for cut, alone in ((_HARD_CUT_ZH, True), (_SOFT_CUT, False)):
        clauses = [piece for place in sentences(text) for piece in _clauses(text, place, cut)]
        said = "\n".join(text[a:b] for a, b in clauses if a < span.end and span.start < b)
        others = of_others(question, said)
        held = [(a, b) for a, b in clauses if all(told_apart(text[a:b]).get(f, set()) & asked[f] for f in others)]
        if others and held:
            start, end = min(held, key=lambda place: abs(place[0] - span.start))
            moved = replace(span, start=start, end=end)
            return replace(draft, text=request.hits[span.hit].chunk.text[start:end], spans=(moved,))
        if others & CLASSES and alone:
            return Draft("", refused=True, confidence=min(draft.confidence, OF_ANOTHER), model=draft.model)
    return None


def _clauses(text: str, sentence: tuple[int, int], cut: re.Pattern[str]) -> list[tuple[int, int]]:
    cuts = [sentence[0], *(c.end() for c in cut.finditer(text, *sentence)), sentence[1]]
    return [trim(text, a, b) for a, b in pairwise(cuts) if text[a:b].strip()]


def _parts(text: str, sentence: tuple[int, int], unit: str, word: str) -> list[_Part]:
    """The parts of the sentence, each with figures of the unit. What has none goes with the figure before it; in
    Chinese, where the case is told first, with the one behind."""
    start, stop = sentence
    chinese = bool(_HAN.search(text, start, stop))

    def figures(a: int, b: int) -> tuple[Quantity, ...]:
        return _figures(text, a, b, unit, word)

    def cut(at: re.Pattern[str]) -> list[tuple[int, int]]:
        cuts = [start, *(c.end() for c in at.finditer(text, start, stop) if not _in_figure(text, c)), stop]
        return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]

    pieces = cut(_HARD_CUT_ZH if chinese else _CUT)
    if chinese and sum(bool(figures(*piece)) for piece in pieces) < 2:
        pieces = cut(_CUT_ZH)
    joined: list[tuple[int, int]] = []
    for a, b in pieces:
        waits = bool(joined) and not figures(*joined[-1])
        if joined and (waits or not (chinese or figures(a, b))):
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    if not chinese and (led := next((a for a, b in pieces if figures(a, b)), start)) > start:
        joined[0] = (led, joined[0][1])  # "For critical equipment, ..." is said of all of them
    parts = [_Part(a, b, _tokens(text[a:b]), found) for a, b in joined if (found := figures(a, b))]
    return [replace(parts[0], tokens=_tokens(text[_case(text, parts) : parts[0].end])), *parts[1:]] if parts else []


def _case(text: str, parts: Sequence[_Part]) -> int:
    """Where the case of the first part begins: behind what is said of all, "The Margin is" or "补贴标准为："."""
    first = parts[0]
    colon = max(text.rfind("：", first.start, first.start + first.figures[0].start), first.start - 1) + 1
    follow = [text[part.start : part.start + part.figures[0].start].strip() for part in parts[1:]]
    return first.start + first.figures[0].start if follow and not any(follow) else colon


def _figures(text: str, a: int, b: int, unit: str, word: str) -> tuple[Quantity, ...]:
    """The figures of the unit in text[a:b], written with the word where there is one."""
    return tuple(q for q in quantities(text[a:b]) if q.unit == unit and word in ("", _unit_word(text, q, a)))


def _unit_word(text: str, q: Quantity, by: int) -> str:
    """The unit as it is written: days and years are both times, and no alternatives."""
    said = text[by + q.start : by + q.end].rstrip()
    if not q.unit and (word := _NEXT_WORD.match(text, by + q.end)):
        said = word[1]  # 3.20 crowns
    return said[-1:] if _HAN.search(said[-1:]) else said.split()[-1].lower().rstrip("s") if said.split() else ""


def _in_figure(text: str, cut: re.Match[str]) -> bool:
    """Whether the comma parts thousands: "16,500"."""
    return text[cut.start() - 1 : cut.start()].isdigit() and text[cut.end() : cut.end() + 1].isdigit()


def _asked_for(asked: frozenset[str], span: Span, parts: Sequence[_Part], least: int = 1) -> _Part | None:
    """The one part of whose words of its own the question has `least`, where it has none of the quoted part's own."""
    own = next((part for part in parts if part.start <= span.start < part.end), None)
    if own is None or len(parts) < 2:
        return None
    scores = {}
    for part in parts:
        others = frozenset().union(*(other.tokens for other in parts if other is not part))
        scores[part.start] = len(asked & (part.tokens - others))
    best = [part for part in parts if scores[part.start] == max(scores.values())]
    enough = max(scores.values()) >= least and not scores[own.start]
    # pairs of characters agree by chance, the first part says what is said of all: 试用期内辞职提前三日，转正后三十日
    enough = enough or (scores[own.start] == 1 and max(scores.values()) > 1 and any(_HAN.match(t) for t in asked))
    return best[0] if enough and len(best) == 1 else None


def _tokens(text: str) -> frozenset[str]:
    """Stems, figures, letters that name ("Tranche A"), without the parties' roles; Chinese in pairs."""
    found = {letter[0] for letter in _LETTER.finditer(text)} | words(ROLE.sub(" ", text), "en") - _COUNTS
    for run in _HAN_RUN.findall(text):
        found |= {run[i : i + 2] for i in range(len(run) - 1)}
    return frozenset(found)


def _shifted(q: Quantity, by: int) -> Quantity:
    return replace(q, start=q.start + by, end=q.end + by)
