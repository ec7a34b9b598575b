"""How long a question takes at 10k, 100k and 500k chunks, beside rank-bm25 and bm25s.

    python -m benchmarks.search_speed [--sizes 10000,100000,500000]

Every engine runs in a process of its own, one after the other, on the same texts and questions. "hybrid" is the whole
retrieval as the product does it: question embedded, both indexes searched, fused, passages read from the store.
rank-bm25 and bm25s find ids only. Writes benchmarks/results/search_speed.json.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import RESULTS, rss_mb, save
from benchmarks.search_corpus import BASE, base_vectors, build, chunks_and_pieces, texts
from sparewheel.corpora.public import dataset

QUESTIONS = 200
SLOW_QUESTIONS = 20  # for rank-bm25, which takes seconds
K = 8  # passages shown to the reader (setting retrieve.evidence_k)
CANDIDATES = 100  # what each keyword engine is asked for, as in the hybrid (retrieve.candidates_k)
RANK_BM25_UP_TO = 100_000  # beyond, its dictionaries need more than 5 GB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000,500000")
    parser.add_argument("--folder", type=Path, help="keep the corpora here; default: a temporary folder")
    parser.add_argument("--child", nargs=2, metavar=("ENGINE", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        engine, size = options.child
        print(json.dumps(ENGINES[engine](options.folder, int(size))))
        return
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as scratch:
        folder = options.folder or Path(scratch)
        sizes = [int(size) for size in options.sizes.split(",")]
        base_vectors(folder)
        file = RESULTS / "search_speed.json"  # sizes not measured now stay: the largest takes longest
        rows: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["sizes"] if file.exists() else {}
        for size in sizes:
            rows[str(size)] = measure(folder, size)
            print(f"written: {report(rows)}", flush=True)


def report(rows: dict[str, Any]) -> Path:
    """Writes what there is; the path."""
    figures = {
        "about": __doc__.split("\n\n")[2].replace("\n", " "),
        "corpus": f"LegalBench-RAG chunks, repeated with words replaced beyond 80k; vectors: {BASE} embedded passages, "
        "beyond them these with noise (cosine 0.9)",
        "questions": QUESTIONS,
        "sizes": rows,
    }
    return save("search_speed", figures)


def measure(folder: Path, size: int) -> dict[str, Any]:
    """Every engine at one size, each in its own process."""
    row: dict[str, Any] = {"load_1min": round(os.getloadavg()[0], 1)}
    for engine in ENGINES:
        if engine == "rank-bm25" and size > RANK_BM25_UP_TO:
            continue
        command = [
            sys.executable,
            "-m",
            "benchmarks.search_speed",
            "--folder",
            str(folder),
            "--child",
            engine,
            str(size),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        row[engine] = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{size:>7} {engine:<10} " + "  ".join(f"{key} {value}" for key, value in row[engine].items()), flush=True
        )
    if "rank-bm25" in row:
        row["times_faster_than_rank_bm25"] = {
            "hybrid": round(row["rank-bm25"]["p50_ms"] / row["sparewheel"]["p50_ms"], 1),
            "keywords": round(row["rank-bm25"]["p50_ms"] / row["sparewheel"]["keywords_p50_ms"], 1),
        }
    return row


def build_corpus(folder: Path, size: int) -> dict[str, Any]:
    """Bytes of each part; seconds to write all (texts, keyword and dense index; vectors given) unless it was there."""
    place = folder / f"corpus-{size}"
    row: dict[str, Any] = {}
    if not place.exists():
        chunks, base = chunks_and_pieces()[0], base_vectors(folder)
        started = time.perf_counter()
        build(place, chunks, base, size)
        row["seconds"] = round(time.perf_counter() - started, 1)
    (snapshot,) = (place / "snapshots").iterdir()
    for name, pattern in {"bm25": "bm25/*", "dense": "dense/*", "passages": "store.sqlite"}.items():
        row[f"{name}_mb"] = round(sum(file.stat().st_size for file in snapshot.glob(pattern)) / 1e6, 1)
    return row


def sparewheel(folder: Path, size: int) -> dict[str, Any]:
    """The product: index open time, hybrid and single legs, resident memory, recall of the dense lists read."""
    from sparewheel.rag.ingest.store import Store
    from sparewheel.rag.retrieve import Bm25Index, Bm25Search, DenseIndex, DenseSearch, Hybrid, open_embedder
    from sparewheel.rag.settings import Retrieve

    embedder = open_embedder("auto")
    embedder.embed(["warm"], query=True)
    started = time.perf_counter()
    snapshot = Store(folder / f"corpus-{size}").open()
    bm25 = Bm25Index.open(*snapshot.segments("bm25"))
    dense = DenseIndex.open(*snapshot.segments("dense"))
    opened_s = time.perf_counter() - started
    legs = (Bm25Search(bm25, snapshot), DenseSearch(dense, embedder, snapshot))
    hybrid = Hybrid(legs, Retrieve(candidates_k=CANDIDATES))
    asked = questions()
    whole = timed(lambda question: hybrid.search(question, K), asked)
    keywords = timed(lambda question: bm25.search(question, CANDIDATES), asked)
    embedding = timed(lambda question: embedder.embed([question], query=True), asked)
    return {
        **whole,
        **{f"keywords_{key}": value for key, value in keywords.items()},
        **{f"embed_{key}": value for key, value in embedding.items()},
        "open_s": round(opened_s, 3),
        "rss_mb": round(rss_mb()),
        **dense_leg(dense, embedder.embed(asked, query=True)),
    }


def dense_leg(dense: Any, vectors: Any) -> dict[str, Any]:
    """Time of the nearest neighbours alone, and their recall@10 against every row compared."""
    rows, ids = dense.rows().astype(np.float32), dense.list_ids
    found = []
    for vector in vectors:
        cosines = rows @ vector
        exact = ids[np.argpartition(-cosines, 10)[:10]]
        found.append(len(np.intersect1d(exact, dense.search(vector, 10)[0])) / 10)
    alone = timed(lambda vector: dense.search(vector, CANDIDATES), vectors)
    return {"nearest_p50_ms": alone["p50_ms"], "recall_at_10": round(float(np.mean(found)), 4)}


def bm25s_alone(folder: Path, size: int) -> dict[str, Any]:
    """bm25s with its own tokeniser and the same stemmer."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    corpus = list(texts(chunks_and_pieces()[0], size))
    index.index(bm25s.tokenize(corpus, stemmer=stemmer, show_progress=False), show_progress=False)
    del corpus
    gc.collect()

    def search(question: str) -> Any:
        tokens = bm25s.tokenize(question, stemmer=stemmer, show_progress=False)
        return index.retrieve(tokens, k=CANDIDATES, show_progress=False, n_threads=0)

    return {**timed(search, questions()), "rss_mb": round(rss_mb())}


