"""PubMedQA: yes/no/maybe questions that are the titles of abstracts. MIT (arXiv 1909.06146).

A record:
    "10808977": {"QUESTION": "Can tailored interventions increase mammography use among HMO women?",
                 "CONTEXTS": ["Telephone counseling and ...", ...], "LABELS": ["BACKGROUND", ...],
                 "LONG_ANSWER": "The effects of the intervention ...", "final_decision": "yes"}

A document is the abstract without its conclusion, one section a label; its title would be the question, so it has
the PubMed number instead. label: the expert's decision from the abstract. answers: the abstract's conclusion, which is
not in the document, so there is no gold span. Split "test": the documents only, without questions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.records import Question
from sparewheel.rag.types import Document

_FILES = {"dev": "ori_pqal_dev.json", "test": "test_documents.json"}


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / _FILES[split]
    for number, row in json.loads(file.read_bytes()).items():
        sections = zip(row["LABELS"], row["CONTEXTS"], strict=True)
        text = "\n\n".join(f"{label}\n{body}" for label, body in sections)
        metadata = {"year": row.get("YEAR") or "", "mesh": "; ".join(row.get("MESHES", ()))}
        yield Document(number, text, f"PubMed {number}", f"{file}#{number}", "application/json", metadata=metadata)


def questions(folder: Path, split: str) -> Iterator[Question]:
    for number, row in json.loads((folder / _FILES[split]).read_bytes()).items():
        if "QUESTION" in row:
            yield Question(
                number, row["QUESTION"], (row["LONG_ANSWER"],), document_id=number, label=row["final_decision"]
            )
