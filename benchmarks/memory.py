"""The answer memory in an outage: what is served, what is wrongly served, what it is worth, how long a look takes.

    python -m benchmarks.memory [--parts NAME ...] [--folder FOLDER] [--save memory]

A stand-in cloud (the fault server of `eval.availability`) gives the sentence that holds the gold answer, where a
passage that it is shown has it. While it is up, the prepared questions are asked, and each answer is kept; then it says
503 to everything, and the rewordings, other questions of the same documents and near misses are asked, with the memory
and (rewordings only) without. What was asked is kept in FOLDER: stopped, the same command goes on.
Writes benchmarks/results/memory.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.machine import code_state, save
from benchmarks.memory_parts import Ask, Part, changed_document, parts, right
from sparewheel.app.service import work
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.eval.significance import wilson
from sparewheel.rag.assemble import open_memory, open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.places import place_of
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Answering, Endpoint, Settings, load_settings
from sparewheel.rag.text import sentences
from sparewheel.rag.types import Answer

AT_ONCE = 2
_PASSAGE = re.compile(r'<passage number="(\d+)" from="[^"]*">\n(.*?)\n</passage>', re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One question in one way of asking. group: prepared, rewording, other, near, written, or changed. served: the
    question whose kept answer was given, "" where none was. look_s: what the look into the memory took, seconds."""

    part: str
    way: str  # "up", "down with memory", "down without"
    group: str
    kind: str
    text: str
    of: str
    served: str
    answered_by: str
    outcome: str
    right: bool
    look_s: float | None


class Gold:
    """What the stand-in cloud says: the sentence of a passage that holds a right answer, else that none does."""

    def __init__(self) -> None:
        self.answers: dict[str, Sequence[str]] = {}

    def __call__(self, prompt: str) -> str:
        asked = re.split(r"(?:^|\n)(?:Question: |问题：)", prompt)[-1]
        wanted = self.answers.get(asked.strip(), ())
        for number, text in _PASSAGE.findall(prompt):
            for start, end in sentences(text):
                if right(text[start:end], wanted):
                    return f"{text[start:end].strip().rstrip('.。')} [{number}]."
        return "文档中没有答案" if re.search(r"[\u3400-\u9fff]", prompt[-40:]) else "NOT IN THESE DOCUMENTS"


@contextmanager
def cloud(gold: Gold) -> Iterator[FaultServer]:
    server = FaultServer(says=gold)
    background.run(server.__aenter__())
    try:
        yield server
    finally:
        background.run(server.__aexit__(None, None, None))


def indexed(part: Part, settings: Settings) -> None:
    """The part's documents, read where they are not there yet."""
    store = work.make_corpus(settings, part.name, part.domain)
    if part.files is not None:
        work.read_in(store, [part.files], settings, wait=True)
    elif not store.current():
        work.add_documents(store, list(part.documents), settings, wait=True)
    work.embed(place_of(settings).store(part.name), settings)


def measured(
    part: Part, settings: Settings, server: FaultServer, gold: Gold, done: dict[str, list[Row]]
) -> Iterator[list[Row]]:
    """The rows of each group, those that are not `done` yet."""
    indexed(part, settings)
    gold.answers = {**part.prepared, **{ask.text: ask.answers for ask in (*part.rewordings, *part.others)}}
    prepared = [Ask(text, text, answers=answers) for text, answers in part.prepared.items()]
    with_memory = replace(settings, answer=replace(settings.answer, memory="when_down"))
    without = replace(settings, answer=replace(settings.answer, memory="off"))
    plan: list[tuple[str, str, Settings, str, Sequence[Ask]]] = [
        ("prepared", "up", with_memory, "ok", prepared),
        ("rewording", "down without", without, "503", part.rewordings),
        ("rewording", "down with memory", with_memory, "503", part.rewordings),
        ("prepared", "down with memory", with_memory, "503", prepared[::3]),
        ("other", "down with memory", with_memory, "503", part.others),
        ("near", "down with memory", with_memory, "503", part.near),
        ("written", "down with memory", with_memory, "503", part.written),
    ]
    for group, way, chosen, fault, asks in plan:
        if asks and f"{part.name} {group} {way}" not in done:
            server.play(Always(fault))
            with open_pipeline(part.name, _fresh(chosen, f"{group}-{way}".replace(" ", "-"))) as pipeline:
                yield asked(pipeline, part, group, way, asks)
    if part.documents and f"{part.name} changed down with memory" not in done:
        yield changed(part, with_memory, prepared)


def _fresh(settings: Settings, key: str) -> Settings:
    """With an endpoint whose breaker has seen nothing yet."""
    return replace(settings, endpoint={name: replace(one, key=key) for name, one in settings.endpoint.items()})


def asked(pipeline: Pipeline, part: Part, group: str, way: str, asks: Sequence[Ask]) -> list[Row]:
    """Several at a time."""

    async def all_of_them() -> list[Row]:
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(ask: Ask) -> Row:
            async with limit:
                answer = await pipeline.aask(ask.text)
            return row(part, group, way, ask, answer)

        return await asyncio.gather(*(one(ask) for ask in asks))

    return background.run(all_of_them())


