"""A thousand questions at once while every cloud endpoint stalls: how many are lost, and when the others are answered.

    python -m benchmarks.stampede [--questions N] [--within SECONDS] [--rates PER_SECOND ...] [--seconds SECONDS]

The questions of the sample corpora, in both languages, all asked in the same moment through the whole pipeline (search,
reranking, two endpoints that only keep the connection warm, the built-in reader, the quote behind it). Then, for a
while, so many a second, below and beyond what the machine can read. Those that are read in time are answered; the
others are quoted, and say so. Writes benchmarks/results/stampede.json: lost (outcome failed or an exception), quoted,
and p50, p99 and the longest of the seconds to the answer, beside the deadline.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.machine import rss_mb, save
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.app.evaluation.batch import only_local
from sparewheel.corpora import samples
from sparewheel.eval.availability.figures import quantile
from sparewheel.eval.availability.play import serving
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.settings import Endpoint, Settings, load_settings
from sparewheel.rag.types import Answer


async def stampede(
    pipelines: dict[str, Pipeline], asked: Sequence[tuple[str, str]], within_s: float, per_second: float = math.inf
) -> dict[str, Any]:
    """asked: (corpus, question), so many a second; all of them at once by default."""

    async def one(n: int, corpus: str, question: str) -> tuple[Answer | None, float]:
        await asyncio.sleep(n / per_second)
        began = time.perf_counter()
        try:
            return await pipelines[corpus].aask(question, within_s=within_s), time.perf_counter() - began
        except Exception as error:
            print(type(error).__name__, error)
            return None, time.perf_counter() - began

    told = await asyncio.gather(*(one(n, *pair) for n, pair in enumerate(asked)))
    answers = [answer for answer, _ in told if answer is not None]
    seconds = sorted(seconds for _, seconds in told)
    notes = Counter(note for answer in answers for note in answer.notes)
    return {
        "questions": len(asked),
        "within_s": within_s,
        "lost": len(asked) - sum(answer.outcome != "failed" for answer in answers),
        "exceptions": len(asked) - len(answers),
        "outcomes": dict(Counter(answer.outcome for answer in answers)),
        "answered_by": dict(Counter(answer.answered_by or "nobody" for answer in answers)),
        "quoted": sum(answer.answered_by == "quote" for answer in answers),
        "quoted_that_do_not_say_so": sum(answer.answered_by == "quote" and not answer.degraded for answer in answers),
        "p50_s": round(quantile(seconds, 0.5), 2),
        "p99_s": round(quantile(seconds, 0.99), 2),
        "longest_s": round(seconds[-1], 2),
        "late": sum(each > within_s for each in seconds),
        "notes": dict(notes.most_common(8)),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--within", type=float, default=20.0)
    parser.add_argument("--rates", type=float, nargs="*", default=[1.0, 4.0, 10.0])
    parser.add_argument("--seconds", type=float, default=40.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving() as one, serving() as two:
        plain = only_local(replace(load_settings(), data_folder=folder))
        pairs = list(ingested(plain))
        asked = list(itertools.islice(itertools.cycle(pairs), options.questions))
        for server in (one, two):
            server.play("keepalive", {})
        settings = stalled(plain, one.url, two.url)
        figures = asyncio.run(_asked(settings, asked, options.within))
        figures["sustained"] = {}
        for rate in options.rates:
            some = asked[: round(rate * options.seconds)]
            figures["sustained"][f"{rate:g} a second"] = asyncio.run(_asked(settings, some, options.within, rate))
    figures["peak_rss_mb"] = round(rss_mb(peak=True))
    figures["load_1min"] = round(os.getloadavg()[0], 1)
    print({key: value for key, value in figures.items() if key != "notes"})
    save("stampede", figures)


def ingested(settings: Settings) -> Iterator[tuple[str, str]]:
    """The sample corpora are made; (corpus, question) of all their questions."""
    for domain in ("legal", "medical"):
        run_ingest([samples(domain) / "documents"], domain, domain=domain, settings=settings)
        for line in (samples(domain) / "questions.jsonl").read_text(encoding="utf-8").splitlines():
            yield domain, json.loads(line)["question"]


def stalled(settings: Settings, *urls: str) -> Settings:
    """With endpoints at these addresses."""
    return replace(settings, endpoint={f"cloud-{n}": Endpoint(url=url, key="none") for n, url in enumerate(urls, 1)})


async def _asked(
    settings: Settings, asked: Sequence[tuple[str, str]], within_s: float, per_second: float = math.inf
) -> dict[str, Any]:
    pipelines = {corpus: open_pipeline(corpus, settings) for corpus in dict.fromkeys(corpus for corpus, _ in asked)}
    for pipeline in pipelines.values():  # index and models are in memory, as in a server that has started
        for language in ("en", "zh"):
            await asyncio.to_thread(pipeline.warm, language)
    try:
        return await stampede(pipelines, asked, within_s, per_second)
    finally:
        for pipeline in pipelines.values():
            pipeline.close()


if __name__ == "__main__":
    main()
