"""What an exported file says, whatever its format: a list of blocks, top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sparewheel.app import view
from sparewheel.app.kept.history import Turn
from sparewheel.app.words import Language, Wording, say

Kind = Literal["title", "question", "answer", "meta", "source", "quote", "note", "disclaimer"]

TITLE: Wording = ("Answers from {corpus}", "来自 {corpus} 的答案")
FROM: Wording = ("From {corpus}", "来自 {corpus}")
ANSWERED_BY: Wording = ("Answered by: {who}", "回答者：{who}")
ASKED_AT: Wording = ("Asked on {at}", "提问时间：{at}")
SOURCES: Wording = ("Sources", "依据")
CLOSEST: Wording = ("Closest passages", "最接近的段落")
NOTE: Wording = ("Note: {note}", "注意：{note}")
STOPPED: Wording = ("This answer was stopped before it was finished.", "该答案在完成之前被停止。")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph. of a "source" the text is the reference, and the "quote" behind it the words quoted."""

    kind: Kind
    text: str


def blocks(turns: Sequence[Turn], language: Language, disclaimer: str = "") -> list[Block]:
    """Title, then of each turn question, answer, who answered and when, notes and sources; the disclaimer last."""
    corpora = list(dict.fromkeys(turn.answer.corpus for turn in turns))
    made = [Block("title", say(TITLE, language, corpus=", ".join(corpora)))] if turns else []
    for turn in turns:
        made += _turn(turn, language, several=len(corpora) > 1)
    if disclaimer:
        made.append(Block("disclaimer", disclaimer))
    return [Block(block.kind, _clean(block.text)) for block in made]


def _turn(turn: Turn, language: Language, *, several: bool) -> Iterator[Block]:
    """several: corpora were asked, so each answer says which it is from."""
    answer = turn.answer
    yield Block("question", turn.question)
    if several:
        yield Block("meta", say(FROM, language, corpus=answer.corpus))
    for line in view.heading(answer, language):
        yield Block("meta", line)
    if text := view.text(answer, language):
        yield Block("answer", text.replace(view.JOINER, ""))
    facts = [say(ANSWERED_BY, language, who=view.badge(answer, language).text)]
    facts += [fact for fact in (view.confidence(answer, language), answer.model) if fact]
    if turn.at:
        facts.append(say(ASKED_AT, language, at=turn.at[:16].replace("T", " ") + " UTC"))
    yield Block("meta", " · ".join(facts))
    if view.STOPPED in answer.notes:
        yield Block("note", say(STOPPED, language))
    for note in view.notes(answer, language):
        yield Block("note", say(NOTE, language, note=note))
    cards = view.cards(answer, language)
    if not cards and answer.outcome != "answered":
        cards = view.others(answer, language, view.CLOSEST)
    if cards:
        yield Block("meta", say(SOURCES if answer.citations else CLOSEST, language))
    for card in cards:
        where = "，" if language == "zh" else ", "
        name = card.document_id if card.document_id != card.title else ""
        number = f"[{card.marker}] " if card.marker else ""
        yield Block("source", number + where.join(part for part in (card.title, name, card.place) if part))
        yield Block("quote", " ".join((card.quote or "".join(s.text for s in card.passage)).split()))


def _clean(text: str) -> str:
    """Without the control characters that Word's XML cannot hold."""
    return "".join(
        c for c in text if c in "\n\t" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")
    )