def row(part: Part, group: str, way: str, ask: Ask, answer: Answer) -> Row:
    served = answer.remembered.question if answer.remembered else ""
    good = answer.outcome == "answered" and right(answer.text, ask.answers)
    return Row(part.name, way, group, ask.kind, ask.text, ask.of, served, answer.answered_by, answer.outcome, good,
               answer.timings.get("recall"))  # fmt: skip


def changed(part: Part, settings: Settings, prepared: Sequence[Ask]) -> list[Row]:
    """The very questions again, once one character of each passage that was cited has changed."""
    store = place_of(settings).store(part.name)
    memory = open_memory(store, settings)
    quotes = defaultdict(list)
    for kept in memory.store.answers(memory.store.ids()):
        for citation in kept.citations:
            quotes[citation.document_id].append(citation.quote)
    work.add_documents(store, [changed_document(d, quotes[d.id]) for d in part.documents], settings, wait=True)
    with open_pipeline(part.name, settings) as pipeline:
        asks = [replace(ask, kind="changed passage") for ask in prepared]
        return asked(pipeline, part, "changed", "down with memory", asks)


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """The measures, over all parts and of each."""
    found: dict[str, Any] = {"all": of(rows)}
    for name in sorted({row.part for row in rows}):
        found[name] = of([row for row in rows if row.part == name])
    return found


def of(rows: Sequence[Row]) -> dict[str, Any]:
    down = [row for row in rows if row.way == "down with memory"]
    up = [row for row in rows if row.group == "prepared" and row.way == "up" and row.answered_by == "deepseek"]
    kept = {(row.part, row.text) for row in up if row.outcome == "answered"}
    rewordings = [row for row in down if row.group == "rewording" and (row.part, row.of) in kept]
    others = [row for row in down if row.group == "other"]
    wrong = [row for row in (*rewordings, *others) if row.served and row.served != row.of and not row.right]
    misses = [row for row in down if row.group in ("near", "written", "changed")]
    near, slipped = Counter(row.kind for row in misses), Counter(row.kind for row in misses if row.served)
    looks = sorted(row.look_s for row in down if row.look_s is not None)
    reworded = {row.of for row in down if row.group == "rewording"}
    by_way = {
        "up": [row.right for row in rows if row.way == "up" and row.text in reworded],
        "down without": [row.right for row in rows if row.way == "down without"],
        "down with memory": [row.right for row in down if row.group == "rewording"],
    }
    shares = {way: round(sum(rights) / len(rights), 3) for way, rights in by_way.items() if rights}
    times = None
    if looks:
        p99 = looks[int(0.99 * (len(looks) - 1))]
        times = {"median": round(1000 * statistics.median(looks), 1), "p99": round(1000 * p99, 1)}
    again = [bool(row.served) for row in down if row.group == "prepared" and (row.part, row.text) in kept]
    return {
        "prepared": sum(row.group == "prepared" and row.way == "up" for row in rows),
        "kept": len(kept),
        "same question served": share(sum(again), len(again)),
        "rewordings of what is kept": len(rewordings),
        "served": share(sum(row.served == row.of for row in rewordings), len(rewordings)),
        "wrongly served": share(len(wrong), len(rewordings) + len(others)),
        "other questions": len(others),
        "near misses": {kind: {"asked": n, "served": slipped[kind]} for kind, n in sorted(near.items())},
        "right": shares,
        "quality kept": round(shares["down with memory"] / shares["up"], 3) if shares.get("up") else None,
        "quality kept without": round(shares["down without"] / shares["up"], 3) if shares.get("up") else None,
        "look ms": times,
    }


def share(count: int, of: int) -> dict[str, Any]:
    """A share with its 95 % interval (Wilson 1927)."""
    if not of:
        return {"count": 0, "of": 0}
    low, high = wilson(count, of)
    return {"count": count, "of": of, "share": round(count / of, 4), "interval": [round(low, 4), round(high, 4)]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--parts", nargs="*", help="only these; default: all")
    parser.add_argument("--folder", type=Path, help="where corpora and rows are kept; default: a temporary one")
    parser.add_argument("--fewer", type=int, default=1, help="only every so manyth rewording, question and near miss")
    parser.add_argument("--save", default="memory")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="sparewheel-memory-"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"rows-{code_state()['code']}.jsonl"
    rows = [Row(**json.loads(line)) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    gold = Gold()
    with cloud(gold) as server:
        base = load_settings()
        endpoint = Endpoint(url=server.url, key="k", first_token_s=60, total_s=120)
        answering = Answering(speculative=False, timeout_s=120)
        data = str(folder / f"data-{code_state()['code']}")
        settings = replace(base, data_folder=data, endpoint={"deepseek": endpoint}, answer=answering)
        for part in parts(folder, given.fewer):
            if given.parts and part.name not in given.parts:
                continue
            done: dict[str, list[Row]] = defaultdict(list)
            for one in rows:
                done[f"{one.part} {one.group} {one.way}"].append(one)
            for found in measured(part, settings, server, gold, done):
                rows += found
                with file.open("a", encoding="utf-8") as out:
                    out.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
                served, good = sum(bool(one.served) for one in found), sum(one.right for one in found)
                print(part.name, found[0].group, found[0].way, len(found), "served", served, "right", good, flush=True)
    made = figures(rows)
    print(json.dumps(made["all"], indent=1, ensure_ascii=False))
    print("written:", save(given.save, made))


if __name__ == "__main__":
    main()
