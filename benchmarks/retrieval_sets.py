"""The sets that retrieval is measured on: all documents of a benchmark as chunks, the questions, what is relevant."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sparewheel.corpora import profile
from sparewheel.corpora.public import dataset
from sparewheel.corpora.records import GoldSpan
from sparewheel.rag.ingest.split import split
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Chunk, Document
from training.splits import held_out, legalbench_held_out


@dataclass(frozen=True)
class Ask:
    """A question: gold spans, or graded documents; `group` is its sub-set."""

    id: str
    text: str
    gold: tuple[GoldSpan, ...] = ()
    grades: Mapping[str, int] = field(default_factory=dict)
    group: str = "all"


@dataclass(frozen=True)
class RetrievalSet:
    """Chunks, each with its place as id, and the questions over all of them; how many of the set's documents are in."""

    name: str
    language: str
    domain: str
    chunks: list[Chunk]
    asks: list[Ask]
    documents: int
    all_documents: int


def legalbench(settings: Ingest, share: float = 1.0) -> RetrievalSet:
    """LegalBench-RAG: the 1,165 development queries on documents that no model was trained on, in four sub-sets."""
    data, asks = dataset("legalbench-rag"), []
    for part in data.entry.splits:
        for row in data.questions(part):
            if all(legalbench_held_out(span.document_id) for span in row.gold):
                asks.append(Ask(row.id, row.text, row.gold, group=part))
    return _set("legalbench-rag", "en", "legal", asks, settings, share)


def covid_qa(settings: Ingest, share: float = 1.0) -> RetrievalSet:
    """COVID-QA: the 203 development questions over all 145 papers."""
    data = dataset("covid-qa")
    asks = [Ask(row.id, row.text, row.gold) for row in data.questions("dev")]
    return _set("covid-qa", "en", "medical", asks, settings, share)


def nfcorpus(settings: Ingest, share: float = 1.0) -> RetrievalSet:
    """NFCorpus: the 324 development queries over 3,633 abstracts, with graded relevance."""
    data = dataset("nfcorpus")
    qrels = data.qrels("dev")
    asks = [Ask(row.id, row.text, grades=qrels[row.id]) for row in data.questions("dev")]
    return _set("nfcorpus", "en", "medical", asks, settings, share)


def lecoqa(settings: Ingest, share: float = 1.0) -> RetrievalSet:
    """LeCoQA: lay questions over the statutes of the PRC; gold: the articles the answer rests on. The questions of the
    train split that embed-zh was not tuned on.
    """
    rows = [row for row in dataset("lecoqa").questions("train") if row.gold and held_out(f"lecoqa/{row.id}")]
    asks = [Ask(row.id, row.text, row.gold) for row in rows]
    return _set("lecoqa", "zh", "legal", asks, settings, share)


SETS: Mapping[str, Callable[[Ingest, float], RetrievalSet]] = {
    "legalbench-rag": legalbench,
    "covid-qa": covid_qa,
    "nfcorpus": nfcorpus,
    "lecoqa": lecoqa,
}


def _set(name: str, language: str, domain: str, asks: list[Ask], settings: Ingest, share: float) -> RetrievalSet:
    """Of the documents the first `share`: those that a question is about before the others, each group in the order of
    a hash of the names, so that a smaller share is part of a larger one. Questions on documents left out are left out.
    """
    wanted = {span.document_id for ask in asks for span in ask.gold} | {name for ask in asks for name in ask.grades}
    every = sorted(
        dataset(name).documents(), key=lambda d: (d.id not in wanted, hashlib.sha256(d.id.encode()).digest())
    )
    kept = every[: math.ceil(share * len(every))]
    there = {document.id for document in kept}
    asked = [ask for ask in asks if there.issuperset(span.document_id for span in ask.gold)]
    return RetrievalSet(name, language, domain, cut(kept, settings, domain), asked, len(kept), len(every))


def cut(documents: Iterable[Document], settings: Ingest, domain: str) -> list[Chunk]:
    """The chunks of all documents by the product's splitter, numbered in order."""
    look = profile(domain)
    found = [chunk for document in documents for chunk in split(document, settings, look)]
    return [replace(chunk, id=index) for index, chunk in enumerate(found)]
