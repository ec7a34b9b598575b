"""COVID-QA: biomedical experts' questions on whole papers about coronaviruses. Apache-2.0 / CC BY 4.0 (deepset).

A record:
    {"id": "913", "question": "What is Clodstridium difficile?", "is_impossible": false,
     "answers": [{"text": "Gram positive, anaerobic bacterium", "answer_start": 433}]}

All are answerable. Split "test" has the papers only (no questions), so that an index can hold all 145 papers.
Möller et al., ACL 2020 NLP-COVID workshop.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.loaders import squad_form
from sparewheel.corpora.records import Question
from sparewheel.rag.types import Document

_FILES = {"train": "covid-qa-train.json", "dev": "covid-qa-dev.json", "test": "covid-qa-test-documents.json"}


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / _FILES[split]
    for article in squad_form.articles(file):
        title = article["paragraphs"][0]["context"].strip().partition("\n")[0].strip()
        yield squad_form.document(article, _id(article), title, file)


def questions(folder: Path, split: str) -> Iterator[Question]:
    for article in squad_form.articles(folder / _FILES[split]):
        yield from squad_form.questions(article, _id(article))


def _id(article: squad_form.Json) -> str:
    return str(article["paragraphs"][0]["document_id"])
