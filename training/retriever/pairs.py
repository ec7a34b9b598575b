"""(question, passage) pairs for the retriever and the reranker, from the training side of the public data.

A pool is one source's passages, cut by the product's own splitter and formatted as they are indexed. A question points
at the passages of its pool that hold the gold span. Documents held out by `training.splits` enter no pool.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sparewheel.corpora import profile
from sparewheel.corpora.public import dataset
from sparewheel.corpora.records import GoldSpan
from sparewheel.corpora.records import Question as Asked
from sparewheel.rag.ingest.split import split
from sparewheel.rag.settings import Ingest
from training.splits import held_out, legalbench_held_out


@dataclass(frozen=True)
class Question:
    """A question and the passages of its pool (indices) that answer it. lead: the part that only names the document."""

    text: str
    positives: tuple[int, ...]
    lead: str = ""


@dataclass
class Pool:
    """The passages of one source at one chunk size, the document each is from, and the questions about them."""

    name: str
    passages: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """A split of a data set: which documents may be trained on, and how its questions are put."""

    name: str
    split: str
    keep: Callable[[str], bool] = lambda document: True
    word: Callable[[Asked, str, random.Random], tuple[str, str]] = lambda asked, title, rng: (asked.text, "")
    gold: int | None = None  # how many gold spans count: one where the others are wordings of it; None: all
    domain: str = "medical"
    first: bool = False  # only the first passage of a long gold span

    def pool(self, root: Path, chars: int, seed: int) -> Pool:
        """The passages of at most `chars` characters and the questions with gold among them."""
        data, rng, look = dataset(self.name, root), random.Random(seed + chars), profile(self.domain)
        pool, places, titles = Pool(f"{self.name}-{self.split}-{chars}"), {}, {}
        for document in data.documents(self.split):
            if self.keep(document.id):
                chunks = split(document, Ingest(chunk_chars=chars), look)
                spans = [(chunk.start, chunk.end) for chunk in chunks]
                places[document.id], titles[document.id] = (len(pool.passages), spans), document.title
                pool.passages += [chunk.indexed_text for chunk in chunks]
                pool.documents += [document.id] * len(spans)
        for asked in data.questions(self.split):
            whole = (GoldSpan(asked.document_id, 0, 1 << 30),) if asked.document_id and not asked.gold else ()
            found = [
                places[span.document_id][0] + index
                for span in (asked.gold or whole)[: self.gold]
                if span.document_id in places
                for index in holding(places[span.document_id][1], span.start, span.end)[: 1 if self.first else None]
            ]
            if found:
                text, lead = self.word(asked, titles[pool.documents[found[0]]], rng)
                pool.questions.append(Question(text, tuple(dict.fromkeys(found)), lead))
        return pool


def holding(spans: list[tuple[int, int]], start: int, end: int) -> list[int]:
    """Indices of the spans that share half of themselves, or half of [start, end), with [start, end)."""
    found = []
    for index, (low, high) in enumerate(spans):
        shared = min(high, end) - max(low, start)
        if shared > 0 and 2 * shared >= min(high - low, end - start):
            found.append(index)
    return found


def _legal(asked: Asked, title: str, rng: random.Random) -> tuple[str, str]:
    """LegalBench-RAG's `Consider the NAME; ...` for four fifths; people name a document in other ways too."""
    lead, _, rest = asked.text.partition("; ")
    name = lead.removeprefix("Consider ").removeprefix("the ")
    if rng.random() < 0.8:
        return asked.text, lead
    return rng.choice([(f"{rest} ({name})", name), (f"In the {name}, {rest}", name), (f"{name}: {rest}", name)])


def _policy(asked: Asked, title: str, rng: random.Random) -> tuple[str, str]:
    """A PolicyQA question says `this website`: it is told which."""
    lead = f"Consider the {title[0].lower()}{title[1:]}; "
    return lead + asked.text, lead


SOURCES = (
    Source("legalbench-rag", "cuad", lambda d: not legalbench_held_out(d), _legal, domain="legal"),
    Source("legalbench-rag", "contractnli", lambda d: not legalbench_held_out(d), _legal, domain="legal"),
    Source("legalbench-rag", "maud", lambda d: not legalbench_held_out(d), _legal, domain="legal"),
    Source("policyqa", "dev", lambda d: not held_out(d), _policy, gold=1, domain="legal"),
    Source("covid-qa", "train", gold=1),
    Source("squad", "dev-v1.1", lambda d: not held_out(d.split("/", 1)[1]), gold=1, domain="general"),
    Source("medquad", "all", first=True),
    Source("pubmedqa", "dev", first=True),
)
MANY_SIZES = {"legalbench-rag", "policyqa", "covid-qa"}  # the others at the largest size only


def pools(root: Path, sizes: list[int], seed: int) -> Iterator[Pool]:
    """Every source at the chunk sizes (characters). NFCorpus, PrivacyQA and LeCoQA are left to the evaluation."""
    for source in SOURCES:
        for chars in sizes if source.name in MANY_SIZES else [max(sizes)]:
            yield source.pool(root, chars, seed)
