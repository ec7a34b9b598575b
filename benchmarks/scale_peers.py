"""The folder and PostgreSQL beside LanceDB's hybrid search and LangChain's PGVectorStore, on the same passages.

    python -m benchmarks.scale_peers --python PEERS/bin/python [--size 100000] [--folder FOLDER]

PEERS is an environment with `lancedb langchain-postgres` in it; they run there (`benchmarks.scale_peers_systems`), one
after the other, with the same vectors and questions, on the PostgreSQL that the product is measured on. The vector of a
question is given to everyone, so that no embedding is measured. Everyone is asked for 8 passages out of 100 candidates
by words and 100 by vector, fused by reciprocal rank. Recall is of the ten nearest vectors of all. Writes
benchmarks/results/scale_peers.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import RESULTS, save
from benchmarks.scale_postgres import server
from benchmarks.search_corpus import Synthesised, base_vectors, build, chunks_and_pieces, texts
from benchmarks.search_speed import CANDIDATES, K, questions, timed
from sparewheel.rag.assemble import searches
from sparewheel.rag.copying import copy_corpus
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.places import place_of
from sparewheel.rag.postgres.database import database_of
from sparewheel.rag.retrieve.embed import open_embedder
from sparewheel.rag.retrieve.hybrid import Hybrid
from sparewheel.rag.settings import Answering, Retrieve, Settings

ASKED = 120
PEERS = ("lancedb", "pgvectorstore")
ENGINES = ("folder", "postgresql", *PEERS)


class Given:
    """Stands where the embedder would be: the vector of a question is known."""

    def __init__(self, asked: Sequence[str]) -> None:
        real = open_embedder("auto")
        self.name, self.dimension = real.name, real.dimension
        self.vectors = real.embed(asked, query=True)
        self._of = dict(zip(asked, self.vectors, strict=True))

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        return np.stack([self._of[text] for text in texts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="of the environment that the peers are installed in")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the corpora here; default: a temporary folder")
    parser.add_argument("--only", default=",".join(ENGINES), help="engines to measure; figures of others stay")
    options = parser.parse_args()
    file = RESULTS / "scale_peers.json"
    rows: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["sizes"] if file.exists() else {}
    row: dict[str, Any] = rows.setdefault(str(options.size), {})
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as scratch, server() as url:
        folder = options.folder or Path(scratch)
        asked = questions()[:ASKED]
        given = Given(asked)
        exact = written(folder, options.size, asked, given)
        for engine in options.only.split(","):
            if engine in PEERS:
                script = str(Path(__file__).with_name("scale_peers_systems.py"))
                command = [options.python, script, engine, str(folder), url]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                row[engine] = json.loads(done.stdout.splitlines()[-1])
            else:
                row[engine] = measured(store_of(engine, folder, url, options.size), asked, given, exact)
            row[engine]["load_1min"] = round(os.getloadavg()[0], 1)
            print(engine, row[engine], flush=True)
            save("scale_peers", {"about": " ".join(__doc__.split()), "sizes": rows})


def written(folder: Path, size: int, asked: Sequence[str], given: Given) -> NDArray[np.int64]:
    """Texts, vectors and questions as files for the peers; int64 [ASKED, 10]: the rows nearest to each question."""
    base = base_vectors(folder)
    rows = Synthesised(base, "peers").embed([""] * size)
    exact = np.argpartition(-(given.vectors @ rows.T), 10, axis=1)[:, :10]
    np.savez(folder / "peers.npz", vectors=rows, questions=given.vectors, exact=exact)
    with (folder / "peers.jsonl").open("w", encoding="utf-8") as file:
        for text in texts(chunks_and_pieces()[0], size):
            file.write(json.dumps(text, ensure_ascii=False) + "\n")
    (folder / "peers-asked.json").write_text(json.dumps(list(asked)), encoding="utf-8")
    return exact


def store_of(engine: str, folder: Path, url: str, size: int) -> CorpusStore:
    """The corpus in a folder, or copied from there into the database."""
    data = folder / "corpora"
    settings = Settings(data_folder=str(data), answer=Answering(timeout_s=60.0))
    name = f"corpus-{size}"
    if name not in place_of(settings).names():
        build(data / name, chunks_and_pieces()[0], base_vectors(folder), size)
    source = place_of(settings).store(name)
    if engine == "folder":
        return source
    own = replace(settings, store=url)
    copy = copy_corpus(source, place_of(own))
    with database_of(own).connection() as rows:
        rows.execute("VACUUM (ANALYZE)")
    return copy


def measured(store: CorpusStore, asked: list[str], given: Given, exact: NDArray[np.int64]) -> dict[str, Any]:
    with store.open() as snapshot:
        keywords, near = searches(snapshot)
        nearest = near(given)
        hybrid = Hybrid([keywords, nearest], Retrieve(candidates_k=CANDIDATES))
        first = int(snapshot.ids()[0])
        found = [nearest.find(question, CANDIDATES)[0][:10] - first for question in asked]
        recall = np.mean([len(np.intersect1d(one, true)) / 10 for one, true in zip(found, exact, strict=True)])
        return {
            "hybrid": timed(lambda question: hybrid.search(question, K), asked),
            "vector": timed(lambda question: nearest.search(question, K), asked),
            "recall_at_10": round(float(recall), 4),
            "bytes_a_passage": round(store.bytes() / snapshot.manifest.chunks),
        }


if __name__ == "__main__":
    sys.exit(main())
