"""CMRC 2018: questions on Wikipedia in Simplified Chinese. CC BY-SA 4.0 (arXiv 1810.07366, with ExpMRC's evidence).

A record:
    {"id": "TRAIN_186_QUERY_0", "question": "范廷颂是什么时候被任为主教的？",
     "answers": [{"text": "1963年", "answer_start": 30}], "evidences": [...]}

All are answerable.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.loaders import squad_form
from sparewheel.corpora.records import Question
from sparewheel.rag.types import Document

_FILES = {"train": "train-with-evidence.json"}


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / _FILES[split]
    for article in squad_form.articles(file):
        yield squad_form.document(article, article["paragraphs"][0]["id"], article["title"], file, language="zh")


def questions(folder: Path, split: str) -> Iterator[Question]:
    for article in squad_form.articles(folder / _FILES[split]):
        yield from squad_form.questions(article, article["paragraphs"][0]["id"], language="zh")
