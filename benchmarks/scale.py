"""How a corpus in a folder grows: what a change, a fill, a question and a filter cost at 1k to 300k passages.

    python -m benchmarks.scale [--sizes 1000,10000,100000,300000] [--beside CHECKOUT]

Texts are real (LegalBench-RAG, repeated with words replaced beyond 80k); vectors are those of `search_corpus`, real for
20,000 passages and synthetic beyond, so no recall is told here (`benchmarks.recall` does, on real vectors). Embedding
and parsing are left out. --beside measures an older checkout in the same run, on the same machine, and gives ratios.
Writes benchmarks/results/scale.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import RESULTS, save
from benchmarks.search_corpus import Synthesised, _document, base_vectors, build, chunks_and_pieces, texts
from benchmarks.search_speed import CANDIDATES, K, questions
from sparewheel.rag.assemble import searches
from sparewheel.rag.ingest.run import fill
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.retrieve import Bm25Index, DenseIndex, open_embedder
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.retrieve.hybrid import Hybrid
from sparewheel.rag.settings import Retrieve

CHANGES = 24  # documents added, each of PASSAGES; as many are removed
PASSAGES = 10
QUESTIONS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000,300000")
    parser.add_argument("--folder", type=Path, help="keep the corpora here; default: a temporary folder")
    parser.add_argument("--beside", type=Path, help="an older checkout, measured too")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, size = options.child
        print(json.dumps(MEASURES[what](options.folder, int(size))))
        return
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as scratch:
        folder = options.folder or Path(scratch)
        base_vectors(folder)
        sizes = [int(size) for size in options.sizes.split(",")]
        file = RESULTS / "scale.json"  # sizes not measured now stay
        rows: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["sizes"] if file.exists() else {}
        for size in sizes:
            earlier = rows.get(str(size), {})
            rows[str(size)] = row = measured(folder / "now", folder, size, Path.cwd())
            if "before" in earlier:  # an older checkout does not change: its figures stay
                row["before"] = earlier["before"]
            if options.beside:
                row["before"] = measured(folder / "before", folder, size, options.beside)
                row["ratios"] = ratios(row["before"], row)
            print(f"written: {report(rows)}", flush=True)


def report(rows: dict[str, Any]) -> Path:
    """Writes what there is; the path."""
    known = sorted(map(int, rows))
    add = {size: rows[str(size)]["change"]["add_kb_p50"] for size in known if "change" in rows[str(size)]}
    exponent = None
    if len(add) > 1:
        exponent = round(float(np.polyfit(np.log(list(add)), np.log(list(add.values())), 1)[0]), 3)
    about = "Milliseconds and seconds are processor time of one thread. " + __doc__.split("\n\n")[2].replace("\n", " ")
    return save("scale", {"about": about, "exponent_of_bytes_of_a_change": exponent, "sizes": rows})


def measured(folder: Path, base: Path, size: int, checkout: Path) -> dict[str, Any]:
    """All measures of the code in a checkout, each in its own process."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in base.glob("base-*.npy"):
        if not (folder / file.name).exists():
            os.link(file, folder / file.name)
    row = {}
    for what in MEASURES:
        command = [sys.executable, __file__, "--folder", str(folder), "--child", what, str(size)]
        paths = os.pathsep.join([str(checkout), str(checkout / "models"), str(Path(__file__).parents[1])])
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "PYTHONPATH": paths}
        )
        row[what] = json.loads(done.stdout.splitlines()[-1])
        print(f"{size:>7} {checkout.name} {what:<8} {row[what]}", flush=True)
    return row


def ratios(before: dict[str, Any], now: dict[str, Any]) -> dict[str, float]:
    """Before / now of what should have become less."""
    pairs = {
        "add_kb": ("change", "add_kb_p50"),
        "add_cpu": ("change", "add_cpu_s_p50"),
        "fill_bytes": ("fill", "times_its_size"),
        "keyword_bytes": ("build", "bm25_bytes_a_passage"),
        "keywords": ("query", "keywords_ms"),
        "vectors": ("query", "vectors_ms"),
        "filter_90_vectors": ("query", "filter_90_vectors_ms"),
    }
    return {
        name: round(before[what][key] / now[what][key], 2) for name, (what, key) in pairs.items() if now[what].get(key)
    }


