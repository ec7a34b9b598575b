"""The sets that retrieval is measured on: all documents of a benchmark as chunks, the questions, what is relevant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from corpora import profile
from corpora.public import dataset
from corpora.records import GoldSpan
from rag.ingest.split import split
from rag.settings import Ingest
from rag.types import Chunk, Document, Filter
from training.splits import legalbench_held_out


@dataclass(frozen=True)
class Ask:
    """A question: gold spans, or graded documents; `group` is its sub-set; held_out: no model saw its documents."""

    id: str
    text: str
    gold: tuple[GoldSpan, ...] = ()
    grades: Mapping[str, int] = field(default_factory=dict)
    group: str = "all"
    held_out: bool = True


@dataclass(frozen=True)
class RetrievalSet:
    """Chunks, each with its place as id, and the questions over all of them."""

    name: str
    language: str
    chunks: list[Chunk]
    asks: list[Ask]


@dataclass(frozen=True)
class InMemory:
    """The chunks as `rag.types.Passages`, without filters."""

    all: Sequence[Chunk]

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        return [self.all[int(index)] for index in ids]

    def matching(self, filter: Filter) -> NDArray[np.int64]:
        return np.arange(len(self.all))


def legalbench(settings: Ingest) -> RetrievalSet:
    """LegalBench-RAG: 714 documents, 5,504 development queries in four sub-sets."""
    data, asks = dataset("legalbench-rag"), []
    for part in data.entry.splits:
        for row in data.questions(part):
            unseen = all(legalbench_held_out(span.document_id) for span in row.gold)
            asks.append(Ask(row.id, row.text, row.gold, group=part, held_out=unseen))
    return RetrievalSet("legalbench-rag", "en", cut(data.documents(), settings, "legal"), asks)


def covid_qa(settings: Ingest) -> RetrievalSet:
    """COVID-QA: the 203 development questions over all 145 papers."""
    data = dataset("covid-qa")
    asks = [Ask(row.id, row.text, row.gold) for row in data.questions("dev")]
    return RetrievalSet("covid-qa", "en", cut(data.documents(), settings, "medical"), asks)


def nfcorpus(settings: Ingest) -> RetrievalSet:
    """NFCorpus: the 324 development queries over 3,633 abstracts, with graded relevance."""
    data = dataset("nfcorpus")
    qrels = data.qrels("dev")
    asks = [Ask(row.id, row.text, grades=qrels[row.id]) for row in data.questions("dev")]
    return RetrievalSet("nfcorpus", "en", cut(data.documents(), settings, "medical"), asks)


def lecoqa(settings: Ingest) -> RetrievalSet:
    """LeCoQA: lay questions (train split) over the statutes of the PRC; gold: the articles the answer rests on."""
    data = dataset("lecoqa")
    asks = [Ask(row.id, row.text, row.gold) for row in data.questions("train") if row.gold]
    return RetrievalSet("lecoqa", "zh", cut(data.documents(), settings, "legal"), asks)


SETS: Mapping[str, Callable[[Ingest], RetrievalSet]] = {
    "legalbench-rag": legalbench,
    "covid-qa": covid_qa,
    "nfcorpus": nfcorpus,
    "lecoqa": lecoqa,
}


def cut(documents: Iterable[Document], settings: Ingest, domain: str) -> list[Chunk]:
    """The chunks of all documents by the product's splitter, numbered in order."""
    look = profile(domain)
    found = [chunk for document in documents for chunk in split(document, settings, look)]
    return [replace(chunk, id=index) for index, chunk in enumerate(found)]
