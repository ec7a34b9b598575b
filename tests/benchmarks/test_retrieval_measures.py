from __future__ import annotations

from benchmarks.retrieval_measures import articles, characters, found, merged, summary
from benchmarks.retrieval_sets import Ask
from sparewheel.corpora.records import GoldSpan
from sparewheel.rag.types import Chunk


def chunk(start: int, end: int, document: str = "d") -> Chunk:
    return Chunk(document, start, end, "x" * (end - start))


def test_precision_is_of_the_first_chunk_and_recall_of_all_gold_characters() -> None:
    """LegalBench-RAG's definition, by hand: 50 gold characters, 20 in the first chunk, 30 in the second."""
    ask = Ask("1", "q", (GoldSpan("d", 80, 130),))
    row = characters(ask, [chunk(0, 100), chunk(100, 200), chunk(80, 130, "other")])
    assert row == {"P@1": 0.2, "R@1": 0.4, "R@4": 1.0, "R@16": 1.0, "R@64": 1.0}


def test_overlapping_gold_counts_once() -> None:
    """Two annotators' spans are one place."""
    spans = [GoldSpan("d", 5, 9), GoldSpan("d", 0, 6), GoldSpan("e", 0, 1)]
    assert merged(spans) == [GoldSpan("d", 0, 9), GoldSpan("e", 0, 1)]


def test_found_needs_half_of_the_answer() -> None:
    """A chunk that only touches the answer does not hold it."""
    ask = Ask("1", "q", (GoldSpan("d", 90, 110),))
    assert found(ask, [chunk(0, 95), chunk(95, 200)]) == {"recall@1": 0.0, "recall@5": 1.0, "recall@10": 1.0}


def test_articles_count_the_share_that_was_found() -> None:
    """Two articles are wanted, one is there; nothing retrieved is nothing found."""
    ask = Ask("1", "q", (GoldSpan("d", 0, 10), GoldSpan("d", 50, 60)))
    assert articles(ask, [chunk(0, 10)]) == {"recall@10": 0.5, "recall@100": 0.5}
    assert articles(ask, []) == {"recall@10": 0.0, "recall@100": 0.0}


def test_the_interval_holds_the_mean_and_is_repeatable() -> None:
    """Same seed, same interval."""
    rows = [{"m": float(n % 2)} for n in range(100)]
    mean, low, high = summary(rows)["m"]
    assert mean == 0.5
    assert low < mean < high
    assert summary(rows) == summary(rows)
