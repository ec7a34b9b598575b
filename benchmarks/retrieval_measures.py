"""How good a ranking of chunks is, question by question, and how sure the mean is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrieval_sets import Ask
from sparewheel.corpora.records import GoldSpan
from sparewheel.rag.types import Chunk

Row = Mapping[str, float]


def characters(ask: Ask, run: Sequence[Chunk]) -> Row:
    """LegalBench-RAG's measures (arXiv 2408.10343, section 4): of the gold characters, the share that the first k
    chunks hold (recall), and of the characters of the first chunk, the share that is gold (precision)."""
    gold = merged(ask.gold)
    total = sum(span.end - span.start for span in gold)
    shared = [sum(overlap(chunk, span) for span in gold) for chunk in run]
    recall = {f"R@{k}": sum(shared[:k]) / total for k in (1, 4, 16, 64)}
    return {"P@1": shared[0] / (run[0].end - run[0].start) if run else 0.0, **recall}


def found(ask: Ask, run: Sequence[Chunk]) -> Row:
    """1 where one of the first k chunks holds half of a gold span, or lies by half within one; else 0."""
    held = [any(holds(chunk, span) for span in ask.gold) for chunk in run]
    return {f"recall@{k}": float(any(held[:k])) for k in (1, 5, 10)}


def articles(ask: Ask, run: Sequence[Chunk]) -> Row:
    """The share of the gold spans (statute articles) that one of the first k chunks holds."""
    ranks = [next((r for r, chunk in enumerate(run) if holds(chunk, span)), len(run)) for span in ask.gold]
    return {f"recall@{k}": float(np.mean([rank < min(k, len(run)) for rank in ranks])) for k in (10, 100)}


def graded(ask: Ask, run: Sequence[Chunk]) -> Row:
    """nDCG@10 of the documents in the order of their first chunk (Jarvelin 2002, with linear gain, as trec_eval)."""
    import ir_measures
    from ir_measures import nDCG

    documents = list(dict.fromkeys(chunk.document_id for chunk in run))
    scores = {ask.id: {name: -float(rank) for rank, name in enumerate(documents)}}
    return {"nDCG@10": ir_measures.calc_aggregate([nDCG @ 10], {ask.id: dict(ask.grades)}, scores)[nDCG @ 10]}


MEASURES: Mapping[str, Callable[[Ask, Sequence[Chunk]], Row]] = {
    "legalbench-rag": characters,
    "covid-qa": found,
    "nfcorpus": graded,
    "lecoqa": articles,
}


def overlap(chunk: Chunk, span: GoldSpan) -> int:
    """Characters that the two share."""
    if chunk.document_id != span.document_id:
        return 0
    return max(0, min(chunk.end, span.end) - max(chunk.start, span.start))


def holds(chunk: Chunk, span: GoldSpan) -> bool:
    """Do they share half of the shorter one?"""
    return 2 * overlap(chunk, span) >= min(chunk.end - chunk.start, span.end - span.start)


def merged(spans: Sequence[GoldSpan]) -> list[GoldSpan]:
    """The spans without overlaps, so that no gold character counts twice."""
    out: list[GoldSpan] = []
    for span in sorted(spans, key=lambda s: (s.document_id, s.start, s.end)):
        if out and out[-1].document_id == span.document_id and out[-1].end >= span.start:
            out[-1] = GoldSpan(span.document_id, out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def summary(rows: Sequence[Row], seed: int = 7, draws: int = 1000) -> dict[str, list[float]]:
    """measure -> [mean, low, high]: the 95 % interval of the mean by `draws` bootstrap samples of the questions."""
    if not rows:
        return {}
    values: NDArray[np.float64] = np.array([list(row.values()) for row in rows], np.float64)
    rng = np.random.default_rng(seed)
    means = np.array([values[rng.integers(len(values), size=len(values))].mean(0) for _ in range(draws)])
    low, high = np.quantile(means, (0.025, 0.975), axis=0)
    figures = zip(rows[0], values.mean(0), low, high, strict=True)
    return {name: [round(float(x), 4) for x in triple] for name, *triple in figures}
