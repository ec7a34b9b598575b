"""The suites: which questions are asked on which corpus. One TOML file each, in `eval/suites`.

about = "one line"
about_zh = "同一行的中文"
[[part]]
samples = "legal"          our own sample documents and questions; or:
made = "ndas"              a made collection of look-alikes (`eval.asked`); beside `samples`, other questions; or:
dataset = "covid-qa"       a public set in the folder of the setting public_data, and
split = "dev"              one of its splits
corpus = "eval-covid-qa"   where the documents are indexed
domain = "medical"
limit = 200                at most so many questions, evenly from the whole split
held_out = true            only on documents that no shipped model was trained on (eval/held_out.toml)
within_document = true     a question is asked on its own document, not on the whole collection
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sparewheel import corpora
from sparewheel.corpora import Question
from sparewheel.eval.asked import asked_questions, write_files
from sparewheel.rag.errors import NotFound, suggest
from sparewheel.rag.ingest.report import Progress
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Document

SUITES = Path(__file__).with_name("suites")
HELD_OUT = Path(__file__).with_name("held_out.toml")


@dataclass(frozen=True)
class Part:
    """Questions on one corpus."""

    corpus: str
    domain: str
    samples: str = ""
    made: str = ""
    dataset: str = ""
    split: str = ""
    limit: int = 0
    held_out: bool = False
    within_document: bool = False

    def questions(self, settings: Settings) -> list[Question]:
        """In file order. An id says which set it is of."""
        if self.made:
            return asked_questions(self.made)
        if self.samples:
            return list(corpora.sample_questions(self.samples))
        found = [q for q in self._set(settings).questions(self.split) if known(q) and self._asked(q)]
        step = max(1, len(found) / self.limit) if self.limit else 1
        chosen = [found[int(i * step)] for i in range(min(len(found), self.limit or len(found)))]
        return [replace(q, id=f"{self.dataset}/{q.id}", category=_category(q) or self.dataset) for q in chosen]

    def files(self, settings: Settings) -> Path | None:
        """The folder of the documents that are read as a user's are; None for a public set."""
        if self.samples:
            return corpora.samples(self.samples) / "documents"
        return write_files(self.made, settings.corpora_folder / ".made" / self.made) if self.made else None

    def documents(self, settings: Settings) -> Iterator[Document]:
        """Of a public set: the documents of the split; only those asked about where each question is on one of them."""
        chosen = held_out(self.dataset) if self.held_out and self.within_document else None
        return (d for d in self._set(settings).documents(self.split) if chosen is None or d.id in chosen)

    def _asked(self, question: Question) -> bool:
        documents = {question.document_id} if question.document_id else {span.document_id for span in question.gold}
        return not self.held_out or (bool(documents) and documents <= held_out(self.dataset))

    def _set(self, settings: Settings) -> corpora.Dataset:
        return corpora.dataset(self.dataset, settings.public_data or None)


@dataclass(frozen=True)
class Suite:
    name: str
    about: str
    about_zh: str
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
    return Suite(name, row["about"], row["about_zh"], tuple(Part(**part) for part in row["part"]))


def drawn(questions: Sequence[Question], limit: int | None, seed: int = 7) -> list[Question]:
    """At most `limit` of them, drawn without replacement, in their order; the same ones each time."""
    count = len(questions) if limit is None else min(limit, len(questions))
    chosen = random.Random(seed).sample(range(len(questions)), count)  # noqa: S311 (no secret)
    return [questions[i] for i in sorted(chosen)]


def known(question: Question) -> bool:
    """Is anything known of the answer, so that it can be scored?"""
    return bool(question.answers or question.label or question.gold or question.document_id) or not question.answerable


def held_out(dataset: str) -> frozenset[str]:
    """Ids of the documents of a public set that no shipped model was trained on."""
    return frozenset(tomllib.loads(HELD_OUT.read_text(encoding="utf-8"))[dataset])


def _category(question: Question) -> str:
    """The coarsest of nested categories: PolicyQA has 300 of practice, attribute and value, parted by "|||"."""
    return question.category.partition("|||")[0]


def index_documents(
    part: Part, settings: Settings, on_progress: Callable[[Progress], None] = lambda told: None
) -> None:
    """Indexes and embeds what is not there yet of the documents of a public set's split; what is no longer among them
    goes, and what another embedding model made is made anew. Killed at any moment, the same call goes on: read again,
    embedded from the last batch on."""
    from sparewheel.rag.assemble import dense_writer, keyword_writer
    from sparewheel.rag.ingest.corpus import CorpusConfig
    from sparewheel.rag.ingest.run import fill, splitter_version
    from sparewheel.rag.ingest.split import split
    from sparewheel.rag.places import place_of

    profile = corpora.profile(part.domain)
    store = place_of(settings).create(CorpusConfig(part.corpus, part.domain, profile=profile))
    splitter = splitter_version(settings.ingest, store.config.profile)
    wanted = {document.id: document for document in part.documents(settings)}
    with store.write(wait=True) as transaction:
        there = {d.id: d.splitter for d in transaction.base.documents()} if transaction.base else {}
        gone = [name for name in there if name not in wanted]
        new = [document for name, document in wanted.items() if there.get(name) != splitter]
        for name in gone:
            transaction.remove(name)
        for number, document in enumerate(new):
            on_progress(Progress("split", number, len(new), document.id))
            transaction.add(document, split(document, settings.ingest, store.config.profile), splitter=splitter)
        if gone or new:
            transaction.publish([keyword_writer()], behind=[dense_writer(store, settings)] if there else [])
    fill(store, [dense_writer(store, settings)], rebuild=True, on_progress=on_progress)
