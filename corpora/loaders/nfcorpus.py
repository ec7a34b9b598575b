"""NFCorpus: lay titles of NutritionFacts.org as queries over medical abstracts. CC BY-SA 4.0 as redistributed (BEIR).

Records:
    corpus.jsonl   {"_id": "MED-10", "title": "Statin Use and Breast Cancer ...", "text": "Recent studies ..."}
    queries.jsonl  {"_id": "PLAIN-1", "text": "Why Deep Fried Foods May Cause Cancer", ...}
    qrels/dev.tsv  PLAIN-1  MED-2421  2

Grade 2: the page links to the abstract directly; 1: through a page it links to. No answers, no spans.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.records import Qrels, Question
from sparewheel.rag.types import Document


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / "corpus.jsonl"
    with file.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Document(row["_id"], row["text"], row["title"], f"{file}#{row['_id']}", "application/json")


def questions(folder: Path, split: str) -> Iterator[Question]:
    judged = qrels(folder, split)
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        yield from (Question(row["_id"], row["text"]) for row in map(json.loads, lines) if row["_id"] in judged)


def qrels(folder: Path, split: str) -> Qrels:
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "qrels" / f"{split}.tsv").open(encoding="utf-8") as lines:
        next(lines)  # header
        for line in lines:
            query, document, grade = line.split("\t")
            grades[query][document] = int(grade)
    return dict(grades)
