"""Two questions in one: "押金多少，退租后多少天退？", "How do I store it, and how long does it keep?".

One quote answers one of them. Each is read by itself and answered under its own words; the one that no sentence answers
is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import words
from sparewheel.rag.types import AnswerRequest, Draft, Span

MOST = 3  # questions that one may hold
_ASKS = (
    r"(?:(?:for|by|in|at|on|until|since|to|with|from|under) )?(?:what|which|who|whom|whose|when|where|why"
    r"|how (?:long|much|many|often|soon|fast|old|far|big|do|does|is|are|should|can|must))"
)
_JOIN = re.compile(rf"\s*(?:,|;|\?)?\s+(?:and|and also|also)\s+(?={_ASKS}\b)|\s*[?;]\s+(?={_ASKS}\b)", re.IGNORECASE)
_OPENS = re.compile(
    rf"\s*(?:{_ASKS}|is|are|do|does|did|can|could|may|must|should|will|was|were|has|have)\b", re.IGNORECASE
)
_FRAGMENT = re.compile(r"(?:what|how) about\b|(?:what|why|how|when|where|who)$", re.IGNORECASE)
_JOIN_ZH = re.compile(r"[，,；;、？?]\s*(?:另外|还有|以及|并且|同时|而且|又)?|(?:以及|还有|并且)")
_ASKS_ZH = re.compile(
    r"什么|多少|多久|多长|多大|多高|几(?!乎)|怎么|怎样|如何|何时|哪|谁|是否|能否|[吗么]$|能不能|可不可以|要不要|有没有"
)
_CONDITION_ZH = re.compile(r"^(?:如果|要是|假如|若|当)|(?:的话|时|后|前|的时候|情况下)$")
_NOT_FOUND = ("(nothing found)", "（没有找到）")
_SAYS = {"yes": ("Yes", "是"), "no": ("No", "否"), "maybe": ("Maybe", "不一定")}


def parts_of(question: str, language: str) -> tuple[str, ...]:
    """The questions that a question holds, in order; () where it holds one."""
    text = form_of(question, language).text
    found = _chinese(text) if language == "zh" else _english(text)
    return tuple(found) if 1 < len(found) <= MOST else ()


def each_answered(request: AnswerRequest, parts: tuple[str, ...], answer: Callable[[AnswerRequest], Draft]) -> Draft:
    """One answer of those to the parts, each under its question; one draft alone where they quote the same place, the
    refusal of the whole where no part is answered."""
    drafts = [answer(replace(request, question=part, standalone="")) for part in parts]
    said = [draft for draft in drafts if not draft.refused]
    if not said:
        return drafts[0]
    if len(said) == len(parts) and len({draft.spans for draft in said}) == 1 and not any(d.label for d in said):
        return said[0]
    chinese = request.language == "zh"
    lines, spans = list[str](), list[Span]()
    for part, draft in zip(parts, drafts, strict=True):
        label = _SAYS[draft.label][chinese] + ("：" if chinese else ": ") if draft.label else ""
        quotes = [" ".join(request.hits[s.hit].chunk.text[s.start : s.end].split()) for s in draft.spans]
        lines.append(f"{part}{'' if chinese else ' '}{label}{'; '.join(quotes) or _NOT_FOUND[chinese]}")
        spans += draft.spans
    sure, once = min(draft.confidence for draft in said), tuple(dict.fromkeys(spans))
    return Draft("\n".join(lines), once, confidence=sure, model=said[0].model, lines=True)


def _english(text: str) -> list[str]:
    cuts = [0]
    stops = []
    for join in _JOIN.finditer(text):
        before, after = text[cuts[-1] : join.start()], text[join.end() :]
        if _OPENS.match(before) and words(before, "en") and _has_own(after):
            stops.append(join.start())
            cuts.append(join.end())
    pieces = [text[a:b].strip(" ,;?.") for a, b in zip(cuts, [*stops, len(text)], strict=True)]
    if any(_FRAGMENT.match(piece) for piece in pieces):
        return []  # a follow-up that was joined to the question before it
    return [f"{piece[:1].upper()}{piece[1:]}?" for piece in pieces]


def _has_own(rest: str) -> bool:
    """Whether the second question says what it is about: "and how much?" asks about the first one's thing."""
    return len(words(re.sub(rf"^\s*{_ASKS}\b", "", rest, flags=re.IGNORECASE), "en")) > 0


def _chinese(text: str) -> list[str]:
    pieces: list[str] = []
    waiting = ""
    for piece in _JOIN_ZH.split(text):
        waiting += piece.strip()
        if not waiting:
            continue
        if _ASKS_ZH.search(waiting) and not _CONDITION_ZH.search(waiting):
            pieces.append(waiting)
            waiting = ""
        else:
            waiting += "，"
    if waiting.strip("，"):  # what asks nothing belongs to what asks before it
        return []
    return [f"{piece.strip('，')}？" for piece in pieces]
