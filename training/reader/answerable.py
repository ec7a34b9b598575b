"""Fits how likely a span is to answer, judged over everything read (`rag.answer.answerable`), on what the product's own
retriever brings; writes `answerable` and `refuse_below` of a reader's config.json.

    python -m training.reader.answerable --language en --folder OUT/reader-en --work DIR [--within lost=0.08]

Public sets are indexed and searched as users' documents are. Documents that no reader was trained on: CUAD's clauses
that a contract has and lacks in natural wordings, COVID-QA within its paper, over all papers and within another paper,
PolicyQA, ContractNLI over its collection, SQuAD 2.0; in Chinese CMRC and DRCD, a third of whose documents are left out
of the index, so that their questions have no answer there. And windows given without a search.
What was read is kept in --work, so that features can change without reading again.
"""

from __future__ import annotations

import argparse
import pickle
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.corpora import Question
from sparewheel.eval.suites import Part, index_documents
from sparewheel.rag.answer.answerable import COLUMNS, NAME, features, probabilities
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.reader import Reader, worth_reading
from sparewheel.rag.answer.spans import Reading
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Hit
from training.reader.contracts import clause_questions
from training.reader.export import write_config

PASSAGES = 9  # read of a question, so that a fit may read fewer
PARTS: dict[str, dict[str, Part]] = {
    "en": {
        "cuad": Part("cal-cuad", "legal", dataset="cuad", split="train", held_out=True, within_document=True),
        "covid": Part("cal-covid", "medical", dataset="covid-qa", split="dev"),
        "policy": Part("cal-policy", "legal", dataset="policyqa", split="dev", limit=240, held_out=True,
                       within_document=True),
        "nli": Part("cal-nli", "legal", dataset="legalbench-rag", split="contractnli", held_out=True),
        "squad": Part("cal-squad", "general", dataset="squad", split="dev-v2.0"),
    },
    "zh": {
        "cmrc": Part("cal-cmrc", "general", dataset="cmrc2018", split="train"),
        "drcd": Part("cal-drcd", "general", dataset="drcd", split="dev"),
    },
}  # fmt: skip
MOST = 500  # questions of a set
SIGNS = {
    "margin": 1,
    "ahead": 1,
    "behind": 1,
    "logit": 1,
    "near": 1,
    "passage": 1,
    "rank": -1,
    "nowhere": -1,
    "names": -1,
    "numbers": -1,
    "no_figure": -1,
}  # what may only raise or only lower it
LEFT_OUT = 1 / 3  # of the documents of a Chinese set


@dataclass(frozen=True)
class Case:
    """A question with what the product found for it and what the reader reads there; group: its document."""

    source: str
    domain: str
    question: Question
    group: str
    hits: tuple[Hit, ...]
    readings: tuple[Reading, ...]


