"""Follow-up questions over the sample corpora: is the passage found, and does the local reader quote it?

    python -m benchmarks.follow_up

30 pairs of corpora/follow_ups.jsonl, each asked in four ways: the follow-up alone, glued to the question before it, as
`rag.follow_up` makes it whole, and (what can be reached at best) as the full question it stands for. The pairs were
written by the authors of the rules, and 15 documents of different kinds hold few passages to confuse: read the figures
as a check that the rules do no harm, not as a forecast.
Writes benchmarks/results/follow_up.json.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from sparewheel import corpora
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import Question, located, sample_questions, samples
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.ingest.corpus import corpus_folder
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Settings, load_settings

PAIRS = Path(corpora.__file__).parent / "follow_ups.jsonl"
History = list[tuple[str, str]]
WAYS: dict[str, Callable[[str, str, Question], tuple[str, History]]] = {
    "alone": lambda before, follow_up, whole: (follow_up, []),
    "glued": lambda before, follow_up, whole: (f"{before} {follow_up}", []),
    "made whole": lambda before, follow_up, whole: (follow_up, [(before, "")]),
    "full question": lambda before, follow_up, whole: (whole.text, []),
}


def main() -> None:
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    rows = {way: [0, 0, 0] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as folder:
        settings = replace(load_settings(), data_folder=folder)
        for domain in ("legal", "medical"):
            run_ingest([samples(domain) / "documents"], domain, domain=domain, settings=settings)
            gold = golden(domain, settings)
            with open_pipeline(domain, settings) as pipeline:
                for pair in (pair for pair in pairs if pair["same_as"] in gold):
                    for way, made in WAYS.items():
                        asked, history = made(pair["asked"], pair["follow_up"], gold[pair["same_as"]])
                        scored = ask(pipeline, asked, history, gold[pair["same_as"]])
                        rows[way] = [count + one for count, one in zip(rows[way], scored, strict=True)]
    print(f"{len(pairs)} follow-ups     first passage  evidence (8)  quoted")
    for way, counts in rows.items():
        print(f"{way:18}" + "".join(f"{count / len(pairs):14.0%}" for count in counts))
    names = ("first_passage", "evidence", "quoted")
    shares: dict[str, Any] = {
        way: {name: round(count / len(pairs), 3) for name, count in zip(names, counts, strict=True)}
        for way, counts in rows.items()
    }
    print("written:", save("follow_up", {"pairs": len(pairs), "share": shares}))


def golden(domain: str, settings: Settings) -> dict[str, Question]:
    """The sample questions by id, with the place of their evidence."""
    with Store(corpus_folder(settings.corpora_folder, domain)).open() as snapshot:
        return {
            q.id: located(q, snapshot.document(q.document_id, layout=False))
            for q in sample_questions(domain)
            if q.document_id
        }


def ask(pipeline: Pipeline, asked: str, history: History, question: Question) -> tuple[bool, bool, bool]:
    """Is the gold span in the first passage, in the evidence, and does a citation touch it?"""
    answer = pipeline.ask(asked, history=history)
    (gold,) = question.gold

    def touches(document: str, start: int, end: int) -> bool:
        return document == gold.document_id and start < gold.end and gold.start < end

    found = [touches(h.chunk.document_id, h.chunk.start, h.chunk.end) for h in answer.evidence]
    quoted = any(touches(c.document_id, c.start, c.end) for c in answer.citations)
    return found[:1] == [True], any(found), quoted


if __name__ == "__main__":
    main()
