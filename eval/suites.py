"""The suites: which questions are asked on which corpus. One TOML file each, in `eval/suites`.

about = "one line"
[[part]]
samples = "legal"          our own sample documents and questions; or:
dataset = "covid-qa"       a public set in the folder of the setting public_data, and
split = "dev"              one of its splits
corpus = "eval-covid-qa"   where the documents are indexed
domain = "medical"
limit = 200                at most so many questions, evenly from the whole split
within_document = true     a question is asked on its own document, not on the whole collection
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import corpora
from corpora import Question
from rag.errors import NotFound, suggest
from rag.settings import Settings
from rag.types import Document

SUITES = Path(__file__).with_name("suites")


@dataclass(frozen=True)
class Part:
    """Questions on one corpus."""

    corpus: str
    domain: str
    samples: str = ""
    dataset: str = ""
    split: str = ""
    limit: int = 0
    within_document: bool = False

    def questions(self, settings: Settings) -> list[Question]:
        """In file order. An id says which set it is of."""
        if self.samples:
            return list(corpora.sample_questions(self.samples))
        found = [q for q in self._set(settings).questions(self.split) if known(q)]
        step = max(1, len(found) / self.limit) if self.limit else 1
        chosen = [found[int(i * step)] for i in range(min(len(found), self.limit or len(found)))]
        return [replace(q, id=f"{self.dataset}/{q.id}", category=q.category or self.dataset) for q in chosen]

    def documents(self, settings: Settings) -> Iterator[Document]:
        """Of a public set: the documents of the split."""
        return self._set(settings).documents(self.split)

    def _set(self, settings: Settings) -> corpora.Dataset:
        return corpora.dataset(self.dataset, settings.public_data or None)


@dataclass(frozen=True)
class Suite:
    name: str
    about: str
    parts: tuple[Part, ...]


def suite_names() -> list[str]:
    """The names that `suite` takes."""
    return sorted(path.stem for path in SUITES.glob("*.toml"))


def suite(name: str) -> Suite:
    """The suite. Raises NotFound with the nearest name."""
    if name not in suite_names():
        there = ", ".join(suite_names())
        raise NotFound(f"no suite {name!r}: {there}{suggest(name, suite_names())}; or give a .jsonl or .csv file")
    row = tomllib.loads((SUITES / f"{name}.toml").read_text(encoding="utf-8"))
    return Suite(name, row["about"], tuple(Part(**part) for part in row["part"]))


def drawn(questions: Sequence[Question], limit: int | None, seed: int = 7) -> list[Question]:
    """At most `limit` of them, drawn without replacement, in their order; the same ones each time."""
    count = len(questions) if limit is None else min(limit, len(questions))
    chosen = random.Random(seed).sample(range(len(questions)), count)  # noqa: S311 (no secret)
    return [questions[i] for i in sorted(chosen)]


def known(question: Question) -> bool:
    """Is anything known of the answer, so that it can be scored?"""
    return bool(question.answers or question.label or question.gold or question.document_id) or not question.answerable


def index_documents(part: Part, settings: Settings) -> None:
    """Indexes and embeds what is not there yet of the documents of a public set's split."""
    from rag.assemble import dense_writer, keyword_writer
    from rag.ingest.run import fill, splitter_version
    from rag.ingest.split import split
    from rag.ingest.store import CorpusConfig, Store, corpus_folder

    profile = corpora.profile(part.domain)
    folder = corpus_folder(settings.corpora_folder, part.corpus)
    store = Store.create(folder, CorpusConfig(part.corpus, part.domain, profile=profile))
    if not store.current():
        with store.write() as transaction:
            for document in part.documents(settings):
                chunks = split(document, settings.ingest, profile)
                transaction.add(document, chunks, splitter=splitter_version(settings.ingest, profile))
            transaction.publish([keyword_writer()])
    fill(store, [dense_writer(store, settings)])
