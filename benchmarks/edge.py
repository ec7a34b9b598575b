"""Speed and memory of edge packs on one core, without a network: `python -m benchmarks.edge`.

The sample corpora and pieces of public data (benchmarks/edge_profiles.py) are packed in the profiles small and medium,
and each pack is asked in a process of its own: one core (taskset), no network (a network namespace with nothing in it).
It fails when the peak of resident memory, shared libraries and mapped files included, is above 400 MB. Processor time,
which other work on the machine lengthens less, is told too. Writes benchmarks/results/edge.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import rss_mb, save

if TYPE_CHECKING:
    from sparewheel.rag.chain import Pipeline

MEMORY_MB = 400
AIMS = {"retrieve_p50_ms": 10, "answer_p50_ms": 250, "peak_rss_mb": MEMORY_MB}


def child(file: Path, cache: Path, questions: Path) -> dict[str, Any]:
    """The figures of one pack in this process."""
    started = time.perf_counter()
    from sparewheel.app.edge.pipeline import open_edge
    from sparewheel.app.edge.unpack import unpack

    contents, folder = unpack(file, cache)
    unpacked = time.perf_counter()
    asked = json.loads(questions.read_text(encoding="utf-8"))
    rows = []
    with open_edge(contents, folder) as pipeline:
        pipeline.ask(asked[0])
        ready = time.perf_counter()
        for question in asked:
            before = time.process_time()
            answer = pipeline.ask(question)
            rows.append((answer, 1000 * (time.process_time() - before)))
        search_ms = [searched_cpu_ms(pipeline, question) for question in asked]
    walls = {step: [1000 * answer.timings.get(step, 0.0) for answer, _ in rows] for step in ("retrieve", "total")}
    return {
        "documents": contents.documents,
        "chunks": contents.chunks,
        "pack_mb": round(file.stat().st_size / 1e6, 1),
        "questions": len(rows),
        "answered_share": round(sum(answer.outcome == "answered" for answer, _ in rows) / len(rows), 3),
        "retrieve_p50_ms": _p50(walls["retrieve"]),
        "retrieve_cpu_p50_ms": _p50(search_ms),
        "answer_p50_ms": _p50(walls["total"]),
        "answer_p95_ms": round(statistics.quantiles(walls["total"], n=20)[-1], 1),
        "answer_cpu_p50_ms": _p50([cpu for _, cpu in rows]),
        "unpack_s": round(unpacked - started, 2),
        "first_answer_s": round(ready - unpacked, 2),
        "peak_rss_mb": round(rss_mb(peak=True), 1),
    }


def searched_cpu_ms(pipeline: Pipeline, question: str) -> float:
    """Processor time of one search without an answer, reranking included, milliseconds."""
    before = time.process_time()
    pipeline.search(question)
    return 1000 * (time.process_time() - before)


def _p50(values: Sequence[float]) -> float:
    return round(statistics.median(values), 1)


def measured(file: Path, texts: Sequence[str], folder: Path, core: int) -> dict[str, Any]:
    """The figures of a pack in a process on one core without a network."""
    questions = folder / "questions.json"
    questions.write_text(json.dumps(texts), encoding="utf-8")
    cache = folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    command = ["taskset", "-c", str(core), sys.executable, "-m", "benchmarks.edge"]
    alone = ["unshare", "--net", "--map-root-user"] if _can_unshare() else []
    given = ["--child", str(file), "--cache", str(cache), "--questions", str(questions)]
    done = subprocess.run([*alone, *command, *given], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures = json.loads(done.stdout.splitlines()[-1])
    if figures["peak_rss_mb"] > MEMORY_MB:
        raise SystemExit(f"{file.name} took {figures['peak_rss_mb']} MB of memory, more than {MEMORY_MB}")
    return {"network": "none" if alone else "not cut off", **figures}


def _can_unshare() -> bool:
    tried = shutil.which("unshare") and subprocess.run(
        ["unshare", "--net", "--map-root-user", "true"], capture_output=True, check=False
    )
    return bool(tried) and tried.returncode == 0


def main() -> None:
    """Packs, measures, prints the table and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=2, help="take every Nth question")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument(
        "--profile", choices=("small", "medium", "full"), action="append", help="default: small, medium"
    )
    parser.add_argument("--folder", type=Path, help="keep the corpora here, for another run")
    for name in ("child", "cache", "questions"):
        parser.add_argument(f"--{name}", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.child, given.cache, given.questions)))
        return
    from benchmarks.edge_profiles import batches
    from sparewheel.app.edge.pack import pack
    from sparewheel.rag.ingest.store import Store, corpus_folder
    from sparewheel.rag.settings import load_settings

    profiles = given.profile or ["small", "medium"]
    found: dict[str, dict[str, Any]] = {profile: {} for profile in profiles}
    with tempfile.TemporaryDirectory() as temporary:
        settings = replace(load_settings(), data_folder=str(given.folder or temporary))
        for batch in batches(settings, given.every):
            store = Store(corpus_folder(settings.corpora_folder, batch.corpus))
            texts = [question.text for question in batch.questions]
            for profile in profiles:
                file = Path(temporary) / f"{batch.corpus}-{profile}.edge"
                pack(store, file, settings, profile)
                found[profile][batch.corpus] = measured(file, texts, Path(temporary), given.core)
                print(f"{profile:8}{batch.corpus:18}", found[profile][batch.corpus], flush=True)
    save("edge", {"aims": AIMS, "packs": found})


if __name__ == "__main__":
    main()
