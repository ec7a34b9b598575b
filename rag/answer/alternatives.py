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

from sparewheel.rag.answer.detail import with_bound
from sparewheel.rag.answer.figures import Quantity, quantities
from sparewheel.rag.answer.verdict import SAID_FOR
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import sentences, simplified
from sparewheel.rag.types import AnswerRequest, Draft

_LONGEST_DETAIL = 60  # characters: what is longer is no figure that was pointed at, but a clause
_CUT = re.compile(r"[,;]\s*|\band\b|\bor\b|\bbut\b", re.IGNORECASE)
_CUT_ZH = re.compile(r"[，；]")
_HARD_CUT_ZH = re.compile(r"；")
_TOKEN = re.compile(r"[A-Za-z][\w’'-]*|\d+(?:[.,]\d+)*|[\u3400-\u9fff]+")
_SMALL = frozenset(
    re.findall(
        r"\S+",
        "a an the of in on at for to by from with and or is are was were be been it its this that which who what when "
        "where how much many long often does do did will would can could may must shall should if than as per each any "
        "my our your we i you he she they there not no get gets pay paid give given have has had year years day days "
        "month months week weeks",
    )
)  # fmt: skip
_NUMBERED = re.compile(  # what is told apart by a number or a letter: 第三年, "in 2003", "severity 2", "Tranche B"
    r"第(?P<zh>[一二三四五六七八九十\d]+)(?P<of>年|个月|月|期|级|次|季度|阶段|天)|\b(?P<year>(?:19|20)\d\d)\b"
    r"|\b(?P<noun>tranche|severity|stage|phase|category|grade|level|step|class|type|tier|year|month|week|visit)s? "
    r"(?P<name>(?-i:[A-Z])\b|\d+\b)",
    re.IGNORECASE,
)
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
    if draft.refused or draft.lines or draft.label or len(draft.spans) != 1:
        return draft
    if (numbered := _of_its_number(request, draft)) is not None:
        return numbered
    span = draft.spans[0]
    chunk = request.hits[span.hit].chunk
    text = simplified(chunk.text)
    quoted = quantities(text[span.start : span.end])
    if not quoted or span.end - span.start > _LONGEST_DETAIL or MARK in text[span.start : span.end]:
        return draft
    around = next(((a, b) for a, b in sentences(text) if a <= span.start < b), None)
    if around is None or MARK in text[slice(*around)]:
        return draft
    unit = _unit_word(text, quoted[0], span.start)
    parts = _parts(text, around, quoted[0].unit, unit)
    own = next((part for part in parts if part.start <= span.start < part.end), None)
    if own is None or len(parts) < 2:
        return draft
    better = _asked_for(_tokens(simplified(request.question)), own, parts)
    if better is None:
        return draft
    start, end = with_bound(text, _shifted(better.figures[0], better.start))
    moved = replace(span, start=start, end=end)
    return replace(draft, text=chunk.text[start:end], spans=(moved,))


def _of_its_number(request: AnswerRequest, draft: Draft) -> Draft | None:
    """The draft with the clause of the asked number, where what is quoted is of others; None where it is not so."""
    span = draft.spans[0]
    chunk = request.hits[span.hit].chunk
    text = simplified(chunk.text)
    asked = _numbers(simplified(request.question))
    clauses = [piece for place in sentences(text) for piece in _clauses(text, place)]
    own = next((text[a:b] for a, b in clauses if a <= span.start < b), "")
    told = _numbers(own)
    others = {family for family, names in asked.items() if told.get(family) and not names & told[family]}
    if not others:
        return None
    held = [(a, b) for a, b in clauses if all(_numbers(text[a:b]).get(f, set()) & asked[f] for f in others)]
    if not held:
        return None
    start, end = min(held, key=lambda place: abs(place[0] - span.start))
    moved = replace(span, start=start, end=end)
    return replace(draft, text=chunk.text[start:end], spans=(moved,))


def _numbers(text: str) -> dict[str, set[str]]:
    """Family -> the numbers or letters named: {"tranche": {"B"}}."""
    found: dict[str, set[str]] = {}
    for one in _NUMBERED.finditer(text):
        family = one["of"] or (one["noun"] or "year in figures").lower()
        found.setdefault(family, set()).add(one["zh"] or one["year"] or one["name"])
    return found


def _clauses(text: str, sentence: tuple[int, int]) -> list[tuple[int, int]]:
    cuts = [sentence[0], *(c.end() for c in _HARD_CUT_ZH.finditer(text, *sentence)), sentence[1]]
    return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]


def _parts(text: str, sentence: tuple[int, int], unit: str, word: str) -> list[_Part]:
    """The parts of the sentence, each with figures of the unit. What has none goes with the figure before it; in
    Chinese, where the case is told first, with the one behind."""
    start, stop = sentence
    chinese = bool(_HAN.search(text, start, stop))

    def figures(a: int, b: int) -> tuple[Quantity, ...]:
        return tuple(q for q in quantities(text[a:b]) if q.unit == unit and _unit_word(text, q, a) == word)

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
    parts = [_Part(a, b, _tokens(text[a:b]), found) for a, b in joined if (found := figures(a, b))]
    return [replace(parts[0], tokens=_tokens(text[_case(text, parts) : parts[0].end])), *parts[1:]] if parts else []


def _case(text: str, parts: Sequence[_Part]) -> int:
    """Where the case of the first part begins: behind what is said of all, "The Margin is" or "补贴标准为："."""
    first = parts[0]
    colon = max(text.rfind("：", first.start, first.start + first.figures[0].start), first.start - 1) + 1
    follow = [text[part.start : part.start + part.figures[0].start].strip() for part in parts[1:]]
    return first.start + first.figures[0].start if follow and not any(follow) else colon


def _unit_word(text: str, q: Quantity, by: int) -> str:
    """The unit as it is written: days and years are both times, and no alternatives."""
    said = text[by + q.start : by + q.end].rstrip()
    return said[-1:] if _HAN.search(said[-1:]) else said.split()[-1].lower().rstrip("s") if said.split() else ""


def _in_figure(text: str, cut: re.Match[str]) -> bool:
    """Whether the comma parts thousands: "16,500"."""
    return text[cut.start() - 1 : cut.start()].isdigit() and text[cut.end() : cut.end() + 1].isdigit()


def _asked_for(asked: frozenset[str], own: _Part, parts: Sequence[_Part]) -> _Part | None:
    """The one part whose words of its own the question has, where it has none of the quoted part's own."""
    scores = {}
    for part in parts:
        others = frozenset().union(*(other.tokens for other in parts if other is not part))
        scores[part.start] = len(asked & (part.tokens - others))
    best = [part for part in parts if scores[part.start] == max(scores.values())]
    return best[0] if len(best) == 1 and best[0] is not own and not scores[own.start] else None


def _tokens(text: str) -> frozenset[str]:
    """Words without the plural, figures, letters that name ("Tranche A"); Chinese in pairs."""
    found = {letter[0] for letter in _LETTER.finditer(text)}
    for token in _TOKEN.findall(text):
        if _HAN.match(token):
            found |= {token[i : i + 2] for i in range(len(token) - 1)}
        elif len(plain := SAID_FOR.get(token.lower(), token.lower())) > 1 and plain not in _SMALL:
            found.add(plain.removesuffix("s") if len(plain) > 3 else plain)
    return frozenset(found)


def _shifted(q: Quantity, by: int) -> Quantity:
    return replace(q, start=q.start + by, end=q.end + by)
