"""What an exported table says of a cell, whatever the format. Cells of a spreadsheet never begin as a formula does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sparewheel.app import view
from sparewheel.app.words import Language
from sparewheel.app.words.page import say
from sparewheel.rag.review.cell import PERSON, Cell
from sparewheel.rag.review.sheet import Row, state_of

_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no XML, no Excel may hold them
LONGEST = 32_000  # characters of one cell of Excel, of which it allows 32,767


@dataclass(frozen=True, slots=True)
class Wanted:
    """link: where a document is opened, with the page where it is known; "" where nowhere. at: when it was exported."""

    corpus: str
    language: Language
    at: str = ""
    link: Callable[[Row, int | None], str] = lambda row, page: ""
    disclaimer: str = ""


def clean(text: str) -> str:
    """Without the characters that no spreadsheet or XML may hold."""
    return _UNREADABLE.sub("\ufffd", text)[:LONGEST]


def shown(cell: Cell | None, language: Language) -> str:
    """What stands in the cell: the answer on one line, or why there is none."""
    state = state_of(cell)
    if cell is None or state == "missing":
        return ""
    if state != "answered":
        return say(language, f"review_{state}")
    if cell.correction is not None:
        return clean(cell.text)
    return clean(" ".join(view.text(cell.answer, language).replace(view.JOINER, "").split()))


def who(cell: Cell, language: Language) -> str:
    """Who answered: the name of a person, or of the answerer with its model."""
    if cell.correction is not None:
        return person(cell.correction.by, language)
    answer = cell.answer
    return view.answerer(answer.answered_by, language, answer.model) if answer.answered_by else ""


def person(name: str, language: Language) -> str:
    """The name, or that it was the owner of the machine."""
    return clean(name) or say(language, "review_local_owner")


def sure(cell: Cell) -> float | None:
    """How sure, 0..1; None where nobody knows: a chat model wrote it, or a person did."""
    if cell.answered_by == PERSON or state_of(cell) != "answered":
        return None
    return view.probability(cell.answer)


def day(at: str) -> str:
    """ "2026-11-28 09:00 UTC" of a moment as it is kept."""
    return f"{at[:16].replace('T', ' ')} UTC" if at else ""
