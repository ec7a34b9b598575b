"""What a domain is, the sample documents of each, and the public data sets.

from sparewheel.corpora import dataset, profile, samples

profile("legal")                         # rag.types.Profile
samples("legal") / "documents"           # our own sample documents; questions.jsonl beside them
dataset("legalbench-rag").questions("cuad")
"""

from __future__ import annotations

from sparewheel.corpora.domains import DOMAINS, profile, samples
from sparewheel.corpora.fetching import fetch
from sparewheel.corpora.own import located, sample_questions
from sparewheel.corpora.public import Dataset, Entry, dataset, entries, entry
from sparewheel.corpora.records import GoldSpan, Qrels, Question

__all__ = [
    "DOMAINS",
    "Dataset",
    "Entry",
    "GoldSpan",
    "Qrels",
    "Question",
    "dataset",
    "entries",
    "entry",
    "fetch",
    "located",
    "names",
    "profile",
    "sample_questions",
    "samples",
]


def names() -> list[str]:
    """The names that `dataset` and `fetch` take."""
    return list(entries())
