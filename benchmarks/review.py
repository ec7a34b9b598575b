"""A review of 60 real contract PDFs x 40 questions with the local reader.

    python -m benchmarks.review [--documents N] [--folder PLACE --minutes 8]

With --folder it works for so many minutes, and the same command goes on: a busy machine is not taken for an hour.

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
from sparewheel.rag.review.store import FILE, CellStore
from sparewheel.rag.settings import Settings, load_settings

CORPUS = "cuad-pdf"
KILLED_AT = 0.25  # of the cells
LOOK_S = 0.05
NOTES = "review-bench.jsonl"
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
    parser.add_argument("--folder", type=Path, help="where the corpus is kept between two calls")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--concurrency", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-save", action="store_true")
    given = parser.parse_args()
    if given.child:
        fill(given.child, given.documents, given.concurrency, 60 * given.minutes)
        return
    settings = load_settings()
    if not settings.public_data:
        sys.exit("the PDFs are in the public data folder: set public_data (SPAREWHEEL_PUBLIC_DATA)")
    pdfs = sorted((Path(settings.public_data) / "legal/cuad/pdf").iterdir())[: given.documents]
    with tempfile.TemporaryDirectory() as place:
        folder = given.folder or Path(place)
        if not filled(folder, pdfs, given.concurrency, 60 * given.minutes):
            print("not done yet: the same command goes on")
            return
        found = told(folder)
        with opened(folder) as corpus:
            shown = [info.id for info in corpus.documents()]
        found["right"] = judged(CellStore(folder / CORPUS / FILE).cells(), shown, settings)
    print(json.dumps(found, indent=1))
    if not given.no_save:
        save("review", found, models=True)


def opened(folder: Path) -> Corpus:
    settings = replace(Settings(), data_folder=str(folder))
    return open_corpus(CORPUS, create=True, domain="legal", settings=settings)


def filled(folder: Path, pdfs: Sequence[Path], concurrency: int, within_s: float) -> bool:
    """Reads the documents, fills the table with a kill in between; whether all is done within so many seconds."""
    ends = time.perf_counter() + within_s
    notes = folder / NOTES
    if not notes.exists():
        start = time.perf_counter()
        with opened(folder) as corpus:
            corpus.add(pdfs)
            total = min(len(pdfs), len(corpus.documents())) * len(question_set("contracts").questions)
        note(folder, {"total": total, "read_and_embedded_s": time.perf_counter() - start})
    told = noted(folder)
    if not any("kept" in one for one in told):
        note(folder, killed(folder, len(pdfs), int(KILLED_AT * told[0]["total"]), concurrency, ends))
    while not any(one.get("left") == 0 for one in noted(folder)):
        minutes = (ends - time.perf_counter()) / 60
        if minutes < 0.3:
            return False
        subprocess.run(child(folder, len(pdfs), concurrency, minutes), check=True)
    return True


def note(folder: Path, what: Mapping[str, Any]) -> None:
    with (folder / NOTES).open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def noted(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NOTES).read_text(encoding="utf-8").splitlines()]


def child(folder: Path, documents: int, concurrency: int, minutes: float) -> list[str]:
    options = [
        "--child",
        str(folder),
        "--documents",
        str(documents),
        "--concurrency",
        str(concurrency),
        "--minutes",
        str(minutes),
    ]
    return [sys.executable, "-m", "benchmarks.review", *options]


def killed(folder: Path, documents: int, at: int, concurrency: int, ends: float) -> dict[str, Any]:
    """How many cells were kept when the child was killed."""
    process = subprocess.Popen(child(folder, documents, concurrency, 1e6))
    store = CellStore(folder / CORPUS / FILE)
    while store.revision < at and time.perf_counter() < ends and process.poll() is None:
        time.sleep(LOOK_S)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return {"kept": len(store.cells())}


def fill(folder: Path, documents: int, concurrency: int, within_s: float) -> None:
    """What the child does; it notes how much, in which time. Models are in memory before the clock starts."""
    with opened(folder) as corpus:
        ids = [info.id for info in corpus.documents()][:documents]
        review = corpus.review("contracts", documents=ids, local=True, concurrency=concurrency)
        corpus.pipeline.warm("en")  # the models are shared with the review's own pipeline
        start, worked = time.perf_counter(), time.process_time()
        for _ in review:
            filling = review.filling
            if filling is not None and time.perf_counter() - start > within_s:
                filling.stop()
        filling = review.filling
        assert filling is not None
        note(folder, {
            "asked": filling.done, "left": filling.total - filling.done, "seconds": time.perf_counter() - start,
            "processor_s": time.process_time() - worked, "load": os.getloadavg()[0],
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        })  # fmt: skip


def told(folder: Path) -> dict[str, Any]:
    """The figures of all calls together."""
    first, *rest = noted(folder)
    kept = sum(one.get("kept", 0) for one in rest)
    runs = [one for one in rest if "asked" in one]
    asked, seconds, worked = (sum(one[key] for one in runs) for key in ("asked", "seconds", "processor_s"))
    with opened(folder) as corpus:
        infos = corpus.documents()[: first["total"] // len(CLAUSES)]
    return {
        "documents": len(infos), "pages": sum(info.pages for info in infos), "passages": sum(i.chunks for i in infos),
        "questions": first["total"] // len(infos), "cells": first["total"],
        "read_and_embedded_s": round(first["read_and_embedded_s"], 1), "timed_cells": asked, "seconds": round(seconds),
        "cells_per_s": round(asked / seconds, 2), "cells_per_processor_s": round(asked / worked, 2),
        "processor_share": round(worked / seconds, 2), "load_1min": round(sum(r["load"] for r in runs) / len(runs), 1),
        "peak_memory_mib": round(max(one["peak_mib"] for one in runs)),
        "killed": {"kept": kept, "asked_after": asked, "lost_or_asked_twice": kept + asked - first["total"],
                   "written": CellStore(folder / CORPUS / FILE).revision},
    }  # fmt: skip


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
