"""Fits how sure the chosen span is (`rag.answer.sureness`) on questions as people ask them; writes `sure` of a reader's
config.json. A minute of processor: no network learns anything.

    python -m training.reader.sureness --language en --folder OUT/reader-en --work DIR

The questions: the samples, the tuned half of the suite `asked`, and CUAD's natural wordings within ten held-out
contracts, seven in ten of them for a clause that the contract lacks. Each is answered by the product; what counts is
whether the sentence around its likeliest span is right. The thresholds are chosen by eye on what eight folds predict.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sparewheel.corpora import Question
from sparewheel.eval.asked.made import half
from sparewheel.eval.strict import agrees
from sparewheel.eval.suites import Part, index_documents, suite
from sparewheel.rag.answer.answerable import features
from sparewheel.rag.answer.question_form import Asked
from sparewheel.rag.answer.reader import Reader, chosen_by_the_asker
from sparewheel.rag.answer.sureness import NAMES, known_of
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.text import sentences
from sparewheel.rag.types import AnswerRequest, Span
from training.reader.answerable import PARTS
from training.reader.contracts import clause_questions
from training.reader.export import write_config

RISES = ("likely", "margin", "ahead", "behind", "near", "passage", "logit_ahead", "share", "first", "figure")
FALLS = ("nowhere", "rank", "no_figure", "numbers", "names")  # what may only lower it
PULL = 3.0  # towards 0, of weights of columns of unit variance
FOLDS = 8
CONTRACTS, CLAUSES = 10, 170


@dataclass(frozen=True)
class Seen:
    """The likeliest span of one question: what is known of it, its sentence and its place in the document."""

    language: str
    known: dict[str, float]
    sentence: str
    document: str
    start: int
    end: int


class Watching(Reader):
    """A reader that keeps what it knew of the last likeliest span of a search."""

    seen: Seen | None = None

    def likeliest(self, asked: Asked, request: AnswerRequest) -> tuple[Span, ...]:
        """As the reader's."""
        found = super().likeliest(asked, request)
        if found and not chosen_by_the_asker(request.hits):
            readings = self.readings(asked.text, request.hits)
            rows = features(asked, request.language, request.domain, readings, request.hits)
            first, chunk = found[0], request.hits[found[0].hit].chunk
            places = [(r.window.hit, r.window.start + r.spans[0][0]) for r in readings]
            at = places.index((first.hit, first.start))
            said = " ".join(chunk.text[a:b] for a, b in sentences(chunk.text) if b > first.start and a < first.end)
            known = known_of(asked, request.language, rows[at].tolist(), first.score, said)
            Watching.seen = Seen(request.language, known, said, chunk.document_id, chunk.start + first.start,
                                 chunk.start + first.end)  # fmt: skip
        return found


def questions(settings: Settings) -> Iterator[tuple[Part, list[Question]]]:
    """The parts with their questions."""
    for name in ("samples", "asked"):
        for part in suite(name).parts:
            asked = part.questions(settings)
            yield part, asked if name == "samples" else [q for q in asked if half(q.id) == "tuned"]
    cuad, rng = PARTS["en"]["cuad"], random.Random(3)
    asked = cuad.questions(settings)
    documents = {*rng.sample(sorted({str(q.document_id) for q in asked}), CONTRACTS)}
    asked = [q for q in asked if q.document_id in documents]
    rng.shuffle(asked)
    yield cuad, [replace(q, text=clause_questions()[q.id.rpartition("__")[2]]["ask"][-1]) for q in asked[:CLAUSES]]


def is_right(question: Question, seen: Seen) -> bool:
    """Whether the sentence is of the right document and place, or says a reference."""
    if not question.answerable or (question.document_id and seen.document != question.document_id):
        return False
    placed = any(g.document_id == seen.document and g.start < seen.end and seen.start < g.end for g in question.gold)
    return placed or (bool(question.answers) and agrees(seen.sentence, question.answers))


def collected(language: str, settings: Settings) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """[questions, NAMES] and whether each was right. The corpora must be indexed, CUAD's are."""
    rows, right = list[list[float]](), list[bool]()
    for part, asked in questions(settings):
        if part.dataset:
            index_documents(part, settings)
        with open_pipeline(part.corpus, settings) as pipeline:
            for question in asked:
                Watching.seen = None
                within = {"document": question.document_id} if part.dataset and question.document_id else None
                pipeline.ask(question.text, history=question.history, filter=within)
                if (seen := Watching.seen) is not None and seen.language == language:
                    rows.append([seen.known[name] for name in NAMES])
                    right.append(is_right(question, seen))
    return np.asarray(rows, np.float64), np.asarray(right, np.bool_)


def fitted(rows: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, float]:
    """Name -> weight, logistic, each with the sign that it may have; the last column is the constant."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-9
    mean[-1], spread[-1] = 0.0, 1.0
    scaled = (rows - mean) / spread
    bounds = [(0, None) if n in RISES else (None, 0) if n in FALLS else (None, None) for n in NAMES]

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z, kept = scaled @ w, np.append(w[:-1], 0.0)
        value = np.sum(np.logaddexp(0, z) - right * z) + PULL / 2 * np.sum(kept**2)
        return float(value), scaled.T @ (1 / (1 + np.exp(-z)) - right) + PULL * kept

    w = minimize(loss, np.zeros(len(NAMES)), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = w / spread
    weights[-1] = w[-1] - np.sum(w * mean / spread)
    return {name: round(float(v), 3) for name, v in zip(NAMES, weights, strict=True) if abs(v) > 1e-4}


def main() -> None:
    """The command line; prints how many right and wrong ones each threshold lets through, by folds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=("en", "zh"), required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the reader, whose config.json is written")
    parser.add_argument("--work", type=Path, required=True, help="data folder with the suites' corpora")
    given = parser.parse_args()
    import sparewheel.rag.answer.reader as place

    place.Reader = Watching  # type: ignore[misc]
    rows, right = collected(given.language, replace(load_settings(), data_folder=str(given.work)))
    folds = np.random.default_rng(0).integers(0, FOLDS, len(right))
    sure = np.zeros(len(right))
    for fold in range(FOLDS):
        weights = fitted(rows[folds != fold], right[folds != fold])
        logits = rows[folds == fold] @ np.asarray([weights.get(name, 0.0) for name in NAMES])
        sure[folds == fold] = 1 / (1 + np.exp(-logits))
    for threshold in (0.4, 0.5, 0.6, 0.7):
        let = sure >= threshold
        print(f"{threshold}: {int((let & right).sum())} right, {int((let & ~right).sum())} wrong")
    reader = Reader(given.folder)
    kept = reader.config.get("sure", {"refuse_below": {}, "likely_enough": {}})
    write_config(given.folder, reader.config | {"sure": kept | {"weights": fitted(rows, right)}})


if __name__ == "__main__":
    main()
