"""What is compared: each leg of the product, their fusion, the reranked fusion, and LangChain's plain pair."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrieval_sets import Ask, RetrievalSet
from sparewheel.corpora import profile
from sparewheel.rag.retrieve import Bm25Index, Bm25Search, Bm25Writer, DenseIndex, DenseSearch, DenseWriter, Hybrid
from sparewheel.rag.retrieve.embed import SentenceTransformersEmbedder, open_embedder
from sparewheel.rag.retrieve.memory import MemoryPassages
from sparewheel.rag.retrieve.rerank import OnnxReranker
from sparewheel.rag.settings import Retrieve
from sparewheel.rag.types import Embedder
from sparewheel.rag.weights import WEIGHTS

Runs = dict[str, list[int]]  # question id -> chunk ids, best first
DEPTH = 100


class Kept:
    """An embedder whose passage vectors are kept on disk, float16, each under its text's hash: a run that was stopped,
    or another share of the documents, embeds only what is new. One process at a time."""

    def __init__(self, inner: Embedder, folder: Path) -> None:
        self.inner = inner
        self.name, self.dimension = inner.name, inner.dimension
        folder.mkdir(parents=True, exist_ok=True)
        self._keys, self._rows = (folder / f"{Path(self.name).name}.{kind}" for kind in ("sha", "f16"))
        kept = self._keys.read_bytes() if self._keys.exists() else b""
        whole = min(len(kept) // 16, self._rows.stat().st_size // (2 * self.dimension) if kept else 0)
        self._place = {kept[16 * i : 16 * i + 16]: i for i in range(whole)}
        for file, bytes_each in ((self._keys, 16), (self._rows, 2 * self.dimension)):
            file.touch()
            os.truncate(file, whole * bytes_each)  # what a killed run wrote by half

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """As `rag.types.Embedder`."""
        if query:
            return self.inner.embed(texts, query=True)
        names = [hashlib.sha256(text.encode()).digest()[:16] for text in texts]
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in self._place}
        if new:
            with self._rows.open("ab") as rows, self._keys.open("ab") as keys:
                rows.write(self.inner.embed(list(new.values())).astype(np.float16).tobytes())
                rows.flush()
                keys.write(b"".join(new))
            self._place |= {name: place for place, name in enumerate(new, len(self._place))}
        kept = np.memmap(self._rows, np.float16, "r").reshape(-1, self.dimension)
        found = kept[[self._place[name] for name in names]].astype(np.float32)
        vectors: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
        return vectors


def ours(data: RetrievalSet, asks: Sequence[Ask], settings: Retrieve, vectors: Path) -> dict[str, Runs]:
    """The product's rankings at its default settings; without dense ones where the language has no built-in model."""
    passages = MemoryPassages(data.chunks)
    with tempfile.TemporaryDirectory() as name:
        keyword = Bm25Search(_built(Bm25Index, Bm25Writer(), passages, Path(name) / "bm25"), passages)
        searches: dict[str, Any] = {"BM25": keyword}
        if (WEIGHTS / f"embed-{data.language}" / "model.onnx").exists():
            embedder = Kept(open_embedder("auto", data.language), vectors)
            dense = DenseSearch(
                _built(DenseIndex, DenseWriter(embedder), passages, Path(name) / "dense"), embedder, passages
            )
            weights = profile(data.domain).weights
            searches |= {"dense": dense, "hybrid": Hybrid([keyword, dense], settings, weights=weights)}
        runs: dict[str, Runs] = {
            kind: {ask.id: [hit.chunk.id for hit in search.search(ask.text, DEPTH)] for ask in asks}
            for kind, search in searches.items()
        }
        folder = WEIGHTS / f"rerank-{data.language}"
        if "hybrid" in searches and (folder / "model.onnx").exists():
            reranker = OnnxReranker(folder)
            runs["hybrid, reranked"] = {ask.id: _reranked(reranker, searches["hybrid"], ask, settings) for ask in asks}
    return runs


def _reranked(reranker: OnnxReranker, search: Any, ask: Ask, settings: Retrieve) -> list[int]:
    hits = search.search(ask.text, DEPTH)
    first = reranker.rerank(ask.text, hits[: settings.rerank_k], settings.rerank_k).hits
    return [hit.chunk.id for hit in (*first, *hits[settings.rerank_k :])]


def _built(opener: Any, writer: Any, passages: MemoryPassages, folder: Path) -> Any:
    folder.mkdir()
    writer.write(folder, passages.all, [])
    return opener.open(folder)


def plain_bm25(data: RetrievalSet, asks: Sequence[Ask]) -> Runs:
    """LangChain's community BM25Retriever over rank-bm25, its defaults; it reads every chunk for every question."""
    from langchain_community.retrievers import BM25Retriever

    texts = [chunk.indexed_text for chunk in data.chunks]
    retriever = BM25Retriever.from_texts(texts, metadatas=[{"id": chunk.id} for chunk in data.chunks], k=DEPTH)
    return {ask.id: [row.metadata["id"] for row in retriever.invoke(ask.text)] for ask in asks}


def plain_faiss(data: RetrievalSet, asks: Sequence[Ask], base: Path, vectors: Path) -> Runs:
    """LangChain's community FAISS (exact, L2) with the untuned all-MiniLM-L6-v2 of the folder `base`."""
    import faiss
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document

    embedder = Kept(SentenceTransformersEmbedder(str(base)), vectors)
    index = faiss.IndexFlatL2(embedder.dimension)
    texts = [chunk.indexed_text for chunk in data.chunks]
    index.add(embedder.embed(texts))
    documents = {
        str(chunk.id): Document(text, metadata={"id": chunk.id}) for chunk, text in zip(data.chunks, texts, strict=True)
    }
    names = {number: str(number) for number in range(len(texts))}
    store = FAISS(
        lambda text: embedder.embed([text], query=True)[0].tolist(), index, InMemoryDocstore(documents), names
    )
    return {ask.id: [row.metadata["id"] for row in store.similarity_search(ask.text, k=DEPTH)] for ask in asks}


def ensemble(first: Runs, second: Runs, constant: int = 60) -> Runs:
    """The two fused as LangChain's EnsembleRetriever does with equal weights: reciprocal ranks."""
    fused: Runs = {}
    for name in first:
        total: dict[int, float] = {}
        for run in (first[name], second[name]):
            for rank, chunk in enumerate(run, start=1):
                total[chunk] = total.get(chunk, 0.0) + 1 / (constant + rank)
        fused[name] = sorted(total, key=lambda chunk: -total[chunk])
    return fused
