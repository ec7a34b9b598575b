"""The figures of a run, from its records alone: no model is called, the same records give the same bytes.

`rows` scores each question; `score` sums up: all, by category, by language, by corpus, each mean with its interval.
Times and cost are kept apart (`times`): they differ between two runs that are otherwise equal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.corpora import GoldSpan, Question
from sparewheel.eval import aggregates
from sparewheel.eval.measures import best, exact_match, overlap, token_f1
from sparewheel.eval.retrieval import ranking_scores
from sparewheel.eval.runs import Record, iter_records, question_of
from sparewheel.eval.significance import interval, mean_interval
from sparewheel.eval.strict import contains, focus, numbers_right, strict_f1
from sparewheel.eval.suites import known
from sparewheel.eval.verdict import right, verdict

# Means of values of single questions; the questions a value does not apply to are left out of its mean.
MEANS = (
    *(
        "right",
        "partly",
        "refused_though_there",
        "wrong_given",
        "numbers_right",
        "contains",
        "answer_focus",
        "strict_f1",
        "f1",
        "em",
        "label_accuracy",
    ),
    *("citation_hit", "citation_precision", "citation_recall"),
    *("document_cited", "document_found"),
    *("evidence_precision", "evidence_recall", "evidence_f1", "recall_at_5", "recall_at_8", "precision_at_5"),
    *("mrr", "ndcg_at_10", "answered_share", "failed_share", "degraded_share", "verified_share"),
)
SCORED_ONLY = frozenset({"evidence", "attempts", "relevant", "question"})
GIVEN = {"partly": "partly", "refused_though_there": "refused", "wrong_given": "wrong"}  # measure -> verdict
STRICT: Mapping[str, Callable[[str, str], float]] = {
    "strict_f1": strict_f1,
    "numbers_right": numbers_right,
    "contains": contains,
    "answer_focus": focus,
}


@dataclass(frozen=True)
class Row:
    """One question with its values, 0..1 each; a measure that does not apply is not in `values`."""

    record: Record
    question: Question
    values: Mapping[str, float]

    @property
    def document(self) -> str:
        """The document that its questions share, so that they are no independent draws; the id where none is known."""
        return self.question.document_id or next((s.document_id for s in self.question.gold), self.question.id)

    @property
    def answered(self) -> bool:
        return bool(self.record["outcome"] == "answered")


BATCH = 500  # records scored at once: the passages of 20,000 questions need not be held


def rows(records: Iterable[Record]) -> list[Row]:
    """The records scored, in their order. A row keeps the record without what is only scored: passages and attempts."""
    found: list[Row] = []
    left = iter(records)
    while batch := list(islice(left, BATCH)):
        rankings = {r["id"]: {str(h["chunk_id"]): -float(i) for i, h in enumerate(r["evidence"])} for r in batch}
        relevant = {r["id"]: [str(chunk) for chunk in r["relevant"]] for r in batch if r["relevant"]}
        ranked = ranking_scores(rankings, relevant)
        for record in batch:
            question = question_of(record)
            values = {**_values(record, question), **ranked.get(record["id"], {})}
            found.append(Row({k: v for k, v in record.items() if k not in SCORED_ONLY}, question, values))
    return found


def _values(record: Record, question: Question) -> dict[str, float]:
    """A refused or failed question has no answer: it scores 0 where an answer was right."""
    answered = record["outcome"] == "answered"
    text = record["text"] if answered else ""
    values: dict[str, float | None] = {
        "answered_share": float(answered),
        "failed_share": float(record["outcome"] == "failed"),
        "degraded_share": float(record["degraded"]),
    }
    if answered and record["citations"]:
        values["verified_share"] = float(np.mean([c["verified"] for c in record["citations"]]))
    if question.answerable and question.answers and not question.label:
        values["f1"] = best(token_f1, text, question.answers, question.language) if answered else 0.0
        values["em"] = best(exact_match, text, question.answers, question.language) if answered else 0.0
        for name, measure in STRICT.items():
            values[name] = max(measure(text, reference) for reference in question.answers) if answered else 0.0
    if question.label:
        values["label_accuracy"] = float(answered and record["label"] == question.label)
    if known(question):
        values["right"] = right(question, record)
        if values["right"] is not None:
            got = verdict(question, record)
            values |= {name: float(got == of) for name, of in GIVEN.items()}
    if question.gold:
        cited = overlap(_spans(record["citations"]), question.gold)
        shown = overlap(_spans(record["evidence"]), question.gold)
        values |= {"citation_recall": cited.recall, "citation_hit": float(cited.common > 0)}
        values |= {"citation_precision": cited.precision, "evidence_precision": shown.precision}
        values |= {"evidence_recall": shown.recall, "evidence_f1": shown.f1}
    documents = {question.document_id} if question.document_id else {span.document_id for span in question.gold}
    if documents and not record.get("within_document"):  # where only one document is asked, it is the right one
        values["document_cited"] = float(any(cited["document_id"] in documents for cited in record["citations"]))
        values["document_found"] = float(any(shown["document_id"] in documents for shown in record["evidence"]))
    return {name: value for name, value in values.items() if value is not None}


def _spans(found: Sequence[Mapping[str, Any]]) -> list[GoldSpan]:
    return [GoldSpan(item["document_id"], item["start"], item["end"]) for item in found]


# ---------------------------------------------------------------- many questions


@dataclass(frozen=True)
class Columns:
    """The rows as arrays, for the measures that are no mean."""

    known: aggregates.Bools
    answerable: aggregates.Bools
    refused: aggregates.Bools
    answered: aggregates.Bools
    confidence: aggregates.Floats
    right: aggregates.Floats  # nan where not known
    label: aggregates.Labels
    gold_label: aggregates.Labels

    def at(self, drawn: NDArray[np.int64]) -> Columns:
        """The rows of these numbers."""
        return Columns(*(getattr(self, name)[drawn] for name in self.__dataclass_fields__))


def columns(of: Sequence[Row]) -> Columns:
    """As arrays of `len(of)` rows."""
    return Columns(
        known=np.array([known(r.question) for r in of], bool),
        answerable=np.array([r.question.answerable for r in of], bool),
        refused=np.array([r.record["outcome"] == "refused" for r in of], bool),
        answered=np.array([r.answered for r in of], bool),
        confidence=np.array([r.record["confidence"] for r in of], float),
        right=np.array([r.values.get("right", math.nan) for r in of], float),
        label=np.array([r.record["label"] if r.answered else "" for r in of], str),
        gold_label=np.array([r.question.label for r in of], str),
    )


def _labels(c: Columns) -> float:
    asked = c.gold_label != ""
    return aggregates.macro_f1(c.label[asked], c.gold_label[asked])


def _of_answers(measure: Callable[[aggregates.Floats, aggregates.Floats], float], c: Columns) -> float:
    kept = c.answered & ~np.isnan(c.right)
    return measure(c.confidence[kept], c.right[kept])


REFUSALS: Mapping[str, Callable[[Columns], aggregates.Bools]] = {  # whose mean the measure is
    "refusal_precision": lambda c: ~c.answerable[c.known & c.refused],
    "refusal_recall": lambda c: c.refused[c.known & ~c.answerable],
}
OTHERS: Mapping[str, Callable[[Columns], float]] = {
    "label_macro_f1": _labels,
    "aurc": lambda c: _of_answers(lambda sure, right: aggregates.aurc(sure, 1 - right), c),
    "calibration_error": lambda c: _of_answers(aggregates.calibration_error, c),
}

Figure = dict[str, float | int]


def summary(of: Sequence[Row], others: bool = True) -> dict[str, Figure]:
    """Measure -> {value, low, high, n}, each question counting once (micro); without measures of no question.

    others: the measures that are no mean, too; of a handful of questions they say nothing.
    """
    found: dict[str, Figure] = {}
    for name in MEANS:
        having = [row for row in of if name in row.values]
        values = np.array([row.values[name] for row in having], float)
        groups = [row.document for row in having]
        if len(values):
            found[name] = _figure(float(values.mean()), mean_interval(values, groups), len(values))
    table = columns(of)
    for name, share in REFUSALS.items() if others else ():
        said = share(table)
        if len(said):
            found[name] = _figure(float(said.mean()), mean_interval(said.astype(float)), len(said))
    for name, measure in OTHERS.items() if others else ():
        value = measure(table)
        if not math.isnan(value):
            bounds = interval(len(of), lambda drawn, measure=measure: measure(table.at(drawn)))  # type: ignore[misc]
            found[name] = _figure(value, bounds, len(of))
    return found


def _figure(value: float, bounds: tuple[float, float], n: int) -> Figure:
    return {"value": round(value, 6), "low": round(bounds[0], 6), "high": round(bounds[1], 6), "n": n}


def score(of: Sequence[Row]) -> dict[str, Any]:
    """All figures. `macro`: the mean over the categories, each counting once."""
    groups: Mapping[str, Callable[[Row], str]] = {
        "by_category": lambda row: row.question.category,
        "by_language": lambda row: row.question.language,
        "by_corpus": lambda row: str(row.record["corpus"]),
    }
    found: dict[str, Any] = {"questions": len(of), "overall": summary(of)}
    for name, key in groups.items():
        names = sorted({key(row) for row in of})
        found[name] = {
            group: summary([row for row in of if key(row) == group], name != "by_category") for group in names if group
        }
    categories = found["by_category"].values()
    found["macro"] = {
        name: round(float(np.mean([c[name]["value"] for c in categories if name in c])), 6)
        for name in MEANS
        if any(name in c for c in categories)
    }
    return found


def times(of: Sequence[Row]) -> dict[str, float]:
    """Seconds of a question (median, 99th percentile; failed ones included) and US dollars of them all."""
    seconds = [row.record["timings"]["total"] for row in of if "total" in row.record["timings"]]
    p50, p99 = np.quantile(seconds, [0.5, 0.99]) if seconds else (0.0, 0.0)
    cost = sum(row.record["usage"]["cost_usd"] for row in of)
    return {"p50_s": round(float(p50), 3), "p99_s": round(float(p99), 3), "cost_usd": round(float(cost), 6)}


def score_folder(folder: Path) -> dict[str, Any]:
    """Writes scores.json and times.json beside the records; returns both, times under "times"."""
    scored = rows(iter_records(folder))
    found, took = score(scored), times(scored)
    for name, values in (("scores.json", found), ("times.json", took)):
        text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return {**found, "times": took}
