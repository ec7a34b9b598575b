"""A folder in BEIR's form (Thakur et al. 2021, arXiv 2104.08663): SciFact, NFCorpus, TREC-COVID, FiQA and the like.

Records:
    corpus.jsonl     {"_id": "4983", "title": "Microstructural development ...", "text": "Alterations of ..."}
    queries.jsonl    {"_id": "1", "text": "0-dimensional biomaterials show inductive properties."}
    qrels/test.tsv   query-id  corpus-id  score, tab separated, under one line of headings

Grades of 1 and more are relevant. No answers, no spans.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparewheel.corpora.records import Qrels, Question
from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import Document


def documents(folder: Path, split: str = "") -> Iterator[Document]:
    """Raises UsageError naming file and line of what is no record."""
    file = folder / "corpus.jsonl"
    for row in _rows(file):
        title = str(row.get("title") or "")
        yield Document(row["_id"], row["text"], title, f"{file}#{row['_id']}", "application/json")


def questions(folder: Path, split: str) -> Iterator[Question]:
    """Those that the split judges."""
    judged = qrels(folder, split)
    yield from (Question(row["_id"], row["text"]) for row in _rows(folder / "queries.jsonl") if row["_id"] in judged)


def qrels(folder: Path, split: str) -> Qrels:
    """Question id -> document id -> grade. Raises UsageError naming the splits there are, and a line that is none."""
    file = folder / "qrels" / f"{split}.tsv"
    if not file.is_file():
        there = ", ".join(sorted(path.stem for path in file.parent.glob("*.tsv"))) or "none"
        raise UsageError(f"{file} is not there; splits of this folder: {there}")
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            parts = line.rstrip("\r\n").split("\t")
            if len(parts) == 3 and parts[2].lstrip("-").isdigit():
                grades[parts[0]][parts[1]] = int(parts[2])
            elif number > 1 and line.strip():
                raise UsageError(
                    f"{file}, line {number}: not query, document and grade with tabs between: {line!r:.80}"
                )
    return dict(grades)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if not file.is_file():
        raise UsageError(f"{file} is not there; a BEIR folder has corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv")
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                row["_id"], row["text"] = str(row["_id"]), str(row["text"])
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(f'{file}, line {number}: no JSON object with "_id" and "text" ({error})') from error
            yield row
