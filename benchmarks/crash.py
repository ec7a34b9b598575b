"""200 random SIGKILLs while a corpus is written; after each one it must open, be whole, and answer.

    python -m benchmarks.crash [--kills 200] [--seed 0]

A child process adds, changes and removes documents and fills the dense index, over and over, until it is killed at a
random moment. What it was doing is counted. Writes benchmarks/results/crash.json.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import save
from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest import sandbox
from sparewheel.rag.ingest.load import load
from sparewheel.rag.ingest.run import fill, ingest, remove
from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.retrieve.bm25 import Bm25Index, Bm25Search
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Document, Profile

FILES = 15
LONGEST_S = 1.2  # from the child's first change to the kill


class WordHashes:
    """An embedder without a model: the crash is the store's, not the model's."""

    name = "word-hashes"
    dimension = 32

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.encode()) % self.dimension] += 1
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        write_until_killed(options.child, random.Random(options.seed))
    chance = random.Random(options.seed)
    started, during, broken, snapshots = time.perf_counter(), Counter[str](), list[str](), 0
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        for number in range(options.kills):
            during[kill_one(home, seed=chance.randrange(1 << 30), after_s=chance.uniform(0, LONGEST_S))] += 1
            try:
                snapshots = check(home)
            except Exception as error:
                broken.append(f"kill {number}: {type(error).__name__}: {error}")
            print(f"\r{number + 1} kills, {len(broken)} broken", end="", flush=True)
    result = {
        "kills": options.kills,
        "broken": len(broken),
        "how": broken,
        "killed_during": dict(sorted(during.items())),
        "snapshots_published": snapshots,
        "seconds": round(time.perf_counter() - started, 1),
    }
    save("crash", result)
    print(f"; {snapshots} snapshots published; killed during " + ", ".join(f"{k} {n}" for k, n in during.most_common()))
    sys.exit(1 if broken else 0)


def kill_one(home: Path, seed: int, after_s: float) -> str:
    """Starts a writer, kills it `after_s` after it began; what it was doing."""
    command = [sys.executable, "-m", "benchmarks.crash", "--child", str(home), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        doing = child.stdout.readline()
        time.sleep(after_s)
        child.kill()
        lines = child.stdout.read().split()
    return (lines or [doing.strip() or "start"])[-1]


def write_until_killed(home: Path, chance: random.Random) -> None:
    """Adds, changes, removes and fills, telling on standard output what comes next."""
    store = Store.create(home / "corpus", CorpusConfig("corpus"))
    source = home / "source"
    source.mkdir(exist_ok=True)
    words, dense = Bm25Writer(), DenseWriter(WordHashes())
    while True:
        here = sorted(path.name for path in source.glob("*.txt"))
        doing = chance.choice(["add", "update", "remove", "prune", "fill"] if here else ["add"])
        print(doing, flush=True)
        if doing == "fill":
            fill(store, [dense], first_batch=8)
        elif doing == "remove":
            known = documents_of(store)
            if known:
                remove(store, [chance.choice(known)], writers=[words], behind=[dense])
        else:
            change(source, doing, here, chance)
            ingest(
                store,
                [source],
                settings=Ingest(workers=1),
                profile=Profile(),
                writers=[words],
                behind=[dense],
                prune=doing == "prune",
                prune_all=doing == "prune",
                parse=sandbox.parse if chance.random() < 0.1 else parse_here,
            )


def word_of(name: str) -> str:
    """A word that stands in this document only."""
    return f"zq{chr(ord('a') + int(name.removesuffix('.txt')))}k"


def documents_of(store: Store) -> list[str]:
    if not store.current():
        return []
    with store.open() as snapshot:
        return [info.id for info in snapshot.documents()]


def change(source: Path, doing: str, here: list[str], chance: random.Random) -> None:
    """Files that are new, changed, or gone."""
    for _ in range(chance.randint(1, 4)):
        if doing == "prune" and here:
            (source / here.pop(chance.randrange(len(here)))).unlink()
            continue
        name = chance.choice(here) if doing == "update" else f"{chance.randrange(FILES)}.txt"
        version = chance.randrange(1 << 20)
        clauses = (
            f"{n}. Clause {n} of {word_of(name)} in version{version} obliges party{chance.randrange(9)} to pay."
            for n in range(1, chance.randint(5, 120))
        )
        half = source / ".half"  # renamed, so that a kill leaves no half file of ours to be blamed on the store
        half.write_text("\n\n".join(clauses), encoding="utf-8")
        half.rename(source / name)


def parse_here(files: Iterable[tuple[str, Path]], settings: Ingest) -> Iterator[tuple[str, Document | DocumentError]]:
    """The sandbox without its process, so that more of the time is spent writing."""
    for id, path in files:
        try:
            yield id, load(path, id, settings)
        except DocumentError as error:
            yield id, error


def check(home: Path) -> int:
    """Raises when the corpus is not whole; the number of its snapshot."""
    store = Store(home / "corpus")
    if not store.current():
        return 0
    with store.open() as snapshot:
        snapshot.verify()
        ids = snapshot.ids()
        words = Bm25Index.open(*snapshot.segments("bm25"))
        for info in snapshot.documents():
            document = snapshot.document(info.id)
            chunks = snapshot.chunks_of(info.id)
            assert len(chunks) == info.chunks, "chunks are missing"
            assert all(document.text[c.start : c.end] == c.text for c in chunks), "a chunk is not its document's"
            versions = {word for word in document.text.split() if word.startswith("version")}
            assert len(versions) == 1, f"{info.id} mixes {versions}"
            hits = Bm25Search(words, snapshot).search(word_of(info.id), 200)
            assert {hit.chunk.document_id for hit in hits} == {info.id}, "a search finds another document"
        assert np.array_equal(words.ids, ids), "the keyword index does not hold what the store holds"
        if "dense" in snapshot.manifest.indexes:
            dense = DenseIndex.open(*snapshot.segments("dense"))
            through = snapshot.manifest.indexes["dense"].through
            assert np.array_equal(np.sort(dense.ids), ids[ids <= through]), "the dense index is not what is told"
            if len(dense.ids):
                assert DenseSearch(dense, WordHashes(), snapshot).search("who pays", 5), "the dense index is silent"
        number = snapshot.manifest.number
    with store.write():  # the lock is free
        pass
    left = [path.name for path in (store.folder / "snapshots").iterdir()]
    assert left == [f"{number:08d}"], f"left behind: {left}"
    return number


if __name__ == "__main__":
    main()
