"""Plays a scenario: two fault servers and the asking processes, each its own, and the figures of what happened."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from sparewheel.eval.availability.figures import figures
from sparewheel.eval.availability.scenario import UNREACHABLE, Scenario

ROOT = Path(__file__).parents[3]  # what holds the package sparewheel
OURS = "sparewheel.eval.availability.systems:Ours"


class Endpoint:
    """A fault server in its own process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=10.0)

    def play(self, schedule: str | Mapping[str, Any], pace: Mapping[str, float]) -> None:
        self._client.post("/play", json={"schedule": schedule, "pace": dict(pace)}).raise_for_status()

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self._client.get("/stats").json()
        return stats


@contextmanager
def serving() -> Iterator[Endpoint]:
    """A fault server on a free port, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sparewheel.eval.availability.server", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Endpoint(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait(10)


def play(
    scenario: Scenario,
    primary: Endpoint,
    backup: Endpoint,
    *,
    system: str = OURS,
    python: str = sys.executable,
    warm_up: int = 0,
) -> dict[str, Any]:
    """The figures of one scenario (see `figures`). python: the interpreter of the asking processes."""
    urls = {}
    for name, endpoint, behaviour in (("primary", primary, scenario.primary), ("backup", backup, scenario.backup)):
        unreachable = str(behaviour) if behaviour in UNREACHABLE else ""
        endpoint.play("ok" if unreachable else behaviour, scenario.pace)
        urls[name] = _unreachable(unreachable, endpoint) if unreachable else endpoint.url
    budgets = {
        "first_token_s": scenario.first_token_s,
        "between_tokens_s": scenario.between_tokens_s,
        "total_s": scenario.total_s,
    }
    job: dict[str, Any] = {"system": system, "setup": {**urls, "budgets": budgets, "breaker": dict(scenario.breaker)}}
    job |= {"per_second": scenario.per_second, "warm_up": warm_up}
    jobs = [{**job, "numbers": [i, scenario.questions, scenario.workers]} for i in range(scenario.workers)]
    if scenario.forked:
        jobs = [{**job, "forks": [each["numbers"] for each in jobs]}]
    results = _ask(jobs, python)
    outcomes = sorted((o for r in results for o in r["outcomes"]), key=lambda o: o["number"])
    time.sleep(0.2)
    return figures(scenario, outcomes, primary.stats(), backup.stats(), sum(r["tasks_left"] for r in results))


def _ask(jobs: Sequence[Mapping[str, Any]], python: str) -> list[dict[str, Any]]:
    """Runs the asking processes side by side."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [python, "-m", "sparewheel.eval.availability.load"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(command, cwd=ROOT, env=env, text=True, **pipes) for _ in jobs]  # type: ignore[call-overload]
    for process, job in zip(running, jobs, strict=True):
        process.stdin.write(json.dumps(job))
        process.stdin.close()
        process.stdin = None
    results = []
    for process in running:
        out, err = process.communicate()
        if process.returncode:
            raise RuntimeError(f"an asking process failed: {err[-2000:]}")
        results.append(json.loads(out[out.index("{") :]))
    return results


def _unreachable(kind: str, endpoint: Endpoint) -> str:
    """An address at which nothing answers: nobody listens, no such host, or no TLS there."""
    if kind == "dns":
        return "http://no-such-host.invalid"
    if kind == "tls":
        return endpoint.url.replace("http://", "https://")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
