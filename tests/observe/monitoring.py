"""A real Prometheus and a real Alertmanager of Debian on this machine, for a test."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import yaml

BINARIES = ("prometheus", "prometheus-alertmanager")


def missing() -> list[str]:
    return [name for name in BINARIES if shutil.which(name) is None]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def running(folder: Path, rules: list[dict[str, Any]], metrics_port: int, webhook_port: int) -> Iterator[str]:
    """Prometheus scrapes `metrics_port` every half second, Alertmanager tells `webhook_port`; Prometheus' address."""
    ports = {name: free_port() for name in BINARIES}
    config = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
        "rule_files": [str(folder / "rules.yml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports[BINARIES[1]]}"]}]}]},
        "scrape_configs": [
            {"job_name": "sparewheel-api", "static_configs": [{"targets": [f"127.0.0.1:{metrics_port}"]}]}
        ],
    }
    route = {"receiver": "webhook", "group_by": ["alertname"], "group_wait": "100ms", "group_interval": "500ms"}
    webhook = {"url": f"http://127.0.0.1:{webhook_port}/", "send_resolved": True}
    receivers = [{"name": "webhook", "webhook_configs": [webhook]}]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "test", "rules": rules}]}))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (folder / "alertmanager.yml").write_text(yaml.safe_dump({"route": route, "receivers": receivers}))
    commands = [
        ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"],
        ["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/am"],
    ]
    commands[1].append("--cluster.listen-address=")
    started = []
    try:
        for command in commands:
            command.append(f"--web.listen-address=127.0.0.1:{ports[command[0]]}")
            with (folder / f"{command[0]}.log").open("w") as log:
                started.append(subprocess.Popen(command, stdout=log, stderr=log))
        yield f"http://127.0.0.1:{ports['prometheus']}"
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)


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
