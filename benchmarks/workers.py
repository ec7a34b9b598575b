"""`sparewheel serve` with one worker and with two: questions a second, and what a further worker takes of memory.

    python -m benchmarks.workers          (about 4 minutes; writes results/workers.json)

Both servers run at once over the sample corpora, the local reader answering, and are asked in turns, so that what else
the machine does falls on both alike. Whole answers and streams; each of the clients asks one question after the other.
`cpu_s`: processor seconds of all processes of the server for a question. `own_mb`: memory that no other process shares
(Private_Dirty + Private_Clean of smaps_rollup) of each worker, after all questions.
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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.api_load import DOMAINS, ROOT, questions
from benchmarks.machine import save
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import samples
from sparewheel.rag.settings import Settings

COUNTS = (1, 2)
CLIENTS = 8
QUESTIONS = 32  # of a round
ROUNDS = 4  # of each server and way
WAYS = ("whole", "stream")


@dataclass
class Server:
    """A running server. answering: its processes that answer, the workers or itself."""

    process: int
    url: str
    count: int

    @property
    def answering(self) -> list[int]:
        children = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        return [int(pid) for pid in children] if self.count > 1 else [self.process]

    def cpu_s(self) -> float:
        """Processor seconds of all its processes so far."""
        ticks = 0
        for pid in {self.process, *self.answering}:
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            ticks += int(after_name[11]) + int(after_name[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def own_mb(self) -> list[float]:
        """Of each that answers."""
        found = []
        for pid in self.answering:
            rows = dict(r.split(":", 1) for r in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
            found.append(sum(int(rows[key].split()[0]) for key in ("Private_Dirty", "Private_Clean")) / 1024)
        return [round(mb, 1) for mb in found]


@contextmanager
def serving(folder: Path, count: int) -> Iterator[Server]:
    """A server with so many workers, ready to answer."""
    env = {name: value for name, value in os.environ.items() if "KEY" not in name and "ENDPOINT" not in name}
    env |= {"SPAREWHEEL_API__PER_MINUTE": "0", "SPAREWHEEL_API__QUEUE_WAIT_S": "300"}
    command = "import sys; from sparewheel.app.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--port", "0", "--data", str(folder), "--workers", str(count)],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split("API at ")[1].split(",")[0]
        while True:
            try:
                if httpx.get(f"{url}/readyz", timeout=60).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield Server(process.pid, url, count)
    finally:
        process.terminate()
        process.wait(60)


async def round_of(server: Server, way: str, bodies: list[dict[str, str]]) -> tuple[float, float]:
    """(questions a second, processor seconds a question) of CLIENTS at once, each connection new."""
    left = iter(bodies)

    async def one() -> None:
        for body in left:
            async with httpx.AsyncClient(base_url=server.url, timeout=300) as client:
                response = await client.post("/v1/ask", json={**body, "stream": way == "stream"})
                response.raise_for_status()

    began, cpu = time.perf_counter(), server.cpu_s()
    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    return len(bodies) / (time.perf_counter() - began), (server.cpu_s() - cpu) / len(bodies)


def main() -> None:
    figures: dict[str, Any] = {}
    bodies = questions()
    with tempfile.TemporaryDirectory() as place, ExitStack() as open_servers:
        for domain in DOMAINS:
            run_ingest([samples(domain) / "documents"], domain, domain=domain, settings=Settings(data_folder=place))
        servers = [open_servers.enter_context(serving(Path(place), count)) for count in COUNTS]
        for server in servers:
            asyncio.run(round_of(server, "whole", bodies[:QUESTIONS]))  # models, word lists, buffers
        rates: dict[tuple[int, str], list[tuple[float, float]]] = {}
        for number in range(ROUNDS):
            at = number * QUESTIONS % (len(bodies) - QUESTIONS)
            for way in WAYS:
                for server in servers if number % 2 else servers[::-1]:
                    found = asyncio.run(round_of(server, way, bodies[at : at + QUESTIONS]))
                    rates.setdefault((server.count, way), []).append(found)
        for server in servers:
            figures[f"workers {server.count}"] = {
                "own_mb": server.own_mb(),
                **{
                    way: {
                        "questions_per_s": round(statistics.median(r for r, _ in rates[server.count, way]), 2),
                        "cpu_s": round(statistics.median(c for _, c in rates[server.count, way]), 3),
                    }
                    for way in WAYS
                },
            }
    for way in WAYS:
        pairs = zip(rates[2, way], rates[1, way], strict=True)
        figures[f"ratio of {way}"] = round(statistics.median(two[0] / one[0] for two, one in pairs), 2)
    print(figures)
    save("workers", {"clients": CLIENTS, "questions": QUESTIONS, "rounds": ROUNDS, **figures})


if __name__ == "__main__":
    main()
