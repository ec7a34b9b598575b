"""Look-alike documents: is the one found that a question names, and is a name refused that none of them has?

    python -m benchmarks.lookalikes [--answers]

The four made collections of the suite `asked` (20 agreements, 12 leaflets, 8 Chinese contracts, 8 Chinese leaflets,
each on one template, names in the opening only, file names that say nothing), all questions. `scope`: the documents
that the pipeline would search, without any reading. With --answers also whether what is cited is of that document.
The untuned half (by a hash of the question's id) is the figure that counts; nobody looks at its cases.
Writes benchmarks/results/lookalikes.json.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from benchmarks.machine import save
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import Question
from sparewheel.eval.asked import COLLECTIONS, made, write_files
from sparewheel.eval.asked.made import half
from sparewheel.rag.assemble import open_pipeline, open_view
from sparewheel.rag.ingest.corpus import corpus_folder
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.retrieve.scope import Scopes
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.understand import read

LEGAL = ("ndas", "contracts-zh")
Counts = dict[str, list[int]]  # measure -> [right, of]


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--answers", action="store_true", help="ask the local reader, too: minutes")
    answers = arguments.parse_args().answers
    halves: dict[str, Counts] = {"tuned": defaultdict(lambda: [0, 0]), "untuned": defaultdict(lambda: [0, 0])}
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as folder:
        settings = replace(load_settings(), data_folder=folder)
        for name in COLLECTIONS:
            domain = "legal" if name in LEGAL else "medical"
            run_ingest([write_files(name, Path(folder) / "files" / name)], name, domain=domain, settings=settings)
            measure(name, settings, halves, answers=answers)
    figures = {
        side: {what: {"right": right, "of": of, "share": round(right / of, 3)} for what, (right, of) in counts.items()}
        for side, counts in halves.items()
    }
    for side, rows in figures.items():
        for what, row in rows.items():
            print(f"{side:8} {what:32} {row['right']:4} of {row['of']:4}  {row['share']:.3f}")
    print(save("lookalikes", {"figures": figures}, models=True))


def measure(name: str, settings: Settings, halves: dict[str, Counts], *, answers: bool) -> None:
    """Counts the questions of one collection."""
    store = Store(corpus_folder(settings.corpora_folder, name))
    with store.open() as snapshot:
        catalogue = open_view(snapshot, store.config, settings).catalogue
        assert catalogue is not None
        for question in made(name).questions:
            if (right := scoped(question, catalogue.scopes)) is not None:
                count(halves[half(question.id)], f"scope: {kind(question)}", right=right)
    if answers:
        with open_pipeline(name, settings) as pipeline:
            for question in made(name).questions:
                answer = pipeline.ask(question.text, history=question.history)
                if question.document_id and answer.outcome == "answered":
                    own = {citation.document_id for citation in answer.citations} == {question.document_id}
                    count(halves[half(question.id)], f"cited, where answered: {kind(question)}", right=own)


def kind(question: Question) -> str:
    """What is measured with the question."""
    if question.category in ("absent_name", "follow_up"):
        return question.category
    return "named"


def scoped(question: Question, scopes: Scopes) -> bool | None:
    """Whether exactly the right document is searched, or the name refused; None where no document is asked for."""
    scope = read(question.text, question.history, scopes).scope
    if question.category == "absent_name":
        return bool(scope.absent)
    if question.document_id:
        return scope.documents == (question.document_id,) and not scope.absent
    return None


def count(counts: Counts, what: str, *, right: bool) -> None:
    counts[what][0] += right
    counts[what][1] += 1


if __name__ == "__main__":
    main()
