"""What the tests of both engines share: places, an embedder without a model, small documents."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.assemble import keyword_writer
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.postgres.database import Database
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Chunk, Document

WORDS = ["lease", "notice", "rent", "deposit", "tenant", "assign", "insure", "repair", "fee", "term", "the", "a", "of"]
ZH = "甲方应当在租期届满前三十日内书面通知乙方并支付押金与违约金本合同自双方签字之日起生效"


class Hashed:
    """Texts to vectors by their words: the same text gives the same vector, texts of common words are near."""

    def __init__(self, name: str = "hashed@1", dimension: int = 16) -> None:
        self.name, self.dimension = name, dimension

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        rows = np.stack([self._of(text) for text in texts]) if texts else np.zeros((0, self.dimension))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def _of(self, text: str) -> NDArray[np.float64]:
        total = np.full(self.dimension, 1e-3)
        for word in text.lower().split():
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
            total += np.random.default_rng(seed).normal(size=self.dimension)
        return total


def dense(name: str = "hashed@1") -> DenseWriter:
    return DenseWriter(Hashed(name))


def made(number: int, chunks: int = 3, **fields: Any) -> tuple[Document, list[Chunk]]:
    """A document of a few lines, each a chunk; every fifth in Chinese."""
    chance = random.Random(number)
    if number % 5 == 4:
        lines = ["".join(chance.choices(ZH, k=30)) for _ in range(chunks)]
    else:
        lines = [" ".join(chance.choices(WORDS, k=chance.randint(3, 25))) for _ in range(chunks)]
    fields = {"language": "zh" if number % 5 == 4 else "en", "metadata": {"lot": str(number % 3)}, **fields}
    id = f"{number:04d}.txt"
    document = Document(id, "\n".join(lines), f"Paper {number}", f"/in/{id}", **fields)
    return document, split(document)


def split(document: Document) -> list[Chunk]:
    """One chunk for each line."""
    found, start = [], 0
    for line in document.text.split("\n"):
        end = start + len(line)
        found.append(Chunk(document.id, start, end, line, document.title, ("Part",), None, document.language,
                           metadata=document.metadata))  # fmt: skip
        start = end + 1
    return found


def put(store: CorpusStore, *documents: tuple[Document, list[Chunk]], gone: Sequence[str] = ()) -> None:
    """One publish."""
    with store.write() as transaction:
        for id in gone:
            assert transaction.remove(id)
        for document, chunks in documents:
            transaction.add(document, chunks, splitter="lines 1")
        behind = [dense()] if transaction.base is not None and transaction.base.share("dense") else []
        transaction.publish([keyword_writer()], behind=behind)


def away(settings: Settings) -> Callable[..., AbstractContextManager[None]]:
    """In the place of `Database._guarded`: the database cannot be reached."""
    unreachable = Database("postgresql://127.0.0.1:1/none", settings)

    @contextmanager
    def guarded(**given: object) -> Iterator[None]:
        with Database._guarded(unreachable):
            unreachable._readers._opened()
        yield

    return guarded


def config(name: str = "papers") -> CorpusConfig:
    return CorpusConfig(name)
