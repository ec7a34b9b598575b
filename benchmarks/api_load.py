"""The HTTP API under load: questions a second and latency at 1, 8 and 32 clients, and what HTTP costs of it.

    python -m benchmarks.api_load          (about 2 minutes; writes results/api_load.json)

`sparewheel serve` runs as a process of its own over the sample corpora, everything on, the local reader answering. Each
client asks one question after the other, no question twice at one level. `http`: what a client waits beside the
pipeline itself (`timings.total` of the answer): connection, JSON, queue, threads.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.machine import save
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import sample_questions, samples
from sparewheel.rag.settings import Settings

ROOT = Path(__file__).parents[1]
CLIENTS = (1, 8, 32)
WARM_UP = 8
QUESTIONS = 48  # of each level: the 99th percentile is the slowest one
DOMAINS = ("legal", "medical")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server over the sample corpora."""
    for domain in DOMAINS:
        run_ingest([samples(domain) / "documents"], domain, domain=domain, settings=Settings(data_folder=str(folder)))
    env = {name: value for name, value in os.environ.items() if "KEY" not in name and "ENDPOINT" not in name}
    env |= {"SPAREWHEEL_API__PER_MINUTE": "0", "SPAREWHEEL_API__QUEUE_WAIT_S": "300"}
    command = "import sys; from sparewheel.app.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--port", "0", "--data", str(folder)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split("API at ")[1].split(",")[0]
    finally:
        process.terminate()
        process.wait(60)


def questions() -> list[dict[str, str]]:
    """Every sample question, as a request; the domains mixed."""
    asked = [[{"corpus": d, "question": question.text} for question in sample_questions(d)] for d in DOMAINS]
    return [body for pair in zip(*asked, strict=False) for body in pair]


async def ask(client: httpx.AsyncClient, body: dict[str, str]) -> tuple[float, float]:
    """Seconds that the client waited, and that the pipeline took."""
    began = time.perf_counter()
    response = await client.post("/v1/ask", json=body)
    waited = time.perf_counter() - began
    response.raise_for_status()
    return waited, response.json()["timings"]["total"]


async def level(url: str, clients: int, bodies: list[dict[str, str]]) -> dict[str, Any]:
    """The figures of so many clients, each asking the next question as soon as it has its answer."""
    left = iter(bodies)
    taken: list[tuple[float, float]] = []
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=300, limits=limits) as client:

        async def work() -> None:
            for body in left:  # shared: the next free client takes the next question
                taken.append(await ask(client, body))

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(clients)))
        seconds = time.perf_counter() - began
    waited = sorted(one[0] for one in taken)
    beside = statistics.median(one[0] - one[1] for one in taken)
    return {
        "clients": clients,
        "questions": len(taken),
        "questions_per_s": round(len(taken) / seconds, 2),
        "p50_s": round(statistics.median(waited), 4),
        "p99_s": round(waited[min(len(waited) - 1, int(0.99 * len(waited)))], 4),
        "http_p50_s": round(beside, 4),
        "http_share": round(beside / statistics.median(waited), 4),
    }


async def measure(url: str) -> list[dict[str, Any]]:
    """A row for each level, printed as it is known."""
    every, rows = questions(), []
    await level(url, 2, every[QUESTIONS : QUESTIONS + WARM_UP])
    print("clients questions/s   p50 s   p99 s  http p50 s  share")
    for clients in CLIENTS:
        row = await level(url, clients, every[:QUESTIONS])
        figures = f"{row['questions_per_s']:11.2f} {row['p50_s']:7.3f} {row['p99_s']:7.3f} {row['http_p50_s']:11.4f}"
        print(f"{clients:7} {figures} {row['http_share']:6.1%}", flush=True)
        rows.append(row)
    return rows


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as url:
        rows = asyncio.run(measure(url))
    print(f"written to {save('api_load', {'levels': rows}).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
