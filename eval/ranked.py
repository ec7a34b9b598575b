"""How well the documents of a BEIR folder are found: the product's own search, measured with graded relevance.

    measured = measure(Path("scifact"), "test", settings)
    measured.figures["nDCG@10"].value

Passages are searched; a document stands where its best passage does. Questions whose search failed count 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from sparewheel.corpora.loaders import beir
from sparewheel.corpora.records import Qrels, Question
from sparewheel.eval.significance import mean_interval
from sparewheel.rag.errors import SparewheelError, UsageError
from sparewheel.rag.types import Document, Hit

MEASURES = ("nDCG@10", "R@10", "R@100", "RR@10", "P@1")
DEPTH = 100  # documents of a ranking
PASSAGES = 3 * DEPTH  # that are searched: several are of one document
BATCH = 500  # documents that are read in at a time

Search = Callable[[str, int], Sequence[Hit]]  # question, passages -> best first
Ranking = Mapping[str, float]  # document -> score, higher is better


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over the questions, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measured:
    """questions: all that were judged, the failed ones with them."""

    documents: int
    questions: int
    failed: int
    figures: Mapping[str, Figure]
    rankings: Mapping[str, Ranking]


def batches(folder: Path) -> Iterator[list[Document]]:
    """The documents, so many at a time."""
    found = beir.documents(folder)
    while batch := list(islice(found, BATCH)):
        yield batch


def ranked(hits: Sequence[Hit]) -> dict[str, float]:
    """Document -> score, by the place of its best passage; at most DEPTH."""
    order = list(dict.fromkeys(hit.chunk.document_id for hit in hits))[:DEPTH]
    return {document: float(DEPTH - place) for place, document in enumerate(order)}


def measure(
    folder: Path,
    split: str,
    search: Search,
    limit: int | None = None,
    on_done: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Asks the questions of a split. limit: only the first so many. Raises UsageError where the folder has none."""
    qrels = beir.qrels(folder, split)
    asked = list(islice(beir.questions(folder, split), limit))
    if not asked:
        raise UsageError(f"{folder}: no question of queries.jsonl is judged in qrels/{split}.tsv")
    rankings: dict[str, Ranking] = {}
    failed = 0
    for number, question in enumerate(asked, 1):
        try:
            rankings[question.id] = ranked(search(question.text, PASSAGES))
        except SparewheelError:
            failed += 1
        on_done(number, len(asked))
    values = scores(rankings, qrels, asked)
    figures = {name: Figure(float(np.mean(each)), *mean_interval(np.array(each))) for name, each in values.items()}
    documents = sum(1 for _ in beir.documents(folder))
    return Measured(documents, len(asked), failed, figures, rankings)


def scores(rankings: Mapping[str, Ranking], qrels: Qrels, asked: Sequence[Question]) -> dict[str, list[float]]:
    """Measure -> a value for every question, in order; by ir-measures, graded."""
    import ir_measures
    from ir_measures import Qrel, ScoredDoc

    judged = [Qrel(q.id, document, grade) for q in asked for document, grade in qrels[q.id].items()]
    scored = [ScoredDoc(id, document, score) for id, ranking in rankings.items() for document, score in ranking.items()]
    place = {question.id: number for number, question in enumerate(asked)}
    values: dict[str, list[float]] = {name: [0.0] * len(asked) for name in MEASURES}
    measures: dict[Any, str] = {ir_measures.parse_measure(name): name for name in MEASURES}
    for metric in ir_measures.iter_calc(list(measures), judged, scored) if scored else ():
        values[measures[metric.measure]][place[metric.query_id]] = float(metric.value)
    return values


def write_run(measured: Measured, name: str, path: Path) -> None:
    """The rankings as a TREC run: question, Q0, document, place, score, name."""
    lines = [
        f"{question} Q0 {document} {place} {score:g} {name}\n"
        for question, ranking in measured.rankings.items()
        for place, (document, score) in enumerate(ranking.items(), 1)
    ]
    path.write_text("".join(lines), encoding="utf-8")
