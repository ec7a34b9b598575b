"""A review table: questions asked of documents. Its cells are the store's: two tables that ask the same share them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sparewheel.rag.errors import UsageError
from sparewheel.rag.review.cell import Cell, question_key

Answerers = Literal["order", "local"]  # every answerer of the policy's order, or only those on this machine
MOST_QUESTIONS = 200  # of one table


@dataclass(frozen=True, slots=True)
class Column:
    """A question of a table. name: a few words that head its column."""

    name: str
    question: str


@dataclass(frozen=True, slots=True)
class Table:
    """id: a few letters, within its corpus. documents: patterns of document ids ("leases/*.pdf"); empty: all that are
    there. owner: name of the user who made it, "" for the local owner. at: ISO 8601, UTC."""

    id: str
    name: str
    columns: tuple[Column, ...]
    documents: tuple[str, ...] = ()
    answerers: Answerers = "order"
    owner: str = ""
    at: str = ""

    def chosen(self, ids: Iterable[str]) -> list[str]:
        """Those of the document ids that the table is about, in their order.

        Raises UsageError for a pattern that fits none.
        """
        ids = list(ids)
        if not self.documents:
            return ids
        for pattern in self.documents:
            if not any(_fits(id, pattern) for id in ids):
                raise UsageError(f"no document fits {pattern!r}; there are {', '.join(ids[:3]) or 'none'}, …")
        return [id for id in ids if any(_fits(id, pattern) for pattern in self.documents)]

    def seen_by(self, ids: Sequence[str]) -> Table | None:
        """The table for somebody who sees these documents alone: without patterns that fit none of them, which would
        tell of others; None where it is about others only."""
        if not self.documents:
            return self
        patterns = tuple(pattern for pattern in self.documents if any(_fits(id, pattern) for id in ids))
        return replace(self, documents=patterns) if patterns else None


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a table is filled. corrected and approved count cells; outdated: of documents that changed since."""

    cells: int
    asked: int = 0
    answered: int = 0
    failed: int = 0
    corrected: int = 0
    approved: int = 0
    outdated: int = 0


def columns_of(questions: Iterable[str | tuple[str, str] | Column]) -> tuple[Column, ...]:
    """Questions as columns: words alone, (name, question), or columns. Raises UsageError where there are none, too
    many, or one twice."""
    made: list[Column] = []
    for given in questions:
        if isinstance(given, Column):
            made.append(given)
        elif isinstance(given, str):
            made.append(Column(short_name(given), given.strip()))
        else:
            made.append(Column(given[0].strip(), given[1].strip()))
    made = [column for column in made if column.question]
    if not made:
        raise UsageError("no question is given; write one on each line, or name a set: --set contracts")
    if len(made) > MOST_QUESTIONS:
        raise UsageError(f"{len(made)} questions are given, a table has at most {MOST_QUESTIONS}; make two tables")
    keys = [question_key(column.question) for column in made]
    for key, column in zip(keys, made, strict=True):
        if keys.count(key) > 1:
            raise UsageError(f"{column.question!r} is asked twice; leave one of the two out")
    return tuple(made)


def short_name(question: str, chars: int = 48) -> str:
    """The first words of a question, as the head of its column."""
    text = " ".join(question.split())
    return text if len(text) <= chars else text[: chars - 1].rsplit(" ", 1)[0].rstrip() + "…"


def tally(columns: Sequence[Column], shas: Mapping[str, str], cells: Iterable[Cell]) -> Tally:
    """Counts the cells of these questions and documents. shas: document id to its sha256 as it is now."""
    keys = {question_key(column.question) for column in columns}
    own = [cell for cell in cells if cell.key in keys and cell.document_id in shas]
    return Tally(
        len(keys) * len(shas),
        len(own),
        sum(bool(cell.text) for cell in own),
        sum(cell.answer.outcome == "failed" for cell in own),
        sum(cell.correction is not None for cell in own),
        sum(cell.approval is not None for cell in own),
        sum(not cell.is_of(shas[cell.document_id]) for cell in own),
    )


def _fits(id: str, pattern: str) -> bool:
    return id == pattern or fnmatch.fnmatchcase(id, pattern) or fnmatch.fnmatchcase(id.rpartition("/")[2], pattern)
