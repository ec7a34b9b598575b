"""The suites end to end with the built-in reader, retrieval included: ours beside LangChain's plain pipeline.

    python -m benchmarks.end_to_end [SUITE ...] [--limit N] [--folder FOLDER] [--base FOLDER]

LangChain's pipeline: BM25Retriever and FAISS joined by EnsembleRetriever, over the same chunks, in front of the same
answerers; its passages are embedded by --base (the folder of all-MiniLM-L6-v2, which the documentation takes), or by
our own model where none is given. Indexes and runs are kept in --folder: stopped at any moment, the same command goes
on. Public sets come from SPAREWHEEL_PUBLIC_DATA. Writes benchmarks/results/end_to_end.json, in which the suites that
were not run now stay as they were, and prints the table of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, describe, save
from sparewheel.app.cli.ingest import progress_bar
from sparewheel.app.evaluation.batch import ask_all, only_local, prepared
from sparewheel.eval.compare import compare
from sparewheel.eval.runs import Batch, built_in_models, read_records
from sparewheel.eval.score import Row, rows, summary, times
from sparewheel.rag.settings import Settings, load_settings

SUITES = ("samples", "legal", "medical", "legal-zh")
SHOWN = ("f1", "label_accuracy", "right", "citation_hit", "evidence_recall", "ndcg_at_10", "answered_share")
UNPAIRED = ("refusal_precision", "refusal_recall", "aurc", "calibration_error")


def measure(suite: str, settings: Settings, folder: Path, limit: int | None, base: str) -> dict[str, Any]:
    """Corpus of the suite -> its figures, ours and the difference to LangChain's pipeline; both runs are kept."""
    started = time.perf_counter()
    with progress_bar() as show:
        batches = prepared(suite, None, settings, limit, on_progress=show)
    indexed = time.perf_counter() - started
    place = folder / (suite if limit is None else f"{suite}-{limit}")
    plain = replace(settings, retrieve=replace(settings.retrieve, embedding=base)) if base else settings
    ours, ours_s = _run(suite, batches, place / "ours", settings, False)
    theirs, theirs_s = _run(suite, batches, place / "langchain", plain, True)
    corpora = [batch.corpus for batch in batches]
    return {
        "seconds": {"index": round(indexed), "ours": round(ours_s), "langchain": round(theirs_s)},
        "models": built_in_models(),
        "langchain_embeds_with": "the model of --base" if base else "our embedding model",
        "corpora": {
            name: figures(*([row for row in run if row.record["corpus"] == name] for run in (ours, theirs)))
            for name in corpora
        },
        "all": figures(ours, theirs),
    }  # fmt: skip


def _run(suite: str, batches: list[Batch], out: Path, settings: Settings, baseline: bool) -> tuple[list[Row], float]:
    started = time.perf_counter()
    ask_all(suite, batches, out, settings, baseline=baseline)
    return rows(read_records(out)), time.perf_counter() - started


def figures(ours: Sequence[Row], theirs: Sequence[Row]) -> dict[str, Any]:
    """Measure -> ours with its 95 % interval; `langchain` and the paired difference where the measure is a mean."""
    found: dict[str, Any] = dict(summary(ours))
    plain = summary(theirs)
    for name, paired in compare(theirs, ours).items():
        difference = {key: paired[key] for key in ("difference", "low", "high", "p")}
        found[name] = {**found[name], "langchain": plain[name]["value"], "ours_minus_langchain": difference}
    for name in UNPAIRED:
        if name in found and name in plain:
            found[name] = {**found[name], "langchain": plain[name]["value"]}
    return {"questions": len(ours), "times": times(ours), "measures": found}


def table(suites: dict[str, Any]) -> str:
    """Markdown: a row for each corpus and measure."""
    heads = (
        "corpus (questions)",
        "measure",
        "ours",
        "95 % interval",
        "LangChain's",
        "ours minus it, 95 % interval (p)",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for suite in suites.values():
        for corpus, found in suite["corpora"].items():
            name = f"{corpus.removeprefix('eval-')} ({found['questions']})"
            for measure in (*SHOWN, "refusal_recall"):
                if (row := found["measures"].get(measure)) is None:
                    continue
                there = f"{row['langchain']:.3f}" if "langchain" in row else ""
                d = row.get("ours_minus_langchain")
                paired = f"{d['difference']:+.3f}, {d['low']:+.3f} to {d['high']:+.3f} ({d['p']:.3f})" if d else ""
                bounds = f"{row['low']:.3f} to {row['high']:.3f}"
                cells = (name, measure.replace("_", " "), f"{row['value']:.3f}", bounds, there, paired)
                lines.append(f"| {' | '.join(cells)} |")
                name = ""
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", metavar="SUITE", default=SUITES, help=", ".join(SUITES))
    parser.add_argument("--limit", type=int, help="so many questions of each corpus, always the same ones")
    parser.add_argument("--folder", type=Path, default=Path("build/end_to_end"), help="indexes and runs are kept here")
    parser.add_argument("--base", default="", help="sentence-transformers folder that embeds LangChain's passages")
    options = parser.parse_args()
    settings = only_local(replace(load_settings(), data_folder=str(options.folder / "corpora")))
    file = RESULTS / "end_to_end.json"
    found = json.loads(file.read_text(encoding="utf-8"))["suites"] if file.exists() else {}
    for suite in options.suites:
        found[suite] = {
            "limit": options.limit,
            "machine": describe(),
            **measure(suite, settings, options.folder / "runs", options.limit, options.base),
        }
        save("end_to_end", {"suites": found})  # after each suite: a stopped benchmark keeps what it has
    print(table({name: found[name] for name in SUITES if name in found}))


if __name__ == "__main__":
    main()
