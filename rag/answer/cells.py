"""Answers from tables: the cell that a question names by its row and its column, quoted with both names.

Each line of a table in a passage says row, column and cell (`rag.table_text`). Where the question names a row and a
column better than any other, the answer is looked up, not read: a network confuses "1-5 years" with "6-12 years", words
do not. A cell that the table leaves empty is no answer, and the cell beside it is not, either.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.table_text import MARK, VALUE, cell_line_at, is_empty_cell
from sparewheel.rag.types import AnswerRequest, Draft, Hit, Span

CONFIDENCE = 0.9  # share of looked-up cells that are right, benchmarks/results/tables.json
_LEAST_ROW = 0.5  # of the weight of a row's name that the question must say
_LEAST_COLUMN = 0.3  # of the weight of a column's name
_UNSAID = 0.35  # what a word of a row's name costs that the question does not say, of its weight
_TOKEN = re.compile(r"\d+(?:[.,:/–-]\d+)*|[^\W\d_\u3400-\u9fff]+|[\u3400-\u9fff]+")
_ENDING = re.compile(r"(?:ies|es|s|ly|ing|ed|al)$")
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\S+",
        "a an the of in on at for to by is are was be and or per with from what which who how much many when "
        "does do did under after before must may can within ltd llc inc gmbh eur usd gbp euro euros this that "
        "it there ",
    )
)


@dataclass(frozen=True, slots=True)
class _Cell:
    hit: int
    start: int
    end: int
    row: tuple[str, ...]
    column: tuple[str, ...]
    empty: bool


def cell_asked_for(request: AnswerRequest) -> Draft | None:
    """The cell whose row and column the question names, as a quote of its line; refused where the cell is empty; None
    where the question names no cell, or several as well as one another."""
    if form_of(request.question, request.language).form == "yes-no":
        return None
    cells = [cell for i, hit in enumerate(request.hits) for cell in _cells(i, hit)]
    asked = set(_words(request.question))
    if not cells or not asked:
        return None
    row_weight = _weights({cell.row for cell in cells})
    column_weight = _weights({cell.column for cell in cells})
    scored = []
    for cell in cells:
        row, full = _score(cell.row, asked, row_weight)
        column, share = _score(cell.column, asked, column_weight)
        if row > 0 and column > 0 and full >= _LEAST_ROW and share >= _LEAST_COLUMN:
            scored.append((row, column, cell))
    if not scored:
        return None
    best_row = max(row for row, _, _ in scored)
    same_row = [(column, cell) for row, column, cell in scored if row > best_row - 1e-9]
    if len({cell.row for _, cell in same_row}) > 1:
        return None
    best_column = max(column for column, _ in same_row)
    found = [cell for column, cell in same_row if column > best_column - 1e-9]
    texts = {request.hits[cell.hit].chunk.text[cell.start : cell.end] for cell in found}
    if len(texts) > 1:
        return None
    cell = found[0]
    if cell.empty:
        return Draft("", refused=True, confidence=CONFIDENCE, model="table")
    span = Span(cell.hit, cell.start, cell.end, CONFIDENCE)
    return Draft(texts.pop(), (span,), confidence=CONFIDENCE, model="table")


def whole_cells(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft with each quote from a table as the whole line of its cell; refused where it rests on an empty one."""
    if draft.refused or not draft.spans:
        return draft
    spans: list[Span] = []
    changed = False
    for span in draft.spans:
        text = request.hits[span.hit].chunk.text
        line = cell_line_at(text, span.start)
        if line is None:
            spans.append(span)
            continue
        changed = True
        if is_empty_cell(text[line[0] : line[1]]):
            if not spans:
                return Draft("", refused=True, confidence=draft.confidence, model=draft.model)
            continue
        whole = Span(span.hit, line[0], line[1], span.score)
        if (whole.hit, whole.start) not in {(s.hit, s.start) for s in spans}:
            spans.append(whole)
    if not changed:
        return draft
    text = "; ".join(request.hits[s.hit].chunk.text[s.start : s.end] for s in spans)
    return replace(draft, text=text, spans=tuple(spans))


def _cells(number: int, hit: Hit) -> list[_Cell]:
    text = hit.chunk.text
    found: list[_Cell] = []
    if MARK not in text:
        return found
    start = 0
    for line in text.split("\n"):
        name, mark, rest = line.rpartition(MARK)
        header, value, _ = rest.partition(VALUE)
        if mark and value:
            found.append(_Cell(number, start, start + len(line), _words(name), _words(header), is_empty_cell(line)))
        start += len(line) + 1
    return found


def _words(text: str) -> tuple[str, ...]:
    """The words that say something, without their endings; a range of numbers is one; Chinese in pairs."""
    words: list[str] = []
    for token in _TOKEN.findall(text.casefold()):
        if token[0].isdigit():
            words.append(token.replace("–", "-"))
        elif "\u3400" <= token[0] <= "\u9fff":
            words += [token[i : i + 2] for i in range(max(len(token) - 1, 1))]
        elif token not in _EMPTY_WORDS:
            words.append(_ENDING.sub("", token)[:7] or token)
    return tuple(words)


def _weights(names: set[tuple[str, ...]]) -> dict[str, float]:
    """How much each word tells the names apart."""
    counts = Counter(word for name in names for word in set(name))
    return {word: math.log(1 + len(names) / count) for word, count in counts.items()}


def _score(name: Sequence[str], asked: set[str], weights: dict[str, float]) -> tuple[float, float]:
    """(weight of what the question says of the name less what it leaves unsaid, share that it says)."""
    said = sum(weights[word] for word in set(name) if word in asked)
    whole = sum(weights[word] for word in set(name))
    return (said - _UNSAID * (whole - said), said / whole) if said else (0.0, 0.0)
