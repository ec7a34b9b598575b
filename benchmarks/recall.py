"""recall@10 of the lists that a dense index reads, on real vectors: real passages and real questions.

    python -m benchmarks.recall [--sizes 20000,100000,300000,600000] [--passages FILE --questions FILE]

Passages are 120-character pieces of the public data sets' texts, embedded by the built-in English model (about 7 ms a
core each); --passages and --questions name files with one text a line instead. The lists are cut as the index cuts them
(spherical k-means of a sample), so for each of the true nearest ten it is known how many lists must be read to meet it.
Numpy only, and no index on disk. Writes benchmarks/results/recall.json.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import random
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import save
from sparewheel.rag.retrieve.dense import LISTS_READ
from sparewheel.rag.retrieve.dense_write import LISTS, SAMPLE_PER_LIST, TRAINING_ROUNDS
from sparewheel.rag.retrieve.embed import open_embedder

PIECE_CHARS = 120
FROM = ("legalbench-rag", "medquad", "covid-qa", "nfcorpus", "squad", "pubmedqa")
ASKED = ("legalbench-rag", "medquad", "covid-qa", "nfcorpus")
QUESTIONS_OF_EACH = 150
RULES = ((4, 6), (LISTS, LISTS_READ), (LISTS, 1.5 * LISTS_READ))  # lists / sqrt(rows), lists read / sqrt(lists)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="20000,100000,300000,600000")
    parser.add_argument("--passages", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    passages = lines(options.passages) if options.passages else pieces()
    asked = lines(options.questions) if options.questions else questions()
    started = time.perf_counter()
    with multiprocessing.Pool(options.processes) as pool:
        vectors = embedded(pool, asked), embedded(pool, passages[: max(sizes)])
    print(f"{len(vectors[1])} passages embedded in {time.perf_counter() - started:.0f} s", flush=True)
    rows = []
    for size in sizes:
        if size <= len(vectors[1]):
            rows += measured(vectors[0], vectors[1][:size])
    save("recall", {"about": __doc__.split("\n\n")[2].replace("\n", " "), "questions": len(asked), "rows": rows})


def measured(asked: NDArray[np.float32], vectors: NDArray[np.float32]) -> list[dict[str, Any]]:
    """A row for each rule."""
    nearest = np.argpartition(-(asked @ vectors.T), 10, axis=1)[:, :10]
    rows, cut = [], {}
    for share, read in RULES:
        lists = int(2 ** round(math.log2(share * math.sqrt(len(vectors)))))
        if lists not in cut:
            centres = centres_of(vectors, lists)
            cut[lists] = centres, assigned(vectors, centres)
        centres, of = cut[lists]
        order = np.argsort(-(asked @ centres.T), axis=1)
        place = np.argsort(order, axis=1)
        needed = np.take_along_axis(place, of[nearest], axis=1)
        probed = min(lists, math.ceil(read * math.sqrt(lists)))
        sizes = np.bincount(of, minlength=lists)
        rows.append(
            {
                "passages": len(vectors),
                "lists": lists,
                "read": probed,
                "recall_at_10": round(float((needed < probed).mean()), 4),
                "rows_read": round(float(sizes[order[:, :probed]].sum(axis=1).mean() / len(vectors)), 4),
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def centres_of(vectors: NDArray[np.float32], lists: int) -> NDArray[np.float32]:
    """float32 [lists, dimension]: spherical k-means of a sample, as the index is cut."""
    chance = np.random.default_rng(1)
    sample = vectors[chance.choice(len(vectors), min(len(vectors), SAMPLE_PER_LIST * lists), replace=False)]
    centres = sample[chance.choice(len(sample), lists, replace=False)].copy()
    for _ in range(TRAINING_ROUNDS):
        of = assigned(sample, centres)
        order = np.argsort(of, kind="stable")
        filled, first = np.unique(of[order], return_index=True)
        sums = np.add.reduceat(sample[order], first, axis=0)
        centres = sample[chance.choice(len(sample), lists, replace=False)].copy()  # of what stays empty
        centres[filled] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return centres


def assigned(vectors: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.intp]:
    """The nearest centre of each vector."""
    return np.concatenate(
        [np.argmax(some @ centres.T, axis=1) for some in np.array_split(vectors, len(vectors) // 8192 + 1)]
    )


def embedded(pool: Any, texts: list[str]) -> NDArray[np.float32]:
    """float32 [len(texts), dimension]."""
    return np.concatenate(pool.map(embed, [texts[i : i + 500] for i in range(0, len(texts), 500)], chunksize=1))


def embed(texts: list[str]) -> NDArray[np.float32]:
    return model().embed(texts)


@cache
def model() -> Any:
    """One a process, on one thread."""
    embedder = open_embedder("auto")
    embedder._threads = 1  # type: ignore[attr-defined]
    return embedder


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def pieces() -> list[str]:
    """Of the public data sets, in random order, none twice."""
    from sparewheel.corpora.public import dataset

    found: dict[str, None] = {}
    for name in FROM:
        for document in dataset(name).documents():
            for start in range(0, len(document.text), PIECE_CHARS):
                piece = " ".join(document.text[start : start + PIECE_CHARS].split())
                if len(piece) > PIECE_CHARS // 2:
                    found[piece] = None
    every = list(found)
    random.Random(0).shuffle(every)
    return every


def questions() -> list[str]:
    """QUESTIONS_OF_EACH of several data sets."""
    from sparewheel.corpora.public import dataset

    chance, asked = random.Random(1), []
    for name in ASKED:
        every = [question.text for question in dataset(name).questions()]
        asked += chance.sample(every, min(QUESTIONS_OF_EACH, len(every)))
    return asked


if __name__ == "__main__":
    main()
