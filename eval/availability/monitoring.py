"""A real Prometheus and a real Alertmanager (Debian's packages) on this machine, watching one process for a while."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

PROMETHEUS, ALERTMANAGER = "prometheus", "prometheus-alertmanager"
STOP_WITHIN_S = 20.0


def missing() -> list[str]:
    """The Debian packages that are not installed."""
    return [name for name in (PROMETHEUS, ALERTMANAGER) if shutil.which(name) is None]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def watching(
    folder: Path, metrics_port: int, rules: Sequence[Path], *, webhook_port: int, every: str = "500ms"
) -> Iterator[str]:
    """Prometheus scrapes `metrics_port` as job sparewheel-api, Alertmanager tells `webhook_port`; Prometheus' address.

    folder: for their data. every: interval of scrapes and rules.
    """
    ports = {name: free_port() for name in (PROMETHEUS, ALERTMANAGER)}
    scraped = {"job_name": "sparewheel-api", "static_configs": [{"targets": [f"127.0.0.1:{metrics_port}"]}]}
    config = {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(path) for path in rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports[ALERTMANAGER]}"]}]}]},
        "scrape_configs": [scraped],
    }
    route = {"receiver": "webhook", "group_by": ["alertname"], "group_wait": "100ms", "group_interval": "500ms"}
    hook = {"url": f"http://127.0.0.1:{webhook_port}/", "send_resolved": True}
    told = {"route": route, "receivers": [{"name": "webhook", "webhook_configs": [hook]}]}
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    (folder / "alertmanager.yml").write_text(json.dumps(told))
    storage = {PROMETHEUS: f"--storage.tsdb.path={folder}/tsdb", ALERTMANAGER: f"--storage.path={folder}/silences"}
    started = []
    try:
        for name, file in ((PROMETHEUS, "prometheus.yml"), (ALERTMANAGER, "alertmanager.yml")):
            command = [name, f"--config.file={folder / file}", storage[name]]
            command += [f"--web.listen-address=127.0.0.1:{ports[name]}"]
            command += ["--cluster.listen-address="] if name == ALERTMANAGER else []
            with (folder / f"{name}.log").open("w") as log:
                started.append(subprocess.Popen(command, stdout=log, stderr=log))
        yield f"http://127.0.0.1:{ports[PROMETHEUS]}"
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(STOP_WITHIN_S)


@asynccontextmanager
async def webhook() -> AsyncIterator[tuple[int, asyncio.Queue[dict[str, Any]]]]:
    """Its port, and the alerts that it was told, one by one."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length:")[2].split()[0])
        for alert in json.loads(await reader.readexactly(size))["alerts"]:
            told.put_nowait(alert)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], told
