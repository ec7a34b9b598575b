"""What a small machine loses in accuracy for the time it saves: `python -m benchmarks.edge_profiles`.

Every profile answers the same questions with the built-in models on one thread: our samples, and pieces of COVID-QA,
PolicyQA (each within the document) and LegalBench-RAG's PrivacyQA (7 policies). Time is processor time of one question,
which other work on the machine makes a little worse, never better. `--every N` takes every Nth question.
Writes benchmarks/results/edge_profiles.json and prints its table.
"""

from __future__ import annotations

import argparse
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

from app.cli.ingest import run_ingest
from benchmarks.machine import save
from corpora import Question, samples
from eval.runs import Batch, prepare, record_of
from eval.score import Row, rows
from eval.suites import Part, index_documents
from rag.assemble import open_journey
from rag.ingest.store import Store, corpus_folder
from rag.settings import Settings, load_settings

PARTS = (
    Part("edge-legal", "legal", samples="legal"),
    Part("edge-medical", "medical", samples="medical"),
    Part("edge-covid-qa", "medical", dataset="covid-qa", split="dev", limit=100, within_document=True),
    Part("edge-policyqa", "legal", dataset="policyqa", split="dev", limit=100, within_document=True),
    Part("edge-privacy-qa", "legal", dataset="legalbench-rag", split="privacy_qa"),
)
# name -> retrieve.rerank, retrieve.rerank_k, retrieve.evidence_k, models.read_windows
PROFILES: dict[str, tuple[str, int, int, int]] = {
    "default: rerank 12, read 8": ("auto", 12, 8, 8),
    "rerank 5, read 2": ("auto", 5, 3, 2),
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


def asked(batch: Batch, settings: Settings) -> tuple[list[Row], list[float]]:
    """The questions scored, and the milliseconds of processor time of each."""
    records, took_ms = [], []
    with open_journey(batch.corpus, settings) as journey:
        journey.ask(batch.questions[0].text)  # the models are read from the disk
        for question in batch.questions:
            started = time.process_time()
            answer = journey.ask(question.text, filter=_within(question, batch))
            took_ms.append(1000 * (time.process_time() - started))
            records.append(record_of(question, answer, batch.relevant.get(question.id, ())))
    return rows(records), took_ms


def _within(question: Question, batch: Batch) -> dict[str, str] | None:
    return {"document": question.document_id} if batch.within_document and question.document_id else None


def figures(scored: Mapping[str, list[Row]], took_ms: list[float]) -> dict[str, Any]:
    """Means in percent, and the median time."""

    def mean(name: str, *corpora: str) -> float:
        values = [row.values[name] for corpus in corpora for row in scored.get(corpus, ()) if name in row.values]
        return round(100 * statistics.fmean(values), 1) if values else math.nan

    own = ("edge-legal", "edge-medical")
    return {
        "cpu_p50_ms": round(statistics.median(took_ms), 1),
        "samples_right": mean("right", *own),
        "samples_f1": mean("f1", *own),
        "covid_qa_f1": mean("f1", "edge-covid-qa"),
        "policyqa_f1": mean("f1", "edge-policyqa"),
        "privacy_qa_cited": mean("citation_hit", "edge-privacy-qa"),
        "privacy_qa_found": mean("recall_at_8", "edge-privacy-qa"),
        "questions": len(took_ms),
    }


def row(name: str, asks: Sequence[Batch], settings: Settings) -> dict[str, Any]:
    """The figures of the profile `name`."""
    found = {batch.corpus: asked(batch, profiled(settings, *PROFILES[name])) for batch in asks}
    took_ms = [ms for _, each in found.values() for ms in each]
    return figures({corpus: scored for corpus, (scored, _) in found.items()}, took_ms)


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
        with ProcessPoolExecutor(given.jobs, multiprocessing.get_context("spawn")) as pool:
            running = {name: pool.submit(row, name, asks, settings) for name in PROFILES}
            table = {}
            for name, job in running.items():
                table[name] = job.result()
                print(f"{name:28}", table[name], flush=True)
    save("edge_profiles", {"profiles": table, "every": given.every})


if __name__ == "__main__":
    main()
