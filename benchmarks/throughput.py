"""Questions in a batch on the sample corpora with the local reader: how many a second, and whether memory stays flat.

    python -m benchmarks.throughput [--questions N] [--before N]

Every question is another one (of the 172 that come with the sample documents, English and Chinese; more than there
are begin again from the first, which costs the same: nothing is remembered between questions). --before N asks the
first N with the settings that came before (24 passages reranked, fusion constant 60) in the same process, for a ratio.
Processor seconds are told beside wall-clock ones: on a machine with other work only they can be compared.
Writes benchmarks/results/throughput.json.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.machine import rss_mb, save
from sparewheel.app.evaluation.batch import only_local, prepared
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.settings import Settings, load_settings

CONCURRENCY = 4
BEFORE = {"rerank_k": 24, "rrf_k": 60}


async def ask_all(settings: Settings, asked: Sequence[tuple[str, str]], marks: int = 10) -> dict[str, Any]:
    """asked: (corpus, question). Seconds, processor seconds, and resident megabytes after each of `marks` parts."""
    pipelines = {corpus: open_pipeline(corpus, settings) for corpus in dict.fromkeys(corpus for corpus, _ in asked)}
    memory: list[float] = []
    left = iter(enumerate(asked, 1))
    step = max(1, len(asked) // marks)

    async def work() -> None:
        for number, (corpus, question) in left:
            await pipelines[corpus].aask(question)
            if number % step == 0:
                memory.append(round(rss_mb()))

    for corpus, pipeline in pipelines.items():  # models are read with the first question
        await pipeline.aask(next(question for name, question in asked if name == corpus))
    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    for pipeline in pipelines.values():
        pipeline.close()
    return {
        "questions": len(asked),
        "seconds": round(wall, 2),
        "questions_per_s": round(len(asked) / wall, 2),
        "processor_s_per_question": round(processor / len(asked), 3),
        "rss_mb": memory,
        "peak_rss_mb": round(rss_mb(peak=True)),  # of the process, its start included
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=172)
    parser.add_argument("--before", type=int, default=0, help="questions asked with the settings that came before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = only_local(replace(load_settings(), data_folder=folder))
        batches = prepared("samples", None, settings)
        every = [(batch.corpus, question) for batch in batches for question in batch.questions]
        pairs = [(corpus, question.text) for corpus, question in _mixed(every)]
        asked = list(itertools.islice(itertools.cycle(pairs), options.questions))
        figures = {"now": asyncio.run(ask_all(settings, asked))}
        if options.before:
            old = replace(settings, retrieve=replace(settings.retrieve, **BEFORE))  # type: ignore[arg-type]
            figures["before"] = asyncio.run(ask_all(old, asked[: options.before]))
            figures["now_same_questions"] = asyncio.run(ask_all(settings, asked[: options.before]))
    figures["load"] = {"1min": round(os.getloadavg()[0], 1)}
    print(f"written: {save('throughput', figures, models=True)}")
    for name, row in figures.items():
        print(name, row)


def _mixed(every: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Corpora and languages in turn, so that the first N are like the whole."""
    groups: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for corpus, question in every:
        groups.setdefault((corpus, question.language), []).append((corpus, question))
    shares = [((number + 0.5) / len(rows), row) for rows in groups.values() for number, row in enumerate(rows)]
    return [row for _, row in sorted(shares, key=lambda share: share[0])]


if __name__ == "__main__":
    main()