def rank_bm25_alone(folder: Path, size: int) -> dict[str, Any]:
    """rank-bm25 as LangChain's BM25Retriever uses it: words split at blanks."""
    from rank_bm25 import BM25Okapi

    index = BM25Okapi([text.split() for text in texts(chunks_and_pieces()[0], size)])

    def search(question: str) -> Any:
        scores = index.get_scores(question.split())
        return np.argsort(scores)[::-1][:CANDIDATES]

    return {**timed(search, questions()[:: QUESTIONS // SLOW_QUESTIONS]), "rss_mb": round(rss_mb())}


ENGINES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "build": build_corpus,
    "sparewheel": sparewheel,
    "bm25s": bm25s_alone,
    "rank-bm25": rank_bm25_alone,
}


def questions() -> list[str]:
    """QUESTIONS of the benchmark, evenly over its sub-sets."""
    every = [question.text for question in dataset("legalbench-rag").questions()]
    return every[:: len(every) // QUESTIONS][:QUESTIONS]


def timed(search: Callable[[Any], Any], asked: Any) -> dict[str, Any]:
    """Milliseconds of a call, after a warm-up: median, 99th percentile, and the median of the processor time."""
    for question in asked[:: max(1, len(asked) // 20)]:
        search(question)
    walls, processors = [], []
    for question in asked:
        wall, processor = time.perf_counter(), time.process_time()
        search(question)
        walls.append(1000 * (time.perf_counter() - wall))
        processors.append(1000 * (time.process_time() - processor))
    return {
        "p50_ms": round(float(np.median(walls)), 2),
        "p99_ms": round(float(np.quantile(walls, 0.99)), 2),
        "cpu_p50_ms": round(float(np.median(processors)), 2),
    }


if __name__ == "__main__":
    main()
