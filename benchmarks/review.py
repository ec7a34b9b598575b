"""A review of 60 real contract PDFs x 40 questions with the local reader.

    python -m benchmarks.review [--documents N]

Reads the PDFs of CUAD in the folder of the setting public_data; 57 of them have labels. A child process fills the
table, is killed (SIGKILL) when a quarter of the cells is kept, and another one goes on: counted are cells lost and
cells asked twice. Cells a second, by the clock and by processor time (the machine may be busy); memory.

Right: the strict rule of `eval.verdict` against CUAD's spans: an answer that agrees with one of them, or a refusal
where the contract has no such clause. The reader was trained on contracts of the set, some of these among them;
"held out" are those that it never saw (eval/held_out.toml).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from sparewheel.app.python.corpus import Corpus, open_corpus
from sparewheel.corpora import Question, dataset
from sparewheel.corpora.sets import question_set
from sparewheel.eval.suites import HELD_OUT
from sparewheel.eval.verdict import verdict
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.store import cell_store
from sparewheel.rag.settings import Settings, load_settings

CORPUS = "cuad-pdf"
KILLED_AT = 0.25  # of the cells
LOOK_S = 0.05
# question of the set -> what CUAD calls the clause
CLAUSES = {
    "Parties": "Parties", "Date": "Agreement Date", "Effective date": "Effective Date", "Expiry": "Expiration Date",
    "Renewal": "Renewal Term", "Notice against renewal": "Notice Period To Terminate Renewal",
    "Governing law": "Governing Law", "Most favoured customer": "Most Favored Nation", "Non-compete": "Non-Compete",
    "Exclusivity": "Exclusivity", "Customers not solicited": "No-Solicit Of Customers",
    "Employees not solicited": "No-Solicit Of Employees",
    "Exceptions to restrictions": "Competitive Restriction Exception", "No disparagement": "Non-Disparagement",
    "Termination without cause": "Termination For Convenience", "First refusal": "Rofr/Rofo/Rofn",
    "Change of control": "Change Of Control", "Assignment": "Anti-Assignment",
    "Revenue share": "Revenue/Profit Sharing", "Price limits": "Price Restrictions",
    "Minimum commitment": "Minimum Commitment", "Volume limit": "Volume Restriction",
    "Ownership of results": "Ip Ownership Assignment", "Joint ownership": "Joint Ip Ownership",
    "Licence": "License Grant", "Licence not transferable": "Non-Transferable License",
    "Licence by affiliates": "Affiliate License-Licensor", "Licence to affiliates": "Affiliate License-Licensee",
    "Unlimited use": "Unlimited/All-You-Can-Eat-License", "Perpetual licence": "Irrevocable Or Perpetual License",
    "Source code escrow": "Source Code Escrow", "After the end": "Post-Termination Services", "Audit": "Audit Rights",
    "Unlimited liability": "Uncapped Liability", "Liability cap": "Cap On Liability",
    "Liquidated damages": "Liquidated Damages", "Warranty period": "Warranty Duration", "Insurance": "Insurance",
    "No challenge": "Covenant Not To Sue", "Third-party beneficiary": "Third Party Beneficiary",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--concurrency", type=int, default=0)
    parser.add_argument("--no-save", action="store_true")
    given = parser.parse_args()
    if given.child:
        print(json.dumps(fill(Path(given.child), given.concurrency)))
        return
    settings = load_settings()
    if not settings.public_data:
        sys.exit("the PDFs are in the public data folder: set public_data (SPAREWHEEL_PUBLIC_DATA)")
    pdfs = sorted((Path(settings.public_data) / "legal/cuad/pdf").iterdir())[: given.documents]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        found = measured(folder, pdfs, given.concurrency)
        with opened(folder) as corpus:
            cells = cell_store(folder / CORPUS).cells()
            shown = [info.id for info in corpus.documents()]
    found["right"] = judged(cells, shown, settings)
    print(json.dumps(found, indent=1))
    if not given.no_save:
        save("review", found)


def opened(folder: Path) -> Corpus:
    settings = replace(Settings(), data_folder=str(folder))
    return open_corpus(CORPUS, create=True, domain="legal", settings=settings)


def measured(folder: Path, pdfs: Sequence[Path], concurrency: int) -> dict[str, Any]:
    """Ingest, fill, kill, go on: seconds, cells a second, memory, what the kill cost."""
    start = time.perf_counter()
    with opened(folder) as corpus:
        corpus.add(pdfs)
        infos = corpus.documents()
    read_s = time.perf_counter() - start
    total = len(infos) * len(question_set("contracts").questions)
    kept, killed_s = killed(folder, int(KILLED_AT * total), concurrency)
    start = time.perf_counter()
    rest = json.loads(subprocess.run(child(folder, concurrency), check=True, capture_output=True, text=True).stdout)
    resumed_s = time.perf_counter() - start
    store = cell_store(folder / CORPUS)
    again = json.loads(subprocess.run(child(folder, concurrency), check=True, capture_output=True, text=True).stdout)
    return {
        "documents": len(infos), "pages": sum(info.pages for info in infos), "passages": sum(i.chunks for i in infos),
        "questions": total // max(1, len(infos)), "cells": total, "read_and_embedded_s": round(read_s, 1),
        "filled_s": round(rest["seconds"], 1), "cells_per_s": round(rest["asked"] / rest["seconds"], 2),
        "cells_per_processor_s": round(rest["asked"] / rest["processor_s"], 2),
        "peak_memory_mib": round(rest["peak_mib"]),
        "killed": {"after_s": round(killed_s, 1), "kept": kept, "asked_after": rest["asked"],
                   "lost_or_asked_twice": kept + rest["asked"] - total, "resumed_s": round(resumed_s, 1),
                   "written": store.revision, "asked_in_a_third_run": again["asked"]},
    }  # fmt: skip


def child(folder: Path, concurrency: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.review", "--child", str(folder), "--concurrency", str(concurrency)]


def killed(folder: Path, at: int, concurrency: int) -> tuple[int, float]:
    """How many cells were kept when the child was killed, and after how many seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(child(folder, concurrency), stdout=subprocess.DEVNULL)
    store = cell_store(folder / CORPUS)
    while store.revision < at and process.poll() is None:
        time.sleep(LOOK_S)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return len(store.cells()), time.perf_counter() - start


