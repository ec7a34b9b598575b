"""Questions as people ask them over the sample documents and the made look-alikes, beside the suite `asked`: what was
answered, refused and wrong, by a pattern that the answer must hold.

    python -m benchmarks.as_asked [--folder FOLDER] [--show]

They were written and read while the answers were mended in two rounds (docs/LOG.md): they show what was mended, not how
well unseen questions are answered. For that there is `benchmarks.asked`. Writes benchmarks/results/as_asked.json.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from sparewheel.app.evaluation.batch import only_local, prepared
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import Answer

QUESTIONS = Path(__file__).with_name("as_asked.jsonl")


def got(row: dict[str, Any], answer: Answer) -> str:
    """right, refused (though the answer is there), unlabelled (a quote without its yes or no), half (of a question of
    two) or wrong.

    A row: corpus, question, wanted (a pattern; "" for a refusal), label, document (a part of its name, or ""); where
    there are such, also (the pattern of the second half) and history (the questions before, in order).
    """
    if answer.outcome != "answered":
        return "refused" if row["wanted"] else "right"
    if not row["wanted"]:
        return "wrong"
    said = " ".join(answer.text.split())
    held = [bool(re.search(row[key], said)) for key in ("wanted", "also") if key in row]
    if any(row["document"] not in citation.document_id for citation in answer.citations) or not any(held):
        return "wrong"
    if not all(held):
        return "half"
    if row["label"] and answer.label != row["label"]:
        return "wrong" if answer.label else "unlabelled"
    return "right"


def before(pipeline: Pipeline, row: dict[str, Any]) -> list[tuple[str, str]]:
    """The questions before the row's one with their answers, oldest first."""
    turns: list[tuple[str, str]] = []
    for question in row.get("history", ()):
        turns.append((question, pipeline.ask(question, history=turns).text))
    return turns


def main() -> None:
    """Asks, prints and writes the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("build/as_asked"), help="the indexes are kept here")
    parser.add_argument("--show", action="store_true", help="what was not right")
    given = parser.parse_args()
    settings = only_local(replace(load_settings(), data_folder=str(given.folder.resolve())))
    prepared("asked", None, settings)
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    counts: dict[str, Counter[str]] = {}
    for corpus in dict.fromkeys(row["corpus"] for row in rows):
        with open_pipeline(corpus, settings) as pipeline:
            for row in (row for row in rows if row["corpus"] == corpus):
                answer = pipeline.ask(row["question"], history=before(pipeline, row))
                verdict = got(row, answer)
                counts.setdefault(f"{row.get('written', 'first')}, {row['language']}", Counter())[verdict] += 1
                if given.show and verdict != "right":
                    print(f"{verdict}: {row['question']}\n    {answer.label} {answer.text[:200]!r}")
    result = {name: {"questions": sum(found.values()), **found} for name, found in sorted(counts.items())}
    print(result)
    save("as_asked", result)


if __name__ == "__main__":
    main()
