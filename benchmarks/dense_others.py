"""Other indexes of FAISS beside the lists of 16-bit rows in use, on real vectors: recall@10, milliseconds, bytes a row.

    python -m benchmarks.dense_others [--sizes 100000,300000] [--folder FOLDER]

Passages and questions are those of `benchmarks.recall`, embedded by the built-in English model. Each index is searched
for 100 candidates on one thread at several widths; what counts is the time at a recall of about .96, which the product
has, within its bytes. "+ rows" looks the best of the codes up in the 16-bit rows, which are kept beside them.
Writes benchmarks/results/dense_others.json.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import RESULTS, save
from benchmarks.recall import embedded, pieces, questions
from sparewheel.rag.retrieve.dense import LISTS_READ
from sparewheel.rag.retrieve.dense_write import LISTS, SAMPLE_PER_LIST

CANDIDATES = 100
IP = faiss.METRIC_INNER_PRODUCT
Vectors = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="100000")
    parser.add_argument("--folder", type=Path, help="keep the vectors here; default: a temporary folder")
    parser.add_argument(
        "--only", default="", help="indexes whose names begin so, separated by ;; figures of others stay"
    )
    options = parser.parse_args()
    chosen = [name for name in INDEXES if name.startswith(tuple(options.only.split(";")))]
    sizes = [int(size) for size in options.sizes.split(",")]
    file = RESULTS / "dense_others.json"
    rows: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["sizes"] if file.exists() else {}
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as scratch:
        asked, vectors = real(options.folder or Path(scratch), max(sizes))
    faiss.omp_set_num_threads(1)
    for size in sizes:
        some = np.ascontiguousarray(vectors[:size])
        nearest = np.argpartition(-(asked @ some.T), 10, axis=1)[:, :10]
        known = [row for row in rows.get(str(size), []) if row["index"] not in chosen]
        rows[str(size)] = known
        for name in chosen:
            make = INDEXES[name]
            began = time.process_time()
            search, size_of, widths = make(some)
            built = round(time.process_time() - began, 1)
            for width in widths:
                row = {"index": name, "width": width, **measured(search, width, asked, nearest)}
                rows[str(size)].append({**row, "bytes_a_row": round(size_of / size), "built_cpu_s": built})
                print(size, rows[str(size)][-1], flush=True)
            save("dense_others", {"about": " ".join(__doc__.split()), "questions": len(asked), "sizes": rows})


def real(folder: Path, size: int) -> tuple[Vectors, Vectors]:
    """(questions, passages) as unit vectors; kept in `folder` for the next run."""
    file = folder / f"real-{size}.npz"
    if not file.exists():
        with multiprocessing.Pool() as pool:
            np.savez(file, asked=embedded(pool, questions()), vectors=embedded(pool, pieces()[:size]))
    found = np.load(file)
    return found["asked"], found["vectors"]


def measured(search: Callable[[Vectors, int], Any], width: int, asked: Vectors, nearest: Any) -> dict[str, float]:
    for one in asked[:50]:
        search(one[None], width)
    taken, found = [], []
    for one, true in zip(asked, nearest, strict=True):
        began = time.thread_time()
        ids = search(one[None], width)
        taken.append(1000 * (time.thread_time() - began))
        found.append(len(np.intersect1d(ids[:10], true)) / 10)
    return {"ms": round(float(np.median(taken)), 3), "recall_at_10": round(float(np.mean(found)), 4)}


def bytes_of(index: Any) -> int:
    return int(faiss.serialize_index(index).nbytes)


def lists_for(vectors: Vectors) -> int:
    return int(2 ** round(math.log2(LISTS * math.sqrt(len(vectors)))))


def widths_of(lists: int) -> Iterator[int]:
    """Lists read: as the product does, fewer, more."""
    for share in (0.5, 0.75, 1.0, 1.5):
        yield math.ceil(share * LISTS_READ * math.sqrt(lists))


def trained(index: Any, vectors: Vectors) -> Any:
    index.cp.niter, index.cp.max_points_per_centroid = 8, SAMPLE_PER_LIST
    index.train(vectors)
    index.add(vectors)
    return index


def in_use(vectors: Vectors) -> Any:
    lists = lists_for(vectors)
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(384), 384, lists, faiss.ScalarQuantizer.QT_fp16, IP, False)
    trained(index, vectors)
    return _ivf(index), bytes_of(index), list(widths_of(lists))


def _ivf(index: Any) -> Callable[[Vectors, int], Any]:
    def search(one: Vectors, width: int) -> Any:
        index.nprobe = width
        return index.search(one, CANDIDATES)[1][0]

    return search


def hnsw(links: int, kind: int) -> Callable[[Vectors], Any]:
    def make(vectors: Vectors) -> Any:
        index = faiss.IndexHNSWSQ(384, kind, links, IP)
        index.hnsw.efConstruction = 100
        faiss.omp_set_num_threads(2)
        index.train(vectors)
        index.add(vectors)
        faiss.omp_set_num_threads(1)

        def search(one: Vectors, width: int) -> Any:
            index.hnsw.efSearch = width
            return index.search(one, CANDIDATES)[1][0]

        return search, bytes_of(index), [100, 200, 400, 800]

    return make


def codes(index_of: Callable[[Any, int], Any], looked_up: int) -> Callable[[Vectors], Any]:
    """Lists of codes, of which the best are looked up in the 16-bit rows."""

    def make(vectors: Vectors) -> Any:
        lists, rows = lists_for(vectors), vectors.astype(np.float16)
        index = trained(index_of(faiss.IndexFlatIP(384), lists), vectors)

        def search(one: Vectors, width: int) -> Any:
            index.nprobe = width
            ids = index.search(one, looked_up)[1][0]
            ids = ids[ids >= 0]
            scores = rows[ids].astype(np.float32) @ one[0]
            return ids[np.argsort(-scores)[:CANDIDATES]]

        return search, bytes_of(index) + rows.nbytes, list(widths_of(lists))

    return make


def pq(quantizer: Any, lists: int) -> Any:
    return faiss.IndexIVFPQ(quantizer, 384, lists, 48, 8, IP)


def fast_scan(quantizer: Any, lists: int) -> Any:
    return faiss.IndexIVFPQFastScan(quantizer, 384, lists, 96, 4, IP)


def rabitq(quantizer: Any, lists: int) -> Any:
    return faiss.IndexIVFRaBitQ(quantizer, 384, lists, IP)


def rabitq_fast(quantizer: Any, lists: int) -> Any:
    return faiss.IndexIVFRaBitQFastScan(quantizer, 384, lists, IP)


INDEXES: dict[str, Callable[[Vectors], Any]] = {
    "lists of 16-bit rows (in use)": in_use,
    "HNSW 16, 8-bit rows": hnsw(16, faiss.ScalarQuantizer.QT_8bit),
    "HNSW 32, 8-bit rows": hnsw(32, faiss.ScalarQuantizer.QT_8bit),
    "lists of PQ 48x8 + rows, 400": codes(pq, 400),
    "lists of PQ 96x4 fast scan + rows, 400": codes(fast_scan, 400),
    "lists of RaBitQ + rows, 400": codes(rabitq, 400),
    "lists of RaBitQ fast scan + rows, 400": codes(rabitq_fast, 400),
}

if __name__ == "__main__":
    sys.exit(main())
