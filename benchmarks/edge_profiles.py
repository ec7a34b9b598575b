"""What a small machine loses in accuracy for the time it saves: `python -m benchmarks.edge_profiles`.

Every profile answers the same questions with the built-in models on one thread: our samples, and pieces of COVID-QA,
PolicyQA (each within the document) and LegalBench-RAG's PrivacyQA (7 policies). Time is processor time of one question,
which other work on the machine makes a little worse, never better. quoted_f1 is of what the reader would quote if it
never refused, found the share of the passages holding the answer that it is shown. `--every N` takes every Nth one.
Writes benchmarks/results/edge_profiles.json and prints its table.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import Question, samples
from sparewheel.eval.runs import Batch, prepare, record_of
from sparewheel.eval.score import Row, rows
from sparewheel.eval.suites import Part, index_documents
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.ingest.store import Store, corpus_folder
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.weights import WEIGHTS

PARTS = (
    Part("edge-legal", "legal", samples="legal"),
    Part("edge-medical", "medical", samples="medical"),
    Part("edge-covid-qa", "medical", dataset="covid-qa", split="dev", limit=100, within_document=True),
    Part("edge-policyqa", "legal", dataset="policyqa", split="dev", limit=100, within_document=True),
    Part("edge-privacy-qa", "legal", dataset="legalbench-rag", split="privacy_qa"),
)
# name -> retrieve.rerank, retrieve.rerank_k, retrieve.evidence_k, models.read_windows
PROFILES: dict[str, tuple[str, int, int, int]] = {
    "default: rerank 12, read 2 to 6": ("auto", 12, 8, 8),
    "rerank 5, read 2 (medium)": ("auto", 5, 3, 2),
    "8 passages, read 8": ("off", 1, 8, 8),
    "8 passages, read 3": ("off", 1, 8, 3),
    "8 passages, read 2": ("off", 1, 8, 2),
    "5 passages, read 2 (small)": ("off", 1, 5, 2),
    "3 passages, read 2": ("off", 1, 3, 2),
}


def profiled(settings: Settings, rerank: str, rerank_k: int, evidence_k: int, read_windows: int) -> Settings:
    """The settings with a profile, on one thread and without an endpoint."""
    retrieve = replace(settings.retrieve, rerank=rerank, rerank_k=rerank_k, evidence_k=evidence_k)  # type: ignore[arg-type]
    models = replace(settings.models, threads=1, read_windows=read_windows)
    return replace(settings, retrieve=retrieve, models=models, endpoint={})


def batches(settings: Settings, every: int) -> Iterator[Batch]:
    """The questions of each part, its corpus indexed when it was not. English only: Chinese
    questions on the samples are answered by rule. Public pieces are left out where the setting public_data is empty.
    """
    for part in PARTS:
        if part.dataset and not settings.public_data:
            continue
        if part.samples:
            run_ingest([samples(part.samples) / "documents"], part.corpus, domain=part.domain, settings=settings)
        else:
            index_documents(part, settings)
        questions = [q for q in part.questions(settings) if q.language == "en"][::every]
        with Store(corpus_folder(settings.corpora_folder, part.corpus)).open() as snapshot:
            yield prepare(part.corpus, questions, snapshot, within_document=part.within_document)


def daring(folder: Path) -> float:
    """The built-in models in `folder` (links), their English reader never refusing; returns the confidence below which
    it would.
    """
    for source in WEIGHTS.glob("*/*"):
        (folder / source.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / source.parent.name / source.name).symlink_to(source)
    file = folder / "reader-en/config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    limits = config["refuse_below"]
    file.unlink()
    file.write_text(json.dumps({**config, "refuse_below": dict.fromkeys(limits, 0.0)}), encoding="utf-8")
    return float(max(limits["legal"], limits["medical"]))


def asked(batch: Batch, settings: Settings, refuse_below: float) -> tuple[list[Row], list[Row], list[float]]:
    """The questions scored as the reader answers, refusing what it is not sure of; as if it never refused; and the
    milliseconds of processor time of each.
    """
    shipped, dared, took_ms = [], [], []
    with open_pipeline(batch.corpus, settings) as pipeline:
        pipeline.ask(batch.questions[0].text)  # the models are read from the disk
        for question in batch.questions:
            started = time.process_time()
            answer = pipeline.ask(question.text, filter=_within(question, batch))
            took_ms.append(1000 * (time.process_time() - started))
            unsure = answer.confidence < refuse_below
            said = replace(answer, outcome="refused", citations=()) if unsure else answer
            relevant = batch.relevant.get(question.id, ())
            shipped.append(record_of(question, said, relevant))
            dared.append(record_of(question, answer, relevant))
    return rows(shipped), rows(dared), took_ms


def _within(question: Question, batch: Batch) -> dict[str, str] | None:
    return {"document": question.document_id} if batch.within_document and question.document_id else None


def row(name: str, asks: Sequence[Batch], settings: Settings, refuse_below: float) -> dict[str, Any]:
    """The figures of the profile `name`: means in percent, and the median time."""
    shipped: dict[str, list[Row]] = {}
    dared: dict[str, list[Row]] = {}
    took_ms: list[float] = []
    for batch in asks:
        own = asked(batch, profiled(settings, *PROFILES[name]), refuse_below)
        shipped[batch.corpus], dared[batch.corpus] = own[0], own[1]
        took_ms += own[2]
    samples_of = ("edge-legal", "edge-medical")
    return {
        "cpu_p50_ms": round(statistics.median(took_ms), 1),
        "samples_right": mean(shipped, "right", *samples_of),
        "samples_f1": mean(shipped, "f1", *samples_of),
        "quoted_f1": {corpus: mean(dared, "f1", corpus) for corpus in dared},
        "quoted_f1_all": mean(dared, "f1", *dared),
        "found": {corpus: mean(dared, "recall_at_8", corpus) for corpus in dared},
        "found_all": mean(dared, "recall_at_8", *dared),
        "questions": len(took_ms),
    }


def mean(scored: Mapping[str, list[Row]], name: str, *corpora: str) -> float:
    """Of a measure over the questions of these corpora that have it, percent; nan without one."""
    values = [row.values[name] for corpus in corpora for row in scored.get(corpus, ()) if name in row.values]
    return round(100 * statistics.fmean(values), 1) if values else math.nan


def main() -> None:
    """Measures every profile, prints the table and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the corpora here, for another run")
    parser.add_argument("--jobs", type=int, default=1, help="profiles measured at a time, each on one thread")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = replace(load_settings(), data_folder=str(given.folder or temporary))
        asks = list(batches(settings, given.every))
        limit = daring(Path(temporary) / "models")
        settings = replace(settings, models=replace(settings.models, folder=f"{temporary}/models"))
        with ProcessPoolExecutor(given.jobs, multiprocessing.get_context("spawn")) as pool:
            running = {name: pool.submit(row, name, asks, settings, limit) for name in PROFILES}
            table = {}
            for name, job in running.items():
                table[name] = job.result()
                print(f"{name:28}", table[name], flush=True)
    save("edge_profiles", {"profiles": table, "every": given.every})


if __name__ == "__main__":
    main()