def asked(name: str, part: Part, settings: Settings, rng: random.Random) -> Iterator[tuple[Question, str | None]]:
    """(question, the document it is asked within or None) of a set."""
    questions = part.questions(settings)
    rng.shuffle(questions)
    if name == "cuad":
        for q in questions[:MOST]:
            wordings = clause_questions()[q.id.rpartition("__")[2]]
            yield replace(q, text=rng.choice([wordings["ask"][-1], *wordings["ask"]])), q.document_id
        return
    if name == "covid":
        documents = sorted({q.document_id or "" for q in questions})
        for q in questions[: MOST // 3]:
            yield from ((q, q.document_id), (q, None))
            elsewhere = rng.choice([d for d in documents if d != q.document_id])
            yield replace(q, answerable=False, gold=(), answers=()), elsewhere
        return
    for q in questions[:MOST]:
        yield q, q.document_id if part.within_document or name == "squad" else None


def collected(name: str, part: Part, reader: Reader, settings: Settings) -> Iterator[Case]:
    """The cases of a set: indexed, searched, reranked and read as users' documents are."""
    from sparewheel.rag.assemble import open_pipeline

    rng = random.Random(name)
    questions = list(asked(name, part, settings, rng))
    there = {q.document_id for q, _ in questions}
    if part in PARTS["zh"].values():
        kept = sorted(there, key=str)
        there -= set(rng.sample(kept, int(len(kept) * LEFT_OUT)))
    index_documents(_Only(**vars(part), kept=frozenset(str(d) for d in there)), settings)
    with open_pipeline(part.corpus, settings) as pipeline:
        for question, within in questions:
            if question.document_id not in there:
                question = replace(question, answerable=False, gold=(), answers=())
            hits = pipeline.search(question.text, filter={"document": within} if within else None)
            readings = reader.readings(question.text, hits, most=PASSAGES)
            group = f"{name}/{within or question.document_id}"
            yield Case(name, part.domain, question, group, hits, tuple(readings))


@dataclass(frozen=True)
class _Only(Part):
    """A part with only some of its documents."""

    kept: frozenset[str] = frozenset()

    def documents(self, settings: Settings) -> Iterator[Any]:
        return (d for d in super().documents(settings) if d.id in self.kept)


def right(case: Case, reading: Reading) -> bool:
    """Whether the best span of a reading stands where the answer does: they share half of the shorter one."""
    chunk, (start, end, _) = case.hits[reading.window.hit].chunk, reading.spans[0]
    first, last = (chunk.start + reading.window.start + place for place in (start, end))
    return any(
        gold.document_id == chunk.document_id
        and min(last, gold.end) - max(first, gold.start) >= max(1, min(last - first, gold.end - gold.start) / 2)
        for gold in case.question.gold
    )


def table(cases: Sequence[Case], searched: bool = True) -> tuple[list[NDArray[np.float64]], list[NDArray[np.bool_]]]:
    """Features and truth of what is read of each case."""
    rows, truth = [], []
    for case in cases:
        language = language_of(case.question.text)
        read = set(worth_reading(case.hits, PASSAGES)) if searched else {0}
        readings = [r for r in case.readings if r.window.hit in read and r.spans]
        if readings:
            rows.append(features(form_of(case.question.text, language), language, case.domain, readings, case.hits))
            truth.append(np.asarray([right(case, r) for r in readings]))
    return rows, truth


def fit(rows: NDArray[np.float64], truth: NDArray[np.bool_], weight: NDArray[np.float64]) -> dict[str, float]:
    """Column -> weight of a logistic regression with a prior (sum of squares / 2) and the signs of `SIGNS`."""
    from scipy.optimize import minimize

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = np.clip(rows @ w, -30, 30)
        value = (weight * (np.logaddexp(0, z) - truth * z)).sum() + w @ w / 2
        return float(value), rows.T @ (weight * (1 / (1 + np.exp(-z)) - truth)) + w

    bounds = [{1: (0, None), -1: (None, 0), 0: (None, None)}[SIGNS.get(name, 0)] for name in COLUMNS]
    found = minimize(
        loss, np.zeros(rows.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 2000}
    ).x
    return {name: round(float(w), 3) for name, w in zip(COLUMNS, found, strict=True) if abs(w) >= 5e-4}


def fitted(cases: Sequence[Case]) -> dict[str, float]:
    """The weights over all cases, each set counting with the square root of its size."""
    size = Counter(case.source for case in cases)
    parts: list[tuple[NDArray[np.float64], NDArray[np.bool_], float]] = []
    for case in cases:
        rows, truth = table([case], not case.source.endswith("-given"))
        if rows:
            parts.append((rows[0], truth[0], size[case.source] ** -0.5))
    weight = np.concatenate([np.full(len(t), w) for _, t, w in parts])
    return fit(np.concatenate([r for r, _, _ in parts]), np.concatenate([t for _, t, _ in parts]),
               weight * len(weight) / weight.sum())  # fmt: skip


def judged(cases: Sequence[Case], weights: dict[str, float]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of each case the best probability, and whether the span that has it is right."""
    best = []
    for case in cases:
        rows, truth = table([case], not case.source.endswith("-given"))
        p = probabilities(rows[0], weights) if rows else np.zeros(1)
        best.append((float(p.max()), bool(rows) and bool(truth[0][int(p.argmax())])))
    return np.asarray([p for p, _ in best]), np.asarray([r for _, r in best])


def crossed(cases: Sequence[Case], folds: int = 5) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """As `judged`, each case by weights fitted without its document."""
    groups = sorted({case.group for case in cases})
    random.Random(1).shuffle(groups)
    fold = {group: i % folds for i, group in enumerate(groups)}
    p, r = np.zeros(len(cases)), np.zeros(len(cases), bool)
    for k in range(folds):
        held = [i for i, case in enumerate(cases) if fold[case.group] == k]
        weights = fitted([case for case in cases if fold[case.group] != k])
        p[held], r[held] = judged([cases[i] for i in held], weights)
    return p, r


def load(name: str, part: Part, reader: Reader, settings: Settings, work: Path) -> list[Case]:
    """The cases of a set, collected where they are not kept yet."""
    file = work / f"{name}.cases"
    if not file.exists():
        file.write_bytes(pickle.dumps(list(collected(name, part, reader, settings))))
    cases: list[Case] = pickle.loads(file.read_bytes())
    return cases


def given(cases: Sequence[Case], rng: random.Random) -> list[Case]:
    """The questions that are answered with one window only and no search: the one that answers, and any that does not.
    Not PolicyQA's, of whose answers one place only is marked where a policy says it in several.
    """
    made = []
    for case in cases:
        answered = [r for r in case.readings if r.spans and right(case, r)]
        others = [r for r in case.readings if r.spans and not right(case, r)]
        if not answered or case.source == "policy":
            continue
        for found in (answered[0], *rng.sample(others, min(1, len(others)))):
            hit = replace(case.hits[found.window.hit], scores={}, rank=1)
            reading = replace(found, window=replace(found.window, hit=0))
            made.append(replace(case, source=f"{case.source}-given", hits=(hit,), readings=(reading,)))
    return made


def misnamed(cases: Sequence[Case], reader: Reader, rng: random.Random, most: int = 300) -> list[Case]:
    """Questions with a name or a number put in the place of theirs that none of their passages holds: no answer."""
    names = sorted({name for case in cases for name in NAME.findall(case.question.text)})
    made: list[Case] = []
    for case in rng.sample(list(cases), len(cases)):
        texts = "".join(f"{hit.chunk.title} {hit.chunk.text}" for hit in case.hits)
        own = [name for name in NAME.findall(case.question.text) if len(name) > 1]
        others = [n for n in names if own and n not in texts and n[0].isdigit() == own[-1][0].isdigit()]
        if others and len(made) < most:
            text = case.question.text.replace(own[-1], rng.choice(others))
            question = replace(case.question, text=text, answerable=False, gold=(), answers=())
            readings = tuple(reader.readings(text, case.hits, most=PASSAGES))
            made.append(replace(case, source="misnamed", question=question, readings=readings))
    return made


def main() -> None:
    """The command line."""
    from sklearn.metrics import roc_auc_score

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=sorted(PARTS), required=True)
    parser.add_argument("--folder", type=Path, required=True, help="the exported reader")
    parser.add_argument("--work", type=Path, required=True, help="indexes and readings are kept here")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="further cases (benchmarks.asked_cases)")
    parser.add_argument(
        "--refuse-below", type=float, nargs="*", default=[0.2, 0.3, 0.4, 0.5], help="what these would do"
    )
    options = parser.parse_args()
    settings = replace(load_settings(), data_folder=str(options.work / "corpora"))
    reader = Reader(options.folder)
    cases = [
        c for name, part in PARTS[options.language].items() for c in load(name, part, reader, settings, options.work)
    ]
    cases += [case for file in options.also for case in pickle.loads(file.read_bytes())]
    cases += given(cases, random.Random(2))
    file = options.work / f"misnamed-{options.language}.cases"
    if not file.exists():
        found = [case for case in cases if not case.source.endswith("-given")]
        file.write_bytes(pickle.dumps(misnamed(found, reader, random.Random(3))))
    cases += pickle.loads(file.read_bytes())
    p, is_right = crossed(cases)
    answerable = np.asarray([case.question.answerable for case in cases])
    for source in sorted({case.source for case in cases}):
        own = np.asarray([case.source == source for case in cases])
        auc = roc_auc_score(is_right[own], p[own]) if 0 < is_right[own].mean() < 1 else float("nan")
        print(f"{source:14} n {own.sum():4} right {is_right[own].mean():.3f} AUROC {auc:.3f}", flush=True)
        for t in options.refuse_below:
            kept, absent = own & (p >= t), own & ~answerable
            wrong = (~is_right[kept]).mean() if kept.any() else 0.0
            refused = f", absent refused {(p < t)[absent].mean():.2f}" if absent.any() else ""
            print(f"    {t}: right lost {(p < t)[own & is_right].mean():.2f}, of the given wrong {wrong:.2f}{refused}")
    print("all", "AUROC", round(float(roc_auc_score(is_right, p)), 3))
    write_config(options.folder, reader.config | {"answerable": fitted(cases)})


if __name__ == "__main__":
    main()
