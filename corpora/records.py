"""The records of a data set: a question with its gold answer, and graded relevance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Qrels = Mapping[str, Mapping[str, int]]  # question id -> document id -> grade (1 or more: relevant)
Label = Literal["yes", "no", "maybe", ""]


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Characters [start, end) of `Document.text` of the document `document_id`."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question and what is known of its answer.

    answers: every reference wording, the first preferred; () when not answerable, or only `gold` or `label` is known.
    document_id: the document the question is asked on; None when it is asked on the whole collection.
    gold: where the answers (or the evidence) stand; () where the set gives no place.
    passage: the part of that document the annotator saw, where it is not the whole document.
    evidence: wording of the gold span where its place depends on how the file is read (`own.located` finds it).
    history: (question, answer) pairs before it, oldest first.
    parts: a list is asked for, and each of these must be said. documents: all that the answer has to name or cite.
    within: only `document_id` is asked, not the whole collection.
    label: the answer to a yes/no question, else "". category: the set's own grouping, "" without one.
    """

    id: str
    text: str
    answers: tuple[str, ...] = ()
    document_id: str | None = None
    gold: tuple[GoldSpan, ...] = ()
    answerable: bool = True
    label: Label = ""
    category: str = ""
    language: str = "en"
    passage: GoldSpan | None = None
    evidence: str = ""
    history: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    within: bool = False
