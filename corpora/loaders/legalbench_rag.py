"""LegalBench-RAG: 714 contracts and policies, 5,504 queries with gold character spans. MIT (arXiv 2408.10343).

The documents are CC BY 4.0 (CUAD, ContractNLI, MAUD); PrivacyQA's terms are unclear: evaluate only. A record:
    {"query": "Consider the Non-Disclosure Agreement between CopAcc and ToP Mentors; Does the document indicate that
               the Agreement does not grant the Receiving Party any rights to the Confidential Information?",
     "snippets": [{"file_path": "contractnli/CopAcc_NDA-and-ToP-Mentors_2.0_2017.txt", "span": [11461, 11963],
                   "answer": "Any and all proprietary rights, including ..."}]}

Splits are the four sub-sets. A query names its document, and every snippet of it is relevant evidence, not an answer's
wording. 148 files start with a byte order mark and the spans count it. Of the 6,889 published queries the others are
the test split.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.records import GoldSpan, Question
from sparewheel.rag.types import Document


def documents(folder: Path, split: str) -> Iterator[Document]:
    for file in sorted((folder / "corpus" / split).glob("*.txt")):
        with file.open(encoding="utf-8", newline="") as stream:
            text = stream.read()
        yield Document(f"{split}/{file.name}", text, _title(file.stem), str(file))


def questions(folder: Path, split: str) -> Iterator[Question]:
    for number, test in enumerate(json.loads((folder / "benchmarks" / f"{split}.json").read_bytes())["tests"]):
        gold = tuple(GoldSpan(file_id(s["file_path"]), *s["span"]) for s in test["snippets"])
        yield Question(
            id=f"{split}-{number}",
            text=test["query"],
            answers=tuple(dict.fromkeys(snippet["answer"] for snippet in test["snippets"])),
            gold=gold,
            category=test.get("category", split),
        )


def file_id(path: str) -> str:
    """The published path as the files are named on disk: characters that some file systems refuse are replaced."""
    return path.replace("||", "__").replace(":", "_")


def _title(stem: str) -> str:
    return " ".join(stem.replace("_", " ").replace(".pdf", "").split())
