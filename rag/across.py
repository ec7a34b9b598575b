"""A question about many documents, put to each of them: which say so, how many, what does each say.

    plan("Which contracts are governed by Delaware law?", known=["Which law governs the agreement?"])
        Plan("Which law governs the agreement?", "holds", ("Delaware",))     the cells that are there answer it
    plan("Which contracts have a cap?", known=[])
        Plan("Does the agreement have a cap?", "yes")                        it is asked of each document anew
    plan("Compare the notice periods.", known=[])
        Plan("What is the notice period?", "any")

`answered` makes one answer of the cells: every document is read, and what was not is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sparewheel.rag.answer.cite import LOCAL_READER
from sparewheel.rag.answer.digest import REQUEST, of_one, stems, values_of
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Chunk, Citation, Hit

TextAt = Callable[[str, int, int], str]  # document, start, end -> its characters
Test = Literal["holds", "yes", "any"]  # which cells count: those with the values, with a yes, all that say something
OTHER_WORDS = 1  # that a known question may have beside those of the question: it is about the same
NAMED = 5  # documents without an answer that are named
MOST_QUOTED = 300  # characters of what one document says

_WHICH = re.compile(
    r"^\W*(?:please )?(?P<how>which|what|how many)\s+(?:of\s+(?:the|my|our|these|those)\s+)?"
    r"(?P<noun>(?:[\w-]+\s+){0,2}?(?:contract|agreement|lease|nda|licen[cs]e|document|file|polic|leaflet|medicine|drug"
    r"|guideline|protocol|judgment)(?:s|ies))\s+(?P<rest>.+?)[?.\s]*$",
    re.IGNORECASE,
)
_WHICH_ZH = re.compile(
    r"^\W*(?:请问)?(?P<how>哪些|哪几份|哪几个|哪份|有?多少份|有?几份)(?P<noun>合同|协议|文档|文件|说明书|判决书?)(?P<rest>.+?)[？?。\s]*$"
)
_BE = re.compile(r"^(?:are|were)\s+", re.IGNORECASE)
_MODAL = re.compile(r"^(?P<verb>can|may|must|shall|will)\s+", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:no|not|never|without|lack|lacks|lacking|exclude|excludes|neither|nor|don[’']?t|isn[’']?t|aren[’']?t)\b"
    r"|没有|不(?!超过|少于|低于|得)|未|无|非",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"\b(?:more|less|fewer|longer|shorter|higher|lower|over|under|above|below|at least|at most|before|after|than|most"
    r"|longest|shortest|highest|lowest)\b|超过|少于|低于|高于|多于|以上|以下|最"
)
_ABOUT_ALL = re.compile(
    r"(?:are|is|were)\s+(?:there|in|here|loaded|indexed)\b|(?:do|have|did)\s+(?:you|we|i)\b|exist\b", re.IGNORECASE
)  # asks for the collection, not for what the documents say
_NO = re.compile(r"\W*(?:no\b|not\b|否|不|没有)", re.IGNORECASE)
_EACH = re.compile(
    r"\s+(?:of|in|from|for|under)\s+(?:each|every|all)(?:\s+of)?(?:\s+(?:the|my|our|these|those))?\s+[\w-]+(?=[\s?.]*$)"
    r"|(?:每份|各份|各个?)(?:合同|协议|文档|文件|说明书|判决书?)的?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """question: as it is put to one document. values: what a cell must hold, by `test`. counts: "how many"."""

    question: str
    test: Test
    values: tuple[str, ...] = ()
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Of:
    """A document in question. name: how a reader knows it."""

    id: str
    name: str
    sha256: str


def plan(question: str, known: Sequence[str]) -> Plan | None:
    """How the question is put to one document; None where that would not answer it: what is denied, or compared with a
    figure. known: questions that were asked of documents before, those of most documents first."""
    chinese = language_of(question) == "zh"
    which = (_WHICH_ZH if chinese else _WHICH).match(question)
    if which is None:
        topic = _EACH.sub("", of_one(question))
        return Plan(_known(topic, known) or topic, "any") if topic != question else None
    if _NOT.search(which["rest"]) or _WITHIN.search(which["rest"]) or _ABOUT_ALL.match(which["rest"]):
        return None
    values = tuple(values_of(question))
    counts = which["how"].casefold() in ("how many",) or "多少" in which["how"] or "几份" in which["how"]
    if values and (same := _known(which["rest"], known, values)):
        return Plan(same, "holds", values, counts)
    made = _put_zh(which["noun"], which["rest"]) if chinese else _put(which["rest"])
    return Plan(made, "yes", values, counts) if made else None


def _known(topic: str, known: Sequence[str], values: Sequence[str] = ()) -> str:
    """The question among the known that is about the same; "" where none is."""
    wanted = stems(topic) - stems(" ".join(values)) - REQUEST
    if not wanted:
        return ""
    near = [(len(words - wanted), one) for one in known if wanted <= (words := stems(one) - REQUEST)]
    best = min(near, key=lambda pair: pair[0], default=(OTHER_WORDS + 1, ""))
    return best[1] if best[0] <= OTHER_WORDS else ""


def _put(rest: str) -> str:
    """What the documents do, asked of one: "have a cap" -> "Does the agreement have a cap?"."""
    if found := _BE.match(rest):
        return f"Is the agreement {rest[found.end() :]}?"
    if found := _MODAL.match(rest):
        return f"{found['verb'].capitalize()} the agreement {rest[found.end() :]}?"
    first = rest.split()[0]
    if not re.fullmatch(r"[a-z]{2,}", first) or first in ("is", "was", "has", "does", "do", "did", "that", "which"):
        return ""
    return f"Does the agreement {rest}?"


def _put_zh(noun: str, rest: str) -> str:
    return f"{noun}{rest.removeprefix('是').removeprefix('都')}吗？"


def counts_in(plan: Plan, cell: Cell) -> bool:
    """Whether the document of the cell is one that is asked for."""
    text = " ".join((cell.text, *(c.quote for c in cell.answer.citations))).casefold()
    held = all(value.casefold() in text for value in plan.values)
    if not cell.text or not held:
        return False
    if plan.test != "yes":
        return True
    return cell.answer.label == "yes" if cell.correction is None else not _NO.match(cell.text)


def answered(
    answer: Answer,
    plan: Plan,
    documents: Sequence[Of],
    cells: Mapping[str, Cell],
    text_at: Callable[[str, int, int], str],
) -> Answer:
    """`answer` with what the cells say. cells: by document; a document without one was not read."""
    chinese = language_of(answer.question) == "zh"
    said = [of for of in documents if of.id in cells and counts_in(plan, cells[of.id])]
    rest = [of.name for of in documents if of.id in cells and of not in said]
    unread = [of.name for of in documents if of.id not in cells]
    lines = [_head(len(said), len(cells), chinese)] if plan.counts and said else []
    citations: list[Citation] = []
    for of in said:
        cell = cells[of.id]
        lines.append(f"{of.name}{'：' if chinese else ':'}\n- {_cut(' '.join(cell.text.split()))}")
        citations += [
            replace(c, marker=len(citations) + n, title=of.name) for n, c in enumerate(cell.answer.citations, 1)
        ]
    lines.append(_complete(plan, said, rest, unread, len(documents), chinese))
    hits = tuple(_evidence(cells[of.id], text_at, at) for at, of in enumerate(said) if cells[of.id].passages)
    by = [cells[of.id].answered_by for of in said] or [cell.answered_by for cell in cells.values()]
    sure = [cells[of.id].confidence for of in said]
    return replace(
        answer, text="\n".join(lines), outcome="answered" if said else "refused", citations=tuple(citations),
        evidence=tuple(hit for group in hits for hit in group), confidence=min(sure, default=0.0),
        answered_by=max(dict.fromkeys(by), key=by.count) if by else LOCAL_READER, model="review",
    )  # fmt: skip


def _evidence(cell: Cell, text_at: TextAt, at: int) -> tuple[Hit, ...]:
    """The passages that the cell rests on, as they stand."""
    page = next((c.page for c in cell.answer.citations), None)
    return tuple(
        Hit(
            Chunk(p.document_id, p.start, p.end, text_at(p.document_id, p.start, p.end), page=page), 1.0, at + n, "cell"
        )
        for n, p in enumerate(cell.passages, 1)
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_QUOTED else text[: MOST_QUOTED - 1].rstrip() + "…"


def _head(said: int, read: int, chinese: bool) -> str:
    return f"{read} 份中有 {said} 份。" if chinese else f"{said} of {read}."


def _complete(plan: Plan, said: Sequence[Of], rest: list[str], unread: list[str], total: int, chinese: bool) -> str:
    """ "(12 of 12 documents read: 3 say so; 9 do not: A; B; …)"."""
    read = total - len(unread)
    if chinese:
        line = f"（已读 {total} 份中的 {read} 份：{len(said)} 份{'有' if plan.test == 'any' else '符合'}"
        line += f"；{len(rest)} 份没有：{_names(rest, '、')}" if rest else ""
        return line + (f"；未读取：{_names(unread, '、')}）" if unread else "）")
    line = f"({read} of {total} documents read: {len(said)} {'say' if len(said) != 1 else 'says'} "
    line += "something" if plan.test == "any" else "so"
    line += f"; {len(rest)} {'do' if len(rest) != 1 else 'does'} not: {_names(rest, '; ')}" if rest else ""
    return line + (f"; not read: {_names(unread, '; ')})" if unread else ")")


def _names(names: list[str], between: str) -> str:
    return between.join(names[:NAMED]) + (f"{between}…" if len(names) > NAMED else "")
