"""SQuAD: questions on Wikipedia. CC BY-SA 4.0 (arXiv 1606.05250, 1806.03822).

A record:
    {"id": "5725b33f6a3fe71400b8952d", "question": "When did the 1973 oil crisis begin?", "is_impossible": false,
     "answers": [{"text": "October 1973", "answer_start": 29}, ...]}

Splits: dev-v1.1 (all answerable), dev-v2.0 (half are not: the question looks answerable from its paragraph and is not),
train-sample (800 paragraphs, 4,000 answerable questions; offsets are those of the first occurrence).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.loaders import squad_form
from sparewheel.corpora.records import Question
from sparewheel.rag.types import Document


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / f"{split}.json"
    for article in _articles(file, split):
        yield squad_form.document(article, _id(article, split), article["title"].replace("_", " "), file)


def questions(folder: Path, split: str) -> Iterator[Question]:
    for article in _articles(folder / f"{split}.json", split):
        yield from squad_form.questions(article, _id(article, split), id_prefix=f"{split}/")


def _articles(file: Path, split: str) -> Iterator[squad_form.Json]:
    if split != "train-sample":
        yield from squad_form.articles(file)
        return
    for number, row in enumerate(json.loads(file.read_bytes())):
        qas = [
            {"id": f"{number}-{i}", "question": qa["question"], "answers": [{"text": qa["answer"], "answer_start": 0}]}
            for i, qa in enumerate(row["qas"])
        ]
        yield {"title": str(number), "paragraphs": [{"context": row["context"], "qas": qas}]}


def _id(article: squad_form.Json, split: str) -> str:
    return f"{split}/{article['title']}"