def fill(folder: Path, concurrency: int) -> dict[str, float]:
    """What the child does. Models are in memory before the clock starts."""
    with opened(folder) as corpus:
        review = corpus.review("contracts", local=True, concurrency=concurrency)
        corpus.pipeline.warm("en")  # the models are shared with the review's own pipeline
        start, worked = time.perf_counter(), time.process_time()
        for _ in review:
            pass
        took, worked = time.perf_counter() - start, time.process_time() - worked
        assert review.filling is not None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"asked": review.filling.done, "seconds": took, "processor_s": worked, "peak_mib": peak}


def judged(cells: Sequence[Cell], documents: Sequence[str], settings: Settings) -> dict[str, Any]:
    """The cells of contracts that have labels, all and held out."""
    held = {letters(title) for title in tomllib.loads(HELD_OUT.read_text(encoding="utf-8"))["cuad"]}
    labels = labelled(settings, documents)
    names = {question.ask: CLAUSES[question.name] for question in question_set("contracts").questions}
    rows = [
        (cell, labels[cell.document_id, names[cell.question]])
        for cell in cells
        if (cell.document_id, names[cell.question]) in labels
    ]
    of_held = [(cell, gold) for cell, gold in rows if letters(Path(cell.document_id).stem) in held]
    by_clause = {
        clause: figures([(c, g) for c, g in rows if names[c.question] == clause])["right"]
        for clause in CLAUSES.values()
    }
    return {"all": figures(rows), "held_out": figures(of_held), "by_clause": by_clause}


def figures(rows: Sequence[tuple[Cell, Question]]) -> dict[str, Any]:
    """Shares of verdicts, of what is there and of what is not."""
    said = [(verdict(gold, record(cell)), gold.answerable, cell.answer.outcome == "answered") for cell, gold in rows]
    there = [verdict for verdict, answerable, _ in said if answerable]
    absent = [verdict for verdict, answerable, _ in said if not answerable]
    answered = [verdict for verdict, _, answered in said if answered]

    def share(of: Sequence[str], what: str) -> float:
        return round(sum(one == what for one in of) / len(of), 3) if of else 0.0

    return {
        "cells": len(said), "documents": len({cell.document_id for cell, _ in rows}),
        "right": share([verdict for verdict, _, _ in said], "satisfied"),
        "clause_there": {"cells": len(there), "right": share(there, "satisfied"), "refused": share(there, "refused")},
        "clause_absent": {"cells": len(absent), "right": share(absent, "satisfied")},
        "right_of_answered": share(answered, "satisfied"),
    }  # fmt: skip


def record(cell: Cell) -> Mapping[str, Any]:
    """As the rules of the evaluation take an answer. Within its document: nobody can cite another one."""
    answer = cell.answer
    cited = [{"document_id": c.document_id, "start": c.start, "end": c.end, "quote": c.quote} for c in answer.citations]
    return {"outcome": answer.outcome, "text": answer.text, "label": answer.label, "citations": cited,
            "within_document": True}  # fmt: skip


def labelled(settings: Settings, documents: Sequence[str]) -> dict[tuple[str, str], Question]:
    """(document, clause) -> what CUAD says, of the contracts whose names agree. Places differ between PDF and text: an
    answer is compared by its words."""
    by_letters = {letters(Path(id).stem): id for id in documents}
    found = {}
    for question in questions(settings):
        id = by_letters.get(letters(question.document_id or ""))
        if id is not None:
            found[id, question.category] = replace(question, document_id=None, gold=(), label="")
    return found


def questions(settings: Settings) -> Iterator[Question]:
    yield from dataset("cuad", Path(settings.public_data)).questions("train")


def letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
