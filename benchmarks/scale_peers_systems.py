"""What `benchmarks.scale_peers` runs in an environment without Sparewheel: `scale_peers_systems.py NAME FOLDER URL`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

CANDIDATES, K = 100, 8
BATCH = 2000


def lance(folder: Path, url: str) -> dict[str, Any]:
    """LanceDB: its own full-text index, vectors by IVF_PQ with refinement, fused by rank."""
    import lancedb
    from lancedb.rerankers import RRFReranker

    given, asked = np.load(folder / "peers.npz"), json.loads((folder / "peers-asked.json").read_text())
    began, place = time.process_time(), folder / "lance"
    rows = (
        [{"id": start + n, "text": text, "vector": vector} for n, (text, vector) in enumerate(zip(*some, strict=True))]
        for start, some in batches(folder, given["vectors"])
    )
    table = lancedb.connect(place).create_table("passages", next(rows), mode="overwrite")
    for some in rows:
        table.add(some)
    table.create_fts_index("text", replace=True)
    table.create_index(metric="cosine", index_type="IVF_PQ", vector_column_name="vector")
    table.optimize(cleanup_older_than=timedelta(0))
    built = time.process_time() - began
    reranker, vectors = RRFReranker(), dict(zip(asked, given["questions"], strict=True))

    def vector(question: str, k: int) -> list[int]:
        search = table.search(vectors[question]).nprobes(60).refine_factor(10)
        return [row["id"] for row in search.select(["id"]).limit(k).to_list()]

    def hybrid(question: str) -> list[Any]:
        search = table.search(query_type="hybrid").vector(vectors[question]).text(words(question))
        return search.nprobes(60).refine_factor(10).rerank(reranker).limit(CANDIDATES).to_list()[:K]

    return figures(hybrid, vector, asked, given["exact"], built, size_of(place))


def langchain(folder: Path, url: str) -> dict[str, Any]:
    """langchain-postgres: vectors of 32 bits with HNSW, PostgreSQL's own English text search, fused by rank."""
    import psycopg
    from langchain_core.embeddings import Embeddings
    from langchain_postgres import PGEngine, PGVectorStore
    from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig, reciprocal_rank_fusion
    from langchain_postgres.v2.indexes import HNSWIndex, HNSWQueryOptions

    given, asked = np.load(folder / "peers.npz"), json.loads((folder / "peers-asked.json").read_text())
    vectors = {question: vector.tolist() for question, vector in zip(asked, given["questions"], strict=True)}

    class Given(Embeddings):
        def embed_query(self, text: str) -> list[float]:
            return vectors[text]

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise NotImplementedError("the vectors of the passages are given, nothing is embedded here")

    with psycopg.connect(url, autocommit=True) as rows:
        rows.execute("CREATE EXTENSION IF NOT EXISTS vector")
    began = time.process_time()
    engine = PGEngine.from_connection_string(url.replace("postgresql://", "postgresql+psycopg://"))
    config = HybridSearchConfig(
        tsv_column="words",
        fusion_function=reciprocal_rank_fusion,
        fusion_function_parameters={"rrf_k": 60, "fetch_top_k": K},
        primary_top_k=CANDIDATES,
        secondary_top_k=CANDIDATES,
    )
    engine.init_vectorstore_table(
        "passages", 384, id_column={"name": "langchain_id", "data_type": "TEXT", "nullable": False},
        hybrid_search_config=config, overwrite_existing=True,
    )  # fmt: skip
    options = HNSWQueryOptions(ef_search=200)
    store = PGVectorStore.create_sync(
        engine, Given(), "passages", hybrid_search_config=config, k=K, index_query_options=options
    )
    for start, (texts, some) in batches(folder, given["vectors"]):
        store.add_embeddings(texts, some.tolist(), ids=[str(start + n) for n in range(len(texts))])
    store.apply_vector_index(HNSWIndex())
    store.apply_hybrid_search_index()
    built = time.process_time() - began
    with psycopg.connect(url, autocommit=True) as rows:
        rows.execute("VACUUM ANALYZE passages")
        (size,) = rows.execute("SELECT pg_total_relation_size('passages')").fetchone() or (0,)
        query = "SELECT 1 FROM passages WHERE words @@ plainto_tsquery('pg_catalog.english', %s) LIMIT 1"
        without = sum(rows.execute(query, (question,)).fetchone() is None for question in asked)
    alone = PGVectorStore.create_sync(engine, Given(), "passages", k=K, index_query_options=options)

    def vector(question: str, k: int) -> list[int]:
        return [int(one.id) for one in alone.similarity_search_by_vector(vectors[question], k=k)]

    found = figures(lambda question: store.similarity_search(question, k=K), vector, asked, given["exact"], built, size)
    return {**found, "questions_without_a_passage_by_words": without}


def figures(
    hybrid: Callable[[str], Any], vector: Callable[[str, int], list[int]], asked: list[str], exact: Any, built: float,
    size: int,
) -> dict[str, Any]:  # fmt: skip
    found = [len(set(vector(q, 10)) & set(true.tolist())) / 10 for q, true in zip(asked, exact, strict=True)]
    return {
        "hybrid": timed(hybrid, asked),
        "vector": timed(lambda question: vector(question, K), asked),
        "recall_at_10": round(float(np.mean(found)), 4),
        "bytes_a_passage": round(size / len(np.load(FOLDER / "peers.npz")["vectors"])),
        "cpu_s_to_build_in_the_client": round(built, 1),
    }


def timed(search: Callable[[str], Any], asked: list[str]) -> dict[str, float]:
    for question in asked[::4]:
        search(question)
    taken = []
    for question in asked:
        began = time.perf_counter()
        search(question)
        taken.append(1000 * (time.perf_counter() - began))
    return {"p50_ms": round(float(np.median(taken)), 2), "p99_ms": round(float(np.percentile(taken, 99)), 2)}


def batches(folder: Path, vectors: Any) -> Iterator[tuple[int, tuple[list[str], Any]]]:
    with (folder / "peers.jsonl").open(encoding="utf-8") as lines:
        for start in range(0, len(vectors), BATCH):
            some = vectors[start : start + BATCH]
            yield start, ([json.loads(next(lines)) for _ in some], some)


def words(question: str) -> str:
    """Without what a query language reads as its own."""
    return "".join(letter if letter.isalnum() else " " for letter in question)


def size_of(place: Path) -> int:
    return sum(os.path.getsize(Path(folder) / name) for folder, _, names in os.walk(place) for name in names)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[2])
    print(json.dumps({"lancedb": lance, "pgvectorstore": langchain}[sys.argv[1]](FOLDER, sys.argv[3])))