def built(folder: Path, size: int) -> dict[str, Any]:
    """Processor seconds to write all (texts, both indexes; vectors given), and bytes a passage."""
    place = folder / f"corpus-{size}"
    row: dict[str, Any] = {}
    if not place.exists():
        chunks, base = chunks_and_pieces()[0], base_vectors(folder)
        started = time.process_time()
        build(place, chunks, base, size)
        row["cpu_s"] = round(time.process_time() - started, 1)
    parts: dict[str, int] = {}
    with Store(place).open() as snapshot:
        for name, state in snapshot.manifest.files.items():
            part = name.partition("/")[0].replace("store.sqlite", "rows")
            parts[part] = parts.get(part, 0) + state.bytes
    return {**row, **{f"{part}_bytes_a_passage": round(held / size) for part, held in parts.items()}}


def change(folder: Path, size: int) -> dict[str, Any]:
    """One document of PASSAGES more, then less, CHANGES times: what the disk was given (merges included) and what the
    processor did, from opening the store on."""
    base = base_vectors(folder)
    passages = list(texts(chunks_and_pieces()[0], CHANGES * PASSAGES))
    row: dict[str, Any] = {}
    with copied(folder / f"corpus-{size}") as place:
        added, removed = [], []
        for number in range(CHANGES):
            some = passages[number * PASSAGES :][:PASSAGES]

            def add(number: int = number, some: list[str] = some) -> None:
                with Store(place).write() as transaction:
                    transaction.add(*_document(f"new-{number}", some))
                    transaction.publish([Bm25Writer(), DenseWriter(Synthesised(base, open_embedder("auto").name))])

            added.append(cost(add))
        for number in range(CHANGES):

            def remove(number: int = number) -> None:
                with Store(place).write() as transaction:
                    transaction.remove(f"contract-{number * (size // 100) // CHANGES}")
                    transaction.publish([Bm25Writer(), DenseWriter(Synthesised(base, open_embedder("auto").name))])

            removed.append(cost(remove) if size >= CHANGES * 100 or number < size // 100 else removed[-1])
    for name, costs in {"add": added, "remove": removed}.items():
        kb, cpu = zip(*costs, strict=True)
        row[f"{name}_kb_p50"], row[f"{name}_kb_mean"] = round(statistics.median(kb), 1), round(statistics.mean(kb), 1)
        row[f"{name}_cpu_s_p50"], row[f"{name}_cpu_s_max"] = round(statistics.median(cpu), 3), round(max(cpu), 3)
    return row


def filled(folder: Path, size: int) -> dict[str, Any]:
    """A dense index filled from nothing by an embedder that costs nothing: what the store itself writes."""
    with copied(folder / f"corpus-{size}") as place:
        store = Store(place)
        with store.write() as transaction:  # an index of another name stands for none
            transaction.publish([])
        writer = DenseWriter(Synthesised(base_vectors(folder), "nothing@1"))
        writer.name = "filled"
        before = store.current()
        kb, cpu = cost(lambda: fill(store, [writer]))
        manifest = store.manifest()
        assert manifest is not None
        held = sum(state.bytes for name, state in manifest.files.items() if name.startswith("filled"))
        return {
            "publishes": store.current() - before,
            "mb": round(kb / 1000, 1),
            "times_its_size": round(kb * 1000 / held, 2),
            "cpu_s": round(cpu, 1),
        }


def query(folder: Path, size: int) -> dict[str, Any]:
    """Milliseconds by words and by a given vector: one segment, eight, and with filters."""
    asked = questions()[: 2 * QUESTIONS]
    vectors = open_embedder("auto").embed(asked, query=True)
    row: dict[str, Any] = {}
    with Store(folder / f"corpus-{size}").open() as snapshot:
        row |= both(snapshot, asked, vectors, None, "")
        documents = [info.id for info in snapshot.documents()]
        filters = {"1_document": documents[:1], "10": documents[::10], "90": [*documents[1::10], *documents[2::5]]}
        filters["90"] = [id for number, id in enumerate(documents) if number % 10]
        for name, some in filters.items():
            chosen = getattr(snapshot, "selected", snapshot.matching)({"document": some})
            row |= both(snapshot, asked, vectors, chosen, f"filter_{name}_")
    if hasattr(snapshot, "segments"):
        with eight(folder / f"corpus-{size}", base_vectors(folder)) as place, Store(place).open() as snapshot:
            row["segments"] = len(snapshot.segments("bm25"))
            row |= both(snapshot, asked, vectors, None, "segments_")
            with Store(folder / f"corpus-{size}").open() as one:
                row |= whole(one, snapshot, asked)
    return row


def whole(one: Any, eight: Any, asked: list[str]) -> dict[str, float]:
    """Processor milliseconds of the process for a whole search, question embedded and passages read, in one segment
    and in eight, turn and turn about."""
    embedder, taken = open_embedder("auto"), {}
    searched = {}
    for name, snapshot in (("question_ms", one), ("segments_question_ms", eight)):
        keywords, near = searches(snapshot)
        searched[name] = Hybrid([keywords, near(embedder)], Retrieve(candidates_k=CANDIDATES))
        taken[name] = list[float]()
    for turn in range(2):
        for question in asked:
            for name, hybrid in searched.items():
                started = time.process_time()
                hybrid.search(question, K)
                if turn:
                    taken[name].append(1000 * (time.process_time() - started))
    return {name: round(statistics.median(some), 2) for name, some in taken.items()}


def both(snapshot: Any, asked: list[str], vectors: Any, chosen: Any, name: str) -> dict[str, float]:
    words = Bm25Index.open(*folders(snapshot, "bm25"))
    near = DenseIndex.open(*folders(snapshot, "dense"))
    return {
        f"{name}keywords_ms": per_call(lambda question: words.search(question, CANDIDATES, chosen), asked),
        f"{name}vectors_ms": per_call(lambda vector: near.search(vector, CANDIDATES, chosen), vectors),
    }


def folders(snapshot: Any, index: str) -> list[Path]:
    """Of an index; a checkout from before segments has one."""
    return list(snapshot.segments(index)) if hasattr(snapshot, "segments") else [snapshot.folder / index]


@contextmanager
def eight(corpus: Path, base: Any) -> Iterator[Path]:
    """The corpus with changes until it has as many segments as it ever has, a fifth of it in the later ones."""
    with copied(corpus) as place:
        with Store(place).open() as snapshot:
            size = snapshot.manifest.chunks
        source = texts(chunks_and_pieces()[0], size)
        for number, part in enumerate([0.12, 0.05, 0.02, 0.008, 0.002, 0.001, 0.0005]):
            some = [next(source) for _ in range(max(1, int(size * part)))]
            with Store(place).write() as transaction:
                transaction.add(*_document(f"later-{number}", some))
                if number == 3 and transaction.remove("contract-3"):
                    transaction.remove("contract-5")
                transaction.publish([Bm25Writer(), DenseWriter(Synthesised(base, open_embedder("auto").name))])
        yield place


@contextmanager
def copied(corpus: Path) -> Iterator[Path]:
    """A copy that may be changed; published files, which never change, are shared."""
    place = corpus.with_name(f"{corpus.name}-copy")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(corpus, place, copy_function=os.link)
    try:
        yield place
    finally:
        shutil.rmtree(place)


def cost(work: Callable[[], Any]) -> tuple[float, float]:
    """(kB given to the disk, processor seconds)."""
    before, started = given(), time.process_time()
    work()
    return (given() - before) / 1000, time.process_time() - started


def given() -> int:
    """Bytes that this process has made the system write."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines())
    return int(lines["write_bytes"])


def per_call(search: Callable[[Any], Any], asked: Any) -> float:
    """Median milliseconds of processor time of this thread, the first half as a warm-up: its words come up again."""
    for one in asked[::2]:
        search(one)
    taken = []
    for one in asked[1::2]:
        started = time.thread_time()
        search(one)
        taken.append(1000 * (time.thread_time() - started))
    return round(statistics.median(taken), 2)


MEASURES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "build": built,
    "change": change,
    "fill": filled,
    "query": query,
}

if __name__ == "__main__":
    main()
