"""Two servers behind a balancer are restarted one after the other while questions keep coming. How many are lost?

The servers are the product's own command in processes of their own; the chat endpoint is the fault server, playing a
healthy one whose answers take a while, so that at every moment several are in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from sparewheel.eval.availability.balancer import Balancer
from sparewheel.eval.availability.exchange import Pace, expected_answer
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.assemble import keyword_writer
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import ingest
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Profile

CORPUS = "lease"
LEASE = "# Lease\n\nThe notice period of every question is thirty days.\n"
ENDED = {"RemoteProtocolError", "ReadError", "WriteError", "ConnectError"}  # the connection, not the question
COMMAND = "from sparewheel.app.cli import main; main()"

Way = Literal["surge", "in place"]  # a new one first, as Kubernetes does; or stop, then start again, as one server does


@dataclass(frozen=True)
class Plan:
    """restarts: of each server. keep: clients keep their connections, as pools do; else one for each question.

    retries: how often a client asks again when its connection ended without a byte of an answer.
    """

    way: Way = "in place"
    restarts: int = 1
    per_second: float = 10.0
    answer_s: float = 0.5  # how long an answer is written
    keep: bool = False
    retries: int = 0
    shutdown_delay_s: float = 1.0  # api.shutdown_delay_s
    drain_s: float = 30.0  # api.drain_s


@dataclass
class Server:
    port: int
    process: asyncio.subprocess.Process


def corpus(folder: Path) -> None:
    """A corpus of one document, found by its words."""
    (folder / "lease.md").write_text(LEASE, encoding="utf-8")
    store = Store.create(corpus_folder(folder / "data", CORPUS), CorpusConfig(CORPUS))
    ingest(store, [folder / "lease.md"], settings=Ingest(workers=1), profile=Profile(), writers=[keyword_writer()])


async def play(plan: Plan, folder: Path) -> dict[str, Any]:
    """Of one plan: questions asked, answered right, answered by an extract, lost by reason; exit codes; seconds."""
    tokens = len(expected_answer("question-1").split())
    async with (
        FaultServer(pace=Pace(token_s=plan.answer_s / tokens)) as chat,
        Balancer([]) as balancer,
        Fleet(plan, folder, chat.url, balancer) as fleet,
    ):
        began, asking = time.monotonic(), Asking(plan, balancer.url)
        load = asyncio.create_task(asking.ask_on())
        for _ in range(plan.restarts):
            for server in list(fleet.running):
                fleet.in_flight.append(asking.in_flight)
                await fleet.replace(server)
        asking.enough.set()
        outcomes = await load
        seconds = time.monotonic() - began
    lost = Counter(outcome for outcome in outcomes if outcome not in ("right", "extract"))
    return {
        **asdict(plan),
        "servers_restarted": len(fleet.exit_codes),
        "exit_codes": dict(Counter(fleet.exit_codes)),
        "questions": len(outcomes),
        "right": outcomes.count("right"),
        "extracts": outcomes.count("extract"),
        "lost": dict(lost),
        "seconds": round(seconds, 1),
        "in_flight_at_stop": fleet.in_flight,
    }


class Fleet:
    """The servers, two at a time but for a surge."""

    def __init__(self, plan: Plan, folder: Path, chat: str, balancer: Balancer) -> None:
        self.running: list[Server] = []
        self.exit_codes: list[int] = []
        self.in_flight: list[int] = []  # questions being answered when a server was to be replaced
        self._plan, self._folder, self._chat, self._balancer = plan, folder, chat, balancer

    async def __aenter__(self) -> Fleet:
        self.running = [await self._start(free_port()) for _ in range(2)]
        self._balancer.backends = [server.port for server in self.running]
        await self._balancer.until_ready(*self._balancer.backends)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self.running:
            with contextlib.suppress(ProcessLookupError):
                server.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(server.process.wait() for server in self.running))

    async def replace(self, old: Server) -> None:
        """Another server takes its place: before it is told to stop (surge), or after it has ended (in place)."""
        if self._plan.way == "surge":
            new = await self._start(free_port())
            self._balancer.backends.append(new.port)
            await self._balancer.until_ready(new.port)
            await self._stop(old)
        else:
            await self._stop(old)
            new = await self._start(old.port)
            self._balancer.backends.append(new.port)
            await self._balancer.until_ready(new.port)
        self.running.append(new)

    async def _stop(self, server: Server) -> None:
        server.process.send_signal(signal.SIGTERM)
        self.exit_codes.append(await server.process.wait())
        self.running.remove(server)
        self._balancer.backends.remove(server.port)

    async def _start(self, port: int) -> Server:
        plan = self._plan
        env = {name: value for name, value in os.environ.items() if not name.startswith(("SPAREWHEEL_", "PRIMARY_"))}
        env |= {
            "PRIMARY_ENDPOINT": self._chat,
            "PRIMARY_ENDPOINT_KEY": "none",
            "SPAREWHEEL_DATA_FOLDER": str(self._folder / "data"),
            "SPAREWHEEL_CONFIG": os.devnull,
            "SPAREWHEEL_RETRIEVE__RERANK": "off",
            "SPAREWHEEL_ANSWER__SPECULATIVE": "no",
            "SPAREWHEEL_ANSWER__ORDER": "primary",
            "SPAREWHEEL_API__MAX_CONCURRENCY": "100",
            "SPAREWHEEL_API__PER_MINUTE": "0",
            "SPAREWHEEL_API__SHUTDOWN_DELAY_S": str(plan.shutdown_delay_s),
            "SPAREWHEEL_API__DRAIN_S": str(plan.drain_s),
            "SPAREWHEEL_OBSERVE__LOG": "off",
        }
        command = [sys.executable, "-c", COMMAND, "serve", "--port", str(port)]
        quiet = asyncio.subprocess.DEVNULL
        return Server(port, await asyncio.create_subprocess_exec(*command, env=env, stdout=quiet, stderr=quiet))


class Asking:
    """Questions at a fixed rate, whether or not the ones before are answered, until there were enough."""

    def __init__(self, plan: Plan, url: str) -> None:
        self.enough = asyncio.Event()
        self.in_flight = 0
        self._plan, self._url = plan, url

    async def ask_on(self) -> list[str]:
        """The `outcome` of each question."""
        limits = httpx.Limits(max_keepalive_connections=None if self._plan.keep else 0)
        async with httpx.AsyncClient(base_url=self._url, timeout=60.0, limits=limits) as client:
            numbers = ticks(1 / self._plan.per_second, self.enough)
            return await asyncio.gather(*[asyncio.create_task(self._ask(client, number)) async for number in numbers])

    async def _ask(self, client: httpx.AsyncClient, number: int) -> str:
        self.in_flight += 1
        try:
            question = f"What is the notice period of question-{number}?"
            found = await outcome(client, question)
            for _ in range(self._plan.retries):
                if found in ENDED:
                    found = await outcome(client, question)
            return found
        finally:
            self.in_flight -= 1


async def outcome(client: httpx.AsyncClient, question: str) -> str:
    """ "right" for the answer to this very question, "extract" for the built-in reader's, else what went wrong."""
    try:
        reply = await client.post("/v1/ask", json={"corpus": CORPUS, "question": question})
        record = reply.json()
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        return type(error).__name__
    if reply.status_code != 200:
        return f"status {reply.status_code}: {record.get('detail', '')[:80]}"
    if record["answered_by"] == "reader" and "thirty days" in record["text"]:
        return "extract"  # the endpoint was too slow: so much work on this machine
    return "right" if record["text"].startswith(expected_answer(question)) else f"wrong: {record['text']}"


async def ticks(every_s: float, until: asyncio.Event) -> AsyncIterator[int]:
    """1, 2, 3 ... at fixed moments, late ones at once, until told to end."""
    began, number = time.monotonic(), 0
    while not until.is_set():
        number += 1
        yield number
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), max(0.0, began + number * every_s - time.monotonic()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
