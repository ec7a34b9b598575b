"""Questions at a fixed rate, whether or not the ones before are answered, and what became of each.

Runs in its own process (`python -m sparewheel.eval.availability.load`), a job as JSON on standard input, the outcomes
as JSON on standard output; so several processes load one server, and a comparator may live in another environment.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from sparewheel.eval.availability.exchange import WARM_UP, expected_answer

HANG_S = 40.0  # a question without an end after so long counts as hung
TICKETS = 4000  # different questions; a longer load asks them again
GRACE_S = 3.0  # after the last answer a probe may still be out; what is left after so long is a leak


@dataclass(frozen=True)
class Reply:
    """What a system made of a question. verbatim: the answer is quoted from the passages, not written."""

    text: str
    answered_by: str = ""
    degraded: bool = False
    verbatim: bool = False


@dataclass(frozen=True)
class Outcome:
    """right: the whole answer, or a verbatim quote labelled degraded. wrong: taken for an answer and is none."""

    number: int
    at_s: float  # since the load began
    seconds: float
    verdict: Literal["right", "lost", "wrong", "hung"]
    answered_by: str = ""
    degraded: bool = False
    error: str = ""


class System(Protocol):
    """What is measured: answers a question, or raises."""

    async def ask(self, question: str, passage: str) -> Reply: ...
    async def aclose(self) -> None: ...


def question(number: int | None) -> tuple[str, str]:
    """(question, the passage that answers it); None: the question that the fault server does not count."""
    return f"How long is the notice period of {_ticket(number)}?", expected_answer(_ticket(number)).replace(" [1]", "")


def _ticket(number: int | None) -> str:
    return WARM_UP if number is None else f"question-{number % TICKETS}"


async def ask_all(system: System, numbers: range, per_second: float) -> list[Outcome]:
    """One outcome per number, in order; number i is asked i / per_second after the start."""
    began = time.perf_counter()
    asked = []
    for number in numbers:
        due_s = number / per_second
        await asyncio.sleep(max(0.0, began + due_s - time.perf_counter()))
        asked.append(asyncio.ensure_future(_one(system, number, began)))
    return list(await asyncio.gather(*asked))


async def _one(system: System, number: int, began: float) -> Outcome:
    asked, passage = question(number)
    start = time.perf_counter()

    def outcome(verdict: Literal["right", "lost", "wrong", "hung"], **more: Any) -> Outcome:
        return Outcome(number, round(start - began, 4), round(time.perf_counter() - start, 5), verdict, **more)

    try:
        async with asyncio.timeout(HANG_S) as limit:
            reply = await system.ask(asked, passage)
    except Exception as error:
        if limit.expired():
            return outcome("hung", error="no end")
        return outcome("lost", error=f"{type(error).__name__}: {error}"[:200])
    whole = reply.text.strip() == expected_answer(_ticket(number))
    quoted = reply.verbatim and reply.degraded and bool(reply.text.strip()) and reply.text.strip() in passage
    return outcome("right" if whole or quoted else "wrong", answered_by=reply.answered_by, degraded=reply.degraded)


def built(job: Mapping[str, Any]) -> System:
    """The system of a job: "module:callable", setup (its arguments)."""
    module, _, name = str(job["system"]).partition(":")
    build: Callable[..., System] = getattr(importlib.import_module(module), name)
    return build(**job["setup"])


async def warm_up(system: System, times: int) -> None:
    warm, passage = question(None)
    for _ in range(times):
        await system.ask(warm, passage)


async def work(system: System, job: Mapping[str, Any], *, close: bool = True) -> dict[str, Any]:
    """job: numbers (start, stop, step), per_second, warm_up. close: the system is this process' own."""
    await warm_up(system, int(job.get("warm_up", 0)))
    gc.collect()
    gc.freeze()  # imports are no garbage: keeps collector pauses out of the figures
    outcomes = await ask_all(system, range(*job["numbers"]), job["per_second"])
    if late := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(late, timeout=GRACE_S)
    tasks = len(asyncio.all_tasks()) - 1
    if close:
        await system.aclose()
    return {"outcomes": [asdict(outcome) for outcome in outcomes], "tasks_left": tasks}


def work_forked(job: Mapping[str, Any]) -> dict[str, Any]:
    """As `work`, by processes forked from one that has used the system already; forks: the numbers of each."""
    system = built(job)
    asyncio.run(warm_up(system, int(job.get("warm_up", 0))))
    pipes = []
    for numbers in job["forks"]:
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            code = 1
            try:
                with os.fdopen(writing, "w") as out:
                    json.dump(asyncio.run(work(system, {**job, "numbers": numbers}, close=False)), out)
                code = 0
            finally:
                os._exit(code)  # nothing of the parent's is closed here
        os.close(writing)
        pipes.append(reading)
    results = []
    for reading in pipes:
        with os.fdopen(reading) as told:
            results.append(json.load(told))  # of a fork that died: nothing, which is an error here
        os.wait()
    asyncio.run(system.aclose())
    return {
        "outcomes": [o for r in results for o in r["outcomes"]],
        "tasks_left": sum(r["tasks_left"] for r in results),
    }


def main() -> None:
    job = json.load(sys.stdin)
    json.dump(work_forked(job) if "forks" in job else asyncio.run(work(built(job), job)), sys.stdout)


if __name__ == "__main__":
    main()
