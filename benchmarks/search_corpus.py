"""A corpus of any size for `benchmarks.search_speed`, out of LegalBench-RAG's 714 documents.

Texts: its chunks of 1,000 characters in random order; beyond their number (80k) again, with every sixth word replaced
by one drawn from the whole, so that lengths and word frequencies stay those of contracts.
Vectors: embedding 500k passages takes hours on two cores, so 120-character pieces are embedded for real (BASE of them)
and a row beyond is one of those turned by noise (cosine about 0.9 to it). Questions are embedded for real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.corpora.public import dataset
from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.retrieve.embed import open_embedder
from sparewheel.rag.types import Chunk, Document

BASE = 20_000  # passages embedded for real
CHUNK_CHARS = 1000
PIECE_CHARS = 120
CHUNKS_PER_DOCUMENT = 100
NOISE = 0.48  # length of the noise added to a unit vector: cosine 1 / sqrt(1 + 0.48 ** 2) = 0.90
REPLACED = 1 / 6  # of the words of a repeated text


class Synthesised:
    """Stands where the embedder of the index would be; gives the next rows."""

    def __init__(self, base: NDArray[np.float32], name: str) -> None:
        self.name = name
        self.dimension = base.shape[1]
        self._rows = self._draw(base)

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        return np.stack([next(self._rows) for _ in texts])

    def _draw(self, base: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        yield from base
        random = np.random.default_rng(0)
        while True:
            row = base[random.integers(len(base))] + random.standard_normal(self.dimension) * (
                NOISE / np.sqrt(self.dimension)
            )
            yield (row / np.linalg.norm(row)).astype(np.float32)


def chunks_and_pieces() -> tuple[list[str], list[str]]:
    """All chunks of the documents in random order, and BASE pieces to embed."""
    documents = [document.text for document in dataset("legalbench-rag").documents()]
    chunks = [text[i : i + CHUNK_CHARS] for text in documents for i in range(0, len(text), CHUNK_CHARS)]
    pieces = [text[i : i + PIECE_CHARS] for text in documents for i in range(0, len(text), PIECE_CHARS)]
    shuffled = random.Random(0)
    shuffled.shuffle(chunks)
    return chunks, shuffled.sample(pieces, BASE)


def base_vectors(folder: Path) -> NDArray[np.float32]:
    """float32 [BASE, dimension]; kept in `folder` for the next run."""
    embedder = open_embedder("auto")
    file = folder / f"base-{embedder.name}.npy"
    if not file.exists():
        np.save(file, embedder.embed(chunks_and_pieces()[1]))
    rows: NDArray[np.float32] = np.load(file)
    return rows


def texts(chunks: Sequence[str], size: int) -> Iterator[str]:
    """`size` texts, the same at every call."""
    drawn = random.Random(1)
    words = [word for chunk in drawn.sample(chunks, 2000) for word in chunk.split()]
    for number in range(size):
        text = chunks[number % len(chunks)]
        if number >= len(chunks):
            kept = (drawn.choice(words) if drawn.random() < REPLACED else word for word in text.split())
            text = " ".join(kept)
        yield text


def build(folder: Path, chunks: Sequence[str], base: NDArray[np.float32], size: int) -> None:
    """A corpus of `size` chunks in `folder`, indexed and published."""
    store = Store.create(folder, CorpusConfig(folder.name))
    source = texts(chunks, size)
    with store.write() as transaction:
        for number in range(size // CHUNKS_PER_DOCUMENT):
            some = [next(source) for _ in range(CHUNKS_PER_DOCUMENT)]
            transaction.add(*_document(f"contract-{number}", some))
        transaction.publish([Bm25Writer(), DenseWriter(Synthesised(base, open_embedder("auto").name))])


def _document(name: str, some: Sequence[str]) -> tuple[Document, list[Chunk]]:
    starts = np.cumsum([0, *(len(text) for text in some)]).tolist()
    chunks = [Chunk(name, start, start + len(text), text) for start, text in zip(starts, some, strict=False)]
    return Document(name, "".join(some), name, name), chunks
