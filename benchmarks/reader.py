"""The English reader as it is shipped (int8), on documents it was never trained on: `python -m benchmarks.reader`.

Each set: F1 and exact match of the best span when the passage that answers is given, and how many passages without the
answer are refused at 3 % lost answers. COVID-QA also with the whole paper and with all papers searched by BM25. Speed:
one question over 8 passages of 1,600 characters. Intervals: 95 %, bootstrap over documents. `--every N` takes every Nth
example, `--search-every N` every Nth searched question.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import rss_mb, save
from sparewheel.rag import weights
from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import AnswerRequest
from training.reader.check import best_text, hits_of
from training.reader.data import Example
from training.reader.measure import LOST, refused, token_f1, words

WEIGHTS = weights.WEIGHTS / "reader-en"
NEGATIVES = {"cuad-negative": "cuad", "squad-impossible": "squad", "policyqa-negative": "policyqa",
             "covidqa-negative": "covidqa", "legalbench-negative": "legalbench"}  # fmt: skip
DOMAINS = {"cuad": "legal", "policyqa": "legal", "legalbench": "legal", "covidqa": "medical", "squad": "general"}


@dataclass(frozen=True)
class Scored:
    """One example read: f1 and exact are 0..1 and 0 for an example without answer."""

    group: str
    f1: float
    exact: float
    margin: float


def score(example: Example, text: str, margin: float) -> Scored:
    """The best match with a gold answer."""
    golds = [example.passage[a:b] for a, b in example.spans]
    f1 = max((token_f1(text, g) for g in golds), default=0.0)
    exact = float(any(words(text) == words(g) for g in golds))
    return Scored(example.group, f1, exact, margin)


def interval(scored: Sequence[Scored], value: Callable[[Scored], float], draws: int = 1000) -> list[float]:
    """95 % bootstrap interval of the mean in percent, whole documents drawn."""
    groups: dict[str, list[float]] = {}
    for s in scored:
        groups.setdefault(s.group, []).append(value(s))
    sums, counts = np.asarray([[sum(v), len(v)] for v in groups.values()]).T
    drawn = np.random.default_rng(1).integers(len(sums), size=(draws, len(sums)))
    means = 100 * sums[drawn].sum(1) / counts[drawn].sum(1)
    return [round(float(q), 1) for q in np.quantile(means, (0.025, 0.975))]


def given_window(
    reader: Reader, examples: Sequence[Example], every: int
) -> tuple[dict[str, Any], dict[str, list[Scored]]]:
    """The table of sets, and the scored examples of each."""
    by: dict[str, list[Scored]] = {}
    for example in examples[::every]:
        text, margin, _ = best_text(reader, example.question, [example.passage])
        by.setdefault(example.source, []).append(score(example, text, margin))
    table: dict[str, Any] = {}
    for name, own in sorted(by.items()):
        if answered := by.get(NEGATIVES.get(name, "")):
            share = refused([s.margin for s in answered], [s.margin for s in own])
            table[name] = {"n": len(own), "refused": round(100 * share, 1), "lost": 100 * LOST}
        elif name not in NEGATIVES:
            table[name] = {"n": len(own), "f1": mean(own, "f1"), "f1_interval": interval(own, lambda s: s.f1),
                           "em": mean(own, "exact"), "documents": len({s.group for s in own})}  # fmt: skip
    return table, by


def mean(scored: Sequence[Scored], key: str) -> float:
    """Mean in percent."""
    return round(100 * float(np.mean([getattr(s, key) for s in scored])), 1)


def searched(reader: Reader, data: Path, every: int, k: int = 8) -> dict[str, Any]:
    """COVID-QA dev with the whole paper, and with all papers, searched: BM25 over windows of text, k of them read."""
    import bm25s

    papers, questions = covid_papers(data)
    windows = [(paper, text[i : i + 1200]) for paper, text in papers.items() for i in range(0, len(text), 1000)]
    index = bm25s.BM25()
    index.index(bm25s.tokenize([w for _, w in windows], stopwords="en", show_progress=False), show_progress=False)
    figures: dict[str, Any] = {}
    for name, whole in (("covidqa_whole_paper", True), ("covidqa_all_papers", False)):
        scored = []
        for example in questions[::every]:
            tokens = bm25s.tokenize([example.question], stopwords="en", show_progress=False, return_ids=False)[0]
            ranks = index.get_scores(tokens)
            if whole:
                ranks = np.where([paper == example.group for paper, _ in windows], ranks + 1e-6, -1.0)
            best = np.argsort(-ranks)[:k]
            scored.append(score(example, best_text(reader, example.question, [windows[i][1] for i in best])[0], 0.0))
        figures[name] = {"n": len(scored), "f1": mean(scored, "f1"), "f1_interval": interval(scored, lambda s: s.f1),
                         "em": mean(scored, "exact"), "papers": 1 if whole else len(papers)}  # fmt: skip
    return figures


def covid_papers(data: Path) -> tuple[dict[str, str], list[Example]]:
    """Every paper's text by id, and the questions of dev on whole papers."""
    papers, questions = {}, []
    for name in ("train", "dev", "test-documents"):
        for article in json.loads((data / f"medical/covid-qa/covid-qa-{name}.json").read_text("utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                paper, text = str(paragraph["document_id"]), paragraph["context"]
                papers[paper] = text
                for qa in paragraph.get("qas", ()) if name == "dev" else ():
                    spans = tuple((a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"])
                    questions.append(Example("covidqa", qa["question"], text, spans, group=paper))
    return papers, questions


def speed(folder: Path, passages: Sequence[str], question: str, runs: int = 20) -> dict[str, float]:
    """Milliseconds of one question over the passages on two threads, p50 and best; seconds to load; memory in MB."""
    started = time.perf_counter()
    reader = Reader(folder, threads=2)
    loaded = time.perf_counter() - started
    request, times = AnswerRequest(question, tuple(hits_of(passages)), "legal"), []
    for _ in range(runs):
        started = time.perf_counter()
        reader.read(request)
        times.append(1000 * (time.perf_counter() - started))
    return {"p50_ms": round(float(np.median(times)), 1), "best_ms": round(min(times), 1), "loaded_s": round(loaded, 2),
            "rss_mb": round(rss_mb(), 1), "passages": len(passages), "passage_chars": len(passages[0])}  # fmt: skip


def main() -> None:
    """Measures, prints the table and writes benchmarks/results/reader.json."""
    from training.reader.run import examples

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--search-every", type=int, default=1)
    given = parser.parse_args()
    data = Path(load_settings().public_data)
    recipe = tomllib.loads((Path(__file__).parent.parent / "training/reader/reader.toml").read_text("utf-8"))
    held = examples(data, "held-out", recipe["data"])
    legal = [e.passage for e in held if e.source == "cuad" and len(e.passage) > 1500][:8]
    quick = speed(WEIGHTS, legal, "Which law governs the agreement?")
    reader = Reader(WEIGHTS, threads=2)
    table, _ = given_window(reader, held, given.every)
    table |= searched(reader, data, given.search_every)
    for name, row in table.items():
        print(f"{name:22}", row)
    print(quick)
    save(
        "reader", {"sets": table, "speed": quick, "every": given.every, "search_every": given.search_every}, models=True
    )


if __name__ == "__main__":
    main()
