"""CJRC: questions on Chinese judgments, three references each. No licence stated: evaluate only (CAIL 2019).

A record:
    {"id": "1_1", "question": "原告曹0与被告张x1因何离婚？", "is_impossible": "false",
     "answers": [{"text": "夫妻感情破裂", "answer_start": 60}, {"text": "因夫妻感情破裂", ...}, ...]}

`is_impossible` is a string and contradicts the references in 3 of 100 questions, so the references decide: answerable
when at least two of three are not empty. label: "yes" or "no" when most references are YES or NO (they have no place
in the text then). category: "civil" or "criminal".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from sparewheel.corpora.loaders import squad_form
from sparewheel.corpora.records import GoldSpan, Label, Question
from sparewheel.rag.types import Document

_FILES = {"dev": "dev_ground_truth.json"}


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / _FILES[split]
    for case in squad_form.articles(file):
        title = case["paragraphs"][0].get("casename") or case["caseid"]
        yield squad_form.document(case, case["caseid"], title, file, language="zh", metadata={"domain": case["domain"]})


def questions(folder: Path, split: str) -> Iterator[Question]:
    for case in json.loads((folder / _FILES[split]).read_bytes())["data"]:
        (paragraph,) = case["paragraphs"]
        for row in paragraph["qas"]:
            yield _question(row, paragraph["context"], case["caseid"], case["domain"])


def _question(row: dict[str, Any], context: str, case_id: str, domain: str) -> Question:
    kind = Counter(_kind(answer["text"]) for answer in row["answers"]).most_common(1)[0][0]
    references = [answer for answer in row["answers"] if _kind(answer["text"]) == "span"] if kind == "span" else []
    spans = squad_form.unique(squad_form.span(context, r["text"], r["answer_start"]) for r in references)
    return Question(
        id=row["id"],
        text=row["question"].strip(),
        answers=tuple(dict.fromkeys(r["text"] for r in references)),
        document_id=case_id,
        gold=tuple(GoldSpan(case_id, start, end) for start, end in spans),
        answerable=kind != "none",
        label=cast(Label, kind if kind in ("yes", "no") else ""),
        category=domain,
        language="zh",
    )


def _kind(answer: str) -> str:
    return {"YES": "yes", "NO": "no", "": "none"}.get(answer, "span")
